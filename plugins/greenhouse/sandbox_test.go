package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// TestSandboxFromSendTestToReport is the whole of section 2: drop-down, Send Test, nothing shown while evaluation is missing, PATCH, score.
func TestSandboxFromSendTestToReport(t *testing.T) {
	greenhouse := imitate(t)
	plugin, _ := greenhouse.open(config{})
	door := greenhouse.serve(plugin, sdk.Test{ID: "alooba/1", Name: "Numeracy"}, sdk.Test{ID: "alooba/2", Name: "SQL"})
	greenhouse.partnered(door)
	greenhouse.act("stage-test", `{"job":"Data Analyst","stage":"Assessment","test":"SQL"}`)
	made := greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Grace","last_name":"Hopper","email":"grace@example.com"}`)
	application := made["application"]
	greenhouse.act("move", `{"application":%q,"stage":"Assessment"}`, application)
	if heard := door.heard(); len(heard) != 0 {
		t.Fatalf("before Send Test: %+v", heard)
	}

	greenhouse.act("send-test", `{"application":%q}`, application)
	heard := door.heard()
	if len(heard) != 1 || heard[0].Kind != sdk.KindRequested || heard[0].Assessment != "alooba/2" || heard[0].Application != application ||
		heard[0].Person != made["candidate"] || heard[0].Snapshot.Candidate != (sdk.Candidate{Name: "Grace Hopper", Email: "grace@example.com"}) {
		t.Fatalf("heard %+v", heard)
	}
	request := heard[0]
	shows := greenhouse.shows(application)
	if len(shows.Sends) != 1 || shows.Sends[0].ID != request.ID || shows.Kit.Status != "Waiting" {
		t.Errorf("after Send Test: %+v", shows)
	}

	report := func() {
		t.Helper()
		err := plugin.(sdk.TestPartner).Report(t.Context(), sdk.NewKey("r"), sdk.Report{Callbacks: []string{request.Snapshot.Callback}})
		if err != nil {
			t.Fatal(err)
		}
		greenhouse.call("POST", "/_sandbox/clock/advance", `{"by":"1m"}`, nil)
	}
	report()
	if kit := greenhouse.shows(application).Kit; kit.Score != nil || kit.Report != "" {
		t.Errorf("while evaluation is missing: %+v", kit)
	}
	door.finish(request.ID, 81.5, "https://app.alooba.com/reports/1")
	report()
	report() // repeats change nothing
	shows = greenhouse.shows(application)
	if k := shows.Kit; k.Score == nil || *k.Score != 81.5 || k.Report != "https://app.alooba.com/reports/1" || k.Status != "To be graded" {
		t.Errorf("complete: %+v", k)
	}
	if problems := shows.Sends[0].Problems; len(problems) != 0 {
		t.Errorf("Greenhouse could not use our answers: %q", problems)
	}
}

