package main_test

import (
	"slices"
	"time"
)

// The rows of Lever and Alooba.
var rowsLA = map[string]row{
	"LA1":  {play: leverConnects},
	"LA2":  {play: silentWebhooks, house: true, own: "virtual"},
	"LA3":  {play: applyingInvites, house: true},
	"LA4":  {play: stagesNeverInvite, house: true},
	"LA5":  {play: twoAssessments, house: true},
	"LA6":  {play: unknownAssessment, house: true},
	"LA7":  {play: newestOfOneName},
	"LA8":  {play: linkAtOnce, house: true},
	"LA9":  {play: oneStatusTag, house: true},
	"LA10": {play: postingTagStays},
	"LA11": {play: scoresAndRatings},
	"LA12": {play: partialThenFinal, house: true},
	"LA13": {play: passingScoreOfThatDay},
	"LA14": {play: authorOfFeedback, house: true},
	"LA15": {play: templateInDanger},
	"LA16": {play: leverRevoked},
	"LV1":  {play: grantThenOptions},
}

// What Alooba has from the start. Who scores 60 passes; the last needs a grader.
const (
	analyst   = "Data Analyst Assessment"
	essential = "SQL Essentials"
	graded    = "Product Analytics"
)

// newAloobaPair is a rig of Lever and Alooba, whose webhooks are at work.
func (s *scene) newAloobaPair(change ...string) {
	s.Helper()
	s.rig = newLeverPair(s, "alooba", change...)
	s.hookByHand("applicationCreated", "candidateStageChange")
}

func applyingInvites(s *scene) {
	const name = analyst
	ann := s.apply(s.testing(name))
	bea := s.apply(s.posting(" " + inviting(name) + " ")) // blanks around the whole tag do not count
	var others []candidate
	for _, tag := range list("Alooba Assessment — "+name, "Alooba Assessment-"+name, "Alooba Assessment  - "+name, "alooba assessment - "+name, name) {
		others = append(others, s.apply(s.posting(tag)))
	}
	cyd := s.apply(s.testing(name), object{"confidential": true})
	s.settle()
	invited := aloobaInvited(name)
	s.showsAlooba(ann, invited)
	invited.Tags = append(invited.Tags, inviting(name)) // what Lever hands down to her has the blanks
	s.showsAlooba(bea, invited)
	for _, c := range append(others, cyd) {
		s.showsAlooba(c, aloobaView{})
	}
}

func stagesNeverInvite(s *scene) {
	const name = analyst
	p, late := s.testing(name), s.posting()
	ann, bea, cyd := s.apply(p), s.apply(s.posting()), s.apply(late)
	s.settle()
	s.lever.act(s, "posting-tag", object{"posting": late.id, "tags": list(inviting(name))}) // after cyd applied
	for _, stage := range list("Assessment", "On-site Interview", "Offer") {
		for _, c := range []candidate{ann, bea, cyd} {
			s.move(c, stage)
		}
		s.settle()
	}
	s.showsAlooba(ann, aloobaInvited(name))
	s.showsAlooba(bea, aloobaView{})
	s.showsAlooba(cyd, aloobaView{})
}

func twoAssessments(s *scene) {
	const one, two = analyst, essential
	ann := s.apply(s.testing(two, one))
	s.settle()
	s.showsAlooba(ann, aloobaView{
		Mails: 2, Alooba: list(one+": invited", two+": invited"), Tags: list("Alooba - Invited"), Links: list(one, two),
	})
}

func unknownAssessment(s *scene) {
	const name = essential
	draft := s.skillsTest(object{"status": "draft"})
	none, slip, shouted := s.testing("No such test"), s.testing("SQL Essential"), s.testing("sql ESSENTIALS")
	unpublished, dash := s.testing(draft), s.posting("Alooba Assessment – "+name)
	for _, p := range []posting{none, slip, shouted, unpublished} {
		for range 2 { // each candidate is told of
			c := s.apply(p)
			s.settle()
			s.showsAlooba(c, aloobaView{})
			if got := s.alerts(c); len(got) != 1 {
				s.Errorf("%s: Alooba's owner is told %q\n%s", p.name, got, s.why(c))
				continue
			}
			tells(s, "the mail to Alooba's owner", s.alerts(c)[0], "Ann Example", "was not invited", "there is no assessment named")
		}
	}
	ann, bea := s.apply(shouted), s.apply(dash)
	s.settle()
	tells(s, "why", s.why(ann), `the nearest is "`+name+`"`)
	tells(s, "why", s.why(bea), `the tag "Alooba Assessment – `+name+`" is not "Alooba Assessment - "`)
	s.showsAlooba(bea, aloobaView{})
}

func newestOfOneName(s *scene) {
	s.newAloobaPair()
	name := s.skillsTest()
	s.alooba.advance(s, time.Second)
	newest := s.alooba.act(s, "assessment", object{"name": name})["id"]
	s.alooba.act(s, "assessment", object{"name": name, "status": "draft"})
	ann := s.apply(s.testing(name))
	s.settle()
	s.showsAlooba(ann, aloobaInvited(name))
	if got := s.sittings(ann); len(got) == 1 && got[0].Assessment.ID != newest {
		s.Errorf("she was invited to %s, not to the newest, %s", got[0].Assessment.ID, newest)
	}
}

func linkAtOnce(s *scene) {
	const name = analyst
	p := s.testing(name)
	ann, bea := s.apply(p), s.apply(s.posting())
	s.settle()
	s.showsAlooba(ann, aloobaInvited(name)) // before she starts
	s.showsAlooba(bea, aloobaView{})
	s.atTest("score", ann, object{"score": 60})
	s.settle()
	s.showsAlooba(ann, aloobaScored(name, "60%, 3 - Hire, Final score")) // one link still
}

