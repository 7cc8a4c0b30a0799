package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
)

const other = "whsec_b3RoZXItc2VjcmV0LW9mLXRoZS1zYW5kYm94LTAwMDI="

// vector is the signature vector of the reference sheet, section 0.4.
func vector() sdk.Request {
	return sdk.Request{
		Method: "POST", Path: "/", Secrets: []string{secret},
		Header: http.Header{
			"Webhook-Id": {"msg_test_0001"}, "Webhook-Timestamp": {"1740819600"},
			"Webhook-Signature": {"v1,Wp7CrBRdVAiKNqEw/vtEM+PukSyuhcwgWU2xCY71Rq4="},
		},
		Body: []byte(`{"type":"participant.started","timestamp":"2025-03-01T09:00:00Z","data":{"participant_id":"par_1"}}`),
	}
}

// signedAt is a webhook with this body, signed by the secret at some moment.
func signedAt(t *testing.T, body, by string, at time.Time) sdk.Request {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(by)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign("msg_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return sdk.Request{
		Method: "POST", Path: "/", Body: []byte(body), Secrets: []string{secret},
		Header: http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature}},
	}
}

func receive(t *testing.T, r sdk.Request) ([]sdk.Event, error) {
	t.Helper()
	got, err := new(apriora).Receive(t.Context(), r)
	return got.Events, err
}

// completedBody is the webhook of the sheet's section 3.B.
const completedBody = `{"event":"session.completed","data":{"candidateId":"cnd_1","candidateEmail":"cy@example.test","reportId":"rep_1",` +
	`"positionId":"pos_1","time":1740909600,"overallScore":82,"overallFeedback":"Solid on delivery.",` +
	`"skills":[{"name":"Communication","score":85,"feedback":"clear"}],"tags":[],"questionSummary":[],"timeCompleted":1740909000,` +
	`"videoUrl":null,"pdfUrl":"https://sandbox.test/alex/rep_1.pdf","reportUrl":"https://sandbox.test/alex/reports/rep_1"}}`

// documented is the data that all four documented webhooks have.
const documented = `"candidateId":"cnd_1","candidateEmail":"cy@example.test","reportId":"rep_1","positionId":"pos_1","time":1740909600`

