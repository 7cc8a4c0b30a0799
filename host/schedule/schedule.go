// Package schedule turns time into events: tag scans, posting sync, sweeps.
//
// A [Schedule] runs a table of jobs, each with a durable mark of when it last ran, so a restart neither skips nor repeats one. A scan looks
// for a tag and appends found events, a sweep appends what an ATS changed while its webhooks may have been lost; the engine reads each
// application before it believes them, and the same facts collapse into the same invitation, whoever noticed first. The posting sync tells
// a vendor what changed in the postings it keeps.
//
// # Why
//
// The first scan and the first sweep only draw the baseline: what was there before us is not news, or connecting Patchbay would invite
// everybody again whom another tool invited already.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Clock is the host's one clock.
type Clock interface {
	Now() time.Time
	Until(ctx context.Context, at time.Time) error
	Handled() // whoever Until woke has taken up what fell due
}

// Connection is what jobs ask of a connection, of either side; its verbs say what it can answer.
type Connection interface {
	Verbs() map[sdk.Verb]sdk.Promise
	Tagged(ctx context.Context, tag string) iter.Seq2[string, error]
	Changed(ctx context.Context, since time.Time) iter.Seq2[string, error]
	Postings(ctx context.Context) iter.Seq2[sdk.Posting, error]
	Poll(ctx context.Context, remote string) ([]sdk.Event, error)
	KeepPosting(ctx context.Context, key sdk.Key, p sdk.Posting) (remote string, err error)
}

// Schedule is the jobs of one host. Fill the fields, then Run.
type Schedule struct {
	Journal     *journal.Journal
	Pairings    []*rule.Pairing
	Connections map[string]Connection
	Clock       Clock
	News        func(journal.Subject)
	Busy        func(delta int)             // told when a job begins (+1) and ends (-1)
	Inspect     func(context.Context) error // looks at the products for what a person has to mend there, and tells
	Renew       func(context.Context) error // renews what ends when it is not used; nil: nothing does
	Log         *slog.Logger
}

// job is one line of the table.
type job struct {
	name    string
	every   time.Duration
	atStart bool // also after every start, whenever it ran last
	do      func(ctx context.Context, last time.Time) error
}

// How often what no pairing sets is done.
const (
	sweepEvery = 4 * time.Hour
	pollEvery  = 6 * time.Hour
	renewEvery = 6 * time.Hour // the shortest life of an unused refresh token is 24 h of any product that we know
	daily      = 24 * time.Hour
	remember   = 30 * 24 * time.Hour // accepted events; beyond any sender's retries
	overlap    = 10 * time.Minute    // of two sweeps: clocks differ and lists lag
	retryEvery = time.Minute         // a job that failed
)

// jobs is the table, made of what the pairings need.
func (s *Schedule) jobs() []job {
	out := []job{
		{"forget", daily, false, func(ctx context.Context, _ time.Time) error {
			return s.Journal.Forget(ctx, s.Clock.Now().Add(-remember))
		}},
		{"inspect", daily, true, func(ctx context.Context, _ time.Time) error { return s.Inspect(ctx) }},
	}
	if s.Renew != nil {
		out = append(out, job{"renew", renewEvery, false, func(ctx context.Context, _ time.Time) error { return s.Renew(ctx) }})
	}
	add := func(j job) {
		if i := slices.IndexFunc(out, func(o job) bool { return o.name == j.name }); i >= 0 {
			out[i].every = min(out[i].every, j.every)
			return
		}
		out = append(out, j)
	}
	for _, p := range s.Pairings {
		if p.Mode != rule.Live {
			continue
		}
		for _, scan := range p.Needs().Scans {
			add(job{"scan " + p.ATS + " " + scan.Tag, scan.Every, false, func(ctx context.Context, last time.Time) error {
				return s.scan(ctx, p.ATS, scan.Tag, last)
			}})
		}
		if every := p.Mirror.Postings; every > 0 {
			add(job{"postings " + p.ATS + " " + p.Vendor, every, false, func(ctx context.Context, _ time.Time) error {
				return s.postings(ctx, p.ATS, p.Vendor)
			}})
		}
		if _, ok := s.Connections[p.Vendor].Verbs()[sdk.VerbPoll]; ok {
			add(job{"poll " + p.Vendor, pollEvery, false, func(ctx context.Context, _ time.Time) error { return s.poll(ctx, p.Vendor) }})
		}
		if _, ok := s.Connections[p.ATS].Verbs()[sdk.VerbSearch]; ok {
			add(job{"sweep " + p.ATS, sweepEvery, true, func(ctx context.Context, last time.Time) error {
				return s.sweep(ctx, p.ATS, last)
			}})
		}
	}
	return out
}

