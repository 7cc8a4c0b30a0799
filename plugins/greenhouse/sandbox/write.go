package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// updateApplication is PATCH /applications/{id}. Of what it can change only custom_fields are here; see [organization.assign].
func (o *organization) updateApplication(q *request) (any, error) {
	id, _ := strconv.Atoi(q.PathValue("id"))
	a, ok := byID(o.applications, id)
	if !ok || !q.user.sees(a.candidate) {
		return nil, refuse(http.StatusNotFound, "Resource not found")
	}
	var body struct {
		Fields *[]write `json:"custom_fields"`
	}
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	if body.Fields != nil {
		next, err := o.assign("application", a.values, *body.Fields, o.settings.MergeFields, q.user)
		if err != nil {
			return nil, err
		}
		a.values = next
	}
	o.updated(a)
	return o.viewApplication(a, q.user), nil
}

// createUser is POST /users. New users have Basic rights only: they see nothing until somebody makes them Site Admin (row GA9).
func (o *organization) createUser(q *request) (any, error) {
	var body struct {
		First       string `json:"first_name"`
		Last        string `json:"last_name"`
		Email       string `json:"primary_email"`
		Invite      bool   `json:"send_email_invite"`
		JobTitle    string `json:"job_title"`
		EmployeeID  string `json:"employee_id"`
		Offices     []int  `json:"office_ids"`
		Departments []int  `json:"department_ids"`
		Tags        []int  `json:"interviewer_tag_ids"`
	}
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	u, err := o.addUser(user{first: body.First, last: body.Last, email: body.Email, jobTitle: body.JobTitle, employeeID: body.EmployeeID})
	if err != nil {
		return nil, err
	}
	return viewUser(u), nil
}

// addUser makes a user.
func (o *organization) addUser(u user) (*user, error) {
	switch {
	case strings.TrimSpace(u.first) == "" || strings.TrimSpace(u.last) == "":
		return nil, fmt.Errorf("first_name and last_name can't be blank")
	case !u.service && !emailAddress.MatchString(u.email):
		return nil, fmt.Errorf("primary_email is not valid")
	case slices.ContainsFunc(o.users, func(x *user) bool { return !u.service && strings.EqualFold(x.email, u.email) }):
		return nil, fmt.Errorf("primary_email has already been taken")
	}
	u.id, u.createdAt, u.updatedAt = o.nextID(), o.now(), o.now()
	o.users = append(o.users, &u)
	return &u, nil
}

// createField is POST /custom_fields, whose exact body is not established: what the object and v1 have in common is taken (section 5.6).
func (o *organization) createField(q *request) (any, error) {
	var body struct {
		Name        string `json:"name"`
		Of          string `json:"field_type"`
		Kind        string `json:"value_type"`
		Private     bool   `json:"private"`
		Description string `json:"description"`
	}
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	f, err := o.addField(field{name: body.Name, of: body.Of, kind: body.Kind, private: body.Private, description: body.Description})
	if err != nil {
		return nil, err
	}
	return viewField(f), nil
}
