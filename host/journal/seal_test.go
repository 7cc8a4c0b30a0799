package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

func openSeal(t *testing.T, path string) *Seal {
	t.Helper()
	s, err := OpenSeal(path, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedValuesOpenOnlyWhereTheyBelong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "patchbay.key")
	plain := []byte("candidate: Ada Lovelace")
	sealed, err := openSeal(t, path).Seal("case/1", plain)
	if err != nil {
		t.Fatal(err)
	}
	if sealed[0] != 1 || bytes.Contains(sealed, []byte("Ada")) {
		t.Fatalf("format %d, %q", sealed[0], sealed)
	}
	s, err := OpenSeal(path, true) // the host has started again
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Open("case/1", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%q, %v", got, err)
	}

	for name, c := range map[string]struct {
		seal   *Seal
		key    string
		sealed []byte
		says   string
	}{
		"moved to another record": {s, "case/2", sealed, "case/2"},
		"cut off":                 {s, "case/1", sealed[:len(sealed)-1], "key id"},
		"hardly there":            {s, "case/1", sealed[:4], "4 bytes"},
		"nothing":                 {s, "case/1", nil, "0 bytes"},
		"never sealed":            {s, "case/1", []byte(`{"name": "Ada"}`), "format 123"},
		"of a later patchbay":     {s, "case/1", append([]byte{2}, sealed[1:]...), "format 2, this patchbay knows 1"},
		"of another key file":     {openSeal(t, filepath.Join(t.TempDir(), "patchbay.key")), "case/1", sealed, "key id"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.seal.Open(c.key, c.sealed)
			if !errors.Is(err, ErrSeal) || got != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %v; want ErrSeal that says %q", got, err, c.says)
			}
		})
	}
	for bit := range len(sealed) * 8 {
		flipped := bytes.Clone(sealed)
		flipped[bit/8] ^= 1 << (bit % 8)
		if _, err := s.Open("case/1", flipped); !errors.Is(err, ErrSeal) {
			t.Errorf("bit %d flipped: %v", bit, err)
		}
	}
}

func TestSealingTwiceShowsNothing(t *testing.T) {
	s := openSeal(t, filepath.Join(t.TempDir(), "patchbay.key"))
	one, err := s.Seal("case/1", []byte("same"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Seal("case/1", []byte("same"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(one, two) {
		t.Error("two seals of one value are equal")
	}
}

func TestHashNamesWithoutShowing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "patchbay.key")
	s := openSeal(t, path)
	hash := s.Hash("email", "ada@example.com")
	if !regexp.MustCompile("^[0-9a-f]{32}$").MatchString(hash) {
		t.Errorf("%q", hash)
	}
	if again := openSeal(t, path).Hash("email", "ada@example.com"); again != hash {
		t.Errorf("after a restart %s, before %s", again, hash)
	}
	other := openSeal(t, filepath.Join(t.TempDir(), "patchbay.key"))
	seen := map[string]string{hash: "itself"}
	for name, h := range map[string]string{
		"another key file": other.Hash("email", "ada@example.com"),
		"moved border":     s.Hash("emaila", "da@example.com"),
		"one part":         s.Hash("emailada@example.com"),
		"an empty part":    s.Hash("email", "ada@example.com", ""),
		"no parts":         s.Hash(),
		"another value":    s.Hash("email", "bob@example.com"),
	} {
		if twin, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, twin)
		}
		seen[h] = name
	}
}

func TestKeyFileIsMadeOnceAndGuarded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "patchbay.key")
	if _, err := OpenSeal(path, true); err == nil || !strings.Contains(err.Error(), path+" is missing") {
		t.Errorf("a state without its key file: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Fatalf("a refusal left %v (%v)", entries, err)
	}

	var starts sync.WaitGroup // two first starts at once: one key file
	hashes := make([]string, 8)
	for i := range hashes {
		starts.Go(func() {
			if s, err := OpenSeal(path, false); err != nil {
				t.Error(err)
			} else {
				hashes[i] = s.Hash("x")
			}
		})
	}
	starts.Wait()
	for _, hash := range hashes {
		if hash != hashes[0] {
			t.Error("first starts at the same time took different keys")
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("beside the key file something is left: %v (%v)", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}

	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o700 | 0o010} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSeal(path, true); err == nil || !strings.Contains(err.Error(), "chmod 0600 "+path) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSeal(path, true); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

func TestDamagedKeyFileIsRefusedAndNotShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "patchbay.key")
	openSeal(t, path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`"value": ?"([^"]+)"`).FindSubmatch(text)
	if secret == nil {
		t.Fatalf("no key material in %s", text)
	}
	for name, damaged := range map[string][]byte{
		"empty":         nil,
		"cut off":       text[:len(text)/2],
		"without one":   []byte(`{"seal": {}, "hash": {}}`),
		"key too short": bytes.Replace(text, secret[1], secret[1][4:], 1),
		"not a key":     bytes.Replace(text, secret[1], []byte("%%"), 1),
		"of no primary": bytes.ReplaceAll(text, []byte("primaryKeyId"), []byte("otherKeyId")),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenSeal(path, true)
			if err == nil || !strings.Contains(err.Error(), path+" is damaged") {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), string(secret[1][4:12])) {
				t.Errorf("%v shows the key", err)
			}
		})
	}
}