func TestTheSheetsWebhook(t *testing.T) {
	got, err := receive(t, signedAt(t, completedBody, secret, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	score := func(f float64) *float64 { return &f }
	want := []sdk.Event{{
		ID: "msg_1", Kind: sdk.KindScored, At: time.Date(2025, 3, 2, 10, 0, 0, 0, time.UTC), Invitation: "pos_1/cnd_1",
		Result: &sdk.Result{
			Revision: "rep_1", Final: true, Score: score(82), URL: "https://sandbox.test/alex/reports/rep_1", Summary: "Solid on delivery.",
			Skills: []sdk.Score{{Name: "Communication", Score: score(85)}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPromises is what every plugin owes: among it, that no webhook is believed with a byte changed.
func TestPromises(t *testing.T) {
	plugin := sdktest.Plugin{About: about, Open: func(c sdk.Conn) (any, error) { return open(config{}, c) }}
	for _, body := range []string{
		completedBody,
		`{"event":"session.started","data":{` + documented + `}}`,
		`{"event":"session.ended","data":{` + documented + `}}`,
		`{"event":"session.incomplete","data":{` + documented + `,"reason":"abandoned"}}`,
		`{"event":"invite.sent","data":{"candidateId":"cnd_1","positionId":"pos_1","inviteId":"ivt_1","time":1740909600}}`,
		`{"event":"invite.bounced","data":{"candidateId":"cnd_1","positionId":"pos_1","time":1740909600,"bounceType":"hard","reason":"no box"}}`,
		`{"event":"invite.failed","data":{"candidateId":"cnd_1","positionId":"pos_1","time":1740909600,"reason":"invalid_email","attempt":2}}`,
	} {
		name, _, _ := strings.Cut(strings.TrimPrefix(body, `{"event":"`), `"`)
		plugin.Webhooks = append(plugin.Webhooks, sdktest.Webhook{
			Name: name, Request: signedAt(t, body, secret, time.Unix(1740909601, 0)),
		})
	}
	if err := sdktest.Check(plugin); err != nil {
		t.Error(err)
	}
}

func TestASignatureCoversEveryByte(t *testing.T) {
	if events, err := receive(t, vector()); err != nil || len(events) > 0 {
		t.Fatalf("the vector itself: %v %v", events, err)
	}
	changed := func(s string, yield func(string)) {
		for i := range len(s) {
			b := []byte(s)
			b[i] ^= 1
			yield(string(b))
		}
	}
	check := func(what string, r sdk.Request) {
		if _, err := receive(t, r); !errors.Is(err, sdk.ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		changed(vector().Header.Get(name), func(s string) {
			r := vector()
			r.Header.Set(name, s)
			check(name+" "+s, r)
		})
	}
	changed(string(vector().Body), func(s string) {
		r := vector()
		r.Body = []byte(s)
		check(s, r)
	})
	changed(secret, func(s string) {
		r := vector()
		r.Secrets = []string{s}
		check("secret "+s, r)
	})
}

func TestWhichSecretsCount(t *testing.T) {
	for _, c := range []struct {
		name  string
		live  []string
		works bool
	}{
		{"the one", []string{secret}, true},
		{"the old and the new", []string{other, secret}, true},
		{"the new alone", []string{other}, false},
		{"none", nil, false},
		{"an empty one", []string{""}, false},
		{"an empty one with its prefix", []string{"whsec_"}, false},
		{"without its prefix", []string{strings.TrimPrefix(secret, "whsec_")}, false},
		{"unreadable beside the right one", []string{"whsec_%", secret}, true},
	} {
		r := vector()
		r.Secrets = c.live
		if _, err := receive(t, r); (err == nil) != c.works {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	both := vector()
	both.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))+" "+both.Header.Get("Webhook-Signature"))
	if _, err := receive(t, both); err != nil {
		t.Errorf("two signatures, the second ours: %v", err)
	}
}

// TestAgeDoesNotMatter: Apriora delivers for days, and a replay has an ID that the host knows.
func TestAgeDoesNotMatter(t *testing.T) {
	for _, at := range []time.Time{time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)} {
		events, err := receive(t, signedAt(t, completedBody, secret, at))
		if err != nil || len(events) != 1 || events[0].ID != "msg_1" {
			t.Errorf("signed %s: %v %v", at, events, err)
		}
	}
}

func TestWebhooks(t *testing.T) {
	const ids = `"candidateId":"c","positionId":"p","time":1740909600`
	for _, c := range []struct{ event, data, want string }{
		{"invite.sent", ids, "invited"},
		{"invite.bounced", ids + `,"bounceType":"soft","reason":"mailbox is full"`, "bounced soft"},
		{"invite.failed", ids + `,"reason":"invalid_email"`, "failed invalid_email"},
		{"invite.failed", ids, "failed unknown"},
		{"session.started", documented, "started"},
		{"session.paused", documented, ""},
		{"session.scheduled", ids + `,"scheduledFor":1740909900`, ""},
		{"session.missed", ids, ""},
		{"session.ended", documented, "submitted"},
		{"session.incomplete", documented + `,"reason":"abandoned"`, "expired"},
		{"position.archived", `"x":1`, ""},
		{"session.completed", documented, "submitted"}, // that its data has the report is inferred
		{"session.completed", documented + `,"overallScore":0`, "scored final=true 0"},
		{"session.completed", documented + `,"overallScore":100`, "scored final=true 100"},
		{"session.completed", documented + `,"overallScore":24.9`, "scored final=true 24.9"},
		{"session.completed", documented + `,"overallScore":null,"overallFeedback":"Left early."`, "scored final=true none"},
		{"session.completed", documented + `,"overallScore":100.1`, "malformed"},
		{"session.completed", documented + `,"overallScore":-1`, "malformed"},
		{"session.completed", documented + `,"overallScore":"82"`, "malformed"},
		{"session.completed", documented + `,"overallScore":82,"skills":7`, "malformed"},
		{"session.completed", ids + `,"overallScore":82`, "malformed"}, // no reportId
		{"session.started", `"candidateId":"c","time":1740909600`, "malformed"},
		{"session.started", `"positionId":"p","time":1740909600`, "malformed"},
		{"session.started", `"candidateId":"c/2","positionId":"p","time":1740909600`, "malformed"},
		{"session.started", `"candidateId":7,"positionId":"p","time":1740909600`, "malformed"},
		{"session.started", `"candidateId":"c","positionId":"p"`, "malformed"},
		{"session.started", `"candidateId":"c","positionId":"p","time":-1`, "malformed"},
		{"session.started", `"candidateId":"c","positionId":"p","time":1740909600000`, "malformed"}, // milliseconds
		{"session.started", `"candidateId":"c","positionId":"p","time":"2025-03-02T10:00:00Z"`, "malformed"},
	} {
		t.Run(c.event+" "+c.data, func(t *testing.T) {
			events, err := receive(t, signedAt(t, `{"event":"`+c.event+`","data":{`+c.data+`}}`, secret, time.Now()))
			var refusal *sdk.Refusal
			got := brief(events)
			switch {
			case errors.As(err, &refusal):
				got = refusal.Reason
			case err != nil:
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "cy@example.test") {
				t.Errorf("the error names the candidate: %v", err)
			}
		})
	}
	for _, body := range []string{
		"", "[]", `"x"`, "{", `{"event":7}`, `{"event":"session.started"}`, `{"event":"session.started","data":[]}`,
		`{"event":"session.started","data":null}`,
	} {
		events, err := receive(t, signedAt(t, body, secret, time.Now()))
		if !strings.HasPrefix(sort(err), "refused (malformed)") {
			t.Errorf("%q: %v %v", body, events, err)
		}
	}
}

// TestOnlyAWebPageIsALink: what a person clicks on comes from outside.
func TestOnlyAWebPageIsALink(t *testing.T) {
	for link, want := range map[string]string{
		"https://alex.com/r/1": "https://alex.com/r/1", "javascript:alert(1)": "", "/r/1": "", "https:///r": "", "%": "", "": "",
	} {
		got, err := report{ReportID: "r", extras: extras{ReportURL: link}}.result()
		if err != nil || got.URL != want {
			t.Errorf("%q: %q %v", link, got.URL, err)
		}
	}
}

func TestNamesOfSkillsAreUnique(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"Go", "Go", "Go (2)", "Go", "SQL"} {
		got = append(got, unique(name, taken))
	}
	if want := []string{"Go", "Go (2)", "Go (2) (2)", "Go (3)", "SQL"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInvitationsHaveOneName(t *testing.T) {
	for id, want := range map[string]remote{"p/c": {"p", "c", 1}, "p/c/2": {"p", "c", 2}, "p/c/17": {"p", "c", 17}} {
		if got, err := parseRemote(id); err != nil || got != want || got.String() != id {
			t.Errorf("%s: %+v %v", id, got, err)
		}
	}
	for _, id := range []string{"", "p", "p/", "/c", "p/c/", "p/c/1", "p/c/0", "p/c/x", "p/c/2/3", "p//2"} {
		if got, err := parseRemote(id); err == nil {
			t.Errorf("%q: %+v", id, got)
		}
	}
}

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "header=X-API-Key"},
		{Name: "webhook_secrets", Type: sdk.TypeStrings, Secret: true, Verify: true},
		{Name: "modality", Type: sdk.TypeString, Default: "VIDEO"},
		{Name: "base_url", Type: sdk.TypeString, Default: about.BaseURL},
	}
	for i := range settings {
		settings[i].Doc = ""
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	for name, wrong := range map[string]config{
		"webhook_secrets": {WebhookSecrets: []string{secret, "whsec_c2hvcnQ="}}, "modality": {Modality: "CHAT"}, "base_url": {BaseURL: "api"},
	} {
		var refused *sdk.SettingError
		if _, err := open(wrong, sdk.Conn{}); !errors.As(err, &refused) || refused.Setting != name || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
