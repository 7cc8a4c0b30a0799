package effect

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// ErrIllegal: the input cannot happen in this state, or not yet. The caller has a fault, or an operator asks for what must not be.
var ErrIllegal = errors.New("not possible in this state")

// Input is something that happened to an effect: one of the types of this file.
type Input interface {
	from() []State // where it may happen
	step(e Effect, now time.Time, l Limits) (Effect, error)
}

// On is the transition function: the effect after in happened at now. [ErrIllegal] if it cannot happen to e; e is then returned unchanged.
func (e Effect) On(in Input, now time.Time, l Limits) (Effect, error) {
	if !slices.Contains(in.from(), e.State) {
		return e, fmt.Errorf("effect %s is %s: %T: %w", e.Key, e.State, in, ErrIllegal)
	}
	after, err := in.step(e, now, l)
	if err != nil {
		return e, fmt.Errorf("effect %s is %s: %T: %w: %w", e.Key, e.State, in, ErrIllegal, err)
	}
	return after, nil
}

// Calling: the call is about to be made; the host ends it at SendBy, whatever happens. Legal when Next is Call. It must be durable before
// the plugin hears of the call, unless [Effect.Durable] says otherwise.
type Calling struct{ SendBy time.Time }

func (Calling) from() []State { return []State{Ready, Wait, Unknown} }

func (in Calling) step(e Effect, now time.Time, l Limits) (Effect, error) {
	switch {
	case e.Next(now) != Call:
		return e, fmt.Errorf("the next step is to %s, due %s", e.Next(now), e.Due.Format(time.RFC3339))
	case !in.SendBy.After(now):
		return e, errors.New("the call would have no time")
	case e.Doubt > 0 && e.Promise.Repeat == sdk.Keyed && in.SendBy.Add(e.settle(l)).After(e.FirstCall.Add(e.Promise.KeptFor)):
		return e, errors.New("the product may forget the key before the call has settled")
	}
	e.State, e.SendBy, e.Looks, e.Reason, e.Detail = Intent, in.SendBy, 0, "", ""
	e.Attempt++
	if e.Doubt == 0 {
		e.Doubt, e.FirstCall = e.Attempt, now
	}
	return e, nil
}

// Answered: the plugin returned success.
type Answered struct{ Done sdk.Done }

func (Answered) from() []State { return []State{Intent} }

func (in Answered) step(e Effect, _ time.Time, _ Limits) (Effect, error) {
	return e.done(ByAnswer, in.Done.Remote), nil
}

// NotApplied: the step surely did nothing, so it is taken again later. Of a call, the ledger proves it; a look that failed never does
// anything; before a call it means that none can be made now (connection at rest). After is what the product asked for. Free leaves the
// budget alone: 429, an open breaker. Steady leaves the backoff alone as well: a connection at rest says nothing of the write, which is
// taken up when the rest is over.
type NotApplied struct {
	After  time.Duration
	Free   bool
	Steady bool
	Reason string
}

func (NotApplied) from() []State { return []State{Ready, Wait, Intent, Unknown} }

func (in NotApplied) step(e Effect, now time.Time, l Limits) (Effect, error) {
	e = e.absolved()
	e.Reason = in.Reason
	if e.State != Unknown {
		e.State = Wait
		if e.Doubt > 0 {
			e.State = Unknown // this call did nothing; an earlier one may have
		}
	}
	if in.Steady {
		e.Due = now.Add(in.After)
		return e, nil
	}
	return e.again(in.After, in.Free, now, l), nil
}

// Refused: the plugin says that the call did nothing and never will.
type Refused struct{ Reason, Detail string }

func (Refused) from() []State { return []State{Intent} }

func (in Refused) step(e Effect, _ time.Time, _ Limits) (Effect, error) {
	e = e.absolved()
	e.Reason, e.Detail = in.Reason, in.Detail
	return e.park(), nil
}

// Lost: the call ended and nobody knows how: time-out, cut, 5xx, the plugin's death. The host has ended it, so nothing leaves after now.
type Lost struct{ Reason string }

func (Lost) from() []State { return []State{Intent} }

func (in Lost) step(e Effect, now time.Time, l Limits) (Effect, error) {
	e.Reason = in.Reason
	e = e.lost(now, l)
	if e.State == Unknown && e.Promise.Repeat != sdk.Look {
		e = e.again(e.settle(l), false, now, l)
	}
	return e, nil
}

// Looked: the plugin's Finder answered a look that began when Next was Look. Found needs one look, absent two, settle apart.
type Looked struct{ sdk.Finding }

func (Looked) from() []State { return []State{Unknown} }

func (in Looked) step(e Effect, now time.Time, l Limits) (Effect, error) {
	if e.Next(now) != Look {
		return e, fmt.Errorf("the next step is to %s, due %s", e.Next(now), e.Due.Format(time.RFC3339))
	}
	switch in.Verdict {
	case sdk.Present:
		e = e.done(ByLook, in.Done.Remote)
		if in.More > 0 {
			e.Detail = fmt.Sprintf("the product has it %d times", in.More+1)
		}
		return e, nil
	case sdk.Absent:
		if e.Looks++; e.Looks < 2 {
			e.Due = now.Add(e.settle(l))
			return e, nil
		}
		e.State, e.Looks, e.Doubt, e.FirstCall = Ready, 0, 0, time.Time{}
		return e.again(0, false, now, l), nil
	case sdk.Cannot:
		e.Reason = "the product gives no way to look"
		return e.park(), nil
	}
	return e, fmt.Errorf("verdict %q", in.Verdict)
}

