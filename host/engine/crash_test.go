package engine_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/engine"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// mortal is a store whose host dies at the n-th commit: before it is written, or after. Nothing is committed from then on.
type mortal struct {
	store.Store
	mu      sync.Mutex
	left    int
	written bool
	died    chan struct{}
}

var errDead = errors.New("the host is dead")

func (m *mortal) Commit(ctx context.Context, b store.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.left--; {
	case m.left > 0:
		return m.Store.Commit(ctx, b)
	case m.left == 0:
		defer close(m.died)
		if m.written {
			_ = m.Store.Commit(ctx, b)
		}
	}
	return errDead
}

// live plays one candidate's life: moved, invited, scored; each webhook comes again until the end, as senders do.
func (p *products) live(t *testing.T, died <-chan struct{}) func(*journal.Journal, *engine.Engine) {
	return func(j *journal.Journal, e *engine.Engine) {
		for range 40 {
			tell(t.Context(), j, e, "ats.lever", sdk.Event{ID: "moved", Kind: sdk.KindMoved, At: start, Application: "a1"})
			p.mu.Lock()
			remote := ""
			for _, r := range p.sent {
				remote = r
			}
			p.mu.Unlock()
			if remote != "" {
				tell(t.Context(), j, e, "vendor.alva", sdk.Event{ID: "scored", Kind: sdk.KindScored, At: start.Add(time.Hour), Invitation: remote,
					Result: &sdk.Result{Revision: "1", Final: true, Score: score(), Summary: "fine"}})
			}
			select {
			case <-died:
				return
			case <-time.After(time.Minute):
			}
		}
	}
}

// Whatever commit the host dies at, and whether it was written or not: in the end she has one mail, one note, one link, and the right tags.
func TestDeathAtEveryCommit(t *testing.T) {
	deaths := 0
	for _, written := range []bool{false, true} {
		for n := 1; ; n++ {
			died := false
			t.Run(fmt.Sprintf("commit %d, written %t", n, written), func(t *testing.T) {
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) {
					p := newProducts()
					seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
					if err != nil {
						t.Fatal(err)
					}
					bolt, err := store.OpenBolt(filepath.Join(dir, "state.db"))
					if err != nil {
						t.Fatal(err)
					}
					defer bolt.Close()
					m := &mortal{Store: bolt, left: n, written: written, died: make(chan struct{})}
					p.run(t, m, seal, p.live(t, m.died))
					select {
					case <-m.died:
						died = true
					default:
					}
					p.run(t, bolt, seal, p.live(t, nil))
					if diff := cmp.Diff(finished, p.see()); diff != "" {
						t.Error(diff)
					}
				})
			})
			if !died {
				break
			}
			deaths++
		}
	}
	if deaths < 10 {
		t.Errorf("the host died %d times only: the life is too short for this test", deaths)
	}
}
