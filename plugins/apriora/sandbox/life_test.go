package sandbox_test

import (
	"strings"
	"testing"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestMagicAddresses: the local part of an address decides what becomes of its owner.
func TestMagicAddresses(t *testing.T) {
	const interview = " session.started session.ended session.completed"
	for _, c := range []struct{ address, heard, status, score string }{
		{"bounce+1@b.test", " invite.bounced", "BOUNCED", ""},
		{"soft+1@b.test", " invite.bounced", "BOUNCED", ""},
		{"slow+1@b.test", "", "INVITE_SENT", ""},
		{"decline+1@b.test", "", "INVITE_SENT", ""},
		{"cy@b.test", "", "INVITE_SENT", ""},
		{"noshow+1@b.test", " session.scheduled session.missed", "INTERVIEW_MISSED", ""},
		{"score-73+1@b.test", interview, "INTERVIEW_COMPLETE", "73"},
		{"score-0.5+1@b.test", interview, "INTERVIEW_COMPLETE", "0.5"},
		{"manual-40-65+1@b.test", interview, "INTERVIEW_COMPLETE", "65"},
	} {
		t.Run(c.address, func(t *testing.T) {
			w := start(t, kit.Options{})
			e := w.listen()
			made := w.invite(w.position("post_1"), c.address, 1)
			w.expect("at once", made.at("status"), "INVITE_SENT")
			w.advance("4s")
			w.expect("after 4 s", e.events(), "invite.sent")
			w.advance("24h")
			w.expect("heard", e.events(), "invite.sent"+c.heard)
			w.expect("status", w.read(made).at("status"), c.status)
			w.expect("score", w.api("GET", "/reports?candidateId="+made.at("candidateId"), nil).at("overallScore"), c.score)
		})
	}
}

func TestASoftBounceHappensOnce(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	first := w.invite(pos, "soft+1@b.test", 1)
	w.advance("6s")
	w.expect("bounce", w.read(first).at("bounceType"), "soft")
	second := w.invite(pos, "soft+1@b.test", 1, object{"reinvite": true})
	w.advance("1h")
	w.expect("second attempt", w.read(second).at("status"), "INVITE_SENT")
}

func TestAnUnfinishedInterviewIsGivenUpAfter96Hours(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    []string
		after string
	}{
		{"left", []string{"start", "pause"}, "INTERVIEW_INCOMPLETE"},
		{"under way", []string{"start"}, "INTERVIEW_INCOMPLETE"},
		{"ended", []string{"start", "end"}, "ENDED"},
		{"not begun", []string{"open"}, "INVITE_SENT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, kit.Options{})
			made := w.invite(w.position("post_1"), "cy@b.test", 1)
			for _, verb := range c.do {
				w.act(verb, her)
			}
			before := w.read(made).at("status")
			w.advance("95h59m")
			w.expect("before", w.read(made).at("status"), before)
			w.advance("2m")
			w.expect("after", w.read(made).at("status"), c.after)
		})
	}
}

func TestManagingAnInvite(t *testing.T) {
	w := start(t, kit.Options{})
	e := w.listen()
	pos := w.position("post_1")
	made := w.invite(pos, "cy@b.test", 1)
	do := func(verb string, body any, headers ...string) answer {
		w.Helper()
		return w.api("POST", "/invites/"+made.at("inviteId")+"/"+verb, body, headers...)
	}
	w.expect("resend", do("resend", nil, "Idempotency-Key", "r1").status, 200)
	w.expect("the same", do("resend", nil, "Idempotency-Key", "r1").header.Get("Idempotent-Replayed"), "true")
	w.expect("mails", w.mails("cy@b.test"), 2)
	w.act("expire", her)
	w.expect("an expired one is not mailed", do("resend", nil).at("error", "code"), "invalid_transition")
	w.expect("into the past", do("extend", object{"expiresAt": 1}).at("error", "code"), "window_closed")
	w.expect("extended", do("extend", object{"expiresAt": time.Now().Add(400 * time.Hour).Unix()}).at("status"), "INVITE_SENT")
	w.expect("the same attempt", w.read(made).at("attempt"), "1")
	w.act("start", her)
	w.act("abandon", her)
	w.expect("extended", do("extend", object{"expiresAt": time.Now().Add(300 * time.Hour).Unix()}).at("status"), "PAUSED")
	w.advance("200h")
	w.expect("its window counts", w.act("start", her).at("status"), "IN_PROGRESS")
	w.expect("cancel", do("cancel", nil).at("status"), "CANCELLED")
	w.expect("it is over", do("cancel", nil).at("error", "code"), "invalid_transition")
	w.advance("0s")
	w.expect("heard", e.events(),
		"invite.sent session.incomplete invite.sent session.started session.incomplete session.started")
}

