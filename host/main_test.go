// The tests of this package see Patchbay as its users do: they run the real binaries against the sandboxes, drive an ATS and a vendor as
// people would, and look at what these two show afterwards.
//
// A [process] is one child, a [sandbox] the remote control of one product, a [rig] a host between two of them. rows_test.go holds the
// promises of the guides, one test each; chaos_test.go kills the host again and again. architecture_test.go holds the shape of the code.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// built is where the binaries are, once a test has asked for them.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// binary is the path of a program: "patchbay" or "plugins/patchbay-lever". The first call builds all of them, without the race detector.
func binary(t testing.TB, name string) string {
	t.Helper()
	built.once.Do(func() { built.dir, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "patchbay-test-"); err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o755); err != nil {
		return dir, err
	}
	programs := map[string]string{"patchbay": "."}
	folders, err := filepath.Glob("../plugins/*")
	if err != nil {
		return dir, err
	}
	for _, folder := range folders {
		programs[filepath.Join("plugins", "patchbay-"+filepath.Base(folder))] = "./" + folder
	}
	for program, folder := range programs {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, program), folder).CombinedOutput(); err != nil {
			return dir, fmt.Errorf("go build %s: %w\n%s", folder, err, out)
		}
	}
	return dir, nil
}
