package main_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

// The rows of Greenhouse and Alooba.
var rowsGA = map[string]row{
	"GA1": {play: partnerKeys},
	"GA2": {play: listsAssessments},
	"GA3": {play: sendTestInvites, house: true},
	"GA4": {play: scoreOnceMarked, house: true},
	"GA5": {play: outcomesReachAlooba, house: true},
	"GA6": {play: signedAndOurs, house: true},

	"GA7":  {play: anonymizedIsForgotten},
	"GA8":  {play: scoresAsFields},
	"GA9":  {play: integrationUser},
	"GA10": {play: complaintsReachOperator},
	"GA11": {play: rehearsal},
	"GA12": {play: withoutOptionalParts},
}

func partnerKeys(s *scene) {
	s.rig = newPair(s, "virtual", list("GREENHOUSE_PARTNER_KEY="), nil)
	key := func(args ...string) (said string, code int) {
		stdout, stderr, code := s.host.command(s, append(append(list("key"), args...), "--state", s.host.state)...)
		return stdout + stderr, code
	}
	create := func() string {
		said, code := key("create", "greenhouse")
		shown := regexp.MustCompile(`(?m)^  (\S+)$`).FindStringSubmatch(said)
		if code != 0 || shown == nil || len(shown[1]) < 32 || len(shown[1]) >= 171 {
			s.Fatalf("key create: exit %d\n%s", code, said)
		}
		return shown[1]
	}
	refused := func(what string, keys ...string) {
		s.Helper()
		if status, _ := s.partnerCall(http.MethodGet, "list_tests", nil, keys...); status != http.StatusUnauthorized {
			s.Errorf("%s is answered %d", what, status)
		}
	}
	taken := func(key string) {
		s.Helper()
		if status, body := s.partnerCall(http.MethodGet, "list_tests", nil, key); status != http.StatusOK {
			s.Errorf("a valid key is answered %d %s", status, body)
		}
	}
	refused("a key before there is one", partnerKey)
	refused("no key")
	old := create()
	taken(old)
	s.enlist(s, old)
	s.tellHost(s, old, ours, mirrored...) // it signs webhooks too
	ann, bea, cyd := s.arrive(s.job(byItself)), s.arrive(s.job(byItself)), s.arrive(s.job(byItself))
	s.send(ann)
	s.marks(ann, 50)

	fresh := create() // not yet known to Greenhouse
	taken(old)
	taken(fresh)
	s.send(bea)
	s.marks(bea, 60)
	s.enlist(s, fresh) // Greenhouse's staff have entered it
	s.send(cyd)
	s.marks(cyd, 70)
	s.advance(s, time.Minute) // the old key is refused first
	s.told()
	s.greenhouse.act(s, "reject", object{"application": cyd.id}) // by a webhook that the old key still signs
	s.settle()
	for a, score := range map[applicant]float64{ann: 50, bea: 60} {
		s.sees(a, kit{Status: "To be graded", Score: new(score), Report: s.participant(a).Report})
	}
	if got, hiring := s.atGreenhouse(cyd).Kit.Score, s.participant(cyd).Hiring; got == nil || *got != 70 || hiring != "rejected" {
		s.Errorf("under the new key: score %v, %s", got, hiring)
	}

	listed, _ := key("list", "greenhouse")
	ids := regexp.MustCompile(`(?m)^(\S+)  made`).FindAllStringSubmatch(listed, -1)
	if said, code := key("create", "greenhouse"); code != 1 || len(ids) != 2 {
		s.Fatalf("a third key: exit %d\n%s%s", code, said, listed)
	}
	if said, code := key("retire", "greenhouse", ids[0][1]); code != 0 {
		s.Fatalf("retire: exit %d\n%s", code, said)
	}
	refused("a retired key", old)
	refused("two keys", fresh, old)
	refused("one key twice", fresh, fresh)
	refused("a key with something behind it", fresh+"x")
	if status := post(s, s.host.hookURL(s, "ats.greenhouse")+"partner/list_tests?key="+fresh, http.Header{}, ""); status != http.StatusUnauthorized {
		s.Errorf("a key in a URL is answered %d", status)
	}
	taken(fresh)
	sealed, err := os.ReadFile(s.host.state)
	if err != nil {
		s.Fatal(err)
	}
	for _, secret := range list(old, fresh) {
		s.hides(listed+s.connectSays()+s.host.logged(), secret)
		if bytes.Contains(sealed, []byte(secret)) {
			s.Error("the state has a key in clear")
		}
	}
}

