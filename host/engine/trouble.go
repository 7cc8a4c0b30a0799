package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/reach"
	"github.com/patchbay-dev/patchbay/sdk"
)

var (
	errAbsent = errors.New("the connection is not configured") // any more: its work waits for a start that knows it
	errEarly  = errors.New("the product does not show yet what its webhook says")
)

// fault is a panic in a task. Its text is the runtime's or a type's: what else a panic carries may be a candidate's data.
type fault string

func (f fault) Error() string { return "a fault of ours: " + string(f) }

// shielded runs a task. A panic is its error, not the host's end.
func (e *Engine) shielded(t task, pool string) (next string, due time.Time, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		what := fault(fmt.Sprintf("a panic with a %T", v))
		if r, ok := v.(runtime.Error); ok {
			what = fault(r.Error())
		}
		e.Log.Error("a panic", "connection", t.Conn, "id", t.ID, "pairing", t.pairing, "error", what, "stack", string(debug.Stack()))
		err = what
	}()
	if t.pairing == "" {
		due, err = e.hear(e.going, t)
		return "", due, err
	}
	return e.workOn(e.going, t, pool)
}

// How a task is tried again that could not read or write what it needs. Effects have their own backoff.
const (
	retryAfter  = 5 * time.Second // doubled with each failure in a row
	retryAtMost = 5 * time.Minute
	faultsTaken = 3 // in a row, before what causes them is set aside
)

// putOff says when a task that failed is to run again.
func (e *Engine) putOff(t task, pool string, err error) (next string, due time.Time) {
	var rests *reach.AtRest
	switch {
	case errors.Is(err, journal.ErrChanged), errors.Is(err, hearing.ErrAgain):
		return pool, time.Time{}
	case errors.As(err, &rests):
		return "", rests.Until
	case errors.Is(err, errAbsent):
		e.Log.Warn("waits for its connection", "connection", t.Conn, "id", t.ID, "pairing", t.pairing, "error", err)
		return "", time.Time{}
	}
	s := e.streak(t)
	s.failures++
	if panicked := fault(""); errors.As(err, &panicked) || errors.Is(err, journal.ErrTooLarge) {
		s.faults++
	} else {
		s.faults = 0
	}
	e.streaks.Store(t, s)
	level := slog.LevelWarn
	if errors.Is(err, effect.ErrIllegal) {
		level = slog.LevelError // a fault of ours
	}
	e.Log.Log(e.going, level, "put off", "connection", t.Conn, "id", t.ID, "pairing", t.pairing, "error", err)
	if s.faults >= faultsTaken {
		setAside := e.dismiss
		if t.pairing != "" {
			setAside = e.park
		}
		if err = setAside(context.WithoutCancel(e.going), t, err); err == nil {
			e.streaks.Delete(t)
			return pool, time.Time{}
		}
		e.Log.Error("cannot be set aside", "connection", t.Conn, "id", t.ID, "pairing", t.pairing, "error", err)
	}
	return "", e.Clock.Now().Add(min(retryAfter<<min(s.failures-1, 16), retryAtMost))
}

// streak is how often a task failed in a row, and how often in a row through a fault that will not go away by itself.
type streak struct{ failures, faults int }

func (e *Engine) streak(t task) streak {
	s, _ := e.streaks.Load(t)
	row, _ := s.(streak)
	return row
}

// dismiss takes the first event out of a subject's inbox; it stays in the story as refused. After a failure they are heard one at a time,
// so it is the one that fails. None of the rules runs here.
func (e *Engine) dismiss(ctx context.Context, t task, why error) error {
	arrivals, err := e.Journal.Waiting(ctx, t.Subject, 1)
	if err != nil || len(arrivals) == 0 {
		return err
	}
	of, known := t.Subject, true
	if isVendor(t.Conn) {
		if of, known, err = e.Journal.Whose(ctx, t.Conn, t.ID); err != nil {
			return err
		}
	}
	if !known {
		return e.Journal.Drop(ctx, arrivals)
	}
	defer e.locks.Take(of)()
	h, err := e.open(ctx, of)
	if err != nil {
		return err
	}
	h.Change.Taken = arrivals
	h.RefuseAll(arrivals, "fault", why.Error())
	return e.Journal.Save(ctx, h.Case, h.Change)
}

// park leaves the effect whose turn it is in a lane to a person. None of the rules runs here.
func (e *Engine) park(ctx context.Context, t task, why error) error {
	defer e.locks.Take(t.Subject)()
	h, err := e.open(ctx, t.Subject)
	if err != nil {
		return err
	}
	f := first(h.Case, t.pairing)
	if f == nil {
		return nil
	}
	if f.Next(h.Now) == effect.Look {
		err = h.On(f, effect.Looked{Finding: sdk.Finding{Verdict: sdk.Cannot}})
	} else {
		err = h.Refuse(f, effect.Refused{Reason: "fault"})
	}
	if err != nil {
		return err
	}
	f.Detail = why.Error()
	h.TellEffect(f)
	return e.Journal.Save(ctx, h.Case, h.Change)
}
