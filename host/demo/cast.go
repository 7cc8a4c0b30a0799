package demo

import "time"

// role is one candidate: what she is about, what she and the recruiters do, one thing a round, and what must be seen of her in the end, as
// the table prints it.
type role struct {
	name, about string
	ats         string   // empty: lever
	posting     []string // tags of it, at Lever
	apply       args     // besides name and posting, at Lever
	acts        []act
	atATS       []string
	atVendors   []string
	why         []string

	id     string // of the application, at the ATS
	person string // at Greenhouse
}

// act is what somebody does at one product, or that time passes.
type act struct {
	at, verb string
	args     args
	after    time.Duration
}

func does(at, verb string, in args) act   { return act{at: at, verb: verb, args: in} }
func scores(at string, score float64) act { return does(at, "score", args{"score": score}) }
func move(stage string) act               { return does("lever", "move", args{"stage": stage}) }
func tag(name string) act                 { return does("lever", "tag", args{"tags": []string{name}}) }
func wait(d time.Duration) act            { return act{verb: "wait", after: d} }
func greenhouse(verb string, in args) act { return does("greenhouse", verb, in) }
func list(lines ...string) []string       { return lines }

// What the sandboxes have from the start.
const (
	assessment    = "SQL Essentials" // at Alooba
	greenhouseJob = "Data Analyst"
)

