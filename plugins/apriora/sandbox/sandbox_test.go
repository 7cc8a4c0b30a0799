package sandbox_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	apriora "github.com/patchbay-dev/patchbay/plugins/apriora/sandbox"
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
	o.Empty = true
	box := kit.New(o, apriora.New)
	server := httptest.NewServer(box)
	t.Cleanup(func() { server.Close(); box.Close() })
	return &world{T: t, url: server.URL}
}

// answer is what a request got. Of a list, body is its only element.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	list   []map[string]any
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
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
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
	if json.Unmarshal(text, &got.list) == nil && len(got.list) == 1 {
		got.body = got.list[0]
	} else {
		_ = json.Unmarshal(text, &got.body) // what is no JSON is read as raw
	}
	return got
}

// api calls Apriora's API with the right key.
func (w *world) api(method, path string, body any, headers ...string) answer {
	w.Helper()
	return w.send(method, "/v1/api"+path, body, append([]string{"X-API-Key", kit.DefaultAPIKey}, headers...)...)
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

// her names the invite of opp_1.
var her = object{"application": "opp_1"}

// position keeps a posting and gives the id of its position.
func (w *world) position(posting string) string {
	w.Helper()
	return w.api("PUT", "/positions/external/"+posting, object{"title": "Data Analyst", "modality": "VIDEO"}).at("positionId")
}

// invite invites the person with the address for application opp_N. Each call has a key of its own.
func (w *world) invite(position, email string, n int, more ...object) answer {
	w.Helper()
	opportunity := fmt.Sprint("opp_", n)
	body := object{
		"positionId": position, "expiresAt": nil,
		"candidate": object{"firstName": "Cy", "lastName": "Ng", "email": email, "phone": nil, "resumeUrl": nil},
		"external":  object{"opportunityId": opportunity, "applicationId": opportunity},
	}
	for _, m := range more {
		for name, value := range m {
			body[name] = value
		}
	}
	w.keys++
	return w.api("POST", "/invites", body, "Idempotency-Key", fmt.Sprint("key-", w.keys))
}

// read is the invite as the API tells it now.
func (w *world) read(i answer) answer {
	w.Helper()
	return w.api("GET", "/invites?inviteId="+i.at("inviteId"), nil)
}

func (w *world) mails(to string) int {
	w.Helper()
	return len(w.control("GET", "mailbox?to="+strings.ReplaceAll(to, "+", "%2B"), nil).list)
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

// listen sets the sandbox's webhook to a new ear.
func (w *world) listen() *ear {
	e := &ear{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, heard{r.Header, string(body)})
		rw.WriteHeader(e.status)
	}))
	w.Cleanup(server.Close)
	e.url = server.URL
	w.act("webhook", object{"url": e.url, "secret": secret})
	return e
}

func (e *ear) answers(status int) { e.mu.Lock(); defer e.mu.Unlock(); e.status = status }

// all is what was heard, in the order of the messages' numbers, which is the order they happened in.
func (e *ear) all() []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	sorted := slices.Clone(e.heard)
	slices.SortStableFunc(sorted, func(a, b heard) int {
		one, two := a.header.Get("Webhook-Id"), b.header.Get("Webhook-Id")
		return cmp.Or(cmp.Compare(len(one), len(two)), cmp.Compare(one, two))
	})
	return sorted
}

// events are the names of what was heard, a message that came twice once.
func (e *ear) events() string {
	var names []string
	last := ""
	for _, h := range e.all() {
		var m struct{ Event string }
		_ = json.Unmarshal([]byte(h.body), &m)
		if id := h.header.Get("Webhook-Id"); id != last {
			names, last = append(names, m.Event), id
		}
	}
	return strings.Join(names, " ")
}
