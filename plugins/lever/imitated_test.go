package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	imitation "github.com/patchbay-dev/patchbay/plugins/lever/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// imitated is a Lever to try the plugin against, with people who act in it.
type imitated struct {
	t   *testing.T
	url string
}

// keyed adds the credential, as the host's egress does.
type keyed struct{ key string }

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth(k.key, "")
	return http.DefaultTransport.RoundTrip(r)
}

func imitate(t *testing.T) imitated {
	t.Helper()
	server := sandbox.New(sandbox.Options{Rate: -1, Seed: 1}, imitation.New)
	t.Cleanup(server.Close)
	at := httptest.NewServer(server)
	t.Cleanup(at.Close)
	return imitated{t, at.URL}
}

// open connects with a key of the account's.
func (l imitated) open(c config, key string) *connection {
	l.t.Helper()
	return l.openWith(c, keyed{key})
}

// openWith connects with a credential that credential adds.
func (l imitated) openWith(c config, credential http.RoundTripper) *connection {
	l.t.Helper()
	c.BaseURL, c.KeepPostings = l.url+"/v1", "1m"
	ats, err := open(c, sdk.Conn{Name: "ats.lever", HTTP: &http.Client{Transport: credential}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		l.t.Fatal(err)
	}
	return ats.(*connection)
}

// call asks the imitation for something and reads the answer, which must be a success, into out.
func (l imitated) call(method, path, body string, out any) {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: keyed{sandbox.DefaultAPIKey}}).Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		l.t.Fatalf("%s %s: %s %v %s", method, path, resp.Status, err, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			l.t.Fatal(err)
		}
	}
}

// act has somebody do something in Lever, a minute after what was before.
func (l imitated) act(verb, args string, values ...any) (made map[string]string) {
	l.t.Helper()
	l.wait(time.Minute)
	l.call("POST", "/_sandbox/acts/"+verb, fmt.Sprintf(args, values...), &made)
	return made
}

// wait lets time pass; webhooks that are due are delivered before it returns.
func (l imitated) wait(d time.Duration) {
	l.t.Helper()
	l.call("POST", "/_sandbox/clock/advance", fmt.Sprintf(`{"by":%q}`, d), nil)
}

func (l imitated) now() time.Time {
	var clock struct{ Now time.Time }
	l.call("GET", "/_sandbox/clock", "", &clock)
	return clock.Now
}

// shown is what a recruiter sees of an opportunity.
type shown struct {
	Stage   string   `json:"stage"`
	StageID string   `json:"stage_id"`
	Tags    []string `json:"tags"`
	Links   []string `json:"links"`
	Notes   []struct {
		ID, Text, Author string
		Score            *int
	} `json:"notes"`
}

func (l imitated) shows(id string) (s shown) {
	l.t.Helper()
	l.call("GET", "/_sandbox/state/opportunities/"+id, "", &s)
	return s
}

// stageID is the id of the stage that recruiters know by this name.
func (l imitated) stageID(name string) string {
	var all []struct{ ID, Text string }
	l.call("GET", "/_sandbox/state/stages", "", &all)
	for _, s := range all {
		if s.Text == name {
			return s.ID
		}
	}
	l.t.Fatalf("no stage %q", name)
	return ""
}

// inbox is where webhooks arrive.
type inbox struct {
	mu   sync.Mutex
	came [][]byte
}

func (in *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.came = append(in.came, body)
}

func (in *inbox) take() [][]byte {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.came
}
