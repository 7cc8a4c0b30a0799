package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/schema"
)

func newLanguageCmd() *cobra.Command {
	var markdown bool
	c := &cobra.Command{
		Use:     "language [CODE]",
		Short:   "Tell what may stand in the configuration: blocks, events, variables, actions, tag groups, functions",
		Long:    "With the code of a diagnostic, such as PB302: what it means.",
		Example: "  patchbay language\n  patchbay language PB302\n  patchbay language --md > language.md",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			told := config.Reference()
			if len(args) == 1 {
				code, ok := config.CodeNamed(args[0])
				if !ok {
					return &usageError{c.CommandPath(), fmt.Errorf("there is no code %q", args[0])}
				}
				told = []schema.Entry{{Term: strings.TrimSpace(code.ID + " " + code.Summary), About: code.About}}
			}
			write := schema.WriteText
			if markdown {
				write = schema.WriteMarkdown
			}
			var b strings.Builder
			write(&b, told)
			_, err := io.WriteString(c.OutOrStdout(), b.String())
			return err
		},
	}
	c.Flags().BoolVar(&markdown, "md", false, "print Markdown")
	return c
}
