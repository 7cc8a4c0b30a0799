package main_test

import (
	"cmp"
	"fmt"
	"slices"
)

// fate is a kind of candidate: what she and the people around her do, and who invites her for it.
type fate struct {
	name    string
	posting []string // its tags at Lever
	but     object   // how the application differs
	job     string   // at Greenhouse, not at Lever
	stages  []string // that a recruiter moves her to
	invited []string // the vendors that do
	revised bool     // Alva recalculates her result once it is at Lever
	left    traces   // what there is to see of her besides what comes of the invitations
}

// What the house's Alooba and Greenhouse have for the storm.
const (
	stormAssessment = "Storm Essay" // marked by hand
	stormJob        = "Storm job"
)

var alvaFates = []fate{
	{name: "moved", stages: list("Assessment"), invited: list("alva")},
	{name: "moved, too", stages: list("Assessment"), invited: list("alva")},
	{name: "screened and moved", posting: list("Alva: Screening"), stages: list("Assessment"), invited: list("alva")},
	{name: "blocked", but: object{"origin": "sourced"}, stages: list("Assessment")},
	{name: "skipped", posting: list("Alva: Skip Assessment"), stages: list("Assessment")},
	{name: "confidential", but: object{"confidential": true}, stages: list("Assessment")},
	{name: "moved and revised", stages: list("Assessment"), invited: list("alva"), revised: true},
	{name: "without address", but: object{"email": ""}, stages: list("Assessment"), left: traces{
		Tags: list("Alva: Invitation Failed"), Notes: list("Missing email: the candidate has no email address."),
	}},
}

var (
	aloobaTag   = "Alooba Assessment - " + stormAssessment
	aprioraTag  = "Alex - On Application"
	aloobaFates = []fate{
		{name: "graded", posting: list(aloobaTag), invited: list("alooba")},
		{name: "graded, too", posting: list(aloobaTag), invited: list("alooba")},
		{name: "unknown assessment", posting: list("Alooba Assessment - storm essay"), left: traces{Alerts: 1}},
	}
	aprioraFates = []fate{
		{name: "interviewed", posting: list(aprioraTag), invited: list("apriora")},
		{name: "moved to an interview", stages: list("On-site Interview"), invited: list("apriora")},
		{name: "interviewed and moved", posting: list(aprioraTag), stages: list("On-site Interview"), invited: list("apriora")},
	}
	hiredFates = []fate{
		{name: "tested", stages: list("Phone Screen"), invited: list("hired")},
		{name: "tested, too", stages: list("Phone Screen"), invited: list("hired")},
		{name: "without a test", stages: list("Take-home"), left: traces{
			Tags:  list("Hired Assessments - Error"),
			Notes: list("No test sent: stage Take-home has no default test and no tag names one."),
		}},
	}
	greenhouseFates = []fate{
		{name: "sent a test", job: stormJob, invited: list("alooba")},
		{name: "sent a test, too", job: stormJob, invited: list("alooba")},
	}
	sharedFates = []fate{
		{name: "everybody's", posting: list(aloobaTag, aprioraTag), stages: list("Phone Screen", "Assessment"),
			invited: list("alooba", "apriora", "hired", "alva")},
		{name: "everybody's but Alooba's", posting: list(aprioraTag, "Alva: Screening"), stages: list("Phone Screen"),
			invited: list("apriora", "alva", "hired")},
	}
)

func houseFates() []fate {
	return slices.Concat(alvaFates, aloobaFates, aprioraFates, hiredFates, greenhouseFates, sharedFates)
}

// passenger is a candidate of a storm.
type passenger struct {
	candidate // empty until she has applied
	fate      fate
	mark      mark // what she gets everywhere
	moved     int  // how many of the stages
	revised   bool
}

// inviter is the vendor that invites whoever comes into a stage.
var inviter = map[string]string{"Phone Screen": "hired", "Assessment": "alva", "On-site Interview": "apriora"}

// arrived tells whether the stage that a recruiter moved her to has led to what it leads to. Before that nothing moves her on, neither the
// recruiter nor what comes of a test: who is gone when the host looks is not invited.
func (p *passenger) arrived(at stormSight) bool {
	if p.moved == 0 {
		return true
	}
	vendor := inviter[p.fate.stages[p.moved-1]]
	return !slices.Contains(p.fate.invited, vendor) ||
		slices.ContainsFunc(at.seats[p.id], func(s seat) bool { return s.vendor == vendor })
}

// mark is a score, and what the pairings make of it.
type mark struct {
	score  float64
	fit    string // at Alva
	tag    string // of Hired's
	rating int    // 1 to 4; at Alooba 60 is enough to pass
}

