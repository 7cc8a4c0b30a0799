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

// hear takes the events that wait for a subject into its case.
func (e *Engine) hear(ctx context.Context, s journal.Subject) (due time.Time, err error) {
	if until, ok := e.rest.until(s.Conn, e.Clock.Now()); ok {
		return until, nil
	}
	arrivals, err := e.Journal.Waiting(ctx, s, together)
	if err != nil || len(arrivals) == 0 {
		return time.Time{}, err
	}
	if strings.HasPrefix(s.Conn, "vendor.") {
		err = e.hearVendor(ctx, s, arrivals)
	} else {
		err = e.hearATS(ctx, s, arrivals)
	}
	if err == nil && len(arrivals) == together {
		e.Hear(s)
	}
	switch {
	case errors.Is(err, sdk.ErrDisconnected):
		return e.disconnected(s.Conn), nil
	case errors.Is(err, errEarly):
		return e.Clock.Now().Add(retryAfter), nil
	}
	return time.Time{}, err
}

// hearATS reads the application, since a webhook's body is only a hint, and asks every pairing what to do.
func (e *Engine) hearATS(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) error {
	gone, err := e.Journal.Gone(ctx, s.Conn, s.ID)
	if err != nil {
		return err
	}
	conn := e.Connections[s.Conn]
	if gone || conn == nil {
		return e.Journal.Drop(ctx, arrivals)
	}
	known, wait, err := e.echo(ctx, s, arrivals)
	if err != nil || wait {
		return err
	}
	if known == nil {
		known = &journal.Reading{}
		known.Application, err = conn.Application(ctx, s.ID)
		known.At = e.Clock.Now()
	}
	missing, unfit := errors.Is(err, sdk.ErrNotFound), refusal(err)
	if err != nil && !missing && unfit == nil {
		return err
	}
	if !missing && unfit == nil && e.early(known.Application, arrivals) {
		return errEarly
	}
	assessments, err := e.catalogs(ctx, s.Conn)
	if err != nil {
		return err
	}
	defer e.locks.take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	h.change.Taken = arrivals
	switch {
	case !missing && unfit == nil:
		h.c.Last, h.c.Moved = *known, ""
		if err := h.decide(ctx, arrivals, assessments); err != nil {
			return err
		}
	case missing && slices.ContainsFunc(arrivals, func(a journal.Arrival) bool { return a.Event.Kind == sdk.KindDeleted }):
		return h.deleted(ctx)
	case missing && h.c.New():
		e.Log.Warn("events of an application that is not there", "connection", s.Conn, "application", s.ID, "events", len(arrivals))
		return e.Journal.Drop(ctx, arrivals)
	case missing:
		h.refuseAll(arrivals, "not_found", "")
	default:
		h.refuseAll(arrivals, unfit.Reason, unfit.Detail)
	}
	return h.save(ctx)
}

// hearVendor applies a vendor's events to the invitation they are about. They wait while we have no record of it.
func (e *Engine) hearVendor(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) error {
	of, ok, err := e.Journal.Whose(ctx, s.Conn, s.ID)
	if err != nil || !ok {
		return err
	}
	c, err := e.Journal.Load(ctx, of.Conn, of.ID)
	if err != nil {
		return err
	}
	fresh, err := e.reread(ctx, c, e.follows(c, s, arrivals), stale)
	if err != nil {
		return err
	}
	defer e.locks.take(of)()
	h, err := e.open(ctx, of)
	if err != nil {
		return err
	}
	if fresh != nil {
		h.c.Last, h.c.Moved = *fresh, ""
	}
	h.change.Taken = arrivals
	for _, a := range arrivals {
		i := slices.IndexFunc(h.c.Invitations, func(v invitation.Invitation) bool { return v.Vendor == s.Conn && v.Remote == s.ID })
		if i >= 0 {
			h.tell(&h.c.Invitations[i], a.Event)
		}
	}
	return h.save(ctx)
}

// setAside takes the events that wait for a subject out of its inbox unheard. An application's story tells of them.
func (e *Engine) setAside(ctx context.Context, s journal.Subject) error {
	arrivals, err := e.Journal.Waiting(ctx, s, together)
	if err != nil || len(arrivals) == 0 {
		return err
	}
	e.Log.Error("events set aside: they break the host", "connection", s.Conn, "id", s.ID, "events", len(arrivals))
	if strings.HasPrefix(s.Conn, "vendor.") {
		return e.Journal.Drop(ctx, arrivals)
	}
	defer e.locks.take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	h.change.Taken = arrivals
	h.refuseAll(arrivals, "set_aside", "hearing it breaks the host: see the log")
	return h.Journal.Save(ctx, h.c, h.change)
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

// stale is how old a reading may be before rules are asked or an application is moved.
const stale = time.Minute

// reread reads the application again if it is wanted and the last reading is as old as that. It is nil if not, or if the application is not
// there.
func (e *Engine) reread(ctx context.Context, c *journal.Case, wanted bool, old time.Duration) (*journal.Reading, error) {
	if !wanted || e.Clock.Now().Sub(c.Last.At) < old {
		return nil, nil
	}
	app, err := e.Connections[c.ATS].Application(ctx, c.Application)
	if errors.Is(err, sdk.ErrNotFound) || refusal(err) != nil {
		return nil, nil // what was read last will do
	}
	if errors.Is(err, sdk.ErrDisconnected) {
		e.disconnected(c.ATS)
	}
	if err != nil {
		return nil, err
	}
	return &journal.Reading{Application: app, At: e.Clock.Now()}, nil
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

// save commits the case and wakes what it leads to.
func (h *hearing) save(ctx context.Context) error {
	h.retag()
	first, err := h.begin(ctx)
	if err != nil {
		return err
	}
	if err := h.Journal.Save(ctx, h.c, h.change); err != nil {
		first.release()
		return err
	}
	h.begun.put(first)
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
			if is == was {
				continue
			}
			if h.c.Appearances == nil {
				h.c.Appearances = map[string]journal.Appearance{}
			}
			h.c.Appearances[scan.Tag] = is
			baseline := func(a journal.Arrival) bool { return a.Event.Tag == scan.Tag && a.Event.Reason == rule.ReasonBaseline }
			if is.N == 1 && is.Present && slices.ContainsFunc(arrivals, baseline) {
				h.c.Used = append(h.c.Used, rule.TagFact(scan.Tag, is.N))
			}
		}
	}
}

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
			What: "decision", Name: d.Rule, Pairing: p.Label, Place: fmt.Sprintf("%s:%d", filepath.Base(d.File), d.Line), Verdict: string(d.Verdict), Reason: d.Reason, Detail: d.Detail,
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
		h.Log.Warn("a tag does not match, but nearly", "connection", h.c.ATS, "application", h.c.Application, "pairing", p.Label, "wanted", n.Wanted)
	}
}

// add plans one effect, unless it was ever planned before.
func (h *hearing) add(f journal.Effect) {
	if h.c.Effect(f.Key) != nil {
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
