package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a stranger writes to have her product take part: a module of her own, with the program that README.md shows, and a pairing.
const (
	strangersModule = `module example.test/acme

go 1.26

require github.com/patchbay-dev/patchbay v0.0.0

replace github.com/patchbay-dev/patchbay => %s
`
	strangersPairing = `
ats "lever" {
  api_key        = env("LEVER_API_KEY")
  signing_tokens = [env("LEVER_SIGNING_TOKEN")]
  base_url       = env("LEVER_URL")
}

vendor "acme" {
  api_key        = env("ACME_KEY")
  webhook_secret = env("ACME_SECRET")
  base_url       = env("ACME_URL")
}

pairing "acme-lever" {
  ats    = ats.lever
  vendor = vendor.acme

  on moved {
    to = "Assessment"
    invite { assessment = "Essay" }
  }

  tags "status" {
    invited   = "Acme: Invited"
    completed = "Acme: Done"
  }

  on invited {
    link {
      title = "Acme"
      url   = invitation.url
    }
  }
  on completed {
    move { stage = "Interview" }
  }
}
`
)

func strangersPlugin(s *scene) {
	product := newAcme(s)
	config, plugins := s.TempDir(), s.TempDir()
	write(s, filepath.Join(config, "acme.hcl"), strangersPairing)
	for _, file := range list(buildStrangers(s), binary(s, "plugins/patchbay-lever")) {
		if err := os.Symlink(file, filepath.Join(plugins, filepath.Base(file))); err != nil {
			s.Fatal(err)
		}
	}
	s.rig = &rig{lever: startSandbox(s, "lever")}
	s.all = []*sandbox{s.lever}
	s.host = newHost(s, config, "virtual", list(
		"LEVER_URL="+s.lever.url+"/v1", "LEVER_API_KEY="+s.lever.key, "LEVER_SIGNING_TOKEN="+leverToken,
		"ACME_URL="+product.URL, "ACME_KEY="+acmeKey, "ACME_SECRET="+acmeSecret,
	))
	s.host.flags = list("--plugins", plugins)
	s.host.start(s)
	s.lever.act(s, "webhook", object{"event": "candidateStageChange", "url": s.host.hookURL(s, "ats.lever"), "token": leverToken})

	ann := s.invite(s.posting())
	s.settle()
	page := product.URL + "/candidates/1"
	s.showsLever(ann, leverTraces{Stage: "Assessment", Tags: list("Acme: Invited"), Links: list(page)})

	done, hook := `{"id": "1", "at": "2026-01-31T09:00:00Z", "invitation": "1"}`, s.host.hookURL(s, "vendor.acme")
	if got := post(s, hook, http.Header{"X-Acme-Token": {"forged"}}, done); got != http.StatusUnauthorized {
		s.Errorf("a forged webhook of Acme's is answered %d", got)
	}
	for range 3 {
		if got := post(s, hook, http.Header{"X-Acme-Token": {acmeSecret}}, done); got != http.StatusOK {
			s.Errorf("a webhook of Acme's is answered %d", got)
		}
	}
	s.settle()
	s.showsLever(ann, leverTraces{Stage: "Interview", Tags: list("Acme: Done"), Links: list(page)})
	want := []acmeInvitation{{Email: ann.email, Test: "essay-1"}}
	if diff := cmp.Diff(want, product.invitations()); diff != "" {
		s.Errorf("Acme's invitations (-want +got):\n%s\n%s", diff, s.why(ann))
	}
}

// showsLever compares all that Lever shows of a candidate.
func (s *scene) showsLever(c candidate, want leverTraces) {
	s.Helper()
	got := leverTraces{}
	s.lever.control(s, http.MethodGet, "state/opportunities/"+c.id, nil, &got)
	want.ID, want.Notes, want.Feedback, want.Files = c.id, got.Notes[:0], got.Feedback[:0], got.Files[:0]
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

// buildStrangers builds the stranger's plugin outside this repository, from what the module cache has and nothing else.
func buildStrangers(t testing.TB) (file string) {
	t.Helper()
	dir := t.TempDir()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(read(t, "../README.md"), "```go\n")
	program, _, _ = strings.Cut(program, "```\n")
	if n := strings.Count(program, "\n"); program == "" || n >= 50 {
		t.Errorf("the stranger's plugin takes %d lines, and should take less than 50", n)
	}
	write(t, filepath.Join(dir, "main.go"), program)
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf(strangersModule, checkout))
	write(t, filepath.Join(dir, "go.sum"), read(t, "../go.sum"))
	file = filepath.Join(dir, "patchbay-acme")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is secret between Acme and the host.
const (
	acmeKey    = "key-that-acme-gave-out"
	acmeSecret = "secret-that-acme-sends"
)

// acme is a product that nobody here knows: it takes invitations.
type acme struct {
	*httptest.Server
	mu    sync.Mutex
	taken []acmeInvitation
}

type acmeInvitation struct{ Email, Test string }

func newAcme(t testing.TB) *acme {
	a := &acme{}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *acme) serve(w http.ResponseWriter, r *http.Request) {
	var in acmeInvitation
	switch {
	case r.Header.Get("Authorization") != "Bearer "+acmeKey:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method+r.URL.Path == "GET/tests":
		fmt.Fprint(w, `[{"id": "essay-1", "name": "Essay"}]`)
	case r.Method+r.URL.Path != "POST/invitations" || json.NewDecoder(r.Body).Decode(&in) != nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.taken = append(a.taken, in)
		fmt.Fprintf(w, `{"id": "%d", "url": "%s/candidates/%[1]d"}`, len(a.taken), a.URL)
	}
}

func (a *acme) invitations() []acmeInvitation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken
}
