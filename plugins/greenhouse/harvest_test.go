package main

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// withHarvest is a connection with a Harvest credential.
var withHarvest = config{ClientID: "abc-1"}

const (
	applicationURI = "GET /applications?ids=11&per_page=500"
	candidateURI   = "GET /candidates?ids=22&per_page=500"
	jobURI         = "GET /jobs?ids=3&per_page=500"
	stagesURI      = "GET /job_interview_stages?job_ids=3&per_page=500"
	visitsURI      = "GET /application_stages?application_ids=11&per_page=500"
	anyURI         = "GET /applications?fields=id&per_page=1"
)

// hogwarts is a Greenhouse with one application in the second stage of its job.
func hogwarts() script {
	return script{
		applicationURI: `200 [{"id":11,"candidate_id":22,"job_id":3,"stage_id":9001,"job_interview_stage_id":52,"stage_name":"Assessment",` +
			`"status":"in_process","prospect":false,"custom_fields":null,"created_at":"2026-11-01T08:00:00.000Z"}]`,
		candidateURI: `200 [{"id":22,"first_name":"Harry","last_name":"Potter","private":false,"can_email":true,"tags":["seeker"],` +
			`"email_addresses":[{"value":"","type":"work"},{"value":"harry@example.org","type":"personal"}],"custom_fields":[]}]`,
		jobURI: `200 [{"id":3,"name":"Auror","confidential":false}]`,
		stagesURI: `200 [{"id":53,"name":"Offer","sort_order":2,"active":true},{"id":52,"name":"Assessment","sort_order":1,"active":true},` +
			`{"id":51,"name":"Application Review","sort_order":0,"active":true}]`,
		visitsURI: `200 [{"job_interview_stage_id":52,"entered_at":"2026-11-04T08:00:00.000Z","current":true},` +
			`{"job_interview_stage_id":51,"entered_at":"2026-11-01T08:00:00.000Z","exited_at":"2026-11-04T08:00:00.000Z","current":false}]`,
	}
}

func TestApplication(t *testing.T) {
	ats, calls := pretend(t, withHarvest, hogwarts())
	a, err := ats.Application(t.Context(), "11")
	if err != nil {
		t.Fatal(err)
	}
	if a.ID != "11" || a.Person != "22" || a.Candidate != (sdk.Candidate{Name: "Harry Potter", Email: "harry@example.org"}) || !a.Active ||
		a.Confidential || a.URL != "https://app.greenhouse.io/people/22?application_id=11" || !slices.Equal(a.OwnTags, []string{"seeker"}) {
		t.Errorf("%+v", a)
	}
	if a.Posting.ID != "3" || a.Posting.Name != "Auror" || a.Stage != (sdk.Stage{ID: "52", Name: "Assessment", Index: 1}) {
		t.Errorf("posting %+v, stage %+v", a.Posting, a.Stage)
	}
	day := func(d int) time.Time { return time.Date(2026, 11, d, 8, 0, 0, 0, time.UTC) }
	if !a.Applied.Equal(day(1)) || !a.StageSince.Equal(day(4)) {
		t.Errorf("applied %v, in the stage since %v", a.Applied, a.StageSince)
	}
	calls.wants(t, applicationURI, candidateURI, jobURI, stagesURI, visitsURI)
	if _, err := ats.Application(t.Context(), "11"); err != nil {
		t.Fatal(err)
	}
	calls.wants(t, applicationURI, candidateURI, visitsURI) // job and plan are known
}

