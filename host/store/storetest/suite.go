// Package storetest is the one suite that every store must pass.
//
// [Suite] is called from a test of the store. It opens stores in folders of its own, races them, closes them, and kills processes that use
// them: for that it runs the test binary again, in which the same test then plays the process to be killed.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/patchbay-dev/patchbay/host/store"
)

// Open opens the store whose data is in dir, or makes it there.
type Open func(dir string) (store.Store, error)

// Restore puts a backup into dir, which is empty, for Open to find.
type Restore func(dir string, backup io.Reader) error

// Suite holds a store to its promises.
func Suite(t *testing.T, open Open, restore Restore) {
	for _, promise := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"what is committed is read", reads},
		{"a guard that fails leaves everything as it was", guards},
		{"versions are never used again", versions},
		{"of many that make the same key one succeeds", races},
		{"of many that change the same key none is overwritten", counts},
		{"neighbours in a group do not share a fate", neighbours},
		{"a scan is ordered, bounded and of one moment", scans},
		{"batches have limits", limits},
		{"whoever listens gets a hint", hints},
		{"a cancelled caller changes nothing", cancels},
		{"a closed store says so", closes},
		{"nothing acknowledged is lost to SIGKILL", kills},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.test(t, open) })
	}
	t.Run("a backup is of one moment and opens", func(t *testing.T) { backs(t, open, restore) })
}

// fresh is an empty store that the test closes.
func fresh(t *testing.T, open Open) store.Store { return at(t, open, t.TempDir()) }

func at(t *testing.T, open Open, dir string) store.Store {
	t.Helper()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// put makes ops of pairs key, value.
func put(pairs ...string) (ops []store.Op) {
	for pair := range slices.Chunk(pairs, 2) {
		ops = append(ops, store.Op{Key: pair[0], Val: []byte(pair[1])})
	}
	return ops
}

func commit(t *testing.T, s store.Store, want error, b store.Batch) {
	t.Helper()
	if _, err := s.Commit(t.Context(), b); !errors.Is(err, want) {
		t.Fatalf("Commit: %v, want %v", err, want)
	}
}

func get(t *testing.T, s store.Store, key string) (store.Rec, bool) {
	t.Helper()
	rec, found, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return rec, found
}

func scan(t *testing.T, s store.Store, from, to string, limit int) []store.Rec {
	t.Helper()
	recs, err := s.Scan(t.Context(), from, to, limit)
	if err != nil {
		t.Fatal(err)
	}
	return recs
}

// content is all records as "key=value".
func content(t *testing.T, s store.Store) (all []string) {
	t.Helper()
	for _, rec := range scan(t, s, "", "", 1<<20) {
		all = append(all, rec.Key+"="+string(rec.Val))
	}
	return all
}

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
}

