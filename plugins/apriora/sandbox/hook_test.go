package sandbox_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const (
	secret = "whsec_YXNzZXNzbWVudC1zYW5kYm94LXNlY3JldC0wMDAxISE="
	second = "whsec_b3RoZXItc2VjcmV0LW9mLXRoZS1zYW5kYm94LTAwMDI="
)

// signedBy tells whether a delivery carries a signature by the secret.
func signedBy(t *testing.T, h heard, secret string) bool {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hook.VerifyIgnoringTimestamp([]byte(h.body), h.header) == nil
}

// TestWebhooksSayWhatIsDocumented: event and data, camelCase, epoch seconds, and no more than the documented fields.
func TestWebhooksSayWhatIsDocumented(t *testing.T) {
	w := start(t, kit.Options{})
	e := w.listen()
	made := w.invite(w.position("post_1"), "cy@b.test", 1)
	w.act("start", her)
	w.act("pause", her)
	w.act("start", her)
	w.act("complete", object{"application": "opp_1", "score": 82})
	w.advance("0s")
	session := []string{"candidateEmail", "candidateId", "positionId", "reportId", "time"}
	report := []string{
		"overallFeedback", "overallScore", "pdfUrl", "questionSummary", "skills", "tags", "timeCompleted", "videoUrl",
		"inviteId", "language", "reportUrl", // the sheet's
	}
	type want struct {
		event  string
		fields []string
	}
	wants := []want{
		{"invite.sent", []string{"candidateEmail", "candidateId", "inviteId", "positionId", "time"}},
		{"session.started", session}, {"session.paused", session}, {"session.started", session}, {"session.ended", session},
		{"session.completed", slices.Concat(session, report)},
	}
	all := e.all()
	if len(all) != len(wants) {
		t.Fatalf("heard %s", e.events())
	}
	for n, h := range all {
		var m struct {
			Event string
			Data  object
		}
		if err := json.Unmarshal([]byte(h.body), &m); err != nil {
			t.Fatal(err)
		}
		var fields []string
		for name := range m.Data {
			fields = append(fields, name)
		}
		slices.Sort(fields)
		slices.Sort(wants[n].fields)
		w.expect("event", m.Event, wants[n].event)
		w.expect("fields of "+m.Event, fields, wants[n].fields)
		w.expect("candidate", m.Data["candidateId"], made.at("candidateId"))
		at, _ := m.Data["time"].(float64)
		if time.Since(time.Unix(int64(at), 0)).Abs() > time.Minute {
			t.Errorf("time %v is not now in epoch seconds", m.Data["time"])
		}
		if !signedBy(t, h, secret) || len(h.body) > 20_000 {
			t.Errorf("%s is not signed, or too long", h.body)
		}
		sentAt, err := strconv.ParseInt(h.header.Get("Webhook-Timestamp"), 10, 64)
		if err != nil || time.Since(time.Unix(sentAt, 0)).Abs() > time.Minute {
			t.Errorf("webhook-timestamp %q", h.header.Get("Webhook-Timestamp"))
		}
	}
}

// TestALaterAttemptSaysSo: candidate and position are the same as the first one's.
func TestALaterAttemptSaysSo(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	w.invite(pos, "cy@b.test", 1)
	w.act("cancel", her)
	e := w.listen()
	w.invite(pos, "cy@b.test", 1, object{"reinvite": true})
	w.act("end", her)
	w.advance("0s")
	w.expect("heard", e.events(), "invite.sent session.started session.ended")
	for _, h := range e.all() {
		if !strings.Contains(h.body, `"attempt":2`) {
			t.Errorf("%s", h.body)
		}
	}
}

func TestRotatingTheSecret(t *testing.T) {
	w := start(t, kit.Options{})
	e := w.listen()
	pos := w.position("post_1")
	w.act("rotate-secret", object{"secret": second})
	w.invite(pos, "a@b.test", 1)
	w.advance("25h")
	w.invite(pos, "b@b.test", 2)
	w.advance("0s")
	all := e.all()
	w.expect("heard", len(all), 2)
	w.expect("both sign while both are valid", []bool{signedBy(t, all[0], secret), signedBy(t, all[0], second)}, "[true true]")
	w.expect("then the new one alone", []bool{signedBy(t, all[1], secret), signedBy(t, all[1], second)}, "[false true]")
}

func TestDeliveriesAreRepeatedOnSchedule(t *testing.T) {
	w := start(t, kit.Options{})
	e := w.listen()
	e.answers(500)
	w.invite(w.position("post_1"), "a@b.test", 1)
	w.advance("0s")
	for i, gap := range []string{"5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"} {
		w.expect("before "+gap, len(e.all()), i+1)
		w.advance(gap)
		w.expect("after "+gap, len(e.all()), i+2)
	}
	w.advance("1000h")
	w.expect("then no more", len(e.all()), 10)
	w.expect("always the same message", e.events(), "invite.sent")
}

func TestGoneEndsTheWebhook(t *testing.T) {
	w := start(t, kit.Options{})
	e := w.listen()
	e.answers(410)
	pos := w.position("post_1")
	w.invite(pos, "a@b.test", 1)
	w.advance("1h")
	w.invite(pos, "b@b.test", 2)
	w.advance("1h")
	w.expect("heard", len(e.all()), 1)
	w.expect("there is none", w.control("GET", "state/webhook", nil).at("url"), "")
}

func TestThereIsOneWebhook(t *testing.T) {
	w := start(t, kit.Options{})
	w.expect("none to rotate", w.send("POST", "/_sandbox/acts/rotate-secret", object{}).status, 422)
	for name, args := range map[string]object{
		"no url": {}, "no host": {"url": "https:///x"}, "ftp": {"url": "ftp://h/x"},
		"a short secret": {"url": "https://h/x", "secret": "whsec_c2hvcnQ="},
	} {
		w.expect(name, w.send("POST", "/_sandbox/acts/webhook", args).status, 422)
	}
	before, after := w.listen(), w.listen()
	w.invite(w.position("post_1"), "a@b.test", 1)
	w.advance("0s")
	w.expect("the one before", len(before.all()), 0)
	w.expect("the one that replaced it", len(after.all()), 1)
}
