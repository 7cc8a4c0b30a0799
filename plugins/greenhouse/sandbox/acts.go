package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// deed is one act: its arguments, and the things that they name. An application brings its candidate and its job.
type deed struct {
	arguments
	application *application
	candidate   *candidate
	job         *job
	stage       *stage
	source      *source
	reason      *reason
	user        *user
	field       *field
	into        *candidate
}

// arguments are those of all acts in the table; what an act has no use for means nothing to it.
type arguments struct {
	personal
	Application  ref      `json:"application"`
	Applications []ref    `json:"applications"`
	Candidate    ref      `json:"candidate"`
	Into         ref      `json:"into"` // a candidate
	Job          ref      `json:"job"`
	Jobs         []ref    `json:"jobs"`
	Stage        ref      `json:"stage"`
	Source       ref      `json:"source"`
	Reason       ref      `json:"reason"`
	User         ref      `json:"user"`
	Field        ref      `json:"field"`
	Name         string   `json:"name"`
	Of           string   `json:"of"`
	Kind         string   `json:"kind"`
	Start        string   `json:"start"` // a date
	Fields       []string `json:"fields"`
	Value        any      `json:"value"`
	SiteAdmin    *bool    `json:"site_admin"`
	Deactivated  *bool    `json:"deactivated"`
	Archived     *bool    `json:"archived"`
}

// deeds are what people do in Greenhouse's own pages: the things that must be named, by id or by name (see [ref]), and what is done.
var deeds = map[string]struct {
	needs string
	do    func(*organization, *deed) error
}{
	"candidate": {"", func(o *organization, d *deed) (err error) { d.candidate, err = o.addCandidate(d.personal); return err }},
	"apply":     {"job", (*organization).deedApply},
	"prospect":  {"", (*organization).deedProspect},
	"edit": {"candidate", func(o *organization, d *deed) error {
		d.personal.apply(d.candidate)
		o.changed(d.candidate)
		return nil
	}},
	"value": {"application field", (*organization).deedValue},
	"move":  {"", (*organization).deedMove},
	"reject": {"application", func(o *organization, d *deed) error {
		return o.reject(d.application, cmp.Or(d.reason, o.reasons[0]), d.user)
	}},
	"unreject":           {"application", func(o *organization, d *deed) error { return o.unreject(d.application) }},
	"hire":               {"application", func(o *organization, d *deed) error { return o.hire(d.application, d.Start) }},
	"unhire":             {"application", func(o *organization, d *deed) error { return o.unhire(d.application) }},
	"anonymize":          {"candidate", func(o *organization, d *deed) error { return o.anonymize(d.candidate, d.Fields) }},
	"delete":             {"candidate", func(o *organization, d *deed) error { o.deleteCandidate(d.candidate); return nil }},
	"merge":              {"candidate into", func(o *organization, d *deed) error { return o.merge(d.candidate, d.into) }},
	"delete-application": {"application", func(o *organization, d *deed) error { o.deleteApplication(d.application); return nil }},
	"job": {"", func(o *organization, d *deed) error {
		d.job = o.addJob(cmp.Or(d.Name, "Untitled job"))
		return o.tell("job_created", nil, d.job)
	}},
	"tell":         {"", (*organization).deedTell},
	"field":        {"", (*organization).deedField},
	"field-edit":   {"field", (*organization).deedFieldEdit},
	"user":         {"", (*organization).deedUser},
	"user-rights":  {"user", (*organization).deedUserRights},
	"organisation": {"", (*organization).deedOrganisation},
}

// acts are the deeds, and those acts that are about something else.
func (o *organization) acts() map[string]sandbox.Act {
	acts := map[string]sandbox.Act{
		"partner":        act(o, o.actPartner),
		"tests":          sandbox.Do(func(struct{}) (any, error) { return o.tests() }), // the drop-down of a stage's test now,
		"stage-test":     sandbox.Do(o.actStageTest),
		"send-test":      act(o, o.actSendTest),
		"webhook":        o.actWebhook,
		"webhook-remove": act(o, o.actWebhookRemove),
		"permission":     act(o, o.actPermission),
		"settings":       o.actSettings,
	}
	for verb, one := range deeds {
		acts[verb] = act(o, func(args arguments) (names, error) {
			d, err := o.read(args, strings.Fields(one.needs))
			if err == nil {
				err = one.do(o, d)
			}
			if err != nil {
				return nil, err
			}
			return d.names(), nil
		})
	}
	for verb, do := range o.oauth.Acts() {
		acts[verb] = func(args []byte) (any, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			return do(args)
		}
	}
	return acts
}

// act makes an act of a method that needs the organization to itself.
func act[A, R any](o *organization, f func(A) (R, error)) sandbox.Act {
	return sandbox.Do(func(args A) (any, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		answer, err := f(args)
		if err != nil {
			return nil, err
		}
		return plain(answer), nil
	})
}

