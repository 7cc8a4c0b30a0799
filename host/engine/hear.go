package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// together bounds the events of one subject that are heard in one commit.
const together = 16

// hear takes the events that wait for a subject into its case. After a failure it takes them one at a time, to find the one that fails.
func (e *Engine) hear(ctx context.Context, t task) (due time.Time, err error) {
	limit := together
	if e.streak(t).failures > 0 {
		limit = 1
	}
	arrivals, err := e.Journal.Waiting(ctx, t.Subject, limit)
	if err != nil || len(arrivals) == 0 {
		return time.Time{}, err
	}
	hear := e.hearATS
	if isVendor(t.Conn) {
		hear = e.hearVendor
	}
	due, heard, err := hear(ctx, t.Subject, arrivals)
	if err == nil && heard && len(arrivals) == limit {
		e.Hear(t.Subject)
	}
	return due, err
}

// hearATS reads the application, since a webhook's body is only a hint, and asks every pairing what to do. Events that are not heard stay
// in the inbox.
func (e *Engine) hearATS(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (due time.Time, heard bool, err error) {
	gone, err := e.Journal.Gone(ctx, s.Conn, s.ID)
	if err != nil {
		return due, false, err
	}
	if gone {
		return due, true, e.Journal.Drop(ctx, arrivals)
	}
	known, wait, err := e.echo(ctx, s, arrivals)
	if err != nil || wait {
		return due, false, err
	}
	if known == nil {
		known, err = e.learn(ctx, s, arrivals)
	}
	missing, unfit := errors.Is(err, sdk.ErrNotFound), refusal(err)
	switch {
	case err != nil && !missing && unfit == nil:
		return due, false, err
	case unfit == nil && !known.Told && e.early(arrivals, known.Application, missing):
		return due, false, errEarly
	}
	assessments, err := e.assessments(ctx, s.Conn)
	if err != nil {
		return due, false, err
	}
	defer e.locks.Take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return due, false, err
	}
	h.Change.Taken = arrivals
	switch {
	case h.Case.Anonymized:
		h.RefuseAll(arrivals, "anonymized", "")
	case slices.ContainsFunc(arrivals, isAnonymization):
		err = h.Anonymized(ctx)
	case unfit != nil:
		h.RefuseAll(arrivals, unfit.Reason, unfit.Detail)
	case !missing:
		e.compare(h.Case, known, arrivals)
		h.Know(known)
		err = h.Decide(ctx, arrivals, assessments)
	case slices.ContainsFunc(arrivals, isDeletion):
		err = h.Deleted(ctx)
	case h.Case.New():
		e.Log.Warn("events of an application that is not there", "connection", s.Conn, "application", s.ID, "events", len(arrivals))
		return due, true, e.Journal.Drop(ctx, arrivals)
	default:
		h.RefuseAll(arrivals, "not_found", "")
	}
	if err != nil {
		return due, false, err
	}
	return due, true, e.save(ctx, h)
}

// isVendor tells on which side of a pairing a connection stands.
func isVendor(conn string) bool { return strings.HasPrefix(conn, string(sdk.RoleVendor)+".") }

// strayTime is how long a vendor's event waits for the record of its invitation. Who uses the vendor's account for more than this host gets
// events that none will ever come for.
const strayTime = 30 * 24 * time.Hour

// hearVendor applies a vendor's events to the invitation they are about. They wait while we have no record of it; its commit wakes them.
func (e *Engine) hearVendor(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (due time.Time, heard bool, err error) {
	of, ok, err := e.Journal.Whose(ctx, s.Conn, s.ID)
	if err != nil {
		return due, false, err
	}
	if !ok {
		if due = arrivals[0].Received.Add(strayTime); e.Clock.Now().Before(due) {
			return due, false, nil
		}
		return due, true, e.Journal.Drop(ctx, arrivals[:1]) // and again, for the next
	}
	var follows bool
	var last time.Time
	if err := e.see(ctx, of, func(c *journal.Case) { follows, last = e.follows(c, s, arrivals), c.Last.At }); err != nil {
		return due, false, err
	}
	var fresh *journal.Reading
	if follows {
		if fresh, err = e.reread(ctx, of, last, stale); err != nil {
			return due, false, err
		}
	}
	defer e.locks.Take(of)()
	h, err := e.open(ctx, of)
	if err != nil {
		return due, false, err
	}
	h.Know(fresh)
	h.Change.Taken = arrivals
	for _, a := range arrivals {
		i := slices.IndexFunc(h.Case.Invitations, func(v invitation.Invitation) bool { return v.Vendor == s.Conn && v.Remote == s.ID })
		if i >= 0 {
			h.Tell(&h.Case.Invitations[i], a.Event)
		}
	}
	return due, true, e.save(ctx, h)
}

// follows tells whether some rule wants to hear of what the events mean.
func (e *Engine) follows(c *journal.Case, s journal.Subject, arrivals []journal.Arrival) bool {
	for _, v := range c.With(s.Conn) {
		p := e.hearings.Follower(v)
		if v.Remote != s.ID || p == nil {
			continue
		}
		for _, a := range arrivals {
			if _, steps := v.Apply(a.Event); slices.ContainsFunc(steps, func(s invitation.Step) bool { return p.Hears(s.Event.Kind) }) {
				return true
			}
		}
	}
	return false
}

// save commits the case and wakes what it leads to.
func (e *Engine) save(ctx context.Context, h *hearing.Hearing) error {
	if h.Over {
		e.Log.Info("erased", "connection", h.Case.ATS, "application", h.Case.Application)
		return e.Journal.Erase(ctx, h.Case, h.Change.Taken)
	}
	h.Retag()
	a, err := e.begin(ctx, h)
	if err != nil {
		return err
	}
	saved := false
	if a != nil {
		k := begunKey{a.Subject, a.key}
		e.attempts.Store(k, a)
		defer func() {
			if !saved && e.begun(k) != nil {
				a.turn.Release()
			}
		}()
	}
	if err := e.Journal.Save(ctx, h.Case, h.Change); err != nil {
		return err
	}
	saved = true
	e.recent.keep(h.Case)
	e.answered(h.Case)
	e.wakeAll(h.Case)
	for _, s := range h.News {
		e.Hear(s)
	}
	for _, t := range h.Change.Entries {
		level := slog.LevelInfo
		if t.What == "decision" {
			level = slog.LevelDebug // they are for "why"
		}
		e.Log.Log(ctx, level, t.What, "connection", h.Case.ATS, "application", h.Case.Application, "pairing", t.Pairing, "name", t.Name,
			"verdict", t.Verdict, "reason", t.Reason, "place", t.Place)
	}
	return nil
}

// refusal is what a plugin says will never work; nil if err is no such word.
func refusal(err error) *sdk.Refusal {
	var no *sdk.Refusal
	errors.As(err, &no)
	return no
}
