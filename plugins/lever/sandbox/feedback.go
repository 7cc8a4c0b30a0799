package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/form"
)

// names: a person finds a template by its id or its name.
type template struct{ *form.Template }

func (t template) names() (string, string) { return t.ID, t.Text }

// listTemplates are the active ones, by name.
func (a *account) listTemplates(q *request) (any, error) {
	all := slices.Clone(a.templates)
	slices.SortStableFunc(all, func(x, y template) int { return cmp.Compare(strings.ToLower(x.Text), strings.ToLower(y.Text)) })
	return api.Page(q.Request, all)
}

// template is the one that the path names.
func (a *account) template(q *request) (template, error) {
	t, ok := byID(a.templates, q.PathValue("id"))
	if !ok {
		return t, api.Unknown("feedback_templates", q.PathValue("id"))
	}
	return t, nil
}

func (a *account) getTemplate(q *request) (any, error) {
	t, err := a.template(q)
	return api.Envelope{Data: t}, err
}

func (a *account) createTemplate(q *request) (any, error) {
	var body form.Body
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	t, err := a.addTemplate(body, true)
	if err != nil {
		return nil, api.BadRequest("%s", err)
	}
	return api.Envelope{Data: t}, nil
}

func (a *account) addTemplate(body form.Body, byAPI bool) (template, error) {
	made, err := body.Template(a.world.UUID, a.scale, a.now())
	if err != nil {
		return template{}, err
	}
	made.ByAPI = byAPI
	t := template{made}
	a.templates = append(slices.Clip(a.templates), t)
	return t, nil
}

func (a *account) putTemplate(q *request) (any, error) {
	t, err := a.template(q)
	if err != nil {
		return nil, err
	}
	var body form.Body
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	now, err := a.changeTemplate(t, body)
	if err != nil {
		return nil, api.BadRequest("%s", err)
	}
	return api.Envelope{Data: now}, nil
}

// changeTemplate makes a template anew under its id. A name or instructions that are not given stay; fields are given whole.
func (a *account) changeTemplate(t template, body form.Body) (template, error) {
	body.Text = cmp.Or(body.Text, t.Text)
	body.Instructions = cmp.Or(body.Instructions, t.Instructions)
	if body.Fields == nil {
		body.Fields = t.Fields
	}
	made, err := body.Template(a.world.UUID, a.scale, a.now())
	if err != nil {
		return t, err
	}
	made.ID, made.ByAPI, made.CreatedAt = t.ID, t.ByAPI, t.CreatedAt
	at := slices.Index(a.templates, t)
	a.templates = slices.Clone(a.templates)
	a.templates[at] = template{made}
	return a.templates[at], nil
}

func (a *account) deleteTemplate(q *request) (any, error) {
	t, err := a.template(q)
	if err == nil && !t.ByAPI {
		err = api.Forbidden("Only templates that were made through the API can be deleted through it.")
	}
	if err == nil {
		a.removeTemplate(t)
	}
	return nil, err
}

func (a *account) removeTemplate(t template) {
	a.templates = slices.DeleteFunc(slices.Clone(a.templates), func(other template) bool { return other == t })
}

// newFeedback is the body of POST and PUT …/feedback.
type newFeedback struct {
	BaseTemplateID string       `json:"baseTemplateId"`
	FieldValues    []form.Value `json:"fieldValues"`
	Panel          *string      `json:"panel"`
	Interview      *string      `json:"interview"`
	CreatedAt      int64        `json:"createdAt"`
	CompletedAt    int64        `json:"completedAt"`
}

func (a *account) createFeedback(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	var body newFeedback
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	t, ok := byID(a.templates, body.BaseTemplateID)
	switch {
	case !ok:
		return nil, api.BadRequest("baseTemplateId %s is not valid", body.BaseTemplateID)
	case body.Panel != nil || body.Interview != nil:
		return nil, api.BadRequest("panel and interview are not valid") // nobody here has an interview
	case max(body.CreatedAt, body.CompletedAt) > a.now():
		return nil, api.BadRequest("createdAt and completedAt must not be in the future")
	}
	f, err := t.Fill(a.world.UUID(), q.actor.ID, body.FieldValues, a.now())
	if err != nil {
		return nil, api.BadRequest("%s", err)
	}
	f.CreatedAt, f.CompletedAt = cmp.Or(body.CreatedAt, f.CreatedAt), cmp.Or(body.CompletedAt, f.CompletedAt)
	a.interact(o)
	o.feedback = append([]*form.Form{f}, o.feedback...)
	return api.Envelope{Data: f}, nil
}

func (a *account) listFeedback(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	return api.Page(q.Request, slices.DeleteFunc(slices.Clone(o.feedback), func(f *form.Form) bool { return f.DeletedAt != nil }))
}

// feedback is the one that the path names, and its place; one that was deleted is still there to be read.
func (a *account) feedback(q *request) (*opportunity, int, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, 0, err
	}
	at := slices.IndexFunc(o.feedback, func(f *form.Form) bool { return f.ID == q.PathValue("feedback") })
	if at < 0 {
		return nil, 0, api.Unknown("feedback", q.PathValue("feedback"))
	}
	return o, at, nil
}

func (a *account) getFeedback(q *request) (any, error) {
	o, at, err := a.feedback(q)
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: o.feedback[at]}, nil
}

func (a *account) putFeedback(q *request) (any, error) {
	var body newFeedback
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	f, err := a.changeFeedback(q, func(f *form.Form) (*form.Form, error) { return f.With(body.FieldValues) })
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: f.Internal("sandbox-account", q.PathValue("id"))}, nil
}

func (a *account) deleteFeedback(q *request) (any, error) {
	at := a.now()
	_, err := a.changeFeedback(q, func(f *form.Form) (*form.Form, error) {
		gone := *f
		gone.DeletedAt = &at
		return &gone, nil
	})
	return nil, err
}

func (a *account) changeFeedback(q *request, change func(*form.Form) (*form.Form, error)) (*form.Form, error) {
	o, i, err := a.feedback(q)
	if err != nil {
		return nil, err
	}
	f, err := change(o.feedback[i])
	if err != nil {
		return nil, api.BadRequest("%s", err)
	}
	at := a.now()
	f.UpdatedAt = &at
	o.feedback = slices.Clone(o.feedback)
	o.feedback[i] = f
	a.interact(o)
	return f, nil
}

// feedbackState is a feedback as a test wants to see it.
type feedbackState struct {
	ID       string         `json:"id"`
	Template string         `json:"template"` // its name when this was filled in
	Author   string         `json:"author"`   // e-mail
	Fields   map[string]any `json:"fields"`   // values by the names of the fields
	Deleted  bool           `json:"deleted"`
	At       time.Time      `json:"at"`
}

func (a *account) stateOfFeedback(f *form.Form) feedbackState {
	s := feedbackState{ID: f.ID, Template: f.Text, Fields: map[string]any{}, Deleted: f.DeletedAt != nil, At: moment(f.CreatedAt)}
	for _, field := range f.Fields {
		s.Fields[field.Text] = field.Value
	}
	if u, ok := byID(a.users, f.User); ok {
		s.Author = u.Email
	}
	return s
}