var marks = []mark{
	{100, "Very high", "Pass", 4}, {80, "High", "Pass", 4}, {60, "Medium", "Needs Review", 3}, {30, "Low", "Fail", 2}, {10, "Very low", "Fail", 1},
}

// partly is a score while an essay is not marked yet, revised one after it was recalculated.
const (
	partly     = 40
	revised    = 50
	revisedFit = "Medium"
)

// next is what happens to an invitation by its candidate or whoever marks her work.
func (st *storm) next(p *passenger, s seat, seen traces) (act string, args object) {
	switch s.String() {
	case "alva sent":
		return "score", object{"score": p.mark.score}
	case "alva completed":
		if p.fate.revised && !p.revised && len(seen.Notes) > 0 {
			p.revised = true
			return "evaluate", object{"score": revised}
		}
	case "alooba invited":
		return "submit", object{"score": partly}
	case "alooba completed, pending":
		// A grader takes longer than a webhook, and Greenhouse, once told, asks once how it went.
		if len(seen.Feedback) > 0 || p.fate.job != "" && st.calm {
			return "evaluate", object{"score": p.mark.score}
		}
	case "apriora INVITE_SENT":
		return "complete", object{"score": p.mark.score, "report_delay": st.late.String()}
	case "hired sent":
		return "start", object{}
	case "hired in_progress":
		return "submit", object{"score": p.mark.score}
	}
	return "", nil
}

// comesOf is what there is to see in the end of a candidate whom a vendor invited, and who got a mark.
var comesOf = map[string]func(mark) traces{
	"alva": func(m mark) traces {
		return traces{
			At: list("alva completed"), Mails: list("Invitation to your tests"), Links: list("alva"), Stage: "Interview",
			Tags: list("Alva: Completed", "Alva: "+m.fit+" role fit"), Notes: list(fmt.Sprintf("Alva role fit: %v of 100", m.score)),
		}
	},
	"alva, revised": func(m mark) traces {
		return traces{
			At: list("alva completed"), Mails: list("Invitation to your tests"), Links: list("alva"), Stage: "Interview",
			Tags:  list("Alva: Completed", "Alva: "+revisedFit+" role fit"),
			Notes: list(fmt.Sprintf("Alva role fit: %v of 100", m.score), fmt.Sprintf("Alva role fit: %v of 100", revised)),
		}
	},
	"alooba": func(m mark) traces {
		return traces{
			At: list("alooba completed, done"), Mails: list("Invitation to your assessment"), Links: list("alooba"),
			Tags: list("Alooba - Completed"),
			Feedback: list(
				fmt.Sprintf("2: %v%%, Partial score: some answers are still being evaluated", partly),
				fmt.Sprintf("%d: %v%%, Final score", m.rating, m.score),
			),
		}
	},
	"apriora": func(m mark) traces {
		return traces{
			At: list("apriora INTERVIEW_COMPLETE"), Mails: list("Alex invites you to an interview", "Thank you for talking to Alex"),
			Tags: list("Alex - Interview Complete"), Notes: list(fmt.Sprintf("Alex's score: %v of 100 (%d)", m.score, m.rating)),
			Files: list("Alex interview report.pdf"),
		}
	},
	"hired": func(m mark) traces {
		return traces{
			At: list("hired completed"), Mails: list("Invitation to your test"), Links: list("hired"), Tags: list("Hired Assessments - " + m.tag),
		}
	},
}

// expected is what the products show of a passenger in the end.
func (p *passenger) expected() traces {
	if p.fate.job != "" {
		a := comesOf["alooba"](p.mark)
		return traces{At: a.At, Mails: a.Mails, Kit: fmt.Sprintf("To be graded: %v", p.mark.score)}
	}
	want := p.fate.left
	want.Stage = newApplicant
	if n := len(p.fate.stages); n > 0 {
		want.Stage = p.fate.stages[n-1]
	}
	for _, vendor := range p.fate.invited {
		if p.fate.revised {
			vendor += ", revised"
		}
		v := comesOf[vendor](p.mark)
		want = traces{
			At: slices.Concat(want.At, v.At), Mails: slices.Concat(want.Mails, v.Mails), Tags: slices.Concat(want.Tags, v.Tags),
			Notes: slices.Concat(want.Notes, v.Notes), Feedback: slices.Concat(want.Feedback, v.Feedback),
			Files: slices.Concat(want.Files, v.Files), Links: slices.Concat(want.Links, v.Links), Stage: cmp.Or(v.Stage, want.Stage),
		}
	}
	return want.sorted()
}
