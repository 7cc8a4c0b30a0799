// Package store remembers, in bytes: Get, Scan, Commit; BoltDB today; one suite every store must pass.
package store

import (
	"context"
	"errors"
	"io"
)

// Rec is one record as read. Ver changes with every write of the key and is unique over the store's life.
type Rec struct {
	Key string
	Val []byte
	Ver int64
}

// Guard is a condition of a Batch: the key is still at Ver; Ver 0: the key does not exist.
type Guard struct {
	Key string
	Ver int64
}

// Op is one change of a Batch; a nil Val deletes.
type Op struct {
	Key string
	Val []byte
}

// Batch is all or nothing: at most 64 guards, 64 ops and 1 MiB.
type Batch struct {
	Guards []Guard
	Ops    []Op
}

// ErrConflict: a guard did not hold; nothing was written.
var ErrConflict = errors.New("a guard did not hold")

// Store is what every engine offers.
type Store interface {
	Get(ctx context.Context, key string) (Rec, bool, error)
	// Scan returns records with from <= key < to in byte order, at most limit; the page is one snapshot. An empty to has no end.
	Scan(ctx context.Context, from, to string, limit int) ([]Rec, error)
	// Commit returns nil when b is durable, ErrConflict when nothing was written, and anything else when the outcome is unknown: read
	// before acting.
	Commit(ctx context.Context, b Batch) error
	// Changed hints that a key under prefix was committed: late, spurious, never a promise.
	Changed(prefix string) <-chan struct{}
	// Backup writes a consistent copy while the store is in use.
	Backup(ctx context.Context, w io.Writer) error
	Close() error
}
