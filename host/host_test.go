package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// host is `patchbay run` on one state, as often as a test starts it. Its address stays the same, so webhooks find it after a restart.
type host struct {
	config string   // folder
	state  string   // file
	listen string   // address
	clock  string   // "virtual" or "real"
	env    []string // what the configuration reads
	flags  []string // more of them; the last of a kind counts

	proc  *process
	admin *http.Client
}

func newHost(t testing.TB, config, clock string, env []string) *host {
	t.Helper()
	h := &host{config: config, state: filepath.Join(t.TempDir(), "state.db"), listen: freeAddress(t), clock: clock, env: env}
	h.admin = &http.Client{Timeout: crowdPatience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", h.state+".sock")
		},
		DisableKeepAlives: true, // the next request may go to the next process
	}}
	return h
}

// freeAddress is an address that was free a moment ago, and that nobody is given again soon.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// plugins is the folder of the plugins' binaries.
func (h *host) plugins(t testing.TB) string {
	t.Helper()
	return filepath.Dir(binary(t, "plugins/patchbay-lever"))
}

// launch starts the host and does not wait for it.
func (h *host) launch(t testing.TB) {
	t.Helper()
	h.proc = start(t, "patchbay", h.env, append(list("run", "--config", h.config, "--state", h.state,
		"--plugins", h.plugins(t), "--listen", h.listen, "--clock", h.clock), h.flags...)...)
}

// start starts the host and returns when its local API answers.
func (h *host) start(t testing.TB) {
	t.Helper()
	h.launch(t)
	deadline := time.After(patience)
	for {
		if resp, err := h.admin.Get("http://host/idle"); err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-h.proc.ended:
			t.Fatalf("the host ended at its start:\n%s%s", h.proc.stdout.tail(), h.proc.stderr.tail())
		case <-deadline:
			t.Fatal("the host does not answer on its socket")
		case <-time.After(10 * time.Millisecond): // a socket that is not there yet tells nobody when it will be
		}
	}
}

// ask calls the host's local API.
func (h *host) ask(t testing.TB, method, path string, args any) {
	t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://host"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := h.admin.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
}

// idle returns when nothing is runnable or in flight.
func (h *host) idle(t testing.TB) { t.Helper(); h.ask(t, http.MethodGet, "/idle", nil) }

// advance runs everything due until then, and returns when the host is idle again.
func (h *host) advance(t testing.TB, by time.Duration) {
	t.Helper()
	h.ask(t, http.MethodPost, "/clock/advance", object{"by": by.String()})
}

// command runs a command of patchbay beside the host.
func (h *host) command(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t, "patchbay"), args...)
	cmd.Env = append(cmd.Environ(), h.env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

// hookURL is where a connection's webhooks must go.
func (h *host) hookURL(t testing.TB, connection string) string {
	t.Helper()
	stdout, stderr, code := h.command(t, "connect", connection, "--state", h.state, "--json")
	var got struct{ URL string }
	if err := json.Unmarshal([]byte(stdout), &got); code != 0 || err != nil || got.URL == "" {
		t.Fatalf("connect %s: exit %d, %q %s", connection, code, stdout, stderr)
	}
	return got.URL
}
