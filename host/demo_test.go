package main_test

import (
	"strings"
	"testing"
	"time"
)

// TestDemo plays what `make demo` plays: it ends with 0 only if the products show of each candidate what they should.
func TestDemo(t *testing.T) {
	p := start(t, "patchbay", nil, "demo", "--exit", "--config", "../configs")
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		t.Fatal("the demo does not end")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(p.stdout.tail(), "Uma Every") {
		t.Errorf("the demo does not print the last of its candidates:\n%s", p.stdout.tail())
	}
}
