package oauth_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/oauth"
)

// An operator begins, opens the address, clicks, and is connected; what is left to mend is told.
func TestConnect(t *testing.T) {
	r := newRig(t, nil)
	c := r.begin()
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": r.app.ClientID, "redirect_uri": r.web.URL + "/oauth/callback", "audience": audience,
		"scope": "offline_access notes:write", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 26 || len(q.Get("code_challenge")) != 43 || q.Get("state") == r.stateOf(r.begin()) || c.Redirect != q.Get("redirect_uri") {
		t.Errorf("state or challenge: %v", q)
	}
	if got, err := r.desk.Consent(c.ID); err != nil || got.Done {
		t.Errorf("%+v %v", got, err)
	}
	status, text := r.visit(r.allow(c.URL, false))
	if status != http.StatusOK || !strings.Contains(text, "Connected") || !strings.Contains(text, "A template is missing") {
		t.Errorf("%d %s", status, text)
	}
	if got, err := r.desk.Consent(c.ID); err != nil || !got.Done || got.Error != "" || len(got.Problems) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if !slices.Equal(r.told, []string{conn}) {
		t.Errorf("told %v", r.told)
	}
}

func (r *rig) stateOf(c oauth.Consent) string {
	u, err := url.Parse(c.URL)
	if err != nil {
		r.Fatal(err)
	}
	return u.Query().Get("state")
}

// What may come back to the callback that connects nobody. Each time an earlier grant stays as it was.
func TestWhatConnectsNobody(t *testing.T) {
	for _, tt := range []struct {
		name   string
		back   func(r *rig, c oauth.Consent) string // the address that the browser is led to
		says   string
		status int
	}{
		{"a forged state", func(r *rig, c oauth.Consent) string {
			return change(r.allow(c.URL, false), "state", strings.Repeat("A", 26))
		}, "belongs to no consent", 400},
		{"no state", func(r *rig, c oauth.Consent) string { return change(r.allow(c.URL, false), "state", "") }, "belongs to no consent", 400},
		{"used twice", func(r *rig, c oauth.Consent) string {
			back := r.allow(c.URL, false)
			r.visit(back)
			return back
		}, "belongs to no consent", 400},
		{"too late", func(r *rig, c oauth.Consent) string {
			back := r.allow(c.URL, false)
			r.advance(10 * time.Minute)
			return back
		}, "belongs to no consent", 400},
		{"denied", func(r *rig, c oauth.Consent) string { return r.allow(c.URL, true) }, "the consent was denied", 400},
		{"another error, with a page in its words", func(r *rig, c oauth.Consent) string {
			return change(r.allow(c.URL, true), "error", "server_error", "error_description", "<script>alert(1)</script>")
		}, "&lt;script&gt;", 400},
		{"no code", func(r *rig, c oauth.Consent) string { return change(r.allow(c.URL, false), "code", "") }, "sent no code", 400},
		{"an enormous code", func(r *rig, c oauth.Consent) string {
			return change(r.allow(c.URL, false), "code", strings.Repeat("x", 5000))
		}, "sent no code", 400},
		{"a code of another consent", func(r *rig, c oauth.Consent) string {
			other := r.begin()
			return change(r.allow(other.URL, false), "state", r.stateOf(c)) // its challenge is not ours
		}, "did not accept the code", 400},
		{"a code that was used", func(r *rig, c oauth.Consent) string {
			first := r.allow(c.URL, false)
			r.visit(first)
			return change(first, "state", r.stateOf(r.begin()))
		}, "did not accept the code", 400},
		{"a wrong secret", func(r *rig, c oauth.Consent) string {
			r.act("oauth_app", map[string]string{"client_secret": "new"})
			return r.allow(c.URL, false)
		}, "check client_id and client_secret", 400},
		{"a token endpoint that is away", func(r *rig, c oauth.Consent) string {
			r.fail(`[{"path":"/oauth/token","kind":"reset"}]`)
			return r.allow(c.URL, false)
		}, "did not answer", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.connect()
			token, told := r.token(), len(r.told)
			c := r.begin()
			status, text := r.visit(tt.back(r, c))
			if status != tt.status || !strings.Contains(text, tt.says) || strings.Contains(text, "<script>") {
				t.Errorf("%d %s", status, text)
			}
			if strings.HasPrefix(tt.name, "used twice") || strings.HasPrefix(tt.name, "a code that was used") {
				return // its first time was good
			}
			if r.token() != token && !strings.Contains(tt.name, "late") || len(r.told) != told {
				t.Error("the grant that was there is gone")
			}
		})
	}
}

