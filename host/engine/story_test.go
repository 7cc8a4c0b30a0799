package engine_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/engine"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// A trouble is what is wrong with calls, by their number: the writes of a life meet it one after the other.
type trouble func(n int, v sdk.Verb) (applied bool, err error)

var (
	errLost  = errors.New("the answer was lost")
	troubles = map[string]trouble{
		"every first attempt is lost after it was applied": func(n int, _ sdk.Verb) (bool, error) { return true, odd(n, errLost) },
		"every first attempt is lost before it is applied": func(n int, _ sdk.Verb) (bool, error) { return false, odd(n, errLost) },
		"every first attempt comes too early":              func(n int, _ sdk.Verb) (bool, error) { return false, odd(n, sdk.Later(time.Minute, errors.New("429"))) },
		"the credential is revoked for a while":            func(n int, _ sdk.Verb) (bool, error) { return false, odd(n, sdk.ErrDisconnected) },
	}
)

func odd(n int, err error) error {
	if n%2 == 1 {
		return err
	}
	return nil
}

func (t trouble) in(p *products) {
	n := map[sdk.Verb]int{}
	p.broken = func(v sdk.Verb) (bool, error) {
		n[v]++
		return t(n[v], v)
	}
}

// calm plays on one state without anybody dying, and returns what is seen in the end.
func (p *products) calm(t *testing.T, dir string, during func(*journal.Journal, *engine.Engine)) {
	t.Helper()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	bolt, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer bolt.Close()
	p.run(t, bolt, seal, during)
}

var finished = sight{Mails: 1, Invitations: 1, Notes: 1, Links: 1, Tags: []string{"Alva: Completed", "Alva: High role fit"}, Stage: "Interview"}

func TestEveryTroubleEndsWell(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				p := newProducts()
				trouble.in(p)
				p.calm(t, dir, p.live(t, nil))
				if diff := cmp.Diff(finished, p.see()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// What the vendor tells of one invitation, in every order: the outcome is the same.
func TestEveryOrderOfWhatTheVendorTells(t *testing.T) {
	told := []sdk.Event{
		{ID: "sent", Kind: sdk.KindInvited}, {ID: "started", Kind: sdk.KindStarted},
		{ID: "partial", Kind: sdk.KindScored, Result: &sdk.Result{Revision: "1", Score: score()}},
		{ID: "final", Kind: sdk.KindScored, Result: &sdk.Result{Revision: "2", Final: true, Score: score()}},
	}
	for i := range told {
		told[i].At, told[i].Invitation = start.Add(time.Duration(i)*time.Minute), "r1"
	}
	permute(told, func(order []sdk.Event) {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			p := newProducts()
			p.calm(t, dir, func(j *journal.Journal, e *engine.Engine) {
				tell(t.Context(), j, e, "ats.lever", sdk.Event{ID: "moved", Kind: sdk.KindMoved, At: start, Application: "a1"})
				for _, ev := range order {
					tell(t.Context(), j, e, "vendor.alva", ev)
				}
				time.Sleep(time.Hour)
			})
			if diff := cmp.Diff(finished, p.see()); diff != "" {
				t.Errorf("in the order %v:\n%s", order, diff)
			}
		})
	})
}

// An ATS may send its webhook before its own reads show what the webhook says. One that never shows it is believed in the end.
func TestAWebhookThatIsFasterThanTheTruth(t *testing.T) {
	for lag, mails := range map[int]int{0: 1, 1: 1, 3: 1, 1000: 0} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			p := newProducts()
			p.lag = lag
			p.calm(t, dir, func(j *journal.Journal, e *engine.Engine) {
				tell(t.Context(), j, e, "ats.lever", sdk.Event{ID: "moved", Kind: sdk.KindMoved, At: start, Application: "a1", Stage: pipeline[1].ID})
				time.Sleep(time.Hour)
				left, err := j.Waiting(t.Context(), journal.Subject{Conn: "ats.lever", ID: "a1"}, 10)
				if err != nil || len(left) != 0 {
					t.Errorf("lag %d: %d events wait for ever, %v", lag, len(left), err)
				}
			})
			if got := p.see().Mails; got != mails {
				t.Errorf("lag %d: %d mails, want %d", lag, got, mails)
			}
		})
	}
}

