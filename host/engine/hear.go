package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// together bounds the events of one subject that are heard in one commit.
const together = 16

// hear takes the events that wait for a subject into its case. After a failure it takes them one at a time, to find the one that fails.
func (e *Engine) hear(ctx context.Context, t task) (due time.Time, err error) {
	limit := together
	if e.streak(t).failures > 0 {
		limit = 1
	}
	arrivals, err := e.Journal.Waiting(ctx, t.Subject, limit)
	if err != nil || len(arrivals) == 0 {
		return time.Time{}, err
	}
	hear := e.hearATS
	if isVendor(t.Conn) {
		hear = e.hearVendor
	}
	due, heard, err := hear(ctx, t.Subject, arrivals)
	if err == nil && heard && len(arrivals) == limit {
		e.Hear(t.Subject)
	}
	return due, err
}

// hearATS reads the application, since a webhook's body is only a hint, and asks every pairing what to do. Events that are not heard stay
// in the inbox.
func (e *Engine) hearATS(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (due time.Time, heard bool, err error) {
	gone, err := e.Journal.Gone(ctx, s.Conn, s.ID)
	if err != nil {
		return due, false, err
	}
	if gone {
		return due, true, e.Journal.Drop(ctx, arrivals)
	}
	known, wait, err := e.echo(ctx, s, arrivals)
	if err != nil || wait {
		return due, false, err
	}
	if known == nil {
		known, err = e.read(ctx, s)
	}
	missing, unfit := errors.Is(err, sdk.ErrNotFound), refusal(err)
	switch {
	case err != nil && !missing && unfit == nil:
		return due, false, err
	case unfit == nil && e.early(arrivals, known.Application, missing):
		return due, false, errEarly
	}
	assessments, err := e.assessments(ctx, s.Conn)
	if err != nil {
		return due, false, err
	}
	defer e.locks.Take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return due, false, err
	}
	h.change.Taken = arrivals
	switch {
	case unfit != nil:
		h.refuseAll(arrivals, unfit.Reason, unfit.Detail)
	case !missing:
		h.know(known)
		err = h.decide(ctx, arrivals, assessments)
	case slices.ContainsFunc(arrivals, isDeletion):
		return due, true, h.deleted(ctx)
	case h.c.New():
		e.Log.Warn("events of an application that is not there", "connection", s.Conn, "application", s.ID, "events", len(arrivals))
		return due, true, e.Journal.Drop(ctx, arrivals)
	default:
		h.refuseAll(arrivals, "not_found", "")
	}
	if err != nil {
		return due, false, err
	}
	return due, true, h.save(ctx)
}

// isVendor tells on which side of a pairing a connection stands.
func isVendor(conn string) bool { return strings.HasPrefix(conn, string(sdk.RoleVendor)+".") }

// strayTime is how long a vendor's event waits for the record of its invitation. Who uses the vendor's account for more than this host gets
// events that none will ever come for.
const strayTime = 30 * 24 * time.Hour

