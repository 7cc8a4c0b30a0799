package sandbox

import (
	"fmt"
	"maps"
	"time"
)

// appURL is where people look at candidates.
const appURL = "https://app.greenhouse.io"

// The payloads are those of the published samples, whose details differ from event to event (section 7.6): the source's name or
// public_name, keys that one event lacks, three ways to write a date.

// without takes keys from an object that is still its caller's alone.
func without(o object, keys ...string) object {
	for _, k := range keys {
		delete(o, k)
	}
	return o
}

// with adds to an object that is still its caller's alone.
func with(o, more object) object {
	maps.Copy(o, more)
	return o
}

func personURL(c *candidate) string { return fmt.Sprintf("%s/people/%d", appURL, c.id) }

func profileURL(a *application) string {
	return fmt.Sprintf("%s?application_id=%d", personURL(a.candidate), a.id)
}

// candidatePayload is a person, without the keys that the event lacks.
func (o *organization) candidatePayload(c *candidate, lacks ...string) object {
	attachments := []object{}
	if c.resume != "" {
		attachments = append(attachments, object{"filename": c.resume, "url": resumeURL(c), "type": "resume"})
	}
	return without(object{
		"id": c.id, "first_name": c.first, "last_name": c.last, "title": text(c.title), "company": text(c.company),
		"created_at": at(c.createdAt), "external_id": nil, "photo_url": nil, "url": personURL(c), "is_private": c.private, "can_email": !c.mute,
		"phone_numbers": append([]contact{}, c.phones...), "email_addresses": append([]contact{}, c.emails...), "addresses": []contact{},
		"website_addresses": []contact{}, "social_media_addresses": []contact{}, "educations": []object{},
		"employments": []object{}, "recruiter": nil, "coordinator": nil,
		"attachments": attachments, "tags": append([]string{}, c.tags...), "custom_fields": o.customFields("candidate", c.values),
	}, lacks...)
}

// resumeURL is a signed address of a file, which dies after a week. Here nobody serves it.
func resumeURL(c *candidate) string {
	return fmt.Sprintf("https://prod-heroku.s3.amazonaws.com/person_attachments/%d/%s", c.id, c.resume)
}

func (o *organization) personPayload(c *candidate, more object) object {
	return with(object{
		"id": c.id, "first_name": c.first, "last_name": c.last, "title": text(c.title), "company": text(c.company),
		"created_at": at(c.createdAt), "is_private": c.private, "can_email": !c.mute,
	}, more)
}

// applicationPayload is an application as most events tell of it.
func (o *organization) applicationPayload(a *application) object {
	jobs, about := []object{}, a.prospective
	if a.job != nil {
		about = []*job{a.job}
	}
	for _, j := range about {
		jobs = append(jobs, o.jobPayload(j))
	}
	p := object{
		"id": a.id, "rejected_at": moment(a.rejectedAt, at), "prospect": a.prospect(), "status": a.status, "applied_at": at(a.appliedAt),
		"last_activity_at": at(a.activityAt), "url": profileURL(a), "source": sourcePayload(a.source, "public_name"),
		"credited_to": o.credit(), "rejection_reason": nil, "rejection_details": nil, "current_stage": o.stagePayload(a),
		"custom_fields": o.customFields("application", a.values),
		"candidate":     o.candidatePayload(a.candidate, "url"), "jobs": jobs,
	}
	if a.reason != nil {
		p["rejection_reason"] = object{"id": a.reason.id, "name": a.reason.name, "type": object{"id": a.reason.typeID, "name": a.reason.typeName}}
		p["rejection_details"] = object{"custom_fields": o.customFields("rejection_question", nil)}
	}
	return p
}

func sourcePayload(s *source, name string) any {
	if s == nil {
		return nil
	}
	return object{"id": s.id, name: s.name}
}

// stagePayload is where an application stands, with what is to be done there.
func (o *organization) stagePayload(a *application) any {
	s := a.stage()
	if s == nil {
		return nil
	}
	i, grader := o.interview(a, s.step), o.admin()
	return object{"id": s.id, "name": s.name, "interviews": []object{{
		"id": i.id, "name": s.name, "status": i.status,
		"interviewers": []object{{"id": grader.id, "display_name": grader.name(), "status": "tentative"}}, "interview_kit": object{
			"url": fmt.Sprintf("%s/guides/%d/people/%d", appURL, s.step.id, a.candidate.id), "content": "", "questions": []object{},
		},
	}}}
}

