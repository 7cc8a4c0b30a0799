package effect_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/sdk"
)

// life is a story in one line for each step: when it happens, what, and where the effect then stands and when it is due.
type life struct {
	name   string
	repeat sdk.Repeat
	steps  []happening
}

type happening struct {
	at   time.Duration // since the beginning
	in   effect.Input
	want effect.State
	due  time.Duration
}

// calling is a call of a minute.
func calling(at time.Duration) effect.Input { return effect.Calling{SendBy: now.Add(at + time.Minute)} }

var (
	found  = effect.Looked{Finding: sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "r1"}}}
	absent = effect.Looked{Finding: sdk.Finding{Verdict: sdk.Absent}}
	cannot = effect.Looked{Finding: sdk.Finding{Verdict: sdk.Cannot}}
	lost   = effect.Lost{Reason: "timeout"}
	failed = effect.NotApplied{Reason: "503"}
)

const s, m, h = time.Second, time.Minute, time.Hour

// Settle is 10 s, a key is kept for 24 h, and backoffs are not shortened by jitter: 2 s, 4 s, 8 s, …
var lives = []life{
	{"answered", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{1 * s, effect.Answered{Done: sdk.Done{Remote: "r1"}}, effect.Done, 0},
		{2 * s, effect.Restarted{}, effect.Done, 0},
		{2 * s, effect.Restored{SendBy: now.Add(m)}, effect.Done, 0},
	}},
	{"surely not applied: backoff doubles", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{1 * s, failed, effect.Wait, 3 * s},
		{3 * s, calling(3 * s), effect.Intent, 3 * s},
		{3 * s, failed, effect.Wait, 7 * s},
		{7 * s, calling(7 * s), effect.Intent, 7 * s},
		{7 * s, failed, effect.Wait, 15 * s},
		{9 * s, effect.Restarted{}, effect.Wait, 15 * s},
		{9 * s, effect.Drop{Reason: "erased"}, effect.Cancelled, 15 * s},
	}},
	{"Retry-After is obeyed", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{0, effect.NotApplied{After: 10 * m, Free: true, Reason: "429"}, effect.Wait, 10 * m},
		{10 * m, calling(10 * m), effect.Intent, 10 * m},
		{10 * m, effect.NotApplied{After: 1 * s, Reason: "503"}, effect.Wait, 10*m + 4*s},
	}},
	{"nothing can be called now", sdk.Look, []happening{
		{0, effect.NotApplied{After: m, Free: true, Reason: "disconnected"}, effect.Wait, m},
		{m, effect.Supersede{Reason: "newer"}, effect.Cancelled, m},
	}},
	{"budget: what was waited counts, what was free does not", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{0, effect.NotApplied{After: 100 * h, Free: true, Reason: "disconnected"}, effect.Wait, 100 * h},
		{100 * h, calling(100 * h), effect.Intent, 100 * h},
		{100 * h, effect.NotApplied{After: 72 * h, Reason: "maintenance"}, effect.Wait, 172 * h},
		{172 * h, calling(172 * h), effect.Intent, 172 * h},
		{172 * h, failed, effect.Dead, 172*h + 8*s},
		{173 * h, effect.Retry{}, effect.Unknown, 173 * h},
		{173 * h, calling(173 * h), effect.Intent, 173 * h}, // nothing is in doubt
		{173 * h, failed, effect.Wait, 173*h + 2*s},         // a fresh budget
	}},
	{"refused", sdk.Look, []happening{
		{0, calling(0), effect.Intent, 0},
		{1 * s, effect.Refused{Reason: "invalid_email", Detail: "no @"}, effect.Dead, 0},
		{2 * s, effect.Retry{}, effect.Unknown, 2 * s},
		{2 * s, absent, effect.Unknown, 12 * s}, // what can be looked for is
		{12 * s, absent, effect.Ready, 14 * s},
	}},
	{"safe: settles, then repeats", sdk.Safe, []happening{
		{0, calling(0), effect.Intent, 0},
		{1 * s, lost, effect.Unknown, 11 * s},
		{11 * s, calling(11 * s), effect.Intent, 11 * s},
		{12 * s, failed, effect.Unknown, 16 * s},
		{16 * s, calling(16 * s), effect.Intent, 16 * s},
		{17 * s, effect.Refused{Reason: "not_visible"}, effect.Dead, 16 * s},
	}},
	{"safe: repeats for 72 h of waiting", sdk.Safe, []happening{
		{0, calling(0), effect.Intent, 0},
		{0, effect.NotApplied{After: 72 * h, Reason: "maintenance"}, effect.Wait, 72 * h},
		{72 * h, calling(72 * h), effect.Intent, 72 * h},
		{72 * h, lost, effect.Dead, 72*h + 10*s},
	}},
	{"look: found", sdk.Look, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, lost, effect.Unknown, 40 * s},
		{40 * s, found, effect.Done, 40 * s},
	}},
	{"look: absent twice, then called again with a backoff", sdk.Look, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, lost, effect.Unknown, 40 * s},
		{45 * s, absent, effect.Unknown, 55 * s},
		{55 * s, failed, effect.Unknown, 57 * s}, // the look broke
		{57 * s, absent, effect.Ready, 61 * s},
		{61 * s, calling(61 * s), effect.Intent, 61 * s},
	}},
	{"look: cannot", sdk.Look, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, lost, effect.Unknown, 40 * s},
		{40 * s, cannot, effect.Held, 40 * s},
		{41 * s, effect.Confirm{Remote: "r1"}, effect.Done, 40 * s},
	}},
	{"look: crash of the host, counted from the deadline", sdk.Look, []happening{
		{0, calling(0), effect.Intent, 0},
		{5 * s, effect.Restarted{}, effect.Unknown, 70 * s},
		{80 * s, effect.Restarted{}, effect.Unknown, 70 * s},
		{80 * s, found, effect.Done, 70 * s},
	}},
	{"keyed: repeats while the key is kept", sdk.Keyed, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, lost, effect.Unknown, 40 * s},
		{21 * h, calling(21 * h), effect.Intent, 40 * s},
		{21 * h, lost, effect.Unknown, 21*h + 10*s},
		{22 * h, absent, effect.Unknown, 22*h + 10*s}, // the key is too old
		{23 * h, absent, effect.Ready, 23*h + 8*s},
		{24 * h, calling(24 * h), effect.Intent, 23*h + 8*s},
		{24 * h, lost, effect.Unknown, 24*h + 16*s},
		{45 * h, calling(45 * h), effect.Intent, 24*h + 16*s}, // as the first call is known to have done nothing, the key is young
	}},
	{"keyed: without a key and a look, a person", sdk.Keyed, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, effect.Restarted{}, effect.Unknown, 70 * s},
		{70 * s, calling(70 * s), effect.Intent, 70 * s},
		{71 * s, effect.Refused{Reason: "409"}, effect.Held, 70 * s}, // the first call may have been applied
		{22 * h, effect.Retry{}, effect.Unknown, 22 * h},
		{22 * h, cannot, effect.Held, 22 * h},
	}},
	{"never: a person looks, when the product surely shows it", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{30 * s, lost, effect.Held, 40 * s},
		{40 * s, effect.Deny{}, effect.Ready, 40 * s},
		{40 * s, calling(40 * s), effect.Intent, 40 * s},
		{50 * s, effect.Restarted{}, effect.Held, 110 * s},
		{50 * s, effect.Retry{}, effect.Unknown, 110 * s},
		{110 * s, cannot, effect.Held, 110 * s},
	}},
	{"restored: nothing is taken for granted", sdk.Look, []happening{
		{0, effect.Restored{SendBy: now.Add(m)}, effect.Unknown, 70 * s},
		{70 * s, found, effect.Done, 70 * s},
	}},
	{"restored: a key is as old as the effect", sdk.Keyed, []happening{
		{22 * h, effect.Restored{SendBy: now.Add(22 * h)}, effect.Unknown, 22*h + 10*s},
		{23 * h, found, effect.Done, 22*h + 10*s},
	}},
	{"restored: what a person decided since is not known", sdk.Never, []happening{
		{0, calling(0), effect.Intent, 0},
		{0, effect.Refused{Reason: "invalid_email"}, effect.Dead, 0},
		{1 * s, effect.Restored{SendBy: now.Add(m)}, effect.Held, 70 * s},
	}},
	{"superseded once its call has settled", sdk.Safe, []happening{
		{0, calling(0), effect.Intent, 0},
		{0, effect.NotApplied{After: h, Reason: "503"}, effect.Wait, h},
		{h, calling(h), effect.Intent, h},
		{h, lost, effect.Unknown, h + 10*s},
		{h + 10*s, effect.Supersede{Reason: "newer"}, effect.Cancelled, h + 10*s},
	}},
}

