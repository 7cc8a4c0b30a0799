package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

func (a *account) listStages(q *request) (any, error) { return api.Page(q.Request, a.stages) }

func (a *account) getStage(q *request) (any, error) {
	s, ok := byID(a.stages, q.PathValue("id"))
	if !ok {
		return nil, api.Unknown("stages", q.PathValue("id"))
	}
	return api.Envelope{Data: *s}, nil
}

func (a *account) listReasons(q *request) (any, error) {
	kind := q.URL.Query().Get("type")
	if kind != "" && kind != "hired" && kind != "non-hired" {
		return nil, api.BadRequest("type %s is not valid", kind)
	}
	found := []reason{}
	for _, r := range a.reasons {
		if kind == "" || r.Type == kind {
			found = append(found, *r)
		}
	}
	return api.Page(q.Request, found)
}

func (a *account) getReason(q *request) (any, error) {
	r, ok := byID(a.reasons, q.PathValue("id"))
	if !ok {
		return nil, api.Unknown("archive_reasons", q.PathValue("id"))
	}
	return api.Envelope{Data: *r}, nil
}

// counted is an item of GET /tags and GET /sources.
type counted struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// count gives every text that was ever used, with how many opportunities have it now.
func (a *account) count(ever map[string]bool, texts func(*opportunity) []string) []counted {
	counts := map[string]int{}
	for _, o := range a.opportunities {
		for _, t := range texts(o) {
			counts[t]++
		}
	}
	found := []counted{}
	for t := range maps.Keys(ever) {
		found = append(found, counted{t, counts[t]})
	}
	slices.SortFunc(found, func(x, y counted) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Text), strings.ToLower(y.Text)), cmp.Compare(x.Text, y.Text))
	})
	return found
}

func (a *account) listTags(q *request) (any, error) {
	return api.Page(q.Request, a.count(a.tags, (*opportunity).tagTexts))
}

func (a *account) listSources(q *request) (any, error) {
	return api.Page(q.Request, a.count(a.sources, func(o *opportunity) []string { return o.sources }))
}

func (a *account) listUsers(q *request) (any, error) {
	emails, roles, directory := q.Values("email"), q.Values("accessRole"), q.Values("external_directory_id")
	found := []user{}
	for _, u := range slices.Backward(a.users) { // newest first
		address, _ := api.Canonical(u.Email)
		switch {
		case u.DeactivatedAt != nil && q.URL.Query().Get("includeDeactivated") != "true":
		case len(emails) > 0 && !slices.Contains(emails, address): // as it is, not made canonical: the match is exact
		case len(roles) > 0 && !slices.Contains(roles, u.AccessRole):
		case len(directory) > 0: // nobody here has one
		default:
			found = append(found, *u)
		}
	}
	return api.Page(q.Request, found)
}

func (a *account) getUser(q *request) (any, error) {
	u, ok := byID(a.users, q.PathValue("id"))
	if !ok {
		return nil, api.Unknown("users", q.PathValue("id"))
	}
	return api.Envelope{Data: *u}, nil
}

// userBody is what a user is made or replaced with.
type userBody struct{ Name, Email, AccessRole string }

// user checks a body for the user with that id; empty: a new one.
func (a *account) user(q *request, id string) (body userBody, err error) {
	if err := q.Decode(&body); err != nil {
		return body, err
	}
	if _, ok := api.Canonical(body.Email); !ok {
		return body, api.BadRequest("Email address is not valid")
	}
	if body.Name == "" {
		return body, api.BadRequest("name is required")
	}
	if other, err := find("user", a.users, body.Email); err == nil && other.ID != id {
		return body, api.BadRequest("A user with this email exists.")
	}
	return body, nil
}

func (a *account) createUser(q *request) (any, error) {
	body, err := a.user(q, "")
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: *a.addUser(body.Name, body.Email, cmp.Or(body.AccessRole, "interviewer"))}, nil
}

// changeUser changes the user that the path names, where she stands: opportunities and postings point at her.
func (a *account) changeUser(q *request, change func(*user)) (any, error) {
	u, ok := byID(a.users, q.PathValue("id"))
	if !ok {
		return nil, api.Unknown("users", q.PathValue("id"))
	}
	change(u)
	return api.Envelope{Data: *u}, nil
}

// putUser is PUT /users/{id}, which replaces everything.
func (a *account) putUser(q *request) (any, error) {
	body, err := a.user(q, q.PathValue("id"))
	if err == nil && body.AccessRole == "" {
		err = api.BadRequest("accessRole is required")
	}
	if err != nil {
		return nil, err
	}
	return a.changeUser(q, func(u *user) { u.Name, u.Email, u.AccessRole = body.Name, body.Email, body.AccessRole })
}

func (a *account) deactivateUser(q *request) (any, error) {
	at := a.now()
	return a.changeUser(q, func(u *user) { u.DeactivatedAt = &at })
}

func (a *account) reactivateUser(q *request) (any, error) {
	return a.changeUser(q, func(u *user) { u.DeactivatedAt = nil })
}

func (a *account) addUser(name, email, role string) *user {
	username, _, _ := strings.Cut(email, "@")
	u := &user{
		ID: a.world.UUID(), Name: name, Username: username, Email: email, AccessRole: role, CreatedAt: a.now(), LinkedContactIDs: []string{},
	}
	a.users = append(slices.Clip(a.users), u)
	return u
}

// contact is the one that the path names. A person is as confidential as all her opportunities are.
func (a *account) contact(q *request) (*contact, error) {
	c := a.contacts[q.PathValue("id")]
	if c == nil {
		return nil, api.Unknown("contacts", q.PathValue("id"))
	}
	open := func(o *opportunity) bool { return !o.confidential }
	return c, q.mayAccess(len(c.opportunities) > 0 && !slices.ContainsFunc(c.opportunities, open))
}

// viewContact is a person; her location is an object here (sheet 3.5).
func viewContact(c *contact) map[string]any {
	return map[string]any{
		"id": c.id, "name": c.name, "headline": c.headline, "isAnonymized": false, "location": map[string]string{"name": c.location},
		"emails": list(c.emails), "phones": list(c.phones), "dataProtection": nil,
	}
}

func (a *account) getContact(q *request) (any, error) {
	c, err := a.contact(q)
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: viewContact(c)}, nil
}

func (a *account) putContact(q *request) (any, error) {
	c, err := a.contact(q)
	if err != nil {
		return nil, err
	}
	var body struct {
		Name, Headline, Location *string
		Emails                   []string
		Phones                   []phone
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	for _, e := range body.Emails {
		if _, ok := api.Canonical(e); !ok {
			return nil, api.BadRequest("Email address is not valid")
		}
	}
	a.correct(c, body.Name, body.Emails)
	set(&c.headline, body.Headline)
	set(&c.location, body.Location)
	if body.Phones != nil {
		c.phones = body.Phones
	}
	v := viewContact(c)
	delete(v, "isAnonymized")
	return api.Envelope{Data: v}, nil
}

// correct changes a person's name and addresses; nil: as they are.
func (a *account) correct(c *contact, name *string, emails []string) {
	set(&c.name, name)
	if emails != nil {
		a.reach(c, emails)
	}
	a.touchAll(c)
	a.tellContact("contactUpdated", c)
}

// set sets a value unless there is none to set.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}
