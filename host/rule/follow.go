package rule

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Follow says what a step in an invitation's life writes. The invitation is as it stands after the step.
func (p *Pairing) Follow(step invitation.Step, inv invitation.Invitation, app sdk.Application) Plan {
	kind := step.Event.Kind
	if !p.Hears(kind) {
		return Plan{}
	}
	f := &follower{Pairing: p, scope: p.evaluator.On(life(step.Event, inv, app)), about: occasion{application: app.ID, page: inv.URL}}
	for _, r := range p.rules[kind] {
		f.follow(r)
	}
	slices.SortStableFunc(f.plan.Writes, func(a, b Write) int { return cmp.Compare(place(a), place(b)) })
	return f.plan
}

// place is where a write stands in the order in which writes arrive: evidence first, the move last.
func place(w Write) int { return slices.Index(writing, string(w.Write.Verb())) }

// life is what the variables are read from on an event of an invitation.
func life(ev sdk.Event, inv invitation.Invitation, app sdk.Application) *language.Facts {
	f := &language.Facts{Event: ev, Application: app, Invitation: inv, Result: sdk.Result{Final: true}} // no result, and none will come
	if inv.Result != nil {
		f.Result = *inv.Result
	}
	if r := ev.Result; r != nil && ev.Kind == sdk.KindScored {
		f.Result = *r
		if f.Result.Revision == "" && inv.Result != nil {
			f.Result.Revision = inv.Result.Revision
		}
	}
	return f
}

// follower is one call of Follow.
type follower struct {
	*Pairing
	scope *language.Scope
	about occasion
	plan  Plan
}

func (f *follower) record(r *on, v Verdict, reason, detail string) {
	f.plan.Decisions = append(f.plan.Decisions, decision(r, v, reason, detail))
}

func (f *follower) follow(r *on) {
	if f.Mode == Off {
		f.record(r, Skipped, ReasonOff, "")
		return
	}
	if r.when != nil {
		holds, err := f.scope.Holds(r.when)
		switch {
		case err != nil:
			f.record(r, Skipped, ReasonError, err.Error())
			return
		case !holds:
			f.record(r, Skipped, ReasonWhen, f.scope.Seen(r.when))
			return
		}
	}
	for _, a := range r.actions {
		f.act(r, a)
	}
}

func (f *follower) act(r *on, a *act) {
	args, missing, err := f.arguments(a)
	switch {
	case err != nil:
		f.record(r, Skipped, ReasonError, err.Error())
		return
	case missing != "":
		f.record(r, Skipped, ReasonNull, a.name+" has no "+missing)
		return
	}
	about := f.about
	about.slot = a.slot
	f.write(r, a.write(about, args))
}

// write plans a write, unless its slot is taken. All fields of an event are one write, in which each name is a slot.
func (f *follower) write(r *on, w Write) {
	i := slices.IndexFunc(f.plan.Writes, func(o Write) bool { return o.Slot == w.Slot })
	switch {
	case i < 0:
		f.plan.Writes = append(f.plan.Writes, w)
		f.record(r, Written, "", w.Slot)
	case w.Write.Fields != nil:
		f.join(r, f.plan.Writes[i].Write.Fields, w.Write.Fields.Values)
	default:
		f.record(r, Skipped, ReasonDuplicate, w.Slot)
	}
}

// join adds fields to those that are written already.
func (f *follower) join(r *on, to *sdk.Fields, more []sdk.Field) {
	for _, field := range more {
		if slices.ContainsFunc(to.Values, func(o sdk.Field) bool { return o.Name == field.Name }) {
			f.record(r, Skipped, ReasonDuplicate, "field "+field.Name)
			continue
		}
		to.Values = append(to.Values, field)
		f.record(r, Written, "", "field "+field.Name)
	}
}

// arguments evaluates the arguments of an action. Missing names a required one that is null or empty.
func (f *follower) arguments(a *act) (args values, missing string, err error) {
	args = values{}
	for _, arg := range a.arguments {
		if x := a.args[arg.Name]; x != nil {
			v, err := f.scope.Value(x)
			if err == nil && arg.Expect(v) != "" {
				err = fmt.Errorf("%s: %s", language.Where(x.Range()), arg.Expect(v))
			}
			if err != nil {
				return nil, "", err
			}
			args[arg.Name] = v
		}
		if arg.Required && language.Empty(args[arg.Name]) {
			return nil, arg.Name, nil
		}
	}
	return args, "", nil
}

// Tags is the tags that the application should carry by what has become of its invitations: the union over groups and invitations, each
// showing the entry of its furthest event. A null or missing entry lets the one before it show, an empty list shows none. Of several
// attempts only the newest counts. It is the same in every mode.
func (p *Pairing) Tags(app sdk.Application, invs []invitation.Invitation) (wanted []string, decisions []Decision) {
	for _, inv := range newest(invs) {
		for _, g := range p.groups {
			tags, found := p.show(g, inv, app)
			for _, t := range tags {
				wanted = language.With(wanted, t)
			}
			decisions = append(decisions, found...)
		}
	}
	return wanted, decisions
}

// show is what a group shows of one invitation.
func (p *Pairing) show(g *group, inv invitation.Invitation, app sdk.Application) (tags []string, decisions []Decision) {
	for _, kind := range inv.History() {
		x := g.entries[kind]
		if x == nil {
			continue
		}
		ev := sdk.Event{Kind: kind, At: inv.Times[kind], Application: app.ID, Reason: inv.Reason, Detail: inv.Detail}
		v, err := p.evaluator.On(life(ev, inv, app)).Value(x)
		if err != nil {
			decisions = append(decisions, at(g, x, Skipped, ReasonError, err.Error()))
			continue
		}
		if v.IsNull() {
			continue
		}
		tags = language.TextsOf(v)
		return tags, append(decisions, at(g, x, Shown, string(kind), language.Listed(tags)))
	}
	return nil, decisions
}

// at is a decision of a group, at the line of its entry.
func at(g *group, x *language.Expression, v Verdict, reason, detail string) Decision {
	d := decision(g, v, reason, detail)
	d.Line = x.Range().Start.Line
	return d
}

// newest is the last attempt of each assessment, without erased ones. One that failed before an assessment was known counts until any other
// is made.
func newest(invs []invitation.Invitation) []invitation.Invitation {
	var out []invitation.Invitation
	for i, inv := range invs {
		replaced := slices.ContainsFunc(invs[i+1:], func(later invitation.Invitation) bool {
			return later.Assessment == inv.Assessment || inv.Assessment == "" && inv.State == invitation.State(sdk.KindFailed)
		})
		if !replaced && inv.State != invitation.Erased {
			out = append(out, inv)
		}
	}
	return out
}
