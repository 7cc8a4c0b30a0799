package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Answers of the shape that was recorded from live accounts (sections 3.1, 4.1, 4.2), with invented content.
const (
	opportunityURI = "GET /opportunities/o1?expand=applications&expand=stage"
	postingURI     = "GET /postings/p1?expand=hiringManager"
	stagesURI      = "GET /stages?limit=100"

	opportunityJSON = `{"id":"o1","name":"Ada Lovelace","contact":"c1","headline":"Analyst","stage":{"id":"s-test","text":"Assessment"},` +
		`"confidentiality":"non-confidential","location":"London","phones":[{"type":null,"value":"+44"}],` +
		`"emails":["ada@example.com","b@example.com"],"links":[],"archived":null,` +
		`"tags":["Engineer","Engineering","London","Full-time","urgent","full-time","hot"],"sources":["Added manually"],` +
		`"stageChanges":[{"toStageId":"lead-new","toStageIndex":0,"updatedAt":1735689600000,"userId":"u1"},` +
		`{"toStageId":"s-test","toStageIndex":9,"updatedAt":1735693200000}],"origin":"sourced","sourcedBy":"u1","owner":"u1",` +
		`"followers":["u1","u1"],"applications":[{"id":"a1","type":"user","candidateId":"o1","opportunityId":"o1","posting":"p1",` +
		`"postingHiringManager":"u2","postingOwner":"u1","user":"u1","name":null,"phone":null,"email":null,` +
		`"createdAt":1735689700000,"archived":null}],` +
		`"createdAt":1735689600000,"updatedAt":null,"lastInteractionAt":1735693200000,"snoozedUntil":4102444800000,` +
		`"urls":{"list":"https://hire.lever.co/candidates","show":"https://hire.lever.co/candidates/o1"},` +
		`"isAnonymized":false,"dataProtection":null}`
	postingJSON = `{"data":{"id":"p1","text":"Engineer","state":"published","distributionChannels":null,"user":"u1","owner":"u1",` +
		`"hiringManager":{"id":"u2","name":"Grace","email":"grace@example.com"},"categories":{"team":"Engineering","department":null,` +
		`"location":"London","allLocations":["London","Leeds"],"commitment":"Full-time","level":"hot"},"tags":["urgent"],"urls":null}}`
	stagesJSON = `{"data":[{"id":"lead-new","text":"New lead"},{"id":"applicant-new","text":"New applicant"},` +
		`{"id":"s-test","text":"Assessment"}],"hasNext":false}`
)

// lever is a script in which one opportunity stands.
func lever(opportunity string) script {
	return script{opportunityURI: "200 " + opportunity, postingURI: "200 " + postingJSON, stagesURI: "200 " + stagesJSON}
}

func TestApplicationIsReadWhole(t *testing.T) {
	c, calls := pretend(t, config{}, lever(`{"data":`+opportunityJSON+`}`))
	a, err := c.Application(t.Context(), "o1")
	if err != nil {
		t.Fatal(err)
	}
	calls.wants(t, opportunityURI, stagesURI, postingURI)
	if a.ID != "o1" || a.Person != "c1" || a.Origin != "sourced" || !a.Active || a.Confidential || !strings.HasSuffix(a.URL, "/o1") {
		t.Errorf("application %+v", a)
	}
	if a.Candidate != (sdk.Candidate{Name: "Ada Lovelace", Email: "ada@example.com"}) {
		t.Errorf("candidate %+v", a.Candidate)
	}
	if a.Stage != (sdk.Stage{ID: "s-test", Name: "Assessment", Index: 2}) {
		t.Errorf("stage %+v, want the place of now, not the one recorded with the change", a.Stage)
	}
	if a.StageSince != at(1735693200000) || a.Applied != at(1735689700000) {
		t.Errorf("stage since %v, applied %v", a.StageSince, a.Applied)
	}
	want := sdk.Posting{ID: "p1", Name: "Engineer", Team: "Engineering", HiringManager: "grace@example.com", Tags: []string{"urgent"}}
	if diff := cmp.Diff(want, a.Posting); diff != "" {
		t.Errorf("posting: %s", diff)
	}
	if own := strings.Join(a.OwnTags, ","); own != "full-time,hot" || len(a.Tags) != 7 {
		t.Errorf("own tags %s of %v; capitals count, and a level is not inherited", own, a.Tags)
	}
	if _, err := c.Application(t.Context(), "o1"); err != nil {
		t.Fatal(err)
	}
	calls.wants(t, opportunityURI)
}

// change is opportunityJSON with one thing replaced.
func change(t *testing.T, old, new string) string {
	t.Helper()
	if !strings.Contains(opportunityJSON, old) {
		t.Fatalf("nothing to change: %s", old)
	}
	return `{"data":` + strings.Replace(opportunityJSON, old, new, 1) + `}`
}

