package main_test

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkLifecycle measures the host against the barest program that does the same through go-plugin, and prints what came out beside
// what must and what should. Both play the same lifecycle between the same products: a signed webhook of Lever's that a candidate was
// moved, reading her and her posting, one invitation, one tag, one link, and after each write a durable note. The host may keep the posting,
// which spares it a call. They take turns, and of several turns the median counts, so a ratio survives a busy machine; what is in
// milliseconds and MiB is of this one.
func BenchmarkLifecycle(b *testing.B) {
	if memory([]int{os.Getpid()}) == 0 {
		b.Skip("what processes use is read from Linux's /proc")
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	contenders := []*contender{newBarest(b), newPatchbay(b)}
	fmt.Printf(layout, "", "BAREST", "PATCHBAY", "RATIO", "MUST", "AIM", "")
	for _, p := range phases {
		rounds := make([][][]float64, len(contenders))
		begin, all, own := time.Now(), busy(), cpu(tree(os.Getpid()))
		for range p.rounds {
			for i, c := range contenders {
				rounds[i] = append(rounds[i], p.do(b, c))
			}
		}
		others := busy() - all - (cpu(tree(os.Getpid())) - own)
		share := 100 * others.Seconds() / time.Since(begin).Seconds() / float64(runtime.NumCPU())
		fmt.Printf("%s (others took %.0f %% of the machine)\n", p.name, max(0, share))
		for i, f := range p.figures {
			f.print(median(rounds[0], i), median(rounds[1], i))
		}
	}
}

// median is that of one figure over all rounds.
func median(rounds [][]float64, figure int) float64 {
	var values []float64
	for _, r := range rounds {
		values = append(values, r[figure])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// layout is how a line of the table is laid out.
const layout = "  %-46s%9s%10s%9s%10s%9s  %s\n"

// phase is one measurement; do returns a value for each of its figures.
type phase struct {
	name    string
	rounds  int
	do      func(testing.TB, *contender) []float64
	figures []figure
}

// figure is what is measured and what it is held to.
type figure struct {
	name string
	goal goal
}

// phases are the table. Must is what a release has to keep, aim what is worth working for; ratios were chosen over figures where a figure
// says more of the machine than of the program.
var phases = []phase{
	{"started", 5, started, []figure{
		{"ms from start to the first webhook accepted", atMost(100, 40)},
		{"ms from start to the first invitation", atMost(300, 150)},
	}},
	{"at rest", 1, atRest, []figure{
		{"MiB", atMost(80, 60)},
	}},
	{"100 webhooks, one by one", 1, oneByOne, []figure{
		{"calls to the ATS a lifecycle", atMost(4, 3.1)},
		{"fsyncs a lifecycle", atMost(8, 6)},
	}},
	{"20 webhooks a second", 3, steady, []figure{
		{"ms to the answer, p50", atMost(2, 1.3)},
		{"ms to the answer, p99", atMost(8, 5)},
		{"ms to the invitation, p50", atMost(10, 6)},
		{"ms to the invitation, p99", atMost(30, 15)},
	}},
	{"1,500 webhooks as fast as they are taken, products answer at once", 3, func(tb testing.TB, c *contender) []float64 {
		l := saturate(tb, c, 0)
		return []float64{l.completed, l.computed, l.memory}
	}, []figure{
		{"lifecycles completed a second", atLeast(0.5, 0.8)},
		{"CPU seconds per 1,000 lifecycles", atMostTimes(2, 1.3)},
		{"MiB at most, the mapped state file among them", atMost(160, 110)},
	}},
	{"the same, products answer after 20 ms", 3, func(tb testing.TB, c *contender) []float64 {
		return []float64{saturate(tb, c, 20*time.Millisecond).completed}
	}, []figure{
		{"lifecycles completed a second", atLeast(0.5, 0.8)},
	}},
	{"the same, products answer after 100 ms", 3, func(tb testing.TB, c *contender) []float64 {
		return []float64{saturate(tb, c, 100*time.Millisecond).accepted}
	}, []figure{
		{"webhooks accepted durably a second", atLeast(0.45, 0.8)},
	}},
}

// started is on a state that is there.
func started(tb testing.TB, c *contender) []float64 {
	c.process().stop(tb)
	begin := time.Now()
	c.launch(tb)
	answered, invited := c.answer(tb, begin)
	return []float64{millis(answered), millis(invited)}
}

func atRest(tb testing.TB, c *contender) []float64 {
	return []float64{memory(tree(c.process().cmd.Process.Pid))}
}

// oneByOne has nobody to share a commit with.
func oneByOne(tb testing.TB, c *contender) []float64 {
	const n = 100
	calls, syncs := c.products.atsCalls(), c.syncs(tb)
	for _, id := range c.applications(n) {
		complete := c.products.expect(1, 0)
		if _, err := c.send(id); err != nil {
			tb.Fatal(err)
		}
		c.await(tb, complete)
		c.rest(tb)
	}
	return []float64{float64(c.products.atsCalls()-calls) / n, (c.syncs(tb) - syncs) / n}
}

// steady sends webhooks at a modest rate, whether or not the last was answered.
func steady(tb testing.TB, c *contender) []float64 {
	const n, every = 200, 50 * time.Millisecond
	ids := c.applications(n)
	complete := c.products.expect(n, 0)
	begun, answers := make([]time.Time, n), make([]time.Duration, n)
	var wg sync.WaitGroup
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i, id := range ids {
		<-tick.C
		begun[i] = time.Now()
		wg.Go(func() {
			took, err := c.send(id)
			if err != nil {
				tb.Error(err)
			}
			answers[i] = took
		})
	}
	wg.Wait()
	c.await(tb, complete)
	invitations := make([]time.Duration, n)
	for i, id := range ids {
		at, _ := c.products.invitedAt(id)
		invitations[i] = at.Sub(begun[i])
	}
	return []float64{
		millis(percentile(answers, 50)), millis(percentile(answers, 99)),
		millis(percentile(invitations, 50)), millis(percentile(invitations, 99)),
	}
}

// load is what a contender makes of as many webhooks as it takes.
type load struct {
	accepted, completed float64 // a second
	computed            float64 // CPU seconds per 1,000
	memory              float64 // MiB at most
}

// saturate sends webhooks, each sender its next when its last was answered, while products take a time over each answer.
func saturate(tb testing.TB, c *contender, delay time.Duration) (l load) {
	const n = 1500
	ids := c.applications(n)
	complete := c.products.expect(n, delay)
	pids := tree(c.process().cmd.Process.Pid)
	peak, before, begin := watch(pids), cpu(pids), time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				if _, err := c.send(ids[i-1]); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l.accepted = n / time.Since(begin).Seconds()
	c.await(tb, complete)
	l.completed = n / time.Since(begin).Seconds()
	c.rest(tb)
	l.computed, l.memory = (cpu(pids)-before).Seconds()/n*1000, peak()
	return l
}

// watch looks at the memory of processes now and then; peak ends that and tells the most that was seen.
func watch(pids []int) (peak func() float64) {
	quit, result := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		for {
			most = max(most, memory(pids))
			select {
			case <-quit:
				result <- most
				return
			case <-time.After(250 * time.Millisecond):
			}
		}
	}()
	return func() float64 { close(quit); return <-result }
}

func percentile(of []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)-1)*p/100]
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// goal is what a figure must be and what it should be.
type goal struct {
	must, aim float64
	relative  bool // to the barest program; else as it is
	least     bool // more is better
}

