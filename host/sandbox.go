package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
)

// pluginPath is the program of a plugin.
func pluginPath(dir, name string) string { return filepath.Join(dir, "patchbay-"+name) }

// defaultPlugins is the folder of plugins beside this program.
func defaultPlugins() string {
	self, err := os.Executable()
	if err != nil {
		return "plugins"
	}
	return filepath.Join(filepath.Dir(self), "plugins")
}

func newSandboxCmd() *cobra.Command {
	var plugins string
	c := &cobra.Command{
		Use:   "sandbox [--plugins FOLDER] PRODUCT [flags of the sandbox]",
		Short: "Run an imitation of a product, to rehearse with",
		Long:  "Runs the sandbox that the product's plugin ships: patchbay sandbox lever --listen 127.0.0.1:0. It prints its URL on the first line.",
		Args:  cobra.MinimumNArgs(1),

		DisableFlagsInUseLine: true, // they stand before the product
		RunE: func(_ *cobra.Command, args []string) error {
			path := pluginPath(plugins, args[0])
			err := syscall.Exec(path, append([]string{path, "sandbox"}, args[1:]...), os.Environ())
			if errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("there is no plugin %s in %s", args[0], plugins)
			}
			return &exec.Error{Name: path, Err: err}
		},
	}
	c.Flags().StringVar(&plugins, "plugins", defaultPlugins(), "the `folder` of the plugins")
	c.Flags().SetInterspersed(false) // what follows the product is the sandbox's
	return c
}
