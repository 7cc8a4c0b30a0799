// Package clock is where the host's time comes from: the machine's, or a driver's that stands still until it is advanced.
//
// Every part of the host takes the same one from main. Under [Virtual] a driver jumps to the next due moment only when nothing is runnable
// or in flight, so a nightly job is rehearsed in milliseconds and always in the same order. The deadlines of calls stay real.
package clock

import (
	"context"
	"sync"
	"time"
)

// Real is the machine's.
type Real struct{}

// Now is the machine's time.
func (Real) Now() time.Time { return time.Now() }

// Handled does nothing: real time waits for nobody.
func (Real) Handled() {}

// Until returns at a moment, or with ctx's error.
func (Real) Until(ctx context.Context, at time.Time) error {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Virtual stands still until it is advanced: it then jumps from one due moment to the next, each time only when nothing is runnable
// or in flight. The deadlines of calls stay real.
type Virtual struct {
	mu      sync.Mutex
	now     time.Time
	sleeper map[*sleeper]struct{}
	waking  int           // woken, and not yet Handled
	changed chan struct{} // closed when waking falls
}

type sleeper struct {
	at   time.Time
	wake chan struct{}
}

// NewVirtual makes a clock that stands at now.
func NewVirtual(now time.Time) *Virtual {
	return &Virtual{now: now, sleeper: map[*sleeper]struct{}{}, changed: make(chan struct{})}
}

// Now is where the clock stands.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Until returns when the clock is advanced to a moment, or with ctx's error. Whoever it wakes says [Virtual.Handled] soon.
func (v *Virtual) Until(ctx context.Context, at time.Time) error {
	s := &sleeper{at: at, wake: make(chan struct{})}
	v.mu.Lock()
	if !at.After(v.now) {
		v.waking++
		v.mu.Unlock()
		return nil
	}
	v.sleeper[s] = struct{}{}
	v.mu.Unlock()
	select {
	case <-s.wake:
		return nil
	case <-ctx.Done():
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, asleep := v.sleeper[s]; !asleep {
		return nil // woken at the same moment: whoever woke it waits for Handled
	}
	delete(v.sleeper, s)
	return ctx.Err()
}

// Handled tells that somebody who was woken has taken up what fell due.
func (v *Virtual) Handled() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waking--
	close(v.changed)
	v.changed = make(chan struct{})
}

// Awake returns when everybody who was woken has taken up what fell due.
func (v *Virtual) Awake(ctx context.Context) error {
	for {
		v.mu.Lock()
		waking, changed := v.waking, v.changed
		v.mu.Unlock()
		if waking == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// IsAwake tells whether everybody has.
func (v *Virtual) IsAwake() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.waking == 0
}

// Advance moves the time by d, through every moment at which something falls due.
func (v *Virtual) Advance(ctx context.Context, d time.Duration, idle func(context.Context) error) error {
	end := v.Now().Add(d)
	for {
		if err := idle(ctx); err != nil {
			return err
		}
		if !v.jump(end) {
			return idle(ctx)
		}
	}
}

// jump moves to the next due moment, or to end if there is none before it, and wakes who waits for it.
func (v *Virtual) jump(end time.Time) (more bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.now.Before(end) {
		return false
	}
	next := end
	for s := range v.sleeper {
		if s.at.Before(next) {
			next = s.at
		}
	}
	v.now = next
	for s := range v.sleeper {
		if !s.at.After(next) {
			delete(v.sleeper, s)
			v.waking++
			close(s.wake)
		}
	}
	return true
}