func atMost(must, aim float64) goal      { return goal{must: must, aim: aim} }
func atMostTimes(must, aim float64) goal { return goal{must: must, aim: aim, relative: true} }
func atLeast(must, aim float64) goal     { return goal{must: must, aim: aim, relative: true, least: true} }

// meets judges a value by a bound.
func (g goal) meets(value, bound float64) bool { return value == bound || (value > bound) == g.least }

// words are a bound as a person reads it.
func (g goal) words(bound float64) string {
	sign, unit := "≤", ""
	if g.least {
		sign = "≥"
	}
	if g.relative {
		unit = "×"
	}
	return fmt.Sprintf("%s %v%s", sign, bound, unit)
}

// print writes a line of the table.
func (f figure) print(barest, patchbay float64) {
	ratio, value, verdict := patchbay/barest, patchbay, "SHORT"
	if f.goal.relative {
		value = ratio
	}
	switch {
	case f.goal.meets(value, f.goal.aim):
		verdict = "met"
	case f.goal.meets(value, f.goal.must):
		verdict = "met, short of the aim"
	}
	fmt.Printf(layout, f.name, number(barest), number(patchbay), fmt.Sprintf("%.2f×", ratio), f.goal.words(f.goal.must), f.goal.words(f.goal.aim), verdict)
}

// number shows three digits that mean something.
func number(v float64) string {
	return strconv.FormatFloat(v, 'f', max(0, 2-int(math.Log10(max(v, 1)))), 64)
}
