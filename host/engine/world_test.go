package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/engine"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// products is an ATS and a vendor in one: what they show is what the test asks. Both remember what a real one would: the vendor its
// idempotency keys, the ATS its notes.
type products struct {
	mu     sync.Mutex
	app    sdk.Application
	mails  map[sdk.Key]int
	sent   map[sdk.Key]string
	notes  []string // the text, and the marker
	links  []string
	moves  []string
	told   []sdk.Kind
	broken func(sdk.Verb) (applied bool, err error) // what is wrong with the next call; nil: nothing

	notePromise sdk.Promise // of the ATS
	lag         int         // reads that still show the stage before
}

// side is one of the two as a connection.
type side struct {
	*products
	verbs map[sdk.Verb]sdk.Promise
}

func (s side) Verbs() map[sdk.Verb]sdk.Promise { return s.verbs }
func (s side) Timeout() time.Duration          { return time.Minute }
func (s side) Settle() time.Duration           { return time.Second }
func (s side) Application(context.Context, string) (sdk.Application, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.app
	app.Tags = slices.Clone(app.Tags)
	if s.lag > 0 {
		s.lag--
		app.Stage, app.StageSince = pipeline[0], start.Add(-time.Hour)
	}
	return app, nil
}

var pipeline = []sdk.Stage{{ID: "s1", Name: "New", Index: 0}, {ID: "s2", Name: "Assessment", Index: 1}, {ID: "s3", Name: "Interview", Index: 2}}

func (s side) Stages(context.Context) iter.Seq2[sdk.Stage, error] {
	return func(yield func(sdk.Stage, error) bool) {
		for _, st := range pipeline {
			if !yield(st, nil) {
				return
			}
		}
	}
}
func (s side) Assessments(context.Context) iter.Seq2[sdk.Assessment, error] {
	return func(func(sdk.Assessment, error) bool) {}
}

func (s side) Find(_ context.Context, w sdk.Write) (sdk.Finding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, note := range s.notes {
		if note == w.Key.Marker() {
			n++
		}
	}
	if n == 0 {
		return sdk.Finding{Verdict: sdk.Absent}, nil
	}
	return sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "n1"}, More: n - 1}, nil
}

type turn struct{}

func (turn) Release() {}

func (s side) Admit(context.Context, egress.Priority) (engine.Turn, error) { return turn{}, nil }
func (s side) TryAdmit() (engine.Turn, bool)                               { return turn{}, true }

func (s side) Write(_ context.Context, _ engine.Turn, w sdk.Write) (sdk.Done, egress.Ledger, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrote := egress.Ledger{Entries: []egress.Entry{{Method: "POST", Wrote: true}}}
	if s.broken != nil {
		if applied, err := s.broken(w.Verb()); err != nil {
			if applied {
				s.apply(w)
			}
			return sdk.Done{}, wrote, err
		}
	}
	return s.apply(w), wrote, nil
}

// apply does a write as the product would; the lock is held.
func (s side) apply(w sdk.Write) sdk.Done {
	switch {
	case w.Invite != nil:
		if s.sent[w.Key] == "" {
			s.sent[w.Key] = fmt.Sprintf("r%d", len(s.sent)+1)
			s.mails[w.Key]++
		}
		return sdk.Done{Remote: s.sent[w.Key], Invited: &sdk.Invited{Remote: s.sent[w.Key], URL: "https://vendor.example/" + s.sent[w.Key]}}
	case w.Tags != nil:
		s.app.Tags = slices.DeleteFunc(append(s.app.Tags, w.Tags.Add...), func(t string) bool { return slices.Contains(w.Tags.Remove, t) })
		slices.Sort(s.app.Tags)
		s.app.Tags = slices.Compact(s.app.Tags)
	case w.Link != nil:
		if !slices.Contains(s.links, w.Link.URL) {
			s.links = append(s.links, w.Link.URL)
		}
	case w.Note != nil:
		s.notes = append(s.notes, w.Key.Marker())
	case w.Move != nil:
		s.moves = append(s.moves, w.Move.Stage)
		for _, st := range pipeline {
			if st.ID == w.Move.Stage {
				s.app.Stage = st
			}
		}
	case w.Posting != nil:
		return sdk.Done{Remote: "pos1"}
	case w.Outcome != nil:
		s.told = append(s.told, w.Outcome.Kind)
	}
	return sdk.Done{}
}

// sight is what a person sees at both products.
type sight struct {
	Mails, Invitations, Notes, Links int
	Tags                             []string
	Stage                            string
}

func (p *products) see() sight {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := sight{Invitations: len(p.sent), Notes: len(p.notes), Links: len(p.links), Tags: p.app.Tags, Stage: p.app.Stage.Name}
	for _, n := range p.mails {
		v.Mails += n
	}
	return v
}

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func newProducts() *products {
	return &products{
		mails: map[sdk.Key]int{}, sent: map[sdk.Key]string{}, notePromise: sdk.Promise{Repeat: sdk.Look, Settle: time.Second},
		app: sdk.Application{
			ID: "a1", Person: "p1", Candidate: sdk.Candidate{Name: "Ann", Email: "ann@example.test"}, Posting: sdk.Posting{ID: "job1", Name: "Job"},
			Stage: pipeline[1], StageSince: start, Applied: start.Add(-time.Hour), Origin: "applied", Active: true,
		},
	}
}

// bubbleClock is the time of a synctest bubble.
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

// run has an engine work on st until it is idle for a long time, or its host dies.
func (p *products) run(t *testing.T, st store.Store, seal *journal.Seal, during func(*journal.Journal, *engine.Engine)) {
	t.Helper()
	folder, diags := config.Read("../../configs")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	safe, j := sdk.Promise{Repeat: sdk.Safe}, journal.New(st, seal)
	ats := side{p, map[sdk.Verb]sdk.Promise{sdk.VerbTags: safe, sdk.VerbLink: safe, sdk.VerbMove: safe, sdk.VerbNote: p.notePromise}}
	vendor := side{p, map[sdk.Verb]sdk.Promise{sdk.VerbInvite: {Repeat: sdk.Keyed, KeptFor: 720 * time.Hour}, sdk.VerbPosting: safe, sdk.VerbOutcome: safe}}
	e := engine.New(engine.Options{
		Journal: j, Pairings: folder.Pairings, Connections: map[string]engine.Connection{"ats.lever": ats, "vendor.alva": vendor},
		Clock: bubbleClock{}, Limits: effect.Defaults(), Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := e.Run(ctx); err != nil && !errors.Is(err, errDead) {
			t.Error(err)
		}
	})
	during(j, e)
	cancel()
	running.Wait()
}

// tell appends an event as the door does, again and again until it is stored.
func tell(ctx context.Context, j *journal.Journal, e *engine.Engine, conn string, ev sdk.Event) {
	news, err := j.Append(ctx, conn, []sdk.Event{ev}, time.Now())
	if err == nil {
		for _, s := range news {
			e.Hear(s)
		}
	}
}

func score() *float64 { v := 80.0; return &v }
