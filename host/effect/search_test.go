package effect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/sdk"
)

// wrong tells what must never be, if w is such a world.
func wrong(w world) string {
	late := w.has(flying) || w.has(hidden)
	safe := w.disk.Promise.Repeat == sdk.Safe
	switch e := w.disk; {
	case w.copies() > 1:
		return "the product has it twice"
	case e.State == effect.Done && w.copies() == 0:
		return "done, and the product has it not"
	case e.State == effect.Cancelled && late && !safe:
		return "superseded, and still arriving"
	case slices.Contains([]effect.State{effect.Ready, effect.Wait, effect.Dead}, e.State) && !safe && (late || w.copies() > 0):
		return string(e.State) + ", and the product has it or will"
	}
	return ""
}

// smooth is what happens when nothing goes wrong any more, the first that can.
var smooth = []string{
	"the host starts", "the look says", "the product answers", "the call is sent", "the host commits", "a look begins", "the call is lost",
	"a second passes",
}

// ends tells whether w ends if nothing goes wrong any more; good remembers the worlds that do.
func (s search) ends(w world, good map[world]bool) (bool, error) {
	w.misses = 0
	var path []world
	for len(path) < 300 {
		if good[w] || w.up && w.phase == idle && !w.mem.Active() {
			for _, passed := range path {
				good[passed] = true
			}
			return true, nil
		}
		path = append(path, w)
		all, err := s.steps(w)
		if err != nil {
			return false, err
		}
		w = all[0].to
		for _, what := range smooth {
			if i := slices.IndexFunc(all, func(to step) bool { return strings.HasPrefix(to.what, what) }); i >= 0 {
				w = all[i].to
				break
			}
		}
	}
	return false, nil
}

// run searches all worlds that first leads to, the nearest first. It returns how many there are and the way into the first wrong one.
func (s search) run(first world) (worlds int, way []string) {
	type node struct {
		w    world
		from int
		what string
	}
	found := []node{{canonical(first), -1, "planned"}}
	seen, good := map[world]bool{found[0].w: true}, map[world]bool{}
	for i := 0; i < len(found); i++ {
		w := found[i].w
		all, err := s.steps(w)
		fault := wrong(w)
		if fault == "" && err != nil {
			fault = err.Error()
		}
		if fault == "" {
			switch ok, err := s.ends(w, good); {
			case err != nil:
				fault = err.Error()
			case !ok:
				fault = "it never ends"
			}
		}
		if fault != "" {
			way = []string{fault}
			for at := i; at >= 0; at = found[at].from {
				way = append(way, fmt.Sprintf("%s [%s]", found[at].what, found[at].w.disk.State))
			}
			slices.Reverse(way)
			return len(found), way
		}
		for _, to := range all {
			if !seen[to.to] {
				seen[to.to] = true
				found = append(found, node{to.to, i, to.what})
			}
		}
	}
	return len(found), nil
}

// hasty waits no backoff; a host that pauses makes up for that.
var hasty = effect.Limits{Budget: 2 * time.Second, BackoffBase: time.Second, BackoffCap: time.Second}

func TestNothingIsDoneTwice(t *testing.T) {
	for _, repeat := range []sdk.Repeat{sdk.Safe, sdk.Keyed, sdk.Look, sdk.Never} {
		for _, finder := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/finder=%t", repeat, finder), func(t *testing.T) {
				t.Parallel()
				worlds, way := search{sound, finder, hasty}.run(start(repeat))
				t.Logf("%d worlds", worlds)
				if way != nil {
					t.Error(strings.Join(way, "\n"))
				}
			})
		}
	}
}

