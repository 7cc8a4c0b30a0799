package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Decide takes an ATS's event and says whom to invite. The application as read decides, not what the event said of it. Of the refusals
// that apply the first counts: off, not_here, when, guard, not_active, then, for each assessment, already_invited, used, baseline. What is
// left is invited, or fails: by a guard with a text, an unknown assessment, the candidate's address. Of a requested event the application
// may be no more than its snapshot, taken to be active; its assessment is the vendor's id.
func (p *Pairing) Decide(ev sdk.Event, k Known) Plan {
	if !p.Hears(ev.Kind) {
		return Plan{}
	}
	d := &decider{
		Pairing: p, event: ev, Known: k, facts: p.triggers(ev, k),
		scope: p.evaluator.On(&language.Facts{Event: ev, Application: k.Application, Assessments: k.Assessments}),
	}
	for _, r := range p.rules[ev.Kind] {
		if r.kind == sdk.KindFound && strings.TrimSpace(ev.Tag) != r.scan.Tag {
			continue // another rule's tag
		}
		d.judge(r)
	}
	d.plan.Near = p.nearMisses(k.Application)
	return d.plan
}

// decider is one call of Decide.
type decider struct {
	*Pairing
	Known
	event  sdk.Event
	scope  *language.Scope
	facts  []string
	denial *denial // of the guards; nil: not judged yet
	plan   Plan
}

// refusal is why a rule invites nobody; the zero one is none.
type refusal struct{ reason, detail string }

// denial is what the guards came to.
type denial struct {
	guard *guard // nil: none denies
	fail  string // of a guard that is not silent
	err   error
}

func (d *decider) judge(r *on) {
	for _, refuses := range []func(*on) refusal{d.off, d.elsewhere, d.unmet, d.guarded, d.inactive} {
		if no := refuses(r); no != (refusal{}) {
			d.record(r, Refused, no.reason, no.detail)
			return
		}
	}
	if g := d.denial.guard; g != nil {
		d.attempt(r, "", &Failure{g.label, d.denial.fail})
		return
	}
	invite := r.actions[0]
	x := invite.args["assessment"]
	if x == nil {
		d.attempt(r, "", nil)
		return
	}
	v, err := d.scope.Value(x)
	if err != nil {
		d.record(r, Refused, ReasonError, err.Error())
		return
	}
	names := language.TextsOf(v)
	if len(names) == 0 {
		d.record(r, Refused, ReasonNoAssessment, d.scope.Seen(x))
	}
	for _, name := range names {
		d.attempt(r, name, nil)
	}
}

func (d *decider) off(*on) refusal {
	if d.Mode == Off {
		return refusal{ReasonOff, ""}
	}
	return refusal{}
}

// elsewhere holds a rule's trigger against the application as read.
func (d *decider) elsewhere(r *on) refusal {
	app := d.Application
	switch r.kind {
	case sdk.KindMoved:
		if !slices.Contains(r.to, strings.TrimSpace(app.Stage.Name)) && !slices.Contains(r.to, app.Stage.ID) {
			return refusal{ReasonNotHere, fmt.Sprintf("the application is in stage %q, not in %s", app.Stage.Name, language.Listed(r.to))}
		}
		if app.StageSince.IsZero() {
			return refusal{ReasonNotHere, fmt.Sprintf("the application was made in stage %q and has not moved into it", app.Stage.Name)}
		}
	case sdk.KindApplied:
		if app.Applied.IsZero() {
			return refusal{ReasonNotHere, "the candidate has not applied"}
		}
	case sdk.KindFound:
		if !language.Tagged(r.scan.Tag, app.Tags) {
			return refusal{ReasonNotHere, fmt.Sprintf("the application has no tag %q any more", r.scan.Tag)}
		}
	}
	return refusal{}
}

func (d *decider) unmet(r *on) refusal {
	if r.when == nil {
		return refusal{}
	}
	holds, err := d.scope.Holds(r.when)
	switch {
	case err != nil:
		return refusal{ReasonError, err.Error()}
	case !holds:
		return refusal{ReasonWhen, d.scope.Seen(r.when)}
	}
	return refusal{}
}

// guarded is the denial of a silent guard. One with a text is an attempt that fails, which an inactive application is spared.
func (d *decider) guarded(*on) refusal {
	if d.denial == nil {
		d.denial = d.askGuards()
	}
	switch g := d.denial.guard; {
	case d.denial.err != nil:
		return refusal{ReasonError, d.denial.err.Error()}
	case g != nil && g.fail == nil:
		return refusal{ReasonGuard, fmt.Sprintf("%s at %s", g, language.Where(g.at))}
	}
	return refusal{}
}

