// Package exchange is the open connections of a configuration: the plugins that run, the way out, and a line for each connection.
//
// [Open] makes an [Exchange] of a folder that was read. What a connection's block says is parted there: its credential goes to the way out,
// its webhook secrets stay with the line, the app with which it gets access goes to the desk, and only the rest goes to the plugin.
package exchange

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/line"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/host/plugin"
	"github.com/patchbay-dev/patchbay/host/upkeep"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Exchange is what is open. Whoever opened it closes it.
type Exchange struct {
	Plugins *plugin.Host
	Lines   map[string]*line.Line
	Desk    *oauth.Desk // its accesses are those of connections that change their credential
	gate    *egress.Server
	options Options
}

// Options is what an Exchange is made of.
type Options struct {
	Dir     string // of the way out's socket: made, and taken away by Close
	Plugins string // the folder of the programs
	Folder  *config.Folder
	Vault   Vault // nil: that of the host that runs, which this is not
	Now     func() time.Time
	Log     *slog.Logger
}

// Vault is where the secrets are kept that were not configured.
type Vault interface {
	Secrets(ctx context.Context, conn string) (journal.Secrets, error)
	ChangeSecrets(ctx context.Context, conn string, change func(*journal.Secrets) error) (journal.Secrets, error)
}

// Open starts the plugins in use and opens every connection. What is wrong with a connection's settings is in the diagnostics; its line is
// then missing. The exchange is to be closed in any case.
func Open(ctx context.Context, o Options) (x *Exchange, diags hcl.Diagnostics, err error) {
	x = &Exchange{
		Lines: map[string]*line.Line{}, Desk: &oauth.Desk{Accesses: map[string]*oauth.Access{}, Now: o.Now, Log: o.Log}, options: o,
	}
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		x.options.Dir = "" // it is not ours to take away
		return x, nil, fmt.Errorf("the folder of the way out: %w", err)
	}
	if diags = absent(o.Plugins, o.Folder); diags.HasErrors() {
		return x, diags, nil
	}
	// The limiter keeps to real time: it guards real products.
	if x.gate, err = egress.New(egress.Options{Dir: o.Dir, Clock: clock.Real{}}); err != nil {
		return x, nil, err
	}
	if x.Plugins, err = plugin.Open(ctx, plugin.Options{Dir: o.Plugins, Names: inUse(o.Folder), Log: o.Log}); err != nil {
		return x, nil, err
	}
	for _, c := range o.Folder.Connections {
		more, err := x.open(ctx, c)
		if err != nil {
			return x, diags, fmt.Errorf("%s: %w", c.Name, err)
		}
		diags = append(diags, more...)
	}
	return x, diags, nil
}

// Dir is the folder of a state's way out: short, as the path of a socket must be, and always the same, so that a start finds and
// removes what a host left that was killed. Whoever asks holds the state's lock.
func Dir(state string) (string, error) {
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

// inUse is the processes that run the connections' plugins.
func inUse(folder *config.Folder) []string {
	names := []string{} // nil would be all that there are
	for _, c := range folder.Connections {
		names = append(names, c.Process())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// open opens one connection: its settings are held against what its plugin says; its credential goes to the way out, its webhook secrets
// stay with the line, and only the rest goes to the plugin.
func (x *Exchange) open(ctx context.Context, c *config.Connection) (hcl.Diagnostics, error) {
	process, err := x.Plugins.Plugin(c.Process())
	if err != nil {
		return nil, err
	}
	about := process.About()
	more, err := oauth.Settings(about.OAuth)
	if err != nil {
		return nil, err
	}
	got, diags := c.Decode(slices.Concat(process.Settings(), more))
	if diags.HasErrors() {
		return diags, nil
	}
	out := egress.Connection{
		Name: c.Name, BaseURL: about.BaseURL, Hosts: about.Hosts, Rate: about.Rate, Final: about.Final,
		Key: &key.Ring{Conn: c.Name, Vault: x.options.Vault, Configured: got.Keys},
	}
	var setting *sdk.SettingError
	if about.OAuth != nil {
		access, err := x.access(c, about.OAuth, &got)
		if errors.As(err, &setting) {
			return append(diags, c.Refuse(setting)...), nil
		} else if err != nil {
			return nil, err
		}
		if access != nil {
			out.Access = access
		}
	}
	if got.Credential != "" && out.Access == nil {
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
	switch {
	case errors.As(err, &setting):
		return append(diags, c.Refuse(setting)...), nil
	case err != nil:
		return nil, err
	}
	if c.Timeout > 0 {
		about.Timeout = c.Timeout
	}
	x.Lines[c.Name] = line.New(c.Process(), about, conn, gate, got.Signing, c.Settle)
	return diags, nil
}

// access makes the access of a connection, and takes what is for it alone out of its settings; nil: it has a key of its own.
func (x *Exchange) access(c *config.Connection, o *sdk.OAuth, got *config.Decoded) (*oauth.Access, error) {
	app, operatorURL, values, err := oauth.Read(o, got.Values)
	if got.Values = values; err != nil || got.Auth != "oauth" {
		return nil, err
	}
	client, err := x.gate.Direct(c.Name, app.TokenURL, operatorURL)
	if err != nil {
		return nil, err
	}
	needs := upkeep.Needs(x.options.Folder.Pairings, c.Name)
	app.Connection, app.ClientSecret, app.Scopes = c.Name, got.Credential, oauth.Scopes(o, needs.Verbs, needs.Events)
	x.Desk.Accesses[c.Name] = oauth.New(app, oauth.Options{Vault: x.options.Vault, HTTP: client, Now: x.Desk.Now, Log: x.Desk.Log})
	return x.Desk.Accesses[c.Name], nil
}

// Verbs is what each connection can do.
func (x *Exchange) Verbs() map[string][]sdk.Verb {
	out := map[string][]sdk.Verb{}
	for name, l := range x.Lines {
		out[name] = l.Can()
	}
	return out
}

// Optional is what each connection's plugin can do at best, with access to the product's API: some verbs need it.
func (x *Exchange) Optional() map[string][]sdk.Verb {
	out := map[string][]sdk.Verb{}
	if x.Plugins == nil { // Open refused the folder before it started any
		return out
	}
	for _, c := range x.options.Folder.Connections {
		process, err := x.Plugins.Plugin(c.Process())
		if err != nil || process.About().OAuth == nil {
			continue
		}
		for _, scope := range process.About().OAuth.Scopes {
			out[c.Name] = append(out[c.Name], scope.Verbs...)
		}
	}
	return out
}

// Close ends the plugins before the way out that they use.
func (x *Exchange) Close() {
	if x.Plugins != nil {
		_ = x.Plugins.Close()
	}
	if x.gate != nil {
		_ = x.gate.Close()
	}
	if x.options.Dir != "" {
		_ = os.RemoveAll(x.options.Dir)
	}
}
