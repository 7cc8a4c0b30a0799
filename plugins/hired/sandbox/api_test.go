package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func TestEveryRequestNeedsTheKey(t *testing.T) {
	w := start(t, kit.Options{})
	for name, header := range map[string]string{
		"none": "", "a wrong one": "Basic b3RoZXI6", "as a bearer's": "Bearer sandbox-key", "with a password": "Basic c2FuZGJveC1rZXk6eA==",
		"Greenhouse's": "Basic Z3JlZW5ob3VzZS1zYW5kYm94LWtleTo=",
	} {
		got := w.send("", "GET", "/api/v1/tests", nil, "Authorization", header)
		w.expect(name, got.status, 401)
		w.expect(name, got.at("error", "code"), "unauthorized")
	}
	w.expect("right", w.api("GET", "/tests", nil).status, 200)
	w.act("revoke-key", nil)
	w.expect("revoked", w.api("GET", "/tests", nil).status, 401)
	w.act("restore-key", nil)
	w.expect("restored", w.api("GET", "/tests", nil).status, 200)
}

func TestTheRateIsLimitedForEachKey(t *testing.T) {
	w := start(t, kit.Options{Rate: 0.01, Burst: 2})
	for range 2 {
		w.expect("first", w.api("GET", "/tests", nil).status, 200)
	}
	got := w.api("GET", "/tests", nil)
	w.expect("third", got.status, 429)
	w.expect("Retry-After", got.header.Get("Retry-After"), "100")
}

func TestTests(t *testing.T) {
	w := start(t, kit.Options{})
	w.act("test", object{"name": "SQL", "languages": []string{"sql"}, "minutes": 30, "max_score": 20})
	var page struct {
		Data []map[string]any
		Next *string `json:"next_cursor"`
	}
	if err := json.Unmarshal([]byte(w.api("GET", "/tests", nil).raw), &page); err != nil {
		t.Fatal(err)
	}
	w.expect("tests", len(page.Data), 4)
	for name, want := range map[string]any{"name": "SQL", "languages": "[sql]", "time_limit_minutes": 30, "max_score": 20} {
		w.expect(name, page.Data[3][name], want)
	}
	w.expect("none when empty", start(t, kit.Options{Empty: true}).api("GET", "/tests", nil).raw, `{"data":[],"next_cursor":null}`)
}

func TestErrorsHaveOneEnvelope(t *testing.T) {
	w := start(t, kit.Options{})
	one := "/invitations/" + w.invite("bo@b.test", 9).at("id")
	for _, c := range []struct {
		name        string
		got         answer
		status      int
		code, field string
	}{
		{"no such path", w.api("GET", "/nothing", nil), 404, "not_found", ""},
		{"no such invitation", w.api("GET", "/invitations/hin_99", nil), 404, "not_found", ""},
		{"no result yet", w.api("GET", one+"/result", nil), 404, "not_found", ""},
		{"nothing to retake", w.api("POST", one+"/retake", nil), 409, "invalid_transition", ""},
		{"no key", w.api("POST", "/invitations", asked("a@b.test", 1)), 400, "idempotency_key_required", ""},
		{"no JSON", w.api("POST", "/invitations", "{", "Idempotency-Key", "k"), 400, "malformed", ""},
		{"no external id", w.invite("a@b.test", 1, object{"external": object{}}), 400, "malformed", "external"},
		{"too long", w.invite("a@b.test", 1, object{"expires_in_days": 91}), 400, "malformed", "expires_in_days"},
		{"no address", w.invite(" ", 1), 422, "missing_email", "candidate.email"},
		{"bad address", w.invite("a@b", 1), 422, "invalid_email", "candidate.email"},
		{"no such test", w.invite("a@b.test", 1, object{"test_name": "general programming"}), 422, "assessment_not_found", "test_id"},
		{"no such id", w.invite("a@b.test", 1, object{"test_id": "t_99"}), 422, "assessment_not_found", "test_id"},
		{"in the past", w.api("POST", one+"/extend", object{"expires_at": "2020-01-01T00:00:00Z"}), 400, "malformed", "expires_at"},
	} {
		w.expect(c.name, c.got.status, c.status)
		w.expect(c.name, c.got.at("error", "code"), c.code)
		w.expect(c.name, c.got.at("error", "field"), c.field)
		if c.got.at("error", "message") == "" || c.got.at("error", "request_id") == "" {
			t.Errorf("%s: message or request_id is missing: %s", c.name, c.got.raw)
		}
	}
	w.expect("mails", w.mails(""), 1)
}

// TestOfSeveralTestsOfOneNameTheNewestIsSent: and outer blanks do not count.
func TestOfSeveralTestsOfOneNameTheNewestIsSent(t *testing.T) {
	w := start(t, kit.Options{})
	newest := w.act("test", object{"name": "Backend Go"}).at("id")
	w.expect("sent", w.invite("bo@b.test", 1, object{"test_name": " Backend Go "}).at("test", "id"), newest)
}

