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

// signedBy is a webhook with this body, signed by the secret at some moment.
func signedBy(t *testing.T, by, body string, at time.Time) sdk.Request {
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

func signed1(t *testing.T, body string) sdk.Request {
	t.Helper()
	return signedBy(t, secret, body, time.Unix(1740916800, 0))
}

// of is the webhook of some type about one invitation.
func of(kind, data string) string {
	return `{"type":"` + kind + `","timestamp":"2025-03-02T12:00:00Z","data":{"invitation_id":"hin_5"` + data + `}}`
}

// sheet is the webhook of the reference sheet's section 4.B.
const sheet = `{"type":"test.completed","timestamp":"2025-03-02T12:00:00Z","data":{"invitation_id":"hin_5",
 "test":{"id":"t_2","name":"Backend Go"},
 "result":{"revision":1,"finality":"final","score":71,"max_score":100,"sections":[{"name":"Arrays","score":40,"max_score":50}],
 "language":"go","time_spent_seconds":3120},"report_url":"https://sandbox.test/hired/reports/hin_5"}}`

func receive(t *testing.T, r sdk.Request) ([]sdk.Event, error) {
	t.Helper()
	got, err := new(hired).Receive(t.Context(), r)
	return got.Events, err
}

// TestThePluginKeepsItsPromises: also that a webhook with a byte changed is not believed.
func TestThePluginKeepsItsPromises(t *testing.T) {
	var webhooks []sdktest.Webhook
	for name, body := range map[string]string{
		"sent": of("invitation.sent", ""), "bounced": of("invitation.bounced", `,"bounce_type":"hard","reason":"gone"`),
		"started": of("test.started", ""), "completed": sheet, "expired": of("invitation.expired", `,"reason":"not_started"`),
		"cancelled": of("invitation.cancelled", `,"reason":"declined"`),
	} {
		webhooks = append(webhooks, sdktest.Webhook{Name: name, Request: signed1(t, body)})
	}
	if err := sdktest.Check(sdktest.Plugin{
		About: about, Open: func(c sdk.Conn) (any, error) { return open(config{}, c) }, Webhooks: webhooks,
	}); err != nil {
		t.Error(err)
	}
}

func TestTheSheetsWebhook(t *testing.T) {
	got, err := receive(t, signed1(t, sheet))
	if err != nil {
		t.Fatal(err)
	}
	number := func(f float64) *float64 { return &f }
	want := []sdk.Event{{
		ID: "msg_1", Kind: sdk.KindScored, At: time.Date(2025, 3, 2, 12, 0, 0, 0, time.UTC), Invitation: "hin_5",
		Result: &sdk.Result{
			Revision: "1", Final: true, Score: number(71), Points: number(71), Max: number(100), URL: "https://sandbox.test/hired/reports/hin_5",
			Summary: "Language: go\nTime: 52m0s", Skills: []sdk.Score{{Name: "Arrays", Score: number(80)}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASignatureCoversEveryByte(t *testing.T) {
	check := func(what string, change func(r *sdk.Request)) {
		r := signed1(t, sheet)
		change(&r)
		if _, err := receive(t, r); !errors.Is(err, sdk.ErrUnauthorized) {
			t.Errorf("%s: %v", what, err)
		}
	}
	flipped := func(s string) (all []string) {
		for i := range len(s) {
			b := []byte(s)
			b[i] ^= 1
			all = append(all, string(b))
		}
		return all
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		for _, value := range append(flipped(signed1(t, sheet).Header.Get(name)), "") {
			check(name+" "+value, func(r *sdk.Request) { r.Header.Set(name, value) })
		}
		check("no "+name, func(r *sdk.Request) { r.Header.Del(name) })
	}
	for _, body := range flipped(sheet) {
		check(body, func(r *sdk.Request) { r.Body = []byte(body) })
	}
	for _, s := range flipped(secret) {
		check("secret "+s, func(r *sdk.Request) { r.Secrets = []string{s} })
	}
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
		{"empty ones", []string{"", "whsec_"}, false},
		{"without its prefix", []string{strings.TrimPrefix(secret, "whsec_")}, false},
		{"unreadable beside the right one", []string{"whsec_%", secret}, true},
	} {
		r := signed1(t, sheet)
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
	forged := signed1(t, sheet)
	signature, _ := empty.Sign("msg_1", time.Unix(1740916800, 0), forged.Body)
	forged.Header.Set("Webhook-Signature", signature)
	forged.Secrets = []string{"", "whsec_"}
	if _, err := receive(t, forged); !errors.Is(err, sdk.ErrUnauthorized) {
		t.Errorf("signed with the empty key: %v", err)
	}
	both := signed1(t, sheet)
	both.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))+" "+both.Header.Get("Webhook-Signature"))
	if _, err := receive(t, both); err != nil {
		t.Errorf("two signatures, the second ours: %v", err)
	}
	for _, at := range []time.Time{time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0)} {
		if events, err := receive(t, signedBy(t, secret, sheet, at)); err != nil || len(events) != 1 {
			t.Errorf("its age does not matter, but signed %s: %v %v", at, events, err)
		}
	}
}

func TestWebhooks(t *testing.T) {
	result := func(score, most, finality string) string {
		return `,"result":{"revision":2,"score":` + score + `,"max_score":` + most + `,"finality":"` + finality + `"}`
	}
	for _, c := range []struct{ kind, data, want string }{
		{"invitation.sent", "", "invited"},
		{"invitation.bounced", `,"bounce_type":"soft","reason":"full"`, "bounced soft"},
		{"invitation.bounced", "", "bounced unknown"},
		{"test.started", "", "started"},
		{"invitation.expired", `,"reason":"abandoned"`, "expired"},
		{"invitation.cancelled", `,"reason":"declined"`, "cancelled"},
		{"test.reviewed", `,"result":7`, ""},
		{"test.completed", result("0", "60", "final"), "scored 2 final=true 0"},
		{"test.completed", result("45", "60", "corrected"), "scored 2 final=true 75"},
		{"test.completed", result("60", "60", "partial"), "scored 2 final=false 100"},
		{"test.completed", result("60.1", "60", "final"), "malformed"},
		{"test.completed", result("-1", "60", "final"), "malformed"},
		{"test.completed", result("0", "0", "final"), "malformed"},
		{"test.completed", result("1e308", "1e308", "final"), "malformed"},
		{"test.completed", result("null", "60", "final"), "malformed"},
		{"test.completed", result(`"45"`, "60", "final"), "malformed"},
		{"test.completed", result("45", "60", "maybe"), "malformed"},
		{"test.completed", "", "malformed"},
		{"test.started", `,"invitation_id":""`, "malformed"},
		{"test.started", `,"invitation_id":5`, "malformed"},
	} {
		t.Run(c.kind+" "+c.data, func(t *testing.T) {
			events, err := receive(t, signed1(t, of(c.kind, c.data)))
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
	many := `,"result":{"score":1,"max_score":2,"finality":"final","sections":[` + strings.Repeat("{},", 200) + `{}]}`
	for _, body := range []string{
		of("test.completed", many), "", "[]", `"x"`, "{", `{"type":7}`, `{"type":"test.started"}`,
		`{"type":"test.started","data":{"invitation_id":"hin_5"}}`,
		`{"type":"test.started","timestamp":"yesterday","data":{"invitation_id":"hin_5"}}`,
	} {
		events, err := receive(t, signed1(t, body))
		var refusal *sdk.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != "malformed" {
			t.Errorf("%q: %v %v", body, events, err)
		}
	}
}

// FuzzReceive: whatever is signed, there is no panic, and what comes of it the host can store.
func FuzzReceive(f *testing.F) {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sheet)
	f.Add(of("invitation.bounced", `,"bounce_type":"hard"`))
	f.Add(of("test.completed", `,"result":{"score":1e307,"max_score":1e308,"finality":"final"}`))
	f.Add(of("test.completed", `,"result":{"score":1,"max_score":2,"finality":"final","sections":[{"score":1e308,"max_score":1e-9}]}`))
	f.Fuzz(func(t *testing.T, body string) {
		at := time.Unix(1740916800, 0)
		signature, err := hook.Sign("msg_1", at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		events, err := receive(t, sdk.Request{Method: "POST", Path: "/", Body: []byte(body), Secrets: []string{secret}, Header: http.Header{
			"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature},
		}})
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

func TestNamesOfSkillsAreUnique(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"Arrays", "Arrays", "Graphs", "Arrays"} {
		got = append(got, unique(name, taken))
	}
	if want := []string{"Arrays", "Arrays (2)", "Graphs", "Arrays (3)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "basic"},
		{Name: "webhook_secrets", Type: sdk.TypeStrings, Secret: true, Verify: true},
		{Name: "expires_in_days", Type: sdk.TypeNumber},
		{Name: "base_url", Type: sdk.TypeString, Default: about.BaseURL},
	}
	for i := range settings {
		settings[i].Doc = ""
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	for setting, c := range map[string]config{
		"webhook_secrets": {WebhookSecrets: []string{secret, "whsec_c2hvcnQ="}}, "expires_in_days": {ExpiresInDays: -1},
	} {
		var wrong *sdk.SettingError
		if _, err = open(c, sdk.Conn{}); !errors.As(err, &wrong) || wrong.Setting != setting || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