// Each mutant lacks one thing that the transition function does. The same search must find what it is for.
func TestMutantsAreFound(t *testing.T) {
	for _, m := range []struct {
		name   string
		repeat sdk.Repeat
		finder bool
		mutate func(*machine)
	}{
		{"no look", sdk.Look, true, func(m *machine) {
			m.next = func(e effect.Effect, now time.Time) effect.Do {
				if do := e.Next(now); do != effect.Look {
					return do
				}
				return effect.Call
			}
			m.on = before(func(e *effect.Effect, in effect.Input) {
				if _, calling := in.(effect.Calling); calling {
					e.State = effect.Ready
				}
			})
		}},
		{"no settle", sdk.Look, true, func(m *machine) {
			m.on = before(func(e *effect.Effect, _ effect.Input) { e.Promise.Settle = 0 })
		}},
		{"one look is enough", sdk.Look, true, func(m *machine) {
			m.on = before(func(e *effect.Effect, in effect.Input) {
				if _, looked := in.(effect.Looked); looked {
					e.Looks = 1
				}
			})
		}},
		{"unknown goes straight to ready", sdk.Look, true, func(m *machine) {
			m.on = after(func(e *effect.Effect, _ effect.Input) {
				if e.State == effect.Unknown {
					e.State, e.Doubt = effect.Ready, 0
				}
			})
		}},
		{"retry goes straight to ready", sdk.Never, false, func(m *machine) {
			m.on = after(func(e *effect.Effect, in effect.Input) {
				if _, retry := in.(effect.Retry); retry {
					e.State, e.Doubt = effect.Ready, 0
				}
			})
		}},
		{"intent is not durable", sdk.Look, true, func(m *machine) {
			m.durable = func(effect.Effect) bool { return false }
		}},
		{"a restart forgets the deadline", sdk.Look, true, func(m *machine) {
			m.on = before(func(e *effect.Effect, in effect.Input) {
				if _, restarted := in.(effect.Restarted); restarted {
					e.SendBy = now
				}
			})
		}},
		{"a restored backup is believed", sdk.Never, false, func(m *machine) {
			m.on = func(e effect.Effect, in effect.Input, now time.Time, l effect.Limits) (effect.Effect, error) {
				if _, restored := in.(effect.Restored); restored {
					in = effect.Restarted{}
				}
				return e.On(in, now, l)
			}
		}},
		{"the product keeps keys for ever", sdk.Keyed, false, func(m *machine) {
			forever := func(e *effect.Effect, _ effect.Input) { e.Promise.KeptFor = 1000 * time.Hour }
			m.on = before(forever)
			m.next = func(e effect.Effect, now time.Time) effect.Do {
				forever(&e, nil)
				return e.Next(now)
			}
		}},
		{"never is as good as safe", sdk.Never, false, func(m *machine) {
			m.next = func(e effect.Effect, now time.Time) effect.Do {
				e.Promise.Repeat = sdk.Safe
				return e.Next(now)
			}
			m.on = before(func(e *effect.Effect, _ effect.Input) { e.Promise.Repeat = sdk.Safe })
		}},
		{"a refusal ends all doubt", sdk.Keyed, false, func(m *machine) {
			m.on = after(func(e *effect.Effect, in effect.Input) {
				if _, refused := in.(effect.Refused); refused {
					e.State = effect.Dead
				}
			})
		}},
		{"a person may look too early", sdk.Never, false, func(m *machine) {
			m.on = before(func(e *effect.Effect, in effect.Input) {
				if _, deny := in.(effect.Deny); deny {
					e.SendBy = now.Add(-time.Hour)
				}
			})
		}},
		{"superseded in flight", sdk.Look, true, func(m *machine) {
			m.on = before(func(e *effect.Effect, in effect.Input) {
				if _, supersede := in.(effect.Supersede); supersede {
					e.SendBy = now.Add(-time.Hour)
				}
			})
		}},
	} {
		t.Run(m.name, func(t *testing.T) {
			mutant := sound
			m.mutate(&mutant)
			worlds, way := search{mutant, m.finder, hasty}.run(start(m.repeat))
			t.Logf("%d worlds\n%s", worlds, strings.Join(way, "\n"))
			if way == nil {
				t.Error("the search found nothing wrong")
			}
		})
	}
}

// before makes the transition function of a mutant that sees e differently.
func before(mutate func(*effect.Effect, effect.Input)) func(effect.Effect, effect.Input, time.Time, effect.Limits) (effect.Effect, error) {
	return func(e effect.Effect, in effect.Input, now time.Time, l effect.Limits) (effect.Effect, error) {
		promise := e.Promise
		mutate(&e, in)
		e, err := e.On(in, now, l)
		e.Promise = promise
		return e, err
	}
}

// after makes the transition function of a mutant that turns what ours yields into something else.
func after(mutate func(*effect.Effect, effect.Input)) func(effect.Effect, effect.Input, time.Time, effect.Limits) (effect.Effect, error) {
	return func(e effect.Effect, in effect.Input, now time.Time, l effect.Limits) (effect.Effect, error) {
		e, err := e.On(in, now, l)
		mutate(&e, in)
		return e, err
	}
}
