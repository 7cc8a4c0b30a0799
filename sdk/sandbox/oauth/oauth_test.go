package oauth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const back = "http://127.0.0.1:8090/oauth/callback"

// product is a sandbox whose API is the authorization server and one endpoint that tells what a token is good for.
type product struct {
	t      *testing.T
	server *sandbox.Server
	url    string
}

func newProduct(t *testing.T, o Options) product {
	t.Helper()
	o.Product, o.Token = "Acme", "/oauth/token"
	o.Scopes = []string{"notes:write", "stages:read", "tags:read"}
	s := sandbox.New(sandbox.Options{Rate: -1}, func(w *sandbox.World) sandbox.Product {
		mux := http.NewServeMux()
		server := New(w, o)
		server.Mount(mux)
		mux.HandleFunc("GET /whoami", func(rw http.ResponseWriter, r *http.Request) {
			token, ok := server.Bearer(r)
			if !ok {
				rw.WriteHeader(http.StatusUnauthorized)
				return
			}
			fmt.Fprintf(rw, "%s %s %v", token.User, strings.Join(token.Scopes, " "), token.Has("notes:write"))
		})
		return sandbox.Product{API: mux, Acts: server.Acts(), State: func(string) (any, error) { return server.State(), nil }}
	})
	there := httptest.NewServer(s)
	t.Cleanup(func() { there.Close(); s.Close() })
	return product{t, s, there.URL}
}

func lever() Options {
	return Options{
		Authorize: "/authorize", Audience: "https://api.acme.example/v1/", Offline: "offline_access", PKCE: true, MostScope: 3,
		Users: func() []User { return []User{{"u1", "Ada"}, {"u2", "Bo"}} },
	}
}

// send makes a request; redirects are not followed.
func (p product) send(method, path, kind, body, auth string) (status int, text string, header http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(all), resp.Header
}

// consent is what a consent page is opened with, but for the changes.
func consent(changes url.Values) string {
	q := url.Values{
		"client_id": {DefaultClientID}, "redirect_uri": {back}, "response_type": {"code"}, "state": {"s t&te"},
		"scope": {"offline_access notes:write"}, "audience": {"https://api.acme.example/v1/"},
	}
	maps.Copy(q, changes)
	return "/authorize?" + q.Encode()
}

func (p product) act(verb string, args any) (map[string]any, int) {
	p.t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		p.t.Fatal(err)
	}
	status, text, _ := p.send("POST", "/_sandbox/acts/"+verb, "application/json", string(body), "")
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return out, status
}

// allow consents by the act and gives the code.
func (p product) allow(changes url.Values) string {
	p.t.Helper()
	out, status := p.act("oauth_consent", map[string]any{"url": p.url + consent(changes), "user": "u2"})
	to, err := url.Parse(fmt.Sprint(out["location"]))
	if err != nil || status != 200 || to.Query().Get("code") == "" || to.Query().Get("state") != "s t&te" {
		p.t.Fatalf("%d %v %v", status, out, err)
	}
	return to.Query().Get("code")
}

