package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// What Lever answers to writes: person fields blank (trap 1).
const blank = `200 {"data":{"id":"o1","name":"","emails":[],"tags":["x"]}}`

var key = sdk.NewKey("an effect")

func TestWritesAsLeverGetsThem(t *testing.T) {
	const noteURI = "POST /opportunities/o1/notes?perform_as=u9"
	note := `{"value":"Score 80\n\n` + key.Marker() + `"`
	for _, c := range []struct {
		name  string
		write func(c *connection) error
		want  []string
	}{
		{"a tag swap adds first", func(c *connection) error {
			return c.Tag(t.Context(), key, sdk.Tags{Application: "o1", Add: []string{"New", "b"}, Remove: []string{"Old"}})
		}, []string{
			`POST /opportunities/o1/addTags?perform_as=u9 {"tags":["New","b"]}`,
			`POST /opportunities/o1/removeTags?perform_as=u9 {"tags":["Old"]}`,
		}},
		{"nothing to remove", func(c *connection) error {
			return c.Tag(t.Context(), key, sdk.Tags{Application: "o1", Add: []string{"New"}})
		}, []string{`POST /opportunities/o1/addTags?perform_as=u9 {"tags":["New"]}`}},
		{"nothing to add", func(c *connection) error {
			return c.Tag(t.Context(), key, sdk.Tags{Application: "o1", Remove: []string{"Old"}})
		}, []string{`POST /opportunities/o1/removeTags?perform_as=u9 {"tags":["Old"]}`}},
		{"nothing at all", func(c *connection) error { return c.Tag(t.Context(), key, sdk.Tags{Application: "o1"}) }, nil},
		{"a link", func(c *connection) error {
			return c.Link(t.Context(), key, sdk.Link{Application: "o1", URL: "https://vendor.example/1", Title: "Alva"})
		}, []string{`POST /opportunities/o1/addLinks?perform_as=u9 {"links":["https://vendor.example/1"]}`}},
		{"a move", func(c *connection) error { return c.Move(t.Context(), key, sdk.Move{Application: "o1", Stage: "s2"}) },
			[]string{`PUT /opportunities/o1/stage?perform_as=u9 {"stage":"s2"}`}},
		{"a note", func(c *connection) error {
			remote, err := c.Note(t.Context(), key, sdk.Note{Application: "o1", Text: "Score 80\n", Score: 3})
			if remote != "n1" {
				t.Errorf("the note's id is %q", remote)
			}
			return err
		}, []string{noteURI + " " + note + `,"score":3}`}},
		{"a note without a score, answered as documented", func(c *connection) error {
			remote, err := c.Note(t.Context(), key, sdk.Note{Application: "o2", Text: "Score 80"})
			if remote != "n2" {
				t.Errorf("the note's id is %q", remote)
			}
			return err
		}, []string{"POST /opportunities/o2/notes?perform_as=u9 " + note + `}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, calls := pretend(t, config{PerformAs: "u9"}, script{
				"POST /opportunities/o1/addTags?perform_as=u9":    blank,
				"POST /opportunities/o1/removeTags?perform_as=u9": blank,
				"POST /opportunities/o1/addLinks?perform_as=u9":   blank,
				"PUT /opportunities/o1/stage?perform_as=u9":       blank,
				noteURI: `201 {"data":{"id":"n1","text":"Note","fields":[],"user":"u9","deletedAt":null,"noteId":"n1"}}`,
				"POST /opportunities/o2/notes?perform_as=u9": `201 {"data":{"noteId":"n2"}}`,
			})
			if err := c.write(connection); err != nil {
				t.Fatal(err)
			}
			calls.wants(t, c.want...)
		})
	}
}

func TestWithoutPerformAsNoneIsSent(t *testing.T) {
	c, calls := pretend(t, config{}, script{"POST /opportunities/o1/addTags": blank})
	if err := c.Tag(t.Context(), key, sdk.Tags{Application: "o1", Add: []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	calls.wants(t, `POST /opportunities/o1/addTags {"tags":["x"]}`)
}

func TestALongNoteKeepsItsMarker(t *testing.T) {
	c, calls := pretend(t, config{}, script{"POST /opportunities/o1/notes": `201 {"data":{"id":"n1"}}`})
	if _, err := c.Note(t.Context(), key, sdk.Note{Application: "o1", Text: strings.Repeat("ä", 20_000)}); err != nil {
		t.Fatal(err)
	}
	sent := calls.take()[0]
	if !strings.HasSuffix(sent, `…\n\n`+key.Marker()+`"}`) || len([]rune(sent)) > 10_000 {
		t.Errorf("%d characters that end in %s", len([]rune(sent)), sent[len(sent)-60:])
	}
}

func TestAWriteThatFails(t *testing.T) {
	refusal := func(says string) func(error) bool {
		return func(err error) bool {
			r, ok := errors.AsType[*sdk.Refusal](err)
			return ok && r.Reason == "refused" && strings.Contains(r.Detail, says) && !strings.Contains(r.Detail, "Ada")
		}
	}
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	for _, c := range []struct {
		name, answer string
		want         func(error) bool
	}{
		{"refused", "400", refusal("perform_as")},
		{"forbidden", "403", refusal("API key")},
		{"gone", "", is(sdk.ErrNotFound)},
		{"key revoked", "401", is(sdk.ErrDisconnected)},
		{"too fast", "429", func(err error) bool { _, ok := errors.AsType[*sdk.Delay](err); return ok }},
		{"outcome unknown", "503", func(err error) bool {
			_, refused := errors.AsType[*sdk.Refusal](err)
			_, later := errors.AsType[*sdk.Delay](err)
			return !refused && !later
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, calls := pretend(t, config{}, script{
				"POST /opportunities/o1/addTags": c.answer, "POST /opportunities/o1/addLinks": c.answer,
				"POST /opportunities/o1/notes": c.answer, "PUT /opportunities/o1/stage": c.answer,
			})
			_, noteErr := connection.Note(t.Context(), key, sdk.Note{Application: "o1", Text: "x"})
			for verb, err := range map[string]error{
				"note": noteErr,
				"tags": connection.Tag(t.Context(), key, sdk.Tags{Application: "o1", Add: []string{"x"}, Remove: []string{"y"}}),
				"link": connection.Link(t.Context(), key, sdk.Link{Application: "o1", URL: "https://x.example"}),
				"move": connection.Move(t.Context(), key, sdk.Move{Application: "o1", Stage: "s"}),
			} {
				if err == nil || !c.want(err) {
					t.Errorf("%s: %T %v", verb, err, err)
				}
			}
			if came := len(calls.take()); came != 4 {
				t.Errorf("%d requests, want 4: nothing is tried twice, and no tag is removed before the new one is there", came)
			}
		})
	}
}

func TestFindReadsAllNotes(t *testing.T) {
	const first, second = "GET /opportunities/o1/notes?limit=100", "GET /opportunities/o1/notes?limit=100&offset=%255B1%252C%2522n2%2522%255D"
	written := func(id string) string {
		return `{"id":"` + id + `","fields":[{"type":"note","value":"Score 80\n\n` + key.Marker() + `"}],"deletedAt":null}`
	}
	quoted := `{"id":"n0","fields":[{"value":"see ` + key.Marker() + ` there"},{"value":"` + sdk.NewKey("other").Marker() + `"}]}`
	for _, c := range []struct {
		name   string
		script script
		want   sdk.Finding
	}{
		{"on the second page", script{
			first:  `200 {"data":[` + quoted + `],"hasNext":true,"next":"%5B1%2C%22n2%22%5D"}`,
			second: `200 {"data":[` + written("n2") + `],"hasNext":false}`,
		}, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "n2"}}},
		{"twice", script{first: `200 {"data":[` + written("n1") + `,` + quoted + `,` + written("n2") + `]}`},
			sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "n1"}, More: 1}},
		{"quoted, not written", script{first: `200 {"data":[` + quoted + `],"hasNext":false}`}, sdk.Finding{Verdict: sdk.Absent}},
		{"a bare list", script{first: `200 [` + written("n1") + `]`}, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "n1"}}},
		{"none", script{first: `200 {"data":[]}`}, sdk.Finding{Verdict: sdk.Absent}},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, _ := pretend(t, config{}, c.script)
			got, err := connection.Find(t.Context(), sdk.Write{Key: key, Note: &sdk.Note{Application: "o1"}})
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}

	t.Run("a page that cannot be read proves nothing", func(t *testing.T) {
		connection, _ := pretend(t, config{}, script{first: `200 {"data":[],"hasNext":true,"next":"n"}`, first + "&offset=n": "503"})
		if got, err := connection.Find(t.Context(), sdk.Write{Key: key, Note: &sdk.Note{Application: "o1"}}); err == nil {
			t.Errorf("%+v, want an error", got)
		}
	})
	t.Run("other verbs cannot be looked for", func(t *testing.T) {
		connection, calls := pretend(t, config{}, script{})
		got, err := connection.Find(t.Context(), sdk.Write{Key: key, Link: &sdk.Link{Application: "o1"}})
		if err != nil || got.Verdict != sdk.Cannot {
			t.Errorf("%+v, %v", got, err)
		}
		calls.wants(t)
	})
}

func TestPromises(t *testing.T) {
	c, _ := pretend(t, config{}, script{})
	if p := c.Promise(sdk.VerbNote); p.Repeat != sdk.Look || p.Settle < 5*time.Second {
		t.Errorf("note: %+v", p)
	}
	if p := c.Promise(sdk.VerbTags); p != (sdk.Promise{}) {
		t.Errorf("tags: %+v, want what holds by default", p)
	}
}
