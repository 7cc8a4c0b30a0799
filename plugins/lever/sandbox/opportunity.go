package sandbox

import (
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// opportunityView is an opportunity as the API shows it (sheet 3.1). What can be expanded is of either type.
type opportunityView struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	Headline            string            `json:"headline"`
	Contact             any               `json:"contact"`
	Emails              []string          `json:"emails"`
	Phones              []phone           `json:"phones"`
	Confidentiality     string            `json:"confidentiality"`
	Location            string            `json:"location"`
	Links               []string          `json:"links"`
	Archived            *archived         `json:"archived"`
	Tags                []string          `json:"tags"`
	Sources             []string          `json:"sources"`
	StageChanges        []stageChange     `json:"stageChanges"`
	Origin              string            `json:"origin"`
	SourcedBy           any               `json:"sourcedBy"`
	Owner               any               `json:"owner"`
	Followers           any               `json:"followers"`
	Applications        any               `json:"applications"`
	CreatedAt           int64             `json:"createdAt"`
	UpdatedAt           *int64            `json:"updatedAt"`
	LastInteractionAt   int64             `json:"lastInteractionAt"`
	LastAdvancedAt      int64             `json:"lastAdvancedAt"`
	SnoozedUntil        *int64            `json:"snoozedUntil"`
	Stage               any               `json:"stage"`
	URLs                map[string]string `json:"urls"`
	IsAnonymized        bool              `json:"isAnonymized"`
	DataProtection      any               `json:"dataProtection"`
	OpportunityLocation string            `json:"opportunityLocation,omitempty"` // of the posting; only when read
}

func confidentiality(confidential bool) string {
	if confidential {
		return "confidential"
	}
	return "non-confidential"
}

func (o *opportunity) tagTexts() []string {
	texts := make([]string, len(o.tags))
	for i, t := range o.tags {
		texts[i] = t.text
	}
	return texts
}

func (o *opportunity) where() string {
	if o.app != nil {
		return o.app.posting.location
	}
	return o.located
}

// id is a user's id, or null.
func (u *user) id() any {
	if u == nil {
		return nil
	}
	return u.ID
}

// list is never null.
func list[T any](s []T) []T { return append([]T{}, s...) }

// view is an opportunity as a write answers with it.
func view(o *opportunity) *opportunityView {
	v := &opportunityView{
		ID: o.id, Name: o.contact.name, Headline: o.contact.headline, Contact: o.contact.id, Emails: list(o.contact.emails),
		Phones: list(o.contact.phones), Confidentiality: confidentiality(o.confidential), Location: o.contact.location,
		Links: list(o.contact.links), Archived: o.archived, Tags: o.tagTexts(), Sources: list(o.sources), StageChanges: list(o.changes),
		Origin: o.origin, SourcedBy: o.sourcedBy.id(), Owner: o.owner.id(), CreatedAt: o.createdAt, LastInteractionAt: o.interactedAt,
		LastAdvancedAt: o.advancedAt, Stage: o.stage.ID,
		URLs: map[string]string{"list": "https://hire.lever.co/candidates", "show": "https://hire.lever.co/candidates/" + o.id},
	}
	if o.updatedAt != 0 {
		at := o.updatedAt // not a pointer into the account: the answer is written after the lock
		v.UpdatedAt = &at
	}
	followers, applications := []string{}, []string{}
	for _, u := range o.followers {
		followers = append(followers, u.ID)
	}
	if o.app != nil {
		applications = append(applications, o.app.id)
	}
	v.Followers, v.Applications = followers, applications
	return v
}

// expandable are the fields of an opportunity that can be shown as objects (sheet 2.2).
var expandable = map[string]func(*opportunity, *opportunityView){
	"contact":   func(o *opportunity, v *opportunityView) { v.Contact = viewContact(o.contact) },
	"stage":     func(o *opportunity, v *opportunityView) { v.Stage = *o.stage },
	"owner":     func(o *opportunity, v *opportunityView) { v.Owner = o.owner.object() },
	"sourcedBy": func(o *opportunity, v *opportunityView) { v.SourcedBy = o.sourcedBy.object() },
	"followers": func(o *opportunity, v *opportunityView) {
		followers := []any{}
		for _, u := range o.followers {
			followers = append(followers, u.object())
		}
		v.Followers = followers
	},
	"applications": func(o *opportunity, v *opportunityView) { v.Applications = viewApplications(o) },
}

// object is a user as an expanded field shows her, or null.
func (u *user) object() any {
	if u == nil {
		return nil
	}
	return *u
}

// present is an opportunity as it is read: expanded, and reduced to what include names.
func (a *account) present(q *request, o *opportunity) any {
	v := view(o)
	v.OpportunityLocation = o.where()
	expand := q.Values("expand")
	for _, field := range expand {
		expandable[field](o, v)
	}
	return q.Included(v, expand)
}

// opportunity is the one that the path names, if the key may see it.
func (a *account) opportunity(q *request) (*opportunity, error) {
	o := a.opportunities[q.PathValue("id")]
	if o == nil {
		return nil, api.Unknown("opportunities", q.PathValue("id"))
	}
	return o, q.mayAccess(o.confidential)
}

func (q *request) mayAccess(confidential bool) error {
	if confidential && !q.key.Confidential {
		return api.Forbidden("The key has no access to confidential data.")
	}
	return nil
}

func (a *account) getOpportunity(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	if err := api.CheckExpand(q.Request, expandable); err != nil {
		return nil, err
	}
	return api.Envelope{Data: a.present(q, o)}, nil
}

// listDeleted is GET /opportunities/deleted.
func (a *account) listDeleted(q *request) (any, error) {
	within, err := q.Within("deleted_at")
	if err != nil {
		return nil, err
	}
	found := []deletion{}
	for _, d := range a.deleted {
		if within == nil || within(d.DeletedAt) {
			found = append(found, d)
		}
	}
	return api.Page(q.Request, found)
}

// viewApplications is the application of an opportunity, if there is one (sheet 4.1).
func viewApplications(o *opportunity) []any {
	if o.app == nil {
		return []any{}
	}
	view := map[string]any{
		"id": o.app.id, "type": o.app.kind, "candidateId": o.id, "opportunityId": o.id, "posting": o.app.posting.id,
		"postingHiringManager": o.app.posting.hiringManager.id(), "postingOwner": o.app.posting.owner.id(), "user": o.app.user.id(),
		"name": nil, "company": nil, "phone": nil, "email": nil, "links": []string{}, "comments": nil, "customQuestions": []any{},
		"createdAt": o.app.at, "archived": o.app.archived, "requisitionForHire": nil, "ipAddress": nil, "referer": nil, "userAgent": nil,
		"acceptLanguage": nil, "timezone": nil,
	}
	if p := o.app.person; p != nil {
		view["name"] = p.name
		if len(p.emails) > 0 {
			view["email"] = p.emails[0]
		}
		if len(p.phones) > 0 {
			view["phone"] = p.phones[0]
		}
	}
	return []any{view}
}

func (a *account) listApplications(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	return api.Page(q.Request, viewApplications(o))
}

func (a *account) getApplication(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	if o.app == nil || o.app.id != q.PathValue("app") {
		return nil, api.Unknown("applications", q.PathValue("app"))
	}
	return api.Envelope{Data: viewApplications(o)[0]}, nil
}
