package main_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
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
// order, then with every fifth call failing. First with the pairing of Lever and Alva alone, then with all pairings in one house.
func TestChaos(t *testing.T) {
	t.Logf("seed %d, %d candidates, %d kills", *chaosSeed, *chaosCandidates, *chaosKills)
	for _, rig := range []struct {
		name  string
		start func(testing.TB, string, ...string) *rig
		fates []fate
	}{{"pairing", newRig, alvaFates}, {"house", newHouse, houseFates()}} {
		t.Run(rig.name+"/killed", func(t *testing.T) {
			st := newStorm(t, rig.start(t, "real"), rig.fates, *chaosSeed, *chaosCandidates)
			st.kill(*chaosKills, 3*time.Second)
			st.passes(func() { time.Sleep(time.Second) })
		})
		t.Run(rig.name+"/faults", func(t *testing.T) {
			st := newStorm(t, rig.start(t, "virtual"), rig.fates, *chaosSeed, *chaosCandidates)
			st.trouble()
			st.apply(st.crowd)
			st.passes(func() { st.advance(t, 10*time.Minute) })
			st.struck()
		})
	}
}

// storm is a crowd of candidates that goes through a rig while something goes wrong. Each has a fate; after the storm the products must show
// exactly that.
type storm struct {
	*scene
	random *rand.Rand
	crowd  []*passenger
	jobs   map[string]posting // by the fate's name
	late   time.Duration      // how much later a report's PDF comes
	calm   bool               // the kills are over
}

// newStorm gathers a crowd whose webhooks will each be delivered three times, out of order, and again for minutes while nobody answers.
func newStorm(t *testing.T, r *rig, fates []fate, seed uint64, candidates int) *storm {
	t.Helper()
	st := &storm{
		scene: &scene{T: t, rig: r, row: "storm"}, random: rand.New(rand.NewPCG(seed, 0)), jobs: map[string]posting{}, late: 20 * time.Minute,
		calm: true,
	}
	st.furnish()
	gaps := make([]string, 300)
	for i := range gaps {
		gaps[i] = "1s"
	}
	for _, s := range r.all {
		s.control(t, http.MethodPost, "deliveries/options", object{"copies": 3, "shuffle": true, "seed": seed, "gaps": gaps, "timeout": "5s"}, nil)
	}
	for i := range candidates {
		st.crowd = append(st.crowd, &passenger{fate: fates[i%len(fates)], mark: marks[i%len(marks)]})
	}
	st.random.Shuffle(len(st.crowd), func(i, j int) { st.crowd[i], st.crowd[j] = st.crowd[j], st.crowd[i] })
	return st
}

// apply has passengers apply, each kind at a posting of its own.
func (st *storm) apply(crowd []*passenger) {
	for _, p := range crowd {
		if p.fate.job != "" {
			a := st.arrive(p.fate.job)
			p.candidate = candidate{id: a.id, email: a.email}
			continue
		}
		job, ok := st.jobs[p.fate.name]
		if !ok {
			job = st.posting(p.fate.posting...)
			st.jobs[p.fate.name] = job
		}
		p.candidate = st.scene.apply(job, p.fate.but)
	}
}

// step has people do what is next: a recruiter moves whoever waits for it, or presses Send Test; a candidate who is invited finishes, once
// she has been moved for the last time, or the move would be the last word on where she is; and her work is marked.
func (st *storm) step() {
	at := st.sight()
	for _, p := range st.crowd {
		if p.id == "" {
			continue
		}
		seen := at.of(p.candidate)
		switch {
		case p.fate.job != "" && seen.Kit == "To Be Sent":
			st.greenhouse.act(st, "send-test", object{"application": p.id})
		case p.moved < len(p.fate.stages) && p.arrived(at):
			st.move(p.candidate, p.fate.stages[p.moved])
			p.moved++
		}
		if p.moved < len(p.fate.stages) || !p.arrived(at) {
			continue
		}
		for _, s := range at.seats[p.id] {
			if act, args := st.next(p, s, seen); act != "" {
				args["application"] = p.id
				st.vendors()[s.vendor].act(st, act, args)
			}
		}
	}
}

