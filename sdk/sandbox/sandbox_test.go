package sandbox

import (
	"bytes"
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
	"time"
)

// counter is a product that counts POSTs, tells a receiver of each, and limits each key.
func counter(w *World) Product {
	var (
		mu    sync.Mutex
		count int
		hooks []string
	)
	w.Outbox.Schedule(10*time.Second, time.Minute, time.Hour)
	return Product{
		API: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if q := w.Limit.Take(r.Header.Get("Key")); !q.OK {
				rw.Header().Set("Remaining", fmt.Sprint(q.Remaining))
				rw.WriteHeader(http.StatusTooManyRequests)
				return
			}
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			if r.Method == http.MethodPost {
				count++
				for _, url := range hooks {
					n := count
					w.Outbox.Send(Delivery{Event: "counted", URL: url, Request: func(try int, at time.Time) (http.Header, []byte) {
						return http.Header{"Try": {fmt.Sprint(try)}}, fmt.Appendf(nil, "%d", n)
					}})
				}
			}
			fmt.Fprintf(rw, "%d %s", count, body)
		}),
		Acts: map[string]Act{
			"subscribe": Do(func(a struct{ URL string }) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				hooks = append(hooks, a.URL)
				return len(hooks), nil
			}),
			"echo":   Do(func(a map[string]any) (any, error) { return a, nil }),
			"refuse": Do(func(struct{}) (any, error) { return nil, errors.New("the door is shut") }),
			"mail":   Do(func(m Mail) (any, error) { w.Mail.Send(m); return w.UUID(), nil }),
		},
		State: func(path string) (any, error) {
			if path != "" {
				return nil, fmt.Errorf("state %q: %w", path, ErrNotFound)
			}
			mu.Lock()
			defer mu.Unlock()
			return map[string]int{"count": count}, nil
		},
		Page: func() Page {
			return Page{
				Title: "Counter <b>", Lede: "It counts.",
				Forms: []Form{{Act: "echo", Label: "Echo", Fields: []Field{{Name: "tags:list", Label: "Tags"}, {Name: "secret:bool",
					Label: "Secret"}}}},
				Tables: []Table{{Title: "Counts", Columns: []string{"a", "b", "c"}, Rows: []Row{{
					Cells: []any{`<script>alert(1)</script>`, []string{"chip <1>"}, Link{Text: "x", URL: "javascript:alert(1)"}},
					Forms: []Form{{Act: "echo", Label: "Pick", Fields: []Field{{Name: "id", Value: `"><i>`}, {Name: "to", Label: "To",
						Choices: []Choice{{"1", "One"}}}}}},
				}}}},
			}
		},
		Fault: func(rw http.ResponseWriter, status int) {
			rw.WriteHeader(status)
			fmt.Fprint(rw, "in the product's words")
		},
	}
}

type client struct {
	*testing.T
	url    string
	server *Server
}

func start(t *testing.T, o Options) client {
	t.Helper()
	s := New(o, counter)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.Close() })
	return client{t, h.URL, s}
}

