package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// maxText bounds a note's or a feedback's text in characters; Lever's own limit is not known (section 4.4).
const maxText = 9_900

// Tag adds, then removes. Lever takes both as sets, so a repeat changes nothing; an empty list is not sent.
func (c *connection) Tag(ctx context.Context, _ sdk.Key, t sdk.Tags) error {
	for _, change := range []struct {
		action string
		tags   []string
	}{{"addTags", t.Add}, {"removeTags", t.Remove}} {
		if len(change.tags) == 0 {
			continue
		}
		path := rest.Path{"opportunities", t.Application, change.action}
		if err := c.api.Post(ctx, path, c.as, map[string][]string{"tags": change.tags}, nil); err != nil {
			return c.final(err)
		}
	}
	return nil
}

// Link adds the URL to the links of the person behind the opportunity; Lever shows no titles.
func (c *connection) Link(ctx context.Context, _ sdk.Key, l sdk.Link) error {
	path := rest.Path{"opportunities", l.Application, "addLinks"}
	return c.final(c.api.Post(ctx, path, c.as, map[string][]string{"links": {l.URL}}, nil))
}

// Note writes n with the key's marker as its last line, by which Find knows it again.
func (c *connection) Note(ctx context.Context, key sdk.Key, n sdk.Note) (string, error) {
	body := struct {
		Value string `json:"value"`
		Score int    `json:"score,omitempty"`
	}{marked(n.Text, key), n.Score}
	var made answer[written]
	if err := c.api.Post(ctx, notes(n.Application), c.as, body, &made); err != nil {
		return "", c.final(err)
	}
	return cmp.Or(made.Data.ID, made.Data.NoteID), nil
}

// Move puts the opportunity into a stage.
func (c *connection) Move(ctx context.Context, _ sdk.Key, m sdk.Move) error {
	path := rest.Path{"opportunities", m.Application, "stage"}
	return c.final(c.api.Put(ctx, path, c.as, map[string]string{"stage": m.Stage}, nil))
}

// Promise: Lever has no idempotency keys, so what a repeat would make a second of is looked for before it is written again; sets of tags
// and links, and a stage, are values that a repeat leaves as they are.
func (c *connection) Promise(v sdk.Verb) sdk.Promise {
	switch v {
	case sdk.VerbNote, sdk.VerbFeedback, sdk.VerbFile:
		return sdk.Promise{Repeat: sdk.Look, Settle: 10 * time.Second}
	}
	return sdk.Promise{}
}

// Find looks for a note, a feedback or a file through all of its opportunity's. One that somebody deleted since, if Lever still lists it,
// did arrive.
func (c *connection) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	marker := w.Key.Marker()
	ends := func(n written) (string, bool) { return cmp.Or(n.ID, n.NoteID), n.endsWith(marker) }
	switch {
	case w.Note != nil:
		return look(list[written](ctx, c, notes(w.Note.Application), nil), ends)
	case w.Feedback != nil:
		return look(list[written](ctx, c, feedback(w.Feedback.Application), nil), ends)
	case w.File != nil:
		return look(list[file](ctx, c, files(w.File.Application), nil), func(f file) (string, bool) { return f.ID, f.carries(marker) })
	}
	return sdk.Finding{Verdict: sdk.Cannot}, nil
}

// look reads all there are and counts ours.
func look[T any](all iter.Seq2[T, error], ours func(T) (id string, ok bool)) (sdk.Finding, error) {
	found := sdk.Finding{Verdict: sdk.Absent}
	for one, err := range all {
		if err != nil {
			return sdk.Finding{}, err
		}
		id, ok := ours(one)
		switch {
		case !ok:
		case found.Verdict == sdk.Present:
			found.More++
		default:
			found.Verdict, found.Done.Remote = sdk.Present, id
		}
	}
	return found, nil
}

func notes(application string) rest.Path { return rest.Path{"opportunities", application, "notes"} }

func feedback(application string) rest.Path {
	return rest.Path{"opportunities", application, "feedback"}
}

func files(application string) rest.Path { return rest.Path{"opportunities", application, "files"} }

// marked is a text that ends with the key's marker as its last line, by which [connection.Find] knows it again.
func marked(text string, key sdk.Key) string {
	return strings.TrimSpace(strings.TrimSpace(cut(text, maxText)) + "\n\n" + key.Marker())
}

// endsWith tells whether marker is the last line of what was written. Somebody who quotes it elsewhere has not made it.
func (n written) endsWith(marker string) bool {
	for _, f := range n.Fields {
		text := strings.TrimSpace(string(f.Value))
		if text == marker || strings.HasSuffix(text, "\n"+marker) {
			return true
		}
	}
	return false
}

// final makes the refusal of one write what it is: something that will not go away by itself.
func (c *connection) final(err error) error {
	refused, ok := errors.AsType[*rest.StatusError](err)
	if !ok || refused.Status < 400 {
		return err
	}
	why := "perform_as may name a user who is not active"
	if refused.Status == http.StatusForbidden {
		why = c.us() + " may lack the right to this, or to confidential records"
	}
	return sdk.Refuse("refused", fmt.Sprintf("Lever refused %s; %s", refused, why))
}
