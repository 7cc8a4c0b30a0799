package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"
)

// sandbox is the remote control of one product's sandbox: its control plane, under /_sandbox/.
type sandbox struct {
	url string
	key string // the credential of its API
}

// startSandbox starts a product without a rate limit: under a virtual clock nothing would refill it.
func startSandbox(t testing.TB, product string) *sandbox {
	t.Helper()
	p := start(t, "plugins/patchbay-"+product, nil, "sandbox", "--listen", "127.0.0.1:0", "--rate", "-1", "--until-stdin-closes")
	return &sandbox{url: p.firstLine(t), key: "sandbox-key"}
}

// control asks the control plane and decodes the answer into out, unless that is nil.
func (s *sandbox) control(t testing.TB, method, path string, args, out any) {
	t.Helper()
	status, body := s.request(t, method, s.url+"/_sandbox/"+path, args)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, status, body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, body)
	}
}

// request sends JSON with the sandbox's credential.
func (s *sandbox) request(t testing.TB, method, url string, args any) (status int, body []byte) {
	t.Helper()
	var text []byte
	if args != nil {
		var err error
		if text, err = json.Marshal(args); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(s.key, "")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// object is arguments or an answer, where naming a type would say nothing more.
type object = map[string]any

// act has a person do something in the product. The answer says what it made or changed; its strings are returned.
func (s *sandbox) act(t testing.TB, verb string, args object) map[string]string {
	t.Helper()
	var got any
	s.control(t, http.MethodPost, "acts/"+verb, args, &got)
	named, _ := got.(object)
	texts := map[string]string{}
	for name, v := range named {
		if text, ok := v.(string); ok {
			texts[name] = text
		}
	}
	return texts
}

func (s *sandbox) advance(t testing.TB, by time.Duration) {
	t.Helper()
	s.control(t, http.MethodPost, "clock/advance", object{"by": by.String()}, nil)
}

// mail is what the product has mailed to an address; to "", everybody's.
func (s *sandbox) mail(t testing.TB, to string) []mail {
	t.Helper()
	var got []mail
	s.control(t, http.MethodGet, "mailbox?to="+url.QueryEscape(to), nil, &got)
	return got
}

type mail struct{ To, Subject, Link string }

// delivery is one webhook of the product.
type delivery struct {
	ID, Event, URL, State string
	Tries                 []struct{ Status int }
	Header                http.Header
	Body                  string
}

func (s *sandbox) deliveries(t testing.TB) []delivery {
	t.Helper()
	var got []delivery
	s.control(t, http.MethodGet, "deliveries", nil, &got)
	return got
}

// last is the newest webhook of an event.
func (s *sandbox) last(t testing.TB, event string) delivery {
	t.Helper()
	for _, d := range slices.Backward(s.deliveries(t)) {
		if d.Event == event {
			return d
		}
	}
	t.Fatalf("no webhook %s was sent", event)
	return delivery{}
}

// call is one request that the product was sent, numbered from 1.
type call struct {
	N                   int
	Method, Path, Query string
	Status              int
	Fault               string
}

// calls are the requests after number since.
func (s *sandbox) calls(t testing.TB, since int) []call {
	t.Helper()
	var got struct{ Requests []call }
	s.control(t, http.MethodGet, "requests?since="+strconv.Itoa(since), nil, &got)
	return got.Requests
}

// called is the number of the last request.
func (s *sandbox) called(t testing.TB) int {
	t.Helper()
	var got struct{ Last int }
	s.control(t, http.MethodGet, "requests?since="+strconv.Itoa(math.MaxInt), nil, &got)
	return got.Last
}