func TestAnInviteHappensOnceForItsKey(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.api("POST", "/invitations", asked("bo@b.test", 1), "Idempotency-Key", "k")
	w.expect("first", made.status, 201)
	again := w.api("POST", "/invitations", asked("bo@b.test", 1), "Idempotency-Key", "k")
	w.expect("again", again.raw, made.raw)
	w.expect("again is a replay", again.header.Get("Idempotent-Replayed"), "true")
	other := w.api("POST", "/invitations", asked("other@b.test", 1), "Idempotency-Key", "k")
	w.expect("another body", other.at("error", "code"), "idempotency_key_reused")
	w.expect("mails", w.mails(""), 1)
}

// TestInvitingAgain is section 0.5 of the sheet.
func TestInvitingAgain(t *testing.T) {
	type result struct {
		status  int
		code    string // of a refusal
		attempt int    // after it
		mails   int    // to the address of the second invite, both invites together
	}
	for _, c := range []struct {
		is              string
		acts            []string
		email           string // of the second invite
		plain, explicit result
	}{
		{"sent", nil, "bo@b.test", result{200, "", 1, 1}, result{200, "", 1, 2}},
		{"bounced", []string{"bounce"}, "bo@b.test", result{200, "", 1, 1}, result{201, "", 2, 2}},
		{"bounced, new address", []string{"bounce"}, "new@b.test", result{201, "", 2, 1}, result{201, "", 2, 1}},
		{"in progress", []string{"start"}, "bo@b.test", result{200, "", 1, 1}, result{409, "conflict", 1, 1}},
		{"completed", []string{"submit"}, "bo@b.test", result{200, "", 1, 1}, result{201, "", 2, 2}},
		{"expired", []string{"expire"}, "bo@b.test", result{200, "", 1, 1}, result{201, "", 2, 2}},
		{"declined", []string{"decline"}, "bo@b.test", result{200, "", 1, 1}, result{201, "", 2, 2}},
		{"cancelled", []string{"cancel"}, "bo@b.test", result{200, "", 1, 1}, result{201, "", 2, 2}},
	} {
		for _, reinvite := range []bool{false, true} {
			want := c.plain
			if reinvite {
				want = c.explicit
			}
			t.Run(fmt.Sprintf("%s, reinvite %v", c.is, reinvite), func(t *testing.T) {
				w := start(t, kit.Options{})
				made := w.invite("bo@b.test", 1)
				w.expect("first invite", made.status, 201)
				for _, verb := range c.acts {
					w.act(verb, object{"application": "opp_1"})
				}
				got := w.invite(c.email, 1, object{"reinvite": reinvite})
				w.expect("status", got.status, want.status)
				w.expect("code", got.at("error", "code"), want.code)
				w.expect("mails", w.mails(c.email), want.mails)
				if want.code == "" {
					w.expect("attempt", got.at("attempt"), want.attempt)
					w.expect("a new attempt has a new id", got.at("id") != made.at("id"), want.attempt == 2)
				}
			})
		}
	}
	t.Run("erased", func(t *testing.T) {
		w := start(t, kit.Options{})
		w.invite("bo@b.test", 1)
		w.api("DELETE", "/candidates/cand_1", nil)
		w.expect("plain", w.invite("bo@b.test", 1).at("error", "code"), "candidate_erased")
		w.expect("explicit", w.invite("bo@b.test", 1, object{"reinvite": true}).status, 410)
	})
	t.Run("one for each application and test", func(t *testing.T) {
		w := start(t, kit.Options{})
		w.invite("bo@b.test", 1)
		w.expect("another test", w.invite("bo@b.test", 1, object{"test_name": "Backend Go"}).status, 201)
		w.expect("another application", w.invite("bo@b.test", 2).status, 201)
		w.expect("mails", w.mails("bo@b.test"), 3)
	})
}

func TestManaging(t *testing.T) {
	w := start(t, kit.Options{})
	w.control("POST", "clock/set", object{"at": "2030-01-01T00:00:00Z"})
	path := "/invitations/" + w.invite("bo@b.test", 1).at("id")
	expires := func() string { w.Helper(); return w.api("GET", path, nil).at("expires_at")[:10] }
	w.expect("seven days", expires(), "2030-01-08")
	w.invite("bo@b.test", 1, object{"expires_in_days": 3})
	w.expect("a plain invite replaces the window", expires(), "2030-01-04")
	w.expect("extended", w.api("POST", path+"/extend", object{"expires_at": "2030-01-20T00:00:00Z"}).status, 200)
	w.advance("240h")
	w.expect("the old windows end nothing", w.api("GET", path, nil).at("status"), "sent")
	w.expect("resent", w.api("POST", path+"/resend", nil).status, 200)
	w.expect("mails", w.mails("bo@b.test"), 2)
	w.advance("240h")
	got := w.api("GET", path, nil)
	w.expect("over", got.at("status")+" "+got.at("reason"), "expired not_started")
	w.expect("too late", w.api("POST", path+"/resend", nil).at("error", "code"), "invalid_transition")
	got = w.api("POST", path+"/extend", object{"expires_at": "2030-02-01T00:00:00Z"})
	w.expect("open again", got.at("status")+got.at("reason")+got.at("expired_at"), "sent")
	w.act("start", object{"application": "opp_1"})
	w.advance("480h")
	w.expect("abandoned", w.api("GET", path, nil).at("reason"), "abandoned")
	w.expect("where she was", w.api("POST", path+"/extend", object{"expires_at": "2030-03-01T00:00:00Z"}).at("status"), "in_progress")
	w.expect("cancelled", w.api("POST", path+"/cancel", nil).at("status"), "cancelled")
	w.expect("once", w.api("POST", path+"/cancel", nil).status, 409)
}

