package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/clock"
	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/line"
	"github.com/patchbay-dev/patchbay/host/plugin"
	"github.com/patchbay-dev/patchbay/sdk"
)

// exchange is the open connections of a configuration: the plugins that run, the way out, and a line for each connection.
type exchange struct {
	plugins *plugin.Host
	gate    *egress.Server
	dir     string // of the way out
	lines   map[string]*line.Line
}

// openExchange starts the plugins in use and opens every connection. The socket of the way out lies in dir, which is made, and taken away by
// close. What is wrong with a connection's settings is in the diagnostics; its line is then missing. The exchange is to be closed in any case.
func openExchange(ctx context.Context, dir, plugins string, folder *config.Folder, log *slog.Logger) (x *exchange, diags hcl.Diagnostics, err error) {
	x = &exchange{lines: map[string]*line.Line{}}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return x, nil, fmt.Errorf("the folder of the way out: %w", err)
	}
	x.dir = dir
	if diags = absent(plugins, folder); diags.HasErrors() {
		return x, diags, nil
	}
	// The limiter keeps to real time: it guards real products.
	if x.gate, err = egress.New(egress.Options{Dir: x.dir, Clock: clock.Real{}}); err != nil {
		return x, nil, err
	}
	if x.plugins, err = plugin.Open(ctx, plugin.Options{Dir: plugins, Names: inUse(folder), Log: log}); err != nil {
		return x, nil, err
	}
	for _, c := range folder.Connections {
		more, err := x.open(ctx, c)
		if err != nil {
			return x, diags, fmt.Errorf("%s: %w", c.Name, err)
		}
		diags = append(diags, more...)
	}
	return x, diags, nil
}

// gateDir is the folder of a state's way out: short, as the path of a socket must be, and always the same, so that a start finds and
// removes what a host left that was killed. Whoever asks holds the state's lock.
func gateDir(state string) (string, error) {
	path, err := filepath.Abs(state)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(os.TempDir(), "patchbay-"+sdk.ContentID(path)[:16])
	return dir, os.RemoveAll(dir)
}

// absent refuses, at its line, each connection whose plugin is not in the folder. Of one that is there and broken [plugin.Open] tells, as of
// a folder that cannot be read.
func absent(plugins string, folder *config.Folder) (diags hcl.Diagnostics) {
	files, err := os.ReadDir(plugins)
	if err != nil {
		return nil
	}
	var there []string
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name(), "patchbay-"); ok {
			there = append(there, name)
		}
	}
	for _, c := range folder.Connections {
		if !slices.Contains(there, c.Plugin) {
			diags = append(diags, language.Problem(c.PluginRange, "Plugin not available", "There is no plugin %q in %s.%s", c.Plugin, plugins,
				language.Meant(c.Plugin, there)))
		}
	}
	return diags
}

// inUse is the plugins that the connections run.
func inUse(folder *config.Folder) []string {
	names := []string{} // nil would be all that there are
	for _, c := range folder.Connections {
		names = append(names, c.Plugin)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// open opens one connection: its settings are held against what its plugin says; its credential goes to the way out, its webhook secrets
// stay with the line, and only the rest goes to the plugin.
func (x *exchange) open(ctx context.Context, c *config.Connection) (hcl.Diagnostics, error) {
	process, err := x.plugins.Plugin(c.Plugin)
	if err != nil {
		return nil, err
	}
	about := process.About()
	got, diags := c.Decode(process.Settings())
	if diags.HasErrors() {
		return diags, nil
	}
	out := egress.Connection{
		Name: c.Name, BaseURL: about.BaseURL, Hosts: about.Hosts, Rate: about.Rate, Final: about.Final,
	}
	if got.Credential != "" {
		out.Credential = egress.Credential{Auth: got.Auth, Secret: got.Credential}
	}
	if got.BaseURL != "" {
		out.BaseURL, out.OperatorURL = got.BaseURL, true
	}
	if c.Rate > 0 {
		out.Rate = sdk.Rate{PerSecond: c.Rate, Burst: max(about.Rate.Burst, int(c.Rate))}
	}
	gate, err := x.gate.Open(out)
	if err != nil {
		return nil, err
	}
	conn, err := process.Connect(ctx, c.Name, got.Values, x.gate.Socket())
	var setting *sdk.SettingError
	switch {
	case errors.As(err, &setting):
		return append(diags, c.Refuse(setting)...), nil
	case err != nil:
		return nil, err
	}
	if c.Timeout > 0 {
		about.Timeout = c.Timeout
	}
	x.lines[c.Name] = line.New(c.Plugin, about, conn, gate, got.Signing, c.Settle)
	return diags, nil
}

// verbs is what each connection can do.
func (x *exchange) verbs() map[string][]sdk.Verb {
	out := map[string][]sdk.Verb{}
	for name, l := range x.lines {
		out[name] = l.Can()
	}
	return out
}

// close ends the plugins before the way out that they use.
func (x *exchange) close() {
	if x.plugins != nil {
		_ = x.plugins.Close()
	}
	if x.gate != nil {
		_ = x.gate.Close()
	}
	if x.dir != "" {
		_ = os.RemoveAll(x.dir)
	}
}

// describe opens the connections of a folder to see what they can do; online it asks every product whether it answers.
func describe(ctx context.Context, plugins string, folder *config.Folder, online bool) (described, error) {
	dir, err := gateDir(rand.Text())
	if err != nil {
		return described{}, err
	}
	x, diags, err := openExchange(ctx, dir, plugins, folder, slog.New(slog.DiscardHandler))
	defer x.close()
	got := described{diags: diags, verbs: x.verbs(), stages: map[string][]sdk.Stage{}}
	if err != nil || !online {
		return got, err
	}
	for _, c := range folder.Connections {
		l := x.lines[c.Name]
		if l == nil {
			continue // why it does not open is in the diagnostics
		}
		stages, err := catalogue(ctx, l)
		switch {
		case err != nil:
			got.diags = append(got.diags, language.Problem(c.Range, "Connection not open", "%s does not answer as it should: %v.", c.Name, err))
		case stages != nil:
			got.stages[c.Name] = stages
		}
	}
	return got, nil
}

// catalogue asks a product something that changes nothing there: an ATS for its stages, a vendor for an assessment, which is not kept.
// Stages are nil where they cannot be listed.
func catalogue(ctx context.Context, l *line.Line) (stages []sdk.Stage, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	verbs := l.Verbs()
	if _, ok := verbs[sdk.VerbStages]; ok {
		stages = []sdk.Stage{}
		for s, err := range l.Stages(ctx) {
			if err != nil {
				return nil, err
			}
			stages = append(stages, s)
		}
	}
	if _, ok := verbs[sdk.VerbAssessments]; ok {
		first, stop := iter.Pull2(l.Assessments(ctx))
		defer stop()
		_, err, _ = first()
	}
	return stages, err
}
