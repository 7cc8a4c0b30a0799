package main_test

import (
	"net/http"
	"strings"
	"time"
)

// The rows of Lever and Alooba that say what an operator does and is told; and how Lever is connected for Alva.

func leverConnects(s *scene) {
	s.newAloobaPair(byConsent...)
	p := s.testing(analyst)
	early := s.apply(p)
	s.settle()
	s.showsAlooba(early, aloobaView{})
	tells(s, "the page, before anybody consented,", s.standing("ats.lever"), "<strong>Disconnected.</strong>", "<button>Connect</button>")
	tells(s, "the page, after the consent,", s.pressConnect(), "<strong>Connected.</strong>")
	tells(s, "the page, from then on,", s.standing("ats.lever"), "<strong>Connected.</strong>")
	s.advance(s, 2*time.Minute)
	s.showsAlooba(early, aloobaInvited(analyst))

	s.newAloobaPair() // by an API key
	if l := s.link("lever"); l.State != "ready" || l.Error != "" {
		s.Errorf("by an API key: %+v", l)
	}
	ann := s.apply(s.testing(analyst))
	s.settle()
	s.showsAlooba(ann, aloobaInvited(analyst))
}

func silentWebhooks(s *scene) {
	s.settle()
	// Webhooks that a person made are hidden from us: those that are needed are named, whether they are there or not.
	tells(s, "connect", problems(s.link("lever")), "Application Created", "Candidate Stage Change", s.host.hookURL(s, "ats.lever"))
	tells(s, "the log, at the start,", s.logged(), "Lever lists no webhook of ours for applicationCreated, candidateStageChange")
	silent := func() bool { return strings.Contains(problems(s.link("lever")), "No webhook told") }
	p := s.testing(analyst)
	s.advance(s, time.Hour)
	ann := s.apply(p)
	s.settle()
	s.advance(s, 5*time.Hour) // a quiet night is no silence
	if silent() {
		s.Errorf("nothing happened that was not told: %s", problems(s.link("lever")))
	}

	s.lever.act(s, "settings", object{"silent": object{"applicationCreated": true, "candidateStageChange": true}})
	bea := s.apply(p)
	s.move(ann, "Interview")
	s.settle()
	s.showsAlooba(bea, aloobaView{})
	s.advance(s, 5*time.Hour)
	s.showsAlooba(bea, aloobaInvited(analyst)) // late, but not lost
	missed := list("No webhook told that application "+bea.id+" applied", "No webhook told that application "+ann.id+" moved")
	tells(s, "connect", problems(s.link("lever")), missed...)
	s.advance(s, 24*time.Hour)
	tells(s, "the log, every night,", s.logged(), missed...)

	s.lever.act(s, "settings", object{"silent": object{}})
	cyd := s.apply(p)
	s.move(cyd, "Interview")
	s.settle()
	s.showsAlooba(cyd, aloobaInvited(analyst))
	if silent() {
		s.Errorf("webhooks come again: %s", problems(s.link("lever")))
	}
}

func leverRevoked(s *scene) {
	s.newAloobaPair(byConsent...)
	s.pressConnect()
	p := s.testing(analyst)
	ann := s.apply(p)
	s.settle()
	s.showsAlooba(ann, aloobaInvited(analyst))

	s.lever.act(s, "oauth_revoke", object{})
	bea := s.apply(p)
	s.atTest("score", ann, object{"score": 80})
	s.settle()
	s.advance(s, 5*time.Minute)
	tells(s, "the page, once it was revoked,", s.standing("ats.lever"), "<strong>Disconnected.</strong>")
	if l := s.link("lever"); l.State != "disconnected" || !strings.Contains(l.Error, "the work waits") {
		s.Errorf("revoked: %+v", l)
	}
	s.showsAlooba(bea, aloobaView{})
	s.host.proc.kill()
	s.host.start(s)
	s.advance(s, 24*time.Hour)
	s.showsAlooba(bea, aloobaView{})

	s.pressConnect()
	s.advance(s, 10*time.Minute)
	s.showsAlooba(ann, aloobaScored(analyst, "80%, 4 - Strong Hire, Final score"))
	s.showsAlooba(bea, aloobaInvited(analyst))
}