// Alooba has these assessments from the start: one that marks itself, and one that people mark.
const byItself, byHand = "SQL Essentials", "Product Analytics"

func listsAssessments(s *scene) {
	s.rig = newPair(s, "virtual", nil, nil)
	s.alooba.act(s, "assessment", object{"name": "Unfinished", "status": "draft"})
	s.alooba.act(s, "assessment-duplicate", object{"assessment": byHand})
	s.offers("Data Analyst Assessment", byHand, byHand+" (alooba-greenhouse)", byItself) // those of one name can be told apart
	s.alooba.act(s, "assessment-edit", object{"assessment": "Unfinished", "status": "published"})
	s.advance(s, time.Hour) // what Alooba lists is kept for a while: Greenhouse does not wait long
	s.offers("Data Analyst Assessment", byHand, byHand+" (alooba-greenhouse)", byItself, "Unfinished")
}

func sendTestInvites(s *scene) {
	job := s.job(byItself)
	ann, bea, cyd, dee := s.arrive(job), s.arrive(job), s.arrive(job), s.arrive(job)
	s.settle()
	s.notInvited(ann, bea, cyd, dee)
	s.sees(ann, kit{Status: "To Be Sent"})
	s.send(ann)
	s.invitedOnce(ann)
	s.notInvited(bea, cyd)
	s.send(bea, cyd)
	s.invitedOnce(ann, bea, cyd)
	s.notInvited(dee)

	first := s.atGreenhouse(ann).Sends[0]
	for range 3 { // the same send comes again: the same answer, and nobody is invited again
		if id := s.resent(ann, first.Callback); id != first.Ours {
			s.Errorf("a send that comes again is answered with %q, not %q", id, first.Ours)
		}
	}
	s.settle()
	s.invitedOnce(ann)
	for what, callback := range map[string]string{
		"a foreign host": "https://greenhouse.example.com/1", "another port": "http://127.0.0.1:1/1", "none": "",
	} {
		if status, body := s.partnerCall(http.MethodPost, "send_test", sending(dee, first.Test, callback), partnerKey); status != http.StatusBadRequest {
			s.Errorf("a callback to %s is answered %d %s", what, status, body)
		}
	}
	s.settle()
	s.notInvited(dee)

	s.send(ann) // pressed again: another send, which the invitation that there is answers too
	s.invitedOnce(ann)
	s.marks(ann, 64)
	for _, send := range s.atGreenhouse(ann).Sends {
		if send.Ours == "" || send.Status != "complete" {
			s.Errorf("a send of %s is not complete: %+v", ann.email, send)
		}
	}
	sentIsDurable(s)
}

// sentIsDurable is the end of the same promise: what Greenhouse was answered holds, though the host dies and Alooba is down meanwhile.
func sentIsDurable(s *scene) {
	s.rig = newPair(s, "virtual", nil, nil)
	ann := s.arrive(s.job(byItself))
	s.alooba.control(s, http.MethodPost, "faults", []object{{"kind": "status", "status": 503, "method": "POST", "path": "/participants$"}}, nil)
	s.greenhouse.act(s, "send-test", object{"application": ann.id})
	s.greenhouse.advance(s, 0)
	if got := s.atGreenhouse(ann).Sends[0]; got.Ours == "" {
		s.Errorf("the send is not answered at once: %+v", got)
	}
	s.host.proc.kill()
	s.notInvited(ann)
	s.alooba.control(s, http.MethodDelete, "faults", nil, nil)
	s.host.start(s)
	s.advance(s, 10*time.Minute)
	s.invitedOnce(ann)
	s.marks(ann, 20)
	s.sees(ann, kit{Status: "To be graded", Score: new(20.0), Report: s.participant(ann).Report})
}

