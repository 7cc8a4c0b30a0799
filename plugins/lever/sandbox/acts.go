package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// acts is what people do in Lever's own pages. Stages, postings, reasons and users may be named by id or by name (a user: e-mail).
func (a *account) acts() map[string]sandbox.Act {
	all := a.doors.OAuth.Acts()
	maps.Copy(all, map[string]sandbox.Act{
		"apply":           act(a, a.actApply),
		"add":             act(a, a.actAdd),
		"move":            act(a, a.actMove),
		"tag":             act(a, a.actTag((*account).addTags)),
		"untag":           act(a, a.actTag((*account).removeTags)),
		"note":            act(a, a.actNote),
		"archive":         act(a, a.actArchive),
		"unarchive":       act(a, a.actUnarchive),
		"hire":            act(a, a.actHire),
		"delete":          act(a, a.actDelete),
		"edit":            act(a, a.actEdit),
		"merge":           act(a, a.actMerge),
		"posting":         act(a, a.actPosting),
		"posting-edit":    act(a, a.actPostingEdit),
		"posting-tag":     act(a, a.actPostingTag(union)),
		"posting-untag":   act(a, a.actPostingTag(without)),
		"stage-rename":    act(a, a.actStageRename),
		"user":            act(a, a.actUser),
		"user-deactivate": act(a, a.actUserDeactivate),
		"webhook":         act(a, a.actWebhook),
		"webhook-token":   act(a, a.actWebhookToken),
		"webhook-test":    act(a, a.actWebhookTest),
		"webhook-remove":  act(a, a.actWebhookRemove),
		"key":             act(a, a.actKey),
		"key-remove":      act(a, a.actKeyRemove),
		"settings":        act(a, a.actSettings),
		"template":        act(a, a.actTemplate),
		"template-edit":   act(a, a.actTemplateEdit),
		"template-remove": act(a, a.actTemplateRemove),
	})
	return all
}

// ids is what an act answers: of each thing it made or changed.
type ids map[string]string

// act makes an act of a method that needs the account to itself.
func act[A, R any](a *account, f func(A) (R, error)) sandbox.Act {
	return sandbox.Do(func(args A) (any, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		return f(args)
	})
}

func idsOf(o *opportunity) ids {
	i := ids{"opportunity": o.id, "contact": o.contact.id}
	if o.app != nil {
		i["application"], i["posting"] = o.app.id, o.app.posting.id
	}
	return i
}

// onOpportunity finds the opportunity of an act and does it.
func (a *account) onOpportunity(id string, do func(*opportunity) error) (ids, error) {
	o := a.opportunities[id]
	if o == nil {
		return nil, fmt.Errorf("opportunity %q: %w", id, sandbox.ErrNotFound)
	}
	return idsOf(o), do(o)
}

type applyArgs struct {
	Posting, Name, Email, Phone, Origin string
	Tags                                []string
	Confidential                        bool
}

func (a *account) actApply(args applyArgs) (ids, error) {
	p, err := find("posting", a.postings, args.Posting)
	if err != nil {
		return nil, err
	}
	if !p.open() {
		return nil, fmt.Errorf("posting %q is %s: nobody can apply", p.text, p.state)
	}
	if args.Origin != "" && !slices.Contains(origins, args.Origin) {
		return nil, fmt.Errorf("origin %q is none of %v", args.Origin, origins)
	}
	return idsOf(a.apply(p, person(args.Name, args.Email, args.Phone),
		candidacy{origin: args.Origin, tags: args.Tags, confidential: args.Confidential})), nil
}

type addArgs struct {
	Name, Email, Phone, Origin, Stage, Posting string
	Tags                                       []string
	Confidential, Imported                     bool
}

// actAdd is a recruiter adding somebody, with a posting or without. Imported: from another system, so its updatedAt is null.
func (a *account) actAdd(args addArgs) (ids, error) {
	admin := a.users[0]
	n := candidacy{person: person(args.Name, args.Email, args.Phone), origin: cmp.Or(args.Origin, "sourced"), tags: args.Tags, kind: "user",
		owner: admin, user: admin, followers: []*user{admin}, confidential: args.Confidential, imported: args.Imported}
	if !slices.Contains(origins, n.origin) {
		return nil, fmt.Errorf("origin %q is none of %v", n.origin, origins)
	}
	var err error
	if n.stage, err = find("stage", a.stages, cmp.Or(args.Stage, "lead-new")); err != nil {
		return nil, err
	}
	if args.Posting != "" {
		if n.posting, err = find("posting", a.postings, args.Posting); err != nil {
			return nil, err
		}
	}
	o, _ := a.open(n)
	return idsOf(o), nil
}

func (a *account) actMove(args struct{ Opportunity, Stage string }) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error {
		to, err := find("stage", a.stages, args.Stage)
		if err == nil {
			a.move(o, to, a.users[0])
		}
		return err
	})
}

type tagArgs struct {
	Opportunity string
	Tags        []string
}

func (a *account) actTag(change func(*account, *opportunity, []string)) func(tagArgs) (ids, error) {
	return func(args tagArgs) (ids, error) {
		return a.onOpportunity(args.Opportunity, func(o *opportunity) error { change(a, o, args.Tags); return nil })
	}
}

func (a *account) actNote(args struct{ Opportunity, Text string }) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error {
		_, err := a.write(o, newComment{Value: args.Text}, "", a.users[0], false)
		return err
	})
}

func (a *account) actArchive(args struct{ Opportunity, Reason string }) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error {
		why, err := find("archive reason", a.reasons, cmp.Or(args.Reason, "Underqualified"))
		if err == nil {
			a.archive(o, why)
			a.strip(o)
		}
		return err
	})
}

type opportunityArgs struct{ Opportunity string }

func (a *account) actUnarchive(args opportunityArgs) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error { a.unarchive(o); return nil })
}

func (a *account) actHire(args opportunityArgs) (ids, error) {
	return a.actArchive(struct{ Opportunity, Reason string }{args.Opportunity, "Hired"})
}

func (a *account) actDelete(args opportunityArgs) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error { a.remove(o, a.users[0]); return nil })
}

// actEdit corrects a person; an empty e-mail takes her address away.
func (a *account) actEdit(args struct {
	Opportunity string
	Name, Email *string
}) (ids, error) {
	return a.onOpportunity(args.Opportunity, func(o *opportunity) error {
		var emails []string
		if args.Email != nil {
			emails = list(person("", *args.Email, "").emails)
		}
		a.correct(o.contact, args.Name, emails)
		return nil
	})
}

func (a *account) actMerge(args struct{ From, Into string }) (ids, error) {
	from, into := a.contacts[args.From], a.contacts[args.Into]
	if from == nil || into == nil || from == into {
		return nil, errors.New("from and into must be two contacts")
	}
	a.merge(from, into)
	return ids{"contact": into.id}, nil
}
