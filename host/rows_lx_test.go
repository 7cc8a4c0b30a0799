package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The rows of Lever × Apriora.
var rowsLX = map[string]row{
	"LX1":  {play: alexConnects},
	"LX2":  {play: alexMakesHooks},
	"LX3":  {play: alexTriggerStage, house: true},
	"LX4":  {play: alexOnApplication, house: true},
	"LX5":  {play: alexInterviewOfPosting, house: true},
	"LX6":  {play: alexInviteSent},
	"LX7":  {play: alexComplete, house: true},
	"LX8":  {play: alexNotes, house: true},
	"LX9":  {play: alexReports},
	"LX10": {play: alexOnce, house: true},
	"LX11": {play: alexRevoked},
}

// interviewed is what Lever and Apriora show of one candidate.
type interviewed struct {
	Mails int      // that invite, in Apriora's mailbox
	Alex  string   // where the newest invite stands; empty when there is none
	Tags  []string // at Lever, the candidate's own that begin with "Alex - ", sorted, without that beginning
	Notes []string // at Lever, the first line of each
	Files int      // at Lever
	Stage string   // at Lever
}

func (s *scene) showsInterviewed(c candidate, want interviewed) {
	s.Helper()
	at := s.profile(c)
	got := interviewed{
		Mails: s.mailed(s.apriora, c, "Alex invites you to an interview"), Alex: s.atAlex(c).Status,
		Tags: at.tagsFrom("Alex - "), Notes: at.firstLines(), Files: len(at.Files), Stage: at.Stage,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

// alexInvite is an invite, as Apriora shows it.
type alexInvite struct {
	ID         string `json:"inviteId"`
	PositionID string `json:"positionId"`
	Status     string
	ReportID   string `json:"reportId"`
	External   struct {
		Application string `json:"applicationId"`
	}
}

// atAlex is a candidate's newest invite; the zero value when there is none.
func (s *scene) atAlex(c candidate) (newest alexInvite) {
	s.Helper()
	var all []alexInvite
	s.apriora.control(s, http.MethodGet, "state/invites", nil, &all)
	for _, i := range all {
		if i.External.Application == c.id {
			newest = i
		}
	}
	return newest
}

// alexPosition is the interview that Alex has made of a posting.
type alexPosition struct {
	ID                 string `json:"positionId"`
	ExternalID         string `json:"externalId"`
	Title, Description string
	Salary             *alexSalary
	Questions          []string
}

type alexSalary struct {
	Min, Max           float64
	Currency, Interval string
}

func (s *scene) interviewOf(p posting) (made []alexPosition) {
	s.Helper()
	s.apriora.control(s, http.MethodGet, "state/positions", nil, &made)
	if made = slices.DeleteFunc(made, func(at alexPosition) bool { return at.ExternalID != p.id }); len(made) == 0 {
		s.Fatalf("Alex has no interview for %s", p.name)
	}
	return made
}

// onSite has somebody apply and a recruiter move her into the trigger stage.
func (s *scene) onSite(p posting, but ...object) candidate {
	s.Helper()
	c := s.apply(p, but...)
	s.move(c, "On-site Interview")
	return c
}

// interview has the candidate talk to Alex, and Alex find what finds says.
func (s *scene) interview(c candidate, finds object) {
	s.Helper()
	args := object{"application": c.id}
	maps.Copy(args, finds)
	s.apriora.act(s, "complete", args)
}

// Who was invited in the trigger stage, and who as soon as she applied.
var (
	invitedByAlex        = interviewed{Mails: 1, Alex: "INVITE_SENT", Tags: list("Invite Sent"), Stage: "On-site Interview"}
	invitedOnApplication = interviewed{Mails: 1, Alex: "INVITE_SENT", Tags: list("Invite Sent"), Stage: newApplicant}
)

func alexTriggerStage(s *scene) {
	p := s.posting()
	ann, bea := s.onSite(p), s.apply(p)
	s.move(bea, "Interview")
	cyd := s.enter("add", p, object{"stage": "On-site Interview"}) // made there: no entry
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.showsInterviewed(bea, interviewed{Stage: "Interview"})
	s.showsInterviewed(cyd, interviewed{Stage: "On-site Interview"})

	s.rig = newLeverPair(s, "apriora", `"On-site Interview"`, `"Interview"`)
	s.hookByHand("candidateStageChange")
	p = s.posting()
	dee, eve := s.onSite(p), s.apply(p)
	s.move(eve, "Interview")
	s.settle()
	s.showsInterviewed(dee, interviewed{Stage: "On-site Interview"})
	chosen := invitedByAlex
	chosen.Stage = "Interview"
	s.showsInterviewed(eve, chosen)
}

func alexOnApplication(s *scene) {
	p := s.posting("Alex - On Application")
	ann, bea := s.apply(p), s.apply(p)
	s.settle()
	s.showsInterviewed(ann, invitedOnApplication)
	s.showsInterviewed(bea, invitedOnApplication)
	for _, nearly := range list(`“Alex - On Application”`, "Alex – On Application", "alex - on application") {
		c := s.apply(s.posting(nearly))
		s.settle()
		s.showsInterviewed(c, interviewed{Stage: newApplicant})
		if said := s.why(c); !strings.Contains(said, fmt.Sprintf("the tag %q is not %q; was it meant?", nearly, "Alex - On Application")) {
			s.Errorf("nobody is told of the tag %q:\n%s", nearly, said)
		}
	}
}

func alexInterviewOfPosting(s *scene) {
	p, q := s.posting(), s.posting()
	s.editPosting(p, object{
		"description": "Keep the lighthouse.", "closing": "Everybody may apply.",
		"salary": object{"min": 60_000, "max": 80_000, "currency": "EUR", "interval": "per-year-salary"},
	})
	s.editPosting(q, object{"description": "Paint the lighthouse.", "salaryText": "By agreement."})
	ann, bea := s.onSite(p), s.onSite(q)
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.showsInterviewed(bea, invitedByAlex)

	made := s.interviewOf(p)
	want := []alexPosition{{
		ID: s.atAlex(ann).PositionID, ExternalID: p.id, Title: p.name, Description: "Keep the lighthouse.\n\nEverybody may apply.",
		Salary: &alexSalary{60_000, 80_000, "EUR", "YEAR"}, Questions: made[0].Questions,
	}}
	if diff := cmp.Diff(want, made); diff != "" {
		s.Errorf("the interview (-want +got):\n%s", diff)
	}
	for _, word := range list(p.name, "lighthouse", "EUR") { // Alex makes up questions before the first invitation, not after it
		if said := fmt.Sprint(made[0].Questions); !strings.Contains(said, word) {
			s.Errorf("Alex asks nothing about %s: %s", word, said)
		}
	}
	if made := s.interviewOf(q); len(made) != 1 || made[0].Description != "Paint the lighthouse.\n\nSalary: By agreement." {
		s.Errorf("a salary in words is not told: %+v", made)
	}

	s.editPosting(p, object{"text": "Keeper of " + s.row})
	s.onSite(p)
	s.settle()
	if made := s.interviewOf(p); len(made) != 1 || made[0].Title != "Keeper of "+s.row {
		s.Errorf("the posting has another title; the interviews are %+v", made)
	}
}

func alexInviteSent(s *scene) {
	s.rig = newLeverPair(s, "apriora") // the time moves
	s.hookByHand("candidateStageChange")
	p := s.posting()
	ann, bea, cyd := s.onSite(p), s.onSite(p, object{"email": ""}), s.apply(p)
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.showsInterviewed(bea, interviewed{
		Tags: list("Invite Failed"), Notes: list("Alex could not send the interview invitation: the candidate has no email address"),
		Stage: "On-site Interview",
	})
	s.showsInterviewed(cyd, interviewed{Stage: newApplicant})

	s.apriora.act(s, "invitation-delay", object{"by": "1h"})
	dan := s.onSite(p)
	s.settle()
	s.showsInterviewed(dan, interviewed{Alex: "TRIGGERED", Stage: "On-site Interview"}) // taken, and not sent yet
	s.advance(s, 2*time.Hour)
	s.showsInterviewed(dan, invitedByAlex)

	s.apriora.act(s, "fail", object{"application": ann.id, "reason": "mail_refused"}) // it was taken, and then not sent
	s.settle()
	s.showsInterviewed(ann, interviewed{
		Mails: 1, Alex: "INVITE_FAILED", Tags: list("Invite Failed"),
		Notes: list("Alex could not send the interview invitation: mail refused"), Stage: "On-site Interview",
	})
}

func alexComplete(s *scene) {
	p := s.posting()
	ann, bea := s.onSite(p), s.onSite(p)
	s.settle()
	s.apriora.act(s, "start", object{"application": ann.id})
	s.settle()
	under := invitedByAlex
	under.Alex = "IN_PROGRESS"
	s.showsInterviewed(ann, under)
	s.apriora.act(s, "end", object{"application": ann.id}) // what Alex found comes later
	s.settle()
	done := interviewed{Mails: 1, Alex: "ENDED", Tags: list("Interview Complete"), Stage: "On-site Interview"}
	s.showsInterviewed(ann, done)
	s.interview(ann, object{"score": 60})
	s.settle()
	done.Alex, done.Notes, done.Files = "INTERVIEW_COMPLETE", list("Alex's score: 60 of 100"), 1
	s.showsInterviewed(ann, done)
	s.showsInterviewed(bea, invitedByAlex)
}

func alexNotes(s *scene) {
	p := s.posting()
	bands := []struct {
		score any // none: nil
		says  string
		note  int // 0: none
	}{
		{100, "100", 4}, {75, "75", 4}, {74.9, "74.9", 3}, {50, "50", 3}, {49.9, "49.9", 2}, {25, "25", 2}, {24.9, "24.9", 1}, {0, "0", 1},
		{nil, "none", 0},
	}
	var all []candidate
	for range bands {
		all = append(all, s.onSite(p))
	}
	s.settle()
	for i, b := range bands {
		finds := object{"feedback": "Answered with <care> & calm."}
		if b.score != nil {
			finds["score"] = b.score
		}
		s.interview(all[i], finds)
	}
	s.settle()
	for i, b := range bands {
		notes := s.profile(all[i]).Notes
		if len(notes) != 1 {
			s.Errorf("score %s: %d notes\n%s", b.says, len(notes), s.why(all[i]))
			continue
		}
		text := fmt.Sprintf("Alex's score: %s of 100\nAnswered with <care> & calm.\nFull report: %s/reports/%s\n",
			b.says, s.apriora.url, s.atAlex(all[i]).ReportID)
		if !strings.HasPrefix(notes[0].Text, text) {
			s.Errorf("score %s: the note does not begin with\n%s\nbut is\n%s", b.says, text, notes[0].Text)
		}
		if got := notes[0].Score; b.note == 0 && got != nil || b.note != 0 && (got == nil || *got != b.note) {
			s.Errorf("score %s: the note's own is %v, not %d", b.says, got, b.note)
		}
	}
}

func alexOnce(s *scene) {
	p := s.posting("Alex - On Application")
	ann := s.onSite(p) // at once, so that both routes are under way together
	bea := s.apply(p)
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.move(bea, "On-site Interview")
	s.settle()
	s.showsInterviewed(bea, invitedByAlex)
	s.interview(bea, object{"score": 90})
	s.settle()
	s.move(bea, "Interview")
	s.move(bea, "On-site Interview")
	s.settle()
	s.showsInterviewed(bea, interviewed{
		Mails: 1, Alex: "INTERVIEW_COMPLETE", Tags: list("Interview Complete"), Notes: list("Alex's score: 90 of 100"), Files: 1,
		Stage: "On-site Interview",
	})
}