func TestLives(t *testing.T) {
	limits := effect.Defaults()
	for _, l := range lives {
		t.Run(l.name, func(t *testing.T) {
			e := effect.New("key", sdk.Promise{Repeat: l.repeat, Settle: 10 * s, KeptFor: 24 * h}, now)
			for i, step := range l.steps {
				after, err := e.On(step.in, now.Add(step.at), limits)
				if err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				if after.State != step.want || !after.Due.Equal(now.Add(step.due)) {
					t.Fatalf("step %d, %T: %s due after %s, want %s due after %s",
						i, step.in, after.State, after.Due.Sub(now), step.want, step.due)
				}
				e = after
			}
		})
	}
}

// Every input in every state: what is not in this table is ErrIllegal, and leaves the effect as it was.
func TestWhatMayHappenWhere(t *testing.T) {
	const all = "ready intent wait unknown held dead done cancelled"
	legal := map[effect.Input]string{
		calling(h):                    "ready wait unknown",
		effect.Answered{}:             "intent",
		failed:                        "ready wait intent unknown",
		effect.Refused{}:              "intent",
		lost:                          "intent",
		effect.Looked{}:               "", // without a verdict
		effect.Calling{}:              "", // without a deadline
		effect.Restarted{}:            all,
		effect.Restored{}:             all,
		effect.Retry{}:                "held dead",
		effect.Confirm{}:              "held dead",
		effect.Deny{}:                 "held dead",
		effect.Drop{Reason: "x"}:      "ready wait unknown held dead",
		effect.Supersede{Reason: "x"}: "ready wait unknown held dead",
	}
	for in, states := range legal {
		for state := range strings.FieldsSeq(all) {
			e := effect.New("key", sdk.Promise{Repeat: sdk.Safe}, now)
			e.State = effect.State(state)
			after, err := e.On(in, now.Add(h), effect.Defaults())
			if want := strings.Contains(" "+states+" ", " "+state+" "); want != (err == nil) {
				t.Errorf("%T in %s: %v, want legal %t", in, state, err, want)
			}
			if err == nil {
				continue
			}
			if !errors.Is(err, effect.ErrIllegal) {
				t.Errorf("%T in %s: %v is not ErrIllegal", in, state, err)
			}
			if diff := cmp.Diff(e, after); diff != "" {
				t.Errorf("%T in %s changes it: %s", in, state, diff)
			}
		}
	}
}