// kill plays the crowd, which applies in the first half of the rounds, while the host is killed at any moment of each; every other time its
// next death may hit its start as well.
func (st *storm) kill(kills int, late time.Duration) {
	st.late, st.calm = late, false
	portions := (kills + 1) / 2
	for i := range kills {
		st.step()
		if i < portions {
			st.apply(st.crowd[i*len(st.crowd)/portions : (i+1)*len(st.crowd)/portions])
		}
		time.Sleep(time.Duration(st.random.Int64N(int64(time.Second)))) // which moment it hits is what this is about
		st.host.proc.kill()
		if i%2 == 0 {
			st.host.launch(st)
		} else {
			st.host.start(st)
		}
	}
	st.host.proc.kill()
	st.host.start(st)
	st.calm = true
}

// trouble makes every fifth call at each product fail: too many, out of order, slow, or done without an answer.
func (st *storm) trouble() {
	for _, s := range st.all {
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

// slow is what a slow call takes: more than the host allows one.
const slow = 3 * time.Second

// struck fails unless each kind of trouble was met, and some of it at the vendors, of whom less is asked.
func (st *storm) struck() {
	kinds, vendors := map[string]int{}, 0
	for _, s := range st.all {
		var faults []struct {
			Kind           string
			Status, Struck int
		}
		s.control(st, http.MethodGet, "faults", nil, &faults)
		for _, f := range faults {
			kinds[fmt.Sprint(f.Kind, " ", f.Status)] += f.Struck
			if s != st.lever {
				vendors += f.Struck
			}
		}
	}
	for kind, n := range kinds {
		if n == 0 {
			st.Errorf("no call met %q", kind)
		}
	}
	if vendors == 0 {
		st.Error("no call at a vendor met any trouble")
	}
}

// passes waits until the products show of everybody exactly what they should, and looks once more whether it stays so.
func (st *storm) passes(wait func()) {
	st.Helper()
	deadline := time.Now().Add(crowdPatience)
	for wrong := st.wrong(); wrong != nil; wrong = st.wrong() {
		if time.Now().After(deadline) {
			st.Fatalf("%s\n%s", wrong.what, st.why(wrong.first))
		}
		st.step()
		wait()
		st.rig.settle(st)
	}
	wait()
	st.rig.settle(st)
	if wrong := st.wrong(); wrong != nil {
		st.Errorf("it did not stay so: %s\n%s", wrong.what, st.why(wrong.first))
	}
	st.onlyOne()
}

// wrongs is what is not yet, or no longer, as it should be.
type wrongs struct {
	what  string
	first candidate
}

func (st *storm) wrong() *wrongs {
	at, mails, seats := st.sight(), 0, 0
	if wrong := at.differs(st.crowd); wrong != nil {
		return wrong
	}
	for _, p := range st.crowd {
		want := p.expected()
		mails, seats = mails+len(want.Mails)+want.Alerts, seats+len(want.At)
	}
	if mails != at.mailed || seats != at.taken() {
		return &wrongs{what: fmt.Sprintf("%d mails and %d candidates at the vendors, not %d and %d", at.mailed, at.taken(), mails, seats)}
	}
	return nil
}

// differs tells which passengers are not yet as they should be in the end; nil if all are.
func (at stormSight) differs(crowd []*passenger) *wrongs {
	bad := slices.DeleteFunc(slices.Clone(crowd), func(p *passenger) bool { return cmp.Equal(p.expected(), at.of(p.candidate)) })
	if len(bad) == 0 {
		return nil
	}
	first := bad[0]
	return &wrongs{fmt.Sprintf("%d of %d candidates are not as they should be; the first is %s, %s (-want +got):\n%s",
		len(bad), len(crowd), first.email, first.fate.name, cmp.Diff(first.expected(), at.of(first.candidate))), first.candidate}
}
