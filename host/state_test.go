package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/patchbay-dev/patchbay/host/journal"
)

// lonely is a host whose products do not answer: what it accepts stays in its inbox.
func lonely(t testing.TB) *host {
	t.Helper()
	return newHost(t, configuration(t), "virtual", []string{
		"LEVER_URL=http://127.0.0.1:1/v1", "LEVER_API_KEY=lever-key", "LEVER_SIGNING_TOKEN=" + leverToken,
		"ALVA_URL=http://127.0.0.1:1", "ALVA_API_KEY=alva-key", "ALVA_WEBHOOK_SECRET=" + alvaSecret,
	})
}

// move is Lever's webhook, signed, of somebody's move.
func move(opportunity string) string {
	return leverHook("candidateStageChange", fmt.Sprintf(`{"opportunityId":%q,"toStageId":"s"}`, opportunity))
}

// leverHook is a webhook of Lever, signed.
func leverHook(event, data string) string {
	const token, at = "a1b2c3", "1767225600123"
	mac := hmac.New(sha256.New, []byte(leverToken))
	mac.Write([]byte(token + at))
	return fmt.Sprintf(`{"event":%q,"triggeredAt":%s,"token":%q,"signature":%q,"data":%s}`, event, at, token, hex.EncodeToString(mac.Sum(nil)), data)
}

// requests is how many requests the door has answered how since the host was started.
func (h *host) requests(t testing.TB) map[string]int {
	t.Helper()
	resp, err := h.admin.Get("http://host/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct{ Requests map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got.Requests
}

// accepts fails unless the host takes the moves of these opportunities, each for the first time.
func (h *host) accepts(t testing.TB, opportunities ...string) {
	t.Helper()
	h.counts(t, "accepted", opportunities)
}

// knows fails unless the host has accepted the moves of these opportunities before.
func (h *host) knows(t testing.TB, opportunities ...string) {
	t.Helper()
	h.counts(t, "repeated", opportunities)
}

func (h *host) counts(t testing.TB, as string, opportunities []string) {
	t.Helper()
	url, want := h.hookURL(t, "ats.lever"), h.requests(t)
	for _, o := range opportunities {
		if status := post(t, url, nil, move(o)); status != http.StatusOK {
			t.Errorf("the move of %s is answered %d", o, status)
		}
		want[as]++
	}
	if diff := cmp.Diff(want, h.requests(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// refused fails unless the process ends with a code, and with one error that says so.
func refused(t testing.TB, p *process, code int, says string) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s goes on", p.cmd)
	}
	complains(t, p.stderr.tail(), p.cmd.ProcessState.ExitCode(), code, says)
}

func complains(t testing.TB, stderr string, got, want int, says string) {
	t.Helper()
	errors := 0
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "Error") {
			errors++
		}
	}
	if got != want || errors != 1 || !strings.Contains(stderr, says) || strings.Contains(stderr, "goroutine ") {
		t.Errorf("exit %d, %d errors; want exit %d, one error, %q:\n%s", got, errors, want, says, stderr)
	}
}

// contents is every file in a folder, by name.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// used is the state of a host that accepted one event and ended.
func used(t testing.TB) string {
	t.Helper()
	h := lonely(t)
	h.start(t)
	h.accepts(t, "ann")
	if code := h.proc.stop(t); code != 0 {
		t.Fatalf("the host ends with %d", code)
	}
	return filepath.Dir(h.state)
}

// Whatever is wrong with a state, a host and a command that need it say so in one sentence, and leave it as it is.
func TestAStateThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	whole := used(t)
	long := strings.Repeat("long", 25)
	for _, tt := range []struct {
		what  string
		spoil func(t *testing.T, dir string)
		state string // below the folder; empty: state.db
		run   string // what a host says
		ask   string // what a command says; empty: it can read the state
	}{
		{"is a folder", renamed("state.db", "sub/x"), "sub", "is a folder: name a file", "is a folder: name a file"},
		{"lies below a file", nothing, "state.db/state.db", "not a directory", "not a directory"},
		{"is empty", written("state.db", nil), "", "it is empty", "it is empty"},
		{"is cut short", cut, "", "the file is damaged, restore a backup", "the file is damaged, restore a backup"},
		{"is noise", noise, "", "the file is damaged, restore a backup", "the file is damaged, restore a backup"},
		{"is something else", written("state.db", []byte("Dear diary,\n")), "", "the file is damaged, restore a backup", "the file is damaged"},
		{"is of a newer schema", newer, "", "written by a newer patchbay (schema 2, this one knows 1)", "written by a newer patchbay"},
		{"has lost its key", renamed("state.db.key", "key"), "", "the state cannot be read without it: put back the copy", "put back the copy"},
		{"has another's key", rekeyed, "", "does not open the state", "does not open the state"},
		{"has a damaged key", written("state.db.key", []byte(`{"note":"x"}`)), "", "is damaged, put back the copy", "is damaged, put back"},
		{"has a key that others may read", open, "", "must be its owner's alone: chmod 0600", "must be its owner's alone: chmod 0600"},
		{"cannot be written", readOnly, "", "must be a file that can be written", "must be a file that can be written"},
		{"is to be made where nothing can be", readOnly, "new.db", "key file", "there is no state at"},
		{"has a path too long for a socket", renamed("state.db", long), long, "its path has", ""},
		{"has a folder in the socket's place", folder("state.db.sock"), "", "something else lies there: move it away", ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			h := lonely(t)
			dir := filepath.Dir(h.state)
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Chmod(h.state, 0o600), os.Chmod(h.state+".key", 0o600)); err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, dir)
			if tt.state != "" {
				h.state = filepath.Join(dir, tt.state)
			}
			before := contents(t, dir)
			h.launch(t)
			refused(t, h.proc, 1, tt.run)
			stdout, stderr, code := h.command(t, "cases", "--state", h.state)
			if tt.ask != "" {
				complains(t, stderr, code, 1, tt.ask)
			} else if code != 0 || !strings.Contains(stdout, "CANDIDATE") {
				t.Errorf("cases: exit %d: %s%s", code, stdout, stderr)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("its files (-before +after):\n%s", diff)
			}
		})
	}
}

