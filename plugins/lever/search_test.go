package main

import (
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// gather reads a sequence to its end; an error shows as "!".
func gather[T any](seq iter.Seq2[T, error], show func(T) string) string {
	var all []string
	for v, err := range seq {
		if err != nil {
			all = append(all, "!")
			continue
		}
		all = append(all, show(v))
	}
	return strings.Join(all, " ")
}

func self(s string) string { return s }

func TestTagged(t *testing.T) {
	const first = "GET /opportunities?archived=false&include=id&limit=100&tag=Alva%3A+Send+Tests"
	c, calls := pretend(t, config{}, script{
		first: `200 {"data":[{"id":"o1"},{"id":"o2"}],"hasNext":true,"next":"%5B3%2C1%5D"}`,
		strings.Replace(first, "&tag", "&offset=%255B3%252C1%255D&tag", 1): `200 {"data":[{"id":"o2"},{"id":"o3"}],"hasNext":false}`,
	})
	if got := gather(c.Tagged(t.Context(), "Alva: Send Tests"), self); got != "o1 o2 o3" {
		t.Errorf("found %s; one that moved between pages is one", got)
	}
	if len(calls.take()) != 2 {
		t.Error("want one request a page")
	}
	broken, _ := pretend(t, config{}, script{first: "503"})
	if got := gather(broken.Tagged(t.Context(), "Alva: Send Tests"), self); got != "!" {
		t.Errorf("found %s, want an error", got)
	}
}

func TestChangedIsWhatChangedAndWhatWasDeleted(t *testing.T) {
	const changed = "GET /opportunities?include=id&limit=100&updated_at_start=1767225480123"
	deleted := func(from, to string) string {
		return "GET /opportunities/deleted?deleted_at_end=" + to + "&deleted_at_start=" + from + "&limit=100"
	}
	since := at(1767225600123)
	c, calls := pretend(t, config{}, script{
		changed: `200 {"data":[{"id":"o1"}],"hasNext":false}`,
		deleted("1767225480123", "1769817480123"): `200 {"data":[{"id":"o2","deletedAt":1,"deletedBy":"u1"},{"id":"o1"}]}`,
		deleted("1769817480123", "1772409480123"): `200 {"data":[{"id":"o3"}]}`,
	})
	c.now = func() time.Time { return since.Add(time.Hour) }
	if got := gather(c.Changed(t.Context(), since), self); got != "o1 o2" {
		t.Errorf("found %s", got)
	}
	calls.wants(t, changed, deleted("1767225480123", "1769817480123"))

	c.now = func() time.Time { return since.AddDate(0, 0, 40) }
	if got := gather(c.Changed(t.Context(), since), self); got != "o1 o2 o3" {
		t.Errorf("found %s after forty days; Lever lists thirty at a time", got)
	}
}

func TestPostingsAreAllThatPeopleCanApplyTo(t *testing.T) {
	const published = "GET /postings?distributionChannel=public&distributionChannel=internal&expand=hiringManager&limit=100&state=published"
	const unlisted = "GET /postings?expand=hiringManager&limit=100&state=internal"
	s := lever(`{"data":` + opportunityJSON + `}`)
	s[published] = `200 {"data":[{"id":"p1","text":"Engineer, renamed","hiringManager":null,"categories":{"team":"Eng"},` +
		`"tags":null}],"hasNext":false}`
	s[unlisted] = `200 {"data":[{"id":"p1"},{"id":"p2","text":"Cook","hiringManager":"u3"}],"hasNext":false}`
	c, calls := pretend(t, config{}, s)
	got := gather(c.Postings(t.Context()), func(p sdk.Posting) string { return p.ID + "=" + p.Name + "/" + p.Team })
	if got != "p1=Engineer, renamed/Eng p2=Cook/" {
		t.Errorf("listed %s", got)
	}
	calls.wants(t, published, unlisted)
	a, err := c.Application(t.Context(), "o1")
	if err != nil || a.Posting.Name != "Engineer, renamed" {
		t.Errorf("%+v, %v; want the posting as just listed", a.Posting, err)
	}
	calls.wants(t, opportunityURI, stagesURI)
}

func TestStagesInOrder(t *testing.T) {
	c, _ := pretend(t, config{}, script{stagesURI: "200 " + stagesJSON})
	got := gather(c.Stages(t.Context()), func(s sdk.Stage) string { return s.ID + "=" + s.Name + string(rune('0'+s.Index)) })
	if got != "lead-new=New lead0 applicant-new=New applicant1 s-test=Assessment2" {
		t.Errorf("listed %s", got)
	}
	broken, _ := pretend(t, config{}, script{stagesURI: "503"})
	if got := gather(broken.Stages(t.Context()), func(sdk.Stage) string { return "stage" }); got != "!" {
		t.Errorf("listed %s, want an error", got)
	}
}
