package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Poll reads one participant. Its events have IDs of their own, not the webhooks': what both tell is news once, because the life of an
// invitation takes each kind, and each revision, once.
func (a *alooba) Poll(ctx context.Context, id string) ([]sdk.Event, error) {
	var p participant
	if err := a.api.Get(ctx, rest.Path{"participants", id}, nil, &p); err != nil {
		return nil, sorted(err)
	}
	var scored time.Time
	if p.Result != nil {
		scored = p.Result.ScoredAt
	}
	var events []sdk.Event
	for _, step := range []struct {
		kind sdk.Kind
		at   time.Time
	}{
		{sdk.KindInvited, p.InvitedAt},
		{sdk.KindBounced, p.BouncedAt},
		{sdk.KindStarted, p.StartedAt},
		{sdk.KindSubmitted, p.CompletedAt},
		{sdk.KindScored, scored},
		{sdk.KindExpired, p.ExpiredAt},
		{p.extended(), p.ExtendedAt},
		{p.cancelled(), p.CancelledAt},
	} {
		if step.at.IsZero() {
			continue
		}
		ev, err := p.event(step.kind, step.at, id)
		if err != nil {
			return nil, sdk.Refuse("malformed", fmt.Sprintf("Alooba's participant %s: %v", id, err))
		}
		revision := ""
		if ev.Result != nil {
			revision = ev.Result.Revision
		}
		ev.ID = sdk.ContentID("alooba", id, string(step.kind), strconv.FormatInt(step.at.UnixNano(), 10), revision)
		events = append(events, ev)
	}
	return events, nil
}