func TestATestIsTakenThreeTimesAtMost(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite("bo@b.test", 1).at("id")
	for attempt := 2; attempt <= 3; attempt++ {
		w.act("submit", object{"application": "opp_1"})
		got := w.api("POST", "/invitations/"+id+"/retake", nil)
		w.expect("retake", got.at("attempt"), attempt)
		id = got.at("id")
	}
	w.act("submit", object{"application": "opp_1"})
	w.expect("a fourth", w.api("POST", "/invitations/"+id+"/retake", nil).at("error", "code"), "retake_not_allowed")
}

// TestAWebhookSaysWhatTheSheetShows: and so does a read.
func TestAWebhookSaysWhatTheSheetShows(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	secret := w.api("POST", "/webhooks", object{"url": e.url, "events": []string{"test.completed"}}).at("signature_token")
	id := w.invite("bo@b.test", 1).at("id")
	w.act("score", object{"invitation": id, "score": "71", "language": "go", "seconds": 3120})
	w.advance("0s")
	all := e.all()
	if len(all) != 1 {
		t.Fatalf("want one delivery, got %v", all)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil || hook.VerifyIgnoringTimestamp([]byte(all[0].body), all[0].header) != nil {
		t.Errorf("it is not signed by %s: %v", secret, err)
	}
	var told answer
	json.Unmarshal([]byte(all[0].body), &told.body)
	w.expect("type", told.at("type"), "test.completed")
	w.expect("invitation", told.at("data", "invitation_id"), id)
	w.expect("test", told.at("data", "test", "name"), "General Programming")
	w.expect("report", told.at("data", "report_url"), w.url+"/reports/"+id)
	read := w.api("GET", "/invitations/"+id, nil)
	w.expect("a read agrees", read.at("result"), told.at("data", "result"))
	w.expect("a read agrees", read.at("report_url"), told.at("data", "report_url"))
	result := w.api("GET", "/invitations/"+id+"/result", nil)
	for name, want := range map[string]any{
		"revision": 1, "finality": "final", "score": 71, "max_score": 100, "language": "go", "time_spent_seconds": 3120,
		"report_url": w.url + "/reports/" + id, "playback_url": w.url + "/reports/" + id + "/playback",
	} {
		w.expect(name, result.at(name), want)
	}
	if report := w.send("", "GET", "/reports/"+id, nil).raw; !strings.Contains(report, "71 of 100 points in go, 52m0s") {
		t.Errorf("the report says %q", report)
	}
	if strings.Contains(all[0].body, "bo@b.test") || strings.Contains(all[0].body, "Lind") || strings.Contains(read.raw, "Lind") {
		t.Errorf("it names the person: %s", all[0].body)
	}
}

func TestErasing(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.act("webhook", object{"url": e.url})
	one := "/invitations/" + w.invite("bo@b.test", 1).at("id")
	two := "/invitations/" + w.invite("Bo@b.test", 1, object{"test_name": "Backend Go"}).at("id")
	w.act("submit", object{"application": "opp_1", "test": "Backend Go"})
	for range 2 {
		w.expect("one invitation", w.api("DELETE", one, nil).status, 204)
	}
	w.expect("gone", w.api("GET", one, nil).at("error", "code"), "candidate_erased")
	w.expect("nor made again", w.invite("bo@b.test", 1).status, 410)
	w.expect("the other", w.api("GET", two, nil).at("status"), "completed")
	w.expect("never there", w.api("DELETE", "/invitations/hin_99", nil).status, 404)
	for range 2 {
		w.expect("everywhere", w.api("DELETE", "/candidates/cand_1", nil).status, 204)
	}
	w.expect("gone", w.api("GET", two+"/result", nil).status, 410)
	w.expect("never known", w.api("DELETE", "/candidates/cand_99", nil).status, 204)
	w.expect("who was never known may come", w.invite("new@b.test", 99).status, 201)
	w.expect("mail", w.mails("bo@b.test"), 0)
	state := strings.ToLower(w.control("GET", "state", nil).raw)
	if strings.Contains(state, "bo@b.test") || !strings.Contains(state, "new@b.test") {
		t.Errorf("the state after the erasure: %s", state)
	}
	w.advance("0s")
	w.expect("heard", e.types(), "invitation.sent invitation.sent test.started test.completed invitation.cancelled invitation.sent")
}
