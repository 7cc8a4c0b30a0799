package hearing

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Decide asks every pairing about every event, and of what the ATS requested the one that the request is for.
func (h *Hearing) Decide(ctx context.Context, arrivals []journal.Arrival, known map[string][]sdk.Assessment) error {
	h.appear(arrivals)
	for _, a := range arrivals {
		if a.Event.Reason != journal.Sweep {
			h.Note(journal.Entry{What: "event", Name: string(a.Event.Kind), Detail: a.Event.Tag})
		}
		if a.Event.Kind == sdk.KindRequested {
			if err := h.requested(ctx, a.Event, known); err != nil {
				return err
			}
			continue
		}
		for _, p := range h.Pairings {
			if p.ATS != h.Case.ATS || p.Mode == rule.Off {
				continue
			}
			if _, err := h.ask(ctx, p, a.Event, known[p.Vendor]); err != nil {
				return err
			}
		}
	}
	return nil
}

// appear counts the appearances of the tags that rules look for. What the first scan ever finds was there before us: it is used already.
func (h *Hearing) appear(arrivals []journal.Arrival) {
	for _, p := range h.Pairings {
		for _, scan := range p.Needs().Scans {
			if p.ATS != h.Case.ATS {
				continue
			}
			was := h.Case.Appearances[scan.Tag]
			is := journal.Appearance{N: was.N, Present: rule.Tagged(scan.Tag, h.Case.Last.Application.Tags)}
			if is.Present && !was.Present {
				is.N++
			}
			if h.Case.Appearances == nil {
				h.Case.Appearances = map[string]journal.Appearance{}
			}
			if is != was {
				h.Case.Appearances[scan.Tag] = is
			}
			// The first scan may not be the first to see it: a webhook's read may have counted it before.
			baseline := func(a journal.Arrival) bool { return a.Event.Tag == scan.Tag && a.Event.Reason == rule.ReasonBaseline }
			if fact := rule.TagFact(scan.Tag, is.N); is.N == 1 && is.Present && slices.ContainsFunc(arrivals, baseline) {
				h.Case.Used = journal.Union(h.Case.Used, []string{fact})
			}
		}
	}
}

// unknownAssessment is the reason of a [rule.Failure] that a newer list of the vendor's may cure.
const unknownAssessment = "unknown_assessment"

// ask has one pairing decide about one event, and plans what it says.
func (h *Hearing) ask(ctx context.Context, p *rule.Pairing, ev sdk.Event, assessments []sdk.Assessment) (plan rule.Plan, err error) {
	seen := map[string]int{}
	for tag, a := range h.Case.Appearances {
		seen[tag] = a.N
	}
	used, err := h.used(ctx, p, ev)
	if err != nil {
		return plan, err
	}
	plan = p.Decide(ev, rule.Known{
		Application: h.Case.Last.Application, Invitations: h.Case.With(p.Vendor), Assessments: assessments, Appearances: seen, Used: used,
	})
	unknown := func(in rule.Invite) bool { return in.Failed != nil && in.Failed.Reason == unknownAssessment }
	if slices.ContainsFunc(plan.Invites, unknown) && h.Lacks(p.Vendor) {
		return plan, ErrAgain // it may be younger than the list
	}
	h.record(p, ev, plan.Decisions)
	h.warn(p, ev, plan.Near)
	if p.Mode == rule.Shadow {
		h.shadow(p, plan.Invites)
		return plan, nil
	}
	for _, in := range plan.Invites {
		if err := h.invite(ctx, p, in, ev.Kind == sdk.KindRequested); err != nil {
			return plan, err
		}
	}
	if slices.Contains(p.Mirror.Outcomes, ev.Kind) {
		h.outcome(p, ev)
	}
	if p.Mirror.Postings > 0 && (ev.Kind == sdk.KindApplied || len(plan.Invites) > 0) {
		err = h.posting(ctx, p)
	}
	return plan, err
}

