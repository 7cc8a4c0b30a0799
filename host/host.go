package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/host/admin"
	"github.com/patchbay-dev/patchbay/host/clock"
	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/engine"
	"github.com/patchbay-dev/patchbay/host/exchange"
	"github.com/patchbay-dev/patchbay/host/hook"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/host/plugin"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/host/schedule"
	"github.com/patchbay-dev/patchbay/host/upkeep"
	"github.com/patchbay-dev/patchbay/sdk"
)

// settings is what a host is started with.
type settings struct {
	config   string    // folder
	state    string    // file
	programs string    // folder of the plugins
	listen   string    // address of the door
	public   string    // URL of the door as products see it; empty: http:// and the address
	virtual  bool      // the clock
	mode     rule.Mode // how far any pairing may act at most
	log      *slog.Logger
}

// ticking is what every part of the host takes its time from.
type ticking interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error
	Handled()
}

// host is a Patchbay that is put together. Whoever made it runs it once, then closes it.
type host struct {
	settings
	clock  ticking
	memory *memory
	*exchange.Exchange
	pairings []*rule.Pairing
	door     *hook.Door
	keeper   *upkeep.Keeper
	engine   *engine.Engine
	schedule *schedule.Schedule
	jobs     atomic.Int64 // running
	web      net.Listener
	local    net.Listener
	ready    atomic.Bool
}

// assemble opens the state, starts the plugins and opens the connections. Nothing is received or done before run.
func assemble(ctx context.Context, s settings) (h *host, err error) {
	h = &host{settings: s, Exchange: &exchange.Exchange{}, clock: clock.Real{}}
	if s.virtual {
		h.clock = clock.NewVirtual(time.Now())
	}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	folder, diags := config.Read(s.config)
	if diags.HasErrors() {
		return h, &refused{folder, diags}
	}
	h.pairings = folder.Pairings
	for _, p := range h.pairings {
		p.Lower(s.mode)
	}
	if h.memory, err = openMemory(ctx, s.state, true); err != nil {
		return h, err
	}
	if h.local, err = admin.Listen(s.state); err != nil {
		return h, err
	}
	if h.web, err = net.Listen("tcp", s.listen); err != nil {
		return h, fmt.Errorf("the door: %w", err)
	}
	dir, err := exchange.Dir(s.state)
	if err != nil {
		return h, err
	}
	h.Exchange, diags, err = exchange.Open(ctx, exchange.Options{
		Dir: dir, Plugins: s.programs, Folder: folder, Vault: h.memory.journal, Now: h.clock.Now, Log: h.log,
	})
	if err != nil {
		return h, err
	}
	if diags = append(diags, verify(folder, described{verbs: h.Verbs(), could: h.Optional()})...); diags.HasErrors() {
		return h, &refused{folder, diags}
	}
	for _, d := range diags {
		h.log.Warn(d.Summary, "place", fmt.Sprintf("%s:%d", d.Subject.Filename, d.Subject.Start.Line), "detail", d.Detail)
	}
	return h, h.wire(ctx)
}

// refused is a configuration with errors.
type refused struct {
	folder *config.Folder
	diags  hcl.Diagnostics
}

func (r *refused) Error() string { return "the configuration has errors" }

