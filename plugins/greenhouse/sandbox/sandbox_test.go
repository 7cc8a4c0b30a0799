package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// greenhouse is a sandbox over HTTP, and the bearer token that its calls carry.
type greenhouse struct {
	*testing.T
	url, token string
}

func start(t *testing.T) *greenhouse {
	s := sandbox.New(sandbox.Options{Seed: 1}, New)
	t.Cleanup(s.Close)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &greenhouse{T: t, url: server.URL}
}

// call sends a request and reads the answer, as JSON if it is some. Header are names and values.
func (g *greenhouse) call(method, path, body string, header ...string) (int, any, http.Header) {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	if g.token != "" {
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		g.Fatal(err)
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		v = string(raw)
	}
	return resp.StatusCode, v, resp.Header
}

// control asks the control plane, which has to agree.
func (g *greenhouse) control(method, path string, body any) any {
	g.Helper()
	status, v, _ := g.call(method, "/_sandbox/"+path, string(plain(body)))
	if status != http.StatusOK {
		g.Fatalf("%s: %d %v", path, status, v)
	}
	return v
}

func (g *greenhouse) act(verb string, args object) object {
	g.Helper()
	v, _ := g.control("POST", "acts/"+verb, args).(object)
	return v
}

// refused does an act that must fail and gives the reason.
func (g *greenhouse) refused(verb string, args object) string {
	g.Helper()
	status, v, _ := g.call("POST", "/_sandbox/acts/"+verb, string(plain(args)))
	if status == http.StatusOK {
		g.Errorf("%s %v is not refused", verb, args)
	}
	reason, _ := v.(object)["error"].(string)
	return reason
}

func (g *greenhouse) advance(by string) {
	g.Helper()
	g.control("POST", "clock/advance", object{"by": by})
}

func (g *greenhouse) kit(application any) object {
	g.Helper()
	return g.control("GET", "state/kits/"+application.(string), object{}).(object)
}

func (g *greenhouse) application(id any) object {
	g.Helper()
	return g.control("GET", "state/applications/"+id.(string), object{}).(object)
}

// apply is Grace's application for the analyst's job, with what differs.
func (g *greenhouse) apply(differs ...object) object {
	g.Helper()
	args := object{"job": "Data Analyst", "first_name": "Grace", "last_name": "Hopper", "email": "grace@navy.example", "phone": "1"}
	for _, d := range differs {
		with(args, d)
	}
	return g.act("apply", args)
}

// connect gets a token by client credentials, for a user or for the service account.
func (g *greenhouse) connect(sub string) {
	g.Helper()
	status, v, _ := g.askToken("grant_type=client_credentials&sub=" + sub)
	if status != http.StatusOK {
		g.Fatalf("token: %d %v", status, v)
	}
	g.token = v["access_token"].(string)
}

func (g *greenhouse) askToken(form string) (int, object, http.Header) {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), "POST", g.url+"/token", strings.NewReader(form))
	if err != nil {
		g.Fatal(err)
	}
	req.SetBasicAuth(clientID, oauth.DefaultClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer resp.Body.Close()
	var v object
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		g.Fatal(err)
	}
	return resp.StatusCode, v, resp.Header
}

// permit ticks permissions.
func (g *greenhouse) permit(scopes ...string) {
	g.Helper()
	for _, s := range scopes {
		g.control("POST", "acts/permission", object{"scope": "harvest:" + s, "on": true})
	}
}

// heard is one request that a receiver got.
type heard struct {
	method, path, query, key string
	header                   http.Header
	raw                      []byte
	body                     object
}

// receiver is a fake partner, or somebody's webhook endpoint: it remembers what it hears and gives the answers that it is set to, by path.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	heard   []heard
	status  map[string]int
	answers map[string]string
}

const partnerKey = "partner-key"

func receive(t *testing.T) *receiver {
	r := &receiver{status: map[string]int{}, answers: map[string]string{
		"/list": `[{"partner_test_id":"t1","partner_test_name":"Numeracy"}]`, "/send": `{"partner_interview_id":"i1"}`,
		"/status": `{"partner_status":"in_progress"}`, "/error": `{"status":200}`,
	}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, _ := io.ReadAll(req.Body)
	key, _, _ := req.BasicAuth()
	h := heard{method: req.Method, path: req.URL.Path, query: req.URL.RawQuery, key: key, header: req.Header, raw: raw}
	_ = json.NewDecoder(bytes.NewReader(raw)).Decode(&h.body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, h)
	if s := r.status[req.URL.Path]; s != 0 {
		w.WriteHeader(s)
	}
	_, _ = io.WriteString(w, r.answers[req.URL.Path])
}

func (r *receiver) set(path string, status int, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status[path], r.answers[path] = status, answer
}

// take gives what was heard at a path since the last take, once all that is due has been sent.
func (r *receiver) take(g *greenhouse, path string) (taken []heard) {
	g.Helper()
	g.advance("0s")
	r.mu.Lock()
	defer r.mu.Unlock()
	var rest []heard
	for _, h := range r.heard {
		if h.path == path {
			taken = append(taken, h)
		} else {
			rest = append(rest, h)
		}
	}
	r.heard = rest
	return taken
}

// enable makes the receiver the organization's partner, whose test the analyst's stage has.
func (g *greenhouse) enable(r *receiver) {
	g.Helper()
	g.act("partner", object{
		"name": "Acme", "key": partnerKey, "list_tests": r.URL + "/list", "send_test": r.URL + "/send", "test_status": r.URL + "/status",
		"response_error": r.URL + "/error", "app_url": g.url,
	})
	g.act("stage-test", object{"job": "Data Analyst", "stage": "Assessment", "test": "Numeracy"})
}
