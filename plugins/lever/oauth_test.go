package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// scopes are what the host asks for on behalf of rules that need these verbs and events.
func scopes(n sdk.Needs) (names []string) {
	for _, s := range about.OAuth.Scopes {
		always := len(s.Verbs)+len(s.Events) == 0
		verb := slices.ContainsFunc(s.Verbs, func(v sdk.Verb) bool { return slices.Contains(n.Verbs, v) })
		event := slices.ContainsFunc(s.Events, func(k sdk.Kind) bool { return slices.Contains(n.Events, k) })
		if always || verb || event {
			names = append(names, s.Name)
		}
	}
	return names
}

// bearing adds a token, as the host's egress does.
type bearing struct{ token string }

func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}

// authorize has a super admin allow these scopes and gives the access token, as the host gets it.
func (l imitated) authorize(scopes []string) string {
	l.t.Helper()
	const back = "https://patchbay.example/callback"
	q := url.Values{
		"client_id": {oauth.DefaultClientID}, "redirect_uri": {back}, "response_type": {"code"}, "state": {"s"},
		"scope": {strings.Join(scopes, " ")}, "audience": {about.OAuth.Audience},
	}
	args, err := json.Marshal(map[string]string{"url": l.url + "/authorize?" + q.Encode()})
	if err != nil {
		l.t.Fatal(err)
	}
	var answer struct{ Location string }
	l.call("POST", "/_sandbox/acts/oauth_consent", string(args), &answer)
	to, err := url.Parse(answer.Location)
	if err != nil {
		l.t.Fatal(err)
	}
	var given struct {
		Access string `json:"access_token"`
	}
	body := fmt.Sprintf(`{"grant_type":"authorization_code","client_id":%q,"client_secret":%q,"code":%q,"redirect_uri":%q}`,
		oauth.DefaultClientID, oauth.DefaultClientSecret, to.Query().Get("code"), back)
	l.call("POST", "/oauth/token", body, &given)
	return given.Access
}

// TestSandboxScopesAreEnoughForEachPairing has Lever grant what About asks for, and does all that the pairing does.
func TestSandboxScopesAreEnoughForEachPairing(t *testing.T) {
	everywhere := []sdk.Kind{sdk.KindApplied, sdk.KindMoved}
	for name, needs := range map[string]sdk.Needs{
		"alooba": {
			Verbs: []sdk.Verb{sdk.VerbTags, sdk.VerbLink, sdk.VerbFeedback}, Events: everywhere, Templates: []string{"Alooba Assessment"},
		},
		"apriora":    {Verbs: []sdk.Verb{sdk.VerbTags, sdk.VerbNote, sdk.VerbFile}, Events: everywhere},
		"hired":      {Verbs: []sdk.Verb{sdk.VerbTags, sdk.VerbNote, sdk.VerbLink}, Events: []sdk.Kind{sdk.KindMoved}},
		"everything": {Verbs: []sdk.Verb{sdk.VerbTags, sdk.VerbNote, sdk.VerbLink, sdk.VerbMove, sdk.VerbFeedback, sdk.VerbFile}, Events: hooked},
		"reading":    {},
	} {
		t.Run(name, func(t *testing.T) {
			lever := imitate(t)
			asked := scopes(needs)
			if len(asked) > 20 {
				t.Errorf("%d scopes; Lever allows 20", len(asked))
			}
			c := lever.openWith(config{PerformAs: lever.user(), ClientID: oauth.DefaultClientID, RegisterHooks: true},
				bearing{lever.authorize(asked)})
			needs.HookURL = "https://patchbay.example/hooks/lever/5ec2e7"
			prepared, err := c.Prepare(t.Context(), needs)
			for _, p := range prepared.Problems {
				if !strings.Contains(p.Summary, "hired_reasons") {
					t.Errorf("problem: %s", p.Summary)
				}
			}
			if err != nil || len(prepared.Hooks) != len(neededHooks(needs)) {
				t.Errorf("%d webhooks, %v", len(prepared.Hooks), err)
			}
			id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
			if _, err := c.Application(t.Context(), id); err != nil {
				t.Error(err)
			}
			about := given
			about.Application = id
			if len(needs.Templates) == 0 {
				const fields = `{"type":"score-system","text":"Rating"},{"type":"textarea","text":"Result"}`
				lever.act("template", `{"text":%q,"fields":[`+fields+`]}`, about.Template)
			}
			for verb, write := range map[sdk.Verb]func() error{
				sdk.VerbTags: func() error { return c.Tag(t.Context(), key, sdk.Tags{Application: id, Add: []string{"x"}}) },
				sdk.VerbLink: func() error { return c.Link(t.Context(), key, sdk.Link{Application: id, URL: "https://x.example"}) },
				sdk.VerbMove: func() error { return c.Move(t.Context(), key, sdk.Move{Application: id, Stage: "offer"}) },
				sdk.VerbNote: func() error {
					_, err := c.Note(t.Context(), key, sdk.Note{Application: id, Text: "x"})
					return err
				},
				sdk.VerbFeedback: func() error { _, err := c.Feedback(t.Context(), key, about); return err },
				sdk.VerbFile: func() error {
					f := sdk.File{Application: id, Name: "report.pdf", Type: "application/pdf", Size: 4}
					_, err := c.File(t.Context(), key, f, strings.NewReader("%PDF"))
					return err
				},
			} {
				err := write()
				if used := strings.Contains(fmt.Sprint(needs.Verbs), string(verb)); used && err != nil {
					t.Errorf("%s: %v", verb, err)
				}
			}
		})
	}
}

func TestSandboxRevokedConsentDisconnects(t *testing.T) {
	lever := imitate(t)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
	secret := lever.act("apply", `{"posting":"Data Analyst","name":"Ada","email":"a@example.com","confidential":true}`)["opportunity"]
	c := lever.openWith(config{ClientID: oauth.DefaultClientID}, bearing{lever.authorize(scopes(sdk.Needs{}))})
	if _, err := c.Application(t.Context(), secret); !strings.Contains(fmt.Sprint(err), "the OAuth app") {
		t.Errorf("confidential: %v", err)
	}
	lever.call("POST", "/_sandbox/acts/oauth_revoke", "", nil)
	if _, err := c.Application(t.Context(), id); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("revoked: %v", err)
	}
	token := lever.authorize([]string{"opportunities:read:admin", "stages:read:admin"})
	narrow := lever.openWith(config{ClientID: oauth.DefaultClientID}, bearing{token})
	p, err := narrow.Prepare(t.Context(), sdk.Needs{})
	if err != nil || len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Fix, "postings:read:admin") {
		t.Errorf("without a scope: %+v, %v", p, err)
	}
}