// TestSandboxWebhooks: what people do arrives as the event that it is, and only with the organisation's header.
func TestSandboxWebhooks(t *testing.T) {
	greenhouse := imitate(t)
	plugin, _ := greenhouse.open(config{Organisation: "Hogwarts Ltd"})
	door := greenhouse.serve(plugin)
	for _, w := range webhooks {
		greenhouse.act("webhook", `{"event":%q,"url":%q,"secret":%q,"headers":"X-Organisation: Hogwarts Ltd"}`, w.action, door.url, oldKey)
	}
	made := greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Grace","last_name":"Höpper <g>","email":"grace@example.com"}`)
	application, person := made["application"], made["candidate"]
	for _, do := range []struct{ verb, args string }{
		{"move", `{"application":%q,"stage":"Assessment"}`}, {"reject", `{"application":%q}`}, {"unreject", `{"application":%q}`},
		{"hire", `{"application":%q}`}, {"unhire", `{"application":%q}`},
	} {
		greenhouse.act(do.verb, do.args, application)
	}
	greenhouse.act("anonymize", `{"candidate":%q,"fields":["full_name","email_addresses"]}`, person)
	second := greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Alan","last_name":"Turing","email":"alan@example.com"}`)
	greenhouse.act("delete-application", `{"application":%q}`, second["application"])
	greenhouse.act("delete", `{"candidate":%q}`, person)

	var kinds []sdk.Kind
	ids := map[string]bool{}
	for _, e := range door.heard() {
		kinds = append(kinds, e.Kind)
		ids[e.ID] = true
		if e.At.IsZero() || e.Person != person && e.Person != second["candidate"] || e.Kind == sdk.KindMoved && e.Stage == "" {
			t.Errorf("event %+v", e)
		}
	}
	want := []sdk.Kind{
		sdk.KindApplied, sdk.KindMoved, sdk.KindRejected, sdk.KindUnrejected, sdk.KindHired, sdk.KindUnhired, sdk.KindAnonymized,
		sdk.KindApplied, sdk.KindDeleted, sdk.KindDeleted,
	}
	if !slices.Equal(kinds, want) || len(ids) != len(want) {
		t.Errorf("heard %v, %d ids; want %v", kinds, len(ids), want)
	}

	greenhouse.act("webhook", `{"event":"new_candidate_application","url":%q,"secret":%q,"headers":"X-Organisation: Durmstrang"}`,
		door.url, oldKey)
	greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Viktor","last_name":"Krum","email":"viktor@example.com"}`)
	if heard := door.heard(); len(heard) != 1 {
		t.Errorf("heard %+v; want it from the webhook of our organisation alone", heard)
	}
}

// TestSandboxHarvest reads with the permissions that reading needs, and says which one is lacking until then.
func TestSandboxHarvest(t *testing.T) {
	greenhouse := imitate(t)
	plugin, way := greenhouse.open(withHarvest)
	made := greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Grace","last_name":"Hopper","email":"grace@example.com"}`)
	application := fmt.Sprint(made["application"])
	for _, scope := range []string{
		"harvest:candidates:list", "harvest:jobs:list", "harvest:job_interview_stages:list", "harvest:application_stages:list",
	} {
		if _, err := plugin.Application(t.Context(), application); !is(err, "not_visible: ") || !strings.Contains(err.Error(), scope) {
			t.Fatalf("%v; want the permission %s named", err, scope)
		}
		greenhouse.call("POST", "/_sandbox/acts/permission", fmt.Sprintf(`{"scope":%q,"on":true}`, scope), nil)
		way.forget()
	}
	a, err := plugin.Application(t.Context(), application)
	if err != nil || a.Candidate != (sdk.Candidate{Name: "Grace Hopper", Email: "grace@example.com"}) || a.Posting.Name != "Data Analyst" ||
		a.Stage.Name != "Application Review" || !a.StageSince.IsZero() || !a.Active {
		t.Errorf("%+v, %v", a, err)
	}
	greenhouse.act("move", `{"application":%q,"stage":"Assessment"}`, application)
	moved, err := plugin.Application(t.Context(), application)
	if err != nil || moved.Stage.Name != "Assessment" || moved.Stage.Index <= a.Stage.Index || !moved.StageSince.After(a.Applied) {
		t.Errorf("after the move: %+v since %v, %v", moved.Stage, moved.StageSince, err)
	}
	ids, err := walk(plugin.(sdk.Searcher).Changed(t.Context(), a.Applied))
	if err != nil || !slices.Contains(ids, application) {
		t.Errorf("changed %v, %v", ids, err)
	}
	stages, err := walk(plugin.(sdk.StageCatalog).Stages(t.Context()))
	if err != nil || !slices.Contains(stages, moved.Stage) {
		t.Errorf("stages %v, %v", stages, err)
	}
	greenhouse.act("delete-application", `{"application":%q}`, application)
	greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Alan","last_name":"Turing","email":"alan@example.com"}`)
	if _, err := plugin.Application(t.Context(), application); !is(err, "gone") {
		t.Errorf("after the deletion: %v", err)
	}
	recruiter := greenhouse.act("user", `{"first_name":"Rita","last_name":"R","email":"rita2@employer.example"}`)["user"]
	blind, _ := greenhouse.open(config{ClientID: "sandbox-client-1", OnBehalfOf: fmt.Sprint(recruiter)})
	if _, err := blind.Application(t.Context(), application); !is(err, "Site Admin") {
		t.Errorf("who is not Site Admin sees no deletion: %v", err)
	}
}

