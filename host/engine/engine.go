// Package engine does: takes events off the journal, asks rule, works the effects of the plan.
//
// An [Engine] has two kinds of task. One hears: it takes the events that wait for a subject, reads the application once, asks every
// pairing, and saves the case with what was decided. The other works: it takes the effects of one (pairing, application) through their
// lives, one call at a time: the evidence before the tags, the move last. What is done becomes the next event of its invitation, heard in the
// same commit.
//
// # Why
//
// Hearing never waits for effects, and a pairing's effects never wait for another's, so one product that hangs delays only what needs it.
// Everything about one application is decided under that application's lock and saved in one commit; no lock is held over a call.
package engine

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/lane"
	"github.com/patchbay-dev/patchbay/host/reach"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Clock is the host's one clock: real, or a driver's under rehearsal.
type Clock interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error // returns at the time, or with ctx's error
	Handled()                                      // whoever Until woke has taken up what fell due: a driver may go on
}

// Connection is one open connection of a plugin, each of whose calls goes through the egress under an id of its own.
type Connection interface {
	Verbs() map[sdk.Verb]sdk.Promise
	Application(ctx context.Context, id string) (sdk.Application, error)
	Stages(ctx context.Context) iter.Seq2[sdk.Stage, error]
	Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error]
	Find(ctx context.Context, w sdk.Write) (sdk.Finding, error)
	Document(ctx context.Context, remote, role string, most int64) (sdk.Document, []byte, error)
	// Admit waits for the connection's turn to call, Write takes it.
	Admit(ctx context.Context, p egress.Priority) (Turn, error)
	TryAdmit() (Turn, bool)                                                                             // a turn, if one is free at once
	Write(ctx context.Context, turn Turn, w sdk.Write, file io.Reader) (sdk.Done, egress.Ledger, error) // file: of a write of one
	Timeout() time.Duration                                                                             // of one write
	Settle() time.Duration                                                                              // how long the product is left to show what a call made; 0: as Limits say
}

// Turn is a connection's leave to call. One that is not taken is given back.
type Turn interface{ Release() }

// Options is what an engine is made of.
type Options struct {
	Journal     *journal.Journal
	Pairings    []*rule.Pairing
	Connections map[string]Connection // by name: "ats.main"
	Clock       Clock
	Limits      effect.Limits
	Crowded     func() bool // whether so many events are coming in that hearing them had better wait a little
	Log         *slog.Logger
}

// Engine works one journal. Its methods may be called concurrently.
type Engine struct {
	Options
	hearings  *hearing.Hearings
	recent    recent
	lanes     *lane.Lanes[task]
	locks     lane.Locks[journal.Subject]
	rest      *reach.Rest
	pipelines reach.Shelf[sdk.Stage]
	catalogs  reach.Shelf[sdk.Assessment]
	streaks   sync.Map        // by task: its failures in a row
	attempts  sync.Map        // by begunKey: those begun
	moving    sync.Map        // by application: the stage of a move in flight
	asked     sync.Map        // by the event's id: closed when a request is decided that somebody waits for
	since     time.Time       // the start of this run
	silence   silence         // of webhooks
	resumed   chan struct{}   // closed when what the last run left is taken up
	going     context.Context // done when the engine drains: nothing new begins
	halt      context.CancelFunc
	work      context.Context // of calls that write: done when the drain is over
	cut       context.CancelFunc
}

// task is what runs by itself: hearing a subject's events, or, with a pairing, working a case's effects for it.
type task struct {
	journal.Subject
	pairing string
}

// Bounds of the tasks that call, or wait for their turn to call, one connection.
const (
	inFlight = 64
	patient  = 8 // of those that hear what has come, while a crowd is at the door
)

// atOnce is how many tasks of a pool may run. Accepting goes before work, so that no sender is kept waiting by what came before it; but work
// goes on, or a sender without end could put it off for ever.
func (e *Engine) atOnce(pool string) int {
	if strings.HasPrefix(pool, hears) && e.Crowded() {
		return patient
	}
	return inFlight
}

