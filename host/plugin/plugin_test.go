package plugin

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

func TestManyConnectionsInOneProcess(t *testing.T) {
	h := open(t, Options{Dir: install(t, "toy")})
	p, err := h.Plugin("toy")
	if err != nil {
		t.Fatal(err)
	}
	if p.About().Version != "1.2.3" || p.Role() != sdk.RoleVendor || p.About().Hosts[0] != "toy.example" {
		t.Errorf("described as %+v", p.About())
	}
	want := []sdk.Setting{
		{Name: "greeting", Type: sdk.TypeString, Required: true, Doc: "what the toy says"},
		{Name: "volume", Type: sdk.TypeNumber, Default: "3"},
	}
	if diff := cmp.Diff(want, p.Settings()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	one, two := connect(t, p, "vendor.one", "hello"), connect(t, p, "vendor.two", "moin")
	for c, want := range map[*Conn]string{one: "vendor.one hello 3", two: "vendor.two moin 3"} {
		if got, err := say(t.Context(), c, ""); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	verbs := map[sdk.Verb]sdk.Promise{
		sdk.VerbInvite: {Repeat: sdk.Never}, sdk.VerbAssessments: {Repeat: sdk.Safe}, sdk.VerbPoll: {Repeat: sdk.Safe},
	}
	if diff := cmp.Diff(verbs, one.Verbs()); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := say(t.Context(), one, ""); err == nil || !strings.Contains(err.Error(), "vendor.one is closed") {
		t.Errorf("a closed connection answers %v", err)
	}
	if _, err := say(t.Context(), two, ""); err != nil {
		t.Errorf("the other connection answers %v", err)
	}
	if _, err := h.Plugin("lever"); err == nil || !strings.Contains(err.Error(), "there are: toy") {
		t.Errorf("a plugin that is not there: %v", err)
	}
}

func TestWhatThePluginMeansArrives(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy")}).Plugin("toy")
	c := connect(t, p, "vendor.toy", "hello")
	if _, err := say(t.Context(), c, "forge"); err != sdk.ErrUnauthorized {
		t.Errorf("a forged webhook: %v", err)
	}
	var refusal *sdk.Refusal
	if _, err := c.Write(t.Context(), sdk.Write{Invite: &sdk.Invitation{}}); !errors.As(err, &refusal) || refusal.Reason != "missing_email" {
		t.Errorf("a refusal: %v", err)
	}
	if _, err := say(t.Context(), c, "panic"); err == nil || !strings.Contains(err.Error(), "Receive panicked: a string") {
		t.Errorf("a panic: %v", err)
	}
	if s := p.Status(); s.Restarts != 0 || s.State != Ready {
		t.Errorf("none of these is the process's fault: %+v", s)
	}
}

func TestASettingIsRefusedByName(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy")}).Plugin("toy")
	for settings, want := range map[string]sdk.SettingError{
		`{"greeting":"curse"}`: {Setting: "greeting", Detail: "must be polite"},
		`{"greeting":7}`:       {Setting: "greeting", Detail: "must be a string"},
		`{"volume":1.5}`:       {Setting: "volume", Detail: "must be a whole number"},
		`{"colour":"red"}`:     {Setting: "colour", Detail: "there is no such setting"},
	} {
		_, err := p.Connect(t.Context(), "vendor.toy", []byte(settings), "")
		var refused *sdk.SettingError
		if !errors.As(err, &refused) || *refused != want {
			t.Errorf("%s: got %v, want %v", settings, err, &want)
		}
	}
}

func TestTheHostsEnvironmentDoesNotLeak(t *testing.T) {
	t.Setenv("LEVER_API_KEY", "secret")
	t.Setenv("HTTPS_PROXY", "http://user:secret@proxy")
	p, _ := open(t, Options{Dir: install(t, "toy"), Env: []string{"GIVEN=yes"}}).Plugin("toy")
	var names []string
	for a, err := range connect(t, p, "vendor.toy", "hello").Assessments(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(a.ID, "=")
		if !strings.HasPrefix(name, "PLUGIN_") && !slices.Contains(passed, name) {
			names = append(names, name)
		}
	}
	if want := []string{"GIVEN", "GORACE", "PATCHBAY_PLUGIN"}; !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("the plugin sees %v besides %v, want %v", names, passed, want)
	}
}

func TestWhatDoesNotStart(t *testing.T) {
	for _, c := range []struct{ program, want string }{
		{"exits", `plugin exits does not start: it is no plugin, or ended too soon \(.*\): it began with ""; its last lines:\n\tno licence$`},
		{"silent", "plugin silent does not start: context deadline exceeded"},
		{"babbles", `plugin babbles does not start: it is no plugin, or ended too soon \(.*\): it began with "hello"`},
		{"future", "plugin future does not start: it was built for another version of Patchbay than this host, whose protocol is 1"},
		{"parent", "plugin parent does not start"},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if c.program == "silent" {
				impatient, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = impatient
			}
			_, err := Open(ctx, Options{Dir: install(t, c.program), Log: slog.New(slog.DiscardHandler)})
			if matched := err != nil && match(c.want, err.Error()); !matched {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatIsNotTrusted(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string, o *Options)
		want   string
	}{
		{"no folder", func(t *testing.T, dir string, o *Options) { o.Dir = filepath.Join(dir, "none") }, "the folder of plugins: .*no such file"},
		{"no plugin", func(t *testing.T, dir string, o *Options) { o.Names = []string{"lever"} }, "plugin lever: .*no such file"},
		{"a path for a name", func(t *testing.T, dir string, o *Options) { o.Names = []string{"../toy"} }, `"../toy" is no name of a plugin`},
		{"a folder open to others", func(t *testing.T, dir string, o *Options) { chmod(t, dir, 0o777) }, "the folder of plugins: others .* may write"},
		{"a binary open to its group", func(t *testing.T, dir string, o *Options) { chmod(t, dir+"/patchbay-toy", 0o775) }, "plugin toy: others .* may write"},
		{"no program", func(t *testing.T, dir string, o *Options) { chmod(t, dir+"/patchbay-toy", 0o644) }, "patchbay-toy is not a program"},
		{"a link into a folder open to others", func(t *testing.T, dir string, o *Options) {
			elsewhere := install(t, "toy")
			chmod(t, elsewhere, 0o777)
			if err := os.Symlink(elsewhere+"/patchbay-toy", dir+"/patchbay-link"); err != nil {
				t.Fatal(err)
			}
			o.Names = []string{"link"}
		}, "the folder of plugin link: others .* may write"},
		{"another sum", func(t *testing.T, dir string, o *Options) {
			o.Sums = map[string]string{"toy": strings.Repeat("ab", 32)}
		},
			"plugin toy does not start: its SHA-256 is not abab"},
		{"no sum", func(t *testing.T, dir string, o *Options) { o.Sums = map[string]string{"toy": "abc"} }, `"abc" is no SHA-256 in hex`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			chmod(t, dir, 0o755)
			self, err := os.ReadFile(install(t, "toy") + "/patchbay-toy")
			if err = errors.Join(err, os.WriteFile(dir+"/patchbay-toy", self, 0o755)); err != nil {
				t.Fatal(err)
			}
			o := Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}
			c.change(t, dir, &o)
			if _, err := Open(t.Context(), o); err == nil || !match(c.want, err.Error()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestASumIsCheckedAtEveryStart(t *testing.T) {
	dir := install(t, "toy")
	file, err := os.Open(dir + "/patchbay-toy")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	p, _ := open(t, Options{Dir: dir, Clock: eager{}, Sums: map[string]string{"toy": hex.EncodeToString(sum.Sum(nil))}}).Plugin("toy")
	c := connect(t, p, "vendor.toy", "hello")
	if _, err := say(t.Context(), c, "exit"); !errors.Is(err, wire.ErrLost) {
		t.Errorf("a process that exits in the middle of a call: %v", err)
	}
	if _, err := say(t.Context(), c, ""); err != nil {
		t.Error(err)
	}
}

func TestAConnectionOutlivesItsProcess(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy"), Clock: eager{}}).Plugin("toy")
	c, dies := connect(t, p, "vendor.toy", "hello"), p.Status().PID
	calls := map[string]error{}
	for _, how := range []string{"exit", "kill"} {
		if how == "exit" {
			_, calls[how] = say(t.Context(), c, "exit")
		} else {
			called := make(chan error)
			go func() {
				_, err := c.Poll(t.Context(), "remote")
				called <- err
			}()
			if err := syscall.Kill(p.Status().PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			calls[how] = <-called
		}
		await(t, p, func(s Status) bool { return s.State == Ready && s.PID != dies })
		if got, err := say(t.Context(), c, ""); err != nil || got != "vendor.toy hello 3" {
			t.Errorf("after %s: %q, %v", how, got, err)
		}
		dies = p.Status().PID
	}
	if !errors.Is(calls["exit"], wire.ErrLost) {
		t.Errorf("the call during which it exited: %v", calls["exit"])
	}
	// The killed process may have died before the call or during it: the first did nothing, the second is not known.
	if delay := (*sdk.Delay)(nil); !errors.Is(calls["kill"], wire.ErrLost) && !errors.As(calls["kill"], &delay) {
		t.Errorf("the call during which it was killed: %v", calls["kill"])
	}
	if s := p.Status(); s.Restarts != 2 || !strings.Contains(s.LastError, "signal: killed") {
		t.Errorf("status %+v", s)
	}
}

func TestRestartsSlowDown(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken")
	clock := eager{make(chan time.Duration)}
	p, _ := open(t, Options{Dir: install(t, "fickle"), Env: []string{"FICKLE=" + broken}, Clock: clock}).Plugin("fickle")
	c := connect(t, p, "vendor.toy", "hello")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := say(t.Context(), c, "exit"); err == nil {
		t.Fatal("it lives")
	}
	for i, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		most *= time.Second
		if i == 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			var delay *sdk.Delay
			if _, err := say(ctx, c, ""); !errors.As(err, &delay) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "plugin fickle does not start") {
				t.Errorf("a call meanwhile: %v", err)
			}
			cancel()
		}
		if wait := <-clock.waits; wait > most || wait < most*3/4 {
			t.Errorf("wait %d is %v, want at most %v and not much less", i, wait, most)
		}
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	go func() {
		for range clock.waits {
		}
	}()
	if got, err := say(t.Context(), c, ""); err != nil || got != "vendor.toy hello 3" {
		t.Errorf("mended: %q, %v", got, err)
	}
	close(clock.waits)
}

func TestOverrunsEndOneCallAndThreeTheProcess(t *testing.T) {
	t.Parallel()
	p, _ := open(t, Options{Dir: install(t, "toy"), Clock: eager{}}).Plugin("toy")
	c, first := connect(t, p, "vendor.toy", "hello"), p.running()
	overrun := func(n int) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		for range n {
			go say(ctx, c, "hang")
		}
		if _, err := c.Poll(ctx, "remote"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that overran: %v", err)
		}
	}
	overrun(2)
	if why := first.examine(t.Context()); why != "" {
		t.Fatalf("two calls that hang are no reason to end it: %s", why)
	}
	if n, err := first.Probe(t.Context()); n != 2 || err != nil {
		t.Errorf("%d calls hang (%v), want the 2 that do not heed their context", n, err)
	}
	overrun(1)
	await(t, p, func(s Status) bool { return s.State == Ready && s.Restarts == 1 })
	if s := p.Status(); s.LastError != "3 of its calls do not end although their time is up" {
		t.Errorf("status %+v", s)
	}
	if _, err := say(t.Context(), c, ""); err != nil {
		t.Error(err)
	}
}

func TestAProcessThatDoesNotAnswerIsEnded(t *testing.T) {
	t.Parallel()
	h := open(t, Options{Dir: install(t, "toy"), Clock: eager{}})
	p, _ := h.Plugin("toy")
	c, pid := connect(t, p, "vendor.toy", "hello"), p.Status().PID
	stop(t, pid)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := say(ctx, c, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	await(t, p, func(s Status) bool { return s.State == Ready && s.PID != pid })
	if alive(pid) {
		t.Error("the stopped process lives")
	}
}

func TestCloseEndsWhatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	h, err := Open(t.Context(), Options{Dir: install(t, "toy", "crasher"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, s := range h.Status() {
		pids = append(pids, s.PID)
		stop(t, s.PID)
	}
	began := time.Now()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*parting-time.Second {
		t.Errorf("took %v: one after the other", took)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("%d lives", pid)
		}
	}
	if _, err := os.Stat(h.sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of sockets: %v", err)
	}
	if s := h.Status()[0]; s.State != Ended || s.PID != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestSignalsOfATerminalAreTheHosts(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy")}).Plugin("toy")
	c := connect(t, p, "vendor.toy", "hello")
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if err := syscall.Kill(p.Status().PID, s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := say(t.Context(), c, ""); err != nil || p.Status().Restarts != 0 {
		t.Errorf("%v, %+v", err, p.Status())
	}
}

func TestLinesThatCrashGoPlugin(t *testing.T) {
	var log bytes.Buffer
	h, err := Open(t.Context(), Options{Dir: install(t, "crasher"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin("crasher")
	connect(t, p, "vendor.toy", "hello")
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "level=INFO msg=7 plugin=crasher") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestAFloodOfLinesDrownsNobody(t *testing.T) {
	var log bytes.Buffer
	h, err := Open(t.Context(), Options{Dir: install(t, "flood"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin("flood")
	c := connect(t, p, "vendor.toy", "hello")
	for range 20 {
		if _, err := say(t.Context(), c, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(log.String()) {
		if len(line) > maxLine+200 {
			t.Fatalf("a line of %d bytes", len(line))
		}
	}
}

func TestAKilledHostLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	host := exec.Command(install(t, "host")+"/patchbay-host", install(t, "toy"))
	out, err := host.StdoutPipe()
	if err = errors.Join(err, host.Start()); err != nil {
		t.Fatal(err)
	}
	var pid int
	var sockets string
	if _, err := fmt.Fscan(bufio.NewReader(out), &pid, &sockets); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(sockets); err != nil || len(files) != 1 {
		t.Errorf("sockets: %v, %v", files, err)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	deadline := time.Now().Add(5 * time.Second)
	for _, err := os.Stat(sockets); err == nil || alive(pid); _, err = os.Stat(sockets) {
		if time.Now().After(deadline) {
			t.Fatalf("5 s later: plugin lives: %v, sockets: %v", alive(pid), err)
		}
		time.Sleep(20 * time.Millisecond) // a process that is not our child tells nobody of its end
	}
}

// state is that of a process, as ps shows it: T is stopped, Z waits to be reaped; empty if there is none.
func state(pid int) string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return after[:min(len(after), 1)]
}

func alive(pid int) bool { return state(pid) != "" && state(pid) != "Z" }

// stop stops a process, which takes a moment.
func stop(t *testing.T, pid int) {
	t.Helper()
	if pid == 0 { // would be all of us
		t.Fatal("no process to stop")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for state(pid) != "T" {
		runtime.Gosched()
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func match(pattern, s string) bool { return regexp.MustCompile("(?s)" + pattern).MatchString(s) }
