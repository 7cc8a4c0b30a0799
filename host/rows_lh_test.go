package main_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The rows of Lever × Hired Assessments.
var rowsLH = map[string]row{
	"LH1": {play: hiredKeyDeleted},
	"LH2": {play: hiredTriggerStages},
	"LH3": {play: hiredTagOverrides, house: true},
	"LH4": {play: hiredNoTest, house: true},
	"LH5": {play: hiredStatus, house: true},
	"LH6": {play: hiredNeedsReview, house: true},
	"LH7": {play: hiredThresholds, house: true},
	"LH8": {play: hiredReport, house: true},
	"LH9": {play: hiredSecondStage, house: true},
}

// tested is what Lever and Hired show of one candidate.
type tested struct {
	Tests []string // each invitation, in order: the test and where it stands
	Mails int      // that invite
	Tags  []string // at Lever, the candidate's own that begin with "Hired Assessments - ", sorted, without that beginning
	Notes []string // at Lever, the first line of each
	Links []string // at Lever; Hired's report is "report"
	Stage string   // at Lever
}

func (s *scene) showsTested(c candidate, want tested) {
	s.Helper()
	at := s.profile(c)
	got := tested{
		Mails: s.mailed(s.hired, c, "Invitation to your test"),
		Tags:  at.tagsFrom("Hired Assessments - "), Notes: at.firstLines(), Stage: at.Stage,
	}
	reports := map[string]bool{}
	for _, t := range s.tests(c) {
		got.Tests = append(got.Tests, t.Test.Name+" "+t.Status)
		reports[t.ReportURL] = t.ReportURL != ""
	}
	for _, l := range at.Links {
		if reports[l] {
			l = "report"
		}
		got.Links = append(got.Links, l)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

// hiredTest is an invitation, as Hired shows it.
type hiredTest struct {
	Test     struct{ Name string }
	Status   string
	External struct {
		Application string `json:"application_id"`
	}
	ReportURL string `json:"report_url"`
}

// tests are a candidate's invitations, in order.
func (s *scene) tests(c candidate) (own []hiredTest) {
	s.Helper()
	var all []hiredTest
	s.hired.control(s, http.MethodGet, "state/invitations", nil, &all)
	for _, t := range all {
		if t.External.Application == c.id {
			own = append(own, t)
		}
	}
	return own
}

// reach has somebody apply, with tags of her own, and a recruiter move her into a stage.
func (s *scene) reach(p posting, stage string, tags ...string) candidate {
	s.Helper()
	c := s.apply(p, object{"tags": tags})
	s.move(c, stage)
	return c
}

// finish has the candidate finish her newest test with so many points.
func (s *scene) finish(c candidate, points float64) {
	s.Helper()
	s.hired.act(s, "submit", object{"application": c.id, "score": points})
}

func hiredKeyDeleted(s *scene) {
	s.rig = newLeverPair(s, "hired")
	s.hookByHand("candidateStageChange")
	p := s.posting()
	ann := s.reach(p, "Phone Screen")
	s.settle()
	sent := tested{Tests: list("General Programming sent"), Mails: 1, Tags: list("Sent"), Stage: "Phone Screen"}
	s.showsTested(ann, sent)

	s.lever.act(s, "key-remove", object{"key": s.lever.key})
	bea := s.reach(p, "Phone Screen")
	s.settle()
	stdout, _, _ := s.host.command(s, "connect", "lever", "--state", s.host.state)
	if l := s.link("lever"); l.State != "disconnected" || !strings.Contains(stdout, "It is disconnected: the product refuses the credential") {
		s.Errorf("the operator is told %q:\n%s", l.State, stdout)
	}
	s.showsTested(bea, tested{Stage: "Phone Screen"})

	s.lever.act(s, "key", object{"key": "another-key", "confidential": true})
	s.host.env = append(s.host.env, "LEVER_API_KEY=another-key")
	s.host.proc.stop(s)
	s.host.start(s)
	s.advance(s, 5*time.Minute)
	if l := s.link("lever"); l.State == "disconnected" {
		s.Errorf("with another key it is still %s: %s", l.State, l.Error)
	}
	s.showsTested(bea, sent)
}

func hiredTriggerStages(s *scene) {
	s.rig = newLeverPair(s, "hired", `"Take-home"    = null`, `"Take-home" = "Backend Go"`+"\n      "+`"Interview" = null`)
	s.hookByHand("candidateStageChange")
	p := s.posting()
	ann, bea := s.reach(p, "Phone Screen"), s.reach(p, "Take-home")
	cyd, dee := s.reach(p, "Interview", "Frontend"), s.reach(p, "Assessment")
	s.settle()
	s.showsTested(ann, tested{Tests: list("General Programming sent"), Mails: 1, Tags: list("Sent"), Stage: "Phone Screen"})
	s.showsTested(bea, tested{Tests: list("Backend Go sent"), Mails: 1, Tags: list("Sent"), Stage: "Take-home"})
	s.showsTested(cyd, tested{Tests: list("Frontend sent"), Mails: 1, Tags: list("Sent"), Stage: "Interview"})
	s.showsTested(dee, tested{Stage: "Assessment"})
}

func hiredTagOverrides(s *scene) {
	plain, frontend, both := s.posting(), s.posting("Frontend"), s.posting("Frontend", "Backend Go")
	for _, tt := range []struct {
		posting posting
		own     []string
		stage   string
		test    string
	}{
		{plain, list("Backend Go"), "Phone Screen", "Backend Go"},
		{plain, list("Backend Go"), "Take-home", "Backend Go"},
		{plain, list("backend go", "Backend"), "Phone Screen", "General Programming"}, // names of no test
		{frontend, nil, "Phone Screen", "Frontend"},
		{frontend, list("Backend Go"), "Phone Screen", "Backend Go"},
		{both, list("General Programming"), "Take-home", "General Programming"},
	} {
		c := s.reach(tt.posting, tt.stage, tt.own...)
		s.settle()
		s.showsTested(c, tested{Tests: list(tt.test + " sent"), Mails: 1, Tags: list("Sent"), Stage: tt.stage})
	}

	late := s.reach(plain, "Phone Screen")
	s.settle()
	s.tag(late, "Backend Go") // she is there already
	s.settle()
	s.showsTested(late, tested{Tests: list("General Programming sent"), Mails: 1, Tags: list("Sent"), Stage: "Phone Screen"})

	two := tested{Tags: list("Error"), Notes: list("No test sent: several tags name tests: Frontend, Backend Go."), Stage: "Phone Screen"}
	for _, c := range []candidate{s.reach(plain, "Phone Screen", "Frontend", "Backend Go"), s.reach(both, "Phone Screen")} {
		s.settle()
		s.showsTested(c, two)
	}
}

func hiredNoTest(s *scene) {
	p := s.posting()
	ann := s.reach(p, "Take-home")
	s.settle()
	s.showsTested(ann, tested{
		Tags: list("Error"), Notes: list("No test sent: stage Take-home has no default test and no tag names one."), Stage: "Take-home",
	})
	s.tag(ann, "Frontend")
	s.move(ann, "Phone Screen")
	s.move(ann, "Take-home")
	s.settle()
	s.showsTested(ann, tested{
		Tests: list("Frontend sent"), Mails: 1, Tags: list("Sent"),
		Notes: list("No test sent: stage Take-home has no default test and no tag names one."), Stage: "Take-home",
	})
}

func hiredStatus(s *scene) {
	p := s.posting()
	ann, bea := s.reach(p, "Phone Screen"), s.reach(p, "Phone Screen")
	s.settle()
	sent := tested{Tests: list("General Programming sent"), Mails: 1, Tags: list("Sent"), Stage: "Phone Screen"}
	s.showsTested(ann, sent)
	s.hired.act(s, "start", object{"application": ann.id})
	s.settle()
	s.showsTested(ann, tested{Tests: list("General Programming in_progress"), Mails: 1, Tags: list("In Progress"), Stage: "Phone Screen"})
	s.showsTested(bea, sent)
}

func hiredNeedsReview(s *scene) {
	ann := s.reach(s.posting(), "Phone Screen")
	s.settle()
	s.finish(ann, 60)
	s.settle()
	s.showsTested(ann, tested{
		Tests: list("General Programming completed"), Mails: 1, Tags: list("Needs Review"), Links: list("report"), Stage: "Phone Screen",
	})
}

func hiredThresholds(s *scene) {
	p := s.posting()
	var all []candidate
	marks := []struct {
		test   string
		points float64
		tag    string
	}{
		{"General Programming", 100, "Pass"}, {"General Programming", 80, "Pass"}, {"General Programming", 79.9, "Needs Review"},
		{"General Programming", 40.1, "Needs Review"}, {"General Programming", 40, "Fail"}, {"General Programming", 0, "Fail"},
		{"Frontend", 48, "Pass"}, {"Frontend", 47.9, "Needs Review"}, {"Frontend", 24, "Fail"}, // of 60 points
	}
	for _, m := range marks {
		all = append(all, s.reach(p, "Phone Screen", m.test))
	}
	s.settle()
	for i, m := range marks {
		s.finish(all[i], m.points)
	}
	s.settle()
	done := tested{Mails: 1, Links: list("report"), Stage: "Phone Screen"}
	for i, m := range marks {
		done.Tests, done.Tags = list(m.test+" completed"), list(m.tag)
		s.showsTested(all[i], done)
	}
	for _, again := range marks[1:5] { // corrected again and again
		s.hired.act(s, "score", object{"application": all[0].id, "score": again.points})
		s.settle()
		done.Tests, done.Tags = list("General Programming completed"), list(again.tag)
		s.showsTested(all[0], done)
	}

	const why = "It does not hold that the fail threshold lies below the pass threshold."
	equal := pairingOnly(s, "hired-lever", "fail = 40", "fail = 80")
	stdout, stderr, code := s.host.command(s, "check", "--plugins", s.host.plugins(s), equal)
	if said := stdout + stderr; code != 3 || !strings.Contains(said, why) {
		s.Errorf("check of equal thresholds: exit %d\n%s", code, said)
	}
	s.rig = newLeverPair(s, "hired", "pass = 80", "pass = null", "fail = 40", "fail = null")
	s.hookByHand("candidateStageChange")
	p = s.posting()
	ann, bea := s.reach(p, "Phone Screen"), s.reach(p, "Phone Screen")
	s.settle()
	s.finish(ann, 100)
	s.finish(bea, 0)
	s.settle()
	done.Tests, done.Tags = list("General Programming completed"), list("Needs Review")
	s.showsTested(ann, done)
	s.showsTested(bea, done)
}

func hiredReport(s *scene) {
	ann := s.reach(s.posting(), "Phone Screen")
	s.settle()
	s.hired.act(s, "start", object{"application": ann.id})
	s.settle()
	at := tested{Tests: list("General Programming in_progress"), Mails: 1, Tags: list("In Progress"), Stage: "Phone Screen"}
	s.showsTested(ann, at)
	for _, points := range []float64{90, 85} { // the second corrects the first: the report is the same
		s.hired.act(s, "score", object{"application": ann.id, "score": points})
		s.settle()
		at.Tests, at.Tags, at.Links = list("General Programming completed"), list("Pass"), list("report")
		s.showsTested(ann, at)
	}
}

func hiredSecondStage(s *scene) {
	p := s.posting()
	ann, bea := s.reach(p, "Phone Screen", "Backend Go"), s.reach(p, "Phone Screen")
	cyd := s.reach(p, "Phone Screen", "Backend Go")
	s.settle()
	s.finish(cyd, 90)
	s.tag(bea, "Backend Go")
	s.settle()
	for _, c := range []candidate{ann, bea, cyd} {
		s.move(c, "Take-home")
	}
	s.settle()
	s.showsTested(ann, tested{Tests: list("Backend Go sent"), Mails: 1, Tags: list("Sent"), Stage: "Take-home"})
	both := tested{Tests: list("General Programming sent", "Backend Go sent"), Mails: 2, Tags: list("Sent"), Stage: "Take-home"}
	s.showsTested(bea, both)
	s.showsTested(cyd, tested{Tests: list("Backend Go completed"), Mails: 1, Tags: list("Pass"), Links: list("report"), Stage: "Take-home"})
	s.finish(bea, 60)
	s.settle()
	both.Tests, both.Tags, both.Links = list("General Programming sent", "Backend Go completed"), list("Needs Review", "Sent"), list("report")
	s.showsTested(bea, both)
}
