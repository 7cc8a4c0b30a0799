package key_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

var at = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const conn = "ats.greenhouse"

func opened(t *testing.T) *journal.Journal {
	t.Helper()
	dir := t.TempDir()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return journal.New(st, seal)
}

func made(t *testing.T, j *journal.Journal) key.Made {
	t.Helper()
	m, err := key.Create(t.Context(), j, conn, at)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Two keys are valid while one replaces the other; a third would be one that nobody uses.
func TestTwoKeysAreValidWhileOneReplacesTheOther(t *testing.T) {
	j := opened(t)
	first := made(t, j)
	if n := len(first.Secret); n < 32 || n >= 171 || strings.ContainsAny(first.Secret, ":/+= ") {
		t.Errorf("a key of %d characters", n)
	}
	second := made(t, j)
	if first.Secret == second.Secret || first.ID == second.ID {
		t.Error("the same key twice")
	}
	if _, err := key.Create(t.Context(), j, conn, at); err == nil || !strings.Contains(err.Error(), first.ID+" and "+second.ID) {
		t.Errorf("a third: %v", err)
	}
	if err := key.Retire(t.Context(), j, conn, "none"); err == nil || !strings.Contains(err.Error(), first.ID) {
		t.Errorf("an unknown one: %v", err)
	}
	if err := key.Retire(t.Context(), j, conn, first.ID); err != nil {
		t.Fatal(err)
	}
	left, err := key.List(t.Context(), j, conn)
	if err != nil || len(left) != 1 || left[0] != second.Info {
		t.Errorf("%v %v", left, err)
	}
	if other, err := key.List(t.Context(), j, "ats.other"); err != nil || len(other) != 0 {
		t.Errorf("another connection's: %v %v", other, err)
	}
	kept, err := j.Secrets(t.Context(), conn)
	if said := fmt.Sprintf("%v %+v %#v %v", kept, kept, kept.Keys, left); err != nil || strings.Contains(said, second.Secret) {
		t.Errorf("a key is told: %s %v", said, err)
	}
}

// The older key is presented until the product refuses it, then the newer.
func TestRing(t *testing.T) {
	j := opened(t)
	ring := &key.Ring{Conn: conn, Vault: j, Configured: []string{"configured"}}
	want := func(secret string) {
		t.Helper()
		if got, err := ring.Token(t.Context()); err != nil || got != secret {
			t.Errorf("presents another key (%v)", err)
		}
	}
	want("configured")
	if err := ring.Refused(t.Context(), "configured"); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("the only key refused: %v", err)
	}
	first, second := made(t, j), made(t, j)
	want(first.Secret)
	for _, next := range []string{second.Secret, "configured"} {
		old, err := ring.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := ring.Refused(t.Context(), old); err != nil {
			t.Errorf("one of three refused: %v", err)
		}
		want(next)
	}
	if err := ring.Refused(t.Context(), "configured"); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("all refused: %v", err)
	}
	want(first.Secret) // and so on, one a call
	if err := key.Retire(t.Context(), j, conn, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := ring.Refused(t.Context(), first.Secret); err != nil {
		t.Errorf("one that was retired on its way: %v", err)
	}
	want(second.Secret)
	check := &key.Ring{Conn: conn}
	if got, err := check.Token(t.Context()); got != "" || err != nil {
		t.Errorf("who is not the host has %q, %v", got, err)
	}
}
