package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/invitation"
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

// call makes one attempt: it waits its turn, makes the write what it should be now, commits the intent, and judges what came of it.
func (e *Engine) call(ctx context.Context, t task, c *journal.Case, f journal.Effect) error {
	fresh, err := e.reread(ctx, c, f.Verb == sdk.VerbMove)
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

// judge sorts what came of a call. Done comes only from the plugin's return; the ledger only proves absence.
func (e *Engine) judge(conn string, ledger egress.Ledger, err error, done sdk.Done) effect.Input {
	var no *sdk.Refusal
	var later *sdk.Delay
	switch {
	case err == nil:
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

// ended tells the story of a step and, if it was the last, what it leads to; then it saves.
func (h *hearing) ended(ctx context.Context, f *journal.Effect, done sdk.Done) error {
	h.tellStory(journal.Entry{
		What: "effect", Name: string(f.Verb), Pairing: f.Pairing, Place: f.Rule, Verdict: string(f.State), Reason: f.Reason, Detail: f.Detail,
	})
	w := f.Write
	switch f.State {
	case effect.Done:
		f.Write = sdk.Write{Key: f.Key}
		if err := h.done(ctx, f.Effect.Key, w, done); err != nil {
			return err
		}
	case effect.Dead:
		if f.Verb == sdk.VerbInvite && f.Reason != "" {
			if err := h.refused(f); err != nil {
				return err
			}
		}
	}
	if h.c.Deleted {
		return h.erase(ctx)
	}
	return h.save(ctx)
}

// refused makes of an invitation that the vendor refuses one that failed; nobody need look at the effect.
func (h *hearing) refused(f *journal.Effect) error {
	v := h.c.Invitation(f.Invitation)
	if v == nil {
		return nil
	}
	ev := sdk.Event{ID: sdk.ContentID(string(v.Key), "failed"), Kind: sdk.KindFailed, At: h.now, Reason: f.Reason, Detail: f.Detail}
	if err := h.on(f, effect.Drop{Reason: f.Reason}); err != nil {
		return err
	}
	h.tell(v, ev)
	return nil
}

// done is what an effect that is done means for the case. It may add effects, so it takes the key and not the effect.
func (h *hearing) done(ctx context.Context, k sdk.Key, w sdk.Write, done sdk.Done) error {
	switch {
	case w.Invite != nil:
		return h.invited(ctx, h.c.Invitation(w.Invite.Key), done)
	case w.Tags != nil:
		if p := h.pairings[h.c.Effect(k).Pairing]; p != nil {
			h.tagged(p, *w.Tags)
		}
	case w.Move != nil:
		h.c.Moved = w.Move.Stage
		h.c.Last.Application.Stage, h.c.Last.Application.StageSince = h.stageOf(h.c.ATS, w.Move.Stage), time.Time{}
	case w.Posting != nil:
		f := h.c.Effect(k)
		return h.Journal.Keep(ctx, f.Conn, w.Posting.ID, journal.Kept{Digest: journal.PostingDigest(*w.Posting), Remote: f.Remote, At: h.now})
	}
	return nil
}

// invited takes the vendor's word for an invitation into the case: events that came before it can be heard now.
func (h *hearing) invited(ctx context.Context, v *invitation.Invitation, done sdk.Done) error {
	if v == nil {
		return nil
	}
	v.Remote = done.Remote
	if done.Invited != nil {
		v.Remote, v.URL, v.PassingScore = done.Invited.Remote, done.Invited.URL, done.Invited.PassingScore
	}
	if v.Remote != "" {
		h.news = append(h.news, journal.Subject{Conn: v.Vendor, ID: v.Remote})
	}
	h.tell(v, sdk.Event{ID: sdk.ContentID(string(v.Key), "invited"), Kind: sdk.KindInvited, At: h.now})
	if h.c.Deleted {
		return h.deletions(ctx)
	}
	return nil
}