func grantThenOptions(s *scene) {
	s.rig = newLeverPair(s, "alva", byConsent...)
	s.hookByHand("applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted")
	said, code := s.connect(false)
	if code != 0 {
		s.Fatalf("connect: exit %d\n%s", code, said)
	}
	tells(s, "connect", said, "Connected.", "opportunities:write:admin", "notes:write:admin", s.host.hookURL(s, "ats.lever"))
	ann := s.invite(s.posting())
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})

	// The options: another trigger stage, and nobody is moved on. What was granted stays so.
	s.reconfigure("alva-lever.hcl", `trigger_stage     = "Assessment"`, `trigger_stage     = "Take-home"`,
		`progression_stage = "Interview"`, `progression_stage = null`)
	bea, cyd := s.apply(s.posting()), s.apply(s.posting())
	s.move(bea, "Assessment")
	s.move(cyd, "Take-home")
	s.settle()
	s.score(cyd, 80)
	s.settle()
	s.shows(bea, view{Stage: "Assessment"})
	s.shows(cyd, view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 80 of 100"), Links: list("alva"),
		Stage: "Take-home",
	})
}

func templateInDanger(s *scene) {
	s.newAloobaPair()
	s.settle()
	const form = "Alooba Assessment"
	var templates []struct{ Text string }
	s.lever.control(s, http.MethodGet, "state/templates", nil, &templates)
	if len(templates) != 1 || templates[0].Text != form {
		s.Fatalf("Lever's templates, once it is connected: %+v", templates)
	}
	if l := s.link("lever"); strings.Contains(problems(l), form) {
		s.Errorf("nobody has touched it: %+v", l.Problems)
	}
	p := s.testing(analyst)
	ann, bea, cyd := s.apply(p), s.apply(p), s.apply(p)
	s.settle()

	text := func(name string, required bool) object {
		return object{"type": "text", "text": name, "required": required}
	}
	rating, result := object{"type": "score-system", "text": "Rating"}, object{"type": "textarea", "text": "Result"}
	edit := func(fields ...object) { s.lever.act(s, "template-edit", object{"template": form, "fields": fields}) }
	edit(result, rating, text("Score", false), text("Remarks", false)) // still fit
	s.atTest("score", ann, object{"score": 80})
	s.settle()
	s.advance(s, time.Minute)
	s.showsAlooba(ann, aloobaScored(analyst, "80%, 4 - Strong Hire, Final score"))

	edit(rating, text("Score", false), result, text("Office", false), object{"type": "text", "text": "Grade", "required": true})
	s.advance(s, 24*time.Hour)
	tells(s, "the log, every night", s.logged(), `requires its field \"Grade\"`)
	tells(s, "connect", problems(s.link("lever")), `requires its field "Grade"`, "Undo what was changed in the form")
	s.atTest("score", bea, object{"score": 40})
	s.settle()
	none := aloobaScored(analyst, "")
	none.Feedback = nil
	s.showsAlooba(bea, none)
	tells(s, "parked", s.waiting(), `requires its field "Grade"`)
	edit(rating, text("Score", false), result)
	s.retryParked()
	s.advance(s, 10*time.Minute) // it looks first whether the first try had come through
	s.showsAlooba(bea, aloobaScored(analyst, "40%, 2 - No Hire, Final score"))

	s.lever.act(s, "template-remove", object{"template": form})
	s.atTest("score", cyd, object{"score": 60})
	s.settle()
	s.advance(s, time.Minute)
	s.showsAlooba(cyd, none)
	tells(s, "parked", s.waiting(), `no feedback template "Alooba Assessment": somebody renamed or removed it`)
	s.advance(s, 24*time.Hour)
	tells(s, "the log, every night", s.logged(), "made the feedback template that was missing")
	s.retryParked()
	s.advance(s, 10*time.Minute) // it looks first whether the first try had come through
	s.showsAlooba(cyd, aloobaScored(analyst, "60%, 3 - Hire, Final score"))
}
