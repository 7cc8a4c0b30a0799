package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func TestSandboxApplicationFromApplyingToDeletion(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{}, sandbox.DefaultAPIKey)
	made := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com","tags":["priority"]}`)
	id := made["opportunity"]

	a, err := c.Application(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	grace := sdk.Candidate{Name: "Grace Hopper", Email: "grace@example.com"}
	if a.Person != made["contact"] || a.Candidate != grace || a.Origin != "applied" {
		t.Errorf("after applying: %+v", a)
	}
	if a.Posting.ID != made["posting"] || a.Posting.Name != "Data Analyst" || a.Posting.Team != "Analytics" ||
		a.Posting.HiringManager != "mona@employer.example" {
		t.Errorf("posting %+v", a.Posting)
	}
	if a.Stage.ID != "applicant-new" || !a.StageSince.IsZero() || a.Applied.IsZero() {
		t.Errorf("stage %+v since %v, applied %v; to be made in a stage is not to enter it", a.Stage, a.StageSince, a.Applied)
	}
	if !slices.Equal(a.OwnTags, []string{"priority"}) || len(a.Tags) < 5 {
		t.Errorf("own tags %q of %q", a.OwnTags, a.Tags)
	}

	lever.act("move", `{"opportunity":%q,"stage":"Assessment"}`, id)
	moved, err := c.Application(t.Context(), id)
	entered := a.Applied.Add(time.Minute)
	if err != nil || moved.Stage.Name != "Assessment" || moved.Stage.Index <= a.Stage.Index || moved.StageSince.Before(entered) {
		t.Errorf("after the move: %+v since %v, %v", moved.Stage, moved.StageSince, err)
	}

	lever.act("hire", `{"opportunity":%q}`, id)
	if hired, err := c.Application(t.Context(), id); err != nil || hired.Active {
		t.Errorf("after the hire: active %v, %v", hired.Active, err)
	}
	lever.act("delete", `{"opportunity":%q}`, id)
	if _, err := c.Application(t.Context(), id); !errors.Is(err, sdk.ErrNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
}

func TestSandboxWrites(t *testing.T) {
	lever := imitate(t)
	var users []struct{ ID, Email string }
	lever.call("GET", "/_sandbox/state/users", "", &users)
	c := lever.open(config{PerformAs: users[1].ID}, sandbox.DefaultAPIKey)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com","tags":["Old"]}`)["opportunity"]
	stage := lever.stageID("Interview")

	remote := ""
	write := func() {
		t.Helper()
		var err error
		if remote, err = c.Note(t.Context(), key, sdk.Note{Application: id, Text: "Score 80", Score: 3}); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			c.Tag(t.Context(), key, sdk.Tags{Application: id, Add: []string{"New"}, Remove: []string{"Old", "never there"}}),
			c.Link(t.Context(), key, sdk.Link{Application: id, URL: "https://vendor.example/1"}),
			c.Move(t.Context(), key, sdk.Move{Application: id, Stage: stage}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	write()
	first := remote
	write() // tags, link and move are safe to repeat; a note is not, which is why Find is there

	s := lever.shows(id)
	if s.StageID != stage || !slices.Equal(s.Links, []string{"https://vendor.example/1"}) {
		t.Errorf("shown %+v", s)
	}
	if !slices.Contains(s.Tags, "New") || slices.Contains(s.Tags, "Old") {
		t.Errorf("tags %q", s.Tags)
	}
	if len(s.Notes) != 2 || s.Notes[0].ID != first || s.Notes[0].Author != users[1].Email || *s.Notes[0].Score != 3 ||
		s.Notes[0].Text != "Score 80\n\n"+key.Marker() {
		t.Errorf("notes %+v", s.Notes)
	}
	found, err := c.Find(t.Context(), sdk.Write{Key: key, Note: &sdk.Note{Application: id}})
	if err != nil || found.Verdict != sdk.Present || found.More != 1 {
		t.Errorf("found %+v, %v; want the note twice", found, err)
	}
	if err := c.Move(t.Context(), key, sdk.Move{Application: id, Stage: "nowhere"}); !errors.Is(err, sdk.ErrNotFound) {
		t.Errorf("a move to nowhere: %v", err)
	}
}

func TestSandboxALostAnswerIsFoundAgain(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{}, sandbox.DefaultAPIKey)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
	for i := range 150 { // more than a page of others' notes
		lever.call("POST", "/v1/opportunities/"+id+"/notes", fmt.Sprintf(`{"value":"note %d"}`, i), nil)
		if i == 10 {
			lever.call("POST", "/_sandbox/faults", `[{"method":"POST","path":"notes$","kind":"lost","count":1}]`, nil)
			if _, err := c.Note(t.Context(), key, sdk.Note{Application: id, Text: "x"}); err == nil {
				t.Fatal("the answer was not lost")
			}
		}
	}
	for name, want := range map[sdk.Key]sdk.Verdict{key: sdk.Present, sdk.NewKey("another"): sdk.Absent} {
		if found, err := c.Find(t.Context(), sdk.Write{Key: name, Note: &sdk.Note{Application: id}}); err != nil || found.Verdict != want {
			t.Errorf("%+v, %v; want %s", found, err, want)
		}
	}
}

func TestSandboxSearch(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{}, sandbox.DefaultAPIKey)
	const tag = "Alva: Send Tests"
	var tagged []string
	for i := range 120 {
		var made map[string]string
		lever.call("POST", "/_sandbox/acts/add", fmt.Sprintf(`{"name":"P%d","email":"p%d@example.com","tags":[%q]}`, i, i, tag), &made)
		tagged = append(tagged, made["opportunity"])
	}
	lever.act("add", `{"name":"other","email":"o@example.com","tags":["alva: send tests"]}`)
	lever.act("add", `{"name":"hidden","email":"h@example.com","tags":[%q],"confidential":true}`, tag)
	lever.act("archive", `{"opportunity":%q}`, tagged[119])

	ids := func(want []string, got string) {
		t.Helper()
		found := strings.Fields(got)
		slices.Sort(found)
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(found, want) {
			t.Errorf("found %d, want %d", len(found), len(want))
		}
	}
	ids(tagged[:119], gather(c.Tagged(t.Context(), tag), self))

	lever.wait(time.Hour)
	since := lever.now()
	lever.act("tag", `{"opportunity":%q,"tags":["x"]}`, tagged[3])
	lever.act("delete", `{"opportunity":%q}`, tagged[4])
	ids([]string{tagged[3], tagged[4]}, gather(c.Changed(t.Context(), since), self))
}

func TestSandboxCatalogues(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{}, sandbox.DefaultAPIKey)
	lever.act("posting", `{"text":"Inside","channels":["internal"]}`)
	lever.act("posting", `{"text":"Unlisted","state":"internal"}`)
	lever.act("posting", `{"text":"Draft","state":"draft"}`)
	lever.act("posting", `{"text":"Over","state":"closed"}`)
	var names []string
	for p, err := range c.Postings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if want := []string{"Backend Engineer", "Data Analyst", "Inside", "Unlisted"}; !slices.Equal(names, want) {
		t.Errorf("postings %q, want %q", names, want)
	}
	stages := gather(c.Stages(t.Context()), func(s sdk.Stage) string { return fmt.Sprintf("%d=%s", s.Index, s.Name) })
	if !strings.HasPrefix(stages, "0=New lead 1=Reached out 2=Responded 3=New applicant") {
		t.Errorf("stages %s", stages)
	}
}

