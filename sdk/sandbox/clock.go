package sandbox

import (
	"container/heap"
	"sync"
	"time"
)

// Clock is the sandbox's time: real time plus an offset that Set moves. Timers fire when the clock passes them, one after another in the
// order of their moments, whether real time or Set brought it there.
type Clock struct {
	moving chan struct{} // full while timers fire

	mu     sync.Mutex
	idle   *sync.Cond // busy became 0
	offset time.Duration
	timers timers
	made   int
	busy   int
	closed bool
	wake   chan struct{}
	ended  chan struct{}
}

func newClock() *Clock {
	c := &Clock{moving: make(chan struct{}, 1), wake: make(chan struct{}, 1), ended: make(chan struct{})}
	c.idle = sync.NewCond(&c.mu)
	go c.run()
	return c
}

// Now is the sandbox's present, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time { return time.Now().Round(0).UTC().Add(c.offset) }

// After has f called once the clock stands d later; stop prevents it. f must be short and must not move the clock: what takes time, or
// waits for anybody, goes through [Clock.Go].
func (c *Clock) After(d time.Duration, f func()) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	t := &timer{due: c.now().Add(max(d, 0)), made: c.made, fire: f}
	heap.Push(&c.timers, t)
	c.poke()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.fire = nil
	}
}

// Go runs f in a goroutine of its own. Set passes no further moment, and the World does not close, before f has returned.
func (c *Clock) Go(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.busy++
	go func() {
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.busy--; c.busy == 0 {
				c.idle.Broadcast()
			}
		}()
		f()
	}()
}

// Advance moves the clock by d; see Set. Advance(0) waits until what is due now is done.
func (c *Clock) Advance(d time.Duration) {
	c.moving <- struct{}{}
	defer func() { <-c.moving }()
	c.move(c.Now().Add(d), false)
}

// Set moves the clock to a moment. On the way it stops at each timer's moment, fires it, and waits for the work it began, so a timer that
// is made on the way fires too. A moment in the past is allowed: nothing fires, and nothing fires twice.
func (c *Clock) Set(at time.Time) {
	c.moving <- struct{}{}
	defer func() { <-c.moving }()
	c.move(at, at.Before(c.Now()))
}

// move does the work of Set; back allows to turn the clock back. Its caller holds moving.
func (c *Clock) move(at time.Time, back bool) {
	for {
		c.settle()
		f := c.pop(at)
		if f == nil {
			break
		}
		f()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Real time went on while timers fired: a clock that is past the moment already is not turned back.
	if now := c.now(); back || now.Before(at) {
		c.offset += at.Sub(now)
	}
	c.poke()
}

// pop takes the next timer that is due at a moment and brings the clock to its own.
func (c *Clock) pop(at time.Time) (fire func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && len(c.timers) > 0 && !c.timers[0].due.After(at) {
		t := heap.Pop(&c.timers).(*timer)
		if t.fire == nil {
			continue
		}
		if now := c.now(); now.Before(t.due) {
			c.offset += t.due.Sub(now)
		}
		return t.fire
	}
	return nil
}

func (c *Clock) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy > 0 {
		c.idle.Wait()
	}
}

// run fires the timers that real time passes.
func (c *Clock) run() {
	defer close(c.ended)
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-c.wake:
		case <-next.C:
		}
		c.moving <- struct{}{}
		for f := c.pop(c.Now()); f != nil; f = c.pop(c.Now()) {
			f()
		}
		<-c.moving
		c.mu.Lock()
		wait := time.Hour
		if len(c.timers) > 0 {
			wait = c.timers[0].due.Sub(c.now())
		}
		closed := c.closed
		c.mu.Unlock()
		if closed {
			return
		}
		next.Reset(wait)
	}
}

func (c *Clock) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // run is woken already, and will look at everything
	}
}

// close stops all timers and waits for the work they began.
func (c *Clock) close() {
	c.mu.Lock()
	c.closed = true
	c.poke()
	c.mu.Unlock()
	<-c.ended
	c.settle()
}

type timer struct {
	due  time.Time
	made int // timers of one moment fire in the order they were made
	fire func()
}

type timers []*timer

func (t timers) Len() int      { return len(t) }
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t timers) Less(i, j int) bool {
	return t[i].due.Before(t[j].due) || t[i].due.Equal(t[j].due) && t[i].made < t[j].made
}
func (t *timers) Push(x any) { *t = append(*t, x.(*timer)) }
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return x
}
