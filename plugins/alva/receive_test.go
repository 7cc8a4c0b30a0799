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
	got, err := new(alva).Receive(t.Context(), r)
	return got.Events, err
}

// roleFitBody is the webhook of the sheet's section 2.B.
const roleFitBody = `{"type":"role_fit.created","timestamp":"2025-03-02T09:30:00Z",
 "data":{"candidate_id":"alc_77","position_id":"pos_4","revision":1,
 "role_fit":{"score":75,"label":"high","finality":"final"},
 "tests":[{"kind":"logic","score":6,"scale_min":1,"scale_max":10,"sten":6,"reused":false,"completed_at":"2025-03-02T09:00:00Z"},
          {"kind":"personality","score":71,"scale_min":0,"scale_max":100,"reused":true,"completed_at":"2024-11-02T10:00:00Z"}],
 "candidate_url":"https://sandbox.test/alva/positions/pos_4/candidates/alc_77"}}`

func TestTheSheetsWebhook(t *testing.T) {
	got, err := receive(t, signedAt(t, roleFitBody, secret, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	score := func(f float64) *float64 { return &f }
	want := []sdk.Event{{
		ID: "msg_1", Kind: sdk.KindScored, At: time.Date(2025, 3, 2, 9, 30, 0, 0, time.UTC), Invitation: "pos_4/alc_77",
		Result: &sdk.Result{
			Revision: "1", Final: true, Score: score(75), URL: "https://sandbox.test/alva/positions/pos_4/candidates/alc_77",
			Summary: "Role fit: high\nlogic: 6 on a scale of 1 to 10\npersonality: 71 on a scale of 0 to 100, taken 2024-11-02",
			Tests:   []sdk.Score{{Name: "logic", Score: score(6)}, {Name: "personality", Score: score(71)}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
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

// TestAgeDoesNotMatter: Alva delivers for days, and a replay has an ID that the host knows.
func TestAgeDoesNotMatter(t *testing.T) {
	for _, at := range []time.Time{time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)} {
		events, err := receive(t, signedAt(t, roleFitBody, secret, at))
		if err != nil || len(events) != 1 || events[0].ID != "msg_1" {
			t.Errorf("signed %s: %v %v", at, events, err)
		}
	}
}

func TestWebhooks(t *testing.T) {
	const data = `"candidate_id":"c","position_id":"p"`
	logic, both := `"tests":[{"kind":"logic","score":6}]`, `"tests":[{"kind":"logic","score":6},{"kind":"personality","score":9}]`
	requested := `"requested_tests":["logic","personality"]`
	fit := func(score, finality string) string {
		return `"role_fit":{"score":` + score + `,"finality":"` + finality + `"}`
	}
	for _, c := range []struct{ kind, data, want string }{
		{"invitation.sent", data, "invited"},
		{"invitation.sent", data + `,"attempt":3`, "invited"},
		{"invitation.bounced", data + `,"bounce_type":"hard","reason":"no mailbox"`, "bounced hard"},
		{"invitation.failed", data + `,"reason":"invalid_email"`, "failed invalid_email"},
		{"invitation.failed", data, "failed unknown"},
		{"test.started", data, "started"},
		{"candidate.removed", data, "cancelled"},
		{"candidate.created", data, ""},
		{"job.closed", `"x":1`, ""},
		{"test_result.created", data + "," + requested + "," + logic, ""},
		{"test_result.created", data + "," + requested + "," + both, "submitted"},
		{"test_result.created", data + "," + both, ""}, // what was requested is not said
		{"role_fit.created", data + "," + fit("0", "final"), "scored  final=true 0"},
		{"role_fit.created", data + `,"revision":2,` + fit("100", "corrected"), "scored 2 final=true 100"},
		{"role_fit.created", data + `,"revision":1,` + fit("99.6", "partial"), "scored 1 final=false 99.6"},
		{"role_fit.created", data + "," + fit("100.1", "final"), "malformed"},
		{"role_fit.created", data + "," + fit("-1", "final"), "malformed"},
		{"role_fit.created", data + "," + fit("null", "final"), "malformed"},
		{"role_fit.created", data + "," + fit(`"75"`, "final"), "malformed"},
		{"role_fit.created", data + "," + fit("75", "maybe"), "malformed"},
		{"role_fit.created", data, "malformed"},
		{"invitation.sent", `"candidate_id":"c"`, "malformed"},
		{"invitation.sent", `"position_id":"p"`, "malformed"},
		{"invitation.sent", `"candidate_id":"c/2","position_id":"p"`, "malformed"},
		{"invitation.sent", `"candidate_id":7,"position_id":"p"`, "malformed"},
	} {
		t.Run(c.kind+" "+c.data, func(t *testing.T) {
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
		"", "[]", `"x"`, "{", `{"type":7}`, `{"type":"test.started"}`, `{"type":"test.started","data":{` + data + `}}`,
		`{"type":"test.started","timestamp":"yesterday","data":{` + data + `}}`,
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
	for _, name := range []string{"logic", "logic", "logic (2)", "logic", "personality"} {
		got = append(got, unique(name, taken))
	}
	if want := []string{"logic", "logic (2)", "logic (2) (2)", "logic (3)", "personality"}; !slices.Equal(got, want) {
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
	for id, got := range map[string]remote{"p/c": {"p", "c", 0}, "p/c/3": {"p", "c", 3}} {
		if made, err := newRemote(got.position, got.candidate, got.attempt); err != nil || made.String() != id {
			t.Errorf("%+v: %s %v", got, made, err)
		}
	}
}

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "bearer"},
		{Name: "webhook_secrets", Type: sdk.TypeStrings, Secret: true, Verify: true},
		{Name: "base_url", Type: sdk.TypeString, Default: about.BaseURL},
	}
	for i := range settings {
		settings[i].Doc = ""
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	var wrong *sdk.SettingError
	_, err = open(config{WebhookSecrets: []string{secret, "whsec_c2hvcnQ="}}, sdk.Conn{})
	if !errors.As(err, &wrong) || wrong.Setting != "webhook_secrets" || strings.Contains(err.Error(), "c2hvcnQ") {
		t.Errorf("a short secret: %v", err)
	}
}
