package sandbox

import (
	"fmt"
	"strings"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// pageShows is how many invitations the page lists, the newest first.
const pageShows = 200

// page lets a person play the candidates.
func (p *product) page() kit.Page {
	p.mu.Lock()
	defer p.mu.Unlock()
	invitations := kit.Table{Title: "Invitations", Columns: []string{"Candidate", "Test", "Invitation", "Result", "Report"}}
	for n := len(p.order) - 1; n >= 0 && len(invitations.Rows) < pageShows; n-- {
		invitations.Rows = append(invitations.Rows, row(p.order[n]))
	}
	tests := kit.Table{Title: "Tests", Columns: []string{"Test", "Languages", "Minutes", "Points"}}
	for _, t := range p.tests {
		tests.Rows = append(tests.Rows, kit.Row{Cells: []any{t.Name, t.Languages, fmt.Sprint(t.Minutes), fmt.Sprint(t.MaxScore)}})
	}
	return kit.Page{
		Title:  "Hired Assessments (sandbox)",
		Lede:   "Nobody is mailed. Play the candidates: start a test, then finish it with some points.",
		Forms:  []kit.Form{{Act: "test", Label: "Add a test", Fields: []kit.Field{{Name: "name", Label: "name"}}}},
		Tables: []kit.Table{invitations, tests},
	}
}

var (
	finishing = kit.Form{Act: "submit", Label: "Finish with", Fields: []kit.Field{{Name: "score", Label: "points", Value: "50"}}}
	ending    = []kit.Form{{Act: "decline", Label: "Decline"}, {Act: "cancel", Label: "Cancel"}, {Act: "expire", Label: "Expire"}}
	extending = kit.Form{Act: "extend", Label: "Extend by", Fields: []kit.Field{{Name: "days", Label: "days", Value: "7"}}}
)

// offers is what a person can do, by the status of the invitation.
var offers = map[status][]kit.Form{
	sent:       append([]kit.Form{{Act: "start", Label: "Start"}, finishing, {Act: "bounce", Label: "Bounce"}}, ending...),
	inProgress: append([]kit.Form{finishing}, ending...),
	expired:    {extending},
	completed:  {{Act: "score", Label: "Correct to", Fields: finishing.Fields}},
}

func row(i *invitation) kit.Row {
	got, report := "", any("")
	if i.Result != nil {
		got = fmt.Sprintf("%v of %v, %s, revision %d", i.Result.Score, i.Result.MaxScore, i.Result.Finality, i.Result.Revision)
		report = kit.Link{Text: "report", URL: i.ReportURL}
	}
	row := kit.Row{Cells: []any{
		strings.TrimSpace(i.person.FirstName+" "+i.person.LastName) + "\n" + i.person.Email, i.Test.Name,
		fmt.Sprintf("%s, attempt %d", i.Status, i.Attempt), got, report,
	}}
	if i.erased {
		return row
	}
	for _, form := range offers[i.Status] {
		form.Fields = append([]kit.Field{{Name: "invitation", Value: i.ID}}, form.Fields...)
		row.Forms = append(row.Forms, form)
	}
	return row
}
