package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/plugins/hired/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// The plugin can do all this at once.
var _ interface {
	sdk.Vendor
	sdk.Promiser
	sdk.Catalog
	sdk.Deleter
	sdk.Poller
} = (*hired)(nil)

const secret = "whsec_YXNzZXNzbWVudC1zYW5kYm94LXNlY3JldC0wMDAxISE="

// rig is the plugin, the sandbox that it talks to over HTTP, and a door for the sandbox's webhooks.
type rig struct {
	*testing.T
	plugin  *hired
	box     *kit.Server
	url     string
	invites int

	mu    sync.Mutex
	heard []sdk.Request
}

// credential does what the host's way out does: it adds the API key.
type credential struct{ transport *http.Transport }

func (c credential) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth(kit.DefaultAPIKey, "")
	return c.transport.RoundTrip(r)
}

func newPlugin(t *testing.T, c config) *hired {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v, err := open(c, sdk.Conn{HTTP: &http.Client{Transport: credential{transport}}})
	if err != nil {
		t.Fatal(err)
	}
	return v.(*hired)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, box: kit.New(kit.Options{Rate: -1}, sandbox.New)}
	server := httptest.NewServer(r.box)
	door := httptest.NewServer(http.HandlerFunc(r.hear))
	t.Cleanup(func() { server.Close(); r.box.Close(); door.Close() })
	r.url, r.plugin = server.URL, newPlugin(t, config{BaseURL: server.URL})
	r.act("webhook", object{"url": door.URL, "secret": secret})
	return r
}

func (r *rig) hear(_ http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, sdk.Request{Method: req.Method, Path: "/", Header: req.Header, Body: body, Secrets: []string{secret}})
}

type object = map[string]any

// control drives the sandbox.
func (r *rig) control(method, path string, args any) string {
	r.Helper()
	raw, _ := json.Marshal(args)
	req, _ := http.NewRequest(method, r.url+"/_sandbox/"+path, bytes.NewReader(raw))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		r.Fatalf("%s: %d %s", path, resp.StatusCode, text)
	}
	return string(text)
}

func (r *rig) act(verb string, args any) { r.Helper(); r.control("POST", "acts/"+verb, args) }

func (r *rig) advance(by string) { r.Helper(); r.control("POST", "clock/advance", object{"by": by}) }

func (r *rig) fault(f object) { r.Helper(); r.control("POST", "faults", []object{f}) }

func (r *rig) mails() int { return len(r.box.World().Mail.Of("")) }

func (r *rig) expect(what string, got, want any) {
	r.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// test is the id of one of Hired's tests; of several of that name the last one listed.
func (r *rig) test(name string) (id string) {
	r.Helper()
	for a, err := range r.plugin.Assessments(r.Context()) {
		if err != nil {
			r.Fatal(err)
		}
		if a.Name == name {
			id = a.ID
		}
	}
	if id == "" {
		r.Fatalf("Hired has no test %q", name)
	}
	return id
}

// invitation asks for opp_1 of cand_1; its key is new each time.
func (r *rig) invitation() sdk.Invitation {
	r.Helper()
	r.invites++
	return sdk.Invitation{
		Key: sdk.NewKey("test", fmt.Sprint(r.invites)), Attempt: 1, Application: "opp_1", Person: "cand_1", Assessment: r.test("Backend Go"),
		Candidate: sdk.Candidate{Name: "Bo  van Lind", Email: "bo@b.test"}, Posting: sdk.Posting{ID: "post_1"},
	}
}

func (r *rig) invite(inv sdk.Invitation) sdk.Invited {
	r.Helper()
	invited, err := r.plugin.Invite(r.Context(), inv)
	if err != nil {
		r.Fatal(err)
	}
	return invited
}

// told is what the webhooks so far amount to, in the order of what happened.
func (r *rig) told() (events []sdk.Event) {
	r.Helper()
	r.advance("0s")
	r.mu.Lock()
	defer r.mu.Unlock()
	number := func(q sdk.Request) int { // ids end in the number of the message
		id := q.Header.Get("Webhook-Id")
		n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '_')+1:])
		return n
	}
	slices.SortFunc(r.heard, func(a, b sdk.Request) int { return cmp.Compare(number(a), number(b)) })
	for _, q := range r.heard {
		got, err := r.plugin.Receive(r.Context(), q)
		if err != nil {
			r.Fatalf("%s: %v", q.Body, err)
		}
		for _, ev := range got.Events {
			if ev.ID != q.Header.Get("Webhook-Id") || ev.At.IsZero() {
				r.Errorf("event without its sender's ID or time: %+v", ev)
			}
		}
		events = append(events, got.Events...)
	}
	return events
}

// brief puts events on a line.
func brief(events []sdk.Event) string {
	var words []string
	for _, ev := range events {
		word := string(ev.Kind)
		if ev.Reason != "" {
			word += " " + ev.Reason
		}
		if q := ev.Result; q != nil {
			word += fmt.Sprintf(" %s final=%v %v", q.Revision, q.Final, *q.Score)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
