package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
)

func newFmtCmd() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "fmt [FILE | FOLDER | -]...",
		Short: "Format the configuration, in the one way there is",
		Long: "Without arguments: every *.hcl of configs, or of the present folder. With -, what comes in goes out formatted. The\n" +
			"names of the files that changed, or with --check would change, are printed.\n\n" +
			"Exit codes: 0 done, 1 failed, 3 with --check: there are such files.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{configFolder(nil)}
			}
			changed := false
			for _, arg := range args {
				one, err := formatArg(c, arg, check)
				if err != nil {
					return err
				}
				changed = changed || one
			}
			if check && changed {
				return errFindings
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing, only say which files would change")
	return c
}

func formatArg(c *cobra.Command, arg string, check bool) (changed bool, err error) {
	if arg == "-" {
		text, err := io.ReadAll(c.InOrStdin())
		if err != nil {
			return false, err
		}
		pretty, err := formatted("standard input", text)
		if err == nil && !check {
			_, err = c.OutOrStdout().Write(pretty)
		}
		return !bytes.Equal(text, pretty), err
	}
	files := []string{arg}
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		if files, err = config.Names(arg); err != nil {
			return false, err
		}
	}
	for _, file := range files {
		one, err := formatFile(file, check)
		if err != nil {
			return changed, err
		}
		if one {
			changed = true
			fmt.Fprintln(c.OutOrStdout(), file)
		}
	}
	return changed, nil
}

// formatFile formats one file, by way of another, so that a crash leaves the old or the new.
func formatFile(file string, check bool) (changed bool, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return false, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	pretty, err := formatted(file, text)
	if err != nil || bytes.Equal(text, pretty) || check {
		return !bytes.Equal(text, pretty), err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".fmt-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	_, err = temp.Write(pretty)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(temp.Name(), info.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	return true, err
}

// formatted is a file's text, formatted. What does not parse is left alone: its layout may be all that shows what was meant.
func formatted(name string, text []byte) ([]byte, error) {
	if d := config.Scan(name, text); d != nil {
		return nil, fmt.Errorf("%s:%d: %s", name, d.Subject.Start.Line, d.Summary)
	}
	if _, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos); diags.HasErrors() {
		return nil, fmt.Errorf("%s:%d: %s", name, diags[0].Subject.Start.Line, diags[0].Summary)
	}
	return hclwrite.Format(text), nil
}