// Run runs the jobs when they fall due until ctx ends.
func (s *Schedule) Run(ctx context.Context) error {
	jobs := s.jobs()
	due := make([]time.Time, len(jobs))
	for i, j := range jobs {
		last, err := s.Journal.Mark(ctx, j.name)
		if err != nil {
			return err
		}
		if due[i] = s.Clock.Now(); !last.IsZero() {
			due[i] = last.Add(j.every)
		}
		if j.atStart {
			due[i] = s.Clock.Now()
		}
	}
	for {
		i := earliest(due)
		if err := s.Clock.Until(ctx, due[i]); err != nil {
			return nil
		}
		s.Busy(+1)
		s.Clock.Handled()
		due[i] = s.run(ctx, jobs[i])
		s.Busy(-1)
	}
}

func earliest(due []time.Time) int {
	first := 0
	for i := range due {
		if due[i].Before(due[first]) {
			first = i
		}
	}
	return first
}

// run does one job and says when it is due again.
func (s *Schedule) run(ctx context.Context, j job) time.Time {
	start := s.Clock.Now()
	last, err := s.Journal.Mark(ctx, j.name)
	if err == nil {
		err = j.do(ctx, last)
	}
	if err == nil {
		err = s.Journal.SetMark(ctx, j.name, start)
	}
	if err == nil {
		return start.Add(j.every)
	}
	if ctx.Err() == nil {
		s.Log.Warn("job put off", "job", j.name, "error", err)
	}
	return s.Clock.Now().Add(retryEvery)
}

// scan looks for a tag. What shows it and is not dealt with yet is judged, each time anew; what no longer shows it is read, to be sure.
func (s *Schedule) scan(ctx context.Context, ats, tag string, last time.Time) error {
	reason := ""
	if last.IsZero() {
		reason = rule.ReasonBaseline
	}
	there := map[string]bool{}
	for id, err := range s.Connections[ats].Tagged(ctx, tag) {
		if err != nil {
			return err
		}
		there[id] = true
		c, err := s.Journal.Load(ctx, ats, id)
		if err != nil {
			return err
		}
		if settled(c, tag) {
			continue
		}
		if err := s.found(ctx, ats, id, tag, reason); err != nil {
			return err
		}
	}
	known, err := s.Journal.Tagged(ctx, ats, tag)
	if err != nil {
		return err
	}
	for _, id := range known {
		if there[id] {
			continue
		}
		c, err := s.Journal.Load(ctx, ats, id)
		if err != nil {
			return err
		}
		if app := c.Last.Application; !app.Active || app.Confidential {
			continue // a search leaves her out, whatever her tags: a sweep reads her when that changes
		}
		if err := s.found(ctx, ats, id, tag, ""); err != nil {
			return err
		}
	}
	return nil
}

// settled tells whether this appearance of the tag has led to an invitation, or was there before us.
func settled(c *journal.Case, tag string) bool {
	a := c.Appearances[tag]
	fact := rule.TagFact(tag, a.N)
	if !a.Present {
		return false
	}
	for _, v := range c.Invitations {
		if slices.Contains(v.Facts, fact) {
			return true
		}
	}
	return slices.Contains(c.Used, fact)
}

