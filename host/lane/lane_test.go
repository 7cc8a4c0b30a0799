package lane_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/host/lane"
)

// bubbleClock is the clock of a synctest bubble.
type bubbleClock struct{}

func (bubbleClock) Now() time.Time { return time.Now() }
func (bubbleClock) Handled()       {}
func (bubbleClock) Until(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAKeyNeverRunsTwiceAtOnceAndNeverMissesAWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running [5]atomic.Int32
		var ran [5]atomic.Int32
		ts := lane.New(bubbleClock{}, atMost(3), func(key int, _ string) (string, time.Time) {
			if running[key].Add(1) > 1 {
				t.Errorf("%d runs twice at once", key)
			}
			time.Sleep(time.Second)
			ran[key].Add(1)
			running[key].Add(-1)
			return "", time.Time{}
		})
		ts.Begin()
		for range 3 {
			for key := range running {
				ts.Wake(key, "pool")
			}
			time.Sleep(time.Millisecond)
		}
		ts.Quiet(t.Context())
		for key := range ran {
			if n := ran[key].Load(); n < 1 || n > 2 {
				t.Errorf("%d ran %d times", key, n)
			}
		}
		if n := ran[0].Load(); n != 2 {
			t.Errorf("a key woken while it ran ran %d times", n)
		}
		ts.Stop()
		ts.Wait()
	})
}

func TestAPoolThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var done sync.Map
		ts := lane.New(bubbleClock{}, atMost(2), func(key int, pool string) (string, time.Time) {
			if pool == "hangs" {
				<-hang
			}
			done.Store(key, true)
			return "", time.Time{}
		})
		ts.Begin()
		for key := range 10 {
			ts.Wake(key, "hangs")
		}
		ts.Wake(100, "works")
		synctest.Wait()
		if _, ok := done.Load(100); !ok {
			t.Error("the other pool waits")
		}
		close(hang)
		ts.Quiet(t.Context())
		for key := range 10 {
			if _, ok := done.Load(key); !ok {
				t.Errorf("%d was lost", key)
			}
		}
	})
}

func TestTasksComeAgainWhenDueOrInAnotherPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var runs []string
		ts := lane.New(bubbleClock{}, atMost(2), func(key int, pool string) (string, time.Time) {
			runs = append(runs, pool+" "+time.Since(start).String())
			switch len(runs) {
			case 1:
				return "b", time.Time{}
			case 2:
				return "", start.Add(time.Hour)
			case 3:
				return "", start.Add(time.Minute) // past already
			}
			return "", time.Time{}
		})
		ctx, cancel := context.WithCancel(t.Context())
		ts.Wake(1, "a")
		synctest.Wait()
		if len(runs) != 0 {
			t.Fatal("it ran before the beginning")
		}
		ts.Begin()
		var loop sync.WaitGroup
		loop.Go(func() { ts.Run(ctx) })
		time.Sleep(2 * time.Hour)
		cancel()
		loop.Wait()
		ts.Stop()
		ts.Wait()
		want := []string{"a 0s", "b 0s", "b 1h0m0s", "b 1h0m0s"}
		for i := range want {
			if i >= len(runs) || runs[i] != want[i] {
				t.Fatalf("runs %q, want %q", runs, want)
			}
		}
	})
}

// While a pool is held back few run in it, and when it no longer is, all that may do again, without another wake.
func TestAPoolMayBeHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var limit, most atomic.Int64
		limit.Store(1)
		var running int64
		var mu sync.Mutex
		ts := lane.New(bubbleClock{}, func(string) int { return int(limit.Load()) }, func(int, string) (string, time.Time) {
			mu.Lock()
			running++
			most.Store(max(most.Load(), running))
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return "", time.Time{}
		})
		ts.Begin()
		for key := range 20 {
			ts.Wake(key, "pool")
		}
		time.Sleep(4500 * time.Millisecond)
		if n := most.Load(); n != 1 {
			t.Errorf("%d ran at once while it was held back", n)
		}
		limit.Store(4)
		ts.Quiet(t.Context())
		if n, took := most.Load(), time.Since(start); n != 4 || took > 10*time.Second {
			t.Errorf("%d ran at once afterwards, and all were done after %v", n, took)
		}
		ts.Stop()
		ts.Wait()
	})
}

func atMost(n int) func(string) int { return func(string) int { return n } }