func oneStatusTag(s *scene) {
	const one, two = analyst, graded
	ann, bea := s.apply(s.testing(one)), s.apply(s.testing(two))
	both := s.apply(s.testing(one, two))
	s.settle()
	tagged := func(c candidate, want ...string) {
		s.Helper()
		if got := s.seeAlooba(c).Tags; !slices.Equal(got, want) {
			s.Errorf("tags of candidate %s: %q, not %q\n%s", c.email, got, want, s.why(c))
		}
	}
	for _, c := range []candidate{ann, bea, both} {
		tagged(c, "Alooba - Invited")
	}
	s.atTest("start", ann)
	s.atTest("start", bea)
	s.atTest("start", both, object{"assessment": one})
	s.settle()
	tagged(ann, "Alooba - In Progress")
	tagged(bea, "Alooba - In Progress")
	tagged(both, "Alooba - In Progress", "Alooba - Invited") // one for each invitation
	s.atTest("submit", ann, object{"score": 50})
	s.atTest("submit", bea, object{"score": 50}) // somebody has to mark it yet
	s.atTest("submit", both, object{"assessment": one, "score": 50})
	s.settle()
	tagged(ann, "Alooba - Completed")
	tagged(bea, "Alooba - Completed")
	tagged(both, "Alooba - Completed", "Alooba - Invited")
	s.atTest("evaluate", bea, object{"score": 70})
	s.settle()
	tagged(bea, "Alooba - Completed")
}

func postingTagStays(s *scene) {
	s.newAloobaPair()
	const name = analyst
	ann := s.apply(s.testing(name))
	s.settle()
	if got := s.assessed(ann); count(got.Tags, inviting(name)) != 1 || count(got.OwnTags, inviting(name)) != 0 {
		s.Errorf("she has the posting's tag already, and should have it once: %q, her own: %q", got.Tags, got.OwnTags)
	}
	s.lever.act(s, "archive", object{"opportunity": ann.id, "reason": "Withdrew"}) // takes the posting's tags away
	if got := s.assessed(ann); count(got.Tags, inviting(name)) != 0 {
		s.Fatalf("archived, she still has %q", got.Tags)
	}
	s.advance(s, 2*time.Minute) // what was read of her is older than that
	s.atTest("score", ann, object{"score": 60})
	s.settle()
	if got := s.assessed(ann); count(got.Tags, inviting(name)) != 1 {
		s.Errorf("the posting's tag is missing: %q\n%s", got.Tags, s.why(ann))
	}
}

func scoresAndRatings(s *scene) {
	s.newAloobaPair()
	for passing, scores := range map[float64]map[float64]string{
		60: {
			0: "0%, 1 - Strong No Hire", 29.99: "29.99%, 1 - Strong No Hire", 30: "30%, 2 - No Hire", 59.99: "59.99%, 2 - No Hire",
			60: "60%, 3 - Hire", 79.99: "79.99%, 3 - Hire", 80: "80%, 4 - Strong Hire", 100: "100%, 4 - Strong Hire",
		},
		0:   {0: "0%, 3 - Hire", 50: "50%, 4 - Strong Hire"},
		100: {99: "99%, 2 - No Hire", 100: "100%, 4 - Strong Hire"},
	} {
		name := s.skillsTest(object{"passing_score": passing})
		s.advance(s, time.Minute) // what Alooba lists is kept for a moment
		p := s.testing(name)
		scored := map[float64]candidate{}
		for score := range scores {
			scored[score] = s.apply(p)
		}
		s.settle()
		for score, c := range scored {
			s.atTest("score", c, object{"score": score})
		}
		s.settle()
		for score, c := range scored {
			s.showsAlooba(c, aloobaScored(name, scores[score]+", Final score"))
		}
	}
}

func partialThenFinal(s *scene) {
	const name = graded
	ann := s.apply(s.testing(name))
	s.settle()
	s.atTest("submit", ann, object{"score": 40})
	s.settle()
	const partial = "40%, 2 - No Hire, Partial score: some answers are still being evaluated"
	first := aloobaScored(name, partial)
	s.showsAlooba(ann, first)
	before := s.assessed(ann).Feedback
	s.atTest("evaluate", ann, object{"score": 65})
	s.settle()
	second := first
	second.Feedback = list(partial, "65%, 3 - Hire, Final score")
	s.showsAlooba(ann, second)
	if after := s.assessed(ann).Feedback; len(before) == 1 && len(after) == 2 && after[0] != before[0] {
		s.Errorf("the partial feedback was %+v and is %+v", before[0], after[0])
	}
}

func passingScoreOfThatDay(s *scene) {
	s.newAloobaPair()
	const name = analyst
	p := s.testing(name)
	ann := s.apply(p)
	s.settle()
	s.alooba.act(s, "assessment-edit", object{"assessment": name, "passing_score": 90})
	bea := s.apply(p)
	s.settle()
	s.atTest("score", ann, object{"score": 70})
	s.atTest("score", bea, object{"score": 70})
	s.settle()
	for c, rating := range map[candidate]string{ann: "70%, 3 - Hire, Final score", bea: "70%, 2 - No Hire, Final score"} {
		s.showsAlooba(c, aloobaScored(name, rating))
	}
}

func authorOfFeedback(s *scene) {
	ann := s.apply(s.testing(analyst))
	s.settle()
	s.atTest("score", ann, object{"score": 70})
	s.settle()
	got := s.assessed(ann).Feedback
	if len(got) != 1 || got[0].Author != s.shownAs() || got[0].Template != "Alooba Assessment" {
		s.Errorf("feedback %+v, where one by %s was to be\n%s", got, s.shownAs(), s.why(ann))
	}
}

func count(texts []string, text string) (n int) {
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}
