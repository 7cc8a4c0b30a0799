package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/rule"
)

func newRunCmd() *cobra.Command {
	var s settings
	var level, clock, mode string
	var asJSON bool
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the host: take webhooks, decide, act",
		Long: "Runs until SIGTERM or an interrupt, then takes nothing new, lets calls in flight come to their end for up to 30 s, and ends. A second\n" +
			"signal ends it at once; the next start finds out what became of the calls that were cut.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, flag := range []struct{ name, given, words string }{
				{"clock", clock, "real virtual"}, {"mode", mode, "live shadow off"}, {"log-level", level, "trace debug info warn error"},
			} {
				if !slices.Contains(strings.Fields(flag.words), flag.given) {
					return &usageError{c.CommandPath(), fmt.Errorf("--%s %q is none of: %s", flag.name, flag.given, flag.words)}
				}
			}
			if s.public = strings.TrimRight(s.public, "/"); s.public != "" && !isWeb(s.public) {
				return &usageError{c.CommandPath(), fmt.Errorf("--public-url %q is no URL such as https://hooks.example.com", s.public)}
			}
			s.virtual = clock == "virtual"
			s.log = newLog(os.Stderr, level, asJSON)
			s.mode = rule.Mode(mode)
			h, err := assemble(c.Context(), s)
			var no *refused
			if errors.As(err, &no) {
				config.Print(c.ErrOrStderr(), no.folder, no.diags)
				fmt.Fprintln(c.ErrOrStderr(), "The host does not start until this is mended.")
				return errFindings
			}
			if err != nil {
				return err
			}
			defer h.close()
			return h.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&s.config, "config", "configs", "the `folder` of the configuration")
	f.StringVar(&s.state, "state", defaultState, "the state `file`; made at the first start, with its key beside it")
	f.StringVar(&s.programs, "plugins", defaultPlugins(), "the `folder` of the plugins")
	f.StringVar(&s.listen, "listen", "127.0.0.1:8090", "the `address` where webhooks arrive")
	f.StringVar(&s.public, "public-url", "", "the `URL` of that address as the products see it, through your proxy")
	f.StringVar(&level, "log-level", "info", "trace, debug, info, warn or error")
	f.BoolVar(&asJSON, "log-json", false, "log JSON, a line an event")
	f.StringVar(&mode, "mode", string(rule.Live), "live, shadow (decides and tells, and does nothing) or off: how far any pairing may act at most")
	f.StringVar(&clock, "clock", "real", "real, or virtual: time then stands still until POST /clock/advance moves it")
	return c
}

// isWeb tells whether paths can be added to a URL, and the world can call it then.
func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == ""
}
