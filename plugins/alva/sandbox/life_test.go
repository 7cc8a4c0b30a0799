package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestMagicAddresses: the local part of an address decides what becomes of its owner.
func TestMagicAddresses(t *testing.T) {
	for _, c := range []struct {
		address string
		heard   string // after a day
		status  string
		fit     string
	}{
		{"bounce+1@b.test", "candidate.created invitation.sent invitation.bounced", "bounced", ""},
		{"soft+1@b.test", "candidate.created invitation.sent invitation.bounced", "bounced", ""},
		{"slow+1@b.test", "candidate.created invitation.sent", "sent", ""},
		{"decline+1@b.test", "candidate.created invitation.sent", "sent", ""},
		{"noshow+1@b.test", "candidate.created invitation.sent", "sent", ""},
		{"bo@b.test", "candidate.created invitation.sent", "sent", ""},
		{
			"score-73+1@b.test",
			"candidate.created invitation.sent test.started test_result.created test_result.created role_fit.created",
			"completed", "73 medium final",
		},
		{
			"manual-40-65+1@b.test",
			"candidate.created invitation.sent test.started test_result.created role_fit.created test_result.created role_fit.created",
			"completed", "65 medium final",
		},
	} {
		t.Run(c.address, func(t *testing.T) {
			w, e := start(t, kit.Options{}), listen(t)
			w.act("webhook", object{"url": e.url})
			pos := w.position("post_1")
			made := w.invite(pos, c.address, 1)
			w.expect("at once", made.at("invitation", "status"), "sent")
			w.advance("4s")
			w.expect("after 4 s", e.types(), "candidate.created invitation.sent")
			w.advance("24h")
			w.expect("heard", e.types(), c.heard)
			now := w.api("GET", "/job-positions/"+pos+"/candidates/"+made.at("id"), nil)
			w.expect("status", now.at("invitation", "status"), c.status)
			fit := now.at("role_fit", "score") + " " + now.at("role_fit", "label") + " " + now.at("role_fit", "finality")
			w.expect("fit", strings.TrimSpace(fit), c.fit)
		})
	}
}

func TestASoftBounceHappensOnce(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	path := "/job-positions/" + pos + "/candidates/" + w.invite(pos, "soft+1@b.test", 1).at("id")
	w.advance("6s")
	got := w.api("GET", path, nil)
	w.expect("bounce", got.at("invitation", "bounce_type"), "soft")
	w.invite(pos, "soft+1@b.test", 1, object{"reinvite": true})
	w.advance("1h")
	w.expect("second attempt", w.api("GET", path, nil).at("invitation", "status"), "sent")
}

func TestMagicEndsWithItsAttempt(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	path := "/job-positions/" + pos + "/candidates/" + w.invite(pos, "score-73+1@b.test", 1).at("id")
	w.advance("3s")
	w.act("bounce", object{"application": "opp_1"})
	w.invite(pos, "score-73+1@b.test", 1, object{"reinvite": true})
	w.advance("3s")
	w.expect("3 s after the second", w.api("GET", path, nil).at("invitation", "status"), "sent")
	w.advance("3s")
	w.expect("6 s after it", w.api("GET", path, nil).at("invitation", "status"), "started")
}

