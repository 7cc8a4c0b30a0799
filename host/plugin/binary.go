package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// find finds the binaries of the plugins in a folder, by name, and refuses what somebody else could have changed.
func find(dir string, names []string) (map[string]string, error) {
	if err := trusted(dir, "the folder of plugins"); err != nil {
		return nil, err
	}
	if names == nil {
		files, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("the folder of plugins: %w", err)
		}
		for _, f := range files {
			if name, ok := strings.CutPrefix(f.Name(), prefix); ok {
				names = append(names, name)
			}
		}
	}
	paths := make(map[string]string, len(names))
	for _, name := range names {
		if pluginOf(name) == "" || strings.ContainsRune(name, filepath.Separator) {
			return nil, fmt.Errorf("%q is no name of a plugin", name)
		}
		path := filepath.Join(dir, prefix+pluginOf(name))
		if err := binary(path, name); err != nil {
			return nil, err
		}
		paths[name] = path
	}
	return paths, nil
}

// pluginOf is the plugin that a process runs.
func pluginOf(process string) string {
	name, _, _ := strings.Cut(process, ":")
	return name
}

// binary refuses a file that is no program, or that others may change, be it through the folder of what a symbolic link leads to.
func binary(path, name string) error {
	what := "plugin " + name
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s: %s is not a program", what, target)
	}
	if err := trusted(target, what); err != nil {
		return err
	}
	return trusted(filepath.Dir(target), "the folder of "+what)
}

func trusted(path, what string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others than its owner may write to %s (%v); run chmod go-w %[2]s", what, path, info.Mode().Perm())
	}
	return nil
}
