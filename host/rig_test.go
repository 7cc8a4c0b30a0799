package main_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// rig is real processes: the host between the sandboxes of products, with the repository's own configuration of their pairings.
type rig struct {
	lever, alva                        *sandbox // of every rig
	greenhouse, alooba, apriora, hired *sandbox // of a house
	all                                []*sandbox
	host                               *host
	hooks                              map[string]string // Lever's ids of its webhooks, by event
}

// What is secret between the products and the host. Lever's second token and Alva's second secret replace the first.
const (
	leverToken  = "00112233445566778899aabbccddeeff0011223344556677"
	leverToken2 = "7766554433221100ffeeddccbbaa99887766554433221100"
	alvaSecret  = "whsec_YXNzZXNzbWVudC1zYW5kYm94LXNlY3JldC0wMDAxISE="
)

// unlimited changes the connections so that hundreds of candidates do not take the hours that Lever's and Alva's limits would, and that a
// posting is read each time: a plugin's memory goes by real time, which stands still for nobody.
var unlimited = list(
	`ats "lever" {`, "ats \"lever\" {\n  rate = 1000\n  timeout = \"2s\"\n  settle = \"1s\"\n  keep_postings = \"0s\"",
	`vendor "alva" {`, "vendor \"alva\" {\n  rate = 1000\n  timeout = \"2s\"\n  settle = \"1s\"",
)

// newRig starts Lever, Alva and the host between them, and leads the products' webhooks there. Change is what differs in the configuration:
// by default unlimited.
func newRig(t testing.TB, clock string, change ...string) *rig {
	t.Helper()
	if change == nil {
		change = unlimited
	}
	r := &rig{lever: startSandbox(t, "lever"), alva: startSandbox(t, "alva"), hooks: map[string]string{}}
	r.all = []*sandbox{r.lever, r.alva}
	r.host = newHost(t, configuration(t, change...), clock, []string{
		"LEVER_URL=" + r.lever.url + "/v1", "LEVER_API_KEY=" + r.lever.key, "LEVER_SIGNING_TOKEN=" + leverToken,
		"ALVA_URL=" + r.alva.url, "ALVA_API_KEY=" + r.alva.key, "ALVA_WEBHOOK_SECRET=" + alvaSecret,
	})
	r.start(t)
	return r
}

// start starts the host and leads the webhooks of Lever and Alva to it.
func (r *rig) start(t testing.TB) {
	t.Helper()
	// Who may not see confidential candidates cannot fail to leave them alone.
	r.lever.act(t, "key", object{"key": r.lever.key, "confidential": true})
	r.host.start(t)
	for _, event := range list("applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted") {
		made := r.lever.act(t, "webhook", object{"event": event, "url": r.host.hookURL(t, "ats.lever"), "token": leverToken})
		r.hooks[event] = made["webhook"]
	}
	r.alva.act(t, "webhook", object{"url": r.host.hookURL(t, "vendor.alva"), "secret": alvaSecret})
}

// configuration is a copy of what configs/ has of Lever and Alva, changed by pairs of an old text, which must be there, and a new one.
func configuration(t testing.TB, change ...string) string {
	t.Helper()
	dir := changed(t, change...)
	for _, name := range list("alooba-lever", "alooba-greenhouse", "apriora-lever", "hired-lever") {
		if err := os.Remove(filepath.Join(dir, name+".hcl")); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "connections.hcl")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	others := regexp.MustCompile(`(?ms)^\w+ "(greenhouse|alooba|apriora|hired)" \{.*?^\}\n`)
	if err := os.WriteFile(file, others.ReplaceAll(text, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// changed is a copy of configs/, changed by pairs of an old text, which must be there, and a new one.
func changed(t testing.TB, change ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "configs"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(change, 2) {
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(text, []byte(pair[0]))
			if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte(pair[0]), []byte(pair[1])), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if !found {
			t.Fatalf("configs/ says nowhere %s", pair[0])
		}
	}
	return dir
}

// settle returns when nothing is under way: every webhook that is due has been answered, the host is idle, and between two looks nothing
// was sent in either direction.
func (r *rig) settle(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for before := (traffic{}); ; {
		for _, s := range r.all {
			s.advance(t, 0)
		}
		r.host.idle(t)
		now := r.traffic(t)
		if now == before {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the rig does not come to rest: %+v", now)
		}
		before = now
	}
}

// traffic counts what was sent so far.
type traffic struct{ calls, tries int }

func (r *rig) traffic(t testing.TB) (n traffic) {
	t.Helper()
	for _, s := range r.all {
		n.calls += s.called(t)
		n.tries += tries(s.deliveries(t))
	}
	return n
}

func tries(list []delivery) (n int) {
	for _, d := range list {
		n += 1 + len(d.Tries)
	}
	return n
}

// allTaken fails if a webhook was not taken: a promise that nothing happens must not rest on one that got lost.
func (r *rig) allTaken(t testing.TB) {
	t.Helper()
	for _, s := range r.all {
		for _, d := range s.deliveries(t) {
			if d.State != "delivered" && len(d.Tries) > 0 {
				t.Errorf("webhook %s to %s is %s: %+v", d.Event, d.URL, d.State, d.Tries)
			}
		}
	}
}

// advance moves the time of all.
func (r *rig) advance(t testing.TB, by time.Duration) {
	t.Helper()
	r.settle(t)
	for _, s := range r.all {
		s.advance(t, by)
	}
	r.host.advance(t, by)
	r.settle(t)
}

// post sends a request to the host's door and returns the status of its answer.
func post(t testing.TB, url string, header http.Header, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
