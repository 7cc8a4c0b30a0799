package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// harvest is a partner that we can also read and write to, through Harvest v3.
type harvest struct {
	*partner
	api         *rest.Client
	actor       string // id of the user who acts; empty: Greenhouse's own for the credential
	integration string // e-mail address of the user made for us; empty: none
	jobs        *rest.Cache[job]
	stages      *rest.Cache[[]jobStage] // by job
	fields      *rest.Cache[[]definition]
	writing     chan struct{} // holds one: who has put it there writes fields
}

// keep is how long jobs, stages and custom fields, once read, are believed.
const keep = time.Minute

func newHarvest(p *partner, c config) *harvest {
	hc := http.Client{}
	if p.http != nil {
		hc = *p.http
	}
	hc.Transport = linked{hc.Transport}
	return &harvest{
		partner:     p,
		api:         rest.New(c.BaseURL, &hc),
		actor:       c.OnBehalfOf,
		integration: strings.TrimSpace(c.IntegrationUser),
		jobs:        rest.NewCache[job](keep, 1000),
		stages:      rest.NewCache[[]jobStage](keep, 1000),
		fields:      rest.NewCache[[]definition](keep, 1),
		writing:     make(chan struct{}, 1),
	}
}

// scopes are the permissions of section 3.3 that we use. Lists are open to Site Admins only, whatever the scopes.
var scopes = []sdk.Scope{
	{Name: "harvest:users:list"},
	{Name: "harvest:users:create"},
	{Name: "harvest:applications:list", Verbs: []sdk.Verb{sdk.VerbFields, sdk.VerbSearch}, Events: reading},
	{Name: "harvest:applications:update", Verbs: []sdk.Verb{sdk.VerbFields}},
	{Name: "harvest:custom_fields:list", Verbs: []sdk.Verb{sdk.VerbFields}},
	{Name: "harvest:custom_fields:create", Verbs: []sdk.Verb{sdk.VerbFields}},
	{Name: "harvest:candidates:list", Verbs: []sdk.Verb{sdk.VerbSearch}, Events: reading},
	{Name: "harvest:jobs:list", Events: reading},
	{Name: "harvest:job_interview_stages:list", Verbs: []sdk.Verb{sdk.VerbStages}, Events: reading},
	{Name: "harvest:application_stages:list", Events: reading},
}

// reading are the events after which the application must be read: no snapshot comes with them.
var reading = []sdk.Kind{sdk.KindApplied, sdk.KindMoved}

// largestPage is the most that a list gives at once.
const largestPage = "500"

// list walks a list of Harvest's. There is no other way to one record either: it is a list of one (section 4).
func list[T any](ctx context.Context, h *harvest, resource string, query url.Values) iter.Seq2[T, error] {
	if !query.Has("per_page") {
		query.Set("per_page", largestPage)
	}
	return rest.Pages(func(cursor string) ([]T, string, error) {
		q := query
		if cursor != "" {
			q = url.Values{"cursor": {cursor}} // alone, or it is refused
		}
		var page []T
		var link string
		if err := h.api.Get(context.WithValue(ctx, linkKey{}, &link), rest.Path{resource}, q, &page); err != nil {
			return nil, "", unlisted(resource, err)
		}
		next, err := nextCursor(link)
		return page, next, err
	})
}

// collect is a list, whole.
func collect[T any](ctx context.Context, h *harvest, resource string, query url.Values) ([]T, error) {
	var all []T
	for item, err := range list[T](ctx, h, resource, query) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// first is the one record that query names; not ok if there is none that we may see.
func first[T any](ctx context.Context, h *harvest, resource string, query url.Values) (found T, ok bool, err error) {
	all, err := collect[T](ctx, h, resource, query)
	if err != nil || len(all) == 0 {
		return found, false, err
	}
	return all[0], true, nil
}

var errNoList = errors.New("there is no such list where base_url says that Harvest is")

// unlisted is why a list could not be read. A list that is not found says nothing of a record: it is no [sdk.ErrNotFound].
func unlisted(resource string, err error) error {
	if forbidden(err) {
		return sdk.Refuse("not_visible", lacking("harvest:"+resource+":list"))
	}
	if errors.Is(err, sdk.ErrNotFound) {
		return fmt.Errorf("%s: %w: %s", resource, errNoList, err)
	}
	return err
}

// lacking says what is missing when Harvest answers 403, which does not tell a scope from a right of the acting user's.
func lacking(scope string) string {
	return fmt.Sprintf("the Harvest credential lacks the permission %s, or the Greenhouse user who acts for it is not Site Admin", scope)
}

func forbidden(err error) bool {
	refused, ok := errors.AsType[*rest.StatusError](err)
	return ok && refused.Status == http.StatusForbidden
}

// linked hands the Link header of an answer, which says where the next page is, to whoever put a place for it into the request's context.
type linked struct{ next http.RoundTripper }

type linkKey struct{}

func (l linked) RoundTrip(r *http.Request) (*http.Response, error) {
	next := l.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if place, ok := r.Context().Value(linkKey{}).(*string); ok && err == nil {
		*place = strings.Join(resp.Header.Values("Link"), ", ")
	}
	return resp, err
}

// nextCursor is the cursor in a Link header; empty on the last page, which has no such header or an empty one. Only the cursor is taken:
// where the list is we know.
func nextCursor(link string) (string, error) {
	for part := range strings.SplitSeq(link, ",") {
		target, relation, _ := strings.Cut(part, ";")
		if !strings.Contains(strings.ReplaceAll(relation, `"`, ""), "rel=next") {
			continue
		}
		u, err := url.Parse(strings.Trim(target, " <>"))
		if err != nil || u.Query().Get("cursor") == "" {
			return "", errors.New("a page of Harvest's says that another follows, but not which")
		}
		return u.Query().Get("cursor"), nil
	}
	return "", nil
}
