// Package store remembers, in bytes: Get, Scan, Commit; BoltDB today; one suite every store must pass.
//
// A [Store] holds records: a key, a value, a version. It is read by [Store.Get] and [Store.Scan] and changed by [Store.Commit] of a
// [Batch], which names the versions it was made from; who comes second gets [ErrConflict], reads again and decides again. [Bolt] keeps it
// in one file of one process. What a Store promises is written down as tests: storetest.Suite.
//
// # Why
//
// Batches are data, not callbacks: so commits of many callers share one fsync, another engine is one round trip away, and a model checker
// can hold them. Versions come from one counter and are never reused, so no guard outlives a record that was deleted and made again.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Rec is one record as read. Ver is that of the commit that wrote it; no two commits of a store's life have the same.
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

// Batch is all or nothing, its ops in their order: at most MaxGuards, MaxOps and MaxBytes.
type Batch struct {
	Guards []Guard
	Ops    []Op
}

// What a batch may hold at most, in every store.
const (
	MaxGuards = 64
	MaxOps    = 64
	MaxBytes  = 1 << 20 // keys and values of the ops
	MaxKey    = 1 << 10 // one key; none is empty
)

// What Commit may answer besides nil. After any other error the outcome is unknown: read before acting.
var (
	ErrConflict = errors.New("a guard did not hold")                // nothing was written
	ErrBatch    = errors.New("not a batch that a store would take") // nothing was written, nor ever will be
	ErrClosed   = errors.New("the store is closed")                 // nothing was written
	// ErrBroken: nothing was written, because an earlier commit failed without a known outcome. Only opening the store again tells.
	ErrBroken = errors.New("the store takes no more commits since one failed: restart patchbay")
)

// Check tells whether any store would take b; [ErrBatch] says why not.
func (b Batch) Check() error {
	if len(b.Guards) > MaxGuards || len(b.Ops) > MaxOps {
		return fmt.Errorf("%w: %d guards of at most %d, %d ops of at most %d", ErrBatch, len(b.Guards), MaxGuards, len(b.Ops), MaxOps)
	}
	size := 0
	for _, g := range b.Guards {
		if err := checkKey(g.Key); err != nil {
			return err
		}
	}
	for _, op := range b.Ops {
		if err := checkKey(op.Key); err != nil {
			return err
		}
		size += len(op.Key) + len(op.Val)
	}
	if size > MaxBytes {
		return fmt.Errorf("%w: %d bytes of at most %d", ErrBatch, size, MaxBytes)
	}
	return nil
}

func checkKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("%w: a key of %d bytes, of 1 to %d", ErrBatch, len(key), MaxKey)
	}
	return nil
}

// Store is what every engine offers.
type Store interface {
	Get(ctx context.Context, key string) (Rec, bool, error)
	// Scan returns records with from <= key < to in byte order, at most limit; the page is one snapshot. An empty to has no end.
	Scan(ctx context.Context, from, to string, limit int) ([]Rec, error)
	// Commit returns when b is durable, with the version of what it wrote; with an error named above when nothing was written, and with
	// anything else when the outcome is unknown: read before acting. ctx counts until b is being written.
	Commit(ctx context.Context, b Batch) (ver int64, err error)
	// Changed hints that a key under prefix was committed: late, spurious, never a promise. Each call makes a listener, which stays until
	// Close: call it once and keep the channel, which holds one hint and is never closed.
	Changed(prefix string) <-chan struct{}
	// Backup writes a consistent copy while the store is in use.
	Backup(ctx context.Context, w io.Writer) error
	Close() error
}
