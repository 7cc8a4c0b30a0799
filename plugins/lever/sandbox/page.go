package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const pageShows = 100 // opportunities

var tagsField = sandbox.Field{Name: "tags:list", Label: "Tags, with commas"}

// page is where a person plays recruiter and candidate.
func (a *account) page() sandbox.Page {
	apps := a.doors.OAuth.Apps() // before the lock: see access.Doors
	a.mu.RLock()
	defer a.mu.RUnlock()
	var postings, stages, names, kinds []sandbox.Choice
	for _, p := range a.postings {
		if p.open() {
			postings = append(postings, sandbox.Choice{Value: p.id, Label: p.text})
		}
	}
	for _, s := range a.stages {
		stages = append(stages, sandbox.Choice{Value: s.ID, Label: s.Text})
	}
	for _, o := range origins {
		kinds = append(kinds, sandbox.Choice{Value: o, Label: o})
	}
	for _, e := range []string{"applicationCreated", "candidateStageChange", "candidateArchiveChange", "candidateHired", "candidateDeleted"} {
		names = append(names, sandbox.Choice{Value: e, Label: e})
	}
	who := []sandbox.Field{{Name: "name", Label: "Name"}, {Name: "email", Label: "E-mail"}}
	return sandbox.Page{
		Title: "Lever sandbox",
		Lede: fmt.Sprintf("%d opportunities. Apply as a candidate, move and tag as a recruiter, and watch what comes back.",
			len(a.opportunities)),
		Forms: []sandbox.Form{
			{Act: "apply", Label: "Apply", Fields: append(slices.Clip(who),
				sandbox.Field{Name: "posting", Label: "Posting", Choices: postings},
				sandbox.Field{Name: "origin", Label: "Origin", Value: "applied", Choices: kinds},
				tagsField, sandbox.Field{Name: "confidential:bool", Label: "confidential"})},
			{Act: "add", Label: "Add a lead", Fields: append(slices.Clip(who), sandbox.Field{Name: "stage", Label: "Stage", Choices: stages})},
		},
		Tables: []sandbox.Table{
			{Title: "Opportunities", Columns: []string{"Candidate", "Posting", "Stage", "Tags", "Links", "Notes", "Feedback", "Files"},
				Rows: a.opportunityRows(stages)},
			{Title: "Postings", Columns: []string{"Posting", "Team", "State", "Tags"}, Rows: a.postingRows()},
			{Title: "Feedback templates", Columns: []string{"Name", "Fields"}, Rows: a.templateRows()},
			{Title: "Webhooks", Columns: []string{"Event", "Address", "Made by"}, Rows: a.webhookRows(names)},
			apps,
		},
	}
}

func (a *account) opportunityRows(stages []sandbox.Choice) (rows []sandbox.Row) {
	all := a.sorted()
	for _, o := range slices.Backward(all[max(0, len(all)-pageShows):]) { // the newest on top
		s := a.stateOf(o)
		stands := s.Stage
		if s.Archived != nil {
			stands += "\narchived: " + s.Archived.Reason
		}
		if s.Confidential {
			stands += "\nconfidential"
		}
		notes := ""
		for _, n := range s.Notes {
			notes += n.Text + "\n"
		}
		feedback, files := "", ""
		for i, f := range s.Feedback {
			feedback += f.Template + "\n"
			for _, field := range o.feedback[len(o.feedback)-1-i].Fields {
				if field.Value != nil {
					feedback += fmt.Sprintf("%s: %v\n", field.Text, field.Value)
				}
			}
		}
		for _, f := range s.Files {
			files += fmt.Sprintf("%s (%d bytes)\n", f.Name, f.Size)
		}
		on := func(verb, label string, fields ...sandbox.Field) sandbox.Form {
			return sandbox.Form{Act: verb, Label: label, Fields: append([]sandbox.Field{{Name: "opportunity", Value: o.id}}, fields...)}
		}
		archive := on("archive", "Archive")
		if s.Archived != nil {
			archive = on("unarchive", "Unarchive")
		}
		rows = append(rows, sandbox.Row{
			Cells: []any{s.Name + "\n" + strings.Join(s.Emails, ", "), s.Posting, stands, s.Tags, s.Links, notes, feedback, files},
			Forms: []sandbox.Form{
				on("move", "Move", sandbox.Field{Name: "stage", Label: "Stage", Value: o.stage.ID, Choices: stages}),
				on("tag", "Tag", tagsField), on("untag", "Untag", tagsField),
				on("edit", "Correct", sandbox.Field{Name: "email", Label: "E-mail"}), archive, on("hire", "Hire"), on("delete", "Delete"),
			},
		})
	}
	return rows
}

func (a *account) templateRows() (rows []sandbox.Row) {
	for _, t := range a.templates {
		names := []string{}
		for _, f := range t.Fields {
			names = append(names, f.Text)
		}
		id := sandbox.Field{Name: "template", Value: t.ID}
		rows = append(rows, sandbox.Row{Cells: []any{t.Text, names}, Forms: []sandbox.Form{
			{Act: "template-edit", Label: "Rename", Fields: []sandbox.Field{id, {Name: "text", Label: "Name"}}},
			{Act: "template-remove", Label: "Remove", Fields: []sandbox.Field{id}},
		}})
	}
	return rows
}

func (a *account) postingRows() (rows []sandbox.Row) {
	for _, p := range a.postings {
		fields := []sandbox.Field{{Name: "posting", Value: p.id}, tagsField}
		rows = append(rows, sandbox.Row{
			Cells: []any{p.text, p.team, p.state, list(p.tags)},
			Forms: []sandbox.Form{{Act: "posting-tag", Label: "Tag", Fields: fields}, {Act: "posting-untag", Label: "Untag", Fields: fields}},
		})
	}
	return rows
}

// webhookRows end with a row in which to add one.
func (a *account) webhookRows(names []sandbox.Choice) (rows []sandbox.Row) {
	for _, h := range a.hooks.All {
		by := "hand"
		if h.Owner != "" {
			by = "API"
		}
		id := []sandbox.Field{{Name: "webhook", Value: h.ID}}
		rows = append(rows, sandbox.Row{
			Cells: []any{h.Event, h.URL, by},
			Forms: []sandbox.Form{
				{Act: "webhook-test", Label: "Verify connection", Fields: id}, {Act: "webhook-remove", Label: "Remove", Fields: id},
			},
		})
	}
	return append(rows, sandbox.Row{Cells: []any{"", "", ""}, Forms: []sandbox.Form{{Act: "webhook", Label: "Add", Fields: []sandbox.Field{
		{Name: "event", Label: "Event", Choices: names}, {Name: "url", Label: "Address"}, {Name: "token", Label: "Signing token"}}}}})
}