// Restarted: the host was away. What was in flight is in doubt, and may arrive until its deadline; everything else is as it was.
type Restarted struct{}

func (Restarted) from() []State {
	return []State{Ready, Intent, Wait, Unknown, Held, Dead, Done, Cancelled}
}

func (Restarted) step(e Effect, _ time.Time, l Limits) (Effect, error) {
	if e.State != Intent {
		return e, nil
	}
	e.Reason = "the host stopped during the call"
	return e.lost(e.SendBy, l), nil
}

// Restored: the effect comes from a backup, so calls may have been made since that it knows nothing of; the last of them ended by SendBy.
type Restored struct{ SendBy time.Time }

func (Restored) from() []State { return Restarted{}.from() }

func (in Restored) step(e Effect, _ time.Time, l Limits) (Effect, error) {
	if !e.Open() {
		return e, nil
	}
	parked, reason := e.Parked(), e.Reason
	if e.Attempt++; e.Doubt == 0 {
		e.Doubt, e.FirstCall = e.Attempt, e.Born
	}
	e.Reason = "restored from a backup"
	if e = e.lost(in.SendBy, l); parked {
		e.Reason = reason
		e = e.park()
	}
	return e, nil
}

// Retry: an operator wants a parked effect tried again, with a fresh budget. It enters through UNKNOWN: what can be looked for is.
type Retry struct{}

func (Retry) from() []State { return []State{Dead, Held} }

func (Retry) step(e Effect, now time.Time, l Limits) (Effect, error) {
	e.State, e.Looks, e.Waits, e.Waited = Unknown, 0, 0, 0
	e.Due = e.quiet(now, l)
	return e, nil
}

// Confirm: a person has seen at the product that it is done.
type Confirm struct{ Remote string }

func (Confirm) from() []State { return []State{Dead, Held} }

func (in Confirm) step(e Effect, _ time.Time, _ Limits) (Effect, error) {
	return e.done(ByPerson, in.Remote), nil
}

// Deny: a person has looked at the product and it is not there. It is the way back for what can neither be looked for nor repeated, and is
// illegal while the product may not show it yet.
type Deny struct{}

func (Deny) from() []State { return []State{Dead, Held} }

func (Deny) step(e Effect, now time.Time, l Limits) (Effect, error) {
	if quiet := e.quiet(now, l); quiet.After(now) {
		return e, fmt.Errorf("the product may not show it before %s: look again then", quiet.Format(time.RFC3339))
	}
	return Effect{Key: e.Key, Promise: e.Promise, State: Ready, Born: e.Born, Due: now, Attempt: e.Attempt, SendBy: e.SendBy}, nil
}

// Drop: it is no longer wanted, whatever may have become of it: an operator's word, or an erasure.
type Drop struct{ Reason string }

func (Drop) from() []State { return []State{Ready, Wait, Unknown, Held, Dead} }

func (in Drop) step(e Effect, _ time.Time, _ Limits) (Effect, error) {
	e.State, e.Reason = Cancelled, in.Reason
	return e, nil
}

// Supersede: a newer effect replaces it. Illegal while one of its calls may still arrive, which would undo the newer one.
type Supersede struct{ Reason string }

func (Supersede) from() []State { return Drop{}.from() }

func (in Supersede) step(e Effect, now time.Time, l Limits) (Effect, error) {
	if quiet := e.quiet(now, l); quiet.After(now) {
		return e, fmt.Errorf("its call may arrive until %s", quiet.Format(time.RFC3339))
	}
	return Drop(in).step(e, now, l)
}

// done ends it.
func (e Effect) done(how How, remote string) Effect {
	e.State, e.How, e.Remote, e.Reason, e.Detail = Done, how, remote, "", ""
	return e
}

// absolved is e with the latest call known to have done nothing.
func (e Effect) absolved() Effect {
	if e.State == Intent && e.Doubt == e.Attempt {
		e.Doubt, e.FirstCall = 0, time.Time{}
	}
	return e
}

// lost is e with a call in doubt that cannot leave after ended.
func (e Effect) lost(ended time.Time, l Limits) Effect {
	e.State, e.Looks, e.SendBy, e.Due = Unknown, 0, ended, ended.Add(e.settle(l))
	if !slices.Contains([]sdk.Repeat{sdk.Safe, sdk.Keyed, sdk.Look}, e.Promise.Repeat) {
		return e.park()
	}
	return e
}

// again has the next step taken after a backoff, or after what the product asked for if that is longer. Out of budget, it parks.
func (e Effect) again(after time.Duration, free bool, now time.Time, l Limits) Effect {
	wait := max(after, l.backoff(e.Waits))
	e.Due = now.Add(wait)
	e.Waits++
	if free {
		return e
	}
	if e.Waited += wait; e.Waited > l.Budget {
		e.Detail = "out of budget: tried for " + l.Budget.String()
		return e.park()
	}
	return e
}

// park leaves it to a person: HELD if a call may have been applied and a repeat could do it twice, else DEAD.
func (e Effect) park() Effect {
	if e.State = Dead; e.Doubt > 0 && e.Promise.Repeat != sdk.Safe {
		e.State = Held
	}
	return e
}

// quiet is the first moment, from now on, when the product surely shows all that was ever called.
func (e Effect) quiet(now time.Time, l Limits) time.Time {
	if settled := e.SendBy.Add(e.settle(l)); e.Doubt > 0 && settled.After(now) {
		return settled
	}
	return now
}
