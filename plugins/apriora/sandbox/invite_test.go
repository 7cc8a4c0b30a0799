package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestInvitingAgain is section 0.5 of the sheet.
func TestInvitingAgain(t *testing.T) {
	type result struct {
		status  int
		code    string // of a refusal
		attempt int    // after it
		mails   int    // to the address of the second invite, both invites together, thanks not counted
	}
	acts := func(verbs ...string) func(*world, answer) {
		return func(w *world, _ answer) {
			for _, verb := range verbs {
				w.act(verb, her)
			}
		}
	}
	for _, c := range []struct {
		is              string
		before          func(*world)
		make            func(*world, answer)
		email           string // of the second invite; the same if empty
		plain, explicit result
	}{
		{
			is: "triggered", before: func(w *world) { w.act("invitation-delay", object{"by": "1h"}) },
			plain: result{200, "", 1, 0}, explicit: result{200, "", 1, 0},
		},
		{is: "sent", plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "booked", make: acts("book"), plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "missed", make: acts("book", "miss"), plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "bounced", make: acts("bounce"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "bounced, new address", make: acts("bounce"), email: "new@b.test", plain: result{201, "", 2, 1}, explicit: result{201, "", 2, 1}},
		{is: "failed", make: acts("fail"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "failed, new address", make: acts("fail"), email: "new@b.test", plain: result{201, "", 2, 1}, explicit: result{201, "", 2, 1}},
		{is: "started", make: acts("start"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "paused", make: acts("start", "pause"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "ended", make: acts("end"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "completed", make: acts("complete"), plain: result{200, "", 1, 1}, explicit: result{409, "retake_not_allowed", 1, 1}},
		{
			is: "completed, retakes allowed", before: func(w *world) { w.act("retakes", object{"allowed": true}) }, make: acts("complete"),
			plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2},
		},
		{is: "not started in time", make: acts("expire"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "abandoned", make: acts("start", "abandon"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "cancelled", make: acts("cancel"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{
			is: "erased", make: func(w *world, i answer) { w.api("DELETE", "/candidates/"+i.at("candidateId"), nil) },
			plain: result{410, "candidate_erased", 1, 0}, explicit: result{410, "candidate_erased", 1, 0},
		},
	} {
		for _, reinvite := range []bool{false, true} {
			want := c.plain
			if reinvite {
				want = c.explicit
			}
			t.Run(fmt.Sprintf("%s, reinvite %v", c.is, reinvite), func(t *testing.T) {
				w := start(t, kit.Options{})
				if c.before != nil {
					c.before(w)
				}
				pos := w.position("post_1")
				made := w.invite(pos, "cy@b.test", 1)
				w.expect("first invite", made.status, 201)
				if c.make != nil {
					c.make(w, made)
				}
				email := "cy@b.test"
				if c.email != "" {
					email = c.email
				}
				got := w.invite(pos, email, 1, object{"reinvite": reinvite})
				w.expect("status", got.status, want.status)
				w.expect("code", got.at("error", "code"), want.code)
				mails := w.control("GET", "mailbox?to="+email, nil)
				w.expect("mails", len(mails.list)-strings.Count(mails.raw, "Thank you"), want.mails)
				all := w.api("GET", "/invites?positionId="+pos, nil)
				w.expect("attempts", strings.Count(all.raw, `"attempt"`), want.attempt)
				if got.status == 200 {
					w.expect("the same invite", got.at("inviteId"), made.at("inviteId"))
				}
			})
		}
	}
}

func TestAPlainInviteReplacesTheWindow(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	until := func(d time.Duration) object { return object{"expiresAt": time.Now().Add(d).Unix()} }
	made := w.invite(pos, "cy@b.test", 1, until(time.Hour))
	w.invite(pos, "cy@b.test", 1, until(3*time.Hour))
	w.advance("2h")
	w.expect("after the first window", w.read(made).at("status"), "INVITE_SENT")
	w.advance("2h")
	w.expect("after the second", w.read(made).at("status")+" "+w.read(made).at("reason"), "INTERVIEW_INCOMPLETE not_started")
	w.expect("mails", w.mails("cy@b.test"), 1)
}

func TestOneOpenInviteForEachPair(t *testing.T) {
	w := start(t, kit.Options{})
	one, two := w.position("post_1"), w.position("post_2")
	first := w.invite(one, "cy@b.test", 1)
	w.expect("same application", w.invite(one, "CY@b.test", 1).at("inviteId"), first.at("inviteId"))
	w.expect("another application", w.invite(one, "Cy@b.test", 2).at("error", "code"), "conflict")
	other := w.invite(two, "cy@b.test", 2)
	w.expect("another position", other.status, 201)
	w.expect("the same candidate", other.at("candidateId"), first.at("candidateId"))
	w.act("cancel", object{"invite": first.at("inviteId")})
	third := w.invite(one, "cy@b.test", 3)
	w.expect("once it is closed", third.status, 201)
	w.expect("no two attempts of a pair are named alike", third.at("attempt"), 2)
}

// TestAnInviteIsAnsweredAsTheSheetShows is the example of section 3.B.
func TestAnInviteIsAnsweredAsTheSheetShows(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	got := w.invite(pos, "cy@b.test", 1)
	w.expect("status", got.status, 201)
	w.expect("position", got.at("positionId"), pos)
	w.expect("stands", got.at("status"), "INVITE_SENT")
	w.expect("way in", got.at("inviteUrl"), w.url+"/i/"+got.at("inviteId"))
	at, ok := got.body["createdAt"].(float64)
	if !ok || time.Since(time.Unix(int64(at), 0)).Abs() > time.Minute {
		t.Errorf("createdAt %v is not now in epoch seconds", got.body["createdAt"])
	}
	if got.at("candidateId") == "" || strings.Contains(got.raw, "cy@b.test") {
		t.Errorf("the answer: %s", got.raw)
	}
}

func TestPositions(t *testing.T) {
	w := start(t, kit.Options{})
	salary := object{"min": 60000, "max": 80000, "currency": "EUR", "interval": "YEAR"}
	put := func(body object) answer { w.Helper(); return w.api("PUT", "/positions/external/post_1", body) }
	made := put(object{"title": "Analyst", "description": "Find out why.\nAnd how.", "salary": salary, "modality": "VIDEO"})
	w.expect("made", made.status, 201)
	w.expect("questions", made.at("questions"), "[What have you done that prepares you for the work of a Analyst? "+
		"The posting says: Find out why. How would you go about it? Does the salary that we offer, in EUR, suit you?]")
	kept := put(object{"title": "Scientist", "modality": "PHONE"})
	w.expect("kept", kept.status, 200)
	w.expect("the same", kept.at("positionId"), made.at("positionId"))
	w.expect("generated anew", kept.at("questions"), "[What have you done that prepares you for the work of a Scientist?]")
	w.invite(made.at("positionId"), "cy@b.test", 1)
	late := put(object{"title": "Professor", "modality": "PHONE"})
	w.expect("after the first invite the questions stay", late.at("questions"), kept.at("questions"))
	w.expect("the list", w.api("GET", "/positions", nil).raw, `[{"name":"Professor","positionId":"`+made.at("positionId")+`"}]`)
}
