package plugin

import (
	"bufio"
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
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

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

func TestACallThatOverranSaysWhoAndWhat(t *testing.T) {
	t.Parallel()
	p, _ := open(t, Options{Dir: install(t, "toy"), Clock: eager{}}).Plugin("toy")
	c := connect(t, p, "vendor.toy", "hello")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Write(ctx, sdk.Write{Invite: &sdk.Invitation{Assessment: "hang"}})
	if err == nil || !match(`^toy did not finish Invite within [0-9]+ms$`, err.Error()) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
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
	within5s(t, func() bool {
		_, err := os.Stat(sockets)
		return err != nil && !alive(pid)
	})
}

// A plugin whose host dies before it has begun never sees another parent than the one it has.
func TestAHostKilledTooEarlyLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	host := exec.Command(install(t, "host")+"/patchbay-host", install(t, "late"), "LATE="+file)
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	within5s(t, func() bool {
		line, _ := os.ReadFile(file)
		n, _ := fmt.Sscanln(string(line), &pid)
		return n == 1
	})
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	within5s(t, func() bool { return !alive(pid) })
}

// within5s waits for what no event tells: the end of a process that is not our child.
func within5s(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 5 s")
		}
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

// A connection that has a process to itself lives on when the process of the others is killed.
func TestAConnectionWithAProcessOfItsOwn(t *testing.T) {
	h := open(t, Options{Dir: install(t, "toy"), Names: []string{"toy", "toy:vendor.alone"}, Clock: eager{}})
	shared, err := h.Plugin("toy")
	if err != nil {
		t.Fatal(err)
	}
	own, err := h.Plugin("toy:vendor.alone")
	if err != nil {
		t.Fatal(err)
	}
	alone, dies := connect(t, own, "vendor.alone", "hello"), shared.Status().PID
	if dies == own.Status().PID {
		t.Fatal("they share a process")
	}
	if err := syscall.Kill(dies, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got, err := say(t.Context(), alone, ""); err != nil || got != "vendor.alone hello 3" {
		t.Errorf("%q, %v", got, err)
	}
	await(t, shared, func(s Status) bool { return s.State == Ready && s.PID != dies })
	if s := own.Status(); s.Restarts != 0 {
		t.Errorf("status of the other %+v", s)
	}
}
