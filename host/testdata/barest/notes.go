package main

import (
	"bytes"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// notes are what is durable: by application, its webhook, or how far its lifecycle is. One goroutine writes; what gathered while the last
// commit ran goes into the next.
type notes struct {
	queue chan *note
	syncs atomic.Int64 // two a commit
}

type note struct {
	id      string
	text    []byte
	ifFresh bool // only if there is none yet
	written bool
	err     chan error
}

var (
	bucket = []byte("notes")
	done   = step(5)
)

// step is the note after a call.
func step(n int) []byte { return []byte{'0' + byte(n)} }

// lifecycle is a candidate's, as far as it was noted.
type lifecycle struct {
	id    string
	noted int // steps
}

// openNotes opens the file and tells which lifecycles were not done when the last program ended.
func openNotes(path string) (n *notes, left []lifecycle, err error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return b.ForEach(func(id, text []byte) error {
			if !bytes.Equal(text, done) {
				l := lifecycle{id: string(id)}
				if len(text) == 1 {
					l.noted = int(text[0] - '0')
				}
				left = append(left, l)
			}
			return nil
		})
	})
	n = &notes{queue: make(chan *note, 1024)}
	go n.commit(db)
	return n, left, err
}

// write returns when the note is durable; written is false if there was one already.
func (n *notes) write(id string, text []byte, ifFresh bool) (written bool, err error) {
	w := &note{id: id, text: text, ifFresh: ifFresh, err: make(chan error, 1)}
	n.queue <- w
	err = <-w.err
	return w.written, err
}

func (n *notes) commit(db *bolt.DB) {
	for first := range n.queue {
		group := []*note{first}
		for more := true; more; {
			select {
			case w := <-n.queue:
				group = append(group, w)
			default:
				more = false
			}
		}
		n.syncs.Add(2)
		err := db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucket)
			for _, w := range group {
				if w.ifFresh && b.Get([]byte(w.id)) != nil {
					continue
				}
				w.written = true
				if err := b.Put([]byte(w.id), w.text); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range group {
			w.err <- err
		}
	}
}