func TestSandboxErrors(t *testing.T) {
	lever := imitate(t)
	lever.act("key", `{"key":"plain"}`)
	lever.act("key", `{"key":"reader","without":["opportunities:write"]}`)
	plain := lever.open(config{}, "plain")
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace","email":"g@example.com","confidential":true}`)["opportunity"]
	visible := lever.act("apply", `{"posting":"Data Analyst","name":"Ada","email":"a@example.com"}`)["opportunity"]

	if _, err := plain.Application(t.Context(), id); !strings.Contains(fmt.Sprint(err), "not_visible") {
		t.Errorf("confidential: %v", err)
	}
	err := lever.open(config{}, "reader").Tag(t.Context(), key, sdk.Tags{Application: visible, Add: []string{"x"}})
	if refused, ok := errors.AsType[*sdk.Refusal](err); !ok || !strings.Contains(refused.Detail, "API key") {
		t.Errorf("a key that may only read: %v", err)
	}
	err = lever.open(config{PerformAs: "nobody"}, "plain").Tag(t.Context(), key, sdk.Tags{Application: visible, Add: []string{"x"}})
	if refused, ok := errors.AsType[*sdk.Refusal](err); !ok || !strings.Contains(refused.Detail, "perform_as") {
		t.Errorf("perform_as nobody: %v", err)
	}
	lever.call("POST", "/_sandbox/faults", `[{"kind":"status","status":429,"retry_after":7,"count":1}]`, nil)
	_, err = plain.Application(t.Context(), visible)
	if later, ok := errors.AsType[*sdk.Delay](err); !ok || later.After != 7*time.Second {
		t.Errorf("too fast: %v", err)
	}
	lever.act("key-remove", `{"key":"plain"}`)
	if _, err := plain.Application(t.Context(), visible); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("revoked: %v", err)
	}
}

