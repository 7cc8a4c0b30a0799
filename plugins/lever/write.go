package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// maxNote bounds a note's text in characters; Lever's own limit is not known (section 4.4).
const maxNote = 9_900

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
			return final(err)
		}
	}
	return nil
}

// Link adds the URL to the links of the person behind the opportunity; Lever shows no titles.
func (c *connection) Link(ctx context.Context, _ sdk.Key, l sdk.Link) error {
	path := rest.Path{"opportunities", l.Application, "addLinks"}
	return final(c.api.Post(ctx, path, c.as, map[string][]string{"links": {l.URL}}, nil))
}

// Note writes n with the key's marker as its last line, by which Find knows it again.
func (c *connection) Note(ctx context.Context, key sdk.Key, n sdk.Note) (string, error) {
	text := []rune(n.Text)
	if len(text) > maxNote {
		text = append(text[:maxNote-1], '…')
	}
	body := struct {
		Value string `json:"value"`
		Score int    `json:"score,omitempty"`
	}{strings.TrimSpace(string(text)) + "\n\n" + key.Marker(), n.Score}
	var made answer[note]
	if err := c.api.Post(ctx, notes(n.Application), c.as, body, &made); err != nil {
		return "", final(err)
	}
	return cmp.Or(made.Data.ID, made.Data.NoteID), nil
}

// Move puts the opportunity into a stage.
func (c *connection) Move(ctx context.Context, _ sdk.Key, m sdk.Move) error {
	path := rest.Path{"opportunities", m.Application, "stage"}
	return final(c.api.Put(ctx, path, c.as, map[string]string{"stage": m.Stage}, nil))
}

// Promise: Lever has no idempotency keys, so a note is looked for before it is written again; sets of tags and links, and a stage, are
// values that a repeat leaves as they are.
func (c *connection) Promise(v sdk.Verb) sdk.Promise {
	if v == sdk.VerbNote {
		return sdk.Promise{Repeat: sdk.Look, Settle: 10 * time.Second}
	}
	return sdk.Promise{}
}

// Find looks for a note through all notes of its opportunity. One that somebody deleted since, if Lever still lists it, did arrive.
func (c *connection) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	if w.Note == nil {
		return sdk.Finding{Verdict: sdk.Cannot}, nil
	}
	found := sdk.Finding{Verdict: sdk.Absent}
	for n, err := range list[note](ctx, c, notes(w.Note.Application), nil) {
		switch {
		case err != nil:
			return sdk.Finding{}, err
		case !n.endsWith(w.Key.Marker()):
		case found.Verdict == sdk.Present:
			found.More++
		default:
			found.Verdict, found.Done.Remote = sdk.Present, cmp.Or(n.ID, n.NoteID)
		}
	}
	return found, nil
}

func notes(application string) rest.Path { return rest.Path{"opportunities", application, "notes"} }

// endsWith tells whether marker is the last line of the note. Somebody who quotes it elsewhere has not made our note.
func (n note) endsWith(marker string) bool {
	for _, f := range n.Fields {
		text := strings.TrimSpace(f.Value)
		if text == marker || strings.HasSuffix(text, "\n"+marker) {
			return true
		}
	}
	return false
}

// final makes the refusal of one write what it is: something that will not go away by itself.
func final(err error) error {
	refused, ok := errors.AsType[*rest.StatusError](err)
	if !ok || refused.Status < 400 {
		return err
	}
	why := "perform_as may name a user who is not active"
	if refused.Status == http.StatusForbidden {
		why = "the API key may lack the right to this, or to confidential records"
	}
	return sdk.Refuse("refused", fmt.Sprintf("Lever refused %s; %s", refused, why))
}