func reads(t *testing.T, open Open) {
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, nil, store.Batch{Ops: put("b", "1", "a", "2", "empty", "", "a", "3")})
	commit(t, s, nil, store.Batch{Ops: []store.Op{{Key: "b"}, {Key: "never there"}}})
	commit(t, s, nil, store.Batch{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = at(t, open, dir)
	same(t, content(t, s), []string{"a=3", "empty="})
	if rec, found := get(t, s, "empty"); !found || rec.Val == nil {
		t.Errorf("an empty value is not a missing one: %+v, found %t", rec, found)
	}
	if rec, found := get(t, s, "b"); found {
		t.Errorf("a deleted record is still there: %+v", rec)
	}
	commit(t, s, nil, store.Batch{Ops: put("big", strings.Repeat("v", 1<<16))})
	rec, _ := get(t, s, "big")
	rec.Val[0] = 'x' // the reader's own
	if rec, _ := get(t, s, "big"); rec.Val[0] != 'v' {
		t.Error("a reader can change what the store has")
	}
}

func guards(t *testing.T, open Open) {
	s := fresh(t, open)
	commit(t, s, nil, store.Batch{Guards: []store.Guard{{Key: "a"}}, Ops: put("a", "1", "b", "1")})
	a, _ := get(t, s, "a")
	b, _ := get(t, s, "b")
	for name, guards := range map[string][]store.Guard{
		"must not exist":         {{Key: "a"}},
		"another version":        {{Key: "a", Ver: a.Ver + 1000}},
		"must exist":             {{Key: "c", Ver: a.Ver}},
		"one of several":         {{Key: "a", Ver: a.Ver}, {Key: "b", Ver: b.Ver + 1000}},
		"a version of its twin":  {{Key: "a", Ver: b.Ver + a.Ver}},
		"one of several is gone": {{Key: "b", Ver: b.Ver}, {Key: "c", Ver: b.Ver}},
	} {
		t.Run(name, func(t *testing.T) {
			commit(t, s, store.ErrConflict, store.Batch{Guards: guards, Ops: append(put("a", "2", "new", "2"), store.Op{Key: "b"})})
			commit(t, s, store.ErrConflict, store.Batch{Guards: guards})
			same(t, content(t, s), []string{"a=1", "b=1"})
		})
	}
	commit(t, s, nil, store.Batch{Guards: []store.Guard{{Key: "a", Ver: a.Ver}, {Key: "c"}, {Key: "b", Ver: b.Ver}}, Ops: put("a", "2")})
	commit(t, s, store.ErrConflict, store.Batch{Guards: []store.Guard{{Key: "a", Ver: a.Ver}}, Ops: put("a", "3")})
	same(t, content(t, s), []string{"a=2", "b=1"})
}

func versions(t *testing.T, open Open) {
	dir := t.TempDir()
	seen := map[int64]bool{}
	for range 3 {
		s, err := open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			ver, err := s.Commit(t.Context(), store.Batch{Ops: put("a", "1", "b", "1", "a", "2")})
			if err != nil || ver <= 0 || seen[ver] {
				t.Fatalf("version %d, %v; it was used before: %t", ver, err, seen[ver])
			}
			seen[ver] = true
			for _, rec := range scan(t, s, "", "", 10) {
				if rec.Ver != ver {
					t.Fatalf("%s has version %d, and its commit told %d", rec.Key, rec.Ver, ver)
				}
			}
			old, _ := get(t, s, "a")
			commit(t, s, nil, store.Batch{Ops: []store.Op{{Key: "a"}}})
			commit(t, s, nil, store.Batch{Ops: put("a", "1")})
			commit(t, s, store.ErrConflict, store.Batch{Guards: []store.Guard{{Key: "a", Ver: old.Ver}}, Ops: put("a", "2")})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func scans(t *testing.T, open Open) {
	s := fresh(t, open)
	commit(t, s, nil, store.Batch{Ops: put("a", "", "a\x00", "", "a/1", "", "a/2", "", "b", "", "\xff", "", "é", "")})
	keys := func(from, to string, limit int) (keys []string) {
		for _, rec := range scan(t, s, from, to, limit) {
			keys = append(keys, rec.Key)
		}
		return keys
	}
	same(t, keys("", "", 100), []string{"a", "a\x00", "a/1", "a/2", "b", "é", "\xff"})
	same(t, keys("a/", "a0", 100), []string{"a/1", "a/2"})
	same(t, keys("a", "a/2", 100), []string{"a", "a\x00", "a/1"})
	same(t, keys("a\x00", "", 2), []string{"a\x00", "a/1"})
	same(t, keys("b", "a", 100), nil)
	same(t, keys("", "", 0), nil)

	// A coin wanders between two keys; every page must show exactly one.
	commit(t, s, nil, store.Batch{Ops: put("coin/a", "here")})
	ctx, stop := context.WithCancel(t.Context())
	var wanderer sync.WaitGroup
	wanderer.Go(func() {
		for from, to := "coin/a", "coin/b"; ctx.Err() == nil; from, to = to, from {
			if _, err := s.Commit(ctx, store.Batch{Ops: append(put(to, "here"), store.Op{Key: from})}); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	for range 500 {
		if coins := scan(t, s, "coin/", "coin0", 10); len(coins) != 1 {
			t.Errorf("a page shows %d coins", len(coins))
			break
		}
	}
	stop()
	wanderer.Wait()
}

func limits(t *testing.T, open Open) {
	s := fresh(t, open)
	long := strings.Repeat("k", store.MaxKey)
	ops := func(n int) (ops []store.Op) {
		for i := range n {
			ops = append(ops, put(fmt.Sprintf("op/%03d", i), "v")...)
		}
		return ops
	}
	for _, c := range []struct {
		name string
		want error
		b    store.Batch
	}{
		{"as many guards as may be", nil, store.Batch{Guards: absent(store.MaxGuards)}},
		{"a guard more", store.ErrBatch, store.Batch{Guards: absent(store.MaxGuards + 1), Ops: put("x", "")}},
		{"as many ops as may be", nil, store.Batch{Ops: ops(store.MaxOps)}},
		{"an op more", store.ErrBatch, store.Batch{Ops: append(ops(store.MaxOps), put("x", "")...)}},
		{"as many bytes as may be", nil, store.Batch{Ops: put("big", strings.Repeat("v", store.MaxBytes-len("big")))}},
		{"a byte more", store.ErrBatch, store.Batch{Ops: put("x", strings.Repeat("v", store.MaxBytes))}},
		{"the longest key", nil, store.Batch{Guards: []store.Guard{{Key: long}}, Ops: put(long, "")}},
		{"a longer key", store.ErrBatch, store.Batch{Ops: put("x", "", "x"+long, "")}},
		{"no key", store.ErrBatch, store.Batch{Ops: put("x", "", "", "")}},
		{"a guard without a key", store.ErrBatch, store.Batch{Guards: []store.Guard{{}}, Ops: put("x", "")}},
	} {
		t.Run(c.name, func(t *testing.T) { commit(t, s, c.want, c.b) })
	}
	if rec, found := get(t, s, "x"); found {
		t.Errorf("a refused batch left %+v", rec)
	}
	if got := len(content(t, s)); got != store.MaxOps+2 {
		t.Errorf("%d records, want %d", got, store.MaxOps+2)
	}
}

func absent(n int) (guards []store.Guard) {
	for i := range n {
		guards = append(guards, store.Guard{Key: fmt.Sprintf("absent/%d", i)})
	}
	return guards
}

func hints(t *testing.T, open Open) {
	s := fresh(t, open)
	one, two, other := s.Changed("queue/"), s.Changed("queue/a"), s.Changed("case/")
	commit(t, s, nil, store.Batch{Ops: put("queue/a", "1")})
	commit(t, s, nil, store.Batch{Ops: put("queue/a", "2")}) // nobody has taken the first hint, and nobody waits for that
	<-one
	<-two
	commit(t, s, nil, store.Batch{Ops: []store.Op{{Key: "case/1"}, {Key: "queue/a"}}})
	<-one
	<-two
	<-other
}

func cancels(t *testing.T, open Open) {
	s := fresh(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Commit(ctx, store.Batch{Ops: put("a", "1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit: %v", err)
	}
	if _, _, err := s.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Scan(ctx, "", "", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan: %v", err)
	}
	if err := s.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("Backup: %v", err)
	}
	same(t, content(t, s), nil)
}

func backs(t *testing.T, open Open, restore Restore) {
	s := fresh(t, open)
	commit(t, s, nil, store.Batch{Ops: put("left", "0", "right", "0")})
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			if _, err := s.Commit(ctx, store.Batch{Ops: put("left", fmt.Sprint(n), "right", fmt.Sprint(n))}); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	var last int64
	for range 10 {
		var backup bytes.Buffer
		if err := s.Backup(t.Context(), &backup); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := restore(dir, &backup); err != nil {
			t.Fatal(err)
		}
		copied := at(t, open, dir)
		recs := scan(t, copied, "", "", 10)
		if len(recs) != 2 || !bytes.Equal(recs[0].Val, recs[1].Val) {
			t.Fatalf("not of one moment: %v", recs)
		}
		if recs[0].Ver < last {
			t.Fatalf("a later backup is older: version %d after %d", recs[0].Ver, last)
		}
		last = recs[0].Ver
		commit(t, copied, nil, store.Batch{Ops: put("new", "")})
		if rec, _ := get(t, copied, "new"); rec.Ver <= recs[1].Ver {
			t.Fatalf("the copy uses version %d again, it had %d", rec.Ver, recs[1].Ver)
		}
	}
	stop()
	writer.Wait()
	if err := s.Backup(t.Context(), full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a backup that could not be written: %v", err)
	}
}

// full takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
