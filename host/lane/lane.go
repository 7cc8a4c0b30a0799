// Package lane runs one task a key at a time, bounded in each pool, again when due.
//
// A [Lanes] is given what to do for a key; [Lanes.Wake] has it done soon. A key that is woken while it runs runs once more, so no news is
// missed and nothing is done twice at once. What it returns sends it to another pool, or to sleep until a time.
//
// # Why
//
// A pool is a connection's bulkhead: what hangs at one product holds up nobody who waits for another. A waiting key costs a few words, not a
// goroutine, so fifteen thousand candidates may wait for one slow product.
package lane

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Clock is the host's one clock.
type Clock interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error
	Handled() // whoever Until woke has taken up what fell due
}

// Lanes runs tasks by key. Its methods may be called concurrently, also by what it runs.
type Lanes[K comparable] struct {
	clock Clock
	limit func(pool string) int                                 // runs at once in a pool, at least 1
	do    func(key K, pool string) (next string, due time.Time) // next pool, or a time to come again, or neither

	mu     sync.Mutex
	begun  bool // nothing runs before begin
	state  map[K]*status
	pools  map[string]*pool[K]
	timers timers[K]
	armed  map[K]time.Time // by key: its earliest timer. The others are stale
	busy   int             // queued or running
	idle   chan struct{}   // closed while busy is 0
	rearm  chan struct{}   // an earlier timer than the one slept for
	closed bool
	wg     sync.WaitGroup
}

type status struct {
	running bool
	again   bool // woken while it ran
}

type pool[K comparable] struct {
	running int
	queue   []K
}

// New makes lanes that run do, in each pool at most as many at once as limit says when one is about to begin, at least 1. Do returns the next
// pool, or a time to come again, or neither.
func New[K comparable](clock Clock, limit func(pool string) int, do func(K, string) (string, time.Time)) *Lanes[K] {
	t := &Lanes[K]{
		clock: clock, limit: limit, do: do,
		state: map[K]*status{}, pools: map[string]*pool[K]{}, armed: map[K]time.Time{},
		idle: make(chan struct{}), rearm: make(chan struct{}, 1),
	}
	close(t.idle)
	return t
}

// Wake has key run soon in pool. A key that runs now runs once more; one that is queued stays where it is.
func (t *Lanes[K]) Wake(key K, in string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.state[key]; s != nil {
		s.again = s.again || s.running
		return
	}
	t.enqueue(key, in)
}

// enqueue is called with mu held.
func (t *Lanes[K]) enqueue(key K, in string) {
	if t.closed {
		return
	}
	t.state[key] = &status{}
	if t.busy++; t.busy == 1 {
		t.idle = make(chan struct{})
	}
	p := t.pools[in]
	if p == nil {
		p = &pool[K]{}
		t.pools[in] = p
	}
	p.queue = append(p.queue, key)
	t.draw(p, in)
}

// draw has one more drain a pool if it may. It is called with mu held.
func (t *Lanes[K]) draw(p *pool[K], in string) {
	if t.begun && len(p.queue) > 0 && p.running < t.limit(in) {
		p.running++
		t.wg.Go(func() { t.drain(p, in) })
	}
}

// Begin lets what was queued so far run.
func (t *Lanes[K]) Begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun = true
	for in, p := range t.pools {
		t.draw(p, in)
	}
}

// drain runs what is queued in a pool until nothing is, or more do than may. Each run draws one more, in case more may by now.
func (t *Lanes[K]) drain(p *pool[K], in string) {
	for {
		t.mu.Lock()
		if t.closed {
			for _, key := range p.queue {
				delete(t.state, key)
				t.done()
			}
			p.queue = nil
		}
		if len(p.queue) == 0 || p.running > t.limit(in) {
			p.running--
			t.mu.Unlock()
			return
		}
		key := p.queue[0]
		p.queue = p.queue[1:]
		t.draw(p, in)
		s := t.state[key]
		s.running = true
		t.mu.Unlock()

		next, due := t.do(key, in)

		t.mu.Lock()
		delete(t.state, key)
		switch {
		case next != "":
			t.enqueue(key, next)
		case s.again, !due.IsZero() && !due.After(t.clock.Now()):
			t.enqueue(key, in)
		case !due.IsZero():
			t.arm(key, in, due)
		}
		t.done()
		t.mu.Unlock()
	}
}

// done is called with mu held, after whatever follows was queued: so idle never shows between two runs of one key.
func (t *Lanes[K]) done() {
	if t.busy--; t.busy == 0 {
		close(t.idle)
	}
}

// arm is called with mu held.
func (t *Lanes[K]) arm(key K, in string, due time.Time) {
	if at, ok := t.armed[key]; ok && !due.Before(at) {
		return
	}
	t.armed[key] = due
	heap.Push(&t.timers, timer[K]{due, key, in})
	if t.timers[0].due.Equal(due) {
		select {
		case t.rearm <- struct{}{}:
		default:
		}
	}
}

// Run wakes what falls due until ctx ends.
func (t *Lanes[K]) Run(ctx context.Context) {
	for woken := false; ctx.Err() == nil; {
		t.mu.Lock()
		now := t.clock.Now()
		for len(t.timers) > 0 && !t.timers[0].due.After(now) {
			next := heap.Pop(&t.timers).(timer[K])
			if !t.armed[next.key].Equal(next.due) {
				continue
			}
			delete(t.armed, next.key)
			if s := t.state[next.key]; s == nil {
				t.enqueue(next.key, next.pool)
			} else {
				s.again = s.again || s.running
			}
		}
		due := time.Time{}
		if len(t.timers) > 0 {
			due = t.timers[0].due
		}
		t.mu.Unlock()
		if woken {
			t.clock.Handled()
		}
		woken = t.sleep(ctx, due)
	}
}

// sleep waits until due, or for ever if it is zero, or until an earlier timer is armed. It tells whether the clock woke it.
func (t *Lanes[K]) sleep(ctx context.Context, due time.Time) bool {
	if due.IsZero() {
		select {
		case <-ctx.Done():
		case <-t.rearm:
		}
		return false
	}
	nap, cancel := context.WithCancel(ctx)
	defer cancel()
	woken := make(chan error, 1)
	go func() { woken <- t.clock.Until(nap, due) }()
	select {
	case err := <-woken:
		return err == nil
	case <-t.rearm:
		cancel()
		return <-woken == nil
	}
}

// Quiet returns when nothing is queued or running.
func (t *Lanes[K]) Quiet(ctx context.Context) error {
	t.mu.Lock()
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// IsQuiet tells whether nothing is queued or running now.
func (t *Lanes[K]) IsQuiet() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy == 0
}

// Stop starts nothing more. Wait returns when what runs has come to its end.
func (t *Lanes[K]) Stop() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
}

// Wait returns when nothing runs any more.
func (t *Lanes[K]) Wait() { t.wg.Wait() }

type timer[K any] struct {
	due  time.Time
	key  K
	pool string
}

type timers[K any] []timer[K]

func (t timers[K]) Len() int           { return len(t) }
func (t timers[K]) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t timers[K]) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *timers[K]) Push(x any)        { *t = append(*t, x.(timer[K])) }
func (t *timers[K]) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}