// do makes a request on a connection of its own, so that Go's transport repeats nothing by itself.
func (c client) do(method, path, body string, header ...string) (int, string, http.Header) {
	c.Helper()
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Close = true
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// control drives the control plane and reads its answer into v.
func (c client) control(method, path, body string, v any) {
	c.Helper()
	status, answer, _ := c.do(method, controlPath+path, body)
	if status != http.StatusOK {
		c.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(answer), v); err != nil {
			c.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

func (c client) count() (n int) {
	var state struct{ Count int }
	c.control("GET", "state", "", &state)
	return state.Count
}

func TestFaults(t *testing.T) {
	type call struct {
		status int // 0: the connection is cut
		body   string
	}
	for name, tt := range map[string]struct {
		faults string
		calls  []call
		count  int // what the product did in the end
		log    string
	}{
		"status": {`[{"kind":"status","status":503,"retry_after":7,"count":1}]`, []call{{503, "in the product's words"}, {200, "1 x"}},
			1, "503/status 200/"},
		"reset":          {`[{"kind":"reset","count":2}]`, []call{{}, {}, {200, "1 x"}}, 1, "0/reset 0/reset 200/"},
		"lost":           {`[{"kind":"lost","count":1}]`, []call{{}, {200, "2 x"}}, 2, "200/lost 200/"},
		"slow":           {`[{"kind":"slow","delay":"1ms","count":1}]`, []call{{200, "1 x"}}, 1, "200/slow"},
		"other method":   {`[{"method":"GET","kind":"reset"}]`, []call{{200, "1 x"}}, 1, "200/"},
		"other path":     {`[{"path":"^/other$","kind":"reset"}]`, []call{{200, "1 x"}}, 1, "200/"},
		"path":           {`[{"path":"/th.ng","kind":"reset","count":1}]`, []call{{}, {200, "1 x"}}, 1, "0/reset 200/"},
		"first in order": {`[{"kind":"reset","count":1},{"kind":"lost","count":1}]`, []call{{}, {}, {200, "2 x"}}, 2, "0/reset 200/lost 200/"},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, Options{})
			c.control("POST", "faults", tt.faults, nil)
			var log []string
			for _, want := range tt.calls {
				status, body, header := c.do("POST", "/thing", "x")
				if status != want.status || want.status != 0 && body != want.body {
					t.Errorf("answered %d %q, want %d %q", status, body, want.status, want.body)
				}
				if status == 503 && header.Get("Retry-After") != "7" {
					t.Errorf("Retry-After is %q", header.Get("Retry-After"))
				}
			}
			var requests struct{ Requests []Entry }
			c.control("GET", "requests", "", &requests)
			for _, e := range requests.Requests {
				log = append(log, fmt.Sprintf("%d/%s", e.Status, e.Fault))
			}
			if got := strings.Join(log, " "); got != tt.log || c.count() != tt.count {
				t.Errorf("log %q and count %d, want %q and %d", got, c.count(), tt.log, tt.count)
			}
		})
	}
}

func TestFaultRateRepeatsWithItsSeed(t *testing.T) {
	strikes := func(seed string) (pattern string) {
		c := start(t, Options{Rate: -1})
		c.control("POST", "faults", `[{"kind":"status","status":500,"rate":0.3,"seed":`+seed+`}]`, nil)
		for range 60 {
			status, _, _ := c.do("GET", "/thing", "")
			pattern += map[int]string{200: ".", 500: "x"}[status]
		}
		return pattern
	}
	first, again, other := strikes("1"), strikes("1"), strikes("2")
	if n := strings.Count(first, "x"); first != again || first == other || n < 8 || n > 30 {
		t.Errorf("seed 1 struck %s, then %s; seed 2 %s", first, again, other)
	}
}

func TestSlowHandlesWhatTheCallerGaveUp(t *testing.T) {
	c := start(t, Options{})
	c.control("POST", "faults", `[{"kind":"slow","delay":"50ms"}]`, nil)
	impatient := http.Client{Timeout: 5 * time.Millisecond}
	if _, err := impatient.Post(c.url+"/thing", "", strings.NewReader("x")); err == nil {
		t.Fatal("answered in time")
	}
	for c.count() == 0 { // ends with the test's own time limit
		time.Sleep(time.Millisecond)
	}
}

