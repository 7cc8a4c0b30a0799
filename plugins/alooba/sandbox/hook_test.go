package sandbox_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func (w *world) subscribe(url string, events ...string) (id, secret string) {
	w.Helper()
	got := w.api("POST", "/webhooks", object{"url": url, "events": events})
	w.expect("subscribe", got.status, 201)
	return got.at("id"), got.at("signature_token")
}

// signedBy tells whether a delivery carries a signature by the secret.
func signedBy(t *testing.T, h heard, secret string) bool {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hook.VerifyIgnoringTimestamp([]byte(h.body), h.header) == nil
}

func TestAWebhookSaysWhatTheSheetShows(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	_, secret := w.subscribe(e.url, "participant.completed")
	made := w.invite("ada@b.test", 1, object{"assessment_name": "Product Analytics"})
	w.act("submit", object{"application": "app_1", "score": 40})
	w.advance("0s")
	all := e.all()
	if len(all) != 1 || !signedBy(t, all[0], secret) {
		t.Fatalf("want one signed delivery, got %v", all)
	}
	at, err := strconv.ParseInt(all[0].header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > time.Minute {
		t.Errorf("webhook-timestamp %q", all[0].header.Get("Webhook-Timestamp"))
	}
	if len(all[0].body) > 20_000 {
		t.Errorf("%d bytes", len(all[0].body))
	}
	var got answer
	json.Unmarshal([]byte(all[0].body), &got.body)
	w.expect("type", got.at("type"), "participant.completed")
	w.expect("participant", got.at("data", "participant_id"), made.at("id"))
	w.expect("status", got.at("data", "status")+" "+got.at("data", "evaluation"), "completed pending")
	w.expect("revision", got.at("data", "result", "revision")+" "+got.at("data", "result", "finality"), "1 partial")
	w.expect("score", got.at("data", "result", "score")+" of "+got.at("data", "result", "max_score"), "40 of 100")
	w.expect("passing score", got.at("data", "result", "passing_score"), 60)
	w.expect("report", got.at("data", "report_url"), made.at("profile_url")+"/report")
	for _, want := range []string{
		`{"name":"SQL","score":40,"max_score":100,"skills":[{"name":"Joins","score":40},{"name":"Aggregation","score":40}]}`,
		`{"name":"Free response","score":null,"max_score":100,"evaluation":"pending"}`,
	} {
		if !strings.Contains(all[0].body, want) {
			t.Errorf("it lacks %s: %s", want, all[0].body)
		}
	}
	if strings.Contains(all[0].body, "ada@b.test") || strings.Contains(all[0].body, "Diaz") {
		t.Errorf("it names the person: %s", all[0].body)
	}
	report := w.send("GET", strings.TrimPrefix(made.at("profile_url"), w.url)+"/report", nil)
	w.expect("the report", report.status, 200)
	if !strings.Contains(report.raw, "40 of 100 (partial); 60 passes") || !strings.Contains(report.raw, "Free response: still to be graded") {
		t.Errorf("the report says %s", report.raw)
	}
	w.expect("the profile", w.send("GET", strings.TrimPrefix(made.at("profile_url"), w.url), nil).status, 200)
}

func TestRotatingTheSecret(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	id, before := w.subscribe(e.url, "participant.invited")
	after := w.api("POST", "/webhooks/"+id+"/signature-token", nil).at("signature_token")
	w.invite("a@b.test", 1)
	w.advance("25h")
	w.invite("b@b.test", 2)
	w.advance("0s")
	all := e.all()
	w.expect("heard", len(all), 2)
	w.expect("both sign while both are valid", []bool{signedBy(t, all[0], before), signedBy(t, all[0], after)}, "[true true]")
	w.expect("then the new one alone", []bool{signedBy(t, all[1], before), signedBy(t, all[1], after)}, "[false true]")
	w.expect("no such webhook", w.api("POST", "/webhooks/wh_9/signature-token", nil).status, 404)
}

func TestDeliveriesAreRepeatedOnSchedule(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.subscribe(e.url, "participant.invited")
	e.answers(500)
	w.invite("a@b.test", 1)
	w.advance("0s")
	for i, gap := range []string{"5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"} {
		w.expect("before "+gap, len(e.all()), i+1)
		w.advance(gap)
		w.expect("after "+gap, len(e.all()), i+2)
	}
	w.advance("1000h")
	w.expect("then no more", len(e.all()), 10)
	w.expect("always the same message", e.types(), "participant.invited")
}

func TestGoneEndsASubscription(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.subscribe(e.url, "participant.invited")
	e.answers(410)
	w.invite("a@b.test", 1)
	w.advance("1h")
	w.invite("b@b.test", 2)
	w.advance("1h")
	w.expect("heard", len(e.all()), 1)
	if got := w.api("GET", "/webhooks", nil); !strings.Contains(got.raw, `"active":false`) || strings.Contains(got.raw, "whsec_") {
		t.Errorf("the list: %s", got.raw)
	}
}

func TestADeletedSubscriptionHasNoFurtherTry(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	id, _ := w.subscribe(e.url, "participant.invited")
	e.answers(500)
	w.invite("a@b.test", 1)
	w.advance("6s")
	w.expect("heard", len(e.all()), 2)
	w.api("DELETE", "/webhooks/"+id, nil)
	w.advance("24h")
	w.expect("one was on its way", len(e.all()), 3)
}

func TestSubscriptions(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	for name, body := range map[string]object{
		"no url": {}, "no host": {"url": "https:///x"}, "ftp": {"url": "ftp://h/x"}, "no such event": {"url": e.url, "events": []string{"x"}},
	} {
		w.expect(name, w.api("POST", "/webhooks", body).status, 400)
	}
	id, _ := w.subscribe(e.url)
	for range 2 {
		w.expect("delete", w.api("DELETE", "/webhooks/"+id, nil).status, 204)
	}
	w.invite("a@b.test", 1)
	w.advance("0s")
	w.expect("heard", len(e.all()), 0)
	bad := w.send("POST", "/_sandbox/acts/webhook", object{"url": e.url, "secret": "whsec_c2hvcnQ="})
	w.expect("a short secret", bad.status, 422)
}
