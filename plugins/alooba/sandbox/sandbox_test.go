package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	alooba "github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
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
	box := kit.New(o, alooba.New)
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

// send makes one request. Headers come in pairs.
func (w *world) send(method, path string, body any, headers ...string) answer {
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

// api calls Alooba's native API with the right key and organisation, unless headers say otherwise.
func (w *world) api(method, path string, body any, headers ...string) answer {
	w.Helper()
	ours := []string{"Authorization", "Bearer " + kit.DefaultAPIKey, "X-Organisation", alooba.DefaultOrganisation}
	return w.send(method, "/v1"+path, body, append(ours, headers...)...)
}

// control calls the control plane, which must agree.
func (w *world) control(method, path string, body any) answer {
	w.Helper()
	got := w.send(method, "/_sandbox/"+path, body)
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

// asking is the body of an invite for the person with the address, whose ids are all made of n.
func asking(email string, n int, more ...object) object {
	application := fmt.Sprint("app_", n)
	body := object{
		"assessment_name": "SQL Essentials",
		"candidate":       object{"first_name": "Ada", "last_name": "Diaz", "email": email, "phone": "+1 555", "resume_url": "https://cv.test/1"},
		"external": object{
			"candidate_id": fmt.Sprint("cand_", n), "opportunity_id": application, "application_id": application, "posting_id": "post_1",
		},
	}
	for _, m := range more {
		for name, value := range m {
			body[name] = value
		}
	}
	return body
}

// invite asks with a key that is new each time.
func (w *world) invite(email string, n int, more ...object) answer {
	w.Helper()
	w.keys++
	return w.api("POST", "/participants", asking(email, n, more...), "Idempotency-Key", fmt.Sprint("key-", w.keys))
}

// get reads a participant.
func (w *world) get(id string) answer { w.Helper(); return w.api("GET", "/participants/"+id, nil) }

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

// ear is somebody who takes webhooks.
type ear struct {
	url string

	mu     sync.Mutex
	status int
	heard  []heard
}

type heard struct {
	header http.Header
	body   string
}

func listen(t *testing.T) *ear {
	e := &ear{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, heard{r.Header, string(body)})
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
