package sandbox

import (
	"sync"
	"time"
)

// Limit is a token bucket for each credential, on the sandbox's clock.
type Limit struct {
	clock *Clock

	mu        sync.Mutex
	perSecond float64
	burst     int
	buckets   map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// Quota is what a credential has left, in the words that rate-limit headers use.
type Quota struct {
	OK        bool
	Limit     int           // requests in a burst
	Remaining int           //
	Reset     time.Duration // OK: until the bucket is full; else: until the next request may come
}

// Set changes the limit and fills all buckets. Zero or less per second: no limit.
func (l *Limit) Set(perSecond float64, burst int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.perSecond, l.burst, l.buckets = perSecond, max(burst, 1), map[string]*bucket{}
}

// Take takes a token of a credential, if there is one.
func (l *Limit) Take(credential string) Quota {
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perSecond <= 0 {
		return Quota{OK: true, Limit: l.burst, Remaining: l.burst}
	}
	b := l.buckets[credential]
	if b == nil {
		b = &bucket{tokens: float64(l.burst), at: now}
		l.buckets[credential] = b
	}
	if passed := now.Sub(b.at); passed > 0 { // the clock may have been set back
		b.tokens = min(b.tokens+passed.Seconds()*l.perSecond, float64(l.burst))
	}
	b.at = now
	if b.tokens < 1 {
		return Quota{Limit: l.burst, Reset: l.takes(1 - b.tokens)}
	}
	b.tokens--
	return Quota{OK: true, Limit: l.burst, Remaining: int(b.tokens), Reset: l.takes(float64(l.burst) - b.tokens)}
}

func (l *Limit) takes(tokens float64) time.Duration {
	return time.Duration(tokens / l.perSecond * float64(time.Second))
}
