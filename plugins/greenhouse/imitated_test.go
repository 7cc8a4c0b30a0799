package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	imitation "github.com/patchbay-dev/patchbay/plugins/greenhouse/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// imitated is a Greenhouse to try the plugin against, with people who act in it.
type imitated struct {
	*testing.T
	url string
}

func imitate(t *testing.T) imitated {
	t.Helper()
	server := sandbox.New(sandbox.Options{Rate: -1, Seed: 1}, imitation.New)
	t.Cleanup(server.Close)
	at := httptest.NewServer(server)
	t.Cleanup(at.Close)
	return imitated{t, at.URL}
}

// call asks the imitation for something and reads the answer, which must be a success, into out.
func (g imitated) call(method, path, body string, out any) {
	g.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		g.Fatalf("%s %s: %s %v %s", method, path, resp.Status, err, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			g.Fatalf("%s: %v: %s", path, err, raw)
		}
	}
}

// act has somebody do something in Greenhouse, and what follows from it happen within a minute.
func (g imitated) act(verb, args string, values ...any) (made map[string]any) {
	g.Helper()
	g.call("POST", "/_sandbox/acts/"+verb, fmt.Sprintf(args, values...), &made)
	g.call("POST", "/_sandbox/clock/advance", `{"by":"1m"}`, nil)
	return made
}

// credentialed does what the host's way out does: it adds the partner key where the plugin names Basic, and else a token of the moment.
type credentialed struct {
	imitated
	subject string // who acts; empty: the service account

	mu    sync.Mutex
	token string
}

func (c *credentialed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.Header.Get("Authorization") == "Basic" {
		r.SetBasicAuth(newKey, "")
		return http.DefaultTransport.RoundTrip(r)
	}
	token, err := c.authorize()
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return http.DefaultTransport.RoundTrip(r)
}

// forget makes the next request fetch a token, as after a permission was given.
func (c *credentialed) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = ""
}

func (c *credentialed) authorize() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" {
		return c.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if c.subject != "" {
		form.Set("sub", c.subject)
	}
	r, err := http.NewRequest(http.MethodPost, c.url+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("sandbox-client-1", oauth.DefaultClientSecret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Token == "" {
		return "", fmt.Errorf("no token: %s, %w", resp.Status, err)
	}
	c.token = got.Token
	return c.token, nil
}

// open connects the plugin.
func (g imitated) open(c config) (sdk.ATS, *credentialed) {
	g.Helper()
	c.BaseURL = g.url + "/v3"
	way := &credentialed{imitated: g, subject: c.OnBehalfOf}
	return connect(g, c, sdk.Conn{Name: "ats.greenhouse", HTTP: &http.Client{Transport: way}}), way
}

// host is a door in front of the plugin, which keeps events and answers questions as Patchbay's does.
type host struct {
	plugin sdk.ATS
	url    string

	mu     sync.Mutex
	events []sdk.Event
	status map[string]*sdk.TestStatus // by the id of the request
	tests  []sdk.Test
}

func (g imitated) serve(plugin sdk.ATS, tests ...sdk.Test) *host {
	h := &host{plugin: plugin, tests: tests, status: map[string]*sdk.TestStatus{}}
	server := httptest.NewServer(h)
	g.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	got, err := h.plugin.Receive(r.Context(), sdk.Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header, Body: body, Secrets: []string{oldKey, newKey},
	})
	if got.Question != nil {
		answer := sdk.Answer{Tests: h.tests, Status: h.status[got.Question.ID]}
		got.Response, err = h.plugin.(sdk.TestPartner).Answer(r.Context(), *got.Question, answer)
	}
	switch {
	case errors.Is(err, sdk.ErrUnauthorized):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range got.Events {
		if e.Kind == sdk.KindRequested && h.status[e.ID] == nil {
			h.status[e.ID] = &sdk.TestStatus{}
		}
		h.events = append(h.events, e)
	}
	if got.Response.Status != 0 {
		w.WriteHeader(got.Response.Status)
	}
	_, _ = w.Write(got.Response.Body)
}

// heard are the events since the last look.
func (h *host) heard() []sdk.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	events := h.events
	h.events = nil
	return events
}

func (h *host) finish(id string, score float64, link string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status[id] = &sdk.TestStatus{Complete: true, Score: &score, URL: link}
}

// shown is what a recruiter sees of an application.
type shown struct {
	Stage  string         `json:"stage"`
	Fields map[string]any `json:"fields"`
	Kit    struct {
		Test, Status, Report string
		Score                *float64
	} `json:"kit"`
	Sends []struct {
		Callback string
		ID       string   `json:"partner_interview_id"`
		Problems []string `json:"problems"`
	} `json:"sends"`
}

func (g imitated) shows(application any) (s shown) {
	g.Helper()
	g.call("GET", fmt.Sprintf("/_sandbox/state/applications/%v", application), "", &s)
	return s
}

// partnered has Greenhouse's staff enter h's addresses and a key.
func (g imitated) partnered(h *host) {
	at := h.url + "/partner/"
	g.act("partner", `{"name":"Alooba","key":%q,"list_tests":%q,"send_test":%q,"test_status":%q,"response_error":%q,"app_url":%q}`,
		newKey, at+"list_tests", at+"send_test", at+"test_status", at+"response_error", g.url)
}
