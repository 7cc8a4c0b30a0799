package storetest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/host/store"
)

// victimDir is set in the process to be killed: where its store is.
const victimDir = "STORETEST_VICTIM_DIR"

const deaths, victims = 25, 8

// kills starts the test binary again, which commits and says so, and kills it somewhere in the middle. Each time everything it had said
// must be there, whole. No death is the same: the number of acknowledgements after which it comes is drawn.
func kills(t *testing.T, open Open) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(t, open, dir)
		return
	}
	dir := t.TempDir()
	said := map[string]bool{}
	for death := range deaths {
		before := len(said)
		run(t, dir, said, 1+rand.IntN(300))
		if len(said) == before {
			t.Fatalf("death %d: the victim said nothing", death)
		}
		verify(t, open, dir, said)
	}
}

// run has a victim commit until it has acknowledged enough, kills it, and adds what it said.
func run(t *testing.T, dir string, said map[string]bool, enough int) {
	t.Helper()
	parts := strings.Split(t.Name(), "/")
	for i := range parts {
		parts[i] = "^" + regexp.QuoteMeta(parts[i]) + "$"
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", strings.Join(parts, "/"))
	cmd.Env = append(os.Environ(), victimDir+"="+dir, "GOCOVERDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var odd []string
	for lines, n := bufio.NewScanner(out), 0; lines.Scan(); {
		key, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		if !ok {
			odd = append(odd, lines.Text())
			continue
		}
		said[key] = true
		if n++; n == enough {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		} // what it said before it died still comes
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the victim ended by itself: %v\n%s", err, strings.Join(odd, "\n"))
	}
}

// verify opens what the victims left.
func verify(t *testing.T, open Open, dir string, said map[string]bool) {
	t.Helper()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	twin, user := map[string]string{}, map[int64]string{}
	for _, rec := range scan(t, s, "", "", 1<<20) {
		side, key, _ := strings.Cut(rec.Key, "/")
		if u := user[rec.Ver]; u != "" && u != key {
			t.Fatalf("version %d was used twice", rec.Ver)
		}
		user[rec.Ver] = key
		twin[key] += side
		if string(rec.Val) != strings.Repeat(key, 50) {
			t.Fatalf("%s has another value", rec.Key)
		}
	}
	for key := range said {
		if twin[key] == "" {
			t.Fatalf("%s was acknowledged and is lost", key)
		}
	}
	for key, sides := range twin {
		if sides != "leftright" {
			t.Fatalf("of %s only %s is there", key, sides)
		}
	}
}

// victim commits from several callers for ever: each time two records, new ones.
func victim(t *testing.T, open Open, dir string) {
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	together(victims, func(i int) error {
		for n := 0; ; n++ {
			key := fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n)
			val := strings.Repeat(key, 50)
			b := store.Batch{Guards: []store.Guard{{Key: "left/" + key}}, Ops: put("left/"+key, val, "right/"+key, val)}
			if _, err := s.Commit(t.Context(), b); err != nil {
				t.Error(err)
				return err
			}
			fmt.Printf("acknowledged %s\n", key)
		}
	})
}
