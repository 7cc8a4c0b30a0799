package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/host/schedule"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// rules is the configuration of most scenes.
const rules = `
ats "lever" {}
vendor "alva" {}

pairing "alva-lever" {
  ats    = ats.lever
  vendor = vendor.alva

  on moved {
    to = "Assessment"
    invite {}
  }
  on applied {
    when = tagged("Screening", posting.tags)
    invite {}
  }
  on found {
    tag   = "Send Tests"
    every = "1h"
    invite {}
  }

  tags "status" {
    invited   = "Invited"
    failed    = "Failed"
    started   = "Started"
    completed = "Completed"
    expired   = []
    cancelled = []
  }
  tags "fit" {
    scored = !result.final || result.score == null ? null : result.score >= 50 ? "High" : "Low"
  }

  on failed {
    note { text = "not invited: ${event.reason}" }
  }
  on scored {
    when = result.final
    note { text = "score ${result.score == null ? "none" : result.score}" }
  }
  on completed {
    link {
      title = "Alva"
      url   = invitation.url
    }
    move { stage = "Interview" }
  }

  mirror {
    outcomes  = [hired]
    deletions = true
  }
}
`

// bubbleClock is the clock of a synctest bubble.
type bubbleClock struct{}

func (bubbleClock) Now() time.Time { return time.Now() }
func (bubbleClock) Handled()       {}
func (bubbleClock) Until(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// compiled is the pairings of a configuration.
func compiled(t testing.TB, text string) []*rule.Pairing {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, diags := config.Read(dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return folder.Pairings
}

func (s *scene) compiled(text string) []*rule.Pairing { return compiled(s.t, text) }

// scene is one host between the two products, in a bubble whose time passes when nobody has anything to do. The host may die and be
// started again on the same file.
type scene struct {
	*world
	t        *testing.T
	pairings []*rule.Pairing
	dir      string
	seal     *journal.Seal
	crash    crash // of the host that runs now
	log      io.Writer
	without  string // a connection that is not configured
	jobs     bool   // the schedule runs as well

	hosts int
	host  atomic.Pointer[host]
	doors sync.WaitGroup // senders of webhooks, who try again until they are heard
}

// host is one run of the host.
type host struct {
	*Engine
	file *store.Bolt
	disk *disk
	stop context.CancelFunc
	ran  chan error
}

// play plays a scene in a bubble. All it leaves behind is looked through at the end.
func play(t *testing.T, text string, scenario func(*scene)) {
	t.Helper()
	pairings := compiled(t, text)
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, world: newWorld(t), pairings: pairings, dir: t.TempDir(), log: io.Discard}
		if testing.Verbose() {
			s.log = t.Output()
		}
		var err error
		if s.seal, err = journal.OpenSeal(filepath.Join(s.dir, "key"), false); err != nil {
			t.Fatal(err)
		}
		s.hook = s.deliver
		s.start()
		scenario(s)
		s.settle(time.Minute)
		s.end()
		s.doors.Wait()
		s.flying.Wait()
		if s.turns != 0 {
			t.Errorf("%d turns were neither taken nor given back", s.turns)
		}
	})
}

