package sandbox_test

import (
	"regexp"
	"strings"
	"testing"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestMagicAddresses is the sheet's table: who is at the address decides what becomes of the invitation.
func TestMagicAddresses(t *testing.T) {
	for _, c := range []struct{ email, status, evaluation, told string }{
		{"ada@b.test", "invited", "not_required", "invited"},
		{"slow+1@b.test", "invited", "not_required", "invited"},
		{"noshow+1@b.test", "invited", "not_required", "invited"},
		{"bounce+1@b.test", "bounced", "not_required", "invited bounced"},
		{"soft+1@b.test", "bounced", "not_required", "invited bounced"},
		{"decline+1@b.test", "cancelled", "not_required", "invited cancelled"},
		{"score-73+1@b.test", "completed", "not_required", "invited started completed"},
		{"manual-40-65+1@b.test", "completed", "done", "invited started completed evaluated"},
	} {
		t.Run(c.email, func(t *testing.T) {
			w, e := start(t, kit.Options{}), listen(t)
			w.subscribe(e.url)
			made := w.invite(c.email, 1)
			w.expect("never while it is answered", made.at("status"), "invited")
			w.advance("1m")
			got := w.get(made.at("id"))
			w.expect("status", got.at("status")+" "+got.at("evaluation"), c.status+" "+c.evaluation)
			w.expect("told", strings.ReplaceAll(e.types(), "participant.", ""), c.told)
		})
	}
	w := start(t, kit.Options{})
	w.invite("soft+1@b.test", 1)
	w.advance("1m")
	again := w.invite("soft+1@b.test", 1, object{"reinvite": true})
	w.advance("1m")
	w.expect("a soft bounce happens once", w.get(again.at("id")).at("status"), "invited")
}

// TestActsAndActions: what is possible where, and what is told of it.
func TestActsAndActions(t *testing.T) {
	for _, c := range []struct{ do, status, told string }{
		{"open", "invited", "invited"},
		{"start start", "in_progress", "invited started"},
		{"start submit", "completed", "invited started completed"},
		{"submit", "completed", "invited started completed"},
		{"score evaluate", "completed", "invited started completed evaluated"},
		{"start expire", "expired", "invited started expired"},
		{"expire extend", "invited", "invited expired extended"},
		{"start expire extend", "in_progress", "invited started expired extended"},
		{"extend", "invited", "invited extended"},
		{"cancel", "cancelled", "invited cancelled"},
		{"decline", "cancelled", "invited cancelled"},
		{"resend", "invited", "invited"},
	} {
		w, e := start(t, kit.Options{}), listen(t)
		w.subscribe(e.url)
		made := w.invite("ada@b.test", 1)
		for verb := range strings.FieldsSeq(c.do) {
			w.act(verb, object{"participant": made.at("id")})
		}
		w.advance("0s")
		w.expect(c.do, w.get(made.at("id")).at("status"), c.status)
		w.expect(c.do, strings.ReplaceAll(e.types(), "participant.", ""), c.told)
	}
	for _, c := range []struct{ do, refused string }{
		{"score", "start submit cancel decline bounce expire resend extend open"},
		{"cancel", "start submit score evaluate bounce expire resend extend"},
		{"bounce", "start submit evaluate cancel expire resend extend"},
		{"start", "bounce evaluate"},
		{"expire", "start submit resend cancel"},
	} {
		w := start(t, kit.Options{})
		w.invite("ada@b.test", 1)
		w.act(c.do, object{"application": "app_1"})
		for verb := range strings.FieldsSeq(c.refused) {
			got := w.send("POST", "/_sandbox/acts/"+verb, object{"application": "app_1"})
			if got.status != 422 || !strings.Contains(got.raw, "invalid_transition") {
				t.Errorf("after %s, %s: %d %s", c.do, verb, got.status, got.raw)
			}
		}
	}
}

// TestTheDeadline is scenario 3 of the sheet, and what follows from a deadline.
func TestTheDeadline(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.subscribe(e.url, "participant.expired")
	hard := w.invite("ada@b.test", 1)
	w.act("assessment-edit", object{"assessment": "Data Analyst Assessment", "soft_expiration": true})
	soft := w.invite("bo@b.test", 2, object{"assessment_name": "Data Analyst Assessment"})
	w.advance("167h")
	w.expect("before", w.get(hard.at("id")).at("status"), "invited")
	w.advance("2h")
	w.expect("after", w.get(hard.at("id")).at("status"), "expired")
	w.expect("told", e.types(), "participant.expired")
	w.advance("240h")
	w.act("start", object{"application": "app_2"})
	w.expect("softly, ten days later", w.get(soft.at("id")).at("status"), "in_progress")
	w.advance("720h")
	w.expect("at last", w.get(soft.at("id")).at("status"), "expired")
	w.expect("told", e.types(), "participant.expired participant.expired")
}

func TestActions(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite("ada@b.test", 1).at("id")
	post := func(action string, body object) answer {
		w.Helper()
		return w.api("POST", "/participants/"+id+"/"+action, body)
	}
	w.expect("no date", post("extend", object{}).at("error", "code"), "malformed")
	w.expect("a past date", post("extend", object{"expires_at": "2020-01-01T00:00:00Z"}).at("error", "code"), "window_closed")
	w.expect("extended", post("extend", object{"expires_at": "2090-01-01T00:00:00Z"}).at("expires_at"), "2090-01-01T00:00:00Z")
	w.advance("1000h")
	w.expect("the old deadline no longer counts", w.get(id).at("status"), "invited")
	w.expect("extra time", post("extra-time", object{"percent": 25}).at("extra_time_percent"), 25)
	w.expect("no extra time", post("extra-time", object{"percent": 0}).at("error", "code"), "malformed")
	w.expect("again", post("resend", nil).status, 200)
	w.expect("mails", w.mails("ada@b.test"), 2)
	for _, status := range []string{"hired", "unhired", "rejected", "unrejected"} {
		w.expect(status, w.api("PUT", "/participants/"+id+"/hiring-status", object{"status": status}).at("hiring_status"), status)
	}
	w.expect("no such status", w.api("PUT", "/participants/"+id+"/hiring-status", object{"status": "late"}).at("error", "code"), "malformed")
	w.expect("cancelled", post("cancel", object{"reason": "filled"}).at("status"), "cancelled")
	w.expect("twice", post("cancel", nil).at("error", "code"), "invalid_transition")
}

func TestSendingLater(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.subscribe(e.url)
	w.control("POST", "clock/set", object{"at": "2026-03-01T08:00:00Z"})
	made := w.invite("ada@b.test", 1, object{"send_at": "2026-03-02T08:00:00Z"})
	w.expect("status", made.at("status"), "scheduled")
	w.invite("ada@b.test", 1, object{"send_at": "2026-03-03T08:00:00Z"})
	w.advance("25h")
	w.expect("put off", w.mails("ada@b.test"), 0)
	w.advance("24h")
	w.expect("sent", w.get(made.at("id")).at("status"), "invited")
	w.expect("mails", w.mails("ada@b.test"), 1)
	w.expect("told", e.types(), "participant.scheduled participant.invited")
}

// TestGrading is scenario 2 of the sheet: a partial result, then the final one, then a correction.
func TestGrading(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite("ada@b.test", 1, object{"assessment_name": "Product Analytics"}).at("id")
	now := func() string {
		got := w.get(id)
		return strings.Join([]string{
			got.at("evaluation"), got.at("result", "revision"), got.at("result", "finality"), got.at("result", "score"),
		}, " ")
	}
	for _, c := range []struct {
		verb, score, want string
	}{
		{"submit", "40", "pending 1 partial 40"}, {"evaluate-part", "45.5", "pending 2 partial 45.5"}, {"evaluate", "65", "done 3 final 65"},
		{"evaluate", "70", "done 4 corrected 70"},
	} {
		w.act(c.verb, object{"participant": id, "score": c.score})
		w.expect(c.verb, now(), c.want)
	}
	got := w.send("POST", "/_sandbox/acts/evaluate-part", object{"participant": id, "score": 10})
	w.expect("what is final is not opened again", got.status, 422)
	w.expect("a score out of range", w.send("POST", "/_sandbox/acts/evaluate", object{"participant": id, "score": 101}).status, 422)
	w.act("evaluate", object{"participant": id, "score": 71, "tests": []object{
		{"name": "SQL", "score": 8, "max_score": 10, "skills": []object{{"name": "Joins", "score": 90}}}, {"name": "Extra", "score": 5},
	}})
	raw := w.get(id).raw
	for _, want := range []string{
		`{"name":"SQL","score":8,"max_score":10,"skills":[{"name":"Joins","score":90}]}`, `{"name":"Extra","score":5,"max_score":100}`,
		`{"name":"Free response","score":71,"max_score":100}`,
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("the result lacks %s: %s", want, raw)
		}
	}
}

