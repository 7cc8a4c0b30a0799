package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// How a host starts, when something is wrong with what it is given, and how it ends.

// A host whose plugins are not as they should be says which, and why; and takes up its work when they are.
func TestPluginsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what  string
		spoil func(t *testing.T, dir string)
		code  int
		says  string
	}{
		{"no folder", func(t *testing.T, dir string) { remove(t, dir) }, 1, "the folder of plugins: "},
		{"a folder that others may write to", func(t *testing.T, dir string) { chmod(t, dir, 0o777) }, 1, "the folder of plugins: others than its owner"},
		{"one is not there", func(t *testing.T, dir string) { remove(t, dir+"/patchbay-lever") }, 3, `There is no plugin "lever"`},
		{"one that others may write to", func(t *testing.T, dir string) { chmod(t, dir+"/patchbay-lever", 0o757) }, 1, "plugin lever: others than its owner"},
		{"one is no program", func(t *testing.T, dir string) { chmod(t, dir+"/patchbay-lever", 0o644) }, 1, "patchbay-lever is not a program"},
		{"one is a folder", func(t *testing.T, dir string) {
			remove(t, dir+"/patchbay-lever")
			folder("patchbay-lever")(t, dir)
		}, 1, "patchbay-lever is not a program"},
		{"one prints what it should not", script("echo hello"), 1, `plugin lever does not start: it is no plugin, or ended too soon`},
		{"one ends at once", script("echo no licence >&2; exit 4"), 1, "its last lines:\n\tno licence"},
		{"one says nothing for 10 s", script("exec sleep 100"), 1, "plugin lever does not start: it did not answer within 10s"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			h := lonely(t)
			dir := filepath.Join(t.TempDir(), "plugins")
			if err := os.CopyFS(dir, os.DirFS(h.plugins(t))); err != nil {
				t.Fatal(err)
			}
			chmod(t, dir+"/patchbay-lever", 0o755)
			chmod(t, dir+"/patchbay-alva", 0o755)
			chmod(t, dir, 0o755)
			h.start(t)
			h.accepts(t, "ann")
			if code := h.proc.stop(t); code != 0 {
				t.Fatalf("the host ends with %d", code)
			}
			tt.spoil(t, dir)
			h.flags = list("--plugins", dir)
			h.launch(t)
			refused(t, h.proc, tt.code, tt.says)
			h.flags = nil
			h.start(t)
			h.knows(t, "ann")
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// script puts a shell's script in the place of Lever's plugin.
func script(text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, "patchbay-lever")
		remove(t, path)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// A configuration with a mistake is refused at its line, before anything is made of it.
func TestAConfigurationThatCannotBeRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what   string
		change []string // of configs/
		spoil  func(t *testing.T, h *host)
		code   string
		line   string // what the line has; empty: it is about the folder
		says   string
	}{
		{"no folder", nil, func(t *testing.T, h *host) { remove(t, h.config) }, "PB101: Folder not readable", "", "no such file"},
		{"an empty folder", nil, func(t *testing.T, h *host) { h.config = t.TempDir() }, "PB102: Nothing to read", "", ".hcl"},
		{"not HCL", list(`vendor "alva" {`, `vendor "alva" {{`), nil, "PB100: ", `vendor "alva" {{`, ""},
		{"an unknown plugin", list(`ats "lever" {`, "ats \"lever\" {\n  plugin = \"levr\""), nil,
			"PB406: Plugin not available", `plugin = "levr"`, `Did you mean "lever"?`},
		{"an unknown setting", list(`vendor "alva" {`, "vendor \"alva\" {\n  rat = 5"), nil, "PB401: Unknown setting", "rat = 5", `Did you mean "rate"?`},
		{"a variable that is not set", list(`env("ALVA_API_KEY")`, `env("ALVA_KEY")`), nil,
			"PB403: Environment variable not set", `env("ALVA_KEY")`, "ALVA_KEY"},
		{"a value that a plugin cannot work with", list(`ats "lever" {`, "ats \"lever\" {\n  keep_postings = env(\"KEEP\")"),
			func(t *testing.T, h *host) { h.env = append(h.env, "KEEP=c4n4ry") }, "PB407: Refused setting", "keep_postings =", "keep_postings"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			h := lonely(t)
			h.config = configuration(t, tt.change...)
			if tt.spoil != nil {
				tt.spoil(t, h)
			}
			at := "at " + h.config + "\n"
			if tt.line != "" {
				at = fmt.Sprintf("at %s/connections.hcl:%d:", h.config, lineOf(t, h.config+"/connections.hcl", tt.line))
			}
			h.launch(t)
			for _, says := range list(tt.code, at, tt.says) {
				refused(t, h.proc, 3, says)
			}
			if said := h.proc.stderr.all(); strings.Contains(said, "c4n4ry") {
				t.Errorf("it tells the secret:\n%s", said)
			}
			if stdout, stderr, code := h.command(t, "cases", "--state", h.state, "--json"); code == 0 && stdout != "[]\n" {
				t.Errorf("something is stored: %s%s", stdout, stderr)
			}
		})
	}
}