type pair struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`
	ExpiresIn int    `json:"expires_in"`
	ExpiresAt string `json:"expires_at"`
	Error     string `json:"error"`
	Text      string `json:"error_description"`
	status    int
}

func (p product) token(q url.Values) pair {
	p.t.Helper()
	all := url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}, "redirect_uri": {back}}
	maps.Copy(all, q)
	status, text, _ := p.send("POST", "/oauth/token", "application/x-www-form-urlencoded", all.Encode(), "")
	out := pair{status: status}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.t.Fatalf("%d %s: %v", status, text, err)
	}
	return out
}

func change(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}}
}

func renew(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

func (p product) whoami(token string) string {
	p.t.Helper()
	status, text, _ := p.send("GET", "/whoami", "", "", "Bearer "+token)
	if status != 200 {
		return fmt.Sprint(status)
	}
	return text
}

// A person opens the page, reads the scopes, and clicks; the app gets tokens, which live and die as they should.
func TestAPersonConsents(t *testing.T) {
	p := newProduct(t, lever())
	status, page, header := p.send("GET", consent(nil), "", "", "")
	if status != 200 || !strings.Contains(page, "notes:write") || !strings.Contains(page, "Ada") || header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", status, page)
	}
	id := regexp.MustCompile(`name="request" value="([0-9a-f]+)"`).FindStringSubmatch(page)[1]
	click := url.Values{"request": {id}, "user": {"u1"}, "decision": {"allow"}}.Encode()
	status, _, header = p.send("POST", "/authorize", "application/x-www-form-urlencoded", click, "")
	to, err := url.Parse(header.Get("Location"))
	if err != nil || status != 302 || !strings.HasPrefix(to.String(), back+"?") || to.Query().Get("state") != "s t&te" {
		t.Fatalf("%d %v %v", status, to, err)
	}
	if status, text, _ := p.send("POST", "/authorize", "application/x-www-form-urlencoded", click, ""); status != 400 {
		t.Errorf("a second click: %d %s", status, text)
	}
	first := p.token(change(to.Query().Get("code")))
	if first.status != 200 || first.Type != "Bearer" || first.ExpiresIn != 3600 || first.Scope != "offline_access notes:write" {
		t.Fatalf("%+v", first)
	}
	if got := p.whoami(first.Access); got != "u1 offline_access notes:write true" {
		t.Errorf("the first token: %s", got)
	}
	second := p.token(renew(first.Refresh))
	if second.status != 200 || second.Refresh == first.Refresh || p.whoami(first.Access) != "401" || p.whoami(second.Access) == "401" {
		t.Errorf("after a refresh: %+v, the old one %s", second, p.whoami(first.Access))
	}
	if again := p.token(renew(first.Refresh)); again.status != 403 || again.Error != "invalid_grant" {
		t.Errorf("the old refresh token: %+v", again)
	}
	p.server.World().Clock.Advance(time.Hour)
	if got := p.whoami(second.Access); got != "401" {
		t.Errorf("an hour later: %s", got)
	}
	third := p.token(renew(second.Refresh))
	if out, _ := p.act("oauth_revoke", map[string]string{"user": "u1"}); out["revoked"] != 1.0 {
		t.Errorf("revoked: %v", out)
	}
	if after := p.token(renew(third.Refresh)); p.whoami(third.Access) != "401" || after.Error != "invalid_grant" {
		t.Errorf("after it was revoked: %s, %+v", p.whoami(third.Access), after)
	}
	fourth := p.token(change(p.allow(nil)))
	p.server.World().Clock.Advance(24 * time.Hour)
	if late := p.token(renew(fourth.Refresh)); late.Error != "invalid_grant" {
		t.Errorf("a refresh token of yesterday: %+v", late)
	}
}

func TestWhatTheConsentPageRefuses(t *testing.T) {
	p := newProduct(t, lever())
	if _, status := p.act("oauth_app", map[string]any{"redirects": []string{back}}); status != 200 {
		t.Fatal(status)
	}
	for _, tt := range []struct {
		name    string
		changes url.Values
		status  int
		error   string // in the redirect; empty: there is none
	}{
		{"another app", url.Values{"client_id": {"other"}}, 400, ""},
		{"another redirect", url.Values{"redirect_uri": {back + "/"}}, 403, ""},
		{"a redirect that is no URL", url.Values{"redirect_uri": {"javascript:alert(1)"}}, 403, ""},
		{"no state", url.Values{"state": nil}, 400, ""},
		{"another response", url.Values{"response_type": {"token"}}, 302, "unsupported_response_type"},
		{"a scope that is not the app's", url.Values{"scope": {"offline_access offers:read"}}, 302, "invalid_scope"},
		{"too many scopes", url.Values{"scope": {"offline_access notes:write stages:read tags:read"}}, 302, "invalid_scope"},
		{"a plain challenge", url.Values{"code_challenge": {"x"}, "code_challenge_method": {"plain"}}, 302, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text, header := p.send("GET", consent(tt.changes), "", "", "")
			to, err := url.Parse(header.Get("Location"))
			if err != nil || status != tt.status || to.Query().Get("error") != tt.error {
				t.Errorf("%d %s %v %v", status, text, to, err)
			}
			if tt.error != "" && to.Query().Get("state") != "s t&te" {
				t.Errorf("the state is lost: %v", to)
			}
		})
	}
	t.Run("denied", func(t *testing.T) {
		out, _ := p.act("oauth_consent", map[string]any{"url": p.url + consent(nil), "deny": true})
		to, err := url.Parse(fmt.Sprint(out["location"]))
		if err != nil || to.Query().Get("error") != "access_denied" || to.Query().Get("state") != "s t&te" || to.Query().Has("code") {
			t.Errorf("%v %v", out, err)
		}
	})
	t.Run("by somebody unknown", func(t *testing.T) {
		if out, status := p.act("oauth_consent", map[string]any{"url": p.url + consent(nil), "user": "u9"}); status != 404 {
			t.Errorf("%d %v", status, out)
		}
	})
}

// Lever's trap (lever.md, 1.2): without the audience, to the letter, everything seems to work, and nothing was granted.
func TestTheAudienceIsTakenToTheLetter(t *testing.T) {
	p := newProduct(t, lever())
	for _, audience := range []string{"", "https://api.acme.example/v1", "https://api.acme.example/v1//"} {
		got := p.token(change(p.allow(url.Values{"audience": {audience}})))
		if got.status != 200 || got.Scope != "offline_access" || got.Refresh == "" || p.whoami(got.Access) != "u2 offline_access false" {
			t.Errorf("audience %q: %+v", audience, got)
		}
	}
	if got := p.token(change(p.allow(url.Values{"scope": {"notes:write"}}))); got.Refresh != "" || got.Scope != "notes:write" {
		t.Errorf("without offline_access: %+v", got)
	}
}

func TestWhatTheTokenEndpointRefuses(t *testing.T) {
	p := newProduct(t, lever())
	verifier := strings.Repeat("v", 43)
	challenged := url.Values{"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}}
	for _, tt := range []struct {
		name   string
		code   url.Values
		sent   func(code string) url.Values
		status int
		error  string
	}{
		{"a wrong secret", nil, func(c string) url.Values {
			return url.Values{"grant_type": {"authorization_code"}, "code": {c}, "client_secret": {"guess"}}
		}, 401, "invalid_client"},
		{"an unknown code", nil, func(string) url.Values { return change("guess") }, 403, "invalid_grant"},
		{"another redirect", nil, func(c string) url.Values {
			return url.Values{"grant_type": {"authorization_code"}, "code": {c}, "redirect_uri": {back + "?x=1"}}
		}, 403, "invalid_grant"},
		{"no verifier", challenged, change, 403, "invalid_grant"},
		{"a wrong verifier", challenged, func(c string) url.Values {
			return url.Values{"grant_type": {"authorization_code"}, "code": {c}, "code_verifier": {verifier[1:]}}
		}, 403, "invalid_grant"},
		{"no grant", nil, func(string) url.Values { return nil }, 400, "invalid_request"},
		{"a grant that this product has not", nil, func(string) url.Values {
			return url.Values{"grant_type": {"client_credentials"}}
		}, 403, "unauthorized_client"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.token(tt.sent(p.allow(tt.code))); got.status != tt.status || got.Error != tt.error || got.Text == "" {
				t.Errorf("%+v", got)
			}
		})
	}
	code := p.allow(challenged)
	sent := change(code)
	sent.Set("code_verifier", verifier)
	if got := p.token(sent); got.status != 200 {
		t.Errorf("with the verifier: %+v", got)
	}
	if got := p.token(sent); got.Error != "invalid_grant" {
		t.Errorf("a code used twice: %+v", got)
	}
	late := p.allow(nil)
	p.server.World().Clock.Advance(time.Minute)
	if got := p.token(change(late)); got.Error != "invalid_grant" {
		t.Errorf("a code after a minute: %+v", got)
	}
	if status, text, _ := p.send("POST", "/oauth/token", "text/plain", "x", ""); status != 400 || !strings.Contains(text, "invalid_request") {
		t.Errorf("a body of another kind: %d %s", status, text)
	}
	body, _ := json.Marshal(map[string]string{
		"grant_type": "authorization_code", "code": p.allow(nil), "redirect_uri": back,
		"client_id": DefaultClientID, "client_secret": DefaultClientSecret,
	})
	if status, text, _ := p.send("POST", "/oauth/token", "application/json", string(body), ""); status != 200 {
		t.Errorf("JSON, as Lever's example app sends it: %d %s", status, text)
	}
}

// Greenhouse's way (greenhouse.md, 3.1): the client's own credentials, in a Basic header; a new token kills the one before it.
func TestClientCredentials(t *testing.T) {
	o := Options{
		Machines: true, OneToken: true, Basic: true, InQuery: true, Moment: true,
		Users: func() []User { return []User{{"7", "Bot"}} },
		Word:  func(r Refusal) (int, any) { return r.Status, map[string]string{"error": r.Code} },
	}
	p := newProduct(t, o)
	const basic = "Basic c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ=" // sandbox-client:sandbox-secret
	ask := func(query, body, auth string) (int, pair) {
		status, text, _ := p.send("POST", "/oauth/token"+query, "application/x-www-form-urlencoded", body, auth)
		var got pair
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		return status, got
	}
	status, first := ask("", "grant_type=client_credentials&sub=7", basic)
	until, err := time.Parse(time.RFC3339, first.ExpiresAt)
	if status != 200 || err != nil || first.ExpiresIn != 0 || first.Refresh != "" || until.Before(time.Now()) {
		t.Fatalf("%d %+v %v", status, first, err)
	}
	if got := p.whoami(first.Access); got != "7 notes:write stages:read tags:read true" {
		t.Errorf("%s", got)
	}
	status, second := ask("?grant_type=client_credentials", "", basic)
	if status != 200 || p.whoami(first.Access) != "401" || !strings.HasPrefix(p.whoami(second.Access), " notes:write") {
		t.Errorf("%d %+v; the first token %s", status, second, p.whoami(first.Access))
	}
	if status, got := ask("", "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret", ""); status != 401 ||
		got.Error != "invalid_client" || got.Text != "" {
		t.Errorf("credentials in the body: %d %+v", status, got)
	}
	if status, _ := ask("", "grant_type=client_credentials&sub=8", basic); status != 400 {
		t.Errorf("an unknown user: %d", status)
	}
	if status, _, _ := p.send("GET", consent(nil), "", "", ""); status != 404 {
		t.Errorf("a consent page that is not there: %d", status)
	}
	if _, status := p.act("oauth_app", map[string]any{"scopes": []string{}}); status != 200 {
		t.Fatal(status)
	}
	if _, third := ask("", "grant_type=client_credentials", basic); p.whoami(third.Access) != "  false" {
		t.Errorf("a client without scopes: %q", p.whoami(third.Access))
	}
}

// The page shows what an app calls itself, and never lets it write the page.
func TestThePageEscapes(t *testing.T) {
	p := newProduct(t, lever())
	p.act("oauth_app", map[string]any{"client_id": "<b>x"})
	_, page, _ := p.send("GET", consent(url.Values{"client_id": {"<b>x"}}), "", "", "")
	if strings.Contains(page, "<b>x") || !strings.Contains(page, "&lt;b&gt;x") {
		t.Error(page)
	}
	if _, text, _ := p.send("GET", "/_sandbox/state", "", "", ""); !json.Valid(bytes.TrimSpace([]byte(text))) {
		t.Error(text)
	}
	if got := slices.Sorted(maps.Keys(New(p.server.World(), Options{}).Acts())); len(got) != 3 {
		t.Error(got)
	}
}