// hearVendor applies a vendor's events to the invitation they are about. They wait while we have no record of it; its commit wakes them.
func (e *Engine) hearVendor(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (due time.Time, heard bool, err error) {
	of, ok, err := e.Journal.Whose(ctx, s.Conn, s.ID)
	if err != nil {
		return due, false, err
	}
	if !ok {
		if due = arrivals[0].Received.Add(strayTime); e.Clock.Now().Before(due) {
			return due, false, nil
		}
		return due, true, e.Journal.Drop(ctx, arrivals[:1]) // and again, for the next
	}
	c, err := e.Journal.Load(ctx, of.Conn, of.ID)
	if err != nil {
		return due, false, err
	}
	var fresh *journal.Reading
	if e.follows(c, s, arrivals) {
		if fresh, err = e.reread(ctx, c, false); err != nil {
			return due, false, err
		}
	}
	defer e.locks.Take(of)()
	h, err := e.open(ctx, of)
	if err != nil {
		return due, false, err
	}
	h.know(fresh)
	h.change.Taken = arrivals
	for _, a := range arrivals {
		i := slices.IndexFunc(h.c.Invitations, func(v invitation.Invitation) bool { return v.Vendor == s.Conn && v.Remote == s.ID })
		if i >= 0 {
			h.tell(&h.c.Invitations[i], a.Event)
		}
	}
	return due, true, h.save(ctx)
}

// follows tells whether some rule wants to hear of what the events mean.
func (e *Engine) follows(c *journal.Case, s journal.Subject, arrivals []journal.Arrival) bool {
	for _, v := range c.With(s.Conn) {
		p := e.follower(v)
		if v.Remote != s.ID || p == nil {
			continue
		}
		for _, a := range arrivals {
			if _, steps := v.Apply(a.Event); slices.ContainsFunc(steps, func(s invitation.Step) bool { return p.Hears(s.Event.Kind) }) {
				return true
			}
		}
	}
	return false
}

// follower is the pairing whose rules follow an invitation: the one that asked for it, or, if that was renamed, one of the same two.
func (e *Engine) follower(v invitation.Invitation) *rule.Pairing {
	if p := e.pairings[v.Pairing]; p != nil && p.ATS == v.ATS && p.Vendor == v.Vendor {
		return p
	}
	for _, p := range e.Pairings {
		if p.ATS == v.ATS && p.Vendor == v.Vendor {
			return p
		}
	}
	return nil
}

// hearing is one case on its way through one commit.
type hearing struct {
	*Engine
	c      *journal.Case
	now    time.Time
	change journal.Change
	news   []journal.Subject // that become known with this commit
}

// open loads a case; its application is locked.
func (e *Engine) open(ctx context.Context, s journal.Subject) (*hearing, error) {
	c, err := e.Journal.Load(ctx, s.Conn, s.ID)
	return &hearing{Engine: e, c: c, now: e.Clock.Now()}, err
}

func (h *hearing) subject() journal.Subject {
	return journal.Subject{Conn: h.c.ATS, ID: h.c.Application}
}

// know takes a reading into the case, unless another was faster. What can be read is not deleted.
func (h *hearing) know(r *journal.Reading) {
	if r != nil && !r.At.Before(h.c.Last.At) {
		h.c.Last, h.c.Moved, h.c.Deleted = *r, "", false
	}
}

// save commits the case and wakes what it leads to.
func (h *hearing) save(ctx context.Context) error {
	h.retag()
	a, err := h.begin(ctx)
	if err != nil {
		return err
	}
	saved := false
	if a != nil {
		k := begunKey{a.Subject, a.key}
		h.attempts.Store(k, a)
		defer func() {
			if !saved && h.begun(k) != nil {
				a.turn.Release()
			}
		}()
	}
	if err := h.Journal.Save(ctx, h.c, h.change); err != nil {
		return err
	}
	saved = true
	h.wakeAll(h.c)
	for _, s := range h.news {
		h.Hear(s)
	}
	for _, t := range h.change.Entries {
		level := slog.LevelInfo
		if t.What == "decision" {
			level = slog.LevelDebug // they are for "why"
		}
		h.Log.Log(ctx, level, t.What, "connection", h.c.ATS, "application", h.c.Application, "pairing", t.Pairing, "name", t.Name,
			"verdict", t.Verdict, "reason", t.Reason, "place", t.Place)
	}
	return nil
}

// tellStory adds a line to the case's story.
func (h *hearing) tellStory(entry journal.Entry) {
	entry.At = h.now
	h.change.Entries = append(h.change.Entries, entry)
}

func (h *hearing) refuseAll(arrivals []journal.Arrival, reason, detail string) {
	for _, a := range arrivals {
		h.tellStory(journal.Entry{What: "event", Name: string(a.Event.Kind), Verdict: "refused", Reason: reason, Detail: detail})
	}
}

// refusal is what a plugin says will never work; nil if err is no such word.
func refusal(err error) *sdk.Refusal {
	var no *sdk.Refusal
	errors.As(err, &no)
	return no
}

// decide asks every pairing about every event.
func (h *hearing) decide(ctx context.Context, arrivals []journal.Arrival, known map[string][]sdk.Assessment) error {
	h.appear(arrivals)
	for _, a := range arrivals {
		if a.Event.Reason != journal.Sweep {
			h.tellStory(journal.Entry{What: "event", Name: string(a.Event.Kind), Detail: a.Event.Tag})
		}
		for _, p := range h.Pairings {
			if p.ATS != h.c.ATS || p.Mode != rule.Live {
				continue
			}
			if err := h.ask(ctx, p, a.Event, known[p.Vendor]); err != nil {
				return err
			}
		}
	}
	return nil
}

// appear counts the appearances of the tags that rules look for. What the first scan ever finds was there before us: it is used already.
func (h *hearing) appear(arrivals []journal.Arrival) {
	for _, p := range h.Pairings {
		for _, scan := range p.Needs().Scans {
			if p.ATS != h.c.ATS {
				continue
			}
			was := h.c.Appearances[scan.Tag]
			is := journal.Appearance{N: was.N, Present: rule.Tagged(scan.Tag, h.c.Last.Application.Tags)}
			if is.Present && !was.Present {
				is.N++
			}
			if h.c.Appearances == nil {
				h.c.Appearances = map[string]journal.Appearance{}
			}
			if is != was {
				h.c.Appearances[scan.Tag] = is
			}
			// The first scan may not be the first to see it: a webhook's read may have counted it before.
			baseline := func(a journal.Arrival) bool { return a.Event.Tag == scan.Tag && a.Event.Reason == rule.ReasonBaseline }
			if fact := rule.TagFact(scan.Tag, is.N); is.N == 1 && is.Present && slices.ContainsFunc(arrivals, baseline) {
				h.c.Used = journal.Union(h.c.Used, []string{fact})
			}
		}
	}
}

// unknownAssessment is the reason of a [rule.Failure] that a newer list of the vendor's may cure.
const unknownAssessment = "unknown_assessment"

// ask has one pairing decide about one event, and plans what it says.
func (h *hearing) ask(ctx context.Context, p *rule.Pairing, ev sdk.Event, assessments []sdk.Assessment) error {
	seen := map[string]int{}
	for tag, a := range h.c.Appearances {
		seen[tag] = a.N
	}
	used, err := h.used(ctx, ev)
	if err != nil {
		return err
	}
	plan := p.Decide(ev, rule.Known{
		Application: h.c.Last.Application, Invitations: h.c.With(p.Vendor), Assessments: assessments, Appearances: seen, Used: used,
	})
	unknown := func(in rule.Invite) bool { return in.Failed != nil && in.Failed.Reason == unknownAssessment }
	if slices.ContainsFunc(plan.Invites, unknown) && h.catalogs.Lacks(p.Vendor) {
		return errAgain // it may be younger than the list
	}
	h.record(p, ev, plan.Decisions)
	h.warn(p, ev, plan.Near)
	for _, in := range plan.Invites {
		if err := h.invite(ctx, p, in); err != nil {
			return err
		}
	}
	if slices.Contains(p.Mirror.Outcomes, ev.Kind) {
		h.outcome(p, ev)
	}
	if p.Mirror.Postings > 0 && (ev.Kind == sdk.KindApplied || len(plan.Invites) > 0) {
		return h.posting(ctx, p)
	}
	return nil
}

// used is the facts that are the baseline. A sweep sees what lies before the host's first day; a webhook is news by nature.
func (h *hearing) used(ctx context.Context, ev sdk.Event) ([]string, error) {
	if ev.Reason != journal.Sweep {
		return h.c.Used, nil
	}
	first, err := h.Journal.Mark(ctx, journal.FirstSweep(h.c.ATS))
	if err != nil || first.IsZero() {
		return h.c.Used, err
	}
	return append(rule.Before(h.c.Last.Application, first), h.c.Used...), nil
}

// record tells what was decided. Scans and sweeps ask again and again: then only a verdict that changed is told.
func (h *hearing) record(p *rule.Pairing, ev sdk.Event, decisions []rule.Decision) {
	again := ev.Kind == sdk.KindFound || ev.Reason == journal.Sweep
	for _, d := range decisions {
		k, verdict := p.Label+" "+d.Rule, string(d.Verdict)+" "+d.Reason
		if before, known := h.c.Verdicts[k]; again && (before == verdict || !known && d.Verdict == rule.Refused && ev.Reason == journal.Sweep) {
			continue
		}
		if h.c.Verdicts == nil {
			h.c.Verdicts = map[string]string{}
		}
		h.c.Verdicts[k] = verdict
		h.tellStory(journal.Entry{
			What: "decision", Name: d.Rule, Pairing: p.Label, Place: fmt.Sprintf("%s:%d", filepath.Base(d.File), d.Line),
			Verdict: string(d.Verdict), Reason: d.Reason, Detail: d.Detail,
		})
	}
}

// warn tells of tags that were most likely meant to match: a slip of somebody's that would otherwise show as nothing happening.
func (h *hearing) warn(p *rule.Pairing, ev sdk.Event, near []rule.Near) {
	for _, n := range near {
		if ev.Kind == sdk.KindFound || ev.Reason == journal.Sweep {
			continue // told when the event itself came
		}
		h.tellStory(journal.Entry{What: "finding", Name: "tag", Pairing: p.Label, Verdict: "does not match",
			Detail: fmt.Sprintf("the tag %q is not %q; was it meant?", n.Tag, n.Wanted)})
		h.Log.Warn("a tag does not match, but nearly", "connection", h.c.ATS, "application", h.c.Application, "wanted", n.Wanted)
	}
}

// add plans one effect, unless it was ever planned before.
func (h *hearing) add(f journal.Effect) {
	if h.c.Effect(f.Key) != nil || h.c.Deleted && f.Verb != sdk.VerbDelete {
		return
	}
	promise, ok := h.Connections[f.Conn].Verbs()[f.Verb]
	if !ok {
		h.tellStory(journal.Entry{What: "effect", Name: string(f.Verb), Pairing: f.Pairing, Verdict: "refused", Reason: "off",
			Detail: f.Conn + " cannot " + string(f.Verb) + " as it is connected now"})
		return
	}
	f.Effect = effect.New(f.Key, promise, h.now)
	f.Write.Key = f.Key
	h.c.Effects = append(h.c.Effects, f)
}
