package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
)

// defaultState is where the state lies unless a flag says otherwise. Its key lies beside it, at the same name and ".key".
const defaultState = "state/patchbay.db"

// memory is an open state file.
type memory struct {
	store   *store.Bolt
	journal *journal.Journal
}

// openMemory opens a state file and its key. Only a host's start makes new ones.
func openMemory(ctx context.Context, path string, create bool) (*memory, error) {
	info, err := os.Stat(path)
	exists := err == nil
	switch {
	case exists && info.IsDir():
		return nil, fmt.Errorf("the state %s is a folder: name a file, such as %s", path, filepath.Join(path, filepath.Base(defaultState)))
	case exists && !info.Mode().IsRegular():
		return nil, fmt.Errorf("the state %s is not a regular file", path)
	case !exists && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("state: %w", err)
	case !exists && !create:
		return nil, fmt.Errorf("there is no state at %s: start a host with patchbay run, or name the file with --state", path)
	}
	if create {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
	}
	seal, err := journal.OpenSeal(path+".key", exists)
	if err != nil {
		return nil, err
	}
	st, err := store.OpenBolt(path)
	if err != nil {
		return nil, err
	}
	m := &memory{st, journal.New(st, seal)}
	if err := m.journal.Check(ctx); err != nil {
		m.close()
		return nil, fmt.Errorf("key file %s.key does not open the state %[1]s: it is another state's, or the state is damaged: %w", path, err)
	}
	return m, nil
}

func (m *memory) close() { _ = m.store.Close() }
