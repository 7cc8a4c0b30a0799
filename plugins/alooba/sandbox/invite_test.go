package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	alooba "github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestInvitingAgain is section 0.5 of the sheet.
func TestInvitingAgain(t *testing.T) {
	type result struct {
		status  int
		code    string // of a refusal
		attempt int    // of the newest participant after it
		mails   int    // to the address of the second invite, both invites together
	}
	acts := func(verbs ...string) func(*world) {
		return func(w *world) {
			for _, verb := range verbs {
				w.act(verb, object{"application": "app_1"})
			}
		}
	}
	tomorrow := object{"send_at": time.Now().AddDate(0, 0, 1)}
	manual := object{"assessment_name": "Product Analytics"}
	for _, c := range []struct {
		is              string
		first           object // of both invites
		make            func(w *world)
		email           string // of the second invite; the same if empty
		plain, explicit result
	}{
		{is: "scheduled", first: tomorrow, plain: result{200, "", 1, 0}, explicit: result{200, "", 1, 1}},
		{is: "sent", plain: result{200, "", 1, 1}, explicit: result{200, "", 1, 2}},
		{is: "bounced", make: acts("bounce"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "bounced, new address", make: acts("bounce"), email: "new@b.test", plain: result{201, "", 2, 1}, explicit: result{201, "", 2, 1}},
		{is: "started", make: acts("start"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "partial", first: manual, make: acts("submit"), plain: result{200, "", 1, 1}, explicit: result{409, "conflict", 1, 1}},
		{is: "completed", make: acts("score"), plain: result{200, "", 1, 1}, explicit: result{409, "retake_not_allowed", 1, 1}},
		{
			is: "graded", first: manual, make: acts("submit", "evaluate"),
			plain: result{200, "", 1, 1}, explicit: result{409, "retake_not_allowed", 1, 1},
		},
		{is: "completed, may retake", make: func(w *world) {
			acts("score")(w)
			w.act("assessment-edit", object{"assessment": "SQL Essentials", "retake_allowed": true})
		}, plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "expired", make: acts("expire"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "declined", make: acts("decline"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{is: "cancelled", make: acts("cancel"), plain: result{200, "", 1, 1}, explicit: result{201, "", 2, 2}},
		{
			is: "anonymised", make: func(w *world) { w.api("POST", "/candidates/cand_1/anonymise", nil) },
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
				made := w.invite("ada@b.test", 1, c.first)
				w.expect("first invite", made.status, 201)
				if c.make != nil {
					c.make(w)
				}
				email := "ada@b.test"
				if c.email != "" {
					email = c.email
				}
				got := w.invite(email, 1, c.first, object{"reinvite": reinvite})
				w.expect("status", got.status, want.status)
				w.expect("code", got.at("error", "code"), want.code)
				w.expect("mails", w.mails(email), want.mails)
				if want.status < 300 {
					w.expect("same participant", got.at("id") == made.at("id"), want.attempt == 1)
				}
				all := w.api("GET", "/participants?external_application_id=app_1", nil)
				newest := all.body["data"].([]any)[want.attempt-1].(object)
				w.expect("attempt", newest["attempt"], want.attempt)
			})
		}
	}
}

func TestOneParticipantForEachApplicationAndAssessment(t *testing.T) {
	w := start(t, kit.Options{})
	first := w.invite("ada@b.test", 1)
	w.expect("made", first.status, 201)
	w.expect("same application", w.invite("ada@b.test", 1).at("id"), first.at("id"))
	w.expect("another assessment", w.invite("ada@b.test", 1, object{"assessment_name": "Product Analytics"}).status, 201)
	w.expect("another application", w.invite("ada@b.test", 2).status, 201)
	w.expect("mails", w.mails("ada@b.test"), 3)
}

// TestNames is scenario 1 of the sheet: the name counts byte by byte, of several the newest, and the owner hears of each that is unknown.
func TestNames(t *testing.T) {
	w := start(t, kit.Options{})
	older := w.act("assessment-duplicate", object{"assessment": "SQL Essentials"}).at("id")
	newer := w.act("assessment-duplicate", object{"assessment": "SQL Essentials"}).at("id")
	w.expect("newest wins", w.invite("a@b.test", 1).at("assessment", "id"), newer)
	w.act("assessment-edit", object{"assessment": newer, "status": "archived"})
	w.expect("of those published", w.invite("b@b.test", 2).at("assessment", "id"), older)
	listed := func(query string) int {
		return strings.Count(w.api("GET", "/assessments?"+query, nil).raw, `"created_at"`)
	}
	w.expect("exact name", listed("name=SQL+Essentials"), 3)
	w.expect("exact name, published", listed("name=SQL+Essentials&status=published"), 2)
	for i, name := range []string{"sql essentials", "SQL  Essentials", "SQL Essentials "} {
		got := w.invite("c@b.test", 3, object{"assessment_name": name})
		w.expect(name, got.status, 422)
		w.expect(name, got.at("error", "code")+" "+got.at("error", "field"), "assessment_not_found assessment_name")
		w.expect("told", got.at("error", "owner_notified"), true)
		w.expect("the owner's mails", w.mails(alooba.DefaultOwner), i+1)
	}
	w.expect("nobody was mailed", w.mails("c@b.test"), 0)
	w.act("assessment", object{"name": "Draft", "status": "draft"})
	w.invite("d@b.test", 4, object{"assessment_name": "Draft"})
	if mail := w.control("GET", "mailbox?to="+alooba.DefaultOwner, nil).raw; !strings.Contains(mail, "is not published") {
		t.Errorf("the owner does not learn that it is not published: %s", mail)
	}
}

func TestWhatIsInvitedIsAnswered(t *testing.T) {
	w := start(t, kit.Options{})
	made := w.invite("ada@b.test", 1)
	w.act("assessment-edit", object{"assessment": "SQL Essentials", "passing_score": 90, "name": "SQL Expert"})
	got := w.get(made.at("id"))
	for path, want := range map[string]any{
		"status": "invited", "evaluation": "not_required", "attempt": 1, "profile_url": w.url + "/participants/" + made.at("id"),
		"passing_score_snapshot": 60, // scenario 2: the one defined when she was added
		"assessment name":        "SQL Essentials", "external candidate_id": "cand_1", "external application_id": "app_1",
		"external opportunity_id": "app_1", "external posting_id": "post_1",
	} {
		w.expect(path, got.at(strings.Fields(path)...), want)
	}
	for _, said := range []string{made.raw, got.raw} {
		if strings.Contains(said, "Diaz") || strings.Contains(said, "ada@b.test") {
			t.Errorf("it names the person: %s", said)
		}
	}
	sent, _ := time.Parse(time.RFC3339Nano, made.at("invited_at"))
	due, _ := time.Parse(time.RFC3339Nano, made.at("expires_at"))
	w.expect("days to complete", due.Sub(sent), 7*24*time.Hour)
}

func TestAlertsReachTheOwnerOnce(t *testing.T) {
	w := start(t, kit.Options{})
	w.act("account", object{"owner": "boss@b.test"})
	body := object{"text": "Ann was not invited: no such assessment", "external": object{"application_id": "app_1"}}
	made := w.api("POST", "/alerts", body, "Idempotency-Key", "k")
	w.expect("made", made.status, 201)
	w.expect("again", w.api("POST", "/alerts", body, "Idempotency-Key", "k").raw, made.raw)
	w.expect("mails", w.mails("boss@b.test"), 1)
	state := w.control("GET", "state/alerts", nil).raw
	if !strings.Contains(state, `"application_id": "app_1"`) || strings.Count(state, `"text"`) != 1 {
		t.Errorf("alerts: %s", state)
	}
}