func nothing(*testing.T, string) {}

func written(name string, text []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// renamed moves a file, with the key if it is the state.
func renamed(from, to string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		from, to := filepath.Join(dir, from), filepath.Join(dir, to)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.Rename(from, to)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(from+".key", to+".key"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func folder(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

const page = 4096

func cut(t *testing.T, dir string) {
	if err := os.Truncate(filepath.Join(dir, "state.db"), 5*page); err != nil {
		t.Fatal(err)
	}
}

func noise(t *testing.T, dir string) {
	text := make([]byte, 64*page)
	rand.NewChaCha8([32]byte{}).Read(text)
	written("state.db", text)(t, dir)
}

func newer(t *testing.T, dir string) {
	db, err := bolt.Open(filepath.Join(dir, "state.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	raise := func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("2")) }
	if err := errors.Join(db.Update(raise), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func rekeyed(t *testing.T, dir string) {
	path := filepath.Join(dir, "state.db.key")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenSeal(path, false); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) {
	if err := os.Chmod(filepath.Join(dir, "state.db.key"), 0o640); err != nil {
		t.Fatal(err)
	}
}

// readOnly keeps everybody from writing into a folder: root by a mount, which only root may make, others by its mode and its files'.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		if err := errors.Join(os.Chmod(filepath.Join(dir, "state.db"), 0o400), os.Chmod(dir, 0o500)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(dir, 0o700) })
		return
	}
	mount(t, dir, dir, "", syscall.MS_BIND, "")
	if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}

// mount mounts something until the test ends.
func mount(t *testing.T, source, dir, kind string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount(source, dir, kind, flags, data); err != nil {
		t.Skipf("NOT TESTED: this machine lets nobody mount, so there is no such disk: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// Each page that is gone is met in one sentence, or not needed.
func TestAnyPageOfTheStateMayBeGone(t *testing.T) {
	t.Parallel()
	dir := used(t)
	state := filepath.Join(dir, "state.db")
	whole, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	h, met := lonely(t), 0
	for at, blank := 0, make([]byte, page); at < len(whole); at += page {
		if bytes.Equal(whole[at:at+page], blank) {
			continue
		}
		written("state.db", slices.Concat(whole[:at], blank, whole[at+page:]))(t, dir)
		stdout, stderr, code := h.command(t, "cases", "--state", state)
		switch {
		case code == 0 && strings.Contains(stdout, "CANDIDATE"):
		default:
			met++
			complains(t, stderr, code, 1, "the file is damaged, restore a backup")
		}
	}
	if met < 2 {
		t.Errorf("only %d pages were missed", met)
	}
}

// On a full disk the sender is told to come again, and the host ends, because nothing that it does could be remembered. What it accepted is
// there when there is room.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	dir := filepath.Dir(h.state)
	mount(t, "tmpfs", dir, "tmpfs", 0, "size=4m")
	h.start(t)
	url := h.hookURL(t, "ats.lever")
	ballast := filepath.Join(dir, "ballast")
	if err := fill(ballast); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	var accepted []string
	refusedOne := ""
	for n := 0; refusedOne == ""; n++ {
		someone := fmt.Sprint("ann", n)
		resp, err := http.Post(url, "application/json", strings.NewReader(move(someone)))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			accepted = append(accepted, someone)
			continue
		}
		if refusedOne = someone; resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || strings.TrimSpace(string(text)) != "not stored" {
			t.Errorf("with a full disk the door answers %d %q, Retry-After %q", resp.StatusCode, text, resp.Header.Get("Retry-After"))
		}
	}
	refused(t, h.proc, 1, "no space left on device")
	if stdout, stderr, code := h.command(t, "cases", "--state", h.state); code != 0 {
		t.Errorf("cases on a full disk: exit %d: %s%s", code, stdout, stderr)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	h.start(t)
	h.knows(t, accepted...)
	h.accepts(t, refusedOne)
}

// fill writes a file until there is no room.
func fill(path string) error {
	f, err := os.Create(path)
	for some := make([]byte, page); err == nil; {
		_, err = f.Write(some)
	}
	return errors.Join(err, f.Close())
}
