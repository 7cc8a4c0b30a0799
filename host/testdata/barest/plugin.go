package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// echo is the smallest plugin: it gives back the bytes it is sent. The bytes are a well-known message, so nothing is generated.
type echo struct {
	plugin.NetRPCUnsupportedPlugin
	conn *grpc.ClientConn
}

const crossing = "/barest.Echo/Cross"

var (
	handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BAREST", MagicCookieValue: "echo"}
	kilobyte  = bytes.Repeat([]byte{'.'}, 1024)
)

func servePlugin() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake, Plugins: plugin.PluginSet{"echo": &echo{}}, GRPCServer: plugin.DefaultGRPCServer,
		Logger: hclog.NewNullLogger(),
	})
}

// startPlugin runs this very program as its plugin. The plugin ends with the thread that started it, so that one stays the caller's.
func startPlugin() (*echo, error) {
	runtime.LockOSThread()
	cmd := exec.Command(os.Args[0], "plugin")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: handshake, Plugins: plugin.PluginSet{"echo": &echo{}}, AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Cmd: cmd, AutoMTLS: true, Logger: hclog.NewNullLogger(),
	})
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	e, err := protocol.Dispense("echo")
	if err != nil {
		return nil, err
	}
	return e.(*echo), nil
}

func (*echo) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "barest.Echo", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "Cross",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var sent wrapperspb.BytesValue
			return &sent, decode(&sent)
		},
	}}}, nil)
	return nil
}

func (*echo) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &echo{conn: conn}, nil
}

// cross sends a kilobyte to the plugin and back.
func (e *echo) cross(ctx context.Context) error {
	var back wrapperspb.BytesValue
	return e.conn.Invoke(ctx, crossing, wrapperspb.Bytes(kilobyte), &back)
}