func TestControlRefuses(t *testing.T) {
	c := start(t, Options{})
	for _, tt := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "faults", `[{"kind":"flood"}]`, 400, `kind \"flood\" is none of`},
		{"POST", "faults", `[{"kind":"status"}]`, 400, "needs a status"},
		{"POST", "faults", `[{"kind":"slow"}]`, 400, "needs a delay"},
		{"POST", "faults", `[{"kind":"reset","path":"("}]`, 400, "path"},
		{"POST", "faults", `[{"kind":"reset","rate":2}]`, 400, "rate 2"},
		{"POST", "faults", `[{"kind":"reset","often":2}]`, 400, "often"},
		{"POST", "clock/advance", `{"by":"-1h"}`, 400, "positive"},
		{"POST", "clock/advance", `{"by":"soon"}`, 400, "soon"},
		{"POST", "clock/set", `{}`, 400, "at is missing"},
		{"POST", "acts/refuse", `{}`, 422, "the door is shut"},
		{"POST", "acts/fly", `{}`, 404, "the acts are echo, mail, refuse, subscribe"},
		{"POST", "acts/subscribe", `{"uri":"x"}`, 400, `\"uri\"; the arguments are url`},
		{"POST", "acts/refuse", `{"uri":"x"}`, 400, "the arguments are none"},
		{"POST", "acts/subscribe", `{} {}`, 400, "more than one"},
		{"GET", "state/nothing", ``, 404, "nothing"},
		{"GET", "requests?since=x", ``, 400, "since"},
		{"POST", "deliveries/9/rerun", ``, 404, "9"},
		{"POST", "deliveries/options", `{"copies":0}`, 400, "positive"},
		{"GET", "nowhere", ``, 404, "nowhere"},
	} {
		if status, body, _ := c.do(tt.method, controlPath+tt.path, tt.body); status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s %s: %d %s, want %d and %q", tt.method, tt.path, tt.body, status, body, tt.status, tt.says)
		}
	}
	if status, _, _ := c.do("POST", controlPath+"reset", "", "Origin", "https://elsewhere.example", "Sec-Fetch-Site",
		"cross-site"); status != 403 {
		t.Errorf("a page of another origin may reset: %d", status)
	}
}

func TestRequestLog(t *testing.T) {
	c := start(t, Options{})
	c.do("GET", "/a?x=1", "")
	c.do("POST", "/b", "")
	c.do("GET", "/b", "")
	for query, want := range map[string]string{
		"":                    "1 GET /a?x=1, 2 POST /b?, 3 GET /b?",
		"?since=1":            "2 POST /b?, 3 GET /b?",
		"?since=3":            "",
		"?method=GET&path=b$": "3 GET /b?",
	} {
		var answer struct {
			Requests []Entry
			Last     int
		}
		c.control("GET", "requests"+query, "", &answer)
		var got []string
		for _, e := range answer.Requests {
			got = append(got, fmt.Sprintf("%d %s %s?%s", e.N, e.Method, e.Path, e.Query))
		}
		if s := strings.Join(got, ", "); s != want || answer.Last != 3 {
			t.Errorf("%q: %q and last %d, want %q and 3", query, s, answer.Last, want)
		}
	}
	c.control("DELETE", "requests", "", nil)
	c.do("GET", "/c", "")
	if e, last, _ := c.server.World().Log.Since(0); len(e) != 1 || last != 4 {
		t.Errorf("after clearing there are %d entries, the last is %d; want 1 and 4", len(e), last)
	}
}

