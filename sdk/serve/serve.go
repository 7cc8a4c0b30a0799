// Package serve runs a plugin: handshake, settings, connections, logs, life and death of the process.
//
// A plugin's main calls [ATS] or [Vendor] and nothing else, with what the plugin says of itself and a function that opens one connection.
// The settings of a connection are a struct of the author's, described by tags as [sdk.Settings] reads them; each connection is opened with a
// fresh one, filled from what the operator wrote. A plugin with a sandbox looks for its subcommand before:
//
//	if len(os.Args) > 1 && os.Args[1] == "sandbox" { … }
//
// A panic in a method ends that call only. Its value is withheld, since it may be a candidate's data: error and log say the method, the
// value's type and the stack, and a runtime error's own text. A panic in a goroutine that the plugin started cannot be caught: it ends the
// process, with all its connections, until the host has started it again, and what the Go runtime prints of it, its value too, is logged
// whole. So a goroutine recovers by itself, or panics with nothing that names a person.
//
// # Why
//
// The process ends when its host says so or has died, and for no other reason. A signal to the whole group, as systemd or a terminal sends,
// must not end a plugin while the host is still finishing its work, so signals are ignored. A host that was killed can say nothing, so the
// plugin notices: its last connection has ended and its parent is another. Neither alone would do: a host may dial again, and a parent is
// only worth asking about then.
package serve

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// ATS runs the plugin of an applicant tracking system until its host ends it. Open is called for each connection, with settings of its own;
// an [sdk.SettingError] points at one of them. What open returns may have any of sdk's optional interfaces.
func ATS[C any](about sdk.About, open func(C, sdk.Conn) (sdk.ATS, error)) {
	run(about, sdk.RoleATS, *new(C), func(settings []byte, schema []sdk.Setting, c sdk.Conn) (any, error) {
		config, err := decode[C](settings, schema)
		if err != nil {
			return nil, err
		}
		return open(config, c)
	})
}

// Vendor runs the plugin of an assessment vendor, as [ATS] does.
func Vendor[C any](about sdk.About, open func(C, sdk.Conn) (sdk.Vendor, error)) {
	run(about, sdk.RoleVendor, *new(C), func(settings []byte, schema []sdk.Setting, c sdk.Conn) (any, error) {
		config, err := decode[C](settings, schema)
		if err != nil {
			return nil, err
		}
		return open(config, c)
	})
}

type opener func(settings []byte, schema []sdk.Setting, c sdk.Conn) (any, error)

func run(about sdk.About, role sdk.Role, config any, open opener) {
	schema, err := sdk.Settings(config)
	if err = cmp.Or(err, about.Check(role)); err != nil {
		fmt.Fprintf(os.Stderr, "patchbay-%s: %v\n", about.Name, err)
		os.Exit(1)
	}
	described := wire.Description{About: about, Role: role, Settings: schema}
	if cookie := wire.Handshake(); os.Getenv(cookie.MagicCookieKey) != cookie.MagicCookieValue {
		os.Exit(byHand(described, os.Args[1:], os.Stdout, os.Stderr))
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // a plugin keeps little and makes much: a twentieth less work, for 4 MiB
	}
	// A broken pipe is a signal too: whoever logs while the host dies must live to take the socket away.
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	stderr := os.Stderr // go-plugin puts another file there
	log := newLog(stderr)
	server := wire.NewServer(described, func(o wire.Opening) (any, func(), error) {
		client := newHTTP(o.Egress)
		value, err := open(o.Settings, schema, sdk.Conn{Name: o.Name, HTTP: client, Log: log.With("connection", o.Name)})
		return value, client.CloseIdleConnections, err
	}, log)
	life := newLife(stderr)
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  wire.Handshake(),
		VersionedPlugins: wire.Plugins(server),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			g := grpc.NewServer(append(append(options, server.Options()...), grpc.StatsHandler(life))...)
			go life.watch(g.Stop)
			return g
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: stderr, JSONFormat: true}),
	})
	if life.orphaned.Load() {
		// The last plugin of a dead host takes away the folder of their sockets; while others are in it, this fails.
		_ = os.Remove(os.Getenv(plugin.EnvUnixSocketDir))
	}
}

// newHTTP makes the one way out of a connection. A redirect is an answer: whether to follow it is the plugin's decision.
func newHTTP(egress string) *http.Client {
	return &http.Client{
		Transport:     newTransport(egress),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newLog writes lines as hclog does, which is what hosts of go-plugin read.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: hclogAttr}))
}

// hclogAttr renames what slog puts into each line; an author's own "time" or "level" has another type or is left alone.
func hclogAttr(group []string, a slog.Attr) slog.Attr {
	if len(group) > 0 {
		return a
	}
	level, isLevel := a.Value.Any().(slog.Level)
	switch {
	case a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime:
		return slog.String("@timestamp", a.Value.Time().Format(hclog.TimeFormatJSON))
	case a.Key == slog.LevelKey && isLevel:
		return slog.String("@level", strings.ToLower(level.String()))
	case a.Key == slog.MessageKey:
		a.Key = "@message"
	}
	return a
}