// start starts a host on the file.
func (s *scene) start() {
	s.t.Helper()
	time.Sleep(time.Second)
	s.hosts++
	file, err := store.OpenBolt(filepath.Join(s.dir, "state.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	disk := &disk{Store: file, t: s.t, crash: s.crash, died: make(chan struct{})}
	h := &host{file: file, disk: disk, ran: make(chan error, 1)}
	connections, asked := map[string]Connection{}, map[string]schedule.Connection{}
	for _, name := range []string{lever, alva} {
		p := &product{s.world, name, s.hosts, disk.died}
		if asked[name] = p; name != s.without {
			connections[name] = p
		}
	}
	h.Engine = New(Options{
		Journal: journal.New(disk, s.seal), Pairings: s.pairings, Connections: connections, Clock: bubbleClock{}, Limits: effect.Defaults(),
		Crowded: func() bool { return false }, Log: slog.New(watcher{slog.NewTextHandler(s.log, nil), s.t}),
	})
	var ctx context.Context
	ctx, h.stop = context.WithCancel(s.t.Context())
	s.host.Store(h)
	var parts sync.WaitGroup
	if s.jobs {
		jobs := &schedule.Schedule{
			Journal: h.Journal, Pairings: s.pairings, Connections: asked, Clock: bubbleClock{}, News: h.Hear, Busy: func(int) {},
			Inspect: func(context.Context) error { return nil }, Log: h.Log,
		}
		parts.Go(func() {
			if err := jobs.Run(ctx); err != nil && !errors.Is(err, errDied) {
				s.t.Error(err)
			}
		})
	}
	go func() {
		err := h.Run(ctx)
		parts.Wait()
		h.ran <- err
	}()
}

// end stops the host and waits until nothing of it is left.
func (s *scene) end() {
	s.t.Helper()
	h := s.host.Load()
	h.stop()
	if err := <-h.ran; err != nil && !errors.Is(err, errDied) {
		s.t.Errorf("the host ended with %v", err)
	}
	if err := h.file.Close(); err != nil {
		s.t.Error(err)
	}
}

// restart is an orderly stop and a start, a month's update.
func (s *scene) restart() {
	s.t.Helper()
	s.end()
	s.start()
}

// settle lets the time pass; a host that dies meanwhile is started again.
func (s *scene) settle(d time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(d); ; {
		select {
		case <-s.host.Load().disk.died:
			s.end()
			s.crash = crash{}
			s.start()
			end = time.Now().Add(d)
		case <-time.After(time.Until(end)):
			synctest.Wait()
			return
		}
	}
}

// deliver is the door and the sender before it, who tries again until the events are kept.
func (s *scene) deliver(conn string, ev sdk.Event) {
	s.doors.Go(func() {
		for {
			h := s.host.Load()
			news, err := h.Journal.Append(context.Background(), conn, []sdk.Event{ev}, time.Now())
			for _, n := range news {
				h.Hear(n)
			}
			if err == nil {
				return
			}
			time.Sleep(10 * time.Second)
		}
	})
}

// meets has the writes of a verb meet these fates, one after the other; all further ones go well.
func (s *scene) meets(v sdk.Verb, fates ...fate) {
	n, others := 0, s.fate
	s.writes(func(w write) fate {
		switch {
		case w.Verb() == v && n < len(fates):
			n++
			return fates[n-1]
		case others != nil:
			return others(w)
		}
		return well
	})
}

// shows fails unless people see this of an application.
func (s *scene) shows(id string, want seen) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.see(id)); diff != "" {
		s.t.Errorf("application %s (-want +got):\n%s\n%s", id, diff, s.story(id))
	}
}

// story is what the host would answer to "why".
func (s *scene) story(id string) string {
	entries, err := s.host.Load().Journal.Story(context.Background(), lever, id)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(strings.Join([]string{e.At.Format("15:04:05.000"), e.What, e.Name, e.Verdict, e.Reason, e.Detail, "\n"}, " "))
	}
	return b.String()
}

// parked is the effects that wait for a person.
func (s *scene) parked() (all []journal.Effect) {
	s.t.Helper()
	err := s.host.Load().Journal.Cases(context.Background(), func(c *journal.Case) error {
		for _, f := range c.Effects {
			if f.Parked() {
				all = append(all, f)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// watcher is a log in which the host must not say that a step was not possible: it would have done something twice, or at the wrong time.
type watcher struct {
	slog.Handler
	t *testing.T
}

func (w watcher) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok && errors.Is(err, effect.ErrIllegal) {
			w.t.Errorf("%s: %v", r.Message, err)
		}
		return true
	})
	return w.Handler.Handle(ctx, r)
}

// book is a log that is read while it is written.
type book struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) count(s string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), s)
}

// act settles the one effect that is parked.
func (s *scene) act(in effect.Input) {
	s.t.Helper()
	all := s.parked()
	if len(all) != 1 {
		s.t.Fatalf("%d effects are parked: %+v", len(all), all)
	}
	if _, err := s.host.Load().Act(context.Background(), all[0].Key[:12], "settle", in, "because"); err != nil {
		s.t.Fatal(err)
	}
	s.settle(time.Hour)
}

func score(revision string, percent float64) *sdk.Result {
	return &sdk.Result{Revision: revision, Final: true, Score: &percent, Summary: "Ann did well."}
}

// happy is what people see of a candidate who has come all the way.
var happy = seen{
	Mails: 1, Notes: []string{"score 80"}, Links: []string{"https://alva.test/inv0"}, Tags: []string{"Completed", "High"}, Stage: "Interview",
}

// road is the way of one candidate: applied, moved, invited, finished.
func road(s *scene) {
	s.apply("ann")
	s.settle(time.Minute)
	s.move("ann", "Assessment")
	s.settle(3 * time.Hour)
	if s.mails() > 0 {
		s.says(0, sdk.KindStarted, nil)
		s.settle(3 * time.Hour)
		s.says(0, sdk.KindCompleted, score("1", 80))
		s.settle(3 * time.Hour)
	}
}
