package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// Two keys are live, as while one replaces the other.
const (
	oldKey = "pbk_old_9f86d081884c7d65"
	newKey = "pbk_new_60303ae22b998861"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// read is a sample of testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func connect(t testing.TB, c config, conn sdk.Conn) sdk.ATS {
	t.Helper()
	if c.BaseURL == "" {
		c.BaseURL = about.BaseURL
	}
	if conn.Log == nil {
		conn.Log = slog.New(slog.DiscardHandler)
	}
	ats, err := open(c, conn)
	if err != nil {
		t.Fatal(err)
	}
	return ats
}

// atNoon is a partner whose clock stands.
func atNoon(t testing.TB, c config) *partner {
	p := connect(t, c, sdk.Conn{}).(*partner)
	p.now = func() time.Time { return noon }
	return p
}

func basic(key, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"+password))
}

// calling is a partner call with a live key.
func calling(method, name, body string) sdk.Request {
	return sdk.Request{
		Method: method, Path: "/partner/" + name, Header: http.Header{"Authorization": {basic(newKey, "")}}, Body: []byte(body),
		Secrets: []string{oldKey, newKey},
	}
}

// sign is the Signature header of a body.
func sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return "sha256 " + hex.EncodeToString(mac.Sum(nil))
}

// telling is a signed webhook.
func telling(body []byte) sdk.Request {
	return sdk.Request{
		Method: http.MethodPost, Path: "/",
		Header: http.Header{"Signature": {sign(newKey, body)}, "Greenhouse-Event-Id": {"e-1"}, "Content-Type": {"application/json"}},
		Body:   body, Secrets: []string{oldKey, newKey},
	}
}

// script is what a pretended Greenhouse answers: "METHOD uri" to "status body". Several answers to one request are parted by a line break
// and given one after the other, the last one again and again. A body "> uri …" comes with a Link to that uri.
type script map[string]string

// but is s with another answer.
func (s script) but(uri, says string) script {
	s = maps.Clone(s)
	s[uri] = says
	return s
}

// recorder keeps the requests that came, each as "METHOD uri body".
type recorder struct {
	url  string
	mu   sync.Mutex
	came []string
	auth []string
}

// wants checks which requests came since the last look.
func (r *recorder) wants(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.came, want) {
		t.Errorf("requests:\n  %s\nwant:\n  %s", strings.Join(r.came, "\n  "), strings.Join(want, "\n  "))
	}
	r.came = nil
}

// pretend opens a connection to a Greenhouse that follows s. Lists that s does not name are empty.
func pretend(t *testing.T, c config, s script) (sdk.ATS, *recorder) {
	t.Helper()
	r, asked := &recorder{}, map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		what := req.Method + " " + strings.TrimPrefix(req.RequestURI, "/v3")
		r.mu.Lock()
		r.came = append(r.came, strings.TrimSpace(what+" "+string(body)))
		r.auth = append(r.auth, req.Header.Get("Authorization"))
		answers := strings.Split(s[what], "\n")
		status, text, _ := strings.Cut(answers[min(asked[what], len(answers)-1)], " ")
		asked[what]++
		r.mu.Unlock()
		if link, rest, ok := strings.Cut(strings.TrimPrefix(text, "> "), " "); ok && strings.HasPrefix(text, "> ") {
			w.Header().Set("Link", `<https://harvest.greenhouse.io/v3`+link+`>; rel="next"`)
			text = rest
		}
		codes := map[string]int{"200": 200, "201": 201, "204": 204, "302": 302, "401": 401, "403": 403, "404": 404, "410": 410, "422": 422,
			"429": 429, "500": 500}
		switch {
		case status == "" && req.Method == http.MethodGet:
			io.WriteString(w, "[]")
			return
		case status == "429":
			w.Header().Set("Retry-After", "17")
		case status == "302":
			w.Header().Set("Location", "https://app.greenhouse.io/users/sign_in")
		}
		if codes[status] == 0 {
			status = "404"
		}
		w.WriteHeader(codes[status])
		io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	c.BaseURL = server.URL + "/v3"
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return connect(t, c, sdk.Conn{Name: "ats.greenhouse", HTTP: client}), r
}

