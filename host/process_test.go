package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that should be done by now. It ends a test that would hang; nothing waits for it to pass.
const patience = 60 * time.Second

// crowdPatience is how long it may take for a crowd: products say "later" in real time, to hundreds.
const crowdPatience = 15 * patience

// process is one child of the test: a host or a sandbox. What it prints is kept, and shown when the test fails.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer // a sandbox ends when it closes, also when the test itself is killed
	stdout *transcript
	stderr *transcript
	ended  chan struct{} // closed when it has been waited for
}

// start starts a program in an environment of this process's and env. The test's end kills it, if nothing did before.
func start(t testing.TB, program string, env []string, args ...string) *process {
	t.Helper()
	p := &process{
		cmd:    exec.Command(binary(t, program), args...),
		stdout: newTranscript(), stderr: newTranscript(), ended: make(chan struct{}),
	}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.WaitDelay = time.Second // for a grandchild that holds on to the output
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // how it ended is in its ProcessState
	}()
	t.Cleanup(func() {
		p.kill()
		if said := p.stderr.tail(); t.Failed() && said != "" {
			t.Logf("%s %q printed:\n%s%s", filepath.Base(program), args, p.stdout.tail(), said)
		}
	})
	return p
}

// kill ends it with SIGKILL and waits for it.
func (p *process) kill() {
	p.cmd.Process.Kill() // an error means that it has ended
	<-p.ended
}

// stop ends it with SIGTERM, and returns its exit code.
func (p *process) stop(t testing.TB) int {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end", p.cmd)
	}
	return p.cmd.ProcessState.ExitCode()
}

// firstLine waits for the first line of stdout.
func (p *process) firstLine(t testing.TB) string {
	t.Helper()
	select {
	case line := <-p.stdout.first:
		return line
	case <-p.ended:
		t.Fatalf("%s ended before it said anything:\n%s", p.cmd, p.stderr.tail())
	case <-time.After(patience):
		t.Fatalf("%s says nothing", p.cmd)
	}
	return ""
}

// transcript is what a process has printed.
type transcript struct {
	first chan string // gets the first line

	mu   sync.Mutex
	text []byte
	told bool
}

func newTranscript() *transcript { return &transcript{first: make(chan string, 1)} }

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if line, _, whole := bytes.Cut(l.text, []byte("\n")); whole && !l.told {
		l.told = true
		l.first <- string(line)
	}
	return len(b), nil
}

// tail is the last of it, as much as a person reads.
func (l *transcript) tail() string {
	const enough = 4 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-enough):])
}