func TestErasing(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	made := w.invite(pos, "cy@b.test", 1)
	w.act("complete", object{"application": "opp_1", "score": 82})
	candidate := "candidateId=" + made.at("candidateId")
	w.expect("interviewed for the position", w.api("GET", "/candidates?positionId="+pos, nil).at("email"), "cy@b.test")
	report := w.api("GET", "/reports?"+candidate, nil)
	w.expect("the interview", w.api("GET", "/interviews?"+candidate, nil).at("interviewId"), report.at("reportId"))
	file := strings.TrimPrefix(report.at("pdfUrl"), w.url)
	for range 2 {
		w.expect("erased", w.api("DELETE", "/candidates/"+made.at("candidateId"), nil).status, 204)
	}
	for _, list := range []string{"/candidates?" + candidate, "/reports?" + candidate, "/interviews?" + candidate} {
		w.expect(list, w.api("GET", list, nil).raw, "[]")
	}
	w.expect("the file", w.send("GET", file, nil).status, 404)
	w.expect("the invite's ids stay", w.read(made).at("status"), "ERASED")
	w.expect("managing it", w.api("POST", "/invites/"+made.at("inviteId")+"/resend", nil).status, 410)
	w.expect("mail", w.mails("cy@b.test"), 0)
	if state := w.control("GET", "state", nil); strings.Contains(state.raw, "cy@b.test") || strings.Contains(state.raw, `"Ng"`) {
		t.Errorf("the state after the erasure: %s", state.raw)
	}
	w.expect("she may come again", w.invite(pos, "cy@b.test", 2).status, 201)
}

// TestReportsAreReadAsDocumented: bare arrays, filters of which reportId overrides the others.
func TestReportsAreReadAsDocumented(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	made := w.invite(pos, "cy@b.test", 1)
	w.invite(pos, "bo@b.test", 2)
	w.expect("none yet", w.api("GET", "/reports?positionId="+pos, nil).raw, "[]")
	w.act("complete", object{"application": "opp_1", "score": 82, "feedback": "Solid on delivery.", "report_delay": "6m"})
	w.act("complete", object{"application": "opp_2"})
	w.expect("of the position", len(w.api("GET", "/reports?positionId="+pos, nil).list), 2)
	got := w.api("GET", "/reports?candidateId="+made.at("candidateId")+"&positionId="+pos, nil)
	for name, want := range map[string]string{
		"overallScore": "82", "overallFeedback": "Solid on delivery.", "tags": "[]", "videoUrl": "", "pdfUrl": "",
		"reportUrl": w.url + "/reports/" + got.at("reportId"), "inviteId": made.at("inviteId"), "positionId": pos,
		"skills": "[map[feedback:clear name:Communication score:82]]",
	} {
		w.expect(name, got.at(name), want)
	}
	if at, ok := got.body["timeCompleted"].(float64); !ok || time.Since(time.Unix(int64(at), 0)).Abs() > time.Minute {
		t.Errorf("timeCompleted %v is not now in epoch seconds", got.body["timeCompleted"])
	}
	w.advance("6m")
	late := w.api("GET", "/reports?reportId="+got.at("reportId")+"&positionId=pos_9", nil)
	w.expect("six minutes later", strings.HasPrefix(late.at("pdfUrl"), w.url+"/files/"), true)
	w.expect("no filter", len(w.api("GET", "/candidates", nil).list), 2)
	w.expect("by address", w.api("GET", "/candidates?email=CY@b.test", nil).at("candidateId"), made.at("candidateId"))
}

