package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// The rows of Harvest's lists (sections 5.1 to 5.7), and the filters of each. Rows that the acting user may not see are missing.

var userFilters = filters{
	"ids": ids("id"), "primary_email": words("primary_email", strings.EqualFold), "employee_ids": exact("employee_id"),
	"deactivated": boolean("deactivated"), "created_at": date("created_at"), "updated_at": date("updated_at"),
	"office_ids": ids("office_ids"), "department_ids": ids("department_ids"), "linked_candidate_ids": ids("linked_candidate_ids"),
	"show_service_accounts": boolean(""),
}

func userRows(o *organization, _ *request, asked url.Values) (rows []object) {
	for _, u := range o.users {
		if !u.service || asked.Get("show_service_accounts") == "true" {
			rows = append(rows, viewUser(u))
		}
	}
	return rows
}

func viewUser(u *user) object {
	emails := []string{}
	if u.email != "" {
		emails = append(emails, u.email)
	}
	return object{
		"id": u.id, "first_name": u.first, "last_name": u.last, "name": u.name(), "job_title": text(u.jobTitle), "primary_email": text(u.email),
		"emails": emails, "deactivated": u.deactivated, "site_admin": u.siteAdmin, "employee_id": text(u.employeeID), "agency_id": nil,
		"office_ids": []int{}, "department_ids": []int{}, "linked_candidate_ids": []int{}, "interviewer_tags": []object{},
		"custom_fields": object{}, "created_at": atMillis(u.createdAt), "updated_at": atMillis(u.updatedAt),
	}
}

// harvestStatus is an application's status as objects have it; the filter has the other word (trap 5).
func harvestStatus(status string) string {
	if status == active {
		return "in_process"
	}
	return status
}

var applicationFilters = filters{
	"ids": ids("id"), "candidate_ids": ids("candidate_id"), "job_ids": ids("job_id"), "prospective_job_ids": ids("prospective_job_ids"),
	"job_post_ids": ids("job_post_id"), "source_ids": ids("source_id"), "referrer_ids": ids("referrer_id"), "stage_ids": ids("stage_id"),
	"stage_name": exact("stage_name"), "prospect": boolean("prospect"), "created_at": date("created_at"), "updated_at": date("updated_at"),
	"last_activity_at": date("last_activity_at"),
	"status": words("status", func(v, asked string) bool {
		return asked != "in_process" && v == harvestStatus(asked)
	}),
}

func applicationRows(o *organization, q *request, _ url.Values) (rows []object) {
	for _, a := range o.applications {
		if q.user.sees(a.candidate) {
			rows = append(rows, o.viewApplication(a, q.user))
		}
	}
	return rows
}

// sees tells whether a candidate is there for a user: a private one needs a right that Site Admins lack too (trap 11).
func (u *user) sees(c *candidate) bool { return !c.private || u.private }

func (o *organization) viewApplication(a *application, by *user) object {
	prospective := []int{}
	for _, j := range a.prospective {
		prospective = append(prospective, j.id)
	}
	view := object{
		"id": a.id, "candidate_id": a.candidate.id, "job_id": idOf(a.job), "job_post_id": nil, "stage_id": nil, "job_interview_stage_id": nil,
		"stage_name": nil, "status": harvestStatus(a.status), "prospect": a.prospect(), "needs_decision": false, "source_id": idOf(a.source),
		"referrer_id": nil, "recruiter_id": nil, "coordinator_id": nil, "agency_note_id": nil,
		"rejected_at": moment(a.rejectedAt, atMillis), "location_address": nil, "answers": []object{}, "prospective_job_ids": prospective,
		"custom_fields": o.keyed("application", a.values, by.private), "created_at": atMillis(a.appliedAt),
		"updated_at": atMillis(a.updatedAt), "last_activity_at": atMillis(a.activityAt),
	}
	if a.job != nil {
		view["job_post_id"] = a.job.post
	}
	if v := a.standing(); v != nil {
		view["stage_id"], view["job_interview_stage_id"], view["stage_name"] = v.id, v.stage.id, v.stage.name
	}
	return view
}

var visitFilters = filters{
	"ids": ids("id"), "application_ids": ids("application_id"), "job_interview_stage_ids": ids("job_interview_stage_id"),
	"current": boolean("current"),
}

