package egress

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Clock is the host's one clock: real, or a driver's under rehearsal.
type Clock interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error // returns at the time, or with ctx's error
}

// Priority is whose turn comes first when several calls wait for one credential.
type Priority int

const (
	continuing Priority = iota // a call under way is finished before another begins
	Person                     // somebody waits: invite, answer
	WriteBack
	Sync
	priorities
)

const (
	defaultPerSecond = 5
	longestPause     = time.Hour        // no product's word holds a connection for longer (reliability.md, section 3)
	longestBackoff   = 64 * time.Second // between refusals of a product that does not say when to come back
	longestRest      = 8 * time.Second  // between tries of a product that does not work
	tolerated        = 4                // failures in a row that say nothing yet
)

// bucket is what a product allows one credential: a token bucket, kept as the time at which it will be full again. It is the breaker, too:
// whoever does not work is tried by one request at a time, and the others wait as they do for a token, which uses up nobody's patience.
type bucket struct {
	clock Clock
	users int // connections; guarded by Server.mu

	mu       sync.Mutex
	interval time.Duration // until one more token
	burst    time.Duration // how far ahead of full may be: all tokens but one
	full     time.Time
	paused   time.Time // nothing before then
	refused  time.Time // when the newest pause began
	refusals int       // in a row
	failures int       // in a row
	queues   [priorities][]*waiter
}

// waiter is one request in a queue. Only the foremost watches the clock; wake has it look again.
type waiter struct{ wake context.CancelFunc }

func newBucket(clock Clock, rate sdk.Rate) *bucket {
	b := &bucket{clock: clock}
	b.interval, b.burst = spacing(rate)
	return b
}

// spacing is the time between two tokens, and that of all tokens but one.
func spacing(rate sdk.Rate) (interval, burst time.Duration) {
	perSecond := rate.PerSecond
	if perSecond <= 0 {
		perSecond = defaultPerSecond
	}
	interval = time.Duration(float64(time.Second) / perSecond)
	return interval, time.Duration(max(rate.Burst, 1)-1) * interval
}

// slow keeps the bucket to rate as well: of two connections with one credential the more careful one decides.
func (b *bucket) slow(rate sdk.Rate) {
	interval, burst := spacing(rate)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.interval, b.burst = max(b.interval, interval), min(b.burst, burst)
}

// take waits for a token. It tells whether it had to wait.
func (b *bucket) take(ctx context.Context, p Priority) (waited bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if b.tryTake() {
		return false, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &waiter{}
	b.queues[p] = append(b.queues[p], w)
	defer b.leave(p, w)
	for {
		if b.foremost() == w && !b.due().After(b.clock.Now()) {
			b.spend()
			return true, nil
		}
		b.sleep(ctx, w)
		if err := ctx.Err(); err != nil {
			return true, err
		}
	}
}

// tryTake takes a token if one is free and nobody waits for it.
func (b *bucket) tryTake() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.foremost() != nil || b.due().After(b.clock.Now()) {
		return false
	}
	b.spend()
	return true
}

// sleep lets go of the lock until the next token if w is foremost, and in any case until w is woken or ctx ends.
func (b *bucket) sleep(ctx context.Context, w *waiter) {
	nap, wake := context.WithCancel(ctx)
	defer wake()
	w.wake = wake
	foremost, due := b.foremost() == w, b.due()
	b.mu.Unlock()
	defer b.mu.Lock()
	if foremost {
		_ = b.clock.Until(nap, due) // woken or due: take looks for itself
	} else {
		<-nap.Done()
	}
}

// leave takes w out of its queue; whoever is foremost then looks at the clock.
func (b *bucket) leave(p Priority, w *waiter) {
	b.queues[p] = slices.DeleteFunc(b.queues[p], func(other *waiter) bool { return other == w })
	b.rouse()
}

func (b *bucket) rouse() {
	if w := b.foremost(); w != nil && w.wake != nil {
		w.wake()
	}
}

func (b *bucket) foremost() *waiter {
	for _, q := range b.queues {
		if len(q) > 0 {
			return q[0]
		}
	}
	return nil
}

// due is when the next token can be had.
func (b *bucket) due() time.Time {
	due := b.full.Add(-b.burst)
	if due.Before(b.paused) {
		return b.paused
	}
	return due
}

func (b *bucket) spend() {
	if now := b.clock.Now(); b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(b.interval)
}

// giveBack returns a token that no request has used.
func (b *bucket) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = b.full.Add(-b.interval)
	b.rouse()
}

// overdraw takes a token now, for a request that has already gone.
func (b *bucket) overdraw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spend()
}

// refuse pauses the bucket after a 429 for as long as the product asked, or else for a second that doubles with each refusal in a row.
// Refusals of requests that were under way when the pause began are no news. After the pause tokens come one at a time.
func (b *bucket) refuse(sent time.Time, after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause(sent, after, longestBackoff)
}

// fail counts a request that the product could not answer: 5xx, a cut, silence. After a few in a row it is like a refusal.
func (b *bucket) fail(sent time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures++; b.failures > tolerated {
		b.pause(sent, 0, longestRest)
	}
}

func (b *bucket) pause(sent time.Time, after, longest time.Duration) {
	now := b.clock.Now()
	news := b.refusals == 0 || !sent.Before(b.refused)
	if after == 0 && news {
		after = min(time.Second<<min(b.refusals, 16), longest)
	}
	if news {
		b.refusals++
		b.refused = now
	}
	if until := now.Add(min(after, longestPause)); until.After(b.paused) {
		b.paused = until
		b.full = until.Add(b.burst)
	}
}

// accept ends a row of refusals, unless the answer is older than the newest of them, and of failures.
func (b *bucket) accept(sent time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
	if !sent.Before(b.refused) {
		b.refusals = 0
	}
}
