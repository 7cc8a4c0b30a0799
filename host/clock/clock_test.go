package clock_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/host/clock"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// Three sleepers fall due at their own moments, in order, and nobody moves on before the one who was woken says so.
func TestAdvanceStopsAtEveryDueMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewVirtual(start)
		var mu sync.Mutex
		var woken []time.Duration
		var sleepers sync.WaitGroup
		for _, after := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
			sleepers.Go(func() {
				if err := c.Until(t.Context(), start.Add(after)); err != nil {
					t.Error(err)
				}
				mu.Lock()
				woken = append(woken, c.Now().Sub(start))
				mu.Unlock()
				c.Handled()
			})
		}
		synctest.Wait()
		if err := c.Advance(t.Context(), 2*time.Hour, c.Awake); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{time.Hour, 2 * time.Hour}; !slices.Equal(woken, want) {
			t.Errorf("woken at %v, want %v", woken, want)
		}
		if got := c.Now().Sub(start); got != 2*time.Hour {
			t.Errorf("the clock stands at %v", got)
		}
		if err := c.Advance(t.Context(), 5*time.Hour, c.Awake); err != nil {
			t.Fatal(err)
		}
		sleepers.Wait()
		if got := c.Now().Sub(start); got != 7*time.Hour || len(woken) != 3 || woken[2] != 3*time.Hour {
			t.Errorf("the clock stands at %v, woken at %v", got, woken)
		}
	})
}

func TestAMomentThatIsPastWakesAtOnce(t *testing.T) {
	c := clock.NewVirtual(start)
	if err := c.Until(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	if c.IsAwake() {
		t.Error("the one who was woken has handled nothing yet")
	}
	c.Handled()
	if !c.IsAwake() {
		t.Error("nobody is left who was woken")
	}
}

func TestASleeperWhoIsCalledOffIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewVirtual(start)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		var sleeper sync.WaitGroup
		sleeper.Go(func() { err = c.Until(ctx, start.Add(time.Hour)) })
		synctest.Wait()
		cancel()
		sleeper.Wait()
		if err == nil {
			t.Fatal("it woke up by itself")
		}
		if err := c.Advance(t.Context(), 2*time.Hour, c.Awake); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRealTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(time.Hour)
		if err := (clock.Real{}).Until(t.Context(), at); err != nil || time.Now().Before(at) {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := (clock.Real{}).Until(ctx, at.Add(time.Hour)); err == nil {
			t.Fatal("a clock that was called off went on")
		}
	})
}
