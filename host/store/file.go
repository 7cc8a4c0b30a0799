package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// schema is the layout of the file: one bucket of records, and one that says this number.
const schema = 1

var (
	recordBucket = []byte("records")
	metaBucket   = []byte("meta")
	schemaKey    = []byte("schema")
)

// OpenBolt opens the file at path, or makes it, readable by its owner only. It fails at once when another process has it open, when it was
// written by another schema, and when it is damaged in a place that opening touches; see DESIGN, section 7, for the whole check.
func OpenBolt(path string) (*Bolt, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("store %s: cannot be made: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("store: %w", err)
	case info.Size() == 0:
		return nil, fmt.Errorf("store %s: %w: it is empty", path, errDamaged) // bbolt would start afresh, and everybody be invited again
	}
	db, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := guarded(func() error { return db.View(inspect) }); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", path, err), db.Close())
	}
	return start(path, db), nil
}

// open opens a file that exists.
func open(path string) (db *bolt.DB, err error) {
	err = guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, options())
		return err
	})
	var unopened *fs.PathError
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("store: patchbay is already running on %s", path)
	case errors.As(err, &unopened):
		return nil, fmt.Errorf("store: must be a file that can be written: %w", err)
	case errors.Is(err, errDamaged):
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return nil, fmt.Errorf("store %s: %w: %w", path, errDamaged, err)
}

// options are bbolt's for every file of ours. The list of free pages is synced with each commit, which costs a tenth of the rate (and
// milliseconds in a file that is mostly free: compact it). Without it opening reads the whole file, 0.4 s for a million warm records, in a
// goroutine of bbolt's own, where a damaged page kills the process.
func options() *bolt.Options {
	return &bolt.Options{
		Timeout:         time.Nanosecond, // of the lock: one attempt
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: 1 << 30, // of addresses, not memory: a commit that has to map the file anew waits for every reader, a backup's too
	}
}

// create makes an empty store under a temporary name, and gives it its own only when it is whole and on disk: bbolt can ruin a file if the
// power fails in its first moments. If somebody else was faster, theirs stays.
func create(path string) (err error) {
	dir := filepath.Dir(path)
	temporary, err := os.CreateTemp(dir, filepath.Base(path)+".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temporary.Name()), syncDir(dir)) }()
	if err := temporary.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(temporary.Name(), 0o600, options())
	if err != nil {
		return err
	}
	if err := errors.Join(db.Update(lay), db.Close()); err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func lay(tx *bolt.Tx) error {
	_, err := tx.CreateBucket(recordBucket)
	if err != nil {
		return err
	}
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	return meta.Put(schemaKey, strconv.AppendInt(nil, schema, 10))
}

// inspect looks for what can be seen to be wrong without reading all of the file.
func inspect(tx *bolt.Tx) error {
	info, err := os.Stat(tx.DB().Path())
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("%w: %d bytes are left of %d", errDamaged, info.Size(), tx.Size())
	}
	meta := tx.Bucket(metaBucket)
	if meta == nil || tx.Bucket(recordBucket) == nil {
		return fmt.Errorf("%w, or not made by patchbay", errDamaged)
	}
	found, err := strconv.Atoi(string(meta.Get(schemaKey)))
	switch {
	case err != nil:
		return fmt.Errorf("%w: schema number: %w", errDamaged, err)
	case found > schema:
		return fmt.Errorf("written by a newer patchbay (schema %d, this one knows %d): use that one", found, schema)
	case found < schema:
		return fmt.Errorf("written by an older patchbay (schema %d, this one needs %d)", found, schema)
	}
	return nil
}
