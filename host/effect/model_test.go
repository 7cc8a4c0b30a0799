package effect_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/sdk"
)

// The model: one effect, a host that may crash, pause or be restored at every step, and a product that applies a call late, or not, or shows
// it late. The search goes through every order of what can happen. In every world it reaches
//
//   - the product has it at most once;
//   - DONE means that the product has it; READY, WAIT, DEAD, that it has not and never will; CANCELLED, that nothing arrives any more
//     (the last two unless a repeat is harmless);
//   - if nothing more goes wrong, it ends: DONE, DEAD or HELD.
//
// A world has no clock: it is always now, a tick lets everything else come a second closer, and what is past is all the same. So there are
// only so many worlds, and the search sees them all.
type world struct {
	disk, mem effect.Effect // as committed; as the running host has it
	up        bool
	phase     phase
	sight     sdk.Verdict // while looking: what the look will say
	calls     [3]call     // at the product
	keyLeft   int         // how long the product still honours the key
	misses    int         // how often a look may still miss what is there, as a list may while it is paged through
	acts      int         // what operators may still do
	backups   int         // how often the state of the beginning may still be restored
}

type phase string

const (
	idle      phase = "idle"
	committed phase = "committed" // INTENT is durable, nothing was sent
	sent      phase = "sent"
	looking   phase = "looking"
)

// call is a request that the product received, until it is forgotten or shown.
type call struct {
	place place
	by    int  // until when it may still move on: seconds from now
	mine  bool // the host still waits for its answer
}

type place string

const (
	nowhere place = ""
	flying  place = "flying" // not applied, and perhaps never
	hidden  place = "hidden" // applied
	shown   place = "shown"  // applied, and seen by a look
)

const timeout, settle, keptFor = 1, 1, 20 // seconds

// machine is a transition function to search: ours, or a mutant.
type machine struct {
	next    func(effect.Effect, time.Time) effect.Do
	on      func(effect.Effect, effect.Input, time.Time, effect.Limits) (effect.Effect, error)
	durable func(effect.Effect) bool
}

var sound = machine{effect.Effect.Next, effect.Effect.On, effect.Effect.Durable}

// search is a machine, and what it is tried on.
type search struct {
	machine
	finder bool // the plugin has one
	limits effect.Limits
}

var now = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func start(repeat sdk.Repeat) world {
	e := effect.New("key", sdk.Promise{Repeat: repeat, KeptFor: keptFor * time.Second, Settle: settle * time.Second}, now)
	acts := 2
	if repeat == sdk.Keyed {
		acts = 1 // the ages of its key make worlds enough
	}
	return world{disk: e, mem: e, up: true, phase: idle, misses: 1, acts: acts, backups: 1}
}

// step is one thing that can happen.
type step struct {
	what string
	to   world
}

// steps is everything that can happen in w. An error means that the transition function refused what happened.
func (s search) steps(w world) (all []step, err error) {
	add := func(what string, to world) { all = append(all, step{what, canonical(to)}) }
	add("a second passes", w.tick())
	for i, c := range w.calls {
		switch c.place {
		case flying:
			add("the product applies a call", w.apply(i))
		case hidden:
			w := w
			w.calls[i].place = shown
			add("the product shows it", w)
		}
	}
	if !w.up {
		all = append(all, s.starts(w)...)
		return all, nil
	}
	crashed := w.abandon()
	crashed.up, crashed.phase, crashed.mem = false, idle, effect.Effect{}
	add("the host crashes", crashed)

	happens := func(what string, w world, in effect.Input) {
		e, failed := s.on(w.mem, in, now, s.limits)
		if failed != nil {
			err = errors.Join(err, failed)
			return
		}
		w.mem, w.disk, w.phase, w.sight = e, e, idle, ""
		add(what, w)
	}
	switch w.phase {
	case idle:
		s.acts(w, add)
		switch s.next(w.mem, now) {
		case effect.Call:
			e, failed := s.on(w.mem, effect.Calling{SendBy: now.Add(timeout * time.Second)}, now, s.limits)
			if failed != nil {
				return nil, failed
			}
			w.mem, w.phase = e, committed
			if s.durable(e) {
				w.disk = e
			}
			add("the host commits to call", w)
		case effect.Look:
			for _, sight := range s.sights(w) {
				w := w
				w.phase, w.sight = looking, sight
				if sight == sdk.Absent && w.has(shown) {
					w.misses--
				}
				add("a look begins and will say "+string(sight), w)
			}
		}
	case looking:
		happens("the look says "+string(w.sight), w, effect.Looked{Finding: sdk.Finding{Verdict: w.sight}})
		happens("the look fails", w, effect.NotApplied{Reason: "503"})
	case committed:
		happens("no connection", w, effect.NotApplied{Reason: "refused"})
		happens("the breaker is open", w, effect.NotApplied{Free: true, After: time.Second, Reason: "breaker"})
		happens("the call is lost before it is sent", w, effect.Lost{Reason: "plugin died"})
		if i := slices.Index(w.calls[:], call{}); i >= 0 && w.mem.SendBy.After(now) {
			w.calls[i] = call{flying, int(w.mem.SendBy.Sub(now)/time.Second) + settle, true}
			w.phase = sent
			add("the call is sent", w)
		}
	case sent:
		lost := w.abandon()
		for i, c := range w.calls {
			if c.mine {
				lost.calls[i].by = min(c.by, settle) // the host has ended the call
			}
		}
		happens("the call is lost", lost, effect.Lost{Reason: "cut"})
		if i := w.waiting(); i >= 0 && w.calls[i].place == flying {
			happens("the product answers", w.apply(i).abandon(), effect.Answered{})
			w.calls[i] = call{}
			happens("the product asks for patience", w, effect.NotApplied{Free: true, After: time.Second, Reason: "429"})
			happens("the ledger proves that nothing was sent", w, effect.NotApplied{Reason: "tls"})
			happens("the product refuses", w, effect.Refused{Reason: "invalid_email"})
		} else if i >= 0 {
			happens("the product answers", w.abandon(), effect.Answered{})
		}
	}
	return all, err
}