func TestApplicationAsItMayBe(t *testing.T) {
	replaced := func(uri, old, with string) script {
		s := hogwarts()
		if s[uri] = strings.Replace(s[uri], old, with, 1); s[uri] == hogwarts()[uri] {
			t.Fatalf("%s has no %q", uri, old)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		script script
		check  func(sdk.Application) bool
	}{
		{"rejected", replaced(applicationURI, "in_process", "rejected"), func(a sdk.Application) bool { return !a.Active }},
		{"the other word (trap 5)", replaced(applicationURI, "in_process", "active"), func(a sdk.Application) bool { return a.Active }},
		{"hired: no stage", replaced(applicationURI, `"job_interview_stage_id":52,"stage_name":"Assessment","status":"in_process"`,
			`"status":"hired"`),
			func(a sdk.Application) bool {
				return !a.Active && a.Stage == sdk.Stage{Index: -1} && a.StageSince.IsZero()
			}},
		{"a prospect", replaced(applicationURI, `"job_id":3,"stage_id":9001,"job_interview_stage_id":52,"stage_name":"Assessment",`+
			`"status":"in_process","prospect":false`, `"job_id":null,"stage_id":null,"status":"in_process","prospect":true`),
			func(a sdk.Application) bool { return !a.Active && a.Posting.ID == "" }},
		{"an older answer, without the stage's id", replaced(applicationURI, `"job_interview_stage_id":52,`, ""),
			func(a sdk.Application) bool { return a.Stage.ID == "52" && !a.StageSince.IsZero() }},
		{"a stage of another plan", replaced(applicationURI, `"job_interview_stage_id":52,`, `"job_interview_stage_id":99,`),
			func(a sdk.Application) bool { return a.Stage == sdk.Stage{ID: "99", Name: "Assessment", Index: -1} }},
		{"a private person", replaced(candidateURI, `"private":false`, `"private":true`), func(a sdk.Application) bool { return a.Confidential }},
		{"a confidential job", replaced(jobURI, `"confidential":false`, `"confidential":true`),
			func(a sdk.Application) bool { return a.Confidential }},
		{"not to be mailed", replaced(candidateURI, `"can_email":true`, `"can_email":false`),
			func(a sdk.Application) bool { return a.Candidate.Email == "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			ats, _ := pretend(t, withHarvest, c.script)
			if a, err := ats.Application(t.Context(), "11"); err != nil || !c.check(a) {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

func TestMadeInItsStage(t *testing.T) {
	s := hogwarts()
	s[visitsURI] = `200 [{"job_interview_stage_id":52,"entered_at":"2026-11-01T08:00:00.000Z","current":true}]`
	ats, _ := pretend(t, withHarvest, s)
	if a, err := ats.Application(t.Context(), "11"); err != nil || !a.StageSince.IsZero() {
		t.Errorf("in the stage since %v, %v; to be made in a stage is not to enter it", a.StageSince, err)
	}
}

// TestWhatCannotBeRead: what is gone is told apart from what is not shown, and a lacking permission is named.
func TestWhatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name, uri, says string
		want            string // words of a refusal not_visible; or "gone", "again", "later", "disconnected"
	}{
		{"gone", applicationURI, `200 []`, "gone"},
		{"nothing is shown at all", anyURI, `200 []`, "Site Admin"},
		{"applications are forbidden", applicationURI, "403", "harvest:applications:list"},
		{"candidates are forbidden", candidateURI, "403", "harvest:candidates:list"},
		{"jobs are forbidden", jobURI, "403", "harvest:jobs:list"},
		{"stages are forbidden", stagesURI, "403", "harvest:job_interview_stages:list"},
		{"stays are forbidden", visitsURI, "403", "harvest:application_stages:list"},
		{"a private candidate", candidateURI, `200 []`, "private"},
		{"a confidential job", jobURI, `200 []`, "confidential"},
		{"a wrong base_url is not a deletion", applicationURI, "404", "again"},
		{"down", candidateURI, "500", "again"},
		{"a limit", jobURI, "429", "later"},
		{"an expired token", visitsURI, "401", "disconnected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := hogwarts()
			s[anyURI] = `200 [{"id":99}]`
			if s[c.uri] = c.says; c.uri == anyURI {
				s[applicationURI] = `200 []`
			}
			ats, _ := pretend(t, withHarvest, s)
			_, err := ats.Application(t.Context(), "11")
			if !is(err, c.want) {
				t.Errorf("%v; want %s", err, c.want)
			}
		})
	}
	ats, calls := pretend(t, withHarvest, script{})
	if _, err := ats.Application(t.Context(), "11,12"); !errors.Is(err, sdk.ErrNotFound) {
		t.Errorf("what is no id: %v", err)
	}
	calls.wants(t)
}

// is tells whether err is of a kind, or a refusal whose reason and detail hold the words.
func is(err error, want string) bool {
	why, detail := reason(err)
	delay, later := errors.AsType[*sdk.Delay](err)
	switch want {
	case "":
		return err == nil
	case "gone":
		return errors.Is(err, sdk.ErrNotFound)
	case "disconnected":
		return errors.Is(err, sdk.ErrDisconnected)
	case "later":
		return later && delay.After == 17*time.Second
	case "again":
		return err != nil && why == "" && !later && !errors.Is(err, sdk.ErrNotFound) && !errors.Is(err, sdk.ErrDisconnected)
	}
	return why != "" && strings.Contains(why+": "+detail, want)
}

// walk is what a sequence yields until its first error.
func walk[T any](items iter.Seq2[T, error]) (all []T, err error) {
	for item, err := range items {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

var since = time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("", 3600))

const changedURI = "GET /applications?fields=id%2Cprospect&per_page=500&updated_at=gte%7C2026-11-20T10%3A55%3A00Z"

func TestChanged(t *testing.T) {
	const second, third = "GET /applications?cursor=c2", "GET /applications?cursor=c3"
	for _, c := range []struct {
		name   string
		script script
		ids    []string
		want   string
		calls  []string
	}{
		{"three pages, the cursor alone", script{changedURI: `200 > /applications?cursor=c2 [{"id":5,"prospect":false}]`,
			second: `200 > /applications?cursor=c3 [{"id":4,"prospect":true},{"id":3}]`, third: `200 [{"id":2}]`},
			[]string{"5", "3", "2"}, "", []string{changedURI, second, third}},
		{"a token that expires in the middle", script{changedURI: `200 > /applications?cursor=c2 [{"id":5}]`, second: "401"},
			[]string{"5"}, "disconnected", []string{changedURI, second}},
		{"a limit in the middle", script{changedURI: `200 > /applications?cursor=c2 [{"id":5}]`, second: "429"},
			[]string{"5"}, "later", []string{changedURI, second}},
		{"a permission taken away in the middle", script{changedURI: `200 > /applications?cursor=c2 [{"id":5}]`, second: "403"},
			[]string{"5"}, "harvest:applications:list", []string{changedURI, second}},
		{"a walk in a circle", script{changedURI: `200 > /applications?cursor=c2 [{"id":5}]`, second: `200 > /applications?cursor=c2 [{"id":4}]`},
			[]string{"5", "4"}, "again", []string{changedURI, second}},
		{"a next page without a cursor", script{changedURI: `200 > /applications?page=2 [{"id":5}]`}, nil, "again", []string{changedURI}},
		{"no list", script{changedURI: `200 {"message":"building"}`}, nil, "again", []string{changedURI}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ats, calls := pretend(t, withHarvest, c.script)
			ids, err := walk(ats.(sdk.Searcher).Changed(t.Context(), since))
			if !slices.Equal(ids, c.ids) || !is(err, c.want) {
				t.Errorf("%v, %v; want %v, %q", ids, err, c.ids, c.want)
			}
			calls.wants(t, c.calls...)
		})
	}
}

func TestLinks(t *testing.T) {
	for link, want := range map[string]string{
		"": "",
		`<https://harvest.greenhouse.io/v3/jobs?cursor=abc%3D>; rel="next"`:                                                 "abc=",
		`<https://harvest.greenhouse.io/v3/jobs?cursor=a>; rel=next`:                                                        "a",
		`<https://harvest.greenhouse.io/v3/jobs?cursor=a>; rel="prev"`:                                                      "",
		`<https://harvest.greenhouse.io/v3/jobs?cursor=a>; rel="prev", <https://evil.example/v3/jobs?cursor=b>; rel="next"`: "b",
	} {
		if got, err := nextCursor(link); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", link, got, err, want)
		}
	}
}

func TestTagged(t *testing.T) {
	var people, firstFifty []string
	for i := range 51 {
		n := string(rune('1'+i/26)) + string(rune('0'+i%26%10)) + string(rune('0'+i%26/10))
		people = append(people, `{"id":`+n+`,"private":false,"tags":["Send"]}`)
		firstFifty = append(firstFifty, n)
	}
	last := firstFifty[50]
	people = append(people, `{"id":7,"private":true,"tags":["Send"]}`, `{"id":8,"private":false,"tags":["send"]}`)
	one := "GET /applications?candidate_ids=" + strings.Join(firstFifty[:50], "%2C") + "&fields=id%2Cprospect&per_page=500&status=active"
	two := "GET /applications?candidate_ids=" + last + "&fields=id%2Cprospect&per_page=500&status=active"
	const tagURI = "GET /candidates?fields=id%2Cprivate%2Ctags&per_page=500&tag=Send"
	ats, calls := pretend(t, withHarvest, script{
		tagURI: "200 [" + strings.Join(people, ",") + "]", one: `200 [{"id":5},{"id":4}]`, two: `200 [{"id":3}]`,
	})
	ids, err := walk(ats.(sdk.Searcher).Tagged(t.Context(), "Send"))
	if err != nil || !slices.Equal(ids, []string{"5", "4", "3"}) {
		t.Errorf("%v, %v", ids, err)
	}
	calls.wants(t, tagURI, one, two) // fifty ids at a time; nobody private, no other tag
}

func TestStages(t *testing.T) {
	const uri = "GET /job_interview_stages?active=true&per_page=500"
	ats, _ := pretend(t, withHarvest, script{uri: `200 [{"id":62,"name":"Offer","sort_order":1},{"id":53,"name":"Offer","sort_order":2},` +
		`{"id":51,"name":"Review","sort_order":0}]`})
	stages, err := walk(ats.(sdk.StageCatalog).Stages(t.Context()))
	want := []sdk.Stage{{ID: "51", Name: "Review", Index: 0}, {ID: "62", Name: "Offer", Index: 1}, {ID: "53", Name: "Offer", Index: 2}}
	if err != nil || !slices.Equal(stages, want) {
		t.Errorf("%v, %v; want %v", stages, err, want)
	}
}
