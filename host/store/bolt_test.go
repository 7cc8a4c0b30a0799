package store_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/host/store/storetest"
)

func TestBolt(t *testing.T) {
	file := func(dir string) string { return filepath.Join(dir, "state.db") }
	storetest.Suite(t,
		func(dir string) (store.Store, error) { return store.OpenBolt(file(dir)) },
		func(dir string, backup io.Reader) error {
			content, err := io.ReadAll(backup)
			if err != nil {
				return err
			}
			return os.WriteFile(file(dir), content, 0o600)
		})
}