func TestSandboxWebhooks(t *testing.T) {
	lever, in := imitate(t), &inbox{}
	target := httptest.NewServer(in)
	t.Cleanup(target.Close)
	needs := sdk.Needs{HookURL: target.URL + "/hooks/lever/5ec2e7", Events: []sdk.Kind{
		sdk.KindApplied, sdk.KindMoved, sdk.KindHired, sdk.KindDeleted, sdk.KindRejected,
	}}
	var reasons []struct{ ID, Type string }
	lever.call("GET", "/_sandbox/state/reasons", "", &reasons)
	var hired []string
	for _, r := range reasons {
		if r.Type == "hired" {
			hired = append(hired, r.ID)
		}
	}
	c := lever.open(config{HiredReasons: hired}, sandbox.DefaultAPIKey)

	prepared, err := c.Prepare(t.Context(), needs)
	if problems := prepared.Problems; err != nil || len(problems) != 1 || !strings.Contains(problems[0].Fix, needs.HookURL) {
		t.Fatalf("before there are webhooks: %q, %v", problems, err)
	}
	var tokens []string
	for _, h := range hooks {
		var made struct {
			Data struct {
				Configuration struct{ SignatureToken string }
			}
		}
		body := fmt.Sprintf(`{"url":%q,"event":%q,"configuration":{"verifyConnection":true}}`, needs.HookURL, h.event)
		lever.call("POST", "/v1/webhooks", body, &made)
		tokens = append(tokens, made.Data.Configuration.SignatureToken)
	}
	if prepared, err := c.Prepare(t.Context(), needs); err != nil || len(prepared.Problems) != 0 {
		t.Errorf("with all webhooks: %q, %v", prepared.Problems, err)
	}

	one := lever.act("apply", `{"posting":"Data Analyst","name":"Grace","email":"g@example.com"}`)["opportunity"]
	two := lever.act("apply", `{"posting":"Data Analyst","name":"Ada","email":"a@example.com"}`)["opportunity"]
	lever.act("move", `{"opportunity":%q,"stage":"Assessment"}`, one)
	lever.act("hire", `{"opportunity":%q}`, one)
	lever.act("unarchive", `{"opportunity":%q}`, one)
	lever.act("archive", `{"opportunity":%q}`, two)
	lever.act("unarchive", `{"opportunity":%q}`, two)
	lever.act("delete", `{"opportunity":%q}`, two)
	lever.wait(time.Minute)

	names := map[string]string{one: "one", two: "two"}
	seen := map[string]bool{}
	var told []string
	for _, body := range in.take() {
		if _, err := c.Receive(t.Context(), post(string(body), "not the token")); !errors.Is(err, sdk.ErrUnauthorized) {
			t.Errorf("taken without its token: %v", err)
		}
		got, err := c.Receive(t.Context(), post(string(body), tokens...))
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		for _, e := range got.Events {
			if e.Person == "" || e.At.IsZero() || seen[e.ID] {
				t.Errorf("event %+v", e)
			}
			seen[e.ID] = true
			told = append(told, names[e.Application]+" "+string(e.Kind))
		}
	}
	want := "one applied, two applied, one moved, one hired, one unhired, two rejected, two unrejected, two deleted"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}
