package rest

import (
	"context"
	"sync"
	"time"
)

// Cache keeps what reads of seldom changing things (a posting, the stages) returned, for a while. Concurrent reads of one key become one.
//
// # Why
//
// Calls are the scarce good: a product allows some ten a second for all its customers' tools together, and a hundred applications to one
// posting need that posting once. It is soft state: bounded, never waited for longer than a read, and a plugin that forgets it, by a
// restart or under pressure, loses calls and nothing else. Errors are not kept.
type Cache[T any] struct {
	keep time.Duration
	most int

	mu      sync.Mutex
	kept    map[string]kept[T]
	reading map[string]*reading[T]
}

type kept[T any] struct {
	value T
	until time.Time
}

type reading[T any] struct {
	done  chan struct{} // closed when value and err are set
	value T
	err   error
	alone bool // the reader was called off: whoever waited reads for itself
}

// NewCache makes a cache of at most most values, each kept for keep; keep 0 only joins concurrent reads.
func NewCache[T any](keep time.Duration, most int) *Cache[T] {
	return &Cache[T]{keep: keep, most: most, kept: map[string]kept[T]{}, reading: map[string]*reading[T]{}}
}

// Get returns the kept value of key or reads it. read runs in the caller's goroutine, under the caller's ctx; others who ask meanwhile wait
// for it and share its answer or error, unless their own ctx ends first.
func (c *Cache[T]) Get(ctx context.Context, key string, read func(context.Context) (T, error)) (T, error) {
	for {
		c.mu.Lock()
		if k, ok := c.kept[key]; ok && time.Now().Before(k.until) {
			c.mu.Unlock()
			return k.value, nil
		}
		r, ok := c.reading[key]
		if !ok {
			r = &reading[T]{done: make(chan struct{}), alone: true}
			c.reading[key] = r
			c.mu.Unlock()
			c.read(ctx, key, r, read)
			return r.value, r.err
		}
		c.mu.Unlock()
		select {
		case <-r.done:
			if !r.alone {
				return r.value, r.err
			}
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// read fills r. A read that panics or whose ctx ended says nothing to those who wait.
func (c *Cache[T]) read(ctx context.Context, key string, r *reading[T], read func(context.Context) (T, error)) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.reading, key)
		if !r.alone && r.err == nil {
			c.put(key, r.value)
		}
		close(r.done)
	}()
	r.value, r.err = read(ctx)
	r.alone = r.err != nil && ctx.Err() != nil
}

// Put keeps a value that was read otherwise, say as part of a list.
func (c *Cache[T]) Put(key string, value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, value)
}

// put makes room first: what is over goes, else any one.
func (c *Cache[T]) put(key string, value T) {
	now := time.Now()
	if c.keep <= 0 || c.most <= 0 {
		return
	}
	if _, ok := c.kept[key]; !ok && len(c.kept) >= c.most {
		for k, v := range c.kept {
			if !now.Before(v.until) {
				delete(c.kept, k)
			}
		}
		for k := range c.kept {
			if len(c.kept) < c.most {
				break
			}
			delete(c.kept, k)
		}
	}
	c.kept[key] = kept[T]{value, now.Add(c.keep)}
}
