package sandbox

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestClockFiresInOrder(t *testing.T) {
	const hour = time.Hour
	for name, move := range map[string]func(*Clock){
		"when real time passes": func(*Clock) { time.Sleep(3 * hour) },
		"when it is advanced":   func(c *Clock) { c.Advance(3 * hour) },
		"when it is set":        func(c *Clock) { c.Set(c.Now().Add(3 * hour)) },
		"when moved in steps":   func(c *Clock) { c.Advance(90 * time.Minute); time.Sleep(90 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClock()
				defer c.close()
				start := c.Now()
				var fired []string
				note := func(what string) func() {
					return func() { fired = append(fired, what+" at "+c.Now().Sub(start).String()) }
				}
				c.After(2*hour, note("second"))
				c.After(hour, func() {
					note("first")()
					c.Go(func() { // as a webhook's next try: the work of a timer makes another timer
						c.After(30*time.Minute, note("made on the way"))
					})
				})
				c.After(2*hour, note("same moment, made later"))
				c.After(2*hour, note("stopped"))()
				c.After(4*hour, note("not yet"))
				move(c)
				synctest.Wait()
				want := []string{"first at 1h0m0s", "made on the way at 1h30m0s", "second at 2h0m0s", "same moment, made later at 2h0m0s"}
				if !slices.Equal(fired, want) {
					t.Errorf("fired %q, want %q", fired, want)
				}
			})
		})
	}
}

func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		defer c.close()
		start, fired := c.Now(), 0
		c.After(time.Hour, func() { fired++ })
		c.Advance(2 * time.Hour)
		c.Set(start)
		c.Advance(2 * time.Hour)
		if got := c.Now().Sub(start); fired != 1 || got != 2*time.Hour {
			t.Errorf("fired %d times and stands at %v, want once and 2h", fired, got)
		}
	})
}

func TestClockWaitsForWorkBeforeItMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		defer c.close()
		start := c.Now()
		var seen []time.Duration
		c.After(time.Hour, func() {
			c.Go(func() {
				time.Sleep(3 * time.Second) // a slow receiver
				seen = append(seen, c.Now().Sub(start))
			})
		})
		c.Advance(72 * time.Hour)
		if !slices.Equal(seen, []time.Duration{time.Hour + 3*time.Second}) {
			t.Errorf("the work saw %v, want 1h0m3s", seen)
		}
	})
}