func TestWrongUsageIsToldSo(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		`--clock "broken" is none of: real virtual`:                  list("run", "--clock", "broken"),
		`--log-level "loud" is none of: trace debug info warn error`: list("run", "--log-level", "loud"),
		`--public-url "ftp://x" is no URL such as https://`:          list("run", "--public-url", "ftp://x"),
		"unknown flag: --fast":                                       list("run", "--fast"),
		`there is no command "fly"`:                                  list("fly"),
		`there is no command "all"`:                                  list("parked", "all"),
		`unknown command "here" for "patchbay run"`:                  list("run", "here"),
		`required flag(s) "reason" not set`:                          list("parked", "drop", "x"),
		"accepts 1 arg(s), received 0":                               list("why"),
	} {
		_, stderr, code := lonely(t).command(t, args...)
		complains(t, stderr, code, 2, says)
	}
}

func TestASecondHostIsRefused(t *testing.T) {
	t.Parallel()
	first := lonely(t)
	first.start(t)
	first.accepts(t, "ann")
	second := *first
	second.listen = freeAddress(t)
	second.launch(t)
	refused(t, second.proc, 1, "patchbay is already running on "+first.state)
	third := lonely(t)
	third.listen = first.listen
	third.launch(t)
	refused(t, third.proc, 1, "the door: listen tcp "+first.listen)
	first.knows(t, "ann")
	first.accepts(t, "bea")
	if code := first.proc.stop(t); code != 0 {
		t.Errorf("the first host ends with %d", code)
	}
}

func TestAKilledHostLeavesNothingInTheWay(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	h.start(t)
	h.accepts(t, "ann")
	h.proc.kill()
	if _, err := os.Lstat(h.state + ".sock"); err != nil {
		t.Errorf("no socket is left behind, so that this tests nothing: %v", err)
	}
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{list("cases", "--json"), 0, "[]"},
		{list("parked", "list"), 0, "Nothing waits for a person."},
		{list("why", "ann"), 0, "Nothing is known"},
		{list("plugins", "list"), 1, "no host is running on this state file"},
		{list("connect", "ats.lever"), 1, "no host is running on this state file"},
		{list("parked", "retry", "x", "--reason", "y"), 1, "no host is running on this state file"},
	} {
		stdout, stderr, code := h.command(t, append(tt.args, "--state", h.state)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.says) {
			t.Errorf("%q without a host: exit %d, want %d and %q:\n%s%s", tt.args, code, tt.code, tt.says, stdout, stderr)
		}
	}
	h.start(t)
	h.knows(t, "ann")
}

