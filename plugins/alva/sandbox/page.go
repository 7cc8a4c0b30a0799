package sandbox

import (
	"fmt"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// pageShows is how many candidates the page lists, the newest first.
const pageShows = 200

// page lets a person play the candidates.
func (p *product) page() kit.Page {
	p.mu.Lock()
	defer p.mu.Unlock()
	candidates := kit.Table{Title: "Candidates", Columns: []string{"Candidate", "Position", "Stage", "Invitation", "Role fit", "Tests"}}
	for i := len(p.order) - 1; i >= 0 && len(candidates.Rows) < pageShows; i-- {
		candidates.Rows = append(candidates.Rows, p.row(p.order[i]))
	}
	positions := kit.Table{Title: "Job positions", Columns: []string{"Position", "Team", "Hiring manager", "Posting"}}
	for _, c := range p.views() {
		positions.Rows = append(positions.Rows, kit.Row{Cells: []any{c.Name, c.Team, c.HiringManagerEmail, c.ExternalID}})
	}
	return kit.Page{
		Title: "Alva (sandbox)",
		Lede:  "Nobody is mailed. Play the candidates: start the tests, then finish them with a role fit from 0 to 100.",
		Forms: []kit.Form{
			{Act: "known-user", Label: "Add a user of Alva", Fields: []kit.Field{{Name: "email", Label: "e-mail"}}},
			{Act: "stored-result", Label: "Add an earlier result", Fields: []kit.Field{
				{Name: "email", Label: "e-mail"}, {Name: "score", Label: "role fit"},
			}},
		},
		Tables: []kit.Table{candidates, positions},
	}
}

// offers is what a person can do with a candidate, by the status of the invitation.
var offers = map[status][]kit.Form{
	sent: {
		{Act: "start", Label: "Start"},
		{Act: "score", Label: "Finish with", Fields: []kit.Field{{Name: "score", Label: "role fit", Value: "75"}}},
		{Act: "bounce", Label: "Bounce"}, {Act: "fail", Label: "Fail"}, {Act: "remove", Label: "Remove"},
	},
	started: {
		{Act: "score", Label: "Finish with", Fields: []kit.Field{{Name: "score", Label: "role fit", Value: "75"}}},
		{Act: "submit", Label: "Finish unscored"}, {Act: "remove", Label: "Remove"},
	},
	completed: {
		{Act: "evaluate", Label: "Recalculate to", Fields: []kit.Field{{Name: "score", Label: "role fit", Value: "60"}}},
		{Act: "remove", Label: "Remove"},
	},
	bounced: {{Act: "remove", Label: "Remove"}},
	failed:  {{Act: "remove", Label: "Remove"}},
}

func (p *product) row(c *candidate) kit.Row {
	fit := ""
	if c.RoleFit != nil {
		fit = fmt.Sprintf("%v, %s, revision %d", c.RoleFit.Score, c.RoleFit.Finality, c.Revision)
	}
	tests := []string{}
	for _, t := range c.Tests {
		tests = append(tests, fmt.Sprintf("%s %v of %v", t.Kind, t.Score, t.ScaleMax))
	}
	row := kit.Row{Cells: []any{
		c.person.FirstName + " " + c.person.LastName + "\n" + c.person.Email, p.positions[c.PositionID].Name, c.Stage,
		fmt.Sprintf("%s, attempt %d", c.Invitation.Status, c.Invitation.Attempt), fit, tests,
	}}
	for _, form := range offers[c.Invitation.Status] {
		form.Fields = append([]kit.Field{{Name: "candidate", Value: c.ID}}, form.Fields...)
		row.Forms = append(row.Forms, form)
	}
	return row
}