func visitRows(o *organization, q *request, _ url.Values) (rows []object) {
	for _, a := range o.applications {
		if !q.user.sees(a.candidate) {
			continue
		}
		for _, v := range a.visits {
			end := o.now()
			if v.left != nil {
				end = *v.left
			}
			rows = append(rows, object{
				"id": v.id, "application_id": a.id, "job_interview_stage_id": v.stage.id, "entered_at": atMillis(v.entered),
				"exited_at": moment(v.left, atMillis), "days_in_stage": int(end.Sub(v.entered).Hours() / 24), "current": v == a.standing(),
			})
		}
	}
	return rows
}

var candidateFilters = filters{
	"ids": ids("id"), "private": boolean("private"), "created_at": date("created_at"), "updated_at": date("updated_at"),
	"last_activity_at": date("last_activity_at"),
	"email": {"email_addresses", func(asked string) (func(any) bool, error) {
		return func(v any) bool {
			all, _ := v.([]contact)
			return slices.ContainsFunc(all, func(c contact) bool { return strings.EqualFold(c.Value, asked) })
		}, nil
	}},
	"tag": {"tags", func(asked string) (func(any) bool, error) {
		return func(v any) bool { all, _ := v.([]string); return slices.Contains(all, asked) }, nil
	}},
}

func candidateRows(o *organization, q *request, _ url.Values) (rows []object) {
	for _, c := range o.candidates {
		if !q.user.sees(c) {
			continue
		}
		rows = append(rows, object{
			"id": c.id, "first_name": c.first, "last_name": c.last, "preferred_name": text(c.preferred), "company": text(c.company),
			"title": text(c.title), "private": c.private, "can_email": !c.mute, "time_zone": nil, "tags": append([]string{}, c.tags...),
			"linked_user_ids": []int{}, "phone_numbers": append([]contact{}, c.phones...), "addresses": []contact{},
			"email_addresses": append([]contact{}, c.emails...), "website_addresses": []contact{}, "social_media_addresses": []contact{},
			"custom_fields": o.keyed("candidate", c.values, q.user.private), "created_at": atMillis(c.createdAt),
			"updated_at": atMillis(c.updatedAt), "last_activity_at": atMillis(c.active),
		})
	}
	return rows
}

var jobFilters = filters{
	"ids": ids("id"), "status": exact("status"), "confidential": boolean("confidential"),
	"department_id": ids("department_id"), "office_id": ids("office_ids"), "opened_at": date("opened_at"), "closed_at": date("closed_at"),
	"created_at": date("created_at"), "updated_at": date("updated_at"),
}

func jobRows(o *organization, q *request, _ url.Values) (rows []object) {
	for _, j := range o.jobs {
		rows = append(rows, object{
			"id": j.id, "name": j.name, "requisition_id": nil, "notes": nil, "confidential": false, "status": "open",
			"opened_at": atMillis(j.createdAt), "closed_at": nil, "is_template": false, "copied_from_id": nil, "department_id": j.department,
			"office_ids": []int{j.office}, "custom_fields": o.keyed("job", nil, q.user.private), "created_at": atMillis(j.createdAt),
			"updated_at": atMillis(j.createdAt),
		})
	}
	return rows
}

var stageFilters = filters{"ids": ids("id"), "job_ids": ids("job_id"), "active": boolean("active")}

func stageRows(o *organization, _ *request, _ url.Values) (rows []object) {
	for _, j := range o.jobs {
		for i, s := range j.stages {
			rows = append(rows, object{
				"id": s.id, "job_id": j.id, "name": s.name, "sort_order": i, "active": true, "created_at": atMillis(s.createdAt),
				"updated_at": atMillis(s.createdAt),
			})
		}
	}
	return rows
}

var fieldFilters = filters{
	"ids": ids("id"), "field_type": exact("field_type"), "active": boolean("active"), "name": exact("name"), "name_key": exact("name_key"),
	"updated_at": date("updated_at"),
}

// fieldRows has the archived fields too (trap 25).
func fieldRows(o *organization, q *request, _ url.Values) (rows []object) {
	for _, f := range o.fields {
		if !f.private || q.user.private {
			rows = append(rows, viewField(f))
		}
	}
	return rows
}

func viewField(f *field) object {
	var to any
	if f.of == "application" {
		to = "all_applications"
	}
	return object{
		"id": f.id, "name": f.name, "name_key": f.key, "field_type": f.of, "value_type": f.kind, "private": f.private, "active": !f.archived,
		"required": false, "sort_order": 0, "require_approval": false, "trigger_new_version": false, "expose_in_job_board_api": false,
		"api_only": false, "placeholder": nil, "description": text(f.description), "template_token_string": nil, "default_value": nil,
		"internal_type": nil, "updated_by_id": nil, "application_type": to, "created_at": atMillis(f.createdAt),
		"updated_at": atMillis(f.updatedAt),
	}
}
