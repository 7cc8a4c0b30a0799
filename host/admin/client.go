package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
)

// Socket is where the host of a state file listens.
func Socket(state string) string { return state + ".sock" }

// maxSocket is how long the path of a socket may be.
const maxSocket = 107

// Listen opens the socket beside a state file. The caller holds the state file's lock, so a socket that lies there is a dead host's.
func Listen(state string) (net.Listener, error) {
	path := Socket(state)
	if len(path) > maxSocket {
		return nil, fmt.Errorf("admin socket %s: its path has %d bytes of at most %d: give the state a shorter path", path, len(path), maxSocket)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != os.ModeSocket {
		return nil, fmt.Errorf("admin socket %s: something else lies there: move it away", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	// The mask, because a socket is open to all between its making and a chmod.
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return l, nil
}

// Client asks a host.
type Client struct {
	do func(*http.Request) (*http.Response, error)
}

// Dial reaches the host that runs on a state file; ok is false if none does.
func Dial(ctx context.Context, state string) (c Client, ok bool) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", Socket(state))
	}
	probe, err := dial(ctx, "", "")
	if err != nil {
		return c, false
	}
	_ = probe.Close()
	return Client{(&http.Client{Transport: &http.Transport{DialContext: dial}}).Do}, true
}

// Offline asks a server in this process, which has opened the state file itself.
func Offline(s *Server) Client {
	h := s.Handler()
	return Client{func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	}}
}

// Ask makes one request of the API. In, if not nil, is sent as JSON; the answer is decoded into out.
func (c Client) Ask(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://patchbay"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var no struct{ Error string }
		if err := json.NewDecoder(resp.Body).Decode(&no); err != nil || no.Error == "" {
			return fmt.Errorf("the host answered %s", resp.Status)
		}
		return errors.New(no.Error)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
