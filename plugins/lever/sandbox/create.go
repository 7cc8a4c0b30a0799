package sandbox

import (
	"cmp"
	"slices"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// candidacy is all that makes a new opportunity. Its user is whoever makes it; nil when the candidate does herself.
type candidacy struct {
	person       contact
	contact      *contact // an existing person; nil: looked up by e-mail
	stage        *stage
	origin       string
	tags         []string
	sources      []string
	posting      *posting // nil: no application
	kind         string   // of the application
	owner, user  *user
	followers    []*user
	located      string
	createdAt    int64 // 0: now
	imported     bool  // never changed since: its updatedAt is null
	confidential bool
}

// open makes an opportunity, always a new one, also for the same person and posting (sheet 3.3). deduped: the person was known, and what
// is known of her wins.
func (a *account) open(n candidacy) (o *opportunity, deduped bool) {
	c := n.contact
	if c == nil {
		c = a.known(n.person.emails)
	}
	deduped = c != nil
	if !deduped {
		c = &contact{id: a.world.UUID(), name: n.person.name, headline: n.person.headline, location: n.person.location,
			phones: n.person.phones, links: n.person.links}
		a.contacts[c.id] = c
		a.reach(c, n.person.emails)
	}
	at := a.now()
	a.made++
	o = &opportunity{
		id: a.world.UUID(), legacy: a.world.UUID(), made: a.made, contact: c, stage: n.stage, origin: n.origin, owner: n.owner,
		followers: n.followers, located: n.located, confidential: n.confidential || n.posting != nil && n.posting.confidential,
		createdAt: cmp.Or(n.createdAt, at), updatedAt: at, interactedAt: at, advancedAt: at,
	}
	// Being made in a stage stands among the changes too (recorded, sheet 3.1: the oldest entry has createdAt's time); no webhook tells it.
	first := stageChange{ToStageID: n.stage.ID, ToStageIndex: n.stage.rank, UpdatedAt: o.createdAt}
	if n.user != nil {
		first.UserID = n.user.ID
	}
	o.changes = []stageChange{first}
	if n.imported {
		o.updatedAt = 0
	}
	if n.origin == "sourced" {
		o.sourcedBy = n.user
	}
	a.opportunities[o.id] = o
	c.opportunities = append(c.opportunities, o)
	o.tags = with(a, o.tags, n.tags, false)
	o.sources = a.withSources(o.sources, n.sources)
	if n.posting != nil {
		o.app = &application{id: a.world.UUID(), kind: n.kind, posting: n.posting, user: n.user, at: o.createdAt}
		if n.kind == "posting" {
			o.app.person = &n.person
		}
		o.tags = with(a, o.tags, n.posting.inherited(), true)
	}
	if !deduped {
		a.tellContact("contactCreated", c)
	}
	if o.app != nil {
		a.tell("applicationCreated", o, map[string]any{"applicationId": o.app.id})
	}
	return o, deduped
}

// with appends the tags that are not there. A tag that a person adds stays when the posting no longer gives it.
func with(a *account, tags []tag, texts []string, inherited bool) []tag {
	tags = slices.Clone(tags)
	for _, text := range texts {
		a.tags[text] = true
		i := slices.IndexFunc(tags, func(t tag) bool { return t.text == text })
		switch {
		case i < 0:
			tags = append(tags, tag{text, inherited})
		case !inherited:
			tags[i].inherited = false
		}
	}
	return tags
}

func (a *account) withSources(sources, more []string) []string {
	for _, s := range more {
		a.sources[s] = true
	}
	return union(sources, more)
}

// union appends what is not there; without takes away what is. Neither changes its arguments.
func union(list, more []string) []string {
	list = slices.Clone(list)
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func without(list, less []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(less, s) })
}

// newOpportunity is the body of POST /opportunities.
type newOpportunity struct {
	Name                string    `json:"name"`
	Headline            string    `json:"headline"`
	Stage               string    `json:"stage"`
	Location            string    `json:"location"`
	Phones              []phone   `json:"phones"`
	Emails              []string  `json:"emails"`
	Links               []string  `json:"links"`
	Tags                []string  `json:"tags"`
	Sources             []string  `json:"sources"`
	Origin              string    `json:"origin"`
	Owner               string    `json:"owner"`
	Followers           []string  `json:"followers"`
	Postings            []string  `json:"postings"`
	CreatedAt           int64     `json:"createdAt"`
	Archived            *archived `json:"archived"`
	Contact             string    `json:"contact"`
	OpportunityLocation string    `json:"opportunityLocation"`
}

func (a *account) createOpportunity(q *request) (any, error) {
	var body newOpportunity
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	n, err := a.candidacy(q, body)
	if err != nil {
		return nil, err
	}
	if body.Archived != nil {
		if _, ok := byID(a.reasons, body.Archived.Reason); !ok {
			return nil, api.BadRequest("archived.reason %s is not valid", body.Archived.Reason)
		}
	}
	o, deduped := a.open(n)
	if body.Archived != nil {
		o.archived = &archived{body.Archived.Reason, cmp.Or(body.Archived.ArchivedAt, a.now())}
	}
	return api.Envelope{Deduped: &deduped, Data: view(o)}, nil
}

// candidacy checks the body of a new opportunity and fills in what it leaves open.
func (a *account) candidacy(q *request, body newOpportunity) (n candidacy, err error) {
	n = candidacy{
		person: contact{name: body.Name, headline: body.Headline, location: body.Location, emails: body.Emails, phones: body.Phones,
			links: body.Links},
		origin: cmp.Or(body.Origin, "sourced"), tags: body.Tags, sources: body.Sources, kind: "user", owner: q.actor, user: q.actor,
		followers: []*user{q.actor}, located: body.OpportunityLocation, createdAt: body.CreatedAt,
	}
	var ok bool
	if n.stage, ok = byID(a.stages, cmp.Or(body.Stage, "lead-new")); !ok {
		return n, api.Unknown("stages", body.Stage)
	}
	if !slices.Contains(origins, n.origin) {
		return n, api.BadRequest("origin %s is not valid", n.origin)
	}
	for _, e := range body.Emails {
		if _, ok := api.Canonical(e); !ok {
			return n, api.BadRequest("Email address is not valid")
		}
	}
	if body.CreatedAt > a.now() {
		return n, api.BadRequest("createdAt must not be in the future")
	}
	if body.Contact != "" {
		if n.contact = a.contacts[body.Contact]; n.contact == nil {
			return n, api.BadRequest("contact %s is not valid", body.Contact)
		}
	}
	switch len(body.Postings) {
	case 0:
	case 1:
		if n.posting, ok = byID(a.postings, body.Postings[0]); !ok {
			return n, api.BadRequest("posting %s is not valid", body.Postings[0])
		}
		if err := q.mayAccess(n.posting.confidential); err != nil {
			return n, err
		}
		n.followers = []*user{n.posting.owner}
		if q.URL.Query().Get("perform_as_posting_owner") == "true" {
			n.owner = n.posting.owner
		}
	default:
		return n, api.BadRequest("An opportunity has at most one posting.")
	}
	if body.Owner != "" {
		if n.owner, ok = byID(a.users, body.Owner); !ok {
			return n, api.BadRequest("owner %s is not valid", body.Owner)
		}
	}
	for _, id := range body.Followers {
		u, ok := byID(a.users, id)
		if !ok {
			return n, api.BadRequest("follower %s is not valid", id)
		}
		n.followers = append(n.followers, u)
	}
	return n, nil
}
