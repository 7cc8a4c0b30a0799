package engine

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// attempt is one call of one effect, whose turn has come.
type attempt struct {
	task
	key   sdk.Key
	conn  string
	turn  Turn
	start time.Time
	write sdk.Write // without a verb: nothing is to be called after all
	lazy  bool      // what came of it may be owed
	file  *document // of a write that carries one
}

// sendBy is when the host ends the call.
func (e *Engine) sendBy(a attempt) time.Time { return a.start.Add(e.Connections[a.conn].Timeout()) }

// begin takes the intent of a new effect into the commit that plans it, when its turn is free at once: the commit is what costs. The lane
// that comes to the intent makes the call. A lane has one call in flight at most.
func (e *Engine) begin(ctx context.Context, h *hearing.Hearing) (*attempt, error) {
	for _, p := range e.Pairings {
		f := first(h.Case, p.Label)
		if f == nil || f.State != effect.Ready || f.Attempt > 0 || !f.Durable() || f.Verb == sdk.VerbMove || f.Verb == sdk.VerbFile {
			continue
		}
		conn := e.Connections[f.Conn]
		if p.Mode != rule.Live || conn == nil || e.rest.Has(f.Conn) || e.going.Err() != nil {
			continue
		}
		turn, free := conn.TryAdmit()
		if !free {
			continue
		}
		a := &attempt{task: task{h.Subject(), p.Label}, key: f.Key, conn: f.Conn, turn: turn, start: h.Now}
		w, drop, err := h.Complete(ctx, f, nil)
		if err == nil && drop == nil {
			err = h.On(f, effect.Calling{SendBy: e.sendBy(*a)})
		}
		if err != nil || drop != nil {
			turn.Release()
			return nil, err
		}
		f.Write, a.write = w, w
		return a, nil
	}
	return nil, nil
}

// begunKey names an attempt whose intent is, or is about to be, committed, and whose lane has still to make the call. It is among those
// begun before its intent can be read, so an intent that is not there belongs to nobody.
type begunKey struct {
	of  journal.Subject
	key sdk.Key
}

// begun takes an attempt from among those begun; nil if it is not there.
func (e *Engine) begun(k begunKey) *attempt {
	a, _ := e.attempts.LoadAndDelete(k)
	begun, _ := a.(*attempt)
	return begun
}

// abandon takes back the intents whose call was not made when the host stopped, or the next start would have to find out about each.
func (e *Engine) abandon(ctx context.Context) {
	for k := range e.attempts.Range {
		if a := e.begun(k.(begunKey)); a != nil {
			if err := e.unmade(ctx, *a, "the host stopped before the call"); err != nil {
				e.Log.Warn("not taken back; the next start finds out", "connection", a.Conn, "id", a.ID, "pairing", a.pairing, "error", err)
			}
		}
	}
}

// unmade gives back an attempt's turn: surely nothing was sent.
func (e *Engine) unmade(ctx context.Context, a attempt, why string) error {
	a.turn.Release()
	return e.commit(context.WithoutCancel(ctx), a.Subject, known(a.key, effect.NotApplied{Steady: true, Reason: why}))
}
