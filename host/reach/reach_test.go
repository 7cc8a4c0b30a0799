package reach

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// However many wait for a connection that is disconnected, one call a minute tries it.
func TestOneCallAMinuteTriesWhoIsAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Rest{Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		if err := r.Ask("a"); err != nil || r.Has("a") {
			t.Fatalf("nobody rests: %v", err)
		}
		var rests *AtRest
		if err := r.Learn("a", sdk.ErrDisconnected); !errors.As(err, &rests) || !rests.Until.Equal(time.Now().Add(time.Minute)) {
			t.Fatalf("%v", err)
		}
		tried := 0
		for range 30 * 6 {
			time.Sleep(10 * time.Second)
			for range 5 {
				if r.Ask("a") == nil {
					tried++ // and hangs
				}
			}
			if r.Ask("b") != nil {
				t.Fatal("b rests with a")
			}
		}
		if tried != 30 {
			t.Errorf("tried %d times in 30 minutes", tried)
		}
		if other := errors.New("500"); r.Learn("a", other) != other || !r.Has("a") {
			t.Error("a failure says nothing of the credential")
		}
		if r.Learn("a", nil) != nil || r.Has("a") || r.Ask("a") != nil {
			t.Error("it is accepted again")
		}
	})
}

// asked is a product that lists, and counts how often it is asked.
type asked struct {
	list  []string
	err   error
	takes time.Duration
	n     int
}

func (a *asked) read() ([]string, error) {
	a.n++
	time.Sleep(a.takes)
	return slices.Clone(a.list), a.err
}

func TestShelf(t *testing.T) {
	down := errors.New("500")
	for _, tt := range []struct {
		name string
		play func(s *Shelf[string], a *asked)
		want []string
		err  error
		n    int
	}{
		{"kept", func(*Shelf[string], *asked) { time.Sleep(9 * time.Minute) }, []string{"x"}, nil, 1},
		{"too old", func(_ *Shelf[string], a *asked) { a.list = []string{"y"}; time.Sleep(10 * time.Minute) }, []string{"y"}, nil, 2},
		{"old is better than none", func(_ *Shelf[string], a *asked) { a.err = down; time.Sleep(time.Hour) }, []string{"x"}, nil, 2},
		{"lacks a name", func(s *Shelf[string], a *asked) {
			time.Sleep(time.Minute)
			a.list = []string{"y"}
			if !s.Lacks("a") {
				panic("it is a minute old")
			}
		}, []string{"y"}, nil, 2},
		{"lacks a name, just read", func(s *Shelf[string], _ *asked) {
			if s.Lacks("a") {
				panic("it was read just now")
			}
		}, []string{"x"}, nil, 1},
		{"lacks a name, and the product fails", func(s *Shelf[string], a *asked) {
			a.err = down
			time.Sleep(time.Minute)
			s.Lacks("a")
		}, nil, down, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, a := &Shelf[string]{Now: time.Now}, &asked{list: []string{"x"}}
				if _, err := s.List(t.Context(), "a", a.read); err != nil {
					t.Fatal(err)
				}
				tt.play(s, a)
				for range 2 {
					if got, err := s.List(t.Context(), "a", a.read); tt.err == nil && (err != nil || !slices.Equal(got, tt.want)) {
						t.Errorf("%q, %v", got, err)
					} else if tt.err != nil {
						if !errors.Is(err, tt.err) {
							t.Errorf("%v", err)
						}
						break
					}
				}
				if a.n != tt.n {
					t.Errorf("asked %d times, want %d", a.n, tt.n)
				}
			})
		})
	}
}

// Many want a list at once. One asks; the others wait only if there is none, and not longer than they have time.
func TestOneAsksForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := &Shelf[string]{Now: time.Now}, &asked{list: []string{"x"}, takes: time.Minute}
		crowd := func() {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if got, err := s.List(t.Context(), "a", a.read); err != nil || len(got) != 1 {
						t.Errorf("%q, %v", got, err)
					}
				})
				synctest.Wait()
			}
			impatient, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := s.List(impatient, "a", a.read); s.Kept("a") == nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
			all.Wait()
		}
		if crowd(); a.n != 1 {
			t.Errorf("asked %d times", a.n)
		}
		time.Sleep(time.Hour)
		if crowd(); a.n != 2 {
			t.Errorf("asked %d times", a.n)
		}
	})
}