// wire makes the parts that work, and tells each of the others what it needs of them.
func (h *host) wire(ctx context.Context) error {
	calls, jobs := map[string]engine.Connection{}, map[string]schedule.Connection{}
	h.door = &hook.Door{Journal: h.memory.journal, Now: h.clock.Now, Log: h.log}
	h.keeper = &upkeep.Keeper{
		Vault: h.memory.journal, Pairings: h.pairings, Connections: map[string]upkeep.Connection{}, Signing: map[string][]string{},
		Address: h.address, Trust: h.door.Trust,
	}
	h.Desk.Redirect, h.Desk.Connected = func() string { return h.url() + oauth.CallbackPath }, h.keeper.Prepare
	for name, l := range h.Lines {
		var err error
		if l.Secret, err = h.memory.journal.HookSecret(ctx, name); err != nil {
			return err
		}
		h.door.Open(&hook.Entrance{Conn: name, Secret: l.Secret, Plugin: l})
		calls[name], jobs[name] = l, l
		h.keeper.Connections[name], h.keeper.Signing[name] = l, l.Signing
		if err := h.keeper.Renew(ctx, name); err != nil {
			return err
		}
	}
	h.engine = engine.New(engine.Options{
		Journal: h.memory.journal, Pairings: h.pairings, Connections: calls, Clock: h.clock, Limits: effect.Defaults(),
		Crowded: h.door.Crowded, Log: h.log,
	})
	h.door.News, h.door.Answers = h.engine.Hear, h.engine
	h.schedule = &schedule.Schedule{
		Journal: h.memory.journal, Pairings: h.pairings, Connections: jobs, Clock: h.clock, News: h.engine.Hear,
		Busy: func(delta int) { h.jobs.Add(int64(delta)) }, Inspect: h.inspect, Renew: h.Desk.Renew, Log: h.log,
	}
	return nil
}

// run works until ctx ends and what is in flight has come to its end.
func (h *host) run(ctx context.Context) error {
	door := hook.NewServer(http.HandlerFunc(h.outside), h.log)
	local := &http.Server{Handler: h.admin().Handler(), ReadHeaderTimeout: 5 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.engine.Run(ctx) })
	g.Go(func() error { return h.schedule.Run(ctx) })
	g.Go(func() error { return served(door.Serve(h.web)) })
	g.Go(func() error { return served(local.Serve(h.local)) })
	g.Go(func() error { return h.memory.store.Broken(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		h.log.Info("stopping: nothing new is taken, what is in flight comes to its end")
		h.ready.Store(false)
		// The door closes first: who is inside is still answered.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if door.Shutdown(end) != nil {
			_ = door.Close() // who has not told us all by now is to tell the next host
		}
		return local.Close()
	})
	h.ready.Store(true)
	h.log.Info("ready", "door", h.url(), "state", h.state, "connections", len(h.Lines), "pairings", len(h.pairings))
	return g.Wait()
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// outside is all that the world may ask of a host. No ServeMux: it would lead a path that needs cleaning up to where it is not written.
func (h *host) outside(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/healthz":
		fmt.Fprintln(w, "ok")
	case path == "/readyz":
		h.readyz(w, r)
	case path == oauth.CallbackPath:
		h.Desk.Callback(w, r)
	case strings.HasPrefix(path, oauth.PagePath) && h.public == "" && oauth.IsLocal(h.web.Addr().String()):
		h.Desk.Page(w, r) // behind a proxy all the world looks local
	default:
		h.door.ServeHTTP(w, r)
	}
}