func (s *Schedule) found(ctx context.Context, ats, id, tag, reason string) error {
	now := s.Clock.Now()
	return s.append(ctx, ats, sdk.Event{
		ID: sdk.ContentID("found", ats, id, tag, now.UTC().String()), Kind: sdk.KindFound, At: now, Application: id, Tag: tag, Reason: reason,
	})
}

func (s *Schedule) append(ctx context.Context, conn string, events ...sdk.Event) error {
	news, err := s.Journal.Append(ctx, conn, events, s.Clock.Now())
	for _, n := range news {
		s.News(n)
	}
	return err
}

// sweep has every application that changed since the last sweep judged as if its webhooks had just come.
func (s *Schedule) sweep(ctx context.Context, ats string, last time.Time) error {
	if last.IsZero() { // what is there is the baseline
		first, err := s.Journal.Mark(ctx, journal.FirstSweep(ats))
		if err != nil || !first.IsZero() {
			return err
		}
		return s.Journal.SetMark(ctx, journal.FirstSweep(ats), s.Clock.Now())
	}
	for id, err := range s.Connections[ats].Changed(ctx, last.Add(-overlap)) {
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		var events []sdk.Event
		for _, kind := range []sdk.Kind{sdk.KindApplied, sdk.KindMoved} {
			events = append(events, sdk.Event{
				ID: sdk.ContentID("sweep", ats, id, string(kind), now.UTC().String()), Kind: kind, At: now, Application: id, Reason: journal.Sweep,
			})
		}
		if err := s.append(ctx, ats, events...); err != nil {
			return err
		}
	}
	return nil
}

// leavesOut tells whether a job goes on without one of many things that failed, until its next run. What fails three times in a row is not
// the thing.
func (s *Schedule) leavesOut(ctx context.Context, err error, inARow *int) bool {
	if err == nil {
		*inARow = 0
		return false
	}
	if *inARow++; *inARow == 3 || errors.Is(err, sdk.ErrDisconnected) || ctx.Err() != nil {
		return false
	}
	s.Log.Warn("left out", "error", err)
	return true
}

// poll asks a vendor how its open invitations stand: a webhook may have been lost. What is known already comes under an ID that was
// accepted before, or changes nothing in the invitation's life.
func (s *Schedule) poll(ctx context.Context, vendor string) error {
	live, err := s.Journal.Live(ctx, vendor)
	if err != nil {
		return err
	}
	inARow := 0
	for _, remote := range live {
		events, err := s.Connections[vendor].Poll(ctx, remote)
		if errors.Is(err, sdk.ErrNotFound) || s.leavesOut(ctx, err, &inARow) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.append(ctx, vendor, events...); err != nil {
			return err
		}
	}
	return nil
}

// postings tells a vendor what changed in the postings that it keeps already. The others are made when they are first needed.
func (s *Schedule) postings(ctx context.Context, ats, vendor string) error {
	inARow := 0
	for p, err := range s.Connections[ats].Postings(ctx) {
		if err != nil {
			return err
		}
		kept, err := s.Journal.Kept(ctx, vendor, p.ID)
		if err != nil {
			return err
		}
		digest := journal.PostingDigest(p)
		if kept.Digest == "" || kept.Digest == digest {
			continue
		}
		now := s.Clock.Now()
		remote, err := s.Connections[vendor].KeepPosting(ctx, sdk.NewKey("posting", vendor, ats, p.ID, digest, kept.At.UTC().String()), p)
		if err != nil {
			err = fmt.Errorf("posting %s at %s: %w", p.ID, vendor, err)
		}
		if s.leavesOut(ctx, err, &inARow) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.Journal.Keep(ctx, vendor, p.ID, journal.Kept{Digest: digest, Remote: remote, At: now}); err != nil {
			return err
		}
	}
	return nil
}
