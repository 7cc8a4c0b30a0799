package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/host/clock"
	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/demo"
)

func newDemoCmd() *cobra.Command {
	var s settings
	var leave bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Rehearse: sandboxes of the products, this host between them, candidates who go all the way",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			err := play(c.Context(), c.OutOrStdout(), s, !leave)
			var no *refused
			if errors.As(err, &no) {
				config.Print(c.ErrOrStderr(), no.folder, no.diags)
				return errFindings
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&s.config, "config", "configs", "the `folder` of the configuration")
	f.StringVar(&s.programs, "plugins", defaultPlugins(), "the `folder` of the plugins")
	f.BoolVar(&leave, "exit", os.Getenv("DEMO_EXIT") != "", "end afterwards; otherwise it stays up, to play on")
	return c
}

// play plays one pairing through.
func play(ctx context.Context, out io.Writer, s settings, stay bool) (err error) {
	dir, err := os.MkdirTemp("", "patchbay-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stage, err := demo.Open(ctx, s.programs)
	if err != nil {
		return err
	}
	defer stage.Close()
	for name, value := range stage.Env() {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	logFile, err := os.Create(filepath.Join(dir, "host.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	s.state, s.listen, s.virtual, s.log = filepath.Join(dir, "state.db"), "127.0.0.1:0", true, newLog(logFile, "info", false)
	h, err := assemble(ctx, s)
	if err != nil {
		return err
	}
	defer h.close()
	ctx, stop := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.run(ctx) })
	g.Go(func() error {
		defer stop()
		fmt.Fprintln(out, "Lever and Alva are imitations, the host and its plugins are real. Eleven candidates apply …")
		if err := stage.Play(ctx, rehearsed{h}); err != nil {
			return err
		}
		if err := stage.Show(ctx, out); err != nil || !stay {
			return err
		}
		recruiter, candidate := stage.URLs()
		fmt.Fprintf(out, "\nPlay on: be the recruiter at %s, the candidate at %s.\n", recruiter, candidate)
		fmt.Fprintf(out, "Ask the host: bin/patchbay why Bo --state %s\nIts log: %s. Ctrl-C ends it all.\n", s.state, logFile.Name())
		return stage.Follow(ctx)
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// rehearsed is a host as the demo sees it.
type rehearsed struct{ *host }

func (r rehearsed) Hooks() map[string]string {
	out := map[string]string{}
	for _, l := range r.links(context.Background()) {
		out[l.Name] = l.URL
	}
	return out
}

func (r rehearsed) Advance(ctx context.Context, by time.Duration) error {
	return r.clock.(*clock.Virtual).Advance(ctx, by, r.idle)
}
