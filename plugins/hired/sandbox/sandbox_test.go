package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	hired "github.com/patchbay-dev/patchbay/plugins/hired/sandbox"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// world is a running sandbox, seen from outside only.
type world struct {
	*testing.T
	url  string
	keys int
}

func start(t *testing.T, o kit.Options) *world {
	t.Helper()
	if o.Rate == 0 {
		o.Rate = -1
	}
	box := kit.New(o, hired.New)
	server := httptest.NewServer(box)
	t.Cleanup(func() { server.Close(); box.Close() })
	return &world{T: t, url: server.URL}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// at follows names through the body; "" if there is nothing.
func (a answer) at(names ...string) string {
	var v any = a.body
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// send makes one request with a key, unless that is empty. Headers come in pairs.
func (w *world) send(key, method, path string, body any, headers ...string) answer {
	w.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		raw, _ = json.Marshal(b)
	}
	req, err := http.NewRequest(method, w.url+path, bytes.NewReader(raw))
	if err != nil {
		w.Fatal(err)
	}
	if key != "" {
		req.SetBasicAuth(key, "")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	got := answer{status: resp.StatusCode, header: resp.Header, raw: string(text)}
	json.Unmarshal(text, &got.body) // lists stay in raw
	return got
}

// api calls Hired's API with the right key.
func (w *world) api(method, path string, body any, headers ...string) answer {
	w.Helper()
	return w.send(kit.DefaultAPIKey, method, "/api/v1"+path, body, headers...)
}

// control calls the control plane, which must agree.
func (w *world) control(method, path string, body any) answer {
	w.Helper()
	got := w.send("", method, "/_sandbox/"+path, body)
	if got.status != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, got.status, got.raw)
	}
	return got
}

func (w *world) act(verb string, args any) answer {
	w.Helper()
	return w.control("POST", "acts/"+verb, args)
}

func (w *world) advance(by string) { w.Helper(); w.control("POST", "clock/advance", object{"by": by}) }

type object = map[string]any

// invite asks for the person with the address, whose ids are all made of n, to take General Programming. Each call has a key of its own.
func (w *world) invite(email string, n int, more ...object) answer {
	w.Helper()
	w.keys++
	return w.api("POST", "/invitations", asked(email, n, more...), "Idempotency-Key", fmt.Sprint("key-", w.keys))
}

func asked(email string, n int, more ...object) object {
	opportunity := fmt.Sprint("opp_", n)
	body := object{
		"test_name": "General Programming", "candidate": object{"first_name": "Bo", "last_name": "Lind", "email": email},
		"external": object{"candidate_id": fmt.Sprint("cand_", n), "opportunity_id": opportunity, "application_id": opportunity},
	}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return body
}

func (w *world) mails(to string) int {
	w.Helper()
	var mail []object
	if err := json.Unmarshal([]byte(w.control("GET", "mailbox?to="+to, nil).raw), &mail); err != nil {
		w.Fatal(err)
	}
	return len(mail)
}

func (w *world) expect(what string, got, want any) {
	w.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// ear is somebody who takes webhooks and callbacks.
type ear struct {
	url string

	mu     sync.Mutex
	status int
	heard  []heard
}

type heard struct {
	method string
	header http.Header
	body   string
}

func listen(t *testing.T) *ear {
	e := &ear{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, heard{r.Method, r.Header, string(body)})
		w.WriteHeader(e.status)
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func (e *ear) answers(status int) { e.mu.Lock(); defer e.mu.Unlock(); e.status = status }

func (e *ear) all() []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]heard(nil), e.heard...)
}

// types are the types heard so far, in the order of the messages' numbers, which is the order they happened in.
func (e *ear) types() string {
	byID := map[string]string{}
	for _, h := range e.all() {
		var m struct{ Type string }
		json.Unmarshal([]byte(h.body), &m)
		byID[h.header.Get("Webhook-Id")] = m.Type
	}
	var types []string
	for n := 1; len(byID) > 0; n++ {
		for id := range byID {
			if strings.HasSuffix(id, fmt.Sprint("_", n)) {
				types = append(types, byID[id])
				delete(byID, id)
			}
		}
	}
	return strings.Join(types, " ")
}
