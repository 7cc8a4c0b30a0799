package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/host/clock"
	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/demo"
	"github.com/patchbay-dev/patchbay/host/rule"
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

// play plays all pairings through at once.
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
	if err := stage.Setenv(ctx); err != nil {
		return err
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
		fmt.Fprintf(out, "The products are imitations, the host and its plugins are real. %d candidates apply …\n", stage.Size())
		if err := stage.Play(ctx, rehearsed{h}); err != nil {
			return err
		}
		if err := stage.Show(ctx, out); err != nil || !stay {
			return err
		}
		stage.Invite(out)
		fmt.Fprintf(out, "Ask the host: bin/patchbay why Flo --state %s\nIts log: %s. Ctrl-C ends it all.\n", s.state, logFile.Name())
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

// Refusals are what the journal tells: guards that denied, invitations that failed before the vendor was called, writes that are parked.
func (r rehearsed) Refusals(ctx context.Context, application string) (all []string, err error) {
	for _, p := range r.pairings {
		story, err := r.memory.journal.Story(ctx, p.ATS, application)
		if err != nil {
			return nil, err
		}
		for _, e := range story {
			_, detail, _ := strings.Cut(e.Detail, ": ") // behind the attempt
			switch told := p.Label + ": "; {
			case e.Pairing != p.Label:
			case e.Verdict == string(rule.Denied):
				all = append(all, told+e.Name)
			case e.Verdict == string(rule.Failed):
				all = append(all, told+detail)
			case strings.HasPrefix(e.Verdict, "parked"):
				all = append(all, told+e.Name+" is parked: "+e.Detail)
			}
		}
	}
	return slices.Compact(all), nil
}

func (r rehearsed) Advance(ctx context.Context, by time.Duration) error {
	return r.clock.(*clock.Virtual).Advance(ctx, by, r.idle)
}
