package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/store"
)

// crash is at which commit a host dies, from 1; 0: it lives.
type crash struct {
	at       int
	kept     bool  // that commit is durable, and nobody hears of it
	survives error // it does not die: the commit fails with this, and nothing is written
}

var errDied = errors.New("the host is dead")

// disk is a store that a host can die on: from then on it neither reads nor writes. It also notices a host that runs in circles.
type disk struct {
	store.Store
	crash
	t *testing.T

	mu      sync.Mutex
	commits int
	dead    bool
	died    chan struct{}
	instant time.Time
	reads   int // at that instant
}

// circles is more reads at one instant than any scene can need.
const circles = 3000

func (d *disk) Commit(ctx context.Context, b store.Batch) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return 0, errDied
	}
	d.commits++
	switch {
	case d.commits == d.at && d.survives != nil:
		return 0, d.survives
	case d.commits == d.at && !d.kept:
		d.die()
		return 0, errDied
	}
	ver, err := d.Store.Commit(ctx, b)
	if d.commits == d.at {
		d.die()
		return 0, errDied
	}
	return ver, err
}

func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.commits
}

// kill has the host die now.
func (d *disk) kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.dead {
		d.die()
	}
}

func (d *disk) die() {
	d.dead = true
	close(d.died)
}

func (d *disk) Get(ctx context.Context, key string) (store.Rec, bool, error) {
	if d.looks() {
		return store.Rec{}, false, errDied
	}
	return d.Store.Get(ctx, key)
}

func (d *disk) Scan(ctx context.Context, from, to string, limit int) ([]store.Rec, error) {
	if d.looks() {
		return nil, errDied
	}
	return d.Store.Scan(ctx, from, to, limit)
}

// looks counts a read, and tells whether the host is dead.
func (d *disk) looks() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); !now.Equal(d.instant) {
		d.instant, d.reads = now, 0
	}
	if d.reads++; d.reads == circles && !d.dead {
		d.t.Error("the host runs in circles")
		d.die()
	}
	return d.dead
}