// TestEarlierResultsCompleteWithoutAStart is LV22.
func TestEarlierResultsCompleteWithoutAStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		age    time.Duration
		tests  []string
		heard  string
		status string
	}{
		{"valid", 24 * time.Hour, nil, "candidate.created invitation.sent test_result.created test_result.created role_fit.created", "completed"},
		{"too old", 740 * 24 * time.Hour, nil, "candidate.created invitation.sent", "sent"},
		{"one of two", 24 * time.Hour, []string{"logic"}, "candidate.created invitation.sent test_result.created", "sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, e := start(t, kit.Options{}), listen(t)
			w.act("webhook", object{"url": e.url})
			w.act("stored-result", object{"email": "BO@b.test", "score": "82", "tests": c.tests, "completed_at": time.Now().Add(-c.age)})
			made := w.invite(w.position("post_1"), "bo@b.test", 1)
			w.advance("0s")
			w.expect("heard", e.types(), c.heard)
			w.expect("answered", made.at("invitation", "status"), c.status)
			w.expect("mails", w.mails("bo@b.test"), 1)
			if c.status == "completed" {
				w.expect("fit", made.at("role_fit", "score"), 82)
				w.expect("never started", made.at("invitation", "started_at"), "")
				w.expect("reused", strings.Count(made.raw, `"reused":true`), 2)
			}
		})
	}
	t.Run("taken for another position", func(t *testing.T) {
		w := start(t, kit.Options{})
		w.invite(w.position("post_1"), "bo@b.test", 1)
		w.act("score", object{"application": "opp_1", "score": 91})
		w.expect("second position", w.invite(w.position("post_2"), "bo@b.test", 2).at("role_fit", "score"), 91)
	})
}

func TestARetakeAfterAResetIsTheNextRevision(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	pos := w.position("post_1")
	path := "/job-positions/" + pos + "/candidates/" + w.invite(pos, "bo@b.test", 1).at("id")
	w.act("score", object{"application": "opp_1", "score": 40})
	w.act("webhook", object{"url": e.url})
	got := w.api("POST", path+"/tests/reset", object{"tests": []string{"logic"}})
	w.expect("reset", got.status, 200)
	w.expect("the other test stays", strings.Count(got.raw, `"kind"`), 1)
	w.expect("role fit is gone", got.at("role_fit"), "")
	w.expect("nobody is mailed", w.mails("bo@b.test"), 1)
	got = w.act("score", object{"application": "opp_1", "score": 80})
	w.expect("revision", got.at("revision"), 2)
	w.expect("finality", got.at("role_fit", "finality"), "final")
	w.advance("0s")
	w.expect("heard", e.types(), "test.started test_result.created role_fit.created")
	w.act("evaluate", object{"application": "opp_1", "score": 81})
	got = w.api("GET", path, nil)
	w.expect("recalculated", got.at("role_fit", "finality")+" "+got.at("revision"), "corrected 3")
	w.expect("nothing to reset", w.api("POST", path+"/tests/reset", object{}).status, 400)
}

func TestMailingAgain(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	path := "/job-positions/" + pos + "/candidates/" + w.invite(pos, "bo@b.test", 1).at("id")
	w.expect("resend", w.api("POST", path+"/invitation/resend", nil, "Idempotency-Key", "r1").status, 200)
	w.expect("the same", w.api("POST", path+"/invitation/resend", nil, "Idempotency-Key", "r1").status, 200)
	w.expect("reminder", w.api("POST", path+"/invitation/reminder", nil).status, 200)
	w.expect("mails", w.mails("bo@b.test"), 3)
	w.act("score", object{"application": "opp_1"})
	w.expect("too late", w.api("POST", path+"/invitation/reminder", nil).at("error", "code"), "invalid_transition")
}

func TestStages(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	path := "/job-positions/" + pos + "/candidates/" + w.invite(pos, "bo@b.test", 1).at("id")
	for _, stage := range []string{"shortlisted", "hired", "rejected", "withdrawn", "in_process"} {
		w.expect(stage, w.api("PATCH", path, object{"stage": stage}).at("stage"), stage)
	}
	w.expect("another", w.api("PATCH", path, object{"stage": "loved"}).at("error", "field"), "stage")
}