func TestAFileNeedsItsLink(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.invite(w.position("post_1"), "cy@b.test", 1)
	w.act("complete", her)
	link := strings.TrimPrefix(w.api("GET", "/reports?candidateId="+made.at("candidateId"), nil).at("pdfUrl"), w.url)
	got := w.send("GET", link, nil)
	w.expect("with it", got.header.Get("Content-Type"), "application/pdf")
	w.expect("a PDF", strings.HasPrefix(got.raw, "%PDF-1.4\n"), true)
	path, _, _ := strings.Cut(link, "?")
	w.expect("with the key", w.send("GET", path, nil, "X-API-Key", kit.DefaultAPIKey).status, 403)
	w.expect("forged", w.send("GET", strings.Replace(link, "expires=1", "expires=2", 1), nil).status, 403)
	w.advance("61m")
	w.expect("expired", w.send("GET", link, nil).status, 403)
}

func TestActs(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.invite(w.position("post_1"), "cy@b.test", 1)
	w.expect("open", w.act("open", her).at("opened"), true)
	w.act("book", object{"application": "opp_1", "at": time.Now().Add(time.Minute)})
	w.expect("book", w.act("book", her).at("status"), "INTERVIEW_SCHEDULED")
	w.advance("12m")
	w.expect("the slot she left is not missed", w.read(made).at("status"), "INTERVIEW_SCHEDULED")
	moved := w.act("book", object{"email": "CY@b.test", "at": time.Now().Add(72 * time.Minute)})
	w.expect("move the slot", moved.at("status"), "INTERVIEW_SCHEDULED")
	w.advance("69m")
	w.expect("not yet missed", w.read(made).at("status"), "INTERVIEW_SCHEDULED")
	w.advance("2m")
	w.expect("missed by itself", w.read(made).at("status"), "INTERVIEW_MISSED")
	w.expect("start", w.act("start", object{"posting": "post_1"}).at("status"), "IN_PROGRESS")
	w.advance("48h")
	w.expect("the slot of before is history", w.read(made).at("status"), "IN_PROGRESS")
	w.expect("pause", w.act("pause", her).at("status"), "PAUSED")
	for verb, args := range map[string]object{
		"bounce": her, "fail": her, "miss": her, "pause": her, "book": her, "report": her, "abandon": {"application": "nobody"}, "start": {},
		"complete": {"application": "opp_1", "score": 101},
	} {
		if got := w.send("POST", "/_sandbox/acts/"+verb, args); got.status/100 != 4 {
			t.Errorf("%s %v: %d, want a refusal", verb, args, got.status)
		}
	}
	w.expect("what is refused changes nothing", w.read(made).at("status"), "PAUSED")
	w.expect("complete", w.act("complete", object{"application": "opp_1", "score": "64"}).at("status"), "INTERVIEW_COMPLETE")
	w.expect("a way to serve that is none", w.send("POST", "/_sandbox/acts/report", object{"application": "opp_1", "serve": "x"}).status, 422)
	w.expect("Alex thanks her", strings.Contains(w.control("GET", "mailbox?to=cy@b.test", nil).raw, "Thank you"), true)
}

func TestThePageShowsWhatCanBePlayed(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.invite(w.position("post_1"), "<b>cy@b.test", 1)
	page := w.send("GET", "/", nil)
	for _, want := range []string{"acts/start", "acts/complete", "Data Analyst", "&lt;b&gt;cy@b.test"} {
		if !strings.Contains(page.raw, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	form := "invite=" + made.at("inviteId") + "&score=64&report_delay="
	got := w.send("POST", "/_sandbox/acts/complete", form, "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(got.raw, "64 of 100") || !strings.Contains(got.raw, "acts/report") {
		t.Errorf("after the form: %d %s", got.status, got.raw)
	}
}
