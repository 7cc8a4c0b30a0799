package main

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

const (
	// overlap is how far a walk of changes goes back beyond what was asked: Lever's order is not stable while it is walked (section 2.1).
	overlap = 2 * time.Minute
	// deletedSpan is the longest span that the listing of deleted records takes (section 3.2).
	deletedSpan = 30 * 24 * time.Hour
)

// list walks a list of Lever's, a hundred at a time.
func list[T any](ctx context.Context, c *connection, path rest.Path, query url.Values) iter.Seq2[T, error] {
	return rest.Pages(func(token string) ([]T, string, error) {
		q := url.Values{"limit": {"100"}}
		maps.Copy(q, query)
		if token != "" {
			q.Set("offset", token)
		}
		var page answer[[]T]
		err := c.api.Get(ctx, path, q, &page)
		return page.Data, page.Next, err
	})
}

// ids walks lists of opportunities one after the other and yields each id once.
func (c *connection) ids(ctx context.Context, walks ...walk) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		seen := map[string]bool{}
		for _, w := range walks {
			for o, err := range list[opportunity](ctx, c, w.path, w.query) {
				if err != nil {
					yield("", err)
					return
				}
				if seen[o.ID] {
					continue
				}
				seen[o.ID] = true
				if !yield(o.ID, nil) {
					return
				}
			}
		}
	}
}

type walk struct {
	path  rest.Path
	query url.Values
}

// Tagged yields the ids of active opportunities that carry the tag. Lever compares tags byte for byte and, unless asked, leaves out
// confidential ones; snoozed ones are in.
func (c *connection) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return c.ids(ctx, walk{rest.Path{"opportunities"}, url.Values{"tag": {tag}, "archived": {"false"}, "include": {"id"}}})
}

// Changed yields the ids of opportunities that changed since, then those that were deleted since. Lever leaves updatedAt empty on records
// that never changed: those are not found this way.
func (c *connection) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	from := since.Add(-overlap)
	walks := []walk{{rest.Path{"opportunities"}, url.Values{"updated_at_start": {inMillis(from)}, "include": {"id"}}}}
	for now := c.now(); ; from = from.Add(deletedSpan) {
		to := from.Add(deletedSpan)
		span := url.Values{"deleted_at_start": {inMillis(from)}, "deleted_at_end": {inMillis(to)}}
		walks = append(walks, walk{rest.Path{"opportunities", "deleted"}, span})
		if to.After(now) {
			return c.ids(ctx, walks...)
		}
	}
}

func inMillis(t time.Time) string { return strconv.FormatInt(max(0, t.UnixMilli()), 10) }

// Postings yields the postings that people can apply to: the published ones, also those that only the internal site shows (state=published
// alone hides them, trap 16), and the unlisted ones. What it reads is fresh for Application too.
func (c *connection) Postings(ctx context.Context) iter.Seq2[sdk.Posting, error] {
	return func(yield func(sdk.Posting, error) bool) {
		seen := map[string]bool{}
		for _, query := range []url.Values{
			{"state": {"published"}, "distributionChannel": {"public", "internal"}, "expand": {"hiringManager"}},
			{"state": {"internal"}, "expand": {"hiringManager"}},
		} {
			for p, err := range list[posting](ctx, c, rest.Path{"postings"}, query) {
				if err != nil {
					yield(sdk.Posting{}, err)
					return
				}
				if seen[p.ID] {
					continue
				}
				seen[p.ID] = true
				known := p.translate()
				c.postings.Put(p.ID, known)
				if !yield(known.Posting, nil) {
					return
				}
			}
		}
	}
}

// Stages yields the account's one pipeline, read now.
func (c *connection) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return func(yield func(sdk.Stage, error) bool) {
		all, err := c.readStages(ctx)
		if err != nil {
			yield(sdk.Stage{}, err)
			return
		}
		c.stages.Put("", all)
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (c *connection) readStages(ctx context.Context) ([]sdk.Stage, error) {
	var all []sdk.Stage
	for s, err := range list[stage](ctx, c, rest.Path{"stages"}, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, sdk.Stage{ID: s.ID, Name: s.Text, Index: len(all)})
	}
	return all, nil
}
