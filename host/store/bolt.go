package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Bolt is a Store in one file, which one process has open at a time.
//
// One goroutine writes. While it waits for the disk, commits queue; whoever queued goes into the next transaction together. There is no
// timer: a lone commit waits for nobody, and a crowd shares two fsyncs.
type Bolt struct {
	path  string
	db    *bolt.DB
	queue chan *commit  // unbuffered: a commit is either with its caller or being written
	quit  chan struct{} // closed by Close
	ended chan struct{} // closed when the writer has ended
	fault chan error    // holds what broke it
	close func() error

	batches, syncs atomic.Int64

	mu        sync.Mutex
	listeners []listener
}

type commit struct {
	Batch
	ver  int64
	done chan error
}

type listener struct {
	prefix string
	hint   chan struct{}
}

// Stats counts since the store was opened.
type Stats struct {
	Commits int64 // batches that became durable
	Syncs   int64 // waits for the disk on their behalf: two for each transaction; those of a growing file are not counted
}

// Group limits keep one transaction short; who does not fit goes into the next.
const (
	groupBatches = 1024
	groupBytes   = 8 << 20
)

func start(path string, db *bolt.DB) *Bolt {
	b := &Bolt{path: path, db: db, queue: make(chan *commit), quit: make(chan struct{}), ended: make(chan struct{}), fault: make(chan error, 1)}
	b.close = sync.OnceValue(func() error {
		close(b.quit)
		<-b.ended
		return db.Close()
	})
	go b.write()
	return b
}

// Close waits for commits that are being written and for reads.
func (b *Bolt) Close() error { return b.close() }

// Broken waits for the commit after which the store takes no more, and says why; or returns nil when ctx ends. It is for one caller.
func (b *Bolt) Broken(ctx context.Context) error {
	select {
	case err := <-b.fault:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Stats tells how many commits shared how many fsyncs.
func (b *Bolt) Stats() Stats { return Stats{Commits: b.batches.Load(), Syncs: b.syncs.Load()} }

func (b *Bolt) Get(ctx context.Context, key string) (rec Rec, found bool, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		if v := tx.Bucket(recordBucket).Get([]byte(key)); v != nil {
			rec, found = decode(key, v), true
		}
		return nil
	})
	return rec, found, err
}

func (b *Bolt) Scan(ctx context.Context, from, to string, limit int) (recs []Rec, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(recordBucket).Cursor()
		for k, v := c.Seek([]byte(from)); k != nil && len(recs) < limit && (to == "" || string(k) < to); k, v = c.Next() {
			recs = append(recs, decode(string(k), v))
		}
		return nil
	})
	return recs, err
}

