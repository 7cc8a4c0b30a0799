package journal

import (
	"context"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Entry is one line of a case's story: something that happened, that a rule decided, or that was written.
type Entry struct {
	At      time.Time `json:"at"`
	What    string    `json:"what"`              // "event", "decision", "effect", "operator"
	Name    string    `json:"name"`              // the event's kind, the rule, the verb
	Pairing string    `json:"pairing,omitempty"` //
	Place   string    `json:"place,omitempty"`   // file:line of a rule
	Verdict string    `json:"verdict,omitempty"` //
	Reason  string    `json:"reason,omitempty"`  //
	Detail  string    `json:"detail,omitempty"`  // may show values: it is sealed, and goes with the case
}

// Tell is the line of a story that says where an effect stands.
func (e Effect) Tell() Entry {
	detail := describe(e.Write)
	if why := strings.TrimSpace(e.Reason + " " + e.Detail); why != "" {
		detail = strings.TrimSpace(detail + "\n" + why)
	}
	return Entry{What: "effect", Name: string(e.Verb), Pairing: e.Pairing, Verdict: stands[e.State], Detail: detail}
}

// stands is what the states of an effect are called in a story.
var stands = map[effect.State]string{
	effect.Ready: "to be tried again", effect.Wait: "put off", effect.Unknown: "outcome unknown", effect.Held: "parked, outcome unknown",
	effect.Dead: "parked", effect.Done: "done", effect.Cancelled: "not done", effect.Intent: "under way",
}

// describe says what a write does, without what a person may not want to read again.
func describe(w sdk.Write) string {
	switch {
	case w.Tags != nil:
		var all []string
		for _, t := range w.Tags.Add {
			all = append(all, "+ "+t)
		}
		for _, t := range w.Tags.Remove {
			all = append(all, "- "+t)
		}
		return strings.Join(all, "\n")
	case w.Link != nil:
		return w.Link.URL
	case w.Move != nil:
		return "to stage " + w.Move.Stage
	case w.Outcome != nil:
		return string(w.Outcome.Kind)
	}
	return ""
}

// Story reads what was told of a case, the oldest first.
func (j *Journal) Story(ctx context.Context, ats, application string) ([]Entry, error) {
	var out []Entry
	err := j.scan(ctx, key(story, ats, application)+"/", func(rec store.Rec) error {
		var part []Entry
		if err := j.unseal(rec, &part); err != nil {
			return err
		}
		out = append(out, part...)
		return nil
	})
	return out, err
}
