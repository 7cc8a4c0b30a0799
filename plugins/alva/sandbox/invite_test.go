package sandbox_test

import (
	"fmt"
	"testing"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestInvitingAgain is section 0.5 of the sheet.
func TestInvitingAgain(t *testing.T) {
	type result struct {
		status  int
		code    string // of a refusal
		attempt int    // after it
		mails   int    // to the address of the second invite, both invites together
	}
	reset := func(w *world, path string) {
		w.api("POST", path+"/tests/reset", object{"tests": []string{"logic", "personality"}})
	}
	acts := func(verbs ...string) func(*world, string) {
		return func(w *world, _ string) {
			for _, verb := range verbs {
				w.act(verb, object{"application": "opp_1"})
			}
		}
	}
	scoredAndReset := func(w *world, path string) {
		acts("score")(w, path)
		reset(w, path)
	}
	later := func(w *world, path string) { acts("score")(w, path); w.advance("17600h") } // more than 24 months
	for _, c := range []struct {
		is              string
		first           object
		make            func(w *world, path string)
		email           string // of the second invite; the same if empty
		plain, explicit result
	}{
		{is: "not sent", first: object{"send_invitation": false}, plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 1}},
		{is: "sent", plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "bounced", make: acts("bounce"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "bounced, new address", make: acts("bounce"), email: "new@b.test", plain: result{201, "", 2, 1}, explicit: result{201, "", 2, 1}},
		{is: "failed", make: acts("fail"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "failed, new address", make: acts("fail"), email: "new@b.test", plain: result{201, "", 2, 1}, explicit: result{201, "", 2, 1}},
		{is: "started", make: acts("start"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "paused", make: acts("start", "pause"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "submitted", make: acts("submit"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "completed", make: acts("score"), plain: result{200, "", 1, 1}, explicit: result{409, "retake_not_allowed", 1, 1}},
		{is: "completed long ago", make: later, plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "reset", make: scoredAndReset, plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "removed", make: acts("remove"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{
			is: "erased", make: func(w *world, _ string) { w.api("DELETE", "/candidates/external/cand_1", nil) },
			plain: result{410, "candidate_erased", 0, 0}, explicit: result{410, "candidate_erased", 0, 0},
		},
	} {
		for _, reinvite := range []bool{false, true} {
			want := c.plain
			if reinvite {
				want = c.explicit
			}
			t.Run(fmt.Sprintf("%s, reinvite %v", c.is, reinvite), func(t *testing.T) {
				w := start(t, kit.Options{})
				pos := w.position("post_1")
				made := w.invite(pos, "bo@b.test", 1, c.first)
				w.expect("first invite", made.status, 201)
				path := "/job-positions/" + pos + "/candidates/" + made.at("id")
				if c.make != nil {
					c.make(w, path)
				}
				email := "bo@b.test"
				if c.email != "" {
					email = c.email
				}
				got := w.invite(pos, email, 1, object{"reinvite": reinvite})
				w.expect("status", got.status, want.status)
				w.expect("code", got.at("error", "code"), want.code)
				w.expect("mails", w.mails(email), want.mails)
				if want.attempt > 0 {
					now := w.api("GET", path, nil)
					w.expect("same candidate", now.at("id"), made.at("id"))
					w.expect("attempt", now.at("invitation", "attempt"), want.attempt)
				}
			})
		}
	}
}

func TestOneCandidateForEachApplicationAndPosition(t *testing.T) {
	w := start(t, kit.Options{})
	one, two := w.position("post_1"), w.position("post_2")
	first := w.invite(one, "bo@b.test", 1)
	w.expect("same application", w.invite(one, "bo@b.test", 1).at("id"), first.at("id"))
	w.expect("another position", w.invite(two, "bo@b.test", 1).status, 201)
	w.expect("another application", w.invite(one, "bo@b.test", 2).status, 201)
	w.expect("mails", w.mails("bo@b.test"), 3)
	w.expect("in the wrong position", w.api("GET", "/job-positions/"+two+"/candidates/"+first.at("id"), nil).status, 404)
}

func TestPostingsAreKept(t *testing.T) {
	w := start(t, kit.Options{})
	w.act("known-user", object{"email": "Boss@Example.test"})
	put := func(body object) answer { w.Helper(); return w.api("PUT", "/job-positions/external/post_1", body) }
	made := put(object{"name": "Data Analyst", "team": "Data", "hiring_manager_email": "boss@example.test"})
	w.expect("made", made.status, 201)
	w.expect("known manager", made.at("hiring_manager_matched"), true)

	kept := put(object{"name": "Analyst", "team": "Insight", "hiring_manager_email": "stranger@example.test", "tests": []string{"logic"}})
	w.expect("kept", kept.status, 200)
	w.expect("same position", kept.at("id"), made.at("id"))
	w.expect("name", kept.at("name"), "Analyst")
	w.expect("team", kept.at("team"), "Insight")
	w.expect("unknown manager", kept.at("hiring_manager_matched"), false)
	w.expect("the one before stays", kept.at("hiring_manager_email"), "boss@example.test")
	w.expect("what is not said stays", put(object{"name": "Analyst"}).at("tests"), "[logic]")
	w.expect("unknown profile", put(object{"name": "A", "test_profile_id": "tp_9"}).at("error", "code"), "assessment_not_found")

	w.invite(made.at("id"), "bo@b.test", 1)
	state := w.control("GET", "state", nil)
	candidate := state.body["candidates"].([]any)[0].(object)
	for name, want := range map[string]any{
		"position_name": "Analyst", "team": "", "hiring_manager": "boss@example.test", "posting_id": "post_1", "stage": "in_process", "mails": 1,
	} {
		w.expect(name, candidate[name], want)
	}
}