func TestLimit(t *testing.T) {
	c := start(t, Options{Rate: 0.001, Burst: 2})
	get := func(key string) int { status, _, _ := c.do("GET", "/thing", "", "Key", key); return status }
	got := fmt.Sprint(get("a"), get("a"), get("a"), get("b"))
	c.control("POST", "clock/advance", `{"by":"1000s"}`, nil)
	got += fmt.Sprint(" ", get("a"), get("a"))
	c.control("POST", "limit", `{"per_second":0}`, nil)
	got += fmt.Sprint(" ", get("a"), get("a"), get("a"))
	if want := "200 200 429 200 200 429 200 200 200"; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

func TestResetStartsOver(t *testing.T) {
	c := start(t, Options{Seed: 7})
	var before, after string
	c.control("POST", "acts/mail", `{"to":"a@b.example"}`, &before)
	c.control("POST", "faults", `[{"kind":"reset","method":"DELETE"}]`, nil)
	c.control("POST", "clock/advance", `{"by":"1000h"}`, nil)
	c.do("POST", "/thing", "")
	c.control("POST", "reset", "", nil)
	w := c.server.World()
	if entries, _, _ := w.Log.Since(0); c.count() != 0 || len(entries) != 0 || len(w.Faults.List()) != 0 || len(w.Mail.Of("")) != 0 {
		t.Error("something is left")
	}
	if d := time.Until(w.Clock.Now()).Abs(); d > time.Hour {
		t.Errorf("the clock is off by %v", d)
	}
	if c.control("POST", "acts/mail", `{}`, &after); before != after {
		t.Errorf("seed 7 made %s, then %s", before, after)
	}
}

func TestMailbox(t *testing.T) {
	c := start(t, Options{})
	c.control("POST", "acts/mail", `{"to":"Ada@Example.com","subject":"one"}`, nil)
	c.control("POST", "acts/mail", `{"to":"bob@example.com","subject":"two"}`, nil)
	var mail []Mail
	c.control("GET", "mailbox?to=ada@example.com", "", &mail)
	if len(mail) != 1 || mail[0].Subject != "one" || mail[0].At.IsZero() {
		t.Errorf("mailbox: %+v", mail)
	}
	c.server.World().Mail.Erase("ADA@example.com")
	if c.control("GET", "mailbox", "", &mail); len(mail) != 1 || mail[0].Subject != "two" {
		t.Errorf("after erasing: %+v", mail)
	}
}

func TestPage(t *testing.T) {
	c := start(t, Options{})
	status, page, header := c.do("GET", "/", "")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", status, header)
	}
	for _, want := range []string{"Counter &lt;b&gt;", "&lt;script&gt;", "chip &lt;1&gt;", `value="&#34;&gt;&lt;i&gt;"`,
		`type="checkbox" name="secret:bool"`,
		`<option value="1">One</option>`, `action="/_sandbox/acts/echo"`, "#ZgotmplZ"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"<script", "http://", "https://", "javascript:"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page contains %q", unwanted)
		}
	}
	form := url.Values{"tags:list": {"a, b,"}, "secret:bool": {"true"}, "name": {"true"}, "none": {""}}.Encode()
	args, err := formArguments([]byte(form))
	if want := `{"name":"true","none":null,"secret":true,"tags":["a","b"]}`; err != nil || !bytes.Equal(args, []byte(want)) {
		t.Errorf("the form became %s, %v, want %s", args, err, want)
	}
	if status, _, header := c.do("POST", controlPath+"acts/echo", form, "Content-Type", formType); status != 303 ||
		header.Get("Location") != "/" {
		t.Errorf("a form leads to %d %q", status, header.Get("Location"))
	}
}

// curl -d names everything a form.
func TestAFormIsWhatDoesNotBeginAsJSON(t *testing.T) {
	c := start(t, Options{})
	for body, want := range map[string]struct {
		status int
		says   string
	}{
		` {"url":"http://127.0.0.1:1"}`:   {200, ""},
		`{"uri":"x"}`:                     {400, `unknown field \"uri\"`},
		`uri=`:                            {400, `unknown field \"uri\"`},
		`url:lst=x`:                       {400, "field url:lst"},
		`url=`:                            {303, ""},
		`url=http%3A%2F%2F127.0.0.1%3A1%`: {400, "malformed"},
	} {
		status, answer, _ := c.do("POST", controlPath+"acts/subscribe", body, "Content-Type", formType+"; charset=utf-8")
		if status != want.status || !strings.Contains(answer, want.says) {
			t.Errorf("%s: %d %s, want %d and %q", body, status, answer, want.status, want.says)
		}
	}
	if status, answer, _ := c.do("POST", controlPath+"faults", `[{"kind":"reset"}]`, "Content-Type", formType); status != 200 {
		t.Errorf("a list: %d %s", status, answer)
	}
}
