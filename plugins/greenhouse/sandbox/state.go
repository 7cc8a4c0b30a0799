package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// labels are what the pages call the status of a test (section 2.7).
var labels = map[string]string{toBeSent: "To Be Sent", sent: "Waiting", received: "To be graded"}

// kit is the interview kit of an application's newest test, as a recruiter sees it: score and View Report once there is a result.
type kit struct {
	Stage    string   `json:"stage"`
	Test     string   `json:"test"`
	Status   string   `json:"status"` // To Be Sent, Waiting, To be graded; empty: there is no test
	Score    *float64 `json:"score"`  // null: none is shown
	Report   string   `json:"report"` // where View Report leads; empty: there is none
	Metadata object   `json:"metadata"`
}

// kitOf shows the test of the stage where the application stands, else the one that was sent last.
func (o *organization) kitOf(a *application) (k kit) {
	var p *step
	if s := a.stage(); s != nil {
		k.Stage, p = s.name, s.takeHome()
	}
	var last *send
	for _, s := range o.sends {
		if s.application == a && (p == nil || s.step == p) {
			last = s
		}
	}
	if last != nil {
		p = last.step
	}
	if p == nil {
		return k
	}
	if i := o.interview(a, p); i != nil {
		k.Test, k.Status = p.test.Name, labels[i.status]
	}
	if last == nil {
		return k
	}
	if k.Test = last.test.Name; last.status == complete {
		k.Report, k.Metadata = last.url, last.metadata
		if score, err := last.score.Float64(); err == nil {
			k.Score = &score
		}
	}
	return k
}

// stateOf is an application as a test wants to see it: ids as strings, names beside them, nothing private hidden.
func (o *organization) stateOf(a *application) object {
	fields, sends, job := object{}, []object{}, ""
	for _, f := range o.fields {
		if v, ok := a.values[f.id]; ok {
			fields[f.key] = v
		}
	}
	for _, s := range o.sends {
		if s.application == a {
			sends = append(sends, object{
				"id": strconv.Itoa(s.id), "test": s.test.ID, "by": s.by, "callback": o.callback(s), "partner_interview_id": s.partnerID,
				"partner_status": s.status, "problems": append([]string{}, s.problems...),
			})
		}
	}
	if a.job != nil {
		job = a.job.name
	}
	c, k := a.candidate, o.kitOf(a)
	return object{
		"id": strconv.Itoa(a.id), "candidate": strconv.Itoa(c.id), "name": c.first + " " + c.last, "email": c.email(), "job": job,
		"stage": k.Stage, "status": a.status, "prospect": a.prospect(), "fields": fields, "sends": sends, "kit": k,
	}
}

// state is what the control plane shows: applications, applications/ID, kits/APPLICATION; and without a path everything else.
func (o *organization) state(path string) (any, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	what, id, _ := strings.Cut(path, "/")
	a, err := find("application", o.applications, ref(id))
	switch {
	case path == "":
		return plain(o.everything()), nil
	case path == "applications":
		states := []object{}
		for _, a := range o.applications {
			states = append(states, o.stateOf(a))
		}
		return plain(states), nil
	case what == "applications" && err == nil:
		return plain(o.stateOf(a)), nil
	case what == "kits" && err == nil:
		return plain(o.kitOf(a)), nil
	}
	return nil, fmt.Errorf("state %q: %w", path, sandbox.ErrNotFound)
}

func (o *organization) everything() object {
	jobs, users, fields, hooks := []object{}, []object{}, []object{}, []object{}
	for _, j := range o.jobs {
		stages := []object{}
		for _, s := range j.stages {
			stages = append(stages, object{"id": strconv.Itoa(s.id), "name": s.name, "kind": s.step.kind, "test": s.step.test.ID})
		}
		jobs = append(jobs, object{"id": strconv.Itoa(j.id), "name": j.name, "stages": stages})
	}
	for _, u := range o.users {
		users = append(users, viewUser(u))
	}
	for _, f := range o.fields {
		fields = append(fields, viewField(f))
	}
	for _, h := range o.hooks {
		hooks = append(hooks, object{
			"id": strconv.Itoa(h.id), "name": h.Name, "event": h.Event, "url": h.URL, "active": h.Active, "headers": h.Headers,
		})
	}
	return object{
		"organisation": o.name, "jobs": jobs, "users": users, "fields": fields, "webhooks": hooks, "oauth": o.oauth.State(),
		"settings": o.settings,
	}
}
