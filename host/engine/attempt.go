package engine

import (
	"context"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// call makes one attempt: it waits its turn, makes the write what it should be now, commits the intent, and judges what came of it.
func (e *Engine) call(ctx context.Context, t task, c *journal.Case, f journal.Effect) error {
	old := stale
	if f.Attempt > 0 {
		old = 0 // whatever became of the last attempt, others may have moved her since
	}
	fresh, err := e.reread(ctx, c, f.Verb == sdk.VerbMove, old)
	if err != nil {
		return err
	}
	stages, err := e.stagesFor(ctx, f)
	if err != nil {
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

// attempt is one call of one effect, whose turn has come.
type attempt struct {
	task
	key   sdk.Key
	conn  string
	turn  Turn
	start time.Time
	write sdk.Write // without a verb: nothing is to be called after all
}

func (a *attempt) release() {
	if a != nil {
		a.turn.Release()
	}
}

// sendBy is when the host ends the call.
func (e *Engine) sendBy(a attempt) time.Time { return a.start.Add(e.Connections[a.conn].Timeout()) }

// intend completes the write under the application's lock and commits the intent.
func (e *Engine) intend(ctx context.Context, a attempt, fresh *journal.Reading, stages []sdk.Stage) (w sdk.Write, err error) {
	defer e.locks.take(a.Subject)()
	h, err := e.open(ctx, a.Subject)
	if err != nil {
		return w, err
	}
	if fresh != nil {
		h.c.Last, h.c.Moved = *fresh, ""
	}
	f := h.c.Effect(a.key)
	if f == nil || f.Next(a.start) != effect.Call || first(h.c, a.pairing) != f {
		return sdk.Write{}, nil
	}
	w, drop, err := h.complete(ctx, f, stages)
	switch {
	case err != nil:
		return sdk.Write{}, err
	case drop != nil:
		return sdk.Write{}, h.giveUp(ctx, f, drop)
	case !f.Durable():
		return w, nil
	}
	f.Write = w
	if f.Effect, err = f.On(effect.Calling{SendBy: e.sendBy(a)}, a.start, h.limits(f.Conn)); err != nil {
		return sdk.Write{}, err
	}
	return w, h.Journal.Save(ctx, h.c, journal.Change{})
}

// finish makes the call of an attempt and takes what came of it into the case.
func (e *Engine) finish(ctx context.Context, a attempt) error {
	landed := e.moving.begin(a.Subject, a.write)
	defer func() {
		if landed() {
			e.Hear(a.Subject) // its echo may be waiting
		}
	}()
	done, ledger, failure := e.Connections[a.conn].Write(e.work, a.turn, a.write)
	return e.commit(ctx, a.task, a.key, func(h *hearing, f *journal.Effect) (sdk.Done, error) {
		if !f.Durable() {
			// A safe verb needs no durable intent: its Calling was taken in memory only.
			var err error
			if f.Effect, err = f.On(effect.Calling{SendBy: e.sendBy(a)}, a.start, h.limits(f.Conn)); err != nil {
				return done, err
			}
			f.Write = a.write
		}
		return done, h.on(f, e.judge(f.Conn, ledger, failure, done))
	})
}

// begin takes the intent of a new effect into the commit that plans it, when its turn is free at once: the commit is what costs. Its lane
// finds the attempt among those begun.
func (h *hearing) begin(ctx context.Context) (*attempt, error) {
	for _, p := range h.Pairings {
		f := first(h.c, p.Label)
		if f == nil || f.State != effect.Ready || f.Attempt > 0 || !f.Durable() || f.Verb == sdk.VerbMove || h.going.Err() != nil {
			continue
		}
		if _, rests := h.rest.until(f.Conn, h.now); rests {
			continue
		}
		turn, ok := h.Connections[f.Conn].TryAdmit()
		if !ok {
			continue
		}
		subject := journal.Subject{Conn: h.c.ATS, ID: h.c.Application}
		a := &attempt{task: task{subject, p.Label}, key: f.Key, conn: f.Conn, turn: turn, start: h.now}
		w, drop, err := h.complete(ctx, f, nil)
		if err != nil || drop != nil {
			turn.Release()
			return nil, err
		}
		if f.Effect, err = f.On(effect.Calling{SendBy: h.sendBy(*a)}, h.now, h.limits(f.Conn)); err != nil {
			turn.Release()
			return nil, err
		}
		f.Write, a.write = w, w
		return a, nil
	}
	return nil, nil
}

// begun is the attempts whose intent is committed and whose lane has still to make the call.
type begun struct {
	mu  sync.Mutex
	all map[task]*attempt
}

func (b *begun) put(a *attempt) {
	if a == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[task]*attempt{}
	}
	b.all[a.task] = a
}

func (b *begun) take(t task) *attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.all[t]
	delete(b.all, t)
	return a
}