func TestAnonymising(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	w.subscribe(e.url, "participant.anonymised", "participant.invited")
	done := w.invite("", 1, object{"candidate": object{
		"first_name": "Zoe", "last_name": "Quist", "email": "ada@b.test", "phone": "+1 777", "resume_url": "https://cv.test/zoe",
	}}).at("id")
	open := w.invite("Ada@b.test", 1, object{"assessment_name": "Product Analytics"}).at("id")
	other := w.invite("bo@b.test", 2).at("id")
	w.act("score", object{"participant": done, "score": 80})
	if state := w.control("GET", "state", nil).raw; !strings.Contains(state, "192.0.2.7") || !strings.Contains(state, "+1 777") {
		t.Errorf("nothing was collected: %s", state)
	}
	for range 2 {
		got := w.api("POST", "/candidates/cand_1/anonymise", nil)
		w.expect("anonymised", got.raw, `{"external_candidate_id":"cand_1","participants":2}`)
	}
	w.advance("0s")
	told := strings.ReplaceAll(e.types(), "participant.", "")
	w.expect("told once each", told, "invited invited invited anonymised anonymised")
	w.expect("the score stays", w.get(done).at("status")+" "+w.get(done).at("result", "score"), "anonymised 80")
	w.expect("the other's", w.get(other).at("status"), "invited")
	state := w.control("GET", "state", nil).raw
	for _, personal := range []string{"Zoe", "Quist", "ada@b.test", "Ada@b.test", "+1 777", "https://cv.test/zoe", "192.0.2.7"} {
		if strings.Contains(state, personal) {
			t.Errorf("the state still holds %q", personal)
		}
	}
	w.expect("mails", w.mails("ada@b.test"), 0)
	w.expect("mails", w.mails("bo@b.test"), 1)
	w.expect("nothing can be done with her", w.api("POST", "/participants/"+open+"/resend", nil).status, 410)
	w.expect("nor told of her", w.api("PUT", "/participants/"+open+"/hiring-status", object{"status": "hired"}).status, 410)
	w.advance("1000h")
	w.expect("nor does she expire", w.get(open).at("status"), "anonymised")
}

func TestThePageIsPlayable(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.invite("ada@b.test", 1, object{"assessment_name": "Product Analytics"})
	form := func(verb, values string) {
		t.Helper()
		body := "participant=" + made.at("id") + "&" + values
		got := w.send("POST", "/_sandbox/acts/"+verb, body, "Content-Type", "application/x-www-form-urlencoded")
		w.expect(verb, got.status, 200) // after the way back to the page
	}
	page := func(want string) {
		t.Helper()
		if got := w.send("GET", "/", nil).raw; !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	page("Ada Diaz")
	form("start", "")
	page("in_progress, attempt 1")
	form("submit", "score=40")
	page("40 of 100, partial, revision 1")
	acts := w.control("GET", "acts", nil).raw
	for _, offered := range regexp.MustCompile(`acts/([a-z-]+)"`).FindAllStringSubmatch(w.send("GET", "/", nil).raw, -1) {
		if !strings.Contains(acts, `"`+offered[1]+`"`) {
			t.Errorf("the page offers %s, which is no act", offered[1])
		}
	}
	form("evaluate-part", "score=50")
	form("evaluate", "score=65")
	page("65 of 100, final, revision 3")
}