func (b *Bolt) Backup(ctx context.Context, w io.Writer) error {
	return b.view(ctx, func(tx *bolt.Tx) error {
		var failed error // bbolt keeps only the text
		_, err := tx.WriteTo(writerFunc(func(p []byte) (n int, err error) {
			if failed = ctx.Err(); failed == nil {
				n, failed = w.Write(p)
			}
			return n, failed
		}))
		return cmp.Or(failed, err)
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// view reads in one snapshot.
func (b *Bolt) view(ctx context.Context, read func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guarded(func() error { return b.db.View(read) })
	switch {
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return ErrClosed
	case err != nil:
		return fmt.Errorf("store %s: %w", b.path, err)
	}
	return nil
}

// guarded turns a panic or a memory fault inside bbolt into an error. bbolt believes what it reads, so a damaged file leads it astray.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}

var errDamaged = errors.New("the file is damaged, restore a backup")

func (b *Bolt) Commit(ctx context.Context, batch Batch) (ver int64, err error) {
	if err := batch.Check(); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c := &commit{Batch: batch, done: make(chan error, 1)}
	select {
	case b.queue <- c:
		err := <-c.done
		return c.ver, err
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-b.quit:
		return 0, ErrClosed
	}
}

// write owns the write side of the file until Close.
func (b *Bolt) write() {
	defer close(b.ended)
	var broken error
	for {
		select {
		case <-b.quit:
			return
		case c := <-b.queue:
			group := b.gather(c)
			if broken != nil {
				answer(group, broken)
				continue
			}
			if err := b.commit(group); err != nil {
				broken = fmt.Errorf("store %s: %w: %w", b.path, ErrBroken, err)
				b.fault <- broken
			}
		}
	}
}

// gather is the group that first leads: everybody who waits now. Those whom the last group answered are about to come back; letting them
// run first halves the fsyncs, and costs a lone caller nothing.
func (b *Bolt) gather(first *commit) []*commit {
	runtime.Gosched()
	group, size := []*commit{first}, first.size()
	for len(group) < groupBatches && size < groupBytes {
		select {
		case c := <-b.queue:
			group, size = append(group, c), size+c.size()
		default:
			return group
		}
	}
	return group
}

func (c *commit) size() (n int) {
	for _, op := range c.Ops {
		n += len(op.Val)
	}
	return n
}

// commit writes a group in one transaction and answers its members. An error leaves the outcome of all that were written unknown.
func (b *Bolt) commit(group []*commit) error {
	var written []*commit
	var refused []*commit
	err := guarded(func() error {
		tx, err := b.db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() // after Commit it does nothing
		records, dirty := tx.Bucket(recordBucket), false
		for _, c := range group {
			if !holds(records, c.Guards) {
				refused = append(refused, c)
				continue
			}
			written = append(written, c)
			if len(c.Ops) == 0 {
				continue
			}
			dirty = true
			if c.ver, err = apply(records, c.Ops); err != nil {
				return err
			}
		}
		if !dirty {
			return nil
		}
		b.syncs.Add(2)
		return tx.Commit()
	})
	if err != nil {
		answer(group, fmt.Errorf("store %s: the outcome of a commit is unknown: %w", b.path, err))
		return err
	}
	b.batches.Add(int64(len(written)))
	answer(refused, ErrConflict)
	answer(written, nil)
	b.tell(written)
	return nil
}

func answer(group []*commit, err error) {
	for _, c := range group {
		c.done <- err
	}
}

func holds(records *bolt.Bucket, guards []Guard) bool {
	return !slices.ContainsFunc(guards, func(g Guard) bool {
		var ver int64
		if v := records.Get([]byte(g.Key)); v != nil {
			ver = version(v)
		}
		return ver != g.Ver
	})
}

// apply makes the changes under the next version of the store, which the bucket's sequence keeps.
func apply(records *bolt.Bucket, ops []Op) (ver int64, err error) {
	next, err := records.NextSequence()
	if err != nil {
		return 0, err
	}
	for _, op := range ops {
		if op.Val == nil {
			if err := records.Delete([]byte(op.Key)); err != nil {
				return 0, err
			}
			continue
		}
		v := make([]byte, versionLen, versionLen+len(op.Val))
		binary.BigEndian.PutUint64(v, next)
		if err := records.Put([]byte(op.Key), append(v, op.Val...)); err != nil {
			return 0, err
		}
	}
	return int64(next), nil
}

// A record's value in the file: its version, then the bytes.
const versionLen = 8

func version(v []byte) int64 { return int64(binary.BigEndian.Uint64(v)) }

// decode copies, because v is the file's own memory.
func decode(key string, v []byte) Rec {
	return Rec{Key: key, Val: append([]byte{}, v[versionLen:]...), Ver: version(v)}
}

func (b *Bolt) Changed(prefix string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	hint := make(chan struct{}, 1)
	b.listeners = append(b.listeners, listener{prefix, hint})
	return hint
}

// tell hints to whoever listens for a key of the group.
func (b *Bolt) tell(group []*commit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.listeners {
		if slices.ContainsFunc(group, func(c *commit) bool {
			return slices.ContainsFunc(c.Ops, func(op Op) bool { return strings.HasPrefix(op.Key, l.prefix) })
		}) {
			select {
			case l.hint <- struct{}{}:
			default: // it has a hint already
			}
		}
	}
}
