package main_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	chaosSeed       = flag.Uint64("chaos.seed", 1, "of TestChaos: which moments and orders are played")
	chaosCandidates = flag.Int("chaos.candidates", 60, "of TestChaos: how many candidates go through")
	chaosKills      = flag.Int("chaos.kills", 6, "of TestChaos: how often the host is killed meanwhile")
)

// TestChaos holds the host to rows X1 and X2 with many candidates: killed again and again while every webhook comes three times and out of
// order, then with every fifth call failing.
func TestChaos(t *testing.T) {
	t.Logf("seed %d, %d candidates, %d kills", *chaosSeed, *chaosCandidates, *chaosKills)
	t.Run("killed", func(t *testing.T) {
		st := newStorm(t, newRig(t, "real"), *chaosSeed, *chaosCandidates)
		st.kill(*chaosKills)
		st.passes(func() { time.Sleep(time.Second) })
	})
	t.Run("faults", func(t *testing.T) {
		r := newRig(t, "virtual")
		st := newStorm(t, r, *chaosSeed, *chaosCandidates)
		st.trouble()
		st.apply(st.crowd)
		st.move(st.crowd)
		st.passes(func() { r.advance(t, 10*time.Minute) })
		st.struck()
	})
}

// storm is a crowd of candidates that goes through a rig while something goes wrong. Each has a fate; after the storm both products must
// show exactly that.
type storm struct {
	*scene
	random *rand.Rand
	crowd  []passenger
	jobs   map[string]posting // by the fate's name
}

type passenger struct {
	candidate
	fate  fate
	fit   roleFit
	moved bool // by the recruiter
}

// fate is a kind of candidate.
type fate struct {
	name    string
	posting []string // its tags
	but     object   // how the application differs
	invited bool
	want    view // unless invited
}

var fates = []fate{
	{name: "moved", invited: true},
	{name: "moved, too", invited: true},
	{name: "screened and moved", posting: list("Alva: Screening"), invited: true},
	{name: "blocked", but: object{"origin": "sourced"}, want: view{Stage: "Assessment"}},
	{name: "skipped", posting: list("Alva: Skip Assessment"), want: view{Stage: "Assessment"}},
	{name: "confidential", but: object{"confidential": true}, want: view{Stage: "Assessment"}},
	{name: "moved once more", invited: true},
	{name: "without address", but: object{"email": ""}, want: view{
		Tags: list("Invitation Failed"), Notes: list("Missing email: the candidate has no email address."), Stage: "Assessment",
	}},
}

// slow is what a slow call takes: more than the host allows one.
const slow = 3 * time.Second

type roleFit struct {
	score float64
	tag   string
}

var roleFits = []roleFit{
	{100, "Very high role fit"}, {80, "High role fit"}, {60, "Medium role fit"}, {30, "Low role fit"}, {10, "Very low role fit"},
}

// expected is what both products show of a passenger in the end.
func (p passenger) expected() view {
	if !p.fate.invited {
		return p.fate.want
	}
	return view{
		Mails: 1, Alva: "completed", Tags: list("Completed", p.fit.tag), Notes: list(fmt.Sprintf("Alva role fit: %v of 100", p.fit.score)),
		Links: list("alva"), Stage: "Interview",
	}
}

// newStorm gathers a crowd whose webhooks will each be delivered three times, out of order, and again for minutes while nobody answers.
func newStorm(t *testing.T, r *rig, seed uint64, candidates int) *storm {
	t.Helper()
	st := &storm{scene: &scene{T: t, rig: r, row: "storm"}, random: rand.New(rand.NewPCG(seed, 0)), jobs: map[string]posting{}}
	gaps := make([]string, 300)
	for i := range gaps {
		gaps[i] = "1s"
	}
	for _, s := range []*sandbox{r.lever, r.alva} {
		s.control(t, http.MethodPost, "deliveries/options", object{"copies": 3, "shuffle": true, "seed": seed, "gaps": gaps, "timeout": "5s"}, nil)
	}
	for i := range candidates {
		st.crowd = append(st.crowd, passenger{fate: fates[i%len(fates)], fit: roleFits[i%len(roleFits)]})
	}
	st.random.Shuffle(len(st.crowd), func(i, j int) { st.crowd[i], st.crowd[j] = st.crowd[j], st.crowd[i] })
	return st
}

