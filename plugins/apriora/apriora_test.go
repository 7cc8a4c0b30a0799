package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/plugins/apriora/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// The plugin can do all this at once.
var _ interface {
	sdk.Vendor
	sdk.Promiser
	sdk.PostingKeeper
	sdk.Deleter
	sdk.Library
	sdk.Poller
} = (*apriora)(nil)

const secret = "whsec_YXNzZXNzbWVudC1zYW5kYm94LXNlY3JldC0wMDAxISE="

// rig is the plugin, the sandbox that it talks to over HTTP, and a door for the sandbox's webhooks.
type rig struct {
	*testing.T
	plugin  *apriora
	box     *kit.Server
	url     string
	invites int

	mu    sync.Mutex
	heard []sdk.Request
}

// wayOut does what the host's does: it adds the API key at the base URL, and only there.
type wayOut struct {
	transport *http.Transport
	base      string
}

func (o wayOut) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.String(), o.base+"/") {
		r = r.Clone(r.Context())
		r.Header.Set("X-API-Key", kit.DefaultAPIKey)
	}
	return o.transport.RoundTrip(r)
}

func newPlugin(t *testing.T, url string) *apriora {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v, err := open(config{BaseURL: url}, sdk.Conn{HTTP: &http.Client{Transport: wayOut{transport, url}}})
	if err != nil {
		t.Fatal(err)
	}
	return v.(*apriora)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, box: kit.New(kit.Options{Rate: -1, Empty: true}, sandbox.New)}
	server := httptest.NewServer(r.box)
	door := httptest.NewServer(http.HandlerFunc(r.hear))
	t.Cleanup(func() { server.Close(); r.box.Close(); door.Close() })
	r.url, r.plugin = server.URL, newPlugin(t, server.URL)
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

// her does an act about opp_1.
func (r *rig) her(verb string, more ...object) {
	r.Helper()
	args := object{"application": "opp_1"}
	for _, m := range more {
		for name, value := range m {
			args[name] = value
		}
	}
	r.act(verb, args)
}

func (r *rig) advance(by string) { r.Helper(); r.control("POST", "clock/advance", object{"by": by}) }

func (r *rig) fault(f object) { r.Helper(); r.control("POST", "faults", []object{f}) }

func (r *rig) mails() int { return len(r.box.World().Mail.Of("")) }

func (r *rig) expect(what string, got, want any) {
	r.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// position keeps a posting at Apriora and gives its id there.
func (r *rig) position(posting string) string {
	r.Helper()
	at, err := r.plugin.KeepPosting(r.Context(), "k", sdk.Posting{ID: posting, Name: "Data Analyst"})
	if err != nil {
		r.Fatal(err)
	}
	return at
}

// invitation asks for opp_1 at a posting that Apriora has; its key is new each time.
func (r *rig) invitation() sdk.Invitation {
	r.Helper()
	r.invites++
	return sdk.Invitation{
		Key: sdk.NewKey("test", fmt.Sprint(r.invites)), Attempt: 1, Application: "opp_1", Person: "cand_1", PostingAt: r.position("post_1"),
		Candidate: sdk.Candidate{Name: "Cy  van Ng", Email: "cy@b.test"}, Posting: sdk.Posting{ID: "post_1"},
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
			score := "none"
			if q.Score != nil {
				score = fmt.Sprint(*q.Score)
			}
			word += fmt.Sprintf(" final=%v %s", q.Final, score)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// sort names what an error tells the host.
func sort(err error) string {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	switch {
	case err == nil:
		return "fine"
	case errors.As(err, &refusal):
		return refusal.Error()
	case errors.As(err, &delay):
		return fmt.Sprintf("later (after %v)", delay.After)
	case errors.Is(err, sdk.ErrDisconnected):
		return "disconnected"
	case errors.Is(err, sdk.ErrNotFound):
		return "not found"
	}
	return "unknown"
}
