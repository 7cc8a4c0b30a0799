package engine

import (
	"cmp"
	"context"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// call makes one attempt: it waits its turn, makes the write what it should be now, commits the intent, and judges what came of it.
func (e *Engine) call(ctx context.Context, t task, c *journal.Case, f journal.Effect) error {
	var stages []sdk.Stage
	var fresh *journal.Reading
	if f.Verb == sdk.VerbMove {
		var err error
		if fresh, err = e.reread(ctx, c, f.Attempt > 0); err != nil {
			return err
		}
		at := cmp.Or(fresh, &c.Last).Application.Stage.ID
		if stages, err = e.stages(ctx, f.Conn, f.Write.Move.Stage, at); err != nil {
			return err
		}
	}
	if err := e.rest.Ask(f.Conn); err != nil {
		return err
	}
	turn, err := e.Connections[f.Conn].Admit(ctx, priority(f.Verb))
	if err != nil {
		return err
	}
	a := attempt{task: t, key: f.Key, conn: f.Conn, turn: turn, start: e.Clock.Now()}
	a.write, err = e.intend(ctx, a, fresh, stages)
	if err != nil || a.write.Verb() == "" {
		turn.Release()
		return err
	}
	return e.finish(ctx, a)
}

// intend completes the write under the application's lock and commits the intent.
func (e *Engine) intend(ctx context.Context, a attempt, fresh *journal.Reading, stages []sdk.Stage) (w sdk.Write, err error) {
	defer e.locks.Take(a.Subject)()
	h, err := e.open(ctx, a.Subject)
	if err != nil {
		return w, err
	}
	h.know(fresh)
	f := h.c.Effect(a.key)
	if f == nil || f.Next(a.start) != effect.Call || first(h.c, a.pairing) != f {
		return sdk.Write{}, nil
	}
	w, drop, err := h.complete(ctx, f, stages)
	switch {
	case err != nil:
		return sdk.Write{}, err
	case drop != nil:
		return sdk.Write{}, h.step(ctx, f, drop, sdk.Done{})
	case !f.Durable():
		return w, nil
	}
	f.Write = w
	if f.Effect, err = f.On(effect.Calling{SendBy: e.sendBy(a)}, a.start, h.limits(f.Conn)); err != nil {
		return sdk.Write{}, err
	}
	return w, h.Journal.Save(ctx, h.c, journal.Change{})
}

// goOn makes the call of an attempt that was begun in a commit. An intent that nobody holds is one whose end got lost: a fault of ours, or
// a commit that failed.
func (e *Engine) goOn(ctx context.Context, t task, k sdk.Key) error {
	a := e.begun(begunKey{t.Subject, k})
	if a == nil {
		return e.commit(ctx, t, k, func(*hearing, *journal.Effect) (effect.Input, sdk.Done, error) {
			return effect.Lost{Reason: "what came of the call was not written down"}, sdk.Done{}, nil
		})
	}
	if limit := e.Connections[a.conn].Timeout(); e.sendBy(*a).Sub(e.Clock.Now()) < limit/2 {
		return e.unmade(ctx, *a, "its turn came too late")
	}
	return e.finish(ctx, *a)
}

// finish makes the call of an attempt and takes what came of it into the case.
func (e *Engine) finish(ctx context.Context, a attempt) error {
	if move := a.write.Move; move != nil {
		// Its echo may be faster than its answer, for which it waits.
		e.moving.Store(a.Subject, move.Stage)
		defer e.Hear(a.Subject)
		defer e.moving.Delete(a.Subject)
	}
	// The intent says when the call ends: a restart counts from there.
	limited, cancel := context.WithTimeout(e.work, e.sendBy(a).Sub(e.Clock.Now()))
	defer cancel()
	done, ledger, failure := e.Connections[a.conn].Write(limited, a.turn, a.write)
	failure = e.rest.Learn(a.conn, failure)
	return e.commit(ctx, a.task, a.key, func(h *hearing, f *journal.Effect) (effect.Input, sdk.Done, error) {
		if !f.Durable() {
			// A safe verb needs no durable intent: its Calling was taken in memory only. So it may have been dropped meanwhile.
			if !f.Open() {
				return nil, done, nil
			}
			var err error
			if f.Effect, err = f.On(effect.Calling{SendBy: e.sendBy(a)}, a.start, h.limits(f.Conn)); err != nil {
				return nil, done, err
			}
			f.Write = a.write
		}
		return e.judge(ledger, failure, done), done, nil
	})
}