func (d *decider) inactive(*on) refusal {
	if !d.Application.Active {
		return refusal{ReasonNotActive, "the application is archived, rejected or hired"}
	}
	return refusal{}
}

// askGuards judges all guards, once for all rules. A silent denial wins, else the first in the file.
func (d *decider) askGuards() *denial {
	all := &denial{}
	for _, g := range d.guards {
		denied, detail, err := d.ask(g)
		switch {
		case err != nil:
			d.record(g, Denied, ReasonError, err.Error())
			all.err = err
			continue
		case !denied:
			d.record(g, Passed, "", detail)
			continue
		}
		d.record(g, Denied, "", detail)
		if all.guard == nil || all.guard.fail != nil && g.fail == nil {
			all.guard = g
		}
	}
	if g := all.guard; g != nil && g.fail != nil && all.err == nil {
		v, err := d.scope.Value(g.fail)
		all.fail, all.err = language.TextOf(v), err
	}
	return all
}

func (d *decider) ask(g *guard) (denied bool, detail string, err error) {
	denied, err = d.scope.Holds(g.deny)
	if err != nil || !denied {
		return false, "", err
	}
	detail = d.scope.Seen(g.deny)
	if g.unless == nil {
		return true, detail, nil
	}
	overridden, err := d.scope.Holds(g.unless)
	return !overridden, detail + "; unless: " + d.scope.Seen(g.unless), err
}

// attempt plans an invitation to one assessment, or refuses it. The failure, if any, is a guard's.
func (d *decider) attempt(r *on, assessment string, failed *Failure) {
	n, no := d.next(r, assessment, failed != nil)
	if no != (refusal{}) {
		d.record(r, Refused, no.reason, no.detail)
		return
	}
	invite := Invite{Assessment: assessment, Attempt: n, Facts: d.facts, Failed: failed}
	if failed == nil && assessment != "" {
		invite.AssessmentID, invite.Failed = assess(assessment, d.Assessments)
	}
	if invite.Failed == nil {
		invite.Failed = emailFailure(d.Application.Candidate.Email)
	}
	d.plan.Invites = append(d.plan.Invites, invite)
	what := fmt.Sprintf("attempt %d", n)
	if assessment != "" {
		what += " of " + quoted(assessment)
	}
	if f := invite.Failed; f != nil {
		d.record(r, Failed, f.Reason, what+": "+f.Detail)
		return
	}
	d.record(r, Invited, "", what)
}

// next is the number of the attempt that may be made now. A later attempt needs that the last one ended in a way that may be repeated, and
// a fact that no attempt has consumed. An attempt that failed before an assessment was known has consumed its facts for all.
func (d *decider) next(r *on, assessment string, guarded bool) (int, refusal) {
	var last *invitation.Invitation
	fact, consumed := d.trigger(r), false
	for i, inv := range d.Invitations {
		if inv.Assessment == assessment && (last == nil || inv.Attempt >= last.Attempt) {
			last = &d.Invitations[i]
		}
		if inv.Assessment == assessment || inv.Assessment == "" || guarded {
			consumed = consumed || slices.Contains(inv.Facts, fact)
		}
	}
	planned := func(i Invite) bool { return i.Assessment == assessment }
	switch {
	case slices.ContainsFunc(d.plan.Invites, planned):
		return 0, refusal{ReasonAlreadyInvited, "by another rule, on the same event"}
	case last != nil && !last.Repeatable():
		return 0, refusal{ReasonAlreadyInvited, fmt.Sprintf("attempt %d is %s", last.Attempt, last.State)}
	case slices.Contains(d.Used, fact):
		return 0, refusal{ReasonBaseline, fact}
	case consumed:
		return 0, refusal{ReasonUsed, fact}
	case last == nil:
		return 1, refusal{}
	}
	return last.Attempt + 1, refusal{}
}

// ruled is what a decision is about.
type ruled interface {
	fmt.Stringer
	place() (file string, line int)
}

func (g *guard) place() (string, int) { return g.at.Filename, g.at.Start.Line }
func (r *on) place() (string, int)    { return r.at.Filename, r.at.Start.Line }
func (g *group) place() (string, int) { return g.at.Filename, g.at.Start.Line }

func decision(r ruled, v Verdict, reason, detail string) Decision {
	file, line := r.place()
	return Decision{Rule: r.String(), File: file, Line: line, Verdict: v, Reason: reason, Detail: detail}
}

func (d *decider) record(r ruled, v Verdict, reason, detail string) {
	d.plan.Decisions = append(d.plan.Decisions, decision(r, v, reason, detail))
}
