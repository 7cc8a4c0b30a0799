package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/sdk"
)

// described is what check learns of the connections in a folder by starting their plugins.
type described struct {
	diags  hcl.Diagnostics        // settings that do not fit, plugins that do not start
	verbs  map[string][]sdk.Verb  // of each connection that opens
	could  map[string][]sdk.Verb  // with settings that were left out
	stages map[string][]sdk.Stage // of each ATS, when it was asked for them
}

// describer starts the plugins of a folder and holds the connections against them. Online it asks the products as well.
type describer func(ctx context.Context, plugins string, folder *config.Folder, online bool) (described, error)

func newCheckCmd(describe describer) *cobra.Command {
	var (
		plugins         string
		online, offline bool
		asJSON          bool
	)
	c := &cobra.Command{
		Use:   "check [FOLDER]",
		Short: "Check the configuration: every rule, against everything that may be null, and every setting",
		Long: "FOLDER is the configuration, by default configs if it is there, else the present folder. The plugins are started to\n" +
			"ask for their settings and for what they can do, but nothing is sent to any product unless --online is given: then\n" +
			"each is asked whether it answers to its credential, and an ATS whether the stages are there that the rules name.\n\n" +
			"Exit codes: 0 nothing to mend (there may be warnings), 1 the check could not be made, 2 it was called wrongly,\n" +
			"3 there are errors.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := configFolder(args)
			info, err := os.Stat(dir)
			if err != nil {
				return fmt.Errorf("the configuration: %w", err)
			}
			if !info.IsDir() {
				whole := filepath.Dir(dir)
				return &usageError{c.CommandPath(), fmt.Errorf("%s is a file: name its folder, which is checked as a whole: %s", dir, whole)}
			}
			folder, diags := config.Read(dir)
			if !diags.HasErrors() && !offline {
				got, err := describe(c.Context(), plugins, folder, online)
				if err != nil {
					return err
				}
				diags = append(diags, verify(folder, got)...)
			}
			diags = config.Sort(diags)
			if err := show(c.OutOrStdout(), folder, diags, asJSON); err != nil {
				return err
			}
			if diags.HasErrors() {
				return errFindings
			}
			return nil
		},
	}
	c.Flags().StringVar(&plugins, "plugins", defaultPlugins(), "the `folder` of the plugins")
	c.Flags().BoolVar(&online, "online", false, "ask the products, too: do they answer, are the stages there that the rules name")
	c.Flags().BoolVar(&offline, "no-plugins", false, "check the rules alone, where no plugins are installed")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for machines")
	c.MarkFlagsMutuallyExclusive("online", "no-plugins")
	return c
}

// configFolder is the configuration that a command is about.
func configFolder(args []string) string {
	if len(args) > 0 {
		return filepath.Clean(args[0])
	}
	if info, err := os.Stat("configs"); err == nil && info.IsDir() {
		return "configs"
	}
	return "."
}

// verify holds the rules against what the connections can do. What a machine that only checks need not have is a warning there.
func verify(folder *config.Folder, got described) hcl.Diagnostics {
	diags := got.diags
	for _, d := range diags {
		if config.CodeOf(d).ID == config.EnvironmentNotSet {
			d.Severity = hcl.DiagWarning
		}
	}
	for _, p := range folder.Pairings {
		ats, atsOpen := got.verbs[p.ATS]
		vendor, vendorOpen := got.verbs[p.Vendor]
		if atsOpen && vendorOpen {
			diags = append(diags, config.Verify(p, ats, vendor, got.could[p.ATS]...)...)
		}
		if stages, ok := got.stages[p.ATS]; ok {
			diags = append(diags, config.VerifyStages(p, stages)...)
		}
	}
	return diags
}

// finding is a diagnostic for machines.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // error or warning
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

func show(w io.Writer, folder *config.Folder, diags hcl.Diagnostics, asJSON bool) error {
	errors, warnings := 0, 0
	all := []finding{}
	for _, d := range diags {
		f := finding{
			Code: config.CodeOf(d).ID, Severity: "error", Summary: d.Summary, Detail: d.Detail,
			File: d.Subject.Filename, Line: d.Subject.Start.Line, Column: d.Subject.Start.Column,
		}
		if errors++; d.Severity == hcl.DiagWarning {
			f.Severity = "warning"
			errors, warnings = errors-1, warnings+1
		}
		all = append(all, f)
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	config.Print(w, folder, diags)
	if errors+warnings > 0 {
		_, err := fmt.Fprintf(w, "%s, %s\n", count(errors, "error"), count(warnings, "warning"))
		return err
	}
	_, err := fmt.Fprintf(w, "%s, %s: nothing to mend\n", count(len(folder.Connections), "connection"), count(len(folder.Pairings), "pairing"))
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
