package main_test

import (
	"net/http"
	"strings"
	"time"
)

// The rows of Lever × Alva that say who is invited, and who is not.

func oneURLForFourEvents(s *scene) {
	urls := map[string]bool{}
	ann, bea := s.apply(s.posting()), s.apply(s.posting())
	s.settle()
	s.keeps(ann.posting, "Alva has the posting as soon as somebody applied")
	s.move(ann, "Assessment")
	s.move(bea, "Assessment")
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.lever.act(s, "hire", object{"opportunity": ann.id})
	s.lever.act(s, "delete", object{"opportunity": bea.id})
	s.settle()
	s.at(ann, "hired")
	s.gone(bea)
	for _, d := range s.lever.deliveries(s) {
		urls[d.URL] = true
	}
	if len(urls) != 1 {
		s.Errorf("Lever's webhooks go to %d URLs, not to one", len(urls))
	}
	other := newRig(s, "virtual")
	if there := other.host.hookURL(s, "ats.lever"); strings.HasSuffix(there, pathOf(s, s.host.hookURL(s, "ats.lever"))) {
		s.Error("the webhook URLs of two hosts differ in the address only")
	}
}

func signingTokens(s *scene) {
	ann, bea, cyd := s.apply(s.posting()), s.apply(s.posting()), s.apply(s.posting())
	s.move(ann, "Assessment")
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})

	s.lever.act(s, "webhook-token", object{"webhook": s.hooks["candidateStageChange"], "token": leverToken2}) // changed there, not yet here
	s.move(bea, "Assessment")
	s.rig.settle(s)
	s.shows(bea, view{Stage: "Assessment"})
	refused := s.lever.last(s, "candidateStageChange")
	if got := refused.Tries[0].Status; got != http.StatusUnauthorized {
		s.Errorf("a webhook signed by another token is answered %d", got)
	}

	s.host.env = append(s.host.env, "LEVER_SIGNING_TOKEN_NEXT="+leverToken2)
	s.host.proc.stop(s)
	s.host.start(s)
	s.lever.control(s, http.MethodPost, "deliveries/flush", nil, nil) // Lever tries again, by the new token
	s.lever.act(s, "webhook-token", object{"webhook": s.hooks["candidateStageChange"], "token": leverToken})
	s.move(cyd, "Assessment") // the old one is still good
	s.settle()
	s.shows(bea, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.shows(cyd, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

func triggerStageInvites(s *scene) {
	ann, bea := s.apply(s.posting()), s.apply(s.posting())
	cyd := s.enter("add", s.posting(), object{"stage": "Assessment"}) // made there: no entry
	s.settle()
	s.move(ann, "Assessment")
	s.move(bea, "Phone Screen")
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.shows(bea, view{Stage: "Phone Screen"})
	s.shows(cyd, view{Stage: "Assessment"})

	misspelt := configuration(s, `"Assessment"`, `"Asessment"`)
	stdout, stderr, code := s.host.command(s, "check", "--online", "--plugins", s.host.plugins(s), misspelt)
	if said := stdout + stderr; code != 3 || !strings.Contains(said, `"Asessment"`) || !strings.Contains(said, `"Assessment"`) {
		s.Errorf("check --online of an unknown stage: exit %d, and no name that is meant:\n%s", code, said)
	}
}

func blockedOrigins(s *scene) {
	p := s.posting()
	want := map[candidate]int{}
	for origin, mails := range map[string]int{"sourced": 0, "referred": 0, "applied": 1, "agency": 1, "university": 1, "internal": 1} {
		want[s.apply(p, object{"origin": origin})] = mails
	}
	for c := range want {
		s.move(c, "Assessment")
	}
	s.settle()
	for c, mails := range want {
		if mails == 0 {
			s.shows(c, view{Stage: "Assessment"})
		} else {
			s.shows(c, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
		}
	}
}

func screeningInvitesAtOnce(s *scene) {
	ann := s.apply(s.posting("Alva: Screening"))
	bea := s.apply(s.posting("alva: screening")) // another tag: case counts
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: newApplicant})
	s.shows(bea, view{Stage: newApplicant})
}

func skipNeverInvites(s *scene) {
	ann := s.apply(s.posting("Alva: Skip Assessment"))
	bea := s.apply(s.posting("Alva: Skip Assessment", "Alva: Screening"))
	cyd := s.apply(s.posting())
	s.settle()
	for _, c := range []candidate{ann, bea, cyd} {
		s.move(c, "Assessment")
	}
	s.settle()
	s.shows(ann, view{Stage: "Assessment"})
	s.shows(bea, view{Stage: "Assessment"})
	s.shows(cyd, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

func sendTestsOverrides(s *scene) {
	p, skip := s.posting(), s.posting("Alva: Skip Assessment")
	blocked := object{"origin": "sourced"}
	ann, bea, cyd, dee := s.apply(p, blocked), s.apply(skip), s.apply(p, blocked), s.apply(p, object{"email": ""})
	eve := s.apply(p, object{"confidential": true})
	s.settle()
	for _, c := range []candidate{ann, bea, cyd, dee, eve} {
		s.tag(c, "Alva: Send Tests")
	}
	s.move(cyd, "Assessment") // at once, for her
	s.settle()
	sent := view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent", "Send Tests"), Stage: newApplicant}
	s.shows(ann, view{Tags: list("Send Tests"), Stage: newApplicant})
	s.shows(bea, view{Tags: list("Send Tests"), Stage: newApplicant})
	inTrigger := sent
	inTrigger.Stage = "Assessment"
	s.shows(cyd, inTrigger)

	for range 3 { // once for each time the tag appears, not once an hour
		s.advance(s, time.Hour)
		s.shows(ann, sent)
		s.shows(bea, sent)
		s.shows(cyd, inTrigger)
		s.shows(dee, view{
			Tags: list("Invitation Failed", "Send Tests"), Notes: list("Missing email: the candidate has no email address."), Stage: newApplicant,
		})
		s.shows(eve, view{Tags: list("Send Tests"), Stage: newApplicant})
	}

	s.edit(dee, object{"email": "dee@example.test"})
	s.untag(dee, "Alva: Send Tests")
	s.advance(s, time.Hour)
	s.tag(dee, "Alva: Send Tests") // appears again
	s.advance(s, time.Hour)
	dee.email = "dee@example.test"
	s.shows(dee, view{
		Mails: 1, Alva: "sent", Tags: list("Invitation Sent", "Send Tests"),
		Notes: list("Missing email: the candidate has no email address."), Stage: newApplicant,
	})
}

func missingEmail(s *scene) {
	p := s.posting()
	ann, bea := s.apply(p, object{"email": ""}), s.invite(p)
	s.move(ann, "Assessment")
	s.settle()
	s.shows(ann, view{
		Tags: list("Invitation Failed"), Notes: list("Missing email: the candidate has no email address."), Stage: "Assessment",
	})
	s.shows(bea, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

func invalidEmail(s *scene) {
	ann := s.apply(s.posting(), object{"email": "ann at example"})
	s.move(ann, "Assessment")
	s.settle()
	s.shows(ann, view{
		Tags: list("Invitation Failed"), Notes: list("Invalid email: the candidate's email address is not valid."), Stage: "Assessment",
	})
}

func reentryInvitesAgain(s *scene) {
	p := s.posting()
	ann, bea, cyd, dee := s.apply(p, object{"email": ""}), s.invite(p), s.invite(p), s.invite(p)
	s.move(ann, "Assessment")
	s.settle()
	s.alva.act(s, "bounce", object{"application": bea.id})
	s.score(dee, 60)
	ann.email = s.address()
	s.edit(ann, object{"email": ann.email})
	s.settle()
	failed := view{
		Tags: list("Invitation Failed"), Notes: list("Missing email: the candidate has no email address."), Stage: "Assessment",
	}
	s.shows(ann, failed) // mended, but not moved
	for _, c := range []candidate{ann, bea, cyd, dee} {
		s.move(c, "Phone Screen")
		s.move(c, "Assessment")
	}
	s.settle()
	again := failed
	again.Mails, again.Alva, again.Tags = 1, "sent", list("Invitation Sent")
	s.shows(ann, again)
	s.shows(bea, view{Mails: 2, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.shows(cyd, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"}) // live all the time
	s.shows(dee, view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "Medium role fit"), Notes: list("Alva role fit: 60 of 100"),
		Links: list("alva"), Stage: "Assessment",
	})
}

func confidentialIsNeverAdded(s *scene) {
	p, screening := s.posting(), s.posting("Alva: Screening")
	secret := object{"confidential": true}
	ann, bea, cyd, dee := s.apply(p, secret), s.apply(screening, secret), s.apply(p, secret), s.apply(p)
	s.settle()
	s.tag(cyd, "Alva: Send Tests")
	for _, c := range []candidate{ann, cyd, dee} {
		s.move(c, "Assessment")
	}
	s.settle()
	s.advance(s, time.Hour)
	s.shows(ann, view{Stage: "Assessment"})
	s.shows(bea, view{Stage: newApplicant})
	s.shows(cyd, view{Tags: list("Send Tests"), Stage: "Assessment"})
	s.shows(dee, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}