// reason is the reason of a refusal, and its detail; empty if err is none.
func reason(err error) (string, string) {
	if r, ok := errors.AsType[*sdk.Refusal](err); ok {
		return r.Reason, r.Detail
	}
	return "", ""
}

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]bool{"partner_keys": true, "webhook_secrets": true, "client_secret": true}
	for _, s := range settings {
		if s.Doc == "" || s.Secret != secrets[s.Name] {
			t.Errorf("setting %s: doc %q, secret %v", s.Name, s.Doc, s.Secret)
		}
	}
	for setting, c := range map[string]config{
		"base_url":         {BaseURL: "harvest"},
		"on_behalf_of":     {BaseURL: about.BaseURL, OnBehalfOf: "ada@example.org"},
		"integration_user": {BaseURL: about.BaseURL, IntegrationUser: "4711"},
	} {
		_, err := open(c, sdk.Conn{})
		if refused, ok := errors.AsType[*sdk.SettingError](err); !ok || refused.Setting != setting {
			t.Errorf("%+v: %v, want %s refused", c, err, setting)
		}
	}
}

func TestWhatNeedsHarvestRestsWithoutIt(t *testing.T) {
	for name, c := range map[string]struct {
		config config
		want   []sdk.Verb
	}{
		"without": {config{}, []sdk.Verb{sdk.VerbPrepare, sdk.VerbReport}},
		"with":    {config{ClientID: "abc-1"}, []sdk.Verb{sdk.VerbFields, sdk.VerbPrepare, sdk.VerbReport, sdk.VerbSearch, sdk.VerbStages}},
	} {
		promises, err := wire.Promises(connect(t, c.config, sdk.Conn{}))
		if err != nil {
			t.Fatal(err)
		}
		var verbs []sdk.Verb
		for v := range promises {
			verbs = append(verbs, v)
		}
		slices.Sort(verbs)
		if !slices.Equal(verbs, c.want) {
			t.Errorf("%s Harvest: %v, want %v", name, verbs, c.want)
		}
	}
	why, detail := reason(func() error { _, err := atNoon(t, config{}).Application(t.Context(), "1"); return err }())
	if why != "not_visible" || !strings.Contains(detail, "client_id") {
		t.Errorf("to read without Harvest is refused as %s: %s", why, detail)
	}
}

// TestPromisesOfTheSDK runs what every plugin owes, with every sample that yields an event.
func TestPromisesOfTheSDK(t *testing.T) {
	var webhooks []sdktest.Webhook
	for _, name := range []string{
		"new_candidate_application", "candidate_stage_change", "hire_candidate", "reject_candidate", "unreject_candidate", "delete_application",
		"candidate_anonymized",
	} {
		r := telling(read(t, name+".json"))
		r.Header.Set("X-Organisation", "Ministry of Magic")
		r.Header.Del("Greenhouse-Event-Id") // no part of what is signed
		webhooks = append(webhooks, sdktest.Webhook{Name: name, Request: r})
	}
	call := calling(http.MethodPost, "send_test", string(read(t, "assessment_send_test_request.json")))
	webhooks = append(webhooks, sdktest.Webhook{Name: "send_test", Request: call, Hint: true})
	for _, client := range []string{"", "abc-1"} {
		err := sdktest.Check(sdktest.Plugin{
			About: about,
			Open: func(conn sdk.Conn) (any, error) {
				ats, err := open(config{
					Organisation: "Ministry of Magic", ClientID: client, IntegrationUser: "p@example.org", BaseURL: about.BaseURL,
				}, conn)
				p, bare := ats.(*partner)
				if !bare {
					p = ats.(*harvest).partner
				}
				p.now = func() time.Time { return noon }
				return ats, err
			},
			Webhooks: webhooks,
		})
		if err != nil {
			t.Errorf("client_id %q: %v", client, err)
		}
	}
}
