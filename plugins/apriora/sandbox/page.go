package sandbox

import (
	"fmt"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// pageShows is how many invites the page lists, the newest first.
const pageShows = 200

// page lets a person play the candidates.
func (p *product) page() kit.Page {
	p.mu.Lock()
	defer p.mu.Unlock()
	invites := kit.Table{Title: "Invites", Columns: []string{"Candidate", "Interview", "Status", "Report"}}
	for n := len(p.invites) - 1; n >= 0 && len(invites.Rows) < pageShows; n-- {
		invites.Rows = append(invites.Rows, p.row(p.invites[n]))
	}
	positions := kit.Table{Title: "Interviews", Columns: []string{"Title", "Description", "Salary", "Questions", "Posting"}}
	for _, at := range p.positions {
		positions.Rows = append(positions.Rows, kit.Row{Cells: []any{at.Title, at.Description, at.Salary.String(), at.Questions, at.ExternalID}})
	}
	return kit.Page{
		Title:  "Alex by Apriora (sandbox)",
		Lede:   "Nobody is mailed. Play the candidates: start the interview, then complete it with a score from 0 to 100.",
		Tables: []kit.Table{invites, positions},
	}
}

// String is the salary for a person to read; nothing for none.
func (s *salary) String() string {
	switch {
	case s == nil:
		return ""
	case s.Max == nil:
		return fmt.Sprintf("%s %v %s", s.Currency, *s.Min, s.Interval)
	case s.Min == nil:
		return fmt.Sprintf("%s up to %v %s", s.Currency, *s.Max, s.Interval)
	}
	return fmt.Sprintf("%s %v to %v %s", s.Currency, *s.Min, *s.Max, s.Interval)
}

// offers is what a person can do with an invite, by its status.
var offers = map[status][]string{
	triggered:  {"fail", "cancel"},
	sent:       {"book", "start", "complete", "bounce", "fail", "expire", "cancel"},
	scheduled:  {"start", "complete", "miss", "expire", "cancel"},
	missed:     {"book", "start", "expire", "cancel"},
	inProgress: {"pause", "end", "complete", "abandon"},
	paused:     {"start", "abandon"},
	ended:      {"complete"},
	completed:  {"report"},
}

// forms are the acts of offers.
var forms = map[string]kit.Form{
	"book":   {Label: "Book a slot tomorrow"},
	"start":  {Label: "Start"},
	"pause":  {Label: "Leave"},
	"end":    {Label: "End"},
	"miss":   {Label: "Miss"},
	"bounce": {Label: "Bounce"},
	"fail":   {Label: "Fail"},
	"expire": {Label: "Expire"},
	"cancel": {Label: "Cancel"},
	"complete": {Label: "Complete with", Fields: []kit.Field{
		{Name: "score", Label: "score", Value: "75"}, {Name: "report_delay", Label: "PDF later by", Value: "6m"},
	}},
	"abandon": {Label: "Abandon"},
	"report": {Label: "Serve the PDF as", Fields: []kit.Field{{Name: "serve", Label: "way", Choices: []kit.Choice{
		{Value: "pdf", Label: "a PDF"}, {Value: "html", Label: "HTML"}, {Value: "large", Label: "40 MB"},
		{Value: "loopback", Label: "a redirect to nowhere good"},
	}}}},
}

func (p *product) row(i *invite) kit.Row {
	c := p.candidate(i.CandidateID)
	wrote := ""
	if q := find(p.reports, func(q *report) bool { return q.InviteID == i.InviteID }); q != nil {
		wrote = q.OverallFeedback
		if q.OverallScore != nil {
			wrote = fmt.Sprintf("%v of 100. %s", *q.OverallScore, wrote)
		}
	}
	row := kit.Row{Cells: []any{
		c.FirstName + " " + c.LastName + "\n" + c.Email, p.position(i.PositionID).Title,
		fmt.Sprintf("%s, attempt %d", i.Status, i.Attempt), wrote,
	}}
	for _, act := range offers[i.Status] {
		form := forms[act]
		form.Act = act
		form.Fields = append([]kit.Field{{Name: "invite", Value: i.InviteID}}, form.Fields...)
		row.Forms = append(row.Forms, form)
	}
	return row
}
