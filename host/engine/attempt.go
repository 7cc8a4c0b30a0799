package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// call makes one attempt: it waits its turn, makes the write what it should be now, commits the intent, and judges what came of it.
func (s *shift) call(ctx context.Context, last *journal.Reading, f journal.Effect) error {
	var stages []sdk.Stage
	var fresh *journal.Reading
	if f.Verb == sdk.VerbMove {
		age := moveStale
		if f.Attempt > 0 {
			age = 0
		}
		var err error
		if fresh, err = s.reread(ctx, s.Subject, last.At, age); err != nil {
			return err
		}
		if fresh != nil && fresh.Application.Stage.ID != last.Application.Stage.ID {
			return s.yield(ctx, f.Key, fresh)
		}
		at := cmp.Or(fresh, last).Application.Stage.ID
		if stages, err = s.stages(ctx, f.Conn, f.Write.Move.Stage, at); err != nil {
			return err
		}
	}
	var file *document
	if f.Verb == sdk.VerbFile {
		var err error
		if file, err = s.fetch(ctx, f); file == nil {
			return err
		}
	}
	if err := s.rest.Ask(f.Conn); err != nil {
		return err
	}
	turn, err := s.admit(ctx, f)
	if err != nil {
		return err
	}
	a := attempt{task: s.task, key: f.Key, conn: f.Conn, turn: turn, start: s.Clock.Now(), file: file}
	a.lazy = !f.Durable() && slices.Contains(lazy, f.Verb)
	a.write, err = s.intend(ctx, a, fresh, stages)
	if err != nil || a.write.Verb() == "" {
		turn.Release()
		return err
	}
	return s.finish(ctx, a)
}

// yieldTime is how long a move of ours lets another go first.
const yieldTime = 2 * time.Second

// yield has a recruiter's move that was just read be heard before ours is made: some rule may wait for the stage she chose.
func (s *shift) yield(ctx context.Context, k sdk.Key, r *journal.Reading) error {
	app := r.Application
	ev := sdk.Event{
		ID: sdk.ContentID("read", s.Conn, s.ID, app.Stage.ID, app.StageSince.UTC().String()), Kind: sdk.KindMoved, At: app.StageSince,
		Application: s.ID, Reason: journal.Sweep,
	}
	news, err := s.Journal.Append(ctx, s.Conn, []sdk.Event{ev}, s.Clock.Now())
	if err != nil {
		return err
	}
	for _, n := range news {
		s.Hear(n)
	}
	return s.commit(ctx, known(k, effect.NotApplied{After: yieldTime, Steady: true, Reason: "somebody else has moved the application"}))
}

// admit waits for an effect's turn to call. Nothing is owed for so long.
func (s *shift) admit(ctx context.Context, f journal.Effect) (Turn, error) {
	conn := s.Connections[f.Conn]
	if turn, free := conn.TryAdmit(); free {
		return turn, nil
	}
	if err := s.commit(ctx); err != nil {
		return nil, err
	}
	return conn.Admit(ctx, priority(f.Verb))
}

// intend completes the write under the application's lock and commits the intent, with what is owed.
func (s *shift) intend(ctx context.Context, a attempt, fresh *journal.Reading, stages []sdk.Stage) (w sdk.Write, err error) {
	defer s.locks.Take(a.Subject)()
	h, err := s.open(ctx, a.Subject)
	if err != nil {
		return w, err
	}
	h.Know(fresh)
	f := h.Case.Effect(a.key)
	if f == nil || f.Next(a.start) != effect.Call || first(h.Case, a.pairing, s.owed...) != f {
		return sdk.Write{}, nil
	}
	w, drop, err := h.Complete(ctx, f, stages)
	if err == nil && drop == nil && a.file != nil {
		w = a.file.of(w)
	}
	switch {
	case err != nil:
		return sdk.Write{}, err
	case drop == nil && !f.Durable():
		if fresh == nil {
			s.recent.keep(h.Case)
		}
		return w, nil
	case drop != nil:
		w = sdk.Write{}
		err = h.Step(ctx, f, drop, sdk.Done{})
	default:
		f.Write = w
		f.Effect, err = f.On(effect.Calling{SendBy: s.sendBy(a)}, a.start, s.limits(f.Conn))
	}
	if err == nil {
		_, err = take(ctx, h, s.owed)
	}
	if err == nil {
		err = s.save(ctx, h)
	}
	if err != nil {
		return sdk.Write{}, err
	}
	s.owed = nil
	return w, nil
}

// goOn makes the call of an attempt that was begun in a commit. An intent that nobody holds is one whose end got lost: a fault of ours, or
// a commit that failed.
func (s *shift) goOn(ctx context.Context, k sdk.Key) error {
	a := s.begun(begunKey{s.Subject, k})
	if a == nil {
		return s.commit(ctx, known(k, effect.Lost{Reason: "what came of the call was not written down"}))
	}
	if limit := s.Connections[a.conn].Timeout(); s.sendBy(*a).Sub(s.Clock.Now()) < limit/2 {
		return s.unmade(ctx, *a, "its turn came too late")
	}
	return s.finish(ctx, *a)
}

// finish makes the call of an attempt and takes what came of it into the case, or owes it.
func (s *shift) finish(ctx context.Context, a attempt) error {
	if move := a.write.Move; move != nil {
		// Its echo may be faster than its answer, for which it waits.
		s.moving.Store(a.Subject, move.Stage)
		defer s.Hear(a.Subject)
		defer s.moving.Delete(a.Subject)
	}
	// The intent says when the call ends: a restart counts from there.
	limited, cancel := context.WithTimeout(s.Engine.work, s.sendBy(a).Sub(s.Clock.Now()))
	defer cancel()
	done, ledger, failure := s.Connections[a.conn].Write(limited, a.turn, a.write, a.file.reader())
	failure = s.rest.Learn(a.conn, failure)
	became := outcome{a.key, func(_ *hearing.Hearing, f *journal.Effect) (effect.Input, sdk.Done, error) {
		if !f.Durable() {
			// A safe verb needs no durable intent: its Calling was taken in memory only. So it may have been dropped meanwhile.
			if !f.Open() {
				return nil, done, nil
			}
			var err error
			if f.Effect, err = f.On(effect.Calling{SendBy: s.sendBy(a)}, a.start, s.limits(f.Conn)); err != nil {
				return nil, done, err
			}
			f.Write = a.write
		}
		return s.judge(ledger, failure, done), done, nil
	}}
	if failure == nil && a.lazy {
		s.owed = append(s.owed, became)
		return nil
	}
	return s.commit(ctx, became)
}
