package sandbox

import (
	"slices"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// changes is the route of an add or remove call: its body names the list, its change says what becomes of it (sheet 3.4).
func changes(
	field string, change func(*account, *opportunity, []string), answer func(*account, *opportunity) any,
) func(*account, *request) (any, error) {
	return func(a *account, q *request) (any, error) {
		o, err := a.opportunity(q)
		if err != nil {
			return nil, err
		}
		var body map[string][]string
		if err := q.Decode(&body); err != nil {
			return nil, err
		}
		if len(body[field]) == 0 || slices.Contains(body[field], "") {
			return nil, api.BadRequest("%s must be a list of strings that are not empty", field)
		}
		change(a, o, body[field])
		return answer(a, o), nil
	}
}

// blank is a write's answer without the person's data, the trap of sheet 3.4.
func blank(a *account, o *opportunity) any {
	v := view(o)
	if a.settings.BlankWrites {
		v.Name, v.Headline, v.Emails, v.Phones = "", "", []string{}, []phone{}
	}
	return api.Envelope{Data: v}
}

func whole(_ *account, o *opportunity) any { return api.Envelope{Data: view(o)} }

func (a *account) addTags(o *opportunity, texts []string) {
	tags := with(a, o.tags, texts, false)
	if !slices.Equal(tags, o.tags) {
		o.tags = tags
		a.touch(o)
	}
}

func (a *account) removeTags(o *opportunity, texts []string) {
	tags := slices.DeleteFunc(slices.Clone(o.tags), func(t tag) bool { return slices.Contains(texts, t.text) })
	if len(tags) < len(o.tags) {
		o.tags = tags
		a.touch(o)
	}
}

func (a *account) addSources(o *opportunity, sources []string) {
	a.setSources(o, a.withSources(o.sources, sources))
}

func (a *account) removeSources(o *opportunity, sources []string) {
	a.setSources(o, without(o.sources, sources))
}

func (a *account) setSources(o *opportunity, sources []string) {
	if len(sources) != len(o.sources) {
		o.sources = sources
		a.touch(o)
	}
}

func (a *account) addLinks(o *opportunity, links []string) {
	a.setLinks(o.contact, union(o.contact.links, links))
}

func (a *account) removeLinks(o *opportunity, links []string) {
	a.setLinks(o.contact, without(o.contact.links, links))
}

func (a *account) setLinks(c *contact, links []string) {
	if len(links) != len(c.links) {
		c.links = links
		a.touchAll(c)
	}
}

func (a *account) putStage(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	var body struct {
		Stage string `json:"stage"`
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	if body.Stage == "" {
		return nil, api.BadRequest("stage is required")
	}
	to, ok := byID(a.stages, body.Stage)
	if !ok {
		return nil, api.Unknown("stages", body.Stage)
	}
	a.move(o, to, q.actor)
	return blank(a, o), nil
}

// move puts an opportunity into a stage, an archived one as well, which stays archived. The stage it is in already is no change.
func (a *account) move(o *opportunity, to *stage, by *user) {
	from := o.stage
	if from == to {
		return
	}
	a.interact(o)
	o.stage, o.advancedAt = to, o.updatedAt
	change := stageChange{ToStageID: to.ID, ToStageIndex: to.rank, UpdatedAt: o.updatedAt}
	if by != nil {
		change.UserID = by.ID
	}
	o.changes = append(slices.Clone(o.changes), change)
	a.tell("candidateStageChange", o, map[string]any{"fromStageId": from.ID, "toStageId": to.ID})
}

func (a *account) putArchived(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	var body struct {
		Reason *string `json:"reason"`
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	if body.Reason == nil {
		a.unarchive(o)
		return blank(a, o), nil
	}
	why, ok := byID(a.reasons, *body.Reason)
	if !ok {
		return nil, api.Unknown("archive_reasons", *body.Reason)
	}
	a.archive(o, why)
	return blank(a, o), nil
}

// archive archives an opportunity, or changes why and since when it is.
func (a *account) archive(o *opportunity, why *reason) {
	from := o.archived
	a.interact(o)
	o.archived = &archived{why.ID, o.updatedAt}
	if from == nil {
		o.advancedAt = o.updatedAt
	}
	if o.app != nil && o.app.archived == nil {
		o.app.archived = o.archived
	}
	a.tell("candidateArchiveChange", o, map[string]any{"fromArchived": from, "toArchived": o.archived})
	if why.Type == "hired" {
		a.tell("candidateHired", o, nil)
	}
}

// unarchive makes an opportunity active again, and gives back the posting's tags if archiving took them.
func (a *account) unarchive(o *opportunity) {
	if o.archived == nil {
		return
	}
	from := o.archived
	a.interact(o)
	o.archived = nil
	if o.app != nil {
		o.app.archived = nil
		o.tags = with(a, o.tags, o.app.posting.inherited(), true)
	}
	a.tell("candidateArchiveChange", o, map[string]any{"fromArchived": from, "toArchived": nil})
}

// strip takes the posting's tags away, as archiving in Lever's pages tends to (sheet 6, trap 5).
func (a *account) strip(o *opportunity) {
	o.tags = slices.DeleteFunc(slices.Clone(o.tags), func(t tag) bool { return t.inherited })
}

// edit changes a posting. Its opportunities lose the tags that it no longer gives and get the new ones, at the end (sheet 6, trap 5).
func (a *account) edit(p *posting, change func(*posting)) {
	before := p.inherited()
	change(p)
	p.updatedAt = a.now()
	after := p.inherited()
	gone := without(before, after)
	for _, o := range a.opportunities {
		if o.app == nil || o.app.posting != p || o.archived != nil {
			continue
		}
		tags := slices.DeleteFunc(slices.Clone(o.tags), func(t tag) bool { return t.inherited && slices.Contains(gone, t.text) })
		tags = with(a, tags, without(after, before), true)
		if !slices.Equal(tags, o.tags) {
			o.tags = tags
			a.touch(o)
		}
	}
	for _, t := range after {
		a.tags[t] = true
	}
}

// remove deletes an opportunity for good.
func (a *account) remove(o *opportunity, by *user) {
	delete(a.opportunities, o.id)
	o.contact.opportunities = slices.DeleteFunc(o.contact.opportunities, func(other *opportunity) bool { return other == o })
	d := deletion{ID: o.id, DeletedAt: a.now()}
	if by != nil {
		d.DeletedBy = by.ID
	}
	a.deleted = append(slices.Clip(a.deleted), d)
	a.tell("candidateDeleted", o, nil)
}

// merge makes one person of two: the opportunities of one name the other from now on (sheet 6, trap 8).
func (a *account) merge(from, into *contact) {
	for _, o := range from.opportunities {
		o.contact = into
		a.touch(o)
	}
	into.opportunities = append(into.opportunities, from.opportunities...)
	emails := union(into.emails, from.emails)
	a.reach(from, nil)
	a.reach(into, emails)
	into.links = union(into.links, from.links)
	delete(a.contacts, from.id)
	a.tellContact("contactUpdated", into)
}