// starts is how the host comes back.
func (s search) starts(w world) (all []step) {
	for what, in := range map[string]effect.Input{
		"the host starts": effect.Restarted{},
		"the host starts from a backup of the beginning": effect.Restored{SendBy: now.Add(timeout * time.Second)},
	} {
		w, e := w, w.disk
		if _, restored := in.(effect.Restored); restored {
			if w.backups == 0 {
				continue
			}
			w.backups--
			e = start(e.Promise.Repeat).disk
			e.Born = now.Add(-2 * keptFor * time.Second)
		}
		e, err := s.on(e, in, now, s.limits)
		if err != nil {
			panic(err)
		}
		w.up, w.mem, w.disk = true, e, e
		all = append(all, step{what, canonical(w)})
	}
	return all
}

// acts is what operators may do; what the transition function refuses them is no fault.
func (s search) acts(w world, add func(string, world)) {
	if w.acts == 0 {
		return
	}
	w.acts--
	inputs := []effect.Input{effect.Retry{}, effect.Deny{}, effect.Supersede{}}
	if w.has(shown) {
		inputs[1] = effect.Confirm{} // people look before they say
	}
	if !s.durable(w.mem) {
		inputs = inputs[:2] // what replaces a safe effect must bear that an old call of a crashed host arrives late
	}
	for _, in := range inputs {
		if e, err := s.on(w.mem, in, now, s.limits); err == nil {
			w := w
			w.mem, w.disk = e, e
			add(fmt.Sprintf("an operator's %T", in), w)
		}
	}
}

// sights is what a look may say.
func (s search) sights(w world) []sdk.Verdict {
	switch {
	case !s.finder:
		return []sdk.Verdict{sdk.Cannot}
	case !w.has(shown):
		return []sdk.Verdict{sdk.Absent}
	case w.misses > 0:
		return []sdk.Verdict{sdk.Present, sdk.Absent}
	}
	return []sdk.Verdict{sdk.Present}
}

// apply has the product apply a call.
func (w world) apply(i int) world {
	repeat := w.disk.Promise.Repeat
	if repeat == sdk.Safe && w.copies() > 0 || repeat == sdk.Keyed && w.keyLeft > 0 {
		w.calls[i] = call{}
		return w
	}
	if w.calls[i].place = hidden; repeat == sdk.Keyed {
		w.keyLeft = keptFor
	}
	return w
}

// abandon has nobody wait for an answer.
func (w world) abandon() world {
	for i := range w.calls {
		w.calls[i].mine = false
	}
	return w
}

func (w world) waiting() int {
	return slices.IndexFunc(w.calls[:], func(c call) bool { return c.mine })
}

func (w world) has(p place) bool {
	return slices.ContainsFunc(w.calls[:], func(c call) bool { return c.place == p })
}

// copies is how many the product has.
func (w world) copies() (n int) {
	for _, c := range w.calls {
		if c.place == hidden || c.place == shown {
			n++
		}
	}
	return n
}

// tick lets a second pass.
func (w world) tick() world {
	for i, c := range w.calls {
		switch c.by--; {
		case c.place == nowhere, c.place == shown:
		case c.by > 0:
			w.calls[i] = c
		case c.place == flying:
			w.calls[i] = call{}
		case c.place == hidden:
			w.calls[i].place = shown
		}
	}
	w.keyLeft = max(0, w.keyLeft-1)
	w.mem, w.disk = closer(w.mem), closer(w.disk)
	return w
}

// closer is e as it looks a second later.
func closer(e effect.Effect) effect.Effect {
	for _, moment := range []*time.Time{&e.Due, &e.SendBy, &e.FirstCall} {
		if !moment.IsZero() {
			*moment = moment.Add(-time.Second)
		}
	}
	return e
}

// canonical makes worlds equal that differ only in what no longer matters.
func canonical(w world) world {
	for _, e := range []*effect.Effect{&w.mem, &w.disk} {
		past := func(moment *time.Time, seconds time.Duration) {
			if oldest := now.Add(-seconds * time.Second); !moment.IsZero() && moment.Before(oldest) {
				*moment = oldest
			}
		}
		past(&e.Due, 0)
		past(&e.SendBy, settle)
		past(&e.FirstCall, keptFor)
		if e.Promise.Repeat != sdk.Keyed || !e.Open() {
			e.FirstCall = time.Time{}
		}
		e.Born, e.Reason, e.Detail, e.Waits = time.Time{}, "", "", 0 // all backoffs are equal here
		if e.Doubt == 0 || e.Doubt == e.Attempt {
			e.Attempt = 1
		} else {
			e.Attempt = 2
		}
		e.Doubt = min(e.Doubt, 1)
	}
	for i, c := range w.calls {
		if c.place == shown {
			w.calls[i] = call{place: shown, mine: c.mine}
		}
	}
	slices.SortFunc(w.calls[:], func(a, b call) int {
		return cmp.Or(strings.Compare(string(b.place), string(a.place)), cmp.Compare(b.by, a.by))
	})
	return w
}
