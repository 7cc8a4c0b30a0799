package sandbox

import (
	"cmp"
	"slices"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// filters are the parameters of GET /opportunities that keep an opportunity when one of their values fits (sheet 3.2).
var filters = map[string]func(o *opportunity, value string) bool{
	"tag":      func(o *opportunity, v string) bool { return slices.Contains(o.tagTexts(), v) },
	"origin":   func(o *opportunity, v string) bool { return o.origin == v },
	"source":   func(o *opportunity, v string) bool { return slices.Contains(o.sources, v) },
	"stage_id": func(o *opportunity, v string) bool { return o.stage.ID == v },
	"posting_id": func(o *opportunity, v string) bool {
		return o.app != nil && o.app.archived == nil && o.app.posting.id == v
	},
	"archived_posting_id": func(o *opportunity, v string) bool {
		return o.app != nil && o.app.archived != nil && o.app.posting.id == v
	},
	"archive_reason_id": func(o *opportunity, v string) bool { return o.archived != nil && o.archived.Reason == v },
	"contact_id":        func(o *opportunity, v string) bool { return o.contact.id == v },
	"location":          func(o *opportunity, v string) bool { return o.where() == v },
	"email": func(o *opportunity, v string) bool {
		v, _ = api.Canonical(v)
		return slices.ContainsFunc(o.contact.emails, func(e string) bool { e, _ = api.Canonical(e); return e == v })
	},
}

// moments are what the _start and _end parameters compare; ok is false when there is no such moment, and then it is never within.
var moments = map[string]func(o *opportunity) (at int64, ok bool){
	"created_at":  func(o *opportunity) (int64, bool) { return o.createdAt, true },
	"updated_at":  func(o *opportunity) (int64, bool) { return o.updatedAt, o.updatedAt != 0 },
	"advanced_at": func(o *opportunity) (int64, bool) { return o.advancedAt, true },
	"archived_at": func(o *opportunity) (int64, bool) {
		if o.archived == nil {
			return 0, false
		}
		return o.archived.ArchivedAt, true
	},
}

type condition func(*opportunity) bool

// conditions are all that a GET /opportunities asks for.
func (q *request) conditions() (all []condition, err error) {
	for name, fits := range filters {
		values := q.Values(name)
		if name == "email" {
			for _, v := range values {
				if _, ok := api.Canonical(v); !ok {
					return nil, api.BadRequest("Email address is not valid")
				}
			}
		}
		if len(values) > 0 {
			all = append(all, func(o *opportunity) bool {
				return slices.ContainsFunc(values, func(v string) bool { return fits(o, v) })
			})
		}
	}
	for name, moment := range moments {
		within, err := q.Within(name)
		if err != nil {
			return nil, err
		}
		if within != nil {
			all = append(all, func(o *opportunity) bool { at, ok := moment(o); return ok && within(at) })
		}
	}
	for name, is := range map[string]condition{
		"archived": func(o *opportunity) bool { return o.archived != nil },
		"snoozed":  func(*opportunity) bool { return false },
	} {
		switch v := q.URL.Query().Get(name); v {
		case "":
		case "true", "false":
			all = append(all, func(o *opportunity) bool { return is(o) == (v == "true") })
		default:
			return nil, api.BadRequest("%s must be true or false", name)
		}
	}
	visible, err := q.visible()
	return append(all, func(o *opportunity) bool { return visible(o.confidential) }), err
}

// visible is the rule for confidential records in lists (sheet 1.4).
func (q *request) visible() (func(confidential bool) bool, error) {
	asked := cmp.Or(q.URL.Query().Get("confidentiality"), "non-confidential")
	switch {
	case asked == "non-confidential":
		return func(confidential bool) bool { return !confidential }, nil
	case asked != "confidential" && asked != "all":
		return nil, api.BadRequest("confidentiality %s is not valid", asked)
	case !q.key.Confidential:
		return nil, api.Forbidden("The key has no access to confidential data.")
	case asked == "all":
		return func(bool) bool { return true }, nil
	}
	return func(confidential bool) bool { return confidential }, nil
}

// place is taken from the opportunity as it is now, so whoever moves during a walk is skipped or seen twice, as in Lever.
func (o *opportunity) place() api.Place {
	return api.Place{Rank: o.stage.rank, Advanced: o.advancedAt, ID: o.id}
}

// listOpportunities is GET /opportunities.
func (a *account) listOpportunities(q *request) (any, error) {
	conditions, err := q.conditions()
	if err != nil {
		return nil, err
	}
	limit, err := q.Limit()
	if err != nil {
		return nil, err
	}
	if err := api.CheckExpand(q.Request, expandable); err != nil {
		return nil, err
	}
	if token := q.URL.Query().Get("offset"); token != "" {
		from, err := api.ParsePlace(token)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, func(o *opportunity) bool { return o.place().Compare(from) >= 0 })
	}
	var found []*opportunity
	for _, o := range a.opportunities {
		if !slices.ContainsFunc(conditions, func(holds condition) bool { return !holds(o) }) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(x, y *opportunity) int { return x.place().Compare(y.place()) })
	more := len(found) > limit
	e := api.Envelope{HasNext: &more}
	if more {
		e.Next = found[limit].place().Token()
		found = found[:limit]
	}
	views := []any{}
	for _, o := range found {
		views = append(views, a.present(q, o))
	}
	e.Data = views
	return e, nil
}