func TestApplicationVariants(t *testing.T) {
	moved := `,{"toStageId":"s-test","toStageIndex":9,"updatedAt":1735693200000}]`
	for _, c := range []struct {
		name, opportunity string
		holds             func(a sdk.Application) bool
	}{
		{"the envelope twice", `{"data":{"data":` + opportunityJSON + `}}`, func(a sdk.Application) bool { return a.Candidate.Email != "" }},
		{"no envelope", opportunityJSON, func(a sdk.Application) bool { return a.Posting.Name == "Engineer" }},
		{"numbers as strings", change(t, `"updatedAt":1735693200000`, `"updatedAt":"1735693200000"`),
			func(a sdk.Application) bool { return a.StageSince.Equal(at(1735693200000)) }},
		{"stage not expanded", change(t, `{"id":"s-test","text":"Assessment"}`, `"s-test"`),
			func(a sdk.Application) bool { return a.Stage == sdk.Stage{ID: "s-test", Name: "Assessment", Index: 2} }},
		{"a stage that the list lacks", change(t, `{"id":"s-test","text":"Assessment"}`, `{"id":"s-new","text":"New"}`),
			func(a sdk.Application) bool { return a.Stage == sdk.Stage{ID: "s-new", Name: "New", Index: -1} }},
		{"contact expanded", change(t, `"contact":"c1"`, `"contact":{"id":"c1","location":{"name":"x"}}`),
			func(a sdk.Application) bool { return a.Person == "c1" }},
		{"made in its stage: no entry", change(t, `{"id":"s-test","text":"Assessment"}`, `"lead-new"`),
			func(a sdk.Application) bool { return a.StageSince.IsZero() }},
		{"never changed", change(t, `[{"toStageId":"lead-new","toStageIndex":0,"updatedAt":1735689600000,"userId":"u1"}`+moved, `[]`),
			func(a sdk.Application) bool { return a.StageSince.IsZero() }},
		{"made, and that alone is on record", change(t, `{"toStageId":"lead-new","toStageIndex":0,"updatedAt":1735689600000,"userId":"u1"}`+moved,
			`{"toStageId":"s-test","toStageIndex":2,"updatedAt":1735689600000}]`), func(a sdk.Application) bool { return a.StageSince.IsZero() }},
		{"moved in the instant it was made", change(t, moved, `,{"toStageId":"s-test","toStageIndex":2,"updatedAt":1735689600000}]`),
			func(a sdk.Application) bool { return a.StageSince.Equal(at(1735689600000)) }},
		{"left and entered again", change(t, moved, `,{"toStageId":"s-test","updatedAt":1735690000000},`+
			`{"toStageId":"lead-new","updatedAt":1735691000000}`+moved),
			func(a sdk.Application) bool { return a.StageSince.Equal(at(1735693200000)) }},
		{"archived", change(t, `"archived":null,"tags"`, `"archived":{"reason":"r","archivedAt":1735689800000},"tags"`),
			func(a sdk.Application) bool { return !a.Active }},
		{"archived, legacy nulls", change(t, `"archived":null,"tags"`, `"archived":{"reason":null,"archivedAt":null},"tags"`),
			func(a sdk.Application) bool { return a.Active }},
		{"anonymized", change(t, `"isAnonymized":false`, `"isAnonymized":true`), func(a sdk.Application) bool { return !a.Active }},
		{"confidential", change(t, `"non-confidential"`, `"confidential"`), func(a sdk.Application) bool { return a.Confidential && a.Active }},
		{"no e-mail", change(t, `["ada@example.com","b@example.com"]`, `[]`), func(a sdk.Application) bool { return a.Candidate.Email == "" }},
		{"no application", `{"data":{"id":"o1","contact":"c1","stage":"lead-new","applications":[],"tags":["x"],"archived":null}}`,
			func(a sdk.Application) bool {
				return a.Posting.ID == "" && a.Applied.IsZero() && a.OwnTags[0] == "x" && a.Active && a.Stage.Name == "New lead"
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, _ := pretend(t, config{}, lever(c.opportunity))
			a, err := connection.Application(t.Context(), "o1")
			if err != nil || !c.holds(a) {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

func TestApplicationThatCannotBeRead(t *testing.T) {
	with := func(uri, answer string) script {
		s := lever(`{"data":` + opportunityJSON + `}`)
		s[uri] = answer
		return s
	}
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	refused := func(err error) bool {
		r, ok := errors.AsType[*sdk.Refusal](err)
		return ok && r.Reason == "not_visible" && !errors.Is(err, sdk.ErrNotFound)
	}
	plain := func(err error) bool {
		_, later := errors.AsType[*sdk.Delay](err)
		return !later && !errors.Is(err, sdk.ErrNotFound) && !errors.Is(err, sdk.ErrDisconnected)
	}
	for _, c := range []struct {
		name   string
		script script
		want   func(error) bool
	}{
		{"gone", with(opportunityURI, ""), is(sdk.ErrNotFound)},
		{"not visible", with(opportunityURI, "403"), refused},
		{"key revoked", with(opportunityURI, "401"), is(sdk.ErrDisconnected)},
		{"too fast", with(opportunityURI, "429"), func(err error) bool { _, ok := errors.AsType[*sdk.Delay](err); return ok }},
		{"broken", with(opportunityURI, "503"), plain},
		{"empty", with(opportunityURI, `200 {"data":null}`), plain},
		{"its posting is gone", with(postingURI, ""), refused},
		{"its posting is not visible", with(postingURI, "403"), refused},
		{"its posting cannot be read now", with(postingURI, "503"), plain},
		{"the stages cannot be read now", with(stagesURI, "503"), plain},
		{"the stages end in the middle", with(stagesURI, `200 {"data":[],"hasNext":true}`), plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, _ := pretend(t, config{}, c.script)
			if _, err := connection.Application(t.Context(), "o1"); err == nil || !c.want(err) {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

func TestKeepPostingsZeroReadsEveryTime(t *testing.T) {
	c, calls := pretend(t, config{KeepPostings: "0s"}, lever(`{"data":`+opportunityJSON+`}`))
	for range 2 {
		if _, err := c.Application(t.Context(), "o1"); err != nil {
			t.Fatal(err)
		}
		calls.wants(t, opportunityURI, stagesURI, postingURI)
	}
}