func scoreOnceMarked(s *scene) {
	ann, bea := s.arrive(s.job(byHand)), s.arrive(s.job(byItself))
	s.send(ann)
	s.send(bea)
	s.alooba.act(s, "start", object{"application": ann.id})
	s.told()
	s.sees(ann, kit{Status: "Waiting"})
	s.alooba.act(s, "submit", object{"application": ann.id, "score": 40})
	s.told()
	s.sees(ann, kit{Status: "Waiting"}) // somebody still marks
	s.alooba.act(s, "evaluate", object{"application": ann.id, "score": 72.5})
	s.told()
	s.marks(bea, 0)
	s.sees(ann, kit{Status: "To be graded", Score: new(72.5), Report: s.participant(ann).Report})
	s.sees(bea, kit{Status: "To be graded", Score: new(0.0), Report: s.participant(bea).Report})
	for _, a := range []applicant{ann, bea} {
		for _, send := range s.atGreenhouse(a).Sends {
			if s.participant(a).Report == "" || len(send.Problems) > 0 {
				s.Errorf("Greenhouse had problems: %+v", send)
			}
		}
	}
}

func outcomesReachAlooba(s *scene) {
	job := s.job(byItself)
	ann, bea := s.arrive(job), s.arrive(job)
	s.send(ann)
	s.send(bea)
	for _, did := range []struct {
		act, hiring string
		to          applicant
	}{
		{"hire", "hired", ann}, {"unhire", "unhired", ann}, {"reject", "rejected", ann}, {"unreject", "unrejected", ann}, {"reject", "rejected", bea},
	} {
		s.greenhouse.advance(s, time.Second)
		s.greenhouse.act(s, did.act, object{"application": did.to.id})
		s.settle()
		if got := s.participant(did.to).Hiring; got != did.hiring {
			s.Errorf("after %s Alooba has %q, not %q\n%s", did.act, got, did.hiring, s.whyOf(did.to))
		}
	}
	if got := s.participant(ann).Hiring; got != "unrejected" {
		s.Errorf("what became of another is told of her: %q", got)
	}
}

func signedAndOurs(s *scene) {
	job := s.job(byItself)
	ann := s.arrive(job)
	s.send(ann)
	s.greenhouse.act(s, "reject", object{"application": ann.id})
	s.settle()
	said := s.greenhouse.last(s, "reject_candidate")
	told := strings.ReplaceAll(said.Body, "reject_candidate", "hire_candidate")
	before := s.whyOf(ann)
	with := func(name string, values ...string) http.Header {
		h := said.Header.Clone()
		h.Del(name)
		for _, v := range values {
			h.Add(name, v)
		}
		return h
	}
	for _, tt := range []struct {
		what   string
		header http.Header
		body   string
	}{
		{"another body under its signature", said.Header, told},
		{"signed with another secret", with("Signature", greenhouseSigns("another", told)), told},
		{"no signature", with("Signature"), told},
		{"two signatures", with("Signature", greenhouseSigns(greenhouseSecret, told), greenhouseSigns("another", told)), told},
		{"no organisation", with("X-Organisation"), said.Body},
		{"another organisation", with("X-Organisation", "Example Analytics Ltd"), said.Body},
		{"the organisation in small letters", with("X-Organisation", strings.ToLower(organisation)), said.Body},
		{"two organisations", with("X-Organisation", organisation, "Another"), said.Body},
	} {
		if status := post(s, said.URL, tt.header, tt.body); status != http.StatusUnauthorized {
			s.Errorf("%s is answered %d", tt.what, status)
		}
	}
	s.settle()
	if after := s.whyOf(ann); after != before {
		s.Errorf("something was stored:\n%s\n%s", before, after)
	}
	if got := s.participant(ann).Hiring; got != "rejected" {
		s.Errorf("Alooba was told %q", got)
	}
	if status := post(s, said.URL, said.Header, said.Body); status != http.StatusOK {
		s.Errorf("the webhook as it was is answered %d", status)
	}
}