// all is all of it.
func (l *transcript) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// under way is a rig with an invitation that takes Alva some time, and whose call has begun.
func underWay(t *testing.T) (*scene, candidate) {
	t.Helper()
	s := &scene{T: t, rig: newRig(t, "real"), row: "way"}
	ann := s.apply(s.posting())
	s.settle()
	s.alva.control(t, http.MethodPost, "faults", []object{{"kind": "slow", "method": "POST", "path": "/candidates$", "delay": "1500ms", "count": 1}}, nil)
	s.move(ann, "Assessment")
	s.lever.advance(t, 0)
	deadline := time.Now().Add(patience)
	for struck := 0; struck == 0; {
		var faults []struct{ Struck int }
		s.alva.control(t, http.MethodGet, "faults", nil, &faults)
		if struck = faults[0].Struck; time.Now().After(deadline) {
			t.Fatal("nobody is invited")
		}
		time.Sleep(10 * time.Millisecond) // a call that has begun tells nobody
	}
	return s, ann
}

var sent = view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"}

// awaitShut returns when the door takes nothing new.
func (h *host) awaitShut(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) { // a door that is shut tells nobody when
		conn, err := net.Dial("tcp", h.listen)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the door stays open")
		}
	}
}

func TestAHostThatIsToldToEndFinishesItsCalls(t *testing.T) {
	t.Parallel()
	s, ann := underWay(t)
	began := time.Now()
	if code := s.host.proc.stop(t); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it takes %v to end", took)
	}
	if mails := s.alva.mail(t, ann.email); len(mails) != 1 {
		t.Errorf("the call in flight was cut: %d mails", len(mails))
	}
	s.host.start(t)
	s.rig.settle(t)
	s.shows(ann, sent)
}

func TestASecondSignalEndsAHostAtOnce(t *testing.T) {
	t.Parallel()
	s, ann := underWay(t)
	p := s.host.proc
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.host.awaitShut(t)
	began := time.Now()
	p.stop(t)
	if took, state := time.Since(began), p.cmd.ProcessState.Sys().(syscall.WaitStatus); !state.Signaled() || took > time.Second {
		t.Errorf("it ends after %v with %v", took, p.cmd.ProcessState)
	}
	s.host.start(t)
	for deadline := time.Now().Add(patience); len(s.see(ann).Tags) == 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		s.rig.settle(t) // what became of the call is looked for when Alva would show it, in real time
	}
	s.shows(ann, sent)
}

// dribble begins a request to the door and does not end it.
func (h *host) dribble(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", h.listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, "POST "+request); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Slow senders hold up nobody else. Their times are those of the real server: most of this is waiting.
func TestSlowSendersAreShownOut(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	h.start(t)
	hook := pathOf(t, h.hookURL(t, "ats.lever"))
	began := time.Now()
	header := h.dribble(t, hook+" HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	body := h.dribble(t, hook+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	stray := h.dribble(t, "/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	h.accepts(t, "ann") // meanwhile
	for _, tt := range []struct {
		conn   net.Conn
		answer string
		after  time.Duration
	}{{header, "", 5 * time.Second}, {body, "HTTP/1.1 408 ", 10 * time.Second}, {stray, "HTTP/1.1 404 ", 10 * time.Second}} {
		if err := tt.conn.SetReadDeadline(began.Add(tt.after + 5*time.Second)); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(tt.conn)
		if took := time.Since(began); err != nil || !strings.HasPrefix(string(text), tt.answer) || took < tt.after-time.Second {
			t.Errorf("after %v: %q, %v; want %q after %v", took, text, err, tt.answer, tt.after)
		}
	}
}

func TestASlowSenderDoesNotKeepAHostFromEnding(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	h.start(t)
	h.dribble(t, pathOf(t, h.hookURL(t, "ats.lever"))+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	h.accepts(t, "ann") // by then the other is inside
	began := time.Now()
	if code := h.proc.stop(t); code != 0 || time.Since(began) > 15*time.Second {
		t.Errorf("the host ends with %d after %v", code, time.Since(began))
	}
}
