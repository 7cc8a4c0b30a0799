package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// newEvent is what a webhook and a poll have in common.
func newEvent(kind sdk.Kind, at time.Time, of remote, why trouble, r result) (sdk.Event, error) {
	ev := sdk.Event{Kind: kind, At: at, Invitation: of.String()}
	switch kind {
	case sdk.KindBounced:
		ev.Reason, ev.Detail = why.BounceType, why.Reason
	case sdk.KindFailed:
		ev.Reason, ev.Detail = cmp.Or(why.Reason, "unknown"), strings.ReplaceAll(cmp.Or(why.Reason, "no reason given"), "_", " ")
	case sdk.KindScored:
		var err error
		if ev.Result, err = r.scored(); err != nil {
			return sdk.Event{}, err
		}
	}
	return ev, nil
}

// Poll reads one invitation. Its events have IDs of their own, not the webhooks': what both tell is news once, because the life of an
// invitation takes each kind, and each revision, once. An attempt that a newer one has replaced tells nothing more.
func (a *alva) Poll(ctx context.Context, id string) ([]sdk.Event, error) {
	at, err := parseRemote(id)
	if err != nil {
		return nil, sdk.Refuse("malformed", err.Error())
	}
	var c candidate
	if err := a.api.Get(ctx, at.path(), nil, &c); err != nil {
		return nil, sorted(err)
	}
	if max(c.Invitation.Attempt, 1) != at.attempt {
		return nil, nil
	}
	var scored time.Time
	if c.RoleFit != nil {
		scored = c.RoleFit.CreatedAt
	}
	var events []sdk.Event
	for _, step := range []struct {
		kind sdk.Kind
		at   time.Time
	}{
		{sdk.KindInvited, c.Invitation.SentAt},
		{sdk.KindBounced, c.Invitation.BouncedAt},
		{sdk.KindFailed, c.Invitation.FailedAt},
		{sdk.KindStarted, c.Invitation.StartedAt},
		{sdk.KindSubmitted, c.Invitation.SubmittedAt},
		{sdk.KindScored, scored},
		{sdk.KindCancelled, c.Invitation.RemovedAt},
	} {
		if step.at.IsZero() {
			continue
		}
		ev, err := newEvent(step.kind, step.at, at, c.Invitation.trouble, c.result)
		if err != nil {
			return nil, sdk.Refuse("malformed", fmt.Sprintf("Alva's candidate %s: %v", at, err))
		}
		ev.ID = sdk.ContentID("alva", id, string(step.kind), step.at.UTC().Format(time.RFC3339Nano), fmt.Sprint(c.Revision))
		events = append(events, ev)
	}
	return events, nil
}
