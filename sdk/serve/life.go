package serve

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc/stats"
)

const (
	glance   = 200 * time.Millisecond // how often a process without a connection looks at its parent
	farewell = 500 * time.Millisecond // how long an orphan may take to put its things away
)

// life watches over the life of the host, as a handler of gRPC's connection events.
type life struct {
	parent      int
	stderr      io.Writer // to the host
	connections atomic.Int64
	alone       chan struct{} // holds a token after the last connection has ended
	orphaned    atomic.Bool
}

func newLife(stderr io.Writer) *life {
	l := &life{parent: os.Getppid(), stderr: stderr, alone: make(chan struct{}, 1)}
	l.alone <- struct{}{} // no connection has begun
	return l
}

// watch runs as long as the process. When the host has died it calls stop, upon which plugin.Serve returns.
func (l *life) watch(stop func()) {
	for range l.alone {
		for l.connections.Load() == 0 {
			if l.hostDied() {
				l.orphaned.Store(true)
				time.AfterFunc(farewell, func() { os.Exit(1) })
				stop()
				return
			}
			time.Sleep(glance)
		}
	}
}

// hostDied tells by the parent, and, for a host that died before this process could ask for it, by the pipe that nobody reads any more. An
// empty line means nothing to a host that does.
func (l *life) hostDied() bool {
	if os.Getppid() != l.parent {
		return true
	}
	_, err := l.stderr.Write([]byte{'\n'})
	return errors.Is(err, syscall.EPIPE)
}

// HandleConn counts connections.
func (l *life) HandleConn(_ context.Context, s stats.ConnStats) {
	switch s.(type) {
	case *stats.ConnBegin:
		l.connections.Add(1)
	case *stats.ConnEnd:
		if l.connections.Add(-1) == 0 {
			select {
			case l.alone <- struct{}{}:
			default:
			}
		}
	}
}

// What else gRPC would tell is of no interest.
func (l *life) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (l *life) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (l *life) HandleRPC(context.Context, stats.RPCStats)                         {}
