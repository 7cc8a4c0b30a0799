// Package invitation is the life of one invitation as a pure transition function; no I/O.
//
// An [Invitation] is what is known of one; [Invitation.Apply] takes an event of its vendor and yields the steps that the event amounts to:
// a vendor that sends only the result still yields submitted, scored and completed, in this order. What was told already yields nothing.
//
// # Why
//
// The vendors' events come late, twice, and in any order. Ranks settle that in one place: a later-ranked event implies the steps missed, a
// late early one only fills in its time, and nothing ever lowers the state, except that an extension revives what had expired.
package invitation

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// State is where an invitation stands: Planned, or the furthest event that happened to it, or Erased.
type State string

const (
	Planned State = "planned"
	Erased  State = "erased"
)

// Invitation is one attempt to have one candidate assessed.
type Invitation struct {
	Key          sdk.Key                `json:"key"`
	ATS          string                 `json:"ats"`     // connection
	Vendor       string                 `json:"vendor"`  // connection
	Pairing      string                 `json:"pairing"` // whose rule asked for it first
	Application  string                 `json:"application"`
	Person       string                 `json:"person"`
	Posting      string                 `json:"posting"`
	Assessment   string                 `json:"assessment"` // as the rule named it; empty: the vendor chooses by the posting
	AssessmentID string                 `json:"assessment_id,omitempty"`
	Attempt      int                    `json:"attempt"`
	State        State                  `json:"state"`
	Facts        []string               `json:"facts"`           // the trigger facts it consumed
	Times        map[sdk.Kind]time.Time `json:"times,omitempty"` // the product's time of each event that happened
	Reason       string                 `json:"reason,omitempty"`
	Detail       string                 `json:"detail,omitempty"`
	Remote       string                 `json:"remote,omitempty"` // the vendor's id
	URL          string                 `json:"url,omitempty"`
	PassingScore *float64               `json:"passing_score,omitempty"`
	Result       *sdk.Result            `json:"result,omitempty"`    // the newest revision
	Revisions    []string               `json:"revisions,omitempty"` // every revision seen
	Report       *Report                `json:"report,omitempty"`    // what the ATS that requested it is answered; nil: not complete yet
}

// Report is what rules report of a complete invitation to an ATS that asks how it stands.
type Report struct {
	Score *float64 `json:"score,omitempty"` // percent
	URL   string   `json:"url,omitempty"`
}

// NewKey is the identity of an attempt. No rule's text, pairing's label or configuration's version is in it, or a renamed rule would
// invite everybody again.
func NewKey(ats, vendor, application, assessment string, attempt int) sdk.Key {
	return sdk.NewKey("invitation", ats, vendor, application, assessment, strconv.Itoa(attempt))
}

// Step is one event in an invitation's life, and its occurrence: what makes a second one of the same kind another.
type Step struct {
	Event      sdk.Event
	Occurrence string // the kind; of scored, the revision as well
}

var rank = map[sdk.Kind]int{
	sdk.KindFailed: 2, sdk.KindInvited: 2, sdk.KindBounced: 3, sdk.KindStarted: 5, sdk.KindSubmitted: 6, sdk.KindScored: 7,
	sdk.KindCompleted: 8, sdk.KindExpired: 8, sdk.KindDeclined: 8, sdk.KindCancelled: 8,
}

// Ended tells whether nothing more is expected of it but revisions of its result.
func (i Invitation) Ended() bool {
	switch sdk.Kind(i.State) {
	case sdk.KindCompleted, sdk.KindFailed, sdk.KindBounced, sdk.KindExpired, sdk.KindDeclined, sdk.KindCancelled:
		return true
	}
	return i.State == Erased
}

// Repeatable tells whether it ended in a way that a new trigger fact may follow with another attempt.
func (i Invitation) Repeatable() bool {
	switch sdk.Kind(i.State) {
	case sdk.KindFailed, sdk.KindBounced, sdk.KindExpired, sdk.KindCancelled:
		return true
	}
	return false
}

// History is what happened to it, the furthest first.
func (i Invitation) History() []sdk.Kind {
	return slices.SortedFunc(maps.Keys(i.Times), func(a, b sdk.Kind) int {
		return cmp.Or(cmp.Compare(rank[b], rank[a]), i.Times[b].Compare(i.Times[a]), cmp.Compare(a, b))
	})
}

