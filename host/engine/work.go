package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// order is the order of the effects of one (pairing, application). The move comes last of what the ATS sees: nobody moves without evidence.
var order = []sdk.Verb{
	sdk.VerbDelete, sdk.VerbPosting, sdk.VerbInvite, sdk.VerbLink, sdk.VerbNote, sdk.VerbTags, sdk.VerbMove, sdk.VerbOutcome,
}

// evidence is what a move waits for.
var evidence = []sdk.Verb{sdk.VerbLink, sdk.VerbNote}

// priority is who goes first where calls are scarce.
func priority(v sdk.Verb) egress.Priority {
	if v == sdk.VerbInvite || v == sdk.VerbPosting {
		return egress.Person
	}
	return egress.WriteBack
}

// first is the effect whose turn it is in a lane; nil if none is left to work.
func first(c *journal.Case, pairing string) *journal.Effect {
	var next *journal.Effect
	for i := range c.Effects {
		f := &c.Effects[i]
		if f.Pairing != pairing || !f.Active() {
			continue
		}
		if next == nil || slices.Index(order, f.Verb) < slices.Index(order, next.Verb) {
			next = f
		}
	}
	return next
}

// workOn takes the effects of one lane as far as they go: to the end, to one that is not due, or to one that calls another connection.
func (e *Engine) workOn(ctx context.Context, t task, pool string) (next string, due time.Time, err error) {
	for ctx.Err() == nil {
		if a := e.begun.take(t); a != nil {
			if err := e.finish(ctx, *a); err != nil {
				return "", time.Time{}, err
			}
		}
		c, err := e.Journal.Load(ctx, t.Conn, t.ID)
		if err != nil {
			return "", time.Time{}, err
		}
		f := first(c, t.pairing)
		if f == nil {
			return "", time.Time{}, nil
		}
		now := e.Clock.Now()
		if until, ok := e.rest.until(f.Conn, now); ok {
			return "", until, nil
		}
		switch do := f.Next(now); {
		case f.Conn != pool:
			return f.Conn, time.Time{}, nil
		case f.State == effect.Intent:
			return "", time.Time{}, nil // begun: whoever committed that wakes this lane
		case do == effect.Rest:
			return "", f.Due, nil
		case do == effect.Look:
			err = e.look(ctx, t, *f)
		default:
			err = e.call(ctx, t, c, *f)
		}
		if err != nil {
			return "", time.Time{}, err
		}
	}
	return "", time.Time{}, nil
}

// look asks whether an earlier attempt arrived.
func (e *Engine) look(ctx context.Context, t task, f journal.Effect) error {
	finding, err := e.Connections[f.Conn].Find(ctx, f.Write)
	if errors.Is(err, sdk.ErrDisconnected) {
		e.disconnected(f.Conn)
	}
	return e.commit(ctx, t, f.Key, func(h *hearing, f *journal.Effect) (sdk.Done, error) {
		if err != nil {
			return sdk.Done{}, h.on(f, effect.NotApplied{Reason: "the look failed: " + err.Error()})
		}
		return finding.Done, h.on(f, effect.Looked{Finding: finding})
	})
}

// judge sorts what came of a call. Done comes only from the plugin's return; the ledger only proves absence.
func (e *Engine) judge(conn string, ledger egress.Ledger, err error, done sdk.Done) effect.Input {
	var no *sdk.Refusal
	var later *sdk.Delay
	switch {
	case err == nil:
		e.connected(conn)
		return effect.Answered{Done: done}
	case errors.Is(err, sdk.ErrDisconnected):
		rest := e.disconnected(conn).Sub(e.Clock.Now())
		return effect.NotApplied{After: rest, Free: true, Reason: "disconnected"}
	case errors.As(err, &no):
		return effect.Refused{Reason: no.Reason, Detail: no.Detail}
	case errors.Is(err, sdk.ErrNotFound):
		return effect.Refused{Reason: "not_visible", Detail: "the record is gone or not visible"}
	case errors.As(err, &later):
		return effect.NotApplied{After: max(later.After, ledger.RetryAfter()), Free: true, Reason: "rate limited"}
	case ledger.NotApplied():
		return effect.NotApplied{After: ledger.RetryAfter(), Reason: err.Error()}
	}
	return effect.Lost{Reason: err.Error()}
}

// commit takes what became of an effect into the case, with everything that follows from it.
func (e *Engine) commit(ctx context.Context, t task, k sdk.Key, apply func(*hearing, *journal.Effect) (sdk.Done, error)) error {
	// What a product has done must be written down even while the host drains.
	ctx = context.WithoutCancel(ctx)
	for {
		err := e.commitOnce(ctx, t, k, apply)
		if !errors.Is(err, journal.ErrChanged) {
			return err
		}
	}
}

func (e *Engine) commitOnce(ctx context.Context, t task, k sdk.Key, apply func(*hearing, *journal.Effect) (sdk.Done, error)) error {
	defer e.locks.take(t.Subject)()
	h, err := e.open(ctx, t.Subject)
	if err != nil {
		return err
	}
	f := h.c.Effect(k)
	if f == nil {
		return nil
	}
	done, err := apply(h, f)
	if err != nil {
		return err
	}
	return h.ended(ctx, f, done)
}

// on takes one input into an effect.
func (h *hearing) on(f *journal.Effect, in effect.Input) (err error) {
	f.Effect, err = f.On(in, h.now, h.limits(f.Conn))
	return err
}