// TestSandboxFields is row GA8: made when missing, never twice, other fields untouched, by a Greenhouse that replaces the whole set.
func TestSandboxFields(t *testing.T) {
	greenhouse := imitate(t)
	greenhouse.act("field", `{"name":"May start","of":"application","kind":"date"}`)
	greenhouse.act("field", `{"name":"Notice","of":"application","kind":"short_text"}`)
	made := greenhouse.act("apply", `{"job":"Data Analyst","first_name":"Grace","last_name":"Hopper","email":"grace@example.com"}`)
	application := fmt.Sprint(made["application"])
	greenhouse.act("value", `{"application":%q,"field":"may_start","value":"2027-01-01"}`, application)
	greenhouse.act("value", `{"application":%q,"field":"notice","value":"3 months"}`, application)
	plugin, _ := greenhouse.open(withHarvest)
	values := []sdk.Field{
		number("Alooba score", 81.5), number("Alooba skill: C", 70), number("Alooba skill: C++", 60), {Name: "Alooba level", Text: "Senior"},
	}
	for range 2 {
		fields := sdk.Fields{Application: application, Values: values}
		if err := plugin.(sdk.FieldWriter).Fields(t.Context(), sdk.NewKey("f"), fields); err != nil {
			t.Fatal(err)
		}
	}
	another, _ := greenhouse.open(withHarvest) // remembers nothing
	fields := sdk.Fields{Application: application, Values: []sdk.Field{number("Alooba score", 90)}}
	if err := another.(sdk.FieldWriter).Fields(t.Context(), sdk.NewKey("g"), fields); err != nil {
		t.Fatal(err)
	}
	shows := greenhouse.shows(application).Fields
	if len(shows) != 6 {
		t.Errorf("fields %v, want six", shows)
	}
	for key, want := range map[string]string{"notice": "3 months", "may_start": "2027-01-01", "alooba_score": "90", "alooba_level": "Senior"} {
		if fmt.Sprint(shows[key]) != want {
			t.Errorf("field %s is %v, want %s", key, shows[key], want)
		}
	}
}

// TestSandboxIntegrationUser is row GA9, to the day on which she acts.
func TestSandboxIntegrationUser(t *testing.T) {
	greenhouse := imitate(t)
	c := config{ClientID: "sandbox-client-1", IntegrationUser: "patchbay@employer.example"}
	plugin, _ := greenhouse.open(c)
	for range 2 {
		all := problemsOf(t, plugin, sdk.Needs{})
		if len(all) != 2 || !strings.Contains(all[0], "not Site Admin") || !strings.Contains(all[1], "Set on_behalf_of") {
			t.Fatalf("problems %q", all)
		}
		_, said, _ := strings.Cut(all[1], `on_behalf_of = "`)
		c.OnBehalfOf, _, _ = strings.Cut(said, `"`)
	}
	greenhouse.act("user-rights", `{"user":%q,"site_admin":true}`, c.OnBehalfOf)
	acting, _ := greenhouse.open(c)
	if all := problemsOf(t, acting, sdk.Needs{Fields: []string{"Alooba score"}, Verbs: []sdk.Verb{sdk.VerbFields}}); len(all) != 0 {
		t.Errorf("problems %q", all)
	}
	greenhouse.act("user-rights", `{"user":%q,"site_admin":false}`, c.OnBehalfOf)
	if all := problemsOf(t, acting, sdk.Needs{}); len(all) == 0 || !strings.Contains(strings.Join(all, ""), "Site Admin") {
		t.Errorf("problems %q", all)
	}
}