func permute[T any](all []T, f func([]T)) {
	var swap func(int)
	swap = func(n int) {
		if n == len(all) {
			f(slices.Clone(all))
			return
		}
		for i := n; i < len(all); i++ {
			all[n], all[i] = all[i], all[n]
			swap(n + 1)
			all[n], all[i] = all[i], all[n]
		}
	}
	swap(0)
}

// Leaving and coming back invites again after a bounce, and only then.
func TestComingBack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		then  *sdk.Event
		mails int
	}{
		{"while the invitation is live", nil, 1},
		{"after a bounce", &sdk.Event{ID: "b", Kind: sdk.KindBounced, At: start.Add(time.Minute), Invitation: "r1"}, 2},
		{"after it was declined", &sdk.Event{ID: "d", Kind: sdk.KindDeclined, At: start.Add(time.Minute), Invitation: "r1"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				p := newProducts()
				p.calm(t, dir, func(j *journal.Journal, e *engine.Engine) {
					moved := func(id string, stage sdk.Stage, at time.Time) {
						p.mu.Lock()
						p.app.Stage, p.app.StageSince = stage, at
						p.mu.Unlock()
						tell(t.Context(), j, e, "ats.lever", sdk.Event{ID: id, Kind: sdk.KindMoved, At: at, Application: "a1"})
						time.Sleep(time.Hour)
					}
					moved("in", pipeline[1], start)
					if tt.then != nil {
						tell(t.Context(), j, e, "vendor.alva", *tt.then)
						time.Sleep(time.Hour)
					}
					moved("out", pipeline[0], start.Add(2*time.Minute))
					moved("back", pipeline[1], start.Add(3*time.Minute))
					moved("repeated", pipeline[1], start.Add(3*time.Minute))
				})
				if got := p.see().Mails; got != tt.mails {
					t.Errorf("%d mails, want %d", got, tt.mails)
				}
			})
		})
	}
}

// A write that can neither be looked for nor repeated waits for a person, who has four words for it; nobody moves without the evidence.
func TestWhatAPersonSays(t *testing.T) {
	for word, want := range map[string]struct {
		in    effect.Input
		notes int
		stage string
	}{
		"nothing": {nil, 0, "Assessment"},
		"confirm": {effect.Confirm{}, 0, "Assessment"}, // the move was parked with it, and waits for its own word
		"deny":    {effect.Deny{}, 1, "Assessment"},
		"drop":    {effect.Drop{Reason: "enough"}, 0, "Assessment"},
	} {
		t.Run(word, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				p := newProducts()
				p.notePromise = sdk.Promise{Repeat: sdk.Never}
				n := 0
				p.broken = func(v sdk.Verb) (bool, error) {
					if v != sdk.VerbNote {
						return false, nil
					}
					n++
					return false, odd(n, errLost)
				}
				p.calm(t, dir, func(j *journal.Journal, e *engine.Engine) {
					p.live(t, nil)(j, e)
					if want.in == nil {
						return
					}
					key := parked(t, j, sdk.VerbNote)
					if _, err := e.Act(t.Context(), key, word, want.in, "because"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Hour)
				})
				if got := p.see(); got.Notes != want.notes || got.Stage != want.stage || got.Mails != 1 {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func parked(t *testing.T, j *journal.Journal, v sdk.Verb) (key sdk.Key) {
	t.Helper()
	err := j.Cases(t.Context(), func(c *journal.Case) error {
		for _, f := range c.Effects {
			if f.Verb == v && f.Parked() {
				key = f.Effect.Key
			}
		}
		return nil
	})
	if err != nil || key == "" {
		t.Fatalf("no %s is parked: %v", v, err)
	}
	return key
}
