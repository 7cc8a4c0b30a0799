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
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/reach"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// order is the order of the effects of one (pairing, application). The move comes last of what the ATS sees: nobody moves without evidence.
var order = []sdk.Verb{
	sdk.VerbDelete, sdk.VerbAnonymize, sdk.VerbPosting, sdk.VerbInvite, sdk.VerbReport, sdk.VerbLink, sdk.VerbNote, sdk.VerbFeedback,
	sdk.VerbFields, sdk.VerbFile, sdk.VerbTags, sdk.VerbMove, sdk.VerbOutcome, sdk.VerbAlert,
}

// rank is an effect's place in the order. A file that the vendor has not made yet holds nothing back.
func rank(f *journal.Effect) int {
	if f.Verb == sdk.VerbFile && f.State == effect.Wait && f.Reason == notReady {
		return len(order)
	}
	return slices.Index(order, f.Verb)
}

// priority is who goes first where calls are scarce.
func priority(v sdk.Verb) egress.Priority {
	if v == sdk.VerbInvite || v == sdk.VerbPosting {
		return egress.Person
	}
	return egress.WriteBack
}

// first is the effect whose turn it is in a lane, before all others one whose call has begun; nil if none is left to work. What became of
// the owed ones is known.
func first(c *journal.Case, pairing string, owed ...outcome) *journal.Effect {
	var next *journal.Effect
	for i := range c.Effects {
		f := &c.Effects[i]
		if f.Pairing != pairing || !f.Active() || slices.ContainsFunc(owed, func(o outcome) bool { return o.key == f.Key }) {
			continue
		}
		if f.State == effect.Intent {
			return f
		}
		if next == nil || rank(f) < rank(next) {
			next = f
		}
	}
	return next
}

// shift is one run of a lane.
type shift struct {
	*Engine
	task
	// What became of calls of lazy verbs, to be written down with the next commit: the commit is what costs, and if the host dies before,
	// the same is written once more.
	owed []outcome
}

// lazy are verbs whose outcome may be owed if a repeat changes nothing: nobody decides by it.
var lazy = []sdk.Verb{sdk.VerbLink, sdk.VerbFields}

// workOn takes the effects of one lane as far as they go.
func (e *Engine) workOn(ctx context.Context, t task, pool string) (next string, due time.Time, err error) {
	if p := e.hearings.Pairing(t.pairing); p != nil && p.Mode != rule.Live {
		return "", time.Time{}, nil // until a start in which it is live
	}
	s := &shift{Engine: e, task: t}
	next, due, err = s.work(ctx, pool)
	if owing := s.commit(ctx); err == nil {
		err = owing
	}
	return next, due, err
}

// work takes effects to the end, to one that is not due, or to one that calls another connection.
func (s *shift) work(ctx context.Context, pool string) (next string, due time.Time, err error) {
	for err == nil && ctx.Err() == nil {
		var f *journal.Effect
		var last journal.Reading
		err = s.see(ctx, s.Subject, func(c *journal.Case) {
			last = c.Last
			if next := first(c, s.pairing, s.owed...); next != nil {
				f = new(journal.Effect)
				*f = *next
			}
		})
		switch {
		case err != nil, f == nil:
			return "", time.Time{}, err
		case s.Connections[f.Conn] == nil:
			return "", time.Time{}, fmt.Errorf("%s: %w", f.Conn, errAbsent)
		case f.Conn != pool:
			return f.Conn, time.Time{}, nil
		case f.State == effect.Intent:
			err = s.goOn(ctx, f.Key)
			continue
		}
		switch f.Next(s.Clock.Now()) {
		case effect.Rest:
			return "", f.Due, nil
		case effect.Look:
			err = s.look(ctx, *f)
		case effect.Call:
			err = s.call(ctx, &last, *f)
		}
	}
	return "", time.Time{}, err
}

// look asks whether an earlier attempt arrived.
func (s *shift) look(ctx context.Context, f journal.Effect) error {
	finding, err := sdk.Finding{Verdict: sdk.Cannot}, error(nil)
	if _, finds := s.Connections[f.Conn].Verbs()[sdk.VerbFind]; finds || f.Promise.Repeat == sdk.Look {
		finding, err = ask(s.Engine, f.Conn, func(c Connection) (sdk.Finding, error) { return c.Find(ctx, f.Write) })
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, sdk.ErrDisconnected)) {
		return err
	}
	return s.commit(ctx, outcome{f.Key, func(*hearing.Hearing, *journal.Effect) (effect.Input, sdk.Done, error) {
		var later *sdk.Delay
		switch {
		case errors.As(err, &later):
			return effect.NotApplied{After: later.After, Free: true, Reason: "the look has to wait"}, sdk.Done{}, nil
		case err != nil:
			return effect.NotApplied{Reason: "the look failed: " + err.Error()}, sdk.Done{}, nil
		}
		return effect.Looked{Finding: finding}, finding.Done, nil
	}})
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

// outcome is what became of an effect; nil if it is none of its business any more. It is asked again when the case has changed meanwhile.
type outcome struct {
	key    sdk.Key
	became func(*hearing.Hearing, *journal.Effect) (effect.Input, sdk.Done, error)
}

// known is an outcome that does not depend on how the effect stands when it is committed.
func known(k sdk.Key, in effect.Input) outcome {
	return outcome{k, func(*hearing.Hearing, *journal.Effect) (effect.Input, sdk.Done, error) { return in, sdk.Done{}, nil }}
}

// commit takes what became of effects, and what is owed, into the case, with everything that follows from it.
func (s *shift) commit(ctx context.Context, outcomes ...outcome) error {
	if outcomes = slices.Concat(s.owed, outcomes); len(outcomes) == 0 {
		return nil
	}
	s.owed = nil
	// What a product has done must be written down even while the host drains.
	return s.Engine.commit(context.WithoutCancel(ctx), s.Subject, outcomes...)
}

func (e *Engine) commit(ctx context.Context, s journal.Subject, outcomes ...outcome) error {
	for {
		err := e.commitOnce(ctx, s, outcomes)
		if !errors.Is(err, journal.ErrChanged) {
			return err
		}
	}
}

func (e *Engine) commitOnce(ctx context.Context, s journal.Subject, outcomes []outcome) error {
	defer e.locks.Take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	changed, err := take(ctx, h, outcomes)
	if err != nil || !changed {
		return err
	}
	return e.save(ctx, h)
}

// take takes outcomes into a hearing, and tells whether there was any for its case.
func take(ctx context.Context, h *hearing.Hearing, outcomes []outcome) (changed bool, err error) {
	for _, o := range outcomes {
		f := h.Case.Effect(o.key)
		if f == nil {
			continue
		}
		in, done, err := o.became(h, f)
		if err != nil {
			return changed, err
		}
		if in == nil {
			continue
		}
		if err := h.Step(ctx, f, in, done); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}