// read finds what the arguments name.
func (o *organization) read(args arguments, needs []string) (d *deed, err error) {
	d = &deed{arguments: args}
	var stages []*stage
	for _, one := range []struct {
		name  string
		given ref
		find  func(ref) error
	}{
		{"application", args.Application, func(r ref) error { return locate(&d.application, "application", o.applications, r) }},
		{"candidate", args.Candidate, func(r ref) error { return locate(&d.candidate, "candidate", o.candidates, r) }},
		{"into", args.Into, func(r ref) error { return locate(&d.into, "candidate", o.candidates, r) }},
		{"job", args.Job, func(r ref) error { return locate(&d.job, "job", o.jobs, r) }},
		{"source", args.Source, func(r ref) error { return locate(&d.source, "source", o.sources, r) }},
		{"reason", args.Reason, func(r ref) error { return locate(&d.reason, "reason", o.reasons, r) }},
		{"user", args.User, func(r ref) error { return locate(&d.user, "user", o.users, r) }},
		{"field", args.Field, func(r ref) error { return locate(&d.field, "field", o.fields, r) }},
		{"stage", args.Stage, func(r ref) error { return locate(&d.stage, "stage", stages, r) }},
	} {
		switch {
		case one.given == "" && slices.Contains(needs, one.name):
			err = fmt.Errorf("this needs: %s", strings.Join(needs, ", "))
		case one.given != "" && (one.name != "stage" || stages != nil):
			err = one.find(one.given)
		}
		if err != nil {
			return nil, err
		}
		if a := d.application; one.name == "application" && a != nil {
			d.candidate, d.job = a.candidate, a.job
		}
		if d.job != nil {
			stages = d.job.stages
		}
	}
	return d, nil
}

func locate[T thing](to *T, what string, things []T, want ref) (err error) {
	*to, err = find(what, things, want)
	return err
}

// names is what an act answers: the ids of what it made, changed or was about.
type names map[string]string

func (d *deed) names() names {
	n := names{}
	if a := d.application; a != nil {
		d.candidate, d.job, d.stage = a.candidate, a.job, a.stage()
	}
	for name, id := range map[string]any{
		"application": idOf(d.application), "candidate": idOf(d.candidate), "job": idOf(d.job), "stage": idOf(d.stage),
		"user": idOf(d.user), "field": idOf(d.field),
	} {
		if id, ok := id.(int); ok {
			n[name] = strconv.Itoa(id)
		}
	}
	return n
}

// welcome makes a candidate of a newcomer; whoever is named is there already.
func (o *organization) welcome(d *deed) (err error) {
	if d.candidate == nil {
		d.candidate, err = o.addCandidate(d.personal)
	}
	return err
}

func (o *organization) deedApply(d *deed) (err error) {
	if err = o.welcome(d); err == nil {
		d.application = o.apply(d.candidate, d.job, d.stage, d.source)
	}
	return err
}

func (o *organization) deedProspect(d *deed) (err error) {
	jobs := make([]*job, len(d.Jobs))
	for i, name := range d.Jobs {
		if err := locate(&jobs[i], "job", o.jobs, name); err != nil {
			return err
		}
	}
	if err = o.welcome(d); err == nil {
		d.application = o.addProspect(d.candidate, jobs, d.source)
	}
	return err
}

// deedValue fills in a field of an application by hand: a select's option by its name.
func (o *organization) deedValue(d *deed) error {
	next, err := o.assign("application", d.application.values, []write{{ID: &d.field.id, Value: plain(d.Value)}}, true, &user{private: true})
	if err != nil {
		return fmt.Errorf("field %s cannot be given this value: %v", d.field.key, err.(*problem).Errors)
	}
	d.application.values = next
	o.updated(d.application)
	return nil
}

// several are the applications that an act is about: one, or many in bulk.
func (o *organization) several(one ref, many []ref) (all []*application, err error) {
	if one != "" {
		many = append([]ref{one}, many...)
	}
	all = make([]*application, len(many))
	for i, name := range many {
		if err := locate(&all[i], "application", o.applications, name); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, errors.New("this needs: application, or applications")
	}
	return all, nil
}

// deedMove moves one or many to a stage of their job.
func (o *organization) deedMove(d *deed) error {
	all, err := o.several(d.Application, d.Applications)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.job == nil {
			return fmt.Errorf("application %d is a prospect's", a.id)
		}
		to, err := find("stage", a.job.stages, d.Stage)
		if err == nil {
			err = o.move(a, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *organization) deedField(d *deed) (err error) {
	private := d.Private != nil && *d.Private
	d.field, err = o.addField(field{name: d.Name, of: d.Of, kind: d.Kind, private: private})
	return err
}

// deedFieldEdit renames a field, whose key stays, archives it, or makes it private (traps 24, 25, 27).
func (o *organization) deedFieldEdit(d *deed) error {
	d.field.name = cmp.Or(d.Name, d.field.name)
	set(&d.field.archived, d.Archived)
	set(&d.field.private, d.Private)
	d.field.updatedAt = o.now()
	return nil
}

func (o *organization) deedUser(d *deed) (err error) {
	made := user{}
	set(&made.first, d.First)
	set(&made.last, d.Last)
	set(&made.email, d.Email)
	set(&made.siteAdmin, d.SiteAdmin)
	d.user, err = o.addUser(made)
	return err
}

// deedUserRights changes what a user may; the service account is a user too, named Service Account.
func (o *organization) deedUserRights(d *deed) error {
	set(&d.user.siteAdmin, d.SiteAdmin)
	set(&d.user.private, d.Private)
	set(&d.user.deactivated, d.Deactivated)
	d.user.updatedAt = o.now()
	return nil
}

// deedOrganisation renames the organization. What stands in a webhook's headers stands there as it was typed.
func (o *organization) deedOrganisation(d *deed) error {
	if d.Name == "" {
		return errors.New("an organization needs a name")
	}
	o.name = d.Name
	return nil
}
