// Command patchbay pairs applicant tracking systems with assessment vendors, by rules that the operator owns.
//
// This package is the commands: flags and wiring only. main.go has the list of them, run.go puts a running host together, line.go is one
// open connection with its way out.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 0 is done.
const (
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3 // the command did its work and found something to mend
)

// findings is the error of a command that has said what it found.
var errFindings = errors.New("findings")

func main() {
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
		Use:           "patchbay",
		Short:         "Pairs applicant tracking systems with assessment vendors, by rules that you own",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{c.CommandPath(), err} })
	root.AddCommand(
		newDemoCmd(), newRunCmd(), newCheckCmd(describe), newFmtCmd(), newExplainCmd(), newConnectCmd(),
		newWhyCmd(), newCasesCmd(), newParkedCmd(), newPluginsCmd(), newSandboxCmd(),
	)
	for _, c := range root.Commands() {
		misuse(c)
	}
	return root
}

// misuse has a wrong number of arguments count as wrong usage, which cobra does not tell from other errors.
func misuse(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		misuse(sub)
	}
}
