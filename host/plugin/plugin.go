// Package plugin keeps plugin processes running; the only package of the host that knows go-plugin.
//
// [Open] starts every plugin at once and gives a [Host]; its [Process] for a name tells what the plugin says of itself and makes a [Conn] for
// each connection, whose methods are those of sdk. Each process has one goroutine, its keeper, which waits for the process to end, starts it
// again after a while, and ends one that no longer answers. Callers see none of that: a call waits until the process runs, for as long as its
// context allows, and opens its connection anew if the process is another. What never began is an [sdk.Delay], so that the engine knows that
// nothing was done.
//
// # Why
//
// A process is used by many connections, so an overrun of one call must not end it: the call's deadline cancels it, its id is dead, and the
// process is asked how many calls it cannot end. It is ended when it does not answer, or when three hang.
//
// go-plugin starts a process once only, hands on the host's environment, and parses a plugin's log lines in a way that a plugin can crash. So
// each start makes everything anew, the environment is a short list, and the lines are read here.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options is what a Host is made of.
type Options struct {
	Dir   string            // the folder of the binaries, each called patchbay-NAME; writable by their owner only, as they are
	Names []string          // which plugins to run; nil: all in Dir. NAME:WHOSE is a process of the plugin NAME besides any other
	Sums  map[string]string // the SHA-256 that a plugin's binary must have, in hex, by name; the others are not checked
	Env   []string          // NAME=value, for every plugin, besides PATH, HOME, TMPDIR and TZ
	Log   *slog.Logger
	Clock Clock // of the waits before a restart; nil: real time. Deadlines are real time always
}

// Clock is where time comes from.
type Clock interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error // returns at the time, or with ctx's error
}

// Host is all plugins' processes. Its methods may be called concurrently.
type Host struct {
	processes map[string]*Process
	sockets   string // the folder of their sockets
	end       context.CancelFunc
	keepers   sync.WaitGroup
}

// prefix begins the name of each binary.
const prefix = "patchbay-"

// Open starts all plugins at once. Each has 10 s to tell what it is; if one does not, all are ended, and the error says why for each.
func Open(ctx context.Context, o Options) (*Host, error) {
	paths, err := find(o.Dir, o.Names)
	if err != nil {
		return nil, err
	}
	sockets, err := socketFolder()
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = wall{}
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	h := &Host{processes: make(map[string]*Process, len(paths)), sockets: sockets, end: end}
	var starting sync.WaitGroup
	failures := make(chan error, len(paths))
	for name, path := range paths {
		l := launch{name: name, path: path, sum: o.Sums[pluginOf(name)], sockets: sockets, env: o.Env}
		p := newProcess(l, o.Clock, o.Log.With("plugin", name))
		h.processes[name] = p
		starting.Go(func() {
			first, err := l.start(ctx, p.log)
			failures <- err
			if err == nil {
				p.begun(first)
				h.keepers.Go(func() { p.keep(life, first) })
			}
		})
	}
	starting.Wait()
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	if err := errors.Join(all...); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Plugin finds a plugin that Open started.
func (h *Host) Plugin(name string) (*Process, error) {
	if p, ok := h.processes[name]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("no plugin %s is running; there are: %s", name, strings.Join(h.Names(), ", "))
}

// Names are the names of all plugins, sorted.
func (h *Host) Names() []string {
	names := make([]string, 0, len(h.processes))
	for name := range h.processes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Status tells how each plugin is, sorted by name.
func (h *Host) Status() []Status {
	var all []Status
	for _, name := range h.Names() {
		all = append(all, h.processes[name].Status())
	}
	return all
}

// Close ends all processes, at the same time, and takes their sockets away. Calls that run are cut.
func (h *Host) Close() error {
	h.end()
	h.keepers.Wait()
	return os.RemoveAll(h.sockets)
}

// socketFolder makes the folder of the sockets, which only we may enter. The path of a socket has room for 107 bytes.
func socketFolder() (string, error) {
	parent := os.TempDir()
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" && len(run) < len(parent) {
		parent = run
	}
	dir, err := os.MkdirTemp(parent, "patchbay-")
	if err != nil {
		return "", fmt.Errorf("folder for the sockets of plugins: %w", err)
	}
	if longest := filepath.Join(dir, "plugin0123456789"); len(longest) > 107 {
		_ = os.Remove(dir)
		return "", fmt.Errorf("folder for the sockets of plugins: %s is too long, set TMPDIR or XDG_RUNTIME_DIR to a short path", dir)
	}
	return dir, nil
}

// wall is real time.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) Until(ctx context.Context, at time.Time) error {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is how long to wait before a restart, after so many in a row that failed or did not last: 1 s to 1 min, with jitter.
func backoff(inARow int) time.Duration {
	d := min(time.Second<<min(inARow, 6), time.Minute)
	return d - time.Duration(rand.Int64N(int64(d/4)))
}