// stageChangePayload names the source otherwise, and has the candidate's address in Greenhouse.
func (o *organization) stageChangePayload(a *application) object {
	return with(o.applicationPayload(a), object{
		"source": sourcePayload(a.source, "name"), "candidate": o.candidatePayload(a.candidate),
	})
}

func (o *organization) newApplicationPayload(a *application) object {
	job := with(o.jobPayload(a.job), object{"url": fmt.Sprintf("%s/sdash/%d", appURL, a.job.id), "hiring_team": o.team()})
	return with(o.stageChangePayload(a), object{
		"jobs":            []object{job},
		"prospect_detail": object{"prospect_pool": nil, "prospect_stage": nil, "prospect_owner": nil},
	})
}

// hirePayload is an application without status and stage, and with the offer; job is the older word for what is in jobs.
func (o *organization) hirePayload(a *application, start string) object {
	job := o.jobPayload(a.job)
	lean := without(maps.Clone(job), "notes", "job_post_id", "status", "created_by_id", "created_at")
	older := without(maps.Clone(lean), "confidential", "opened_at", "closed_at")
	older["open_date"], older["close_date"] = job["opened_at"], job["closed_at"]
	return object{
		"id": a.id, "opening": object{"opening_id": fmt.Sprint(a.job.opening), "custom_fields": o.customFields("opening", nil)},
		"credited_to": o.credit(), "source": sourcePayload(a.source, "public_name"), "url": profileURL(a),
		"candidate": o.candidatePayload(a.candidate, "company", "created_at", "photo_url", "website_addresses", "social_media_addresses", "tags"),
		"job":       older, "jobs": []object{lean}, "custom_fields": o.customFields("application", a.values),
		"offer": object{
			"id": o.nextID(), "version": 2, "created_at": at(o.now()), "sent_at": o.now().Format(time.DateOnly),
			"resolved_at": at(o.now()), "starts_at": text(start), "custom_fields": o.customFields("offer", nil),
		},
	}
}

// deletedPayload is the row of an application, flat.
func (o *organization) deletedPayload(a *application) object {
	return object{
		"id": a.id, "candidate_id": a.candidate.id, "job_id": idOf(a.job), "created_at": at(a.appliedAt), "source_id": idOf(a.source),
		"candidate_rejection_reason_id": idOf(a.reason), "rejection_note_id": nil, "rejected_at": moment(a.rejectedAt, at),
		"referrer_id": o.admin().id, "prospect": a.prospect(), "rejected_by_user_id": idOf(a.rejectedBy),
	}
}

// jobPayload is a job as applications carry it.
func (o *organization) jobPayload(j *job) object {
	return object{
		"id": j.id, "name": j.name, "requisition_id": nil, "notes": nil, "confidential": false, "job_post_id": j.post, "status": "open",
		"created_by_id": o.admin().id, "created_at": at(j.createdAt), "opened_at": at(j.createdAt), "closed_at": nil,
		"departments":   []object{{"id": j.department, "name": "Product", "external_id": "dept-1"}},
		"offices":       []object{{"id": j.office, "name": "Stockholm", "location": "Stockholm, Sweden", "external_id": "office-1"}},
		"custom_fields": o.customFields("job", nil),
	}
}

// credit is who gets an application's credit: whoever typed it in.
func (o *organization) credit() object {
	u := o.admin()
	return object{"id": u.id, "email": u.email, "name": u.name(), "employee_id": text(u.employeeID)}
}

// team is who works on a job.
func (o *organization) team() object {
	u := o.admin()
	return object{
		"hiring_managers": []object{{"user_id": u.id, "employee_id": text(u.employeeID)}}, "sourcers": []object{}, "recruiters": []object{},
		"coordinators": []object{},
	}
}

// jobEventPayload is a job in events of its own.
func (o *organization) jobEventPayload(j *job) object {
	return with(o.jobPayload(j), object{
		"hiring_team": o.team(),
		"openings":    []object{{"id": j.opening, "opening_id": fmt.Sprint(j.opening), "custom_fields": o.customFields("opening", nil)}},
	})
}
