package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// product is a sandbox that runs as a child.
type product struct {
	name  string
	url   string
	child *exec.Cmd
	stdin io.Closer
}

// start starts a sandbox. Its API has no rate limit: that would refill in the sandbox's time, which stands still while the host waits.
func start(ctx context.Context, plugins, name string) (*product, error) {
	child := exec.CommandContext(ctx, filepath.Join(plugins, "patchbay-"+name), "sandbox",
		"--listen", "127.0.0.1:0", "--api-key", key, "--rate", "-1", "--until-stdin-closes")
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("the sandbox of %s: %w", name, err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the sandbox of %s ended before it said its URL: %w", name, child.Wait())
	}
	return &product{name, strings.TrimSpace(line), child, stdin}, nil
}

func (p *product) end() {
	_ = p.stdin.Close()
	_ = p.child.Wait()
}

type args = map[string]any

// act has a person do something in the product. Out is told what it made or changed, unless it is nil.
func (p *product) act(ctx context.Context, verb string, in args, out any) error {
	return p.control(ctx, http.MethodPost, "acts/"+verb, in, out)
}

// state reads what the product shows.
func (p *product) state(ctx context.Context, path string, out any) error {
	return p.control(ctx, http.MethodGet, "state/"+path, nil, out)
}

func (p *product) advance(ctx context.Context, by time.Duration) error {
	return p.control(ctx, http.MethodPost, "clock/advance", args{"by": by.String()}, nil)
}

// called is how many requests the product's API has had.
func (p *product) called(ctx context.Context) (int, error) {
	var got struct{ Last int }
	err := p.control(ctx, http.MethodGet, "requests?since="+strconv.Itoa(math.MaxInt), nil, &got)
	return got.Last, err
}

// control asks the sandbox's control plane.
func (p *product) control(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+"/_sandbox/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("%s: %s: %s %s", p.name, path, resp.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
