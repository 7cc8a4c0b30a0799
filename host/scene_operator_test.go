package main_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/patchbay-dev/patchbay/host/admin"
)

// The words of rows for what an operator does, and is told.

// standing is the page of a connection, which tells how it stands.
func (s *scene) standing(conn string) string {
	s.Helper()
	return s.browse("http://" + s.host.listen + "/connect/" + conn)
}

func (s *scene) browse(address string) string {
	s.Helper()
	resp, err := http.Get(address)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.Fatalf("GET %s: %d %s %v", address, resp.StatusCode, page, err)
	}
	return string(page)
}

// pressConnect presses the button on the page of Lever's connection, where an admin of Lever then consents. It gives what the page says.
func (s *scene) pressConnect() string {
	s.Helper()
	press, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "http://"+s.host.listen+"/connect/ats.lever", nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(press)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	asks := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(asks, s.lever.url) {
		s.Fatalf("the button leads to %q: %d", asks, resp.StatusCode)
	}
	return s.browse(s.lever.act(s, "oauth_consent", object{"url": asks})["location"])
}

// problems are what connect tells a person to mend at a product.
func problems(l admin.Link) string {
	var all []string
	for _, p := range l.Problems {
		all = append(all, p.Summary+"\n  "+p.Fix)
	}
	return strings.Join(all, "\n")
}

// logged is all that the host has logged since its last start.
func (s *scene) logged() string {
	l := s.host.proc.stderr
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// waiting says why each of the writes waits that wait for a person.
func (s *scene) waiting() string {
	s.Helper()
	var all []string
	for _, p := range s.parked() {
		all = append(all, fmt.Sprintf("%s %s: %s %s", p.State, p.Verb, p.Reason, p.Detail))
	}
	return strings.Join(all, "\n")
}

// retryParked has the operator try all of them again.
func (s *scene) retryParked() {
	s.Helper()
	for _, p := range s.parked() {
		if stdout, stderr, code := s.host.command(s, "parked", "retry", string(p.Key), "--reason", "mended", "--state", s.host.state); code != 0 {
			s.Errorf("parked retry: exit %d: %s%s", code, stdout, stderr)
		}
	}
	s.settle()
}

// reconfigure has the operator change a file of the configuration, and start the host again.
func (s *scene) reconfigure(name string, change ...string) {
	s.Helper()
	file := filepath.Join(s.host.config, name)
	text, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(change...).Replace(string(text))), 0o600); err != nil {
		s.Fatal(err)
	}
	s.host.proc.stop(s)
	s.host.start(s)
}
