// Package wire is both halves of every RPC: sdk values to proto and back, client and server.
//
// A plugin's process makes a [Server] of what its author wrote; serve hands it to go-plugin with [Plugins]. The host's process gets a
// [Client] from go-plugin, asks it to Describe and to Open, and has a [Conn] for each connection, whose methods are those of sdk. Both sides
// of a value's translation stand side by side, so a field that one of them forgets is seen; the test that fills every field sees it too.
//
// Errors cross with their meaning: errors.Is and errors.As find [sdk.ErrUnauthorized], [sdk.ErrDisconnected], [sdk.ErrNotFound],
// [sdk.Refusal], [sdk.Delay] and [sdk.SettingError] in what a method of Conn returns. Any other error keeps one bounded line of text.
//
// # Why
//
// Words (kinds, verbs, roles) cross as the strings that sdk defines, not as enums: a host hands on a word that it does not know, and the
// vocabulary has one home. What a stranger sent (path, query, header) crosses as bytes or escaped, because proto refuses text that is not
// UTF-8, and a forged webhook must not look like a broken plugin.
package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Version is the one version of the protocol. What is added needs no new one: Describe and Open say what a plugin can do.
const Version = 1

// MaxMessage bounds a message to a plugin, in bytes. A webhook's body is at most 1 MiB; lists come one by one.
const MaxMessage = 16 << 20

// Window is how many bytes may be on their way before the other side has read them. A fixed one: or gRPC sends a ping with each message, to
// find out what the way can take, and there is none shorter than this one.
const Window = 1 << 20

// Service is the name under which go-plugin keeps the one service of a plugin.
const Service = "patchbay"

// Handshake is what host and plugin show each other first. The cookie only tells a plugin that it was not started by hand.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{MagicCookieKey: "PATCHBAY_PLUGIN", MagicCookieValue: "8d1f4f0e-patchbay-plugin"}
}

// Plugins is the map that go-plugin asks for, made anew for each process, since go-plugin writes into it. Server is nil in the host.
func Plugins(s *Server) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{Version: {Service: &half{server: s}}}
}

// half is the side of the wire that go-plugin asks it to be.
type half struct {
	plugin.NetRPCUnsupportedPlugin
	server *Server
}

func (h *half) GRPCServer(_ *plugin.GRPCBroker, r *grpc.Server) error {
	h.server.register(r)
	return nil
}

// GRPCClient makes a [Client]. Its context ends when the process does.
func (h *half) GRPCClient(ctx context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return NewClient(ctx, conn), nil
}

// Description is what a plugin says of itself before a connection is open.
type Description struct {
	About    sdk.About
	Role     sdk.Role
	Settings []sdk.Setting
}

// Opening is what a connection is opened with.
type Opening struct {
	Name     string // as the operator calls it: "ats.main"
	Settings []byte // a JSON object, without the settings that the host keeps
	Egress   string // path of the Unix socket through which HTTP leaves
}
