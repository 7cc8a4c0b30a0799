package serve

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// byHand tells a person who ran the plugin what it is and how to use it, and returns the exit code: 2 if she wanted anything else.
func byHand(d wire.Description, args []string, out, complaints io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(complaints, "patchbay-%s has no command %q. Run it without one to see what it is.\n", d.About.Name, args[0])
		return 2
	}
	block, side := "ats", "applicant tracking system"
	if d.Role == sdk.RoleVendor {
		block, side = "vendor", "assessment vendor"
	}
	fmt.Fprintf(out, `patchbay-%[1]s %[2]s: Patchbay's plugin for an %[3]s.

It is run by patchbay, not by hand. Put it into the folder of plugins, as patchbay-%[1]s, writable by its owner only, and connect it:

    %[4]s "%[1]s" {
`, d.About.Name, d.About.Version, side, block)
	for _, s := range d.Settings {
		if s.Required {
			fmt.Fprintf(out, "      %s = …\n", s.Name)
		}
	}
	fmt.Fprint(out, "    }\n")
	if len(d.Settings) == 0 {
		return 0
	}
	fmt.Fprint(out, "\nSettings:\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range d.Settings {
		fmt.Fprintf(table, "    %s\t%s\t%s\t%s\n", s.Name, s.Type, qualities(s), s.Doc)
	}
	_ = table.Flush() // to a person's terminal
	return 0
}

func qualities(s sdk.Setting) string {
	var q []string
	if s.Required {
		q = append(q, "required")
	}
	if s.Secret {
		q = append(q, "secret")
	}
	if s.Default != "" {
		q = append(q, "default "+s.Default)
	}
	return strings.Join(q, ", ")
}