func TestRemovingAndErasing(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.act("webhook", object{"url": e.url, "events": []string{"candidate.removed"}})
	one, two := w.position("post_1"), w.position("post_2")
	first := "/job-positions/" + one + "/candidates/" + w.invite(one, "bo@b.test", 1).at("id")
	second := "/job-positions/" + two + "/candidates/" + w.invite(two, "bo@b.test", 1).at("id")
	w.act("score", object{"application": "opp_1", "posting": "post_1"})

	for range 2 {
		w.expect("from one position", w.api("DELETE", first, nil).status, 204)
	}
	got := w.api("GET", first, nil)
	w.expect("reads agree with the event", got.at("invitation", "status"), "removed")
	w.expect("results are gone", got.at("role_fit")+got.at("tests"), "[]")
	w.expect("nobody to write to", w.api("PATCH", first, object{"stage": "hired"}).status, 404)
	w.expect("the other position", w.api("GET", second, nil).at("invitation", "status"), "sent")
	w.expect("never there", w.api("DELETE", "/job-positions/"+one+"/candidates/alc_99", nil).status, 404)

	for range 2 {
		w.expect("everywhere", w.api("DELETE", "/candidates/external/cand_1", nil).status, 204)
	}
	w.expect("gone", w.api("GET", second, nil).at("error", "code"), "candidate_erased")
	w.expect("deleting what is gone", w.api("DELETE", second, nil).status, 204)
	w.expect("never known", w.api("DELETE", "/candidates/external/cand_99", nil).status, 204)
	w.expect("who was never known may come", w.invite(one, "new@b.test", 99).status, 201)
	w.expect("mail", w.mails("bo@b.test"), 0)
	if state := w.control("GET", "state", nil); strings.Contains(state.raw, "bo@b.test") || !strings.Contains(state.raw, "new@b.test") {
		t.Errorf("the state after the erasure: %s", state.raw)
	}
	w.advance("0s")
	w.expect("heard", e.types(), "candidate.removed candidate.removed")
}

func TestActs(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite(w.position("post_1"), "bo@b.test", 1).at("id")
	her := object{"application": "opp_1"}
	w.expect("open", w.act("open", her).at("opened"), true)
	w.expect("start", w.act("start", her).at("invitation", "status"), "started")
	w.expect("pause", w.act("pause", her).at("paused"), true)
	w.expect("resume", w.act("start", her).at("paused"), false)
	partial := w.act("score", object{"candidate": id, "score": 55.5, "final": false, "tests": []object{{"kind": "logic", "score": 7}}})
	w.expect("partial", partial.at("role_fit", "finality")+" "+partial.at("role_fit", "score"), "partial 55.5")
	w.expect("still open", partial.at("invitation", "status"), "started")
	w.expect("as ordered", strings.Count(partial.raw, `"kind"`), 1)
	done := w.act("score", object{"email": "BO@b.test", "score": 99.6, "revision": 7})
	w.expect("final", done.at("role_fit", "label")+" "+done.at("revision"), "high 7")
	for verb, args := range map[string]object{
		"start": her, "bounce": her, "fail": her, "score": {"application": "opp_1", "score": 101}, "open": {"application": "opp_1"},
		"pause": {}, "submit": {"application": "nobody"},
	} {
		if got := w.send("POST", "/_sandbox/acts/"+verb, args); got.status/100 != 4 {
			t.Errorf("%s %v: %d, want a refusal", verb, args, got.status)
		}
	}
}

func TestBands(t *testing.T) {
	w := start(t, kit.Options{})
	w.invite(w.position("post_1"), "bo@b.test", 1)
	for score, want := range map[float64]string{
		100: "very_high", 99.6: "high", 99: "high", 76: "high", 75: "high", 74: "medium", 51: "medium", 50: "medium",
		49: "low", 26: "low", 25: "low", 24: "very_low", 0: "very_low",
	} {
		w.expect(fmt.Sprint(score), w.act("score", object{"application": "opp_1", "score": score}).at("role_fit", "label"), want)
	}
}

func TestThePageShowsWhatCanBePlayed(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite(w.position("post_1"), "<b>bo@b.test", 1).at("id")
	page := w.send("GET", "/", nil)
	for _, want := range []string{"acts/start", "acts/score", "Data Analyst", "&lt;b&gt;bo@b.test"} {
		if !strings.Contains(page.raw, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	got := w.send("POST", "/_sandbox/acts/score", "candidate="+id+"&score=64", "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(got.raw, "64, final, revision 1") {
		t.Errorf("after the form: %d %s", got.status, got.raw)
	}
}
