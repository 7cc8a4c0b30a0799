package journal

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/host/store"
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
