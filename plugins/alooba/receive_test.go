package main

import (
	"encoding/base64"
	"encoding/json"
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
	got, err := new(alooba).Receive(t.Context(), r)
	return got.Events, err
}

// completedBody is the webhook of the sheet's section 1.B.
const completedBody = `{"type":"participant.completed","timestamp":"2025-03-02T10:00:00Z","data":{"participant_id":"par_1","status":"completed",
 "evaluation":"pending","result":{"revision":1,"finality":"partial","score":40,"max_score":100,"passing_score":60,
 "tests":[{"name":"SQL","score":40,"max_score":100,"skills":[{"name":"Joins","score":35}]},{"name":"Free response","score":null,"evaluation":"pending"}]},
 "report_url":"https://sandbox.test/alooba/participants/par_1/report"}}`

func TestTheSheetsWebhook(t *testing.T) {
	got, err := receive(t, signedAt(t, completedBody, secret, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Event{{
		ID: "msg_1", Kind: sdk.KindScored, At: time.Date(2025, 3, 2, 10, 0, 0, 0, time.UTC), Invitation: "par_1",
		Result: &sdk.Result{
			Revision: "1", Score: new(40.0), Points: new(40.0), Max: new(100.0), URL: "https://sandbox.test/alooba/participants/par_1/report",
			Tests:  []sdk.Score{{Name: "SQL", Score: new(40.0)}, {Name: "Free response"}},
			Skills: []sdk.Score{{Name: "Joins", Score: new(35.0)}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASignatureCoversEveryByte(t *testing.T) {
	if events, err := receive(t, vector()); err != nil || brief(events) != "started" || events[0].Invitation != "par_1" {
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
		r := vector()
		r.Header.Del(name)
		check("no "+name, r)
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
	// Anybody can sign with an empty key.
	empty, err := standardwebhooks.NewWebhookRaw(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := vector()
	signature, _ := empty.Sign("msg_test_0001", time.Unix(1740819600, 0), r.Body)
	r.Header.Set("Webhook-Signature", signature)
	r.Secrets = []string{"", "whsec_"}
	if _, err := receive(t, r); !errors.Is(err, sdk.ErrUnauthorized) {
		t.Errorf("signed with the empty key: %v", err)
	}
	both := vector()
	both.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))+" "+both.Header.Get("Webhook-Signature"))
	if _, err := receive(t, both); err != nil {
		t.Errorf("two signatures, the second ours: %v", err)
	}
}

// TestAgeDoesNotMatter: Alooba delivers for days, and a replay has an ID that the host knows.
func TestAgeDoesNotMatter(t *testing.T) {
	for _, at := range []time.Time{time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)} {
		events, err := receive(t, signedAt(t, completedBody, secret, at))
		if err != nil || len(events) != 1 || events[0].ID != "msg_1" {
			t.Errorf("signed %s: %v %v", at, events, err)
		}
	}
}

func TestWebhooks(t *testing.T) {
	const data = `"participant_id":"par_1"`
	score := func(score, most, finality string) string {
		return data + `,"evaluation":"done","result":{"revision":2,"score":` + score + `,"max_score":` + most + `,"finality":"` + finality + `"}`
	}
	tests := func(n int) string {
		return data + `,"result":{"score":1,"max_score":100,"finality":"final","tests":[{"name":"SQL","skills":[{}` +
			strings.Repeat(`,{}`, n-2) + `]}]}`
	}
	for _, c := range []struct{ kind, data, want string }{
		{"participant.invited", data, "invited"},
		{"participant.bounced", data + `,"bounce_type":"hard","reason":"no mailbox"`, "bounced hard"},
		{"participant.started", data, "started"},
		{"participant.expired", data, "expired"},
		{"participant.extended", data + `,"status":"invited"`, "invited"},
		{"participant.extended", data + `,"status":"in_progress"`, "started"},
		{"participant.cancelled", data + `,"reason":"filled"`, "cancelled"},
		{"participant.cancelled", data + `,"reason":"declined"`, "declined"},
		{"participant.scheduled", data, ""},
		{"participant.anonymised", data, ""},
		{"assessment.renamed", `"x":1`, ""},
		{"participant.completed", data + `,"evaluation":"pending"`, "submitted"},
		{"participant.completed", data + `,"evaluation":"not_required"`, "completed"},
		{"participant.completed", score("0", "100", "partial"), "scored 2 final=false 0"},
		{"participant.completed", score("29", "100", "final"), "scored 2 final=true 29"},
		{"participant.evaluated", score("13", "20", "final"), "scored 2 final=true 65"},
		{"participant.evaluated", score("20", "20", "corrected"), "scored 2 final=true 100"},
		{"participant.evaluated", score("20.1", "20", "final"), "malformed"},
		{"participant.evaluated", score("-1", "20", "final"), "malformed"},
		{"participant.evaluated", score("1", "0", "final"), "malformed"},
		{"participant.completed", tests(1000), "scored  final=true 1"},
		{"participant.completed", tests(1001), "malformed"},
		{"participant.evaluated", score("1e308", "1e308", "final"), "malformed"},
		{"participant.evaluated", score("null", "100", "final"), "malformed"},
		{"participant.evaluated", score(`"75"`, "100", "final"), "malformed"},
		{"participant.evaluated", score("75", "100", "maybe"), "malformed"},
		{"participant.evaluated", data, "malformed"},
		{"participant.started", `"participant_id":""`, "malformed"},
		{"participant.started", `"participant_id":7`, "malformed"},
		{"participant.started", `"x":1`, "malformed"},
	} {
		t.Run(c.kind+" "+c.data[:min(len(c.data), 100)], func(t *testing.T) {
			body := `{"type":"` + c.kind + `","timestamp":"2025-03-02T09:30:00Z","data":{` + c.data + `}}`
			events, err := receive(t, signedAt(t, body, secret, time.Now()))
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
		})
	}
	for _, body := range []string{
		"", "[]", `"x"`, "{", `{"type":7}`, `{"type":"participant.started"}`, `{"type":"participant.started","data":{` + data + `}}`,
		`{"type":"participant.started","timestamp":"yesterday","data":{` + data + `}}`,
	} {
		events, err := receive(t, signedAt(t, body, secret, time.Now()))
		var refusal *sdk.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != "malformed" {
			t.Errorf("%q: %v %v", body, events, err)
		}
	}
}

func TestNamesOfTestsAreUnique(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"Joins", "Joins", "Joins (2)", "Joins", "Filters"} {
		got = append(got, unique(name, taken))
	}
	if want := []string{"Joins", "Joins (2)", "Joins (2) (2)", "Joins (3)", "Filters"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzReceive: whatever is signed, there is no panic, and what comes of it the host can store.
func FuzzReceive(f *testing.F) {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(completedBody)
	f.Add(string(vector().Body))
	f.Add(`{"type":"participant.evaluated","timestamp":"2025-03-02T10:00:00Z","data":{"participant_id":"p","result":{"score":1,` +
		`"max_score":2,"finality":"final","tests":[{"score":1e308,"max_score":1e-9}]}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		signature, err := hook.Sign("msg_1", time.Unix(1740819600, 0), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		r := sdk.Request{Method: "POST", Path: "/", Body: []byte(body), Secrets: []string{secret}, Header: http.Header{
			"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {"1740819600"}, "Webhook-Signature": {signature},
		}}
		events, err := receive(t, r)
		var refusal *sdk.Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("what is signed is taken or refused for good: %v", err)
		}
		for _, ev := range events {
			if ev.ID == "" || ev.At.IsZero() || ev.Invitation == "" || !slices.Contains(about.Events, ev.Kind) {
				t.Errorf("event %+v", ev)
			}
			if _, err := json.Marshal(ev); err != nil {
				t.Errorf("event %+v: %v", ev, err)
			}
		}
	})
}

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "bearer"},
		{Name: "organisation", Type: sdk.TypeString, Required: true},
		{Name: "webhook_secrets", Type: sdk.TypeStrings, Secret: true, Verify: true},
		{Name: "base_url", Type: sdk.TypeString, Default: about.BaseURL},
	}
	for i := range settings {
		settings[i].Doc = ""
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]config{
		"webhook_secrets": {WebhookSecrets: []string{secret, "whsec_c2hvcnQ="}},
		"organisation":    {Organisation: "Example Analytics "},
	} {
		var wrong *sdk.SettingError
		_, err := open(c, sdk.Conn{})
		if !errors.As(err, &wrong) || wrong.Setting != name || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var wrong *sdk.SettingError
	if _, err := open(config{Organisation: "a\r\nb"}, sdk.Conn{}); !errors.As(err, &wrong) {
		t.Errorf("a line break in the organisation: %v", err)
	}
}

// TestPromises is what every plugin owes; the webhooks are recorded from the sandbox, and the sheet's own.
func TestPromises(t *testing.T) {
	webhooks := []sdktest.Webhook{
		{Name: "the sheet's vector", Request: vector()},
		{Name: "the sheet's completed", Request: signedAt(t, completedBody, secret, time.Unix(1740819600, 0))},
	}
	r := newRig(t)
	for n, acts := range []string{"bounce", "decline", "cancel", "start expire extend", "expire extend", "score evaluate"} {
		inv := r.invitation()
		inv.Application = fmt.Sprint("app_", n)
		r.invite(inv)
		for verb := range strings.FieldsSeq(acts) {
			r.act(verb, object{"application": inv.Application})
		}
	}
	r.advance("0s")
	types := map[string]bool{}
	for _, request := range r.heard {
		var m message
		if err := json.Unmarshal(request.Body, &m); err != nil {
			t.Fatal(err)
		}
		if !types[m.Type] {
			webhooks = append(webhooks, sdktest.Webhook{Name: m.Type, Request: request})
		}
		types[m.Type] = true
	}
	if len(types) != len(kinds) {
		t.Errorf("recorded %v, which is not one of each of the %d that tell something", types, len(kinds))
	}
	err := sdktest.Check(sdktest.Plugin{
		About: about,
		Open: func(c sdk.Conn) (any, error) {
			return open(config{APIKey: "k", Organisation: "Example Analytics", WebhookSecrets: []string{secret}}, c)
		},
		Webhooks: webhooks,
	})
	if err != nil {
		t.Error(err)
	}
}
