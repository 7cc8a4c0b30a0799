package sandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const pageShows = 100 // applications

// page is where a person plays recruiter, candidate and Greenhouse's staff.
func (o *organization) page() sandbox.Page {
	o.mu.Lock()
	defer o.mu.Unlock()
	var jobs, kinds []sandbox.Choice
	for _, j := range o.jobs {
		jobs = append(jobs, sandbox.Choice{Value: strconv.Itoa(j.id), Label: j.name})
	}
	for _, e := range slices.Sorted(maps.Keys(events)) {
		kinds = append(kinds, sandbox.Choice{Value: e, Label: events[e]})
	}
	job := sandbox.Field{Name: "job", Label: "Job", Choices: jobs}
	return sandbox.Page{
		Title: "Greenhouse sandbox: " + o.name,
		Lede:  "Choose a test for the Assessment stage, apply, move there, press Send Test: the interview kit shows score and report at the end.",
		Forms: []sandbox.Form{
			{Act: "apply", Label: "Apply", Fields: append(typed("first_name", "last_name", "email", "phone"), job)},
			{Act: "stage-test", Label: "Choose a stage's test", Fields: append(typed("stage", "test"), job)},
			{Act: "partner", Label: "Enable an assessment partner",
				Fields: typed("key", "list_tests", "send_test", "test_status", "response_error", "app_url")},
			{Act: "webhook", Label: "Create a webhook", Fields: append(typed("name", "url", "secret", "headers", "recipient"),
				sandbox.Field{Name: "event", Label: "When", Choices: kinds})},
			{Act: "permission", Label: "Tick a permission", Fields: append(typed("scope"), sandbox.Field{Name: "on:bool", Label: "ticked"})},
		},
		Tables: []sandbox.Table{
			{Title: "Applications", Columns: []string{"Candidate", "Job", "Stage", "Interview kit"}, Rows: o.kitRows()},
			{Title: "Webhooks", Columns: []string{"Name", "When", "Endpoint", "State"}, Rows: o.hookRows()},
			o.oauth.Apps(),
		},
	}
}

// typed are arguments to type in.
func typed(names ...string) (fields []sandbox.Field) {
	for _, name := range names {
		fields = append(fields, sandbox.Field{Name: name, Label: strings.ReplaceAll(name, "_", " ")})
	}
	return fields
}

func (o *organization) kitRows() (rows []sandbox.Row) {
	for _, a := range slices.Backward(o.applications[max(0, len(o.applications)-pageShows):]) {
		on := func(verb, label, about string, id int, more ...sandbox.Field) sandbox.Form {
			return sandbox.Form{Act: verb, Label: label, Fields: append([]sandbox.Field{{Name: about, Value: strconv.Itoa(id)}}, more...)}
		}
		k, job, forms := o.kitOf(a), "prospect", []sandbox.Form(nil)
		var shows any = k.Status
		if k.Report != "" {
			score := "no score"
			if k.Score != nil {
				score = strconv.FormatFloat(*k.Score, 'f', -1, 64)
			}
			shows = sandbox.Link{Text: score + " · View Report", URL: k.Report}
		}
		if a.job != nil {
			job = a.job.name
			var stages []sandbox.Choice
			for _, s := range a.job.stages {
				stages = append(stages, sandbox.Choice{Value: strconv.Itoa(s.id), Label: s.name})
			}
			forms = append(forms, on("move", "Move", "application", a.id, sandbox.Field{Name: "stage", Label: "Stage", Choices: stages}))
		}
		if o.sendable(a) == nil {
			forms = append(forms, on("send-test", "Send Test", "application", a.id))
		}
		for _, verb := range map[string][]string{active: {"hire", "reject"}, rejected: {"unreject"}, hired: {"unhire"}}[a.status] {
			forms = append(forms, on(verb, verb, "application", a.id))
		}
		forms = append(forms, on("anonymize", "anonymize", "candidate", a.candidate.id), on("delete", "delete", "candidate", a.candidate.id))
		rows = append(rows, sandbox.Row{
			Cells: []any{a.candidate.first + " " + a.candidate.last + "\n" + a.candidate.email(), job, k.Stage + "\n" + a.status, shows},
			Forms: forms,
		})
	}
	return rows
}

func (o *organization) hookRows() (rows []sandbox.Row) {
	for _, h := range o.hooks {
		state := map[bool]string{true: "enabled", false: "disabled"}[h.Active]
		rows = append(rows, sandbox.Row{Cells: []any{h.Name, events[h.Event], h.URL, state}, Forms: []sandbox.Form{
			{Act: "webhook-remove", Label: "Delete", Fields: []sandbox.Field{{Name: "webhook", Value: strconv.Itoa(h.id)}}},
		}})
	}
	return rows
}