// change sets parameters of an address, in pairs.
func change(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // an address of our own
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestNobodyCameBack(t *testing.T) {
	r := newRig(t, nil)
	c := r.begin()
	r.advance(10 * time.Minute)
	if got, err := r.desk.Consent(c.ID); err != nil || !got.Done || !strings.Contains(got.Error, "nobody came back") {
		t.Errorf("%+v %v", got, err)
	}
	for range 40 {
		r.begin()
	}
	if _, err := r.desk.Consent(c.ID); err == nil {
		t.Error("what nobody answers is remembered for ever")
	}
	if _, err := r.desk.Consent("guess"); err == nil {
		t.Error("a consent that nobody began")
	}
	if _, err := r.desk.Begin("ats.other"); err == nil {
		t.Error("a connection that has no app")
	}
}

// A product that gives less than it was asked for is connected, and what is missing is named.
func TestLessWasGranted(t *testing.T) {
	r := newRig(t, nil)
	r.kill()
	r.app.Audience = strings.TrimSuffix(audience, "/")
	r.start()
	c := r.begin()
	if status, text := r.visit(r.allow(c.URL, false)); status != http.StatusOK || !strings.Contains(text, "not granted: notes:write") {
		t.Errorf("%d %s", status, text)
	}
	if s := r.access.Status(t.Context()); !s.Connected || !slices.Equal(s.Missing, []string{"notes:write"}) {
		t.Errorf("%+v", s)
	}
}

// The page of a connection is for this machine alone, and its button for this page alone.
func TestPage(t *testing.T) {
	r := newRig(t, nil)
	page := r.web.URL + oauth.PagePath + conn
	if status, text := r.visit(page); status != 200 || !strings.Contains(text, "Disconnected") || !strings.Contains(text, "notes:write") {
		t.Errorf("%d %s", status, text)
	}
	press := func(change func(*http.Request)) *http.Response {
		q, err := http.NewRequest(http.MethodPost, page, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(q)
		resp, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp
	}
	resp := press(func(*http.Request) {})
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", resp.StatusCode)
	}
	if status, text := r.visit(r.allow(resp.Header.Get("Location"), false)); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	if status, text := r.visit(page); status != 200 || !strings.Contains(text, "<strong>Connected.</strong>") {
		t.Errorf("%d %s", status, text)
	}
	for name, change := range map[string]func(*http.Request){
		"pressed by another site":       func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") },
		"under another name":            func(q *http.Request) { q.Host = "patchbay.example.com" },
		"under a name that looks local": func(q *http.Request) { q.Host = "localhost.example.com" },
		"by another method":             func(q *http.Request) { q.Method = http.MethodPut },
		"of another connection":         func(q *http.Request) { q.URL.Path += "x" },
	} {
		if resp := press(change); resp.StatusCode < 400 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	if resp, err := http.Post(r.web.URL+oauth.CallbackPath, "", nil); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST to the callback: %v %v", resp, err)
	}
}

// What was idle for half a day is renewed, so that its refresh token does not end unused.
func TestWhatIsIdleIsRenewed(t *testing.T) {
	r := newRig(t, nil)
	if err := r.desk.Renew(t.Context()); err != nil {
		t.Errorf("what is not connected is nothing to renew: %v", err)
	}
	r.connect()
	r.advance(12 * time.Hour)
	if err := r.desk.Renew(t.Context()); err != nil || r.renewals() != 1 {
		t.Errorf("%v, %d renewals", err, r.renewals())
	}
	r.advance(12 * time.Hour)
	r.fail(`[{"path":"/oauth/token","kind":"status","status":503,"count":1}]`)
	if err := r.desk.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), conn) {
		t.Errorf("%v", err)
	}
}
