package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// tokens are what the token endpoint gives.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
	Seconds int    `json:"expires_in"`
	Error   string `json:"error"`
}

// consent has Ada allow an app these scopes and gives the code.
func (l *lever) consent(audience, scopes string) string {
	l.Helper()
	q := url.Values{
		"client_id": {oauth.DefaultClientID}, "redirect_uri": {"https://patchbay.example/callback"}, "response_type": {"code"}, "state": {"s"},
		"scope": {scopes}, "audience": {audience},
	}
	args, err := json.Marshal(map[string]string{"url": l.url + "/authorize?" + q.Encode(), "user": l.ids["ada"]})
	if err != nil {
		l.Fatal(err)
	}
	var answer struct{ Location string }
	l.control("POST", "acts/oauth_consent", string(args), &answer)
	back, err := url.Parse(answer.Location)
	if err != nil || back.Query().Get("code") == "" || back.Query().Get("state") != "s" {
		l.Fatalf("sent back to %s, %v", answer.Location, err)
	}
	return back.Query().Get("code")
}

func (l *lever) token(params ...string) (t tokens) {
	l.Helper()
	q := url.Values{"client_id": {oauth.DefaultClientID}, "client_secret": {oauth.DefaultClientSecret}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	resp, err := http.PostForm(l.url+"/oauth/token", q)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&t); err != nil {
		l.Fatal(err)
	}
	return t
}

// connect is consent and the change of its code.
func (l *lever) connect(audience, scopes string) tokens {
	l.Helper()
	code := l.consent(audience, scopes)
	return l.token("grant_type", "authorization_code", "code", code, "redirect_uri", "https://patchbay.example/callback")
}

// bearing calls the API with a token and gives the status.
func (l *lever) bearing(token, method, path, body string) int {
	l.Helper()
	req, err := http.NewRequest(method, l.url+l.fill(path), strings.NewReader(l.fill(body)))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		l.Fatal(err)
	}
	return resp.StatusCode
}

const audience = "https://api.lever.co/v1/"

func TestATokenOpensWhatItsScopesSay(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	l.act("apply", `{"posting":"Data Analyst","name":"Secret","email":"s@x.example","confidential":true}`, "secret_")
	token := l.connect(audience, "offline_access opportunities:write:admin notes:read:admin webhooks:write:admin").Access
	sees := l.connect(audience, "opportunities:read:admin confidential:access:admin").Access
	for _, c := range []struct {
		token, call, body string
		want              int
	}{
		{token, "GET /v1/opportunities/{opportunity}", "", 200},
		{token, "PUT /v1/opportunities/{opportunity}/stage", `{"stage":"offer"}`, 200},
		{token, "GET /v1/opportunities/{opportunity}/notes", "", 200},
		{token, "POST /v1/opportunities/{opportunity}/notes", `{"value":"x"}`, 403},
		{token, "GET /v1/stages", "", 403},
		{token, "GET /v1/opportunities/{secret_opportunity}", "", 403},
		{token, "POST /v1/webhooks", `{"url":"https://a.example","event":"candidateHired"}`, 201},
		{sees, "GET /v1/opportunities/{secret_opportunity}", "", 200},
		{sees, "PUT /v1/opportunities/{opportunity}/stage", `{"stage":"offer"}`, 403},
		{"made up", "GET /v1/stages", "", 401},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		if got := l.bearing(c.token, method, path, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", c.call, got, c.want)
		}
	}
	if _, body, _ := l.call("GET", "/v1/webhooks", ""); l.lacks(body, `{"data":[]}`) != "" {
		t.Errorf("an API key sees the app's webhooks: %s", body)
	}
}

func TestTheAudienceTrap(t *testing.T) {
	l := start(t, sandbox.Options{})
	for _, wrong := range []string{"", "https://api.lever.co/v1", "https://api.sandbox.lever.co/v1/"} {
		got := l.connect(wrong, "offline_access stages:read:admin")
		if got.Scope != "offline_access" || got.Refresh == "" || l.bearing(got.Access, "GET", "/v1/stages", "") != 403 {
			t.Errorf("audience %q was granted %q", wrong, got.Scope)
		}
	}
}

func TestTokensRotateAndEnd(t *testing.T) {
	l := start(t, sandbox.Options{})
	first := l.connect(audience, "offline_access stages:read:admin")
	if first.Seconds != 3600 || first.Refresh == "" {
		t.Fatalf("given %+v", first)
	}
	l.advance("61m")
	if got := l.bearing(first.Access, "GET", "/v1/stages", ""); got != 401 {
		t.Errorf("after an hour the token is answered %d", got)
	}
	second := l.token("grant_type", "refresh_token", "refresh_token", first.Refresh)
	if got := l.bearing(second.Access, "GET", "/v1/stages", ""); got != 200 || second.Refresh == first.Refresh {
		t.Errorf("renewed: %d", got)
	}
	if again := l.token("grant_type", "refresh_token", "refresh_token", first.Refresh); again.Error != "invalid_grant" {
		t.Errorf("a refresh token was good twice: %+v", again)
	}
	third := l.connect(audience, "offline_access stages:read:admin")
	l.control("POST", "acts/oauth_app", `{"client_secret":"changed"}`, nil)
	if got := l.token("grant_type", "refresh_token", "refresh_token", third.Refresh); got.Error == "" {
		t.Errorf("the old secret is still good")
	}
	l.control("POST", "acts/oauth_revoke", `{}`, nil)
	for name, token := range map[string]string{"second": second.Access, "third": third.Access} {
		if got := l.bearing(token, "GET", "/v1/stages", ""); got != 401 {
			t.Errorf("after the revocation the %s token is answered %d", name, got)
		}
	}
	var state struct{ Grants []struct{ Revoked bool } }
	l.control("GET", "state/oauth", "", &state)
	if len(state.Grants) != 2 || !state.Grants[0].Revoked || !state.Grants[1].Revoked {
		t.Errorf("the state shows %+v", state)
	}
}
