package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/access"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/form"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/hook"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// account is one employer's Lever. Its slices are replaced, never written in place, so that what a reader took under the lock stays
// true after it. Moments are milliseconds since 1970, as in Lever.
type account struct {
	world *sandbox.World
	doors *access.Doors

	mu            sync.RWMutex
	settings      settings
	stages        []*stage // in the order of the pipeline
	reasons       []*reason
	users         []*user
	postings      []*posting
	contacts      map[string]*contact
	addresses     map[string]*contact // by canonical e-mail address
	opportunities map[string]*opportunity
	deleted       []deletion
	hooks         *hook.Hooks
	templates     []template
	scale         form.Scale
	tags, sources map[string]bool // every one that was ever used: Lever never forgets them
	made          int
}

// settings are switches for what the sheet leaves open.
type settings struct {
	BlankWrites bool `json:"blank_writes"` // answers to stage, archived, tags and sources lack the person's data
	RetryAfter  bool `json:"retry_after"`  // a 429 says how long to wait
}

type stage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	rank int
}

type reason struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Status string `json:"status"`
	Type   string `json:"type"` // hired or non-hired
}

type user struct {
	ID                  string   `json:"id"`
	Name                string   `json:"name"`
	Username            string   `json:"username"`
	Email               string   `json:"email"`
	AccessRole          string   `json:"accessRole"`
	Photo               *string  `json:"photo"`
	CreatedAt           int64    `json:"createdAt"`
	DeactivatedAt       *int64   `json:"deactivatedAt"`
	ExternalDirectoryID *string  `json:"externalDirectoryId"`
	LinkedContactIDs    []string `json:"linkedContactIds"`
	JobTitle            *string  `json:"jobTitle"`
	ManagerID           *string  `json:"managerId"`
}

type posting struct {
	id, text, state                        string
	team, department, location, commitment string
	tags                                   []string
	description, closing                   string
	lists                                  []section
	owner, hiringManager                   *user
	salary                                 *salary
	salaryText                             string
	channels                               []string
	confidential                           bool
	createdAt, updatedAt                   int64
}

type salary struct {
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Currency string  `json:"currency"`
	Interval string  `json:"interval"`
}

// inherited are the tags that opportunities take from their posting.
func (p *posting) inherited() (tags []string) {
	for _, t := range append([]string{p.text, p.department, p.team, p.location, p.commitment}, p.tags...) {
		if t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return tags
}

// contact is a person; her opportunities share it.
type contact struct {
	id, name, headline, location string
	emails                       []string
	phones                       []phone
	links                        []string
	opportunities                []*opportunity
}

type phone struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value"`
}

type opportunity struct {
	id, legacy string // legacy is the candidateId of webhooks
	made       int
	contact    *contact
	stage      *stage
	changes    []stageChange
	archived   *archived
	tags       []tag
	sources    []string
	origin     string
	sourcedBy  *user
	owner      *user
	followers  []*user
	app        *application
	notes      []*note      // newest first, as the next two
	feedback   []*form.Form //
	files      []*file      //
	located    string       // opportunityLocation, when no posting says it

	confidential                                   bool
	createdAt, updatedAt, interactedAt, advancedAt int64 // updatedAt 0: null
}

type tag struct {
	text      string
	inherited bool // from the posting: follows it
}

type stageChange struct {
	ToStageID    string `json:"toStageId"`
	ToStageIndex int    `json:"toStageIndex"`
	UpdatedAt    int64  `json:"updatedAt"`
	UserID       string `json:"userId,omitempty"`
}

type archived struct {
	Reason     string `json:"reason"`
	ArchivedAt int64  `json:"archivedAt"`
}

type application struct {
	id, kind string // kind: user, posting or referral
	posting  *posting
	user     *user
	person   *contact // as the candidate filled in the form; nil when she did not
	at       int64
	archived *archived
}

type deletion struct {
	ID        string `json:"id"`
	DeletedAt int64  `json:"deletedAt"`
	DeletedBy string `json:"deletedBy"`
}

func (a *account) now() int64 { return a.world.Clock.Now().UnixMilli() }

// superAdmins are those who can allow an app something.
func (a *account) superAdmins() (all []oauth.User) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, u := range a.users {
		if u.AccessRole == "super admin" && u.DeactivatedAt == nil {
			all = append(all, oauth.User{ID: u.ID, Name: u.Name})
		}
	}
	return all
}

// touch is what every change of an opportunity does.
func (a *account) touch(o *opportunity) { o.updatedAt = a.now() }

// touchAll is what every change of a person does: her data is that of all her opportunities.
func (a *account) touchAll(c *contact) {
	for _, o := range c.opportunities {
		a.touch(o)
	}
}

// interact is what every change does that is also an interaction with the person.
func (a *account) interact(o *opportunity) {
	o.updatedAt = a.now()
	o.interactedAt = o.updatedAt
}

// named is what a person can point at by its id or by its name.
type named interface{ names() (id, name string) }

func (s *stage) names() (string, string)   { return s.ID, s.Text }
func (r *reason) names() (string, string)  { return r.ID, r.Text }
func (u *user) names() (string, string)    { return u.ID, u.Email }
func (p *posting) names() (string, string) { return p.id, p.text }

// byID gives the thing with this id, as the API finds it.
func byID[T named](things []T, want string) (found T, ok bool) {
	for _, t := range things {
		if id, _ := t.names(); id == want {
			return t, true
		}
	}
	return found, false
}

// find gives the thing with this id, or else with this name, as a person finds it.
func find[T named](what string, things []T, want string) (found T, err error) {
	if t, ok := byID(things, want); ok {
		return t, nil
	}
	for _, t := range things {
		if _, name := t.names(); name == want {
			return t, nil
		}
	}
	return found, fmt.Errorf("%s %q: %w", what, want, sandbox.ErrNotFound)
}

// known gives the person with one of these addresses.
func (a *account) known(emails []string) *contact {
	for _, e := range emails {
		form, _ := api.Canonical(e)
		if c := a.addresses[form]; c != nil {
			return c
		}
	}
	return nil
}

// reach makes a person known by her addresses, and by no others.
func (a *account) reach(c *contact, emails []string) {
	for _, e := range c.emails {
		if old, _ := api.Canonical(e); a.addresses[old] == c {
			delete(a.addresses, old)
		}
	}
	c.emails = emails
	for _, e := range emails {
		form, _ := api.Canonical(e)
		if a.addresses[form] == nil {
			a.addresses[form] = c
		}
	}
}

// sorted gives the opportunities in the order they were made.
func (a *account) sorted() []*opportunity {
	all := make([]*opportunity, 0, len(a.opportunities))
	for _, o := range a.opportunities {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y *opportunity) int { return cmp.Compare(x.made, y.made) })
	return all
}
