package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// The limits of what the host waits for, in real time.
const (
	startLimit   = 10 * time.Second // from the start of a process until it has described itself; also for opening a connection
	receiveLimit = 5 * time.Second
	writeLimit   = time.Minute // of a write or a single read, unless the plugin says otherwise
	listLimit    = 5 * time.Minute
	probeLimit   = 5 * time.Second
	settling     = time.Second // what a call gets to end by itself after it was cancelled
	maxOverdue   = 3           // so many calls that do not end, and the process is ended
	healthy      = time.Minute // a process that ran so long is not in a row with those that failed before
)

// State is what a plugin's process is doing.
type State string

const (
	Starting State = "starting"
	Ready    State = "ready"
	Waiting  State = "waiting" // to be started again, or to prove that it still runs
	Ended    State = "ended"   // with the host
)

// Status is how a plugin is, for people.
type Status struct {
	Name      string    `json:"name"`
	Version   string    `json:"version"`
	State     State     `json:"state"`
	Since     time.Time `json:"since"`
	PID       int       `json:"pid,omitempty"`
	Restarts  int       `json:"restarts"`
	LastError string    `json:"last_error,omitempty"`
}

// Process is one plugin, kept running. Its methods may be called concurrently.
type Process struct {
	launch launch
	clock  Clock
	log    *slog.Logger

	mu        sync.Mutex
	status    Status
	current   *run          // nil unless Ready
	changed   chan struct{} // closed when the state changes, and replaced
	described wire.Description
}

func newProcess(l launch, clock Clock, log *slog.Logger) *Process {
	return &Process{
		launch: l, clock: clock, log: log, changed: make(chan struct{}),
		status: Status{Name: l.name, State: Starting, Since: clock.Now()},
	}
}

// About is what the plugin says of itself.
func (p *Process) About() sdk.About {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.described.About
}

// Role is the side of a pairing on which the plugin stands.
func (p *Process) Role() sdk.Role {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.described.Role
}

// Settings are those of each connection.
func (p *Process) Settings() []sdk.Setting {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.described.Settings
}

// Status tells how the plugin is.
func (p *Process) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// running is the process as it runs now; nil if none is ready.
func (p *Process) running() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// ready waits until the process runs. If ctx ends first, nothing was done, and the error is an [sdk.Delay].
func (p *Process) ready(ctx context.Context) (*run, error) {
	for {
		p.mu.Lock()
		r, status, changed := p.current, p.status, p.changed
		p.mu.Unlock()
		if r != nil {
			return r, nil
		}
		if status.State == Ended {
			return nil, sdk.Later(0, fmt.Errorf("plugin %s has ended with its host", status.Name))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, sdk.Later(0, fmt.Errorf("plugin %s is %s (%s): %w", status.Name, status.State, status.LastError, ctx.Err()))
		}
	}
}

// become changes the state. Why is empty unless something went wrong. Only the keeper makes a process Ready.
func (p *Process) become(s State, r *run, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(s, r, why)
}

// doubt lets nobody else use r until the keeper has looked at it.
func (p *Process) doubt(r *run, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == r {
		p.set(Waiting, nil, err.Error())
	}
}

func (p *Process) set(s State, r *run, why string) {
	p.status.State, p.status.Since, p.current = s, p.clock.Now(), r
	p.status.PID = 0
	if r != nil {
		p.described, p.status.Version, p.status.PID = r.described, r.described.About.Version, r.pid
	}
	if why != "" {
		p.status.LastError = why
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// begun makes a process the one that answers.
func (p *Process) begun(r *run) {
	p.become(Ready, r, "")
	p.log.Info("plugin is ready", "version", r.described.About.Version, "pid", r.pid)
}

// keep runs until ctx ends: it owns the process, whichever it is, beginning with r.
func (p *Process) keep(ctx context.Context, r *run) {
	for failures := 0; r != nil; {
		since := p.clock.Now()
		why := p.watch(ctx, r)
		if ctx.Err() != nil {
			p.become(Ended, nil, "")
			r.end()
			return
		}
		p.become(Waiting, nil, why)
		p.log.Error("plugin has ended", "why", why, "pid", r.pid)
		r.kill()
		r.end()
		if p.clock.Now().Sub(since) >= healthy {
			failures = 0
		}
		if r = p.restart(ctx, &failures); r != nil {
			p.begun(r)
		}
	}
	p.become(Ended, nil, "")
}

// watch returns when the process has ended or must end, and says why.
func (p *Process) watch(ctx context.Context, r *run) string {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err().Error()
		case <-r.Gone():
			return r.exit()
		case <-r.suspected:
		}
		if why := r.examine(ctx); why != "" {
			return why
		}
		if p.running() == nil {
			p.become(Ready, r, "")
		}
	}
}

// restart starts the process again and again, ever more slowly, until it runs or ctx ends.
func (p *Process) restart(ctx context.Context, failures *int) *run {
	for {
		if p.clock.Until(ctx, p.clock.Now().Add(backoff(*failures))) != nil {
			return nil
		}
		*failures++
		p.mu.Lock()
		p.status.Restarts++
		p.mu.Unlock()
		p.become(Starting, nil, "")
		r, err := p.launch.start(ctx, p.log)
		if err == nil {
			p.become(Ready, r, "")
			return r
		}
		if ctx.Err() != nil {
			return nil
		}
		p.become(Waiting, nil, err.Error())
		p.log.Error("plugin does not start", "why", err)
	}
}

// suspect has the keeper look at a process one of whose calls overran its deadline or broke. If it broke, other calls wait meanwhile: they
// would end the same way, and nobody would know what they did.
func (p *Process) suspect(ctx context.Context, r *run, err error) {
	lost := errors.Is(err, wire.ErrLost)
	if err == nil || ctx.Err() == nil && !lost {
		return
	}
	if lost {
		p.doubt(r, err)
	}
	select {
	case r.suspected <- struct{}{}:
	default: // it will look anyway
	}
}

// examine asks a suspected process how it is, and says why it must end; empty if it may live.
func (r *run) examine(ctx context.Context) string {
	wait := time.NewTimer(settling)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.Gone():
		return r.exit()
	case <-ctx.Done():
		return ctx.Err().Error()
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	overdue, err := r.Probe(ctx)
	switch {
	case err != nil:
		return "it does not answer: " + err.Error()
	case overdue >= maxOverdue:
		return fmt.Sprintf("%d of its calls do not end although their time is up", overdue)
	}
	return ""
}