// used is the facts that are the baseline. A sweep sees what lies before the host's first day; a webhook is news by nature.
func (h *Hearing) used(ctx context.Context, p *rule.Pairing, ev sdk.Event) ([]string, error) {
	used := journal.Union(h.Case.Used, h.Case.Shadowed[p.Label])
	if ev.Reason != journal.Sweep {
		return used, nil
	}
	first, err := h.Journal.Mark(ctx, journal.FirstSweep(h.Case.ATS))
	if err != nil || first.IsZero() {
		return used, err
	}
	return append(rule.Before(h.Case.Last.Application, first), used...), nil
}

// shadow tells of invitations that a pairing in shadow mode would have sent. What they would have rested on is no news when it goes live.
func (h *Hearing) shadow(p *rule.Pairing, invites []rule.Invite) {
	for _, in := range invites {
		entry := journal.Entry{What: "effect", Name: "invite", Pairing: p.Label, Verdict: "not done", Reason: inShadow, Detail: in.Assessment}
		if in.Failed != nil {
			entry.Detail = in.Failed.Reason + ": " + in.Failed.Detail
		}
		h.Note(entry)
		if h.Case.Shadowed == nil {
			h.Case.Shadowed = map[string][]string{}
		}
		h.Case.Shadowed[p.Label] = journal.Union(h.Case.Shadowed[p.Label], in.Facts)
	}
}

// inShadow is the reason of what is not done.
const inShadow = "shadow"

// record tells what was decided. Scans and sweeps ask again and again: then only a verdict that changed is told.
func (h *Hearing) record(p *rule.Pairing, ev sdk.Event, decisions []rule.Decision) {
	again := ev.Kind == sdk.KindFound || ev.Reason == journal.Sweep
	for _, d := range decisions {
		k, verdict := p.Label+" "+d.Rule, string(d.Verdict)+" "+d.Reason
		if before, known := h.Case.Verdicts[k]; again && (before == verdict || !known && d.Verdict == rule.Refused && ev.Reason == journal.Sweep) {
			continue
		}
		if h.Case.Verdicts == nil {
			h.Case.Verdicts = map[string]string{}
		}
		h.Case.Verdicts[k] = verdict
		h.Note(journal.Entry{
			What: "decision", Name: d.Rule, Pairing: p.Label, Place: fmt.Sprintf("%s:%d", filepath.Base(d.File), d.Line),
			Verdict: string(d.Verdict), Reason: d.Reason, Detail: d.Detail,
		})
	}
}

// warn tells of tags that were most likely meant to match: a slip of somebody's that would otherwise show as nothing happening.
func (h *Hearing) warn(p *rule.Pairing, ev sdk.Event, near []rule.Near) {
	for _, n := range near {
		if ev.Kind == sdk.KindFound || ev.Reason == journal.Sweep {
			continue // told when the event itself came
		}
		h.Note(journal.Entry{What: "finding", Name: "tag", Pairing: p.Label, Verdict: "does not match",
			Detail: fmt.Sprintf("the tag %q is not %q; was it meant?", n.Tag, n.Wanted)})
		h.Log.Warn("a tag does not match, but nearly", "connection", h.Case.ATS, "application", h.Case.Application, "wanted", n.Wanted)
	}
}

// add plans one effect, unless it was ever planned before.
func (h *Hearing) add(f journal.Effect) {
	if h.Case.Effect(f.Key) != nil || h.ending() != "" && !farewell(f.Verb) {
		return
	}
	promise, ok := h.Verbs(f.Conn)[f.Verb]
	if !ok {
		h.Note(journal.Entry{What: "effect", Name: string(f.Verb), Pairing: f.Pairing, Verdict: "refused", Reason: "off",
			Detail: f.Conn + " cannot " + string(f.Verb) + " as it is connected now"})
		return
	}
	f.Effect = effect.New(f.Key, promise, h.Now)
	f.Write.Key = f.Key
	h.Case.Effects = append(h.Case.Effects, f)
}