// cast is who goes through which pairing.
func cast() []*role {
	return []*role{
		{
			name: "Ada Lovelace", about: "Alva: moved to Assessment, finishes with 100",
			acts:      []act{move("Assessment"), does("alva", "start", nil), scores("alva", 100)},
			atATS:     list("in Interview", "tag Alva: Completed", "tag Alva: Very high role fit", "link", "note Alva role fit: 100 of 100"),
			atVendors: list("alva: completed, score 100, stage in_process, mails 1"),
		},
		{
			name: "Di Prince", about: "Alva: was referred, a blocked origin", apply: args{"origin": "referred"},
			acts:  []act{move("Assessment")},
			atATS: list("in Assessment"),
			why:   list(`alva-lever: guard "blocked origin"`),
		},
		{
			name: "Ed Stone", about: "Alva: was referred, but a recruiter's tag overrides it", apply: args{"origin": "referred"},
			acts:      []act{tag("Alva: Send Tests"), wait(time.Hour)},
			atATS:     list("in New applicant", "tag Alva: Invitation Sent", "tag Alva: Send Tests"),
			atVendors: list("alva: sent, stage in_process, mails 1"),
		},
		{
			name: "Flo Rivers", about: "Alva: had no e-mail address, and comes back with one", apply: args{"email": ""},
			acts: []act{
				move("Assessment"), does("lever", "edit", args{"email": "flo@example.test"}), move("New applicant"), move("Assessment"),
			},
			atATS:     list("in Assessment", "tag Alva: Invitation Sent", "note Missing email: the candidate has no email address."),
			atVendors: list("alva: sent, stage in_process, mails 1"),
			why:       list("alva-lever: the candidate has no email address"),
		},
		{
			name: "Gil Marsh", about: "Alva: the mail bounces",
			acts:      []act{move("Assessment"), does("alva", "bounce", nil)},
			atATS:     list("in Assessment", "tag Alva: Invitation Bounced"),
			atVendors: list("alva: bounced, stage in_process, mails 1"),
		},
		{
			name: "Hal Secret", about: "is confidential", apply: args{"confidential": true},
			acts:  []act{move("Assessment")},
			atATS: list("in Assessment"),
			why:   list(`alooba-lever: guard "confidential candidate"`, `alva-lever: guard "confidential candidate"`),
		},
		{
			name: "Ida Fast", about: "Alva: the posting screens whoever applies; she is hired", posting: list("Alva: Screening"),
			acts:      []act{does("alva", "start", nil), scores("alva", 91), does("lever", "hire", nil)},
			atATS:     list("archived: Hired", "tag Alva: Completed", "tag Alva: High role fit", "link", "note Alva role fit: 91 of 100"),
			atVendors: list("alva: completed, score 91, stage hired, mails 1"),
		},
		{
			name: "Lea Graham", about: "Alooba: a partial score, then the final one", posting: list("Alooba Assessment - " + assessment),
			acts: []act{
				does("alooba", "start", nil), does("alooba", "score", args{"score": 55, "final": false}),
				does("alooba", "evaluate", args{"score": 72}),
			},
			atATS: list("in New applicant", "tag Alooba - Completed", "link",
				"feedback 2 - No Hire; Partial score: some answers are still being evaluated; 55%", "feedback 3 - Hire; Final score; 72%"),
			atVendors: list("alooba: completed, score 72, mails 1"),
		},
		{
			name: "Max Typo", about: "Alooba: the posting's tag is mistyped", posting: list("Alooba Assessment - SQL Esentials"),
			atATS: list("in New applicant"),
			atVendors: list(`alooba: told its owner: Max Typo was not invited: there is no assessment named "SQL Esentials"; ` +
				`the nearest is "SQL Essentials"`),
			why: list(`alooba-lever: there is no assessment named "SQL Esentials"; the nearest is "SQL Essentials"`),
		},
		{
			name: "Nia Okafor", about: "Apriora: interviewed; the report's PDF is six minutes late",
			acts: []act{move("On-site Interview"), does("apriora", "complete", args{"score": 82, "report_delay": "6m"}), wait(time.Hour)},
			atATS: list("in On-site Interview", "tag Alex - Interview Complete", "note Alex's score: 82 of 100",
				"file Alex interview report.pdf"),
			atVendors: list("apriora: INTERVIEW_COMPLETE, mails 2"),
		},
		{
			name: "Oli Waits", about: "Apriora: the posting interviews whoever applies; he has not begun", posting: list("Alex - On Application"),
			atATS:     list("in New applicant", "tag Alex - Invite Sent"),
			atVendors: list("apriora: INVITE_SENT, mails 1"),
		},
		{
			name: "Pia Low", about: "Hired: ends below the fail threshold of 40",
			acts:      []act{move("Phone Screen"), scores("hired", 30)},
			atATS:     list("in Phone Screen", "tag Hired Assessments - Fail", "link"),
			atVendors: list("hired: completed, score 30, mails 1"),
		},
		{
			name: "Quin Two", about: "Hired: the posting's tags name two tests", posting: list("Backend Go", "Frontend"),
			acts: []act{move("Phone Screen")},
			atATS: list("in Phone Screen", "tag Hired Assessments - Error",
				"note No test sent: several tags name tests: Backend Go, Frontend."),
			why: list(`hired-lever: guard "several tests"`, "hired-lever: No test sent: several tags name tests: Backend Go, Frontend."),
		},
		{
			name: "Rob Own", about: "Hired: a tag of his own names his test",
			acts:      []act{tag("Backend Go"), move("Take-home"), scores("hired", 95)},
			atATS:     list("in Take-home", "tag Backend Go", "tag Hired Assessments - Pass", "link"),
			atVendors: list("hired: completed, score 95, mails 1"),
		},
		{
			name: "Sam Press", about: "Alooba, in Greenhouse: Send Test, finishes with 77", ats: "greenhouse",
			acts: []act{
				greenhouse("move", args{"stage": "Assessment"}), greenhouse("send-test", nil), scores("alooba", 77), wait(time.Minute),
			},
			atATS:     list("in Assessment", "test SQL Essentials: To be graded", "score 77", "View Report"),
			atVendors: list("alooba: completed, score 77, mails 1"),
		},
		{
			name: "Tia Gone", about: "Alooba, in Greenhouse: the same with 64, then anonymized", ats: "greenhouse",
			acts: []act{
				greenhouse("move", args{"stage": "Assessment"}), greenhouse("send-test", nil), scores("alooba", 64), wait(time.Minute),
				greenhouse("anonymize", args{"candidate": ""}),
			},
			atATS:     list("in Assessment", "test SQL Essentials: To be graded", "score 64", "View Report", "anonymized"),
			atVendors: list("alooba: anonymised, score 64, mails 1"),
		},
		{
			name: "Uma Every", about: "all four of Lever's at once", posting: list("Alooba Assessment - "+assessment, "Alex - On Application"),
			acts: []act{move("Phone Screen"), move("Assessment")},
			atATS: list("in Assessment", "tag Alex - Invite Sent", "tag Alooba - Invited", "tag Alva: Invitation Sent",
				"tag Hired Assessments - Sent", "link"),
			atVendors: list("alooba: invited, mails 1", "alva: sent, stage in_process, mails 1", "apriora: INVITE_SENT, mails 1",
				"hired: sent, mails 1"),
		},
	}
}