// readyz says whether webhooks are taken and every plugin runs.
func (h *host) readyz(w http.ResponseWriter, _ *http.Request) {
	if !h.ready.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	for _, s := range h.Plugins.Status() {
		if s.State != plugin.Ready {
			http.Error(w, fmt.Sprintf("plugin %s is %s", s.Name, s.State), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ready")
}

// url is the door as products see it.
func (h *host) url() string {
	if h.public != "" {
		return h.public
	}
	return "http://" + h.web.Addr().String()
}

// address is where a connection's webhooks go.
func (h *host) address(conn string) string {
	return h.url() + "/hooks/" + conn + "/" + h.Lines[conn].Secret + "/"
}

func (h *host) admin() *admin.Server {
	s := &admin.Server{
		Journal: h.memory.journal, Operator: h.engine, Links: h.links, Prepare: h.prepare, Idle: h.idle,
		Stats: h.stats, Desk: h.Desk, Trust: h.keeper.Renew, Now: h.clock.Now,
	}
	if v, ok := h.clock.(*clock.Virtual); ok {
		s.Advance = func(ctx context.Context, by time.Duration) error { return v.Advance(ctx, by, h.idle) }
	}
	return s
}

func (h *host) stats() admin.Stats {
	s := admin.Stats{Requests: map[string]int64{}}
	s.Commits, s.Syncs = h.memory.store.Stats().Commits, h.memory.store.Stats().Syncs
	for outcome, n := range h.door.Counts() {
		s.Requests[string(outcome)] = n
	}
	return s
}

// idle returns when nothing is runnable or in flight.
func (h *host) idle(ctx context.Context) error {
	v, _ := h.clock.(*clock.Virtual)
	for {
		if v != nil {
			if err := v.Awake(ctx); err != nil {
				return err
			}
		}
		if err := h.engine.Idle(ctx); err != nil {
			return err
		}
		if h.jobs.Load() == 0 && h.engine.IsIdle() && (v == nil || v.IsAwake()) {
			return nil
		}
		// A job runs: nothing tells when it ends.
		if err := (clock.Real{}).Until(ctx, time.Now().Add(time.Millisecond)); err != nil {
			return err
		}
	}
}

func (h *host) links(ctx context.Context) []admin.Link {
	status := map[string]plugin.Status{}
	for _, s := range h.Plugins.Status() {
		status[s.Name] = s
	}
	var out []admin.Link
	for name, l := range h.Lines {
		s := status[l.Plugin]
		link := admin.Link{
			Name: name, Plugin: l.Plugin, Version: s.Version, State: string(s.State), PID: s.PID, Restarts: s.Restarts, Error: s.LastError,
			URL: h.address(name), Verbs: l.Can(), Notices: h.door.Notices(name),
		}
		for outcome, at := range h.door.Last(name) {
			if link.Webhooks == nil {
				link.Webhooks = map[string]time.Time{}
			}
			link.Webhooks[string(outcome)] = at
		}
		if h.engine.Disconnected(name) {
			link.State, link.Error = "disconnected", "the product refuses the credential; the work waits"
		}
		if a := h.Desk.Accesses[name]; a != nil {
			status := a.Status(ctx)
			if link.Access = &status; !status.Connected {
				link.State, link.Error = "disconnected", status.Error+"; the work waits"
			}
		}
		out = append(out, link)
	}
	slices.SortFunc(out, func(a, b admin.Link) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// inspect tells what a person has to mend at the products: what their plugins find missing there, and stages that the rules name and the
// ATS does not have. A product that does not answer is told of where its work is.
func (h *host) inspect(ctx context.Context) error {
	var failed error
	for name := range h.Lines {
		problems, err := h.prepare(ctx, name)
		for _, p := range problems {
			h.log.Warn("to be mended at the product", "connection", name, "problem", p.Summary)
		}
		live, unread := h.keeper.Live(ctx, name)
		switch {
		case errors.Is(err, sdk.ErrDisconnected):
			h.log.Warn("not looked after: the connection is disconnected", "connection", name)
		case err != nil || unread != nil:
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, errors.Join(err, unread)))
		case len(live) == 0:
			h.log.Warn("no webhook can be believed: the connection has no webhook secret", "connection", name)
		}
	}
	return errors.Join(failed, h.inspectStages(ctx))
}

// prepare makes a product ready, and tells what a person has to mend there.
func (h *host) prepare(ctx context.Context, conn string) ([]sdk.Problem, error) {
	problems, err := h.keeper.Prepare(ctx, conn)
	return append(problems, h.engine.Silence(conn)...), err
}

func (h *host) inspectStages(ctx context.Context) error {
	for _, p := range h.pairings {
		if len(p.Needs().Stages) == 0 {
			continue // nobody needs them, and an ATS may not show them
		}
		stages, err := catalogue(ctx, h.Lines[p.ATS])
		switch {
		case stages == nil && err == nil, errors.Is(err, sdk.ErrDisconnected): // it lists none, or that it rests is told elsewhere
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", p.ATS, err)
		}
		for _, d := range config.VerifyStages(p, stages) {
			h.log.Error("nobody is ever in this stage", "pairing", p.Label, "place", fmt.Sprintf("%s:%d", d.Subject.Filename, d.Subject.Start.Line), "problem", d.Detail)
		}
	}
	return nil
}

// close ends what assemble began, in the order in which it is needed.
func (h *host) close() {
	h.Exchange.Close()
	for _, l := range []net.Listener{h.web, h.local} {
		if l != nil {
			_ = l.Close()
		}
	}
	if h.memory != nil {
		h.memory.close()
	}
}
