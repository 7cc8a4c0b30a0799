package main_test

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The rows of Greenhouse and Alooba that are about forgetting, trouble, rehearsing, and doing without.

func anonymizedIsForgotten(s *scene) {
	s.rig = newPair(s, "virtual", nil, mirrored)
	job := s.job(byItself)
	ann, bea, cyd := s.arrive(job), s.arrive(job), s.arrive(job)
	s.send(ann, bea, cyd)
	s.marks(ann, 77)
	for _, a := range []applicant{ann, cyd} {
		s.greenhouse.act(s, "anonymize", object{"candidate": a.person})
	}
	s.settle()
	for _, a := range []applicant{ann, cyd} {
		got := s.participant(a)
		if got.Status != "anonymised" || got.Candidate != (participant{}).Candidate || got.Collected != "" || len(s.alooba.mail(s, a.email)) != 0 {
			s.Errorf("Alooba still has %+v", got)
		}
	}
	if got := s.participant(ann); got.Result == nil || got.Result.Score != 77 {
		s.Errorf("her score is gone: %+v", got)
	}
	s.says(s.whyOf(ann), "anonymize", "what names the person is removed here and at the vendors") // the receipt
	s.invitedOnce(bea)

	// What comes late of her, or again, brings nothing back.
	sent := s.atGreenhouse(ann).Sends[0]
	s.resent(ann, sent.Callback)
	s.settle()
	cases := s.host.cases(s)
	story, _, _ := s.host.command(s, "why", ann.id, "--json", "--state", s.host.state)
	s.hides(story, "Greta", "Greenfield", ann.email)
	s.hides(cases, ann.email)
	if said, _, _ := s.host.command(s, "why", ann.email, "--state", s.host.state); !strings.Contains(said, "Nothing is known") {
		s.Errorf("the host still knows her:\n%s", said)
	}
	s.hides(s.host.logged(), ann.email, "Greenfield")
	s.greenhouse.act(s, "anonymize", object{"candidate": bea.person})
	s.settle()
	if code := s.host.proc.stop(s); code != 0 {
		s.Errorf("the host ends with %d", code)
	}
	s.hides(s.host.opened(s), "Greta", "Greenfield", ann.email, bea.email, cyd.email)
}

func complaintsReachOperator(s *scene) {
	s.rig = newPair(s, "virtual", nil, nil)
	job := s.job(byItself)
	ann, bea := s.arrive(job), s.arrive(job)
	s.hides(s.connectSays(), "could not use our answer")
	s.alooba.act(s, "assessment-edit", object{"assessment": byItself, "status": "draft"}) // gone, though the stage still has it
	s.advance(s, time.Hour)
	s.send(ann)
	s.notInvited(ann)
	s.sees(ann, kit{Status: "To Be Sent"})
	s.says(s.connectSays(), "Greenhouse could not use our answer to send_test: the response status is 404", s.atGreenhouse(ann).Sends[0].Test)
	s.hides(s.connectSays(), ann.email) // which Greenhouse tells too
	s.says(s.host.logged(), "could not use our answer to send_test")

	for range 30 { // a flood pushes nothing else off the screen
		s.partnerCall(http.MethodPost, "response_error", object{"api_call": "test_status", "errors": list(strings.Repeat("x", 5000), bea.email)}, partnerKey)
	}
	said := s.connectSays()
	s.says(said, "the response status is 404")
	s.hides(said, bea.email)
	if len(said) > 8000 {
		s.Errorf("connect says %d bytes", len(said))
	}
}

func rehearsal(s *scene) {
	s.rig = newPair(s, "virtual", nil, mirrored)
	live := s.rig
	ann := s.arrive(s.job(byItself))
	s.send(ann)
	before := live.traffic(s)

	// The same configuration, against sandboxes, with a state of its own, while the other host runs.
	r := &rig{greenhouse: startSandbox(s, "greenhouse"), alooba: startSandbox(s, "alooba")}
	r.all = []*sandbox{r.greenhouse, r.alooba}
	r.host = newHost(s, live.host.config, "virtual", pairEnv(r))
	r.host.start(s)
	s.rig = r
	r.alooba.act(s, "webhook", object{"url": r.host.hookURL(s, "vendor.alooba"), "secret": vendorSecret})
	r.enlist(s, partnerKey)
	bea := s.arrive(s.job(byItself))
	s.send(bea)
	s.invitedOnce(bea)
	s.marks(bea, 88)
	s.sees(bea, kit{Status: "To be graded", Score: new(88.0), Report: s.participant(bea).Report})

	s.rig = live
	s.settle()
	if after := live.traffic(s); after != before {
		s.Errorf("the rehearsal reached the real products: %+v, then %+v", before, after)
	}
	if n := len(s.alooba.mail(s, "")); n != 1 {
		s.Errorf("%d mails to real candidates, not the 1 of before", n)
	}
	s.hides(s.host.cases(s), bea.id)
}

func withoutOptionalParts(s *scene) {
	s.rig = newPair(s, "virtual", list("GREENHOUSE_WEBHOOK_SECRET=", "GREENHOUSE_ORGANISATION="), nil)
	stdout, stderr, code := s.host.command(s, "check", "--plugins", s.host.plugins(s), s.host.config)
	if code != 0 {
		s.Errorf("check: exit %d\n%s%s", code, stdout, stderr)
	}
	s.says(stdout+stderr, `"fields"`, "ats.greenhouse")
	ann := s.arrive(s.job(byItself))
	s.send(ann)
	s.invitedOnce(ann)
	s.marks(ann, 42)
	s.sees(ann, kit{Status: "To be graded", Score: new(42.0), Report: s.participant(ann).Report})
	if got := s.atGreenhouse(ann); len(got.Fields) != 0 || slices.ContainsFunc(s.greenhouse.calls(s, 0), ofHarvest) {
		s.Errorf("Harvest was called: %v", got.Fields)
	}
	if parked := s.parkedKeys(); len(parked) != 0 {
		s.Errorf("parked: %q", parked)
	}
	s.greenhouse.act(s, "reject", object{"application": ann.id}) // nobody tells
	s.settle()
	if got := s.participant(ann).Hiring; got == "rejected" {
		s.Errorf("Alooba has %q", got)
	}
	s.says(s.connectSays(), "Open a ticket with Greenhouse Support", "hire_candidate", "candidate_anonymized")
}

func ofHarvest(c call) bool { return strings.HasPrefix(c.Path, "/v3") }