// New makes an engine. Nothing runs before Run.
func New(o Options) *Engine {
	e := &Engine{Options: o, resumed: make(chan struct{})}
	e.rest = &reach.Rest{Now: o.Clock.Now, Log: o.Log}
	e.pipelines.Now, e.catalogs.Now = o.Clock.Now, o.Clock.Now
	e.going, e.halt = context.WithCancel(context.Background())
	e.work, e.cut = context.WithCancel(context.Background())
	e.hearings = &hearing.Hearings{
		Journal: o.Journal, Pairings: o.Pairings, Log: o.Log, Now: o.Clock.Now, Limits: e.limits, Lacks: e.catalogs.Lacks, Stages: e.pipelines.Kept,
		Verbs: func(conn string) map[sdk.Verb]sdk.Promise { return o.Connections[conn].Verbs() },
	}
	e.lanes = lane.New(o.Clock, e.atOnce, e.do)
	return e
}

// drainTime is how long calls in flight may go on after the engine is told to stop. What is cut then is found out at the next start.
const drainTime = 30 * time.Second

// Run takes up what the last run left, then works until ctx ends and what is in flight has come to its end.
func (e *Engine) Run(ctx context.Context) error {
	defer e.cut()
	defer e.halt()
	e.since = e.Clock.Now()
	switch err := e.resume(ctx); {
	case ctx.Err() != nil:
		return nil // told to stop before it began
	case err != nil:
		return err
	}
	// Nothing begins before: what this process has in flight must not be taken for what the last one left.
	close(e.resumed)
	e.lanes.Begin()
	e.lanes.Run(ctx)
	e.halt()
	e.lanes.Stop()
	done := make(chan struct{})
	go func() { e.lanes.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(drainTime):
		e.Log.Warn("calls still in flight are cut; the next start looks for them")
		e.cut()
		<-done
	}
	e.abandon(ctx)
	return nil
}

// resume wakes every subject and case that a start finds work for. What was in flight when the host died is in doubt.
func (e *Engine) resume(ctx context.Context) error {
	var unfinished []journal.Subject
	if err := e.Journal.Unfinished(ctx, func(s journal.Subject) { unfinished = append(unfinished, s) }); err != nil {
		return err
	}
	for _, s := range unfinished {
		if err := e.restart(ctx, s); err != nil {
			return fmt.Errorf("application %s: %w", s.ID, err)
		}
	}
	return e.Journal.Subjects(ctx, e.Hear)
}

// restart puts the effects of one case that were in flight in doubt, and wakes them.
func (e *Engine) restart(ctx context.Context, s journal.Subject) error {
	h, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	for i := range h.Case.Effects {
		f := &h.Case.Effects[i]
		if f.State != effect.Intent {
			continue
		}
		if err := h.On(f, effect.Restarted{}); err != nil {
			return err
		}
		h.TellEffect(f)
	}
	if len(h.Change.Entries) > 0 {
		if err := e.Journal.Save(ctx, h.Case, h.Change); err != nil {
			return err
		}
	}
	e.wakeAll(h.Case)
	return nil
}

// hears begins the name of a pool in which events are heard; what follows is the connection that they came from.
const hears = "hear "

// Hear has the events of a subject heard soon.
func (e *Engine) Hear(s journal.Subject) {
	e.lanes.Wake(task{Subject: s}, hears+s.Conn)
}

// wakeAll has every pairing's effects of a case worked.
func (e *Engine) wakeAll(c *journal.Case) {
	for _, f := range c.Effects {
		if f.Active() {
			e.lanes.Wake(task{Subject: journal.Subject{Conn: c.ATS, ID: c.Application}, pairing: f.Pairing}, f.Conn)
		}
	}
}

// Idle returns when nothing is runnable or in flight.
func (e *Engine) Idle(ctx context.Context) error { return e.lanes.Quiet(ctx) }

// IsIdle tells whether nothing is runnable or in flight now.
func (e *Engine) IsIdle() bool { return e.lanes.IsQuiet() }

// do runs one task; it is called by the lanes.
func (e *Engine) do(t task, pool string) (next string, due time.Time) {
	next, due, err := e.shielded(t, pool)
	switch {
	case err == nil:
		e.streaks.Delete(t)
	case e.going.Err() == nil:
		return e.putOff(t, pool, err)
	}
	return next, due
}

// Disconnected tells whether the credential of a connection was refused when it was last used.
func (e *Engine) Disconnected(conn string) bool { return e.rest.Has(conn) }

// limits draws the jitter of one step on a connection.
func (e *Engine) limits(conn string) effect.Limits {
	l := e.Limits
	if c := e.Connections[conn]; c != nil && c.Settle() > 0 {
		l.Settle = c.Settle()
	}
	l.Jitter *= rand.Float64()
	return l
}
