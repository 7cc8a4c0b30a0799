package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// passed are the variables of the host's environment that a plugin gets. Its HTTP leaves through the host, so no proxy or certificate is
// its concern; a secret never is.
var passed = []string{"PATH", "HOME", "TMPDIR", "TZ"}

// parting is what a process has to end by itself, before it is killed.
const parting = 3 * time.Second

// launch is how to start the process of one plugin, any number of times.
type launch struct {
	name, path string
	sum        string // hex; empty: any
	sockets    string
	env        []string
}

// run is one process that was started.
type run struct {
	*wire.Client
	described wire.Description
	pid       int
	suspected chan struct{} // holds a token when a call gave reason to look at the process
	kill      func()        // ends the process and its children at once
	plugin    *plugin.Client
	cmd       *exec.Cmd
	stderr    *lines
}

// start starts a process and asks what it is. If ctx ends, or the limit is reached, the process is killed.
func (l launch) start(ctx context.Context, log *slog.Logger) (*run, error) {
	r, err := l.prepare(log)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	defer context.AfterFunc(limited, r.kill)()
	if err = r.shakeHands(limited); err == nil {
		return r, nil
	}
	late := limited.Err()
	r.kill()
	r.end()
	first, _, _ := strings.Cut(err.Error(), "\n")
	switch {
	case errors.Is(late, context.DeadlineExceeded) && ctx.Err() == nil:
		err = fmt.Errorf("it did not answer within %v", startLimit)
	case late != nil:
		err = late
	case errors.Is(err, plugin.ErrChecksumsDoNotMatch):
		err = fmt.Errorf("its SHA-256 is not %s: %s was changed, or the sum is another version's", l.sum, l.path)
	case strings.HasPrefix(first, "incompatible API version"):
		err = fmt.Errorf("it was built for another version of Patchbay than this host, whose protocol is %d: %s", wire.Version, first)
	case strings.HasPrefix(first, "Unrecognized remote plugin message"):
		_, said, _ := strings.Cut(first, ": ")
		err = fmt.Errorf("it is no plugin, or ended too soon (%v): it began with %.100q", r.cmd.ProcessState, said)
	}
	return nil, fmt.Errorf("plugin %s does not start: %w%s", l.name, err, r.stderr.quote())
}

// prepare makes all that one start uses up: command, checksum and client.
func (l launch) prepare(log *slog.Logger) (*run, error) {
	if err := binary(l.path, l.name); err != nil {
		return nil, err
	}
	life, kill := context.WithCancel(context.Background())
	cmd := exec.CommandContext(life, l.path)
	// A process group of its own: what a plugin starts ends with it, and a terminal's Ctrl-C is for the host alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Env = append(cmd.Env, plugin.EnvUnixSocketDir+"="+l.sockets)
	for _, name := range passed {
		if v, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	cmd.Env = append(cmd.Env, l.env...)
	var secure *plugin.SecureConfig
	if l.sum != "" {
		sum, err := hex.DecodeString(l.sum)
		if err != nil || len(sum) != sha256.Size {
			kill()
			return nil, fmt.Errorf("plugin %s: %q is no SHA-256 in hex", l.name, l.sum)
		}
		secure = &plugin.SecureConfig{Checksum: sum, Hash: sha256.New()}
	}
	stderr := newLines(log)
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		VersionedPlugins: wire.Plugins(nil),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Cmd:              cmd,
		SkipHostEnv:      true,
		AutoMTLS:         true,
		SecureConfig:     secure,
		StartTimeout:     2 * startLimit, // the true one is in start
		// With a silent logger go-plugin does not parse the lines of stderr, which is where a plugin could crash the host.
		Logger:     hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		Stderr:     stderr,
		SyncStdout: newLines(log),
		SyncStderr: newLines(log),
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage)),
			grpc.WithInitialWindowSize(wire.Window), grpc.WithInitialConnWindowSize(wire.Window),
		},
	})
	return &run{suspected: make(chan struct{}, 1), kill: kill, plugin: client, cmd: cmd, stderr: stderr}, nil
}

// shakeHands starts the process and waits until it has described itself.
func (r *run) shakeHands(ctx context.Context) error {
	rpc, err := r.plugin.Client()
	if err != nil {
		return err
	}
	half, err := rpc.Dispense(wire.Service)
	if err != nil {
		return err
	}
	r.Client, r.pid = half.(*wire.Client), r.cmd.Process.Pid
	r.described, err = r.Describe(ctx)
	return err
}

// end asks the process to end, waits until it has, and kills it if that takes too long: go-plugin would wait for ever for an answer.
func (r *run) end() {
	late := time.AfterFunc(parting, r.kill)
	defer late.Stop()
	r.plugin.Kill()
	r.kill()
}

// exit says how the process ended, which it has.
func (r *run) exit() string {
	return fmt.Sprintf("%v%s", r.cmd.ProcessState, r.stderr.quote())
}
