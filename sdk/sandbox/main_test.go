package sandbox

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary run as a sandbox, in a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(Main("counter", os.Args[2:], counter))
	}
	os.Exit(m.Run())
}

func TestProcessEnds(t *testing.T) {
	for name, end := range map[string]func(*exec.Cmd, io.Closer) error{
		"when stdin closes": func(_ *exec.Cmd, stdin io.Closer) error { return stdin.Close() },
		"on SIGTERM":        func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGTERM) },
		"on SIGINT":         func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGINT) },
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "sandbox", "--listen", "127.0.0.1:0", "--until-stdin-closes", "--page=false")
			stdin, _ := cmd.StdinPipe()
			stdout, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(stdout).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.Get(strings.TrimSpace(line) + "/_sandbox/clock")
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%q: %v %v", line, resp, err)
			}
			resp.Body.Close()
			if err := end(cmd, stdin); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"--liste x":       {2, "liste"},
		"stray":           {2, `unexpected argument "stray"`},
		"--listen nobody": {1, "nobody"},
		"--help":          {0, "--listen"},
	} {
		var stderr strings.Builder
		code := run(context.Background(), "counter", strings.Fields(args), counter, strings.NewReader(""), io.Discard, &stderr)
		if code != want.code || !strings.Contains(stderr.String(), strings.TrimPrefix(want.says, "-")) {
			t.Errorf("%s: code %d, %q", args, code, &stderr)
		}
	}
}