// What is too early, or the wrong step, is ErrIllegal in the right state as well.
func TestNotYet(t *testing.T) {
	unknown := func(repeat sdk.Repeat) effect.Effect {
		e := effect.New("key", sdk.Promise{Repeat: repeat, Settle: 10 * s, KeptFor: h}, now)
		e, err := e.On(calling(0), now, effect.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		if e, err = e.On(lost, now, effect.Defaults()); err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, c := range map[string]struct {
		e  effect.Effect
		in effect.Input
		at time.Duration
	}{
		"a call before it is due":                  {unknown(sdk.Safe), calling(s), s},
		"a look before it is due":                  {unknown(sdk.Look), found, s},
		"a call where a look is":                   {unknown(sdk.Look), calling(20 * s), 20 * s},
		"a look where a call is":                   {unknown(sdk.Keyed), found, 20 * s},
		"a call that is over":                      {effect.New("key", sdk.Promise{}, now), effect.Calling{SendBy: now}, 0},
		"a call that outlives the key":             {unknown(sdk.Keyed), effect.Calling{SendBy: now.Add(2 * h)}, 20 * s},
		"a person who looks too early":             {unknown(sdk.Never), effect.Deny{}, s},
		"a newer effect while this one may arrive": {unknown(sdk.Safe), effect.Supersede{}, s},
	} {
		if _, err := c.e.On(c.in, now.Add(c.at), effect.Defaults()); !errors.Is(err, effect.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBackoffHasFullJitterAndACap(t *testing.T) {
	for _, c := range []struct {
		jitter float64
		waits  int
		want   time.Duration
	}{{1, 0, 2 * s}, {1, 3, 16 * s}, {0.25, 3, 4 * s}, {0, 3, 0}, {1, 11, h}, {0.5, 1000, h / 2}} {
		limits := effect.Defaults()
		limits.Jitter = c.jitter
		e := effect.New("key", sdk.Promise{}, now)
		e.Waits = c.waits
		e, err := e.On(failed, now, limits)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Due.Sub(now); got != c.want {
			t.Errorf("wait %d with jitter %v: %s, want %s", c.waits, c.jitter, got, c.want)
		}
	}
}

func TestMoreThanOneIsTold(t *testing.T) {
	e := effect.New("key", sdk.Promise{Repeat: sdk.Look}, now)
	e.State = effect.Unknown
	e, err := e.On(effect.Looked{Finding: sdk.Finding{Verdict: sdk.Present, More: 1}}, now, effect.Defaults())
	if err != nil || e.How != effect.ByLook || e.Detail != "the product has it 2 times" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestJSONKeepsEverything(t *testing.T) {
	e := effect.Effect{
		Key: "key", Promise: sdk.Promise{Repeat: sdk.Keyed, KeptFor: h, Settle: s}, State: effect.Held, Born: now, Due: now.Add(s),
		Attempt: 2, SendBy: now.Add(m), Doubt: 1, FirstCall: now, Looks: 1, Waits: 3, Waited: m,
		Reason: "timeout", Detail: "for a person", How: effect.ByLook, Remote: "r1",
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back effect.Effect
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}
