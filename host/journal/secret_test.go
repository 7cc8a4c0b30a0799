package journal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestSecretsAreChangedOneAfterAnother(t *testing.T) {
	j := opened(t)
	if s := must(j.Secrets(t.Context(), "ats.lever")); s.Grant.Client != "" || s.Hooks != nil || s.Keys != nil {
		t.Fatal("there are secrets of nobody")
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := j.ChangeSecrets(t.Context(), "ats.lever", func(s *Secrets) error {
				s.Hooks = append(s.Hooks, sdk.Hook{ID: fmt.Sprint(i), Secret: "whsec"})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := must(j.Secrets(t.Context(), "ats.lever"))
	if len(s.Hooks) != 20 {
		t.Errorf("%d of 20 changes are there", len(s.Hooks))
	}
	no := errors.New("no")
	if _, err := j.ChangeSecrets(t.Context(), "ats.lever", func(s *Secrets) error { s.Hooks = nil; return no }); err != no {
		t.Errorf("%v", err)
	}
	if s := must(j.Secrets(t.Context(), "ats.lever")); len(s.Hooks) != 20 {
		t.Error("a change that was refused was kept")
	}
}

// Secrets are sealed in the file, and print nothing.
func TestSecretsAreSealed(t *testing.T) {
	j := opened(t)
	s := must(j.ChangeSecrets(t.Context(), "ats.lever", func(s *Secrets) error {
		s.Grant, s.Keys = Grant{Client: "app", Access: "xyzzy-access", Refresh: "xyzzy-refresh"}, []Key{{ID: "k", Secret: "xyzzy-key"}}
		return nil
	}))
	rec, ok, err := j.store.Get(t.Context(), key(secrets, "ats.lever"))
	if err != nil || !ok || bytes.Contains(rec.Val, []byte("xyzzy")) {
		t.Errorf("in the clear: %v %v", ok, err)
	}
	if said := fmt.Sprintf("%v %+v %#v %s %v %v", s, s, s, s.Grant, s.Keys, &s.Keys[0]); strings.Contains(said, "xyzzy") {
		t.Errorf("told: %s", said)
	}
}