// apply has passengers apply, each kind at a posting of its own.
func (st *storm) apply(crowd []passenger) {
	for i, p := range crowd {
		job, ok := st.jobs[p.fate.name]
		if !ok {
			job = st.posting(p.fate.posting...)
			st.jobs[p.fate.name] = job
		}
		crowd[i].candidate = st.scene.apply(job, p.fate.but)
	}
}

func (st *storm) move(crowd []passenger) {
	for i, p := range crowd {
		st.lever.act(st, "move", object{"opportunity": p.id, "stage": "Assessment"})
		crowd[i].moved = true
	}
}

// finish has whoever was invited, and has not, finish the tests; once the recruiter has moved her, or the move would be the last word on
// where she is.
func (st *storm) finish() {
	at := st.look(st)
	for _, p := range st.crowd {
		if p.moved && at.alva[p.id].Invitation.Status == "sent" {
			st.score(p.candidate, p.fit.score)
		}
	}
}

// kill plays the whole crowd in as many portions as the host is killed. Each portion applies, moves a round later and finishes when it is
// invited; the host is killed at any moment of that.
func (st *storm) kill(kills int) {
	portion := func(i int) []passenger { return st.crowd[i*len(st.crowd)/kills : (i+1)*len(st.crowd)/kills] }
	for i := range kills {
		st.apply(portion(i))
		if i > 0 {
			st.move(portion(i - 1))
		}
		st.finish()
		time.Sleep(time.Duration(st.random.Int64N(int64(time.Second)))) // which moment it hits is what this is about
		st.host.proc.kill()
		st.host.start(st)
	}
	st.move(portion(kills - 1))
}

// trouble makes every fifth call at both products fail: too many, out of order, slow, or done without an answer.
func (st *storm) trouble() {
	for _, s := range []*sandbox{st.lever, st.alva} {
		var faults []object
		for i, f := range []object{
			{"kind": "status", "status": http.StatusTooManyRequests, "retry_after": 1},
			{"kind": "status", "status": http.StatusServiceUnavailable},
			{"kind": "slow", "delay": slow.String()},
			{"kind": "lost"},
		} {
			f["rate"], f["seed"] = 0.05/(1-0.05*float64(i)), st.random.Uint64N(1<<32) // of what the faults before it let pass
			faults = append(faults, f)
		}
		s.control(st, http.MethodPost, "faults", faults, nil)
	}
}

// struck fails unless each kind of trouble was met.
func (st *storm) struck() {
	for _, s := range []*sandbox{st.lever, st.alva} {
		var faults []struct {
			Kind   string
			Struck int
		}
		s.control(st, http.MethodGet, "faults", nil, &faults)
		for _, f := range faults {
			if f.Struck == 0 {
				st.Errorf("no call met %q", f.Kind)
			}
		}
	}
}

// passes waits until both products show of everybody exactly what they should, and looks once more whether it stays so.
func (st *storm) passes(wait func()) {
	st.Helper()
	deadline := time.Now().Add(crowdPatience)
	for wrong := st.wrong(); wrong != nil; wrong = st.wrong() {
		if time.Now().After(deadline) {
			st.Fatalf("%s\n%s", wrong.what, st.why(wrong.first))
		}
		wait()
		st.finish()
		st.rig.settle(st)
	}
	wait()
	st.rig.settle(st)
	if wrong := st.wrong(); wrong != nil {
		st.Errorf("it did not stay so: %s\n%s", wrong.what, st.why(wrong.first))
	}
}

// wrongs is what is not yet, or no longer, as it should be.
type wrongs struct {
	what  string
	first candidate
}

func (st *storm) wrong() *wrongs {
	at, invited, bad := st.look(st), 0, 0
	var first passenger
	for _, p := range st.crowd {
		if p.fate.invited {
			invited++
		}
		if cmp.Equal(p.expected(), at.of(p.candidate)) {
			continue
		}
		if bad++; bad == 1 {
			first = p
		}
	}
	mails := 0
	for _, n := range at.mails {
		mails += n
	}
	if bad == 0 && mails == invited && len(at.alva) == invited {
		return nil
	}
	return &wrongs{fmt.Sprintf(
		"%d of %d candidates are not as they should be; %d mails and %d candidates at Alva for %d invited; the first is %s, %s (-want +got):\n%s",
		bad, len(st.crowd), mails, len(at.alva), invited, first.email, first.fate.name, cmp.Diff(first.expected(), at.of(first.candidate)),
	), first.candidate}
}
