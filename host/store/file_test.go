package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/patchbay-dev/patchbay/host/store"
)

func open(t *testing.T, path string) *store.Bolt {
	t.Helper()
	s, err := store.OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fill makes a store of about a hundred pages at path, none to spare. The last of them belong to one big record.
func fill(t *testing.T, path string) {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "roomy.db"))
	for i := range 10 {
		commit(t, s, everywhere(i))
	}
	commit(t, s, []store.Op{{Key: "big", Val: make([]byte, 1<<17)}})
	for range 4 {
		commit(t, s, everywhere(10)) // the pages that bbolt steers by move to free ones before it
	}
	var pages bytes.Buffer
	if err := s.Backup(t.Context(), &pages); err != nil {
		t.Fatal(err)
	}
	content(pages.Bytes())(t, path)
}

// everywhere is a change that touches many pages.
func everywhere(i int) (ops []store.Op) {
	for j := range store.MaxOps {
		ops = append(ops, store.Op{Key: fmt.Sprintf("%d/%d", j, i), Val: bytes.Repeat([]byte{byte(i)}, 400)})
	}
	return ops
}

func commit(t *testing.T, s store.Store, ops []store.Op) {
	t.Helper()
	if _, err := s.Commit(t.Context(), store.Batch{Ops: ops}); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsPrivateAndAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("beside the file something is left: %v", entries)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, want 0600 (%v)", info.Mode(), err)
	}
}

func TestFirstStartsRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	var mu sync.Mutex
	var opened []*store.Bolt
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := store.OpenBolt(path)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				opened = append(opened, s)
			} else if !strings.Contains(err.Error(), "already running") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range opened {
		s.Close()
	}
	if len(opened) != 1 {
		t.Errorf("%d have it open at once", len(opened))
	}
}

func TestFileThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		make  func(t *testing.T, path string)
		words []string
	}{
		"open elsewhere": {func(t *testing.T, path string) { open(t, path) }, []string{"patchbay is already running on"}},
		"no folder": {func(t *testing.T, path string) {
			if err := os.Remove(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, []string{"cannot be made", "no such file"}},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"is a directory"}},
		"read-only": {func(t *testing.T, path string) {
			if os.Geteuid() == 0 {
				t.Skip("root may write everywhere")
			}
			fill(t, path)
			if err := os.Chmod(path, 0o400); err != nil {
				t.Fatal(err)
			}
		}, []string{"can be written", "permission denied"}},
		"empty":        {content(nil), []string{"damaged", "empty"}},
		"short":        {content([]byte("ELF")), []string{"damaged"}},
		"of another":   {content(bytes.Repeat([]byte("SQLite format 3\x00"), 4096)), []string{"damaged"}},
		"cut off":      {damage(func(b []byte) []byte { return b[:len(b)-4096] }), []string{"damaged", "bytes are left"}},
		"cut in two":   {damage(func(b []byte) []byte { return b[:len(b)/2] }), []string{"damaged"}},
		"no meta page": {damage(func(b []byte) []byte { return append(make([]byte, 2*4096), b[2*4096:]...) }), []string{"damaged"}},
		"no records":   {change(noRecords), []string{"damaged", "not made by patchbay"}},
		"newer":        {change(schema("2")), []string{"newer patchbay (schema 2"}},
		"older":        {change(schema("0")), []string{"older patchbay (schema 0"}},
		"no schema":    {change(schema("")), []string{"damaged", "schema number"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			c.make(t, path)
			s, err := store.OpenBolt(path)
			if err == nil {
				s.Close()
				t.Fatal("it opens")
			}
			for _, word := range append(c.words, path) {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

func content(b []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// damage fills a store and changes its bytes.
func damage(how func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		fill(t, path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content(how(b))(t, path)
	}
}

// change fills a store and changes it as bbolt allows.
func change(how func(*bolt.Tx) error) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		fill(t, path)
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(how), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func noRecords(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("records")) }

func schema(number string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte(number)) }
}

// A damaged page is an error where it is met, at the latest. It never ends the process, and never keeps Close waiting.
func TestDamageIsAnError(t *testing.T) {
	dir := t.TempDir()
	path, whole := filepath.Join(dir, "state.db"), filepath.Join(dir, "whole.db")
	fill(t, whole)
	pages, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	const pageSize, header = 4096, 16
	met := map[string]int{}
	for page := 0; page < len(pages); page += pageSize {
		for _, garbage := range []struct {
			at    int
			bytes string
		}{
			{8, "\xde\xad\xbe\xef\x00\x00\x7f\xff"},         // flags and count
			{header, "\xde\xad\xbe\xef\x00\x00\x7f\xff"},    // the first element leads out of all bounds
			{header, strings.Repeat("\x00\x00\x00\x20", 4)}, // it leads where the file is mapped and does not reach
		} {
			b := bytes.Clone(pages)
			copy(b[page+garbage.at:], garbage.bytes)
			content(b)(t, path)
			met[visit(t, path)]++
			if t.Failed() {
				t.Fatalf("page %d, %+v", page/pageSize, garbage)
			}
		}
	}
	for _, where := range []string{"opening", "reading", "writing", "nowhere"} { // nowhere: a free page, one of two meta pages
		if met[where] == 0 {
			t.Errorf("nothing was met %s: %v", where, met)
		}
	}
}

// visit tells where the damage of a file is met first.
func visit(t *testing.T, path string) (met string) {
	s, err := store.OpenBolt(path)
	if err != nil {
		return "opening"
	}
	met = "nowhere"
	if _, err := s.Commit(t.Context(), store.Batch{Ops: everywhere(11)}); err != nil {
		met = "writing"
		if _, err := s.Commit(t.Context(), store.Batch{}); !errors.Is(err, store.ErrBroken) {
			t.Errorf("after a failed commit the next one says %v", err)
		}
	}
	if _, err := s.Scan(t.Context(), "", "", 1<<20); err != nil && met == "nowhere" {
		met = "reading"
		if !strings.Contains(err.Error(), "damaged") {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return met
}

// On a full disk a commit fails and says so, the store takes no more, still reads, and what it had acknowledged is there when it is opened
// again. A limit on the size of files, in a process of its own, stands for the disk.
func TestFullDisk(t *testing.T) {
	const pathName = "STORE_TEST_FULL"
	if path := os.Getenv(pathName); path != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20 << 20, Max: 20 << 20}); err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		for n := 0; ; n++ {
			_, err := s.Commit(t.Context(), store.Batch{Ops: []store.Op{{Key: fmt.Sprintf("%06d", n), Val: make([]byte, 1<<14)}}})
			if err == nil {
				continue
			}
			if !strings.Contains(err.Error(), "outcome of a commit is unknown") || !strings.Contains(err.Error(), "file too large") {
				t.Errorf("the first failure says %v", err)
			}
			if _, err := s.Commit(t.Context(), store.Batch{Ops: []store.Op{{Key: "small", Val: []byte{}}}}); !errors.Is(err, store.ErrBroken) {
				t.Errorf("the next commit says %v", err)
			}
			if err := s.Broken(t.Context()); !errors.Is(err, store.ErrBroken) || !strings.Contains(err.Error(), "file too large") {
				t.Errorf("whoever waits for it to break is told %v", err)
			}
			if recs, err := s.Scan(t.Context(), "", "", 1<<20); len(recs) != n || err != nil {
				t.Errorf("%d of %d records can be read: %v", len(recs), n, err)
			}
			fmt.Printf("acknowledged %d\n", n)
			return
		}
	}
	path := filepath.Join(t.TempDir(), "state.db")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestFullDisk$")
	cmd.Env = append(os.Environ(), pathName+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var acknowledged int
	if _, err := fmt.Sscanf(string(out), "acknowledged %d", &acknowledged); err != nil || acknowledged == 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	s := open(t, path)
	if recs, err := s.Scan(t.Context(), "", "", 1<<20); len(recs) != acknowledged || err != nil {
		t.Errorf("%d records of %d acknowledged ones: %v", len(recs), acknowledged, err)
	}
	if _, err := s.Commit(t.Context(), store.Batch{Ops: []store.Op{{Key: "more", Val: make([]byte, 1<<14)}}}); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// A lone caller pays two fsyncs, a crowd shares them.
func TestCrowdSharesSyncs(t *testing.T) {
	for _, c := range []struct{ callers, most int64 }{{1, 2 * 20}, {32, 32 * 20 / 4}} {
		s := open(t, filepath.Join(t.TempDir(), "state.db"))
		var all sync.WaitGroup
		for i := range c.callers {
			all.Go(func() {
				for n := range 20 {
					op := store.Op{Key: fmt.Sprintf("%d/%d", i, n), Val: []byte{1}}
					if _, err := s.Commit(t.Context(), store.Batch{Ops: []store.Op{op}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		stats := s.Stats()
		if stats.Commits != c.callers*20 || stats.Syncs > c.most || stats.Syncs < 2 {
			t.Errorf("%d callers: %+v, want at most %d syncs", c.callers, stats, c.most)
		}
		before := stats.Syncs
		if _, err := s.Commit(t.Context(), store.Batch{Guards: []store.Guard{{Key: "0/0"}}}); !errors.Is(err, store.ErrConflict) {
			t.Error(err)
		}
		if got := s.Stats().Syncs; got != before {
			t.Errorf("a conflict costs %d syncs", got-before)
		}
	}
}
