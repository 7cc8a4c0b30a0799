package rest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// counted reads the number of reads so far.
type counted struct{ reads int }

func (c *counted) read(context.Context) (int, error) { c.reads++; return c.reads, nil }

func TestCacheKeepsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, source := rest.NewCache[int](time.Minute, 10), &counted{}
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {time.Minute, 3}} {
			time.Sleep(step.wait)
			if got, err := cache.Get(t.Context(), "k", source.read); got != step.want || err != nil {
				t.Errorf("after %v: %d, %v; want %d", step.wait, got, err, step.want)
			}
		}
		cache.Put("k", 77)
		if got, _ := cache.Get(t.Context(), "k", source.read); got != 77 {
			t.Errorf("got %d, want what was put", got)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	cache, source := rest.NewCache[int](time.Hour, 3), &counted{}
	for i := range 100 {
		cache.Get(t.Context(), fmt.Sprint(i), source.read)
	}
	before := source.reads
	for i := range 100 {
		cache.Get(t.Context(), fmt.Sprint(i), func(ctx context.Context) (int, error) { source.read(ctx); return 0, errors.New("not kept") })
	}
	if kept := 100 - (source.reads - before); kept != 3 {
		t.Errorf("%d values kept, want 3", kept)
	}
}

func TestConcurrentReadsBecomeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, source := rest.NewCache[int](0, 0), &counted{}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := cache.Get(t.Context(), "k", func(ctx context.Context) (int, error) {
					time.Sleep(time.Second)
					return source.read(ctx)
				})
				if got != 1 || err != nil {
					t.Errorf("%d, %v; want the one read", got, err)
				}
			})
		}
		all.Wait()
	})
}

func TestACalledOffReadIsNobodyElsesAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, source := rest.NewCache[int](time.Minute, 10), &counted{}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			_, err := cache.Get(ctx, "k", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the caller who was called off got %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if got, err := cache.Get(t.Context(), "k", source.read); got != 1 || err != nil {
				t.Errorf("who waited got %d, %v; want a read of its own", got, err)
			}
		})
		impatient, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := cache.Get(impatient, "k", source.read); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who could not wait got %v", err)
		}
		cancel()
		all.Wait()
	})
}

func TestErrorsAreNotKept(t *testing.T) {
	cache, source := rest.NewCache[int](time.Minute, 10), &counted{}
	broken := errors.New("broken")
	if _, err := cache.Get(t.Context(), "k", func(context.Context) (int, error) { return 0, broken }); err != broken {
		t.Errorf("got %v, want the read's own error", err)
	}
	if got, err := cache.Get(t.Context(), "k", source.read); got != 1 || err != nil {
		t.Errorf("got %d, %v; want a new read", got, err)
	}
}