// Apply takes one event and returns the invitation after it and the steps it amounts to, in their order; none if it tells nothing new.
// The invitation it is called on is left as it was.
func (i Invitation) Apply(ev sdk.Event) (Invitation, []Step) {
	if i.State == Erased || rank[ev.Kind] == 0 {
		return i, nil
	}
	i.Times = maps.Clone(i.Times)
	if i.Times == nil {
		i.Times = map[sdk.Kind]time.Time{}
	}
	i.Revisions = slices.Clone(i.Revisions)
	var steps []Step
	for _, kind := range implied(ev) {
		step := ev
		if step.Kind = kind; kind != ev.Kind {
			step.ID = sdk.ContentID(ev.ID, string(kind))
		}
		if occurrence, ok := i.take(step); ok {
			steps = append(steps, Step{step, occurrence})
		}
	}
	return i, steps
}

// implied is what one message of a vendor says, in the order of the life.
func implied(ev sdk.Event) []sdk.Kind {
	switch {
	case ev.Kind == sdk.KindScored && ev.Result != nil && ev.Result.Final, ev.Kind == sdk.KindCompleted && ev.Result != nil:
		return []sdk.Kind{sdk.KindSubmitted, sdk.KindScored, sdk.KindCompleted}
	case ev.Kind == sdk.KindScored, ev.Kind == sdk.KindCompleted:
		return []sdk.Kind{sdk.KindSubmitted, ev.Kind}
	}
	return []sdk.Kind{ev.Kind}
}

// take applies one step and tells whether it is news that rules should hear of.
func (i *Invitation) take(ev sdk.Event) (occurrence string, news bool) {
	if ev.Kind == sdk.KindScored {
		return i.score(ev)
	}
	if _, seen := i.Times[ev.Kind]; seen && !i.revives(ev) {
		return "", false
	}
	switch from := sdk.Kind(i.State); {
	case i.revives(ev):
		delete(i.Times, sdk.KindExpired)
	case from == sdk.KindFailed, from == sdk.KindBounced:
		return "", false // left only by another attempt
	case i.Ended() && rank[ev.Kind] == rank[from]:
		if !ev.At.After(i.Times[from]) {
			return "", false
		}
		delete(i.Times, from) // submitted at the deadline: the later word holds
	case rank[ev.Kind] < rank[from]:
		i.Times[ev.Kind] = ev.At
		// A late step only fills in its time; but a candidate who has finished after all is news.
		return string(ev.Kind), ev.Kind == sdk.KindSubmitted && (!i.Ended() || ev.At.After(i.Times[from]))
	}
	i.State, i.Times[ev.Kind] = State(ev.Kind), ev.At
	i.Reason, i.Detail = ev.Reason, ev.Detail
	return string(ev.Kind), true
}

// score keeps a new revision of the result. The state follows, unless it lies further already.
func (i *Invitation) score(ev sdk.Event) (string, bool) {
	from := sdk.Kind(i.State)
	if ev.Result == nil || from == sdk.KindFailed || from == sdk.KindBounced {
		return "", false
	}
	result := *ev.Result
	if result.Revision == "" {
		text, _ := json.Marshal(result) // cannot fail: plain fields
		sum := sha256.Sum256(text)
		result.Revision = hex.EncodeToString(sum[:8])
	}
	if slices.Contains(i.Revisions, result.Revision) {
		return "", false
	}
	late := i.Result != nil && i.Result.Final && !result.Final
	i.Revisions = append(i.Revisions, result.Revision)
	if late {
		return "", false // a partial result that comes after the final one
	}
	i.Result, i.Times[sdk.KindScored] = &result, ev.At
	if rank[sdk.KindScored] > rank[from] {
		i.State = State(sdk.KindScored)
	}
	return string(sdk.KindScored) + " " + result.Revision, true
}

// revives tells whether the vendor gave an expired invitation more time.
func (i *Invitation) revives(ev sdk.Event) bool {
	return sdk.Kind(i.State) == sdk.KindExpired && (ev.Kind == sdk.KindInvited || ev.Kind == sdk.KindStarted) &&
		ev.At.After(i.Times[sdk.KindExpired])
}
