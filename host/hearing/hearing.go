// Package hearing is one case on its way through one commit: what happened is taken into it and what follows is planned; no calls.
//
// [Hearings] opens the case of an application as a [Hearing]. Its caller holds the application's lock, takes into it what was read (Know), what
// came (Decide, Tell, Deleted) or what became of a write (Step), and saves it with all that was planned. Complete makes a planned write what
// it should be at the moment of its call.
//
// # Why
//
// Tags are a level, not a shout: what the application should show is computed from its invitations whenever they change, and again when it
// is written. So no order of events can leave a wrong tag, and one write serves however many events came before it.
package hearing

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// ErrAgain: what was decided on has changed, so it is to be decided again.
var ErrAgain = errors.New("decide again")

// Hearings is what all hearings have in common. Its functions may be called concurrently.
type Hearings struct {
	Journal  *journal.Journal
	Pairings []*rule.Pairing
	Log      *slog.Logger
	Now      func() time.Time
	Verbs    func(conn string) map[sdk.Verb]sdk.Promise // what a connection can do
	Limits   func(conn string) effect.Limits            // of one step of an effect
	Lacks    func(vendor string) bool                   // an assessment is not on the vendor's list: tells whether it is read again
	Stages   func(ats string) []sdk.Stage               // as they were listed last

	quotas quotas
}

// Hearing is one case on its way through one commit. Whoever holds it holds the application's lock.
type Hearing struct {
	*Hearings
	Case   *journal.Case
	Now    time.Time
	Change journal.Change
	News   []journal.Subject // vendors' ids that become known with this commit: events may wait for them
	Over   bool              // the case is deleted, and nothing is left to do for it: it is to be erased
}

// Open begins a hearing of a case that was just read.
func (s *Hearings) Open(c *journal.Case) *Hearing {
	return &Hearing{Hearings: s, Case: c, Now: s.Now()}
}

// Pairing is the one with that label; nil if there is none any more.
func (s *Hearings) Pairing(label string) *rule.Pairing {
	i := slices.IndexFunc(s.Pairings, func(p *rule.Pairing) bool { return p.Label == label })
	if i < 0 {
		return nil
	}
	return s.Pairings[i]
}

// Follower is the pairing whose rules follow an invitation: the one that asked for it, or, if that was renamed, one of the same two.
func (s *Hearings) Follower(v invitation.Invitation) *rule.Pairing {
	if p := s.Pairing(v.Pairing); p != nil && p.ATS == v.ATS && p.Vendor == v.Vendor {
		return p
	}
	i := slices.IndexFunc(s.Pairings, func(p *rule.Pairing) bool { return p.ATS == v.ATS && p.Vendor == v.Vendor })
	if i < 0 {
		return nil
	}
	return s.Pairings[i]
}

// Subject is whose case it is.
func (h *Hearing) Subject() journal.Subject {
	return journal.Subject{Conn: h.Case.ATS, ID: h.Case.Application}
}

// Know takes a reading into the case, unless another was faster. What can be read is not deleted.
func (h *Hearing) Know(r *journal.Reading) {
	if r != nil && !r.At.Before(h.Case.Last.At) {
		h.Case.Last, h.Case.Moved, h.Case.Deleted = *r, "", false
	}
}

// Note adds a line to the case's story.
func (h *Hearing) Note(entry journal.Entry) {
	entry.At = h.Now
	h.Change.Entries = append(h.Change.Entries, entry)
}

// RefuseAll tells that events come to nothing.
func (h *Hearing) RefuseAll(arrivals []journal.Arrival, reason, detail string) {
	for _, a := range arrivals {
		h.Note(journal.Entry{What: "event", Name: string(a.Event.Kind), Verdict: "refused", Reason: reason, Detail: detail})
		if a.Event.Kind == sdk.KindRequested {
			h.answer(a.Event.ID, journal.Request{Reason: reason, Detail: detail})
		}
	}
}

// On takes one input into an effect of the case.
func (h *Hearing) On(f *journal.Effect, in effect.Input) (err error) {
	f.Effect, err = f.On(in, h.Now, h.Limits(f.Conn))
	return err
}

// Refuse parks an effect without a call. Only a call can be refused: this one is over before it began.
func (h *Hearing) Refuse(f *journal.Effect, why effect.Refused) error {
	if err := h.On(f, effect.Calling{SendBy: h.Now.Add(time.Second)}); err != nil {
		return err
	}
	return h.On(f, why)
}

// Stage finds a stage by id or by name.
func Stage(stages []sdk.Stage, name string) (sdk.Stage, bool) {
	i := slices.IndexFunc(stages, func(s sdk.Stage) bool { return s.ID == name || s.Name == strings.TrimSpace(name) })
	if i < 0 {
		return sdk.Stage{ID: name, Index: -1}, false
	}
	return stages[i], true
}
