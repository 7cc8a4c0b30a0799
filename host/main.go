// Command patchbay pairs applicant tracking systems with assessment vendors, by rules that the operator owns.
//
// This package is the commands: flags and wiring only. main.go has the list of them, host.go puts a running host together, ask.go has the
// commands that ask one, describe.go opens connections to see what they can do.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 0 is done. The help of the root command tells them.
const (
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3 // the command did its work and found something to mend
)

// findings is the error of a command that has said what it found.
var errFindings = errors.New("findings")

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // a third less work for the collector, for 15 MiB
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(exit(newRoot().ExecuteContext(ctx)))
}

// exit turns a command's error into its code, and says it.
func exit(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "Error: %v\nSee %q.\n", err, usage.command+" --help")
		return exitUsage
	}
	fmt.Fprintf(os.Stderr, "Error: %v\n", err)
	return exitFailed
}

// usageError is a command that was called wrongly.
type usageError struct {
	command string
	error
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "patchbay",
		Short: "Pairs applicant tracking systems with assessment vendors, by rules that you own",
		Long: "Patchbay pairs applicant tracking systems with assessment vendors, by rules that you own.\n\n" +
			"Exit codes, of every command: 0 done, 1 failed, 2 called wrongly, 3 done, and there is something to mend.",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{c.CommandPath(), err} })
	root.AddCommand(
		newDemoCmd(), newRunCmd(), newCheckCmd(describe), newFmtCmd(), newExplainCmd(), newConnectCmd(), newKeyCmd(),
		newWhyCmd(), newCasesCmd(), newParkedCmd(), newPluginsCmd(), newSandboxCmd(), newLanguageCmd(),
	)
	misuse(root)
	return root
}

// version is the module's, which Go makes of the commit where there is no tag.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version + " " + info.GoVersion
}

// misuse has wrong arguments, missing flags and unknown commands count as wrong usage, which cobra does not tell from other errors.
func misuse(c *cobra.Command) {
	wrong := func(c *cobra.Command, err error) error {
		if err != nil {
			return &usageError{c.CommandPath(), err}
		}
		return nil
	}
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error { return wrong(c, args(c, given)) }
	}
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		return wrong(c, cmp.Or(c.ValidateRequiredFlags(), c.ValidateFlagGroups()))
	}
	if c.HasSubCommands() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, given []string) error {
			if len(given) == 0 {
				return c.Help()
			}
			return wrong(c, fmt.Errorf("there is no command %q", given[0]))
		}
	}
	for _, sub := range c.Commands() {
		misuse(sub)
	}
}
