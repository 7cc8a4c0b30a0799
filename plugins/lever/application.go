package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Application reads an opportunity with its application and stage in one call; its posting and the place of its stage come from what was
// read lately. Names and e-mail addresses are taken from this read alone: answers to writes leave them blank (trap 1).
func (c *connection) Application(ctx context.Context, id string) (sdk.Application, error) {
	var got answer[opportunity]
	err := c.api.Get(ctx, rest.Path{"opportunities", id}, url.Values{"expand": {"applications", "stage"}}, &got)
	if forbidden(err) {
		// There may be one: only a 404 says that it is gone.
		return sdk.Application{}, sdk.Refuse("not_visible", fmt.Sprintf("opportunity %s is not for %s to read", id, c.us()))
	}
	if err != nil {
		return sdk.Application{}, err
	}
	o := got.Data
	if o.ID == "" {
		return sdk.Application{}, fmt.Errorf("opportunity %s: the answer has no id", id)
	}
	a := sdk.Application{
		ID:           o.ID,
		Person:       o.Contact.ID,
		Candidate:    sdk.Candidate{Name: o.Name},
		StageSince:   o.stageSince(),
		Origin:       o.Origin,
		Tags:         o.Tags,
		OwnTags:      o.Tags,
		Confidential: o.Confidentiality == "confidential",
		Active:       !o.Archived.holds() && !o.IsAnonymized,
		URL:          o.URLs.Show,
	}
	if len(o.Emails) > 0 {
		a.Candidate.Email = o.Emails[0]
	}
	if a.Stage, err = c.stage(ctx, o.Stage); err != nil {
		return sdk.Application{}, err
	}
	if len(o.Applications) == 0 {
		return a, nil
	}
	made := o.Applications[0].Value
	a.Applied = made.CreatedAt.time()
	if made.Posting.ID == "" {
		return a, nil
	}
	p, err := c.posting(ctx, made.Posting.ID)
	if err != nil {
		return sdk.Application{}, err
	}
	a.Posting, a.OwnTags = p.Posting, p.without(o.Tags)
	return a, nil
}

// stageSince is when the present stage was entered. Lever records the making of an opportunity as the first change, at the very millisecond
// of createdAt: that is no entry.
func (o opportunity) stageSince() time.Time {
	n := len(o.StageChanges)
	if n == 0 {
		return time.Time{}
	}
	last := o.StageChanges[n-1]
	made := n == 1 && last.At.Int <= o.CreatedAt.Int
	if made || last.To != o.Stage.ID {
		return time.Time{}
	}
	return last.At.time()
}

// stage gives s its place in the pipeline as it is now; the index that a change recorded may be of an older order.
func (c *connection) stage(ctx context.Context, s ref[stage]) (sdk.Stage, error) {
	if s.ID == "" {
		return sdk.Stage{Index: -1}, nil
	}
	all, err := c.stages.Get(ctx, "", c.readStages)
	if err != nil {
		return sdk.Stage{}, err
	}
	now := sdk.Stage{ID: s.ID, Name: s.Value.Text, Index: slices.IndexFunc(all, func(k sdk.Stage) bool { return k.ID == s.ID })}
	if now.Name == "" && now.Index >= 0 {
		now.Name = all[now.Index].Name
	}
	return now, nil
}
