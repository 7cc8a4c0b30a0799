package sandbox

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
		v, _ = canonical(v)
		return slices.ContainsFunc(o.contact.emails, func(e string) bool { e, _ = canonical(e); return e == v })
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
		values := q.values(name)
		if name == "email" {
			for _, v := range values {
				if _, ok := canonical(v); !ok {
					return nil, badRequest("Email address is not valid")
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
		within, err := q.within(name)
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
			return nil, badRequest("%s must be true or false", name)
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
		return nil, badRequest("confidentiality %s is not valid", asked)
	case !q.key.Confidential:
		return nil, forbidden("The key has no access to confidential data.")
	case asked == "all":
		return func(bool) bool { return true }, nil
	}
	return func(confidential bool) bool { return confidential }, nil
}

// within is the condition that NAME_start and NAME_end make, both inclusive; nil when neither is there.
func (q *request) within(name string) (func(at int64) bool, error) {
	bound := func(end string, open int64) (int64, bool, error) {
		s := q.URL.Query().Get(name + end)
		if s == "" {
			return open, false, nil
		}
		at, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, false, badRequest("%s must be a timestamp in milliseconds", name+end)
		}
		return at, true, nil
	}
	from, given, err := bound("_start", 0)
	if err != nil {
		return nil, err
	}
	to, also, err := bound("_end", 1<<62)
	if err != nil || !given && !also {
		return nil, err
	}
	return func(at int64) bool { return from <= at && at <= to }, nil
}

// limit is the size of a page.
func (q *request) limit() (int, error) {
	s := q.URL.Query().Get("limit")
	if s == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 0, badRequest("limit must be from 1 to 100")
	}
	return n, nil
}

// place is where an opportunity stands in the order of lists, and with its id the token of a page (sheet 2.1). It is taken from the
// opportunity as it is now, so whoever moves during a walk is skipped or seen twice, as in Lever.
type place struct {
	rank     int
	advanced int64
	id       string
}

func (o *opportunity) place() place { return place{o.stage.rank, o.advancedAt, o.id} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.rank, q.rank), cmp.Compare(q.advanced, p.advanced), cmp.Compare(p.id, q.id))
}

func (p place) token() string {
	b, _ := json.Marshal([]any{p.rank, p.advanced, p.id}) // numbers and a string: cannot fail
	return url.QueryEscape(string(b))
}

// parsePlace reads a token that arrives encoded once or twice.
func parsePlace(token string) (p place, err error) {
	if strings.HasPrefix(token, "%") {
		if token, err = url.QueryUnescape(token); err != nil {
			return p, badRequest("offset is not valid")
		}
	}
	parts := []any{&p.rank, &p.advanced, &p.id}
	if json.Unmarshal([]byte(token), &parts) != nil || len(parts) != 3 {
		return p, badRequest("offset is not valid")
	}
	return p, nil
}

// listOpportunities is GET /opportunities.
func (a *account) listOpportunities(q *request) (any, error) {
	conditions, err := q.conditions()
	if err != nil {
		return nil, err
	}
	limit, err := q.limit()
	if err != nil {
		return nil, err
	}
	if err := checkExpand(q, expandable); err != nil {
		return nil, err
	}
	if token := q.URL.Query().Get("offset"); token != "" {
		from, err := parsePlace(token)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, func(o *opportunity) bool { return o.place().compare(from) >= 0 })
	}
	var found []*opportunity
	for _, o := range a.opportunities {
		if !slices.ContainsFunc(conditions, func(holds condition) bool { return !holds(o) }) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(x, y *opportunity) int { return x.place().compare(y.place()) })
	more := len(found) > limit
	e := envelope{HasNext: &more}
	if more {
		e.Next = found[limit].place().token()
		found = found[:limit]
	}
	views := []any{}
	for _, o := range found {
		views = append(views, a.present(q, o))
	}
	e.Data = views
	return e, nil
}

// page is one page of any other list; its token is the place in the list, in a form that invites nobody to build one.
func page[T any](q *request, all []T) (any, error) {
	limit, err := q.limit()
	if err != nil {
		return nil, err
	}
	from := 0
	if token := q.URL.Query().Get("offset"); token != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(token, "0."), 36, 32)
		if err != nil || n < 0 || !strings.HasPrefix(token, "0.") {
			return nil, badRequest("offset is not valid")
		}
		from = min(int(n), len(all))
	}
	to := min(from+limit, len(all))
	more := to < len(all)
	e := envelope{Data: append([]T{}, all[from:to]...), HasNext: &more}
	if more {
		e.Next = "0." + strconv.FormatInt(int64(to), 36)
	}
	return e, nil
}
