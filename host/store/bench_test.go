package store_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/patchbay-dev/patchbay/host/store"
)

// BenchmarkCommit sets group commit against one bbolt transaction for each change: 600 bytes, as an event is.
func BenchmarkCommit(b *testing.B) {
	value := make([]byte, 600)
	for _, callers := range []int{1, 8, 32, 64} {
		b.Run(fmt.Sprintf("together/callers=%d", callers), func(b *testing.B) {
			s, err := store.OpenBolt(filepath.Join(b.TempDir(), "state.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			spread(b, callers, func(key string) error {
				_, err := s.Commit(b.Context(), store.Batch{Guards: []store.Guard{{Key: key}}, Ops: []store.Op{{Key: key, Val: value}}})
				return err
			})
			b.ReportMetric(float64(s.Stats().Syncs)/float64(s.Stats().Commits), "syncs/op")
		})
		b.Run(fmt.Sprintf("one_by_one/callers=%d", callers), func(b *testing.B) {
			db, err := bolt.Open(filepath.Join(b.TempDir(), "state.db"), 0o600, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			spread(b, callers, func(key string) error {
				return db.Update(func(tx *bolt.Tx) error {
					bucket, err := tx.CreateBucketIfNotExists([]byte("records"))
					if err != nil {
						return err
					}
					return bucket.Put([]byte(key), value)
				})
			})
		})
	}
}

// spread makes b.N commits from as many callers at a time.
func spread(b *testing.B, callers int, commit func(key string) error) {
	var next atomic.Int64
	done := make(chan error)
	b.ResetTimer()
	for range callers {
		go func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := commit(fmt.Sprintf("event/%032x", uint64(n)*0x9e3779b97f4a7c15)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
}
