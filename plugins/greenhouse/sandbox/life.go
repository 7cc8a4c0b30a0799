package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// What an application can be, in the words of webhooks and filters. Harvest's objects say in_process for active (trap 5).
const (
	active   = "active"
	rejected = "rejected"
	hired    = "hired"
)

// application is one person's candidacy for one job; a prospect's is for none yet, or perhaps for several.
type application struct {
	id                               int
	candidate                        *candidate
	job                              *job   // nil: a prospect
	prospective                      []*job // a prospect's
	status                           string
	visits                           []*visit // the last one is where it stands, unless that has ended
	source                           *source
	reason                           *reason
	rejectedBy                       *user
	rejectedAt                       *time.Time
	values                           values
	appliedAt, updatedAt, activityAt time.Time
}

// visit is an application's stay in a stage; its id is what Harvest calls stage_id (trap 6).
type visit struct {
	id      int
	stage   *stage
	entered time.Time
	left    *time.Time
}

// interview is what is to be done about one application in one step of its plan.
type interview struct {
	id          int
	application *application
	step        *step
	status      string // section 2.7
	send        *send  // of a take-home test: the newest
}

const (
	toBeSent = "to_be_sent"
	sent     = "sent"
	received = "received"
)

// beginnings are the statuses of what has not begun, by the kind of step.
var beginnings = map[string]string{
	"none": "collect_feedback", "needs_scheduling": "to_be_scheduled", takeHome: toBeSent, "offer": "collect_feedback",
}

// standing is where an active or rejected application stands; nil for prospects and the finished.
func (a *application) standing() *visit {
	if len(a.visits) == 0 || a.status == hired {
		return nil
	}
	return a.visits[len(a.visits)-1]
}

func (a *application) stage() *stage {
	if v := a.standing(); v != nil {
		return v.stage
	}
	return nil
}

func (a *application) prospect() bool { return a.job == nil }

// touch is what every change of an application does.
func (o *organization) touch(a *application) {
	a.updatedAt, a.activityAt = o.now(), o.now()
	a.candidate.active = o.now()
}

// updated is a change that no other event tells of.
func (o *organization) updated(a *application) {
	o.touch(a)
	o.emit("application_updated", object{"application": o.applicationPayload(a)})
}

// apply opens an application for a job; without a stage it starts in the first.
func (o *organization) apply(c *candidate, j *job, s *stage, src *source) *application {
	if s == nil {
		s = j.stages[0]
	}
	a := o.open(c, src)
	a.job = j
	o.enter(a, s)
	o.emit("new_candidate_application", object{"application": o.newApplicationPayload(a)})
	return a
}

// addProspect opens a prospect's application, for any number of jobs.
func (o *organization) addProspect(c *candidate, jobs []*job, src *source) *application {
	a := o.open(c, src)
	a.prospective = jobs
	o.emit("new_prospect_application", object{"application": o.applicationPayload(a)})
	return a
}

func (o *organization) open(c *candidate, src *source) *application {
	a := &application{id: o.nextID(), candidate: c, status: active, source: src, values: values{}, appliedAt: o.now()}
	o.applications = append(o.applications, a)
	o.touch(a)
	return a
}

// enter begins a stay in a stage; a test that is sent by itself is sent.
func (o *organization) enter(a *application, s *stage) {
	now := o.now()
	if len(a.visits) > 0 {
		a.visits[len(a.visits)-1].left = &now
	}
	a.visits = append(a.visits, &visit{id: o.nextID(), stage: s, entered: now})
	o.touch(a)
	if o.interview(a, s.step) == nil {
		o.interviews = append(o.interviews, &interview{id: o.nextID(), application: a, step: s.step, status: beginnings[s.step.kind]})
	}
	if p := s.takeHome(); p != nil && p.auto && o.sendable(a) == nil {
		o.sendTest(a, "")
	}
}

// interview is that of an application in a step; nil when it was never in the step's stage.
func (o *organization) interview(a *application, p *step) *interview {
	for _, i := range o.interviews {
		if i.application == a && i.step == p {
			return i
		}
	}
	return nil
}

// move takes an active application to a stage, of another job too.
func (o *organization) move(a *application, to *stage) error {
	switch {
	case a.status != active:
		return fmt.Errorf("application %d is %s", a.id, a.status)
	case to == a.stage():
		return fmt.Errorf("application %d is in stage %d already", a.id, to.id)
	}
	a.job = to.job
	o.enter(a, to)
	o.emit("candidate_stage_change", object{"application": o.stageChangePayload(a)})
	return nil
}

func (o *organization) reject(a *application, why *reason, by *user) error {
	if a.status != active {
		return fmt.Errorf("application %d is %s", a.id, a.status)
	}
	now := o.now()
	a.status, a.reason, a.rejectedBy, a.rejectedAt = rejected, why, by, &now
	o.touch(a)
	o.emit("reject_candidate", object{"application": o.applicationPayload(a)})
	return nil
}

func (o *organization) unreject(a *application) error {
	if a.status != rejected {
		return fmt.Errorf("application %d is %s, not rejected", a.id, a.status)
	}
	a.status, a.reason, a.rejectedBy, a.rejectedAt = active, nil, nil, nil
	o.touch(a)
	o.emit("unreject_candidate", object{"application": o.applicationPayload(a)})
	return nil
}

// hire ends an application well: an offer is accepted, of which an event of its own tells too.
func (o *organization) hire(a *application, start string) error {
	if a.status != active || a.prospect() {
		return fmt.Errorf("application %d is %s and cannot be hired", a.id, a.status)
	}
	a.status = hired
	o.touch(a)
	o.emit("hire_candidate", object{"application": o.hirePayload(a, start)})
	return o.tell("offer_updated", a, a.job)
}

func (o *organization) unhire(a *application) error {
	if a.status != hired {
		return fmt.Errorf("application %d is %s, not hired", a.id, a.status)
	}
	a.status = active
	o.touch(a)
	o.emit("unhire_candidate", object{"application": o.applicationPayload(a)})
	return nil
}

// deleteApplication takes an application away and says so.
func (o *organization) deleteApplication(a *application) {
	o.forget(a)
	o.emit("delete_application", object{"application": o.deletedPayload(a)})
}

// forget takes an application away with all that hangs on it.
func (o *organization) forget(a *application) {
	o.applications = slices.DeleteFunc(o.applications, func(x *application) bool { return x == a })
	o.interviews = slices.DeleteFunc(o.interviews, func(i *interview) bool { return i.application == a })
	o.sends = slices.DeleteFunc(o.sends, func(s *send) bool { return s.application == a })
}
