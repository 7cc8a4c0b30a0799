// Package effect is the life of one effect as a pure transition function; no I/O.
//
// An [Effect] is one write to a product, from the decision to the end. [Effect.Next] says what to do with it now; [Effect.On] takes what
// happened, an [Input], and yields the effect after it, which the caller commits. Each arrow of this picture is one On, and one commit:
//
//	READY ─Calling─▶ INTENT ─Answered─▶ DONE
//	  ▲  ▲            │   │ └─Refused─▶ DEAD
//	  │  └── WAIT ◀───┘   └─Lost, Restarted─▶ UNKNOWN ─Looked: there─▶ DONE
//	  │     NotApplied                          │ ├─ safe, or its key is kept ─Calling─▶ INTENT
//	  └──────────── Looked: absent, twice ──────┘ └─ cannot look ─▶ HELD
//
//	WAIT past its budget ─▶ DEAD; UNKNOWN past it ─▶ HELD, or DEAD when a repeat is harmless
//	DEAD, HELD ─Retry─▶ UNKNOWN, ─Deny─▶ READY, ─Confirm─▶ DONE; anything but INTENT and DONE ─Drop, Supersede─▶ CANCELLED
//
// READY, WAIT and DEAD say that surely nothing was done, or that doing it again changes nothing; INTENT, UNKNOWN and HELD that something
// may have been.
//
// # Why
//
// INTENT is durable before the plugin hears of the call, so a crash can at worst leave a question, never a silent repeat. For a safe verb
// there is no question: its caller may take the Calling step in memory and commit only what follows. After a crash such an effect is still
// READY, WAIT or UNKNOWN in the store and is called again. What that gives up is Supersede's promise across a crash: the dead host's call
// may arrive after the newer effect's.
//
// The budget counts the waits that were asked for, not the calendar: a host that was off, a queue, an open breaker or a rate limit use up
// none of it. A call after an unknown outcome is one of those waits as well, or a product that always breaks would be called for ever.
package effect

import (
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// State is where an effect stands.
type State string

const (
	Ready     State = "ready"     // to be called
	Intent    State = "intent"    // a call is in flight, or was when the host died
	Wait      State = "wait"      // a call surely did nothing; to be called again at Due
	Unknown   State = "unknown"   // a call may have been applied; at Due it is looked for or repeated
	Held      State = "held"      // a call may have been applied, and only a person can tell
	Dead      State = "dead"      // refused, or out of budget; kept for a person
	Done      State = "done"      // the product has it
	Cancelled State = "cancelled" // no longer wanted
)

// How says how we know that an effect is done.
type How string

const (
	ByAnswer How = "answered" // the plugin returned success
	ByLook   How = "found"    // a look found it
	ByPerson How = "person"   // an operator says so
)

// Do is the next step of an effect.
type Do string

const (
	Rest Do = "rest" // nothing, at this time or at all
	Call Do = "call" // commit Calling, then make the call
	Look Do = "look" // ask the plugin's Finder, then report Looked; sdk.Cannot if it has none
)

// Effect is one write's progress. It holds nothing of the write itself.
type Effect struct {
	Key       sdk.Key       `json:"key"`
	Promise   sdk.Promise   `json:"promise"`
	State     State         `json:"state"`
	Born      time.Time     `json:"born"`
	Due       time.Time     `json:"due"`                 // when the next step may be taken
	Attempt   int           `json:"attempt"`             // calls begun
	SendBy    time.Time     `json:"send_by,omitzero"`    // when the latest call surely ended: its deadline, or the moment the host ended it
	Doubt     int           `json:"doubt,omitempty"`     // the first attempt that may have been applied; 0: none
	FirstCall time.Time     `json:"first_call,omitzero"` // when that attempt began: the product keeps a key from here
	Looks     int           `json:"looks,omitempty"`     // looks since the latest call, all of which found nothing
	Waits     int           `json:"waits,omitempty"`     // backoffs so far
	Waited    time.Duration `json:"waited,omitempty"`    // of the budget
	Reason    string        `json:"reason,omitempty"`    // one word or a few: why it stands where it stands
	Detail    string        `json:"detail,omitempty"`    // for a person; names no candidate
	How       How           `json:"how,omitempty"`       // of DONE
	Remote    string        `json:"remote,omitempty"`    // of DONE: the product's id of what was made
}

// New is an effect as planned, due at once.
func New(key sdk.Key, p sdk.Promise, now time.Time) Effect {
	return Effect{Key: key, Promise: p, State: Ready, Born: now, Due: now}
}

// Open tells whether anything may still happen to it.
func (e Effect) Open() bool { return e.State != Done && e.State != Cancelled }

// Parked tells whether it waits for a person.
func (e Effect) Parked() bool { return e.State == Dead || e.State == Held }

// Active tells whether the host works on it: it is open and not parked.
func (e Effect) Active() bool { return e.Open() && !e.Parked() }

// Durable tells whether Calling must be committed before the call. It need not be for a safe verb.
func (e Effect) Durable() bool { return e.Promise.Repeat != sdk.Safe }

// Next is what to do with the effect now. What it says holds for Calling and Looked at the same time.
func (e Effect) Next(now time.Time) Do {
	switch {
	case now.Before(e.Due):
		return Rest
	case e.State == Ready, e.State == Wait, e.State == Unknown && e.repeats(now):
		return Call
	case e.State == Unknown:
		return Look
	}
	return Rest
}

// repeats tells whether a call in UNKNOWN cannot do it twice.
func (e Effect) repeats(now time.Time) bool {
	switch e.Promise.Repeat {
	case sdk.Safe:
		return true
	case sdk.Look:
		return false
	case sdk.Keyed:
		// The last tenth is left to the call itself and to clocks that differ.
		return e.Doubt == 0 || now.Before(e.FirstCall.Add(e.Promise.KeptFor/10*9))
	}
	return e.Doubt == 0
}

// Limits are settings, of a connection or of the host.
type Limits struct {
	Budget      time.Duration // of waiting, after which the effect is parked
	BackoffBase time.Duration // the longest first wait; each further one may be twice as long
	BackoffCap  time.Duration // the longest wait, unless the product asks for a longer one
	Settle      time.Duration // the least time between the end of a call and a look or a repeat; a Promise may ask for more
	Jitter      float64       // the share of a backoff to wait, 0 to 1. The caller draws it for each step, so that the function stays pure
}

// Defaults are 72 h of backoffs from 2 s to 1 h, and 5 s to settle.
func Defaults() Limits {
	return Limits{Budget: 72 * time.Hour, BackoffBase: 2 * time.Second, BackoffCap: time.Hour, Settle: 5 * time.Second, Jitter: 1}
}

// backoff is the wait number n, from 0, with full jitter.
func (l Limits) backoff(n int) time.Duration {
	longest := l.BackoffBase
	for ; n > 0 && longest < l.BackoffCap; n-- {
		longest *= 2
	}
	return time.Duration(l.Jitter * float64(min(longest, l.BackoffCap)))
}

// settle is how long after the end of a call the product surely shows what the call made.
func (e Effect) settle(l Limits) time.Duration { return max(e.Promise.Settle, l.Settle) }
