package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/reach"
	"github.com/patchbay-dev/patchbay/host/rule"
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

// first is the effect whose turn it is in a lane, before all others one whose call has begun; nil if none is left to work.
func first(c *journal.Case, pairing string) *journal.Effect {
	var next *journal.Effect
	for i := range c.Effects {
		f := &c.Effects[i]
		if f.Pairing != pairing || !f.Active() {
			continue
		}
		if f.State == effect.Intent {
			return f
		}
		if next == nil || slices.Index(order, f.Verb) < slices.Index(order, next.Verb) {
			next = f
		}
	}
	return next
}

// workOn takes the effects of one lane as far as they go: to the end, to one that is not due, or to one that calls another connection.
func (e *Engine) workOn(ctx context.Context, t task, pool string) (next string, due time.Time, err error) {
	if p := e.pairings[t.pairing]; p != nil && p.Mode == rule.Off {
		return "", time.Time{}, nil // until a start in which it is live
	}
	for err == nil && ctx.Err() == nil {
		var c *journal.Case
		if c, err = e.Journal.Load(ctx, t.Conn, t.ID); err != nil {
			break
		}
		f := first(c, t.pairing)
		switch {
		case f == nil:
			return "", time.Time{}, nil
		case e.Connections[f.Conn] == nil:
			return "", time.Time{}, fmt.Errorf("%s: %w", f.Conn, errAbsent)
		case f.Conn != pool:
			return f.Conn, time.Time{}, nil
		case f.State == effect.Intent:
			err = e.goOn(ctx, t, f.Key)
			continue
		}
		switch f.Next(e.Clock.Now()) {
		case effect.Rest:
			return "", f.Due, nil
		case effect.Look:
			err = e.look(ctx, t, *f)
		case effect.Call:
			err = e.call(ctx, t, c, *f)
		}
	}
	return "", time.Time{}, err
}

// look asks whether an earlier attempt arrived.
func (e *Engine) look(ctx context.Context, t task, f journal.Effect) error {
	finding, err := sdk.Finding{Verdict: sdk.Cannot}, error(nil)
	if _, finds := e.Connections[f.Conn].Verbs()[sdk.VerbFind]; finds || f.Promise.Repeat == sdk.Look {
		finding, err = ask(e, f.Conn, func(c Connection) (sdk.Finding, error) { return c.Find(ctx, f.Write) })
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, sdk.ErrDisconnected)) {
		return err
	}
	return e.commit(ctx, t, f.Key, func(*hearing, *journal.Effect) (effect.Input, sdk.Done, error) {
		var later *sdk.Delay
		switch {
		case errors.As(err, &later):
			return effect.NotApplied{After: later.After, Free: true, Reason: "the look has to wait"}, sdk.Done{}, nil
		case err != nil:
			return effect.NotApplied{Reason: "the look failed: " + err.Error()}, sdk.Done{}, nil
		}
		return effect.Looked{Finding: finding}, finding.Done, nil
	})
}

// judge sorts what came of a call. Done comes only from the plugin's return; the ledger only proves absence, and nothing else does but a
// refusal that the plugin calls final.
func (e *Engine) judge(ledger egress.Ledger, err error, done sdk.Done) effect.Input {
	var no *sdk.Refusal
	var later *sdk.Delay
	var rests *reach.AtRest
	switch {
	case err == nil:
		return effect.Answered{Done: done}
	case errors.As(err, &no):
		return effect.Refused{Reason: cmp.Or(no.Reason, "refused"), Detail: no.Detail}
	case errors.Is(err, sdk.ErrNotFound):
		return effect.Refused{Reason: "not_visible", Detail: "the record is gone or not visible"}
	case !ledger.NotApplied():
		return effect.Lost{Reason: err.Error()}
	case errors.As(err, &rests):
		return effect.NotApplied{After: rests.Until.Sub(e.Clock.Now()), Steady: true, Reason: "disconnected"}
	case errors.As(err, &later):
		return effect.NotApplied{After: max(later.After, ledger.RetryAfter()), Free: true, Reason: "rate limited"}
	}
	return effect.NotApplied{After: ledger.RetryAfter(), Reason: err.Error()}
}

// becoming is what became of an effect, nil if it is none of its business any more. It is asked again when the case has changed meanwhile.
type becoming func(*hearing, *journal.Effect) (effect.Input, sdk.Done, error)

// commit takes what became of an effect into the case, with everything that follows from it.
func (e *Engine) commit(ctx context.Context, t task, k sdk.Key, became becoming) error {
	// What a product has done must be written down even while the host drains.
	ctx = context.WithoutCancel(ctx)
	for {
		err := e.commitOnce(ctx, t, k, became)
		if !errors.Is(err, journal.ErrChanged) {
			return err
		}
	}
}

func (e *Engine) commitOnce(ctx context.Context, t task, k sdk.Key, became becoming) error {
	defer e.locks.Take(t.Subject)()
	h, err := e.open(ctx, t.Subject)
	if err != nil {
		return err
	}
	f := h.c.Effect(k)
	if f == nil {
		return nil
	}
	in, done, err := became(h, f)
	if err != nil || in == nil {
		return err
	}
	return h.step(ctx, f, in, done)
}

// on takes one input into an effect.
func (h *hearing) on(f *journal.Effect, in effect.Input) (err error) {
	f.Effect, err = f.On(in, h.now, h.limits(f.Conn))
	return err
}
