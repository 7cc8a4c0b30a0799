package storetest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/host/store"
)

func races(t *testing.T, open Open) {
	const rounds, racers = 50, 8
	s := fresh(t, open)
	for round := range rounds {
		key := fmt.Sprintf("round/%d", round)
		results := together(racers, func(i int) error {
			_, err := s.Commit(t.Context(), store.Batch{Guards: []store.Guard{{Key: key}}, Ops: put(key, fmt.Sprint(i))})
			return err
		})
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Fatalf("round %d: %d and %d both won", round, winner, i)
			case !errors.Is(err, store.ErrConflict):
				t.Fatal(err)
			}
		}
		if rec, _ := get(t, s, key); string(rec.Val) != fmt.Sprint(winner) {
			t.Fatalf("round %d: %d won and the store says %s", round, winner, rec.Val)
		}
	}
}

func counts(t *testing.T, open Open) {
	const callers, times = 8, 25
	s := fresh(t, open)
	results := together(callers, func(int) error {
		for done := 0; done < times; {
			rec, _, err := s.Get(t.Context(), "n")
			if err != nil {
				return err
			}
			b := store.Batch{Guards: []store.Guard{{Key: "n", Ver: rec.Ver}}, Ops: put("n", string(rec.Val)+"I")}
			switch _, err := s.Commit(t.Context(), b); {
			case err == nil:
				done++
			case !errors.Is(err, store.ErrConflict):
				return err
			}
		}
		return nil
	})
	if err := errors.Join(results...); err != nil {
		t.Fatal(err)
	}
	if rec, _ := get(t, s, "n"); len(rec.Val) != callers*times {
		t.Errorf("%d of %d changes are left", len(rec.Val), callers*times)
	}
}

func neighbours(t *testing.T, open Open) {
	const callers, times = 32, 10
	s := fresh(t, open)
	commit(t, s, nil, store.Batch{Ops: put("taken", "")})
	results := together(callers, func(i int) error {
		for n := range times {
			b := store.Batch{Ops: put(fmt.Sprintf("left/%d/%d", i, n), "", fmt.Sprintf("right/%d/%d", i, n), "")}
			var want error
			if i%2 == 1 {
				b.Guards, want = []store.Guard{{Key: "taken"}}, store.ErrConflict
			}
			if _, err := s.Commit(t.Context(), b); !errors.Is(err, want) {
				return fmt.Errorf("caller %d: %v, want %v", i, err, want)
			}
		}
		return nil
	})
	if err := errors.Join(results...); err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"left/", "right/"} {
		recs := scan(t, s, side, side+"~", callers*times)
		if len(recs) != callers/2*times {
			t.Errorf("%s: %d records, want %d", side, len(recs), callers/2*times)
		}
		for _, rec := range recs {
			var i, n int
			if fmt.Sscanf(strings.TrimPrefix(rec.Key, side), "%d/%d", &i, &n); i%2 == 1 {
				t.Errorf("%s was written although its guard failed", rec.Key)
			}
		}
	}
}

func closes(t *testing.T, open Open) {
	s, err := open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	results := together(8, func(i int) error { // whoever still commits gets an answer
		for n := 0; ; n++ {
			if i == 0 && n == 10 {
				return s.Close()
			}
			if _, err := s.Commit(t.Context(), store.Batch{Ops: put(fmt.Sprintf("%d/%d", i, n), "")}); err != nil {
				return err
			}
		}
	})
	for i, err := range results {
		if want := map[bool]error{true: nil, false: store.ErrClosed}[i == 0]; !errors.Is(err, want) {
			t.Errorf("caller %d: %v, want %v", i, err, want)
		}
	}
	_, _, getErr := s.Get(t.Context(), "a")
	_, scanErr := s.Scan(t.Context(), "", "", 1)
	_, commitErr := s.Commit(t.Context(), store.Batch{})
	for _, err := range []error{getErr, scanErr, commitErr, s.Backup(t.Context(), io.Discard)} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%v, want %v", err, store.ErrClosed)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// together runs f n times at once and gathers what each said.
func together(n int, f func(i int) error) []error {
	results := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { results[i] = f(i) })
	}
	all.Wait()
	return results
}
