package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// pageShows is how many participants the page lists, the newest first.
const pageShows = 200

// page lets a person play candidates, graders and the account's owner.
func (p *product) page() kit.Page {
	p.mu.Lock()
	defer p.mu.Unlock()
	participants := kit.Table{
		Title: "Participants", Columns: []string{"Candidate", "Assessment", "Status", "Hiring", "Result", "Deadline"},
	}
	for i := len(p.order) - 1; i >= 0 && len(participants.Rows) < pageShows; i-- {
		participants.Rows = append(participants.Rows, p.row(p.order[i]))
	}
	assessments := kit.Table{Title: "Assessments", Columns: []string{"Assessment", "Status", "Passing score", "Days", "Grading", "Created"}}
	for _, a := range p.assessments {
		assessments.Rows = append(assessments.Rows, a.row())
	}
	return kit.Page{
		Title: "Alooba (sandbox)",
		Lede:  p.account.Organisation + ". Nobody is mailed. Play the candidates, who start and finish, and the graders of what needs one.",
		Forms: []kit.Form{
			{Act: "assessment", Label: "Add an assessment", Fields: []kit.Field{
				{Name: "name", Label: "name"}, {Name: "manual:bool", Label: "needs a grader"},
			}},
			{Act: "greenhouse-key", Label: "Generate an API key for Greenhouse"},
			{Act: "callback-host", Label: "Let Greenhouse be called back at", Fields: []kit.Field{{Name: "host", Label: "host:port"}}},
		},
		Tables: []kit.Table{participants, assessments},
	}
}

var (
	finishing = kit.Form{Act: "submit", Label: "Finish with", Fields: []kit.Field{{Name: "score", Label: "percent", Value: "75"}}}
	grades    = kit.Form{Act: "evaluate", Label: "Grade", Fields: []kit.Field{{Name: "score", Label: "percent", Value: "65"}}}
	partly    = kit.Form{Act: "evaluate-part", Label: "Grade a part", Fields: []kit.Field{{Name: "score", Label: "percent", Value: "55"}}}
)

// offers is what a person can do with a participant, by her row of the matrix.
var offers = map[status][]kit.Form{
	scheduled: {{Act: "cancel", Label: "Cancel"}},
	invited: {
		{Act: "start", Label: "Start"}, finishing, {Act: "decline", Label: "Decline"}, {Act: "bounce", Label: "Bounce"},
		{Act: "expire", Label: "Expire"}, {Act: "cancel", Label: "Cancel"},
	},
	inProgress: {finishing, {Act: "expire", Label: "Expire"}, {Act: "cancel", Label: "Cancel"}},
	completed:  {grades},
	expired:    {{Act: "extend", Label: "Extend"}},
}

func (p *product) row(t *participant) kit.Row {
	shown, deadline := "", ""
	if r := t.Result; r != nil {
		shown = fmt.Sprintf("%v of %v, %s, revision %d", r.Score, r.MaxScore, r.Finality, r.Revision)
	}
	if !t.ExpiresAt.IsZero() {
		deadline = t.ExpiresAt.Format("2006-01-02 15:04")
	}
	row := kit.Row{Cells: []any{
		t.person.FirstName + " " + t.person.LastName + "\n" + t.person.Email, t.Assessment.Name,
		fmt.Sprintf("%s, attempt %d", t.Status, t.Attempt), t.HiringStatus, shown, deadline,
	}}
	forms := offers[t.Status]
	if t.Status == completed && t.Evaluation == pending {
		forms = append([]kit.Form{partly}, forms...)
	}
	for _, form := range forms {
		form.Fields = append([]kit.Field{{Name: "participant", Value: t.ID}}, form.Fields...)
		row.Forms = append(row.Forms, form)
	}
	return row
}

func (a *assessment) row() kit.Row {
	grading := "by itself"
	if a.Manual {
		grading = "by a grader"
	}
	id := kit.Field{Name: "assessment", Value: a.ID}
	return kit.Row{
		Cells: []any{
			a.Name, a.Status, fmt.Sprint(a.PassingScore), fmt.Sprint(a.DaysToComplete), grading, a.CreatedAt.Format("2006-01-02 15:04:05"),
		},
		Forms: []kit.Form{
			{Act: "assessment-edit", Label: "Rename", Fields: []kit.Field{id, {Name: "name", Label: "name", Value: a.Name}}},
			{Act: "assessment-duplicate", Label: "Duplicate", Fields: []kit.Field{id}},
			{Act: "assessment-edit", Label: "Archive", Fields: []kit.Field{id, {Name: "status", Value: archived}}},
		},
	}
}

// showParticipant is where profile_url and report_url lead: what a recruiter would read there.
func (p *product) showParticipant(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.participants[r.PathValue("participant")]
	if t == nil {
		http.NotFound(w, r)
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s, attempt %d: %s\n", t.person.FirstName, t.person.LastName, t.Assessment.Name, t.Attempt, t.Status)
	if t.Result != nil {
		fmt.Fprintf(&b, "%v of %v (%s); %v passes\n", t.Result.Score, t.Result.MaxScore, t.Result.Finality, t.PassingScore)
		for _, one := range t.Result.Tests {
			if one.Score == nil {
				fmt.Fprintf(&b, "  %s: still to be graded\n", one.Name)
				continue
			}
			fmt.Fprintf(&b, "  %s: %v of %v\n", one.Name, *one.Score, one.MaxScore)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write([]byte(b.String())) // an error means that the reader has left
}
