package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Poll reads one invitation. Its events have IDs of their own, not the webhooks': what both tell is news once, because the life of an
// invitation takes each kind, and each revision, once.
func (a *apriora) Poll(ctx context.Context, id string) ([]sdk.Event, error) {
	at, err := parseRemote(id)
	if err != nil {
		return nil, sdk.Refuse("malformed", err.Error())
	}
	inv, err := a.invite(ctx, at)
	if err != nil {
		return nil, err
	}
	var wrote report
	if inv.CompletedAt != 0 {
		var ready bool
		if wrote, ready, err = a.report(ctx, at, inv); err != nil {
			return nil, err
		}
		if !ready || wrote.blank() {
			inv.CompletedAt = 0 // there is nothing to tell yet
		}
	}
	var events []sdk.Event
	for _, step := range []struct {
		kind sdk.Kind
		at   epoch
	}{
		{sdk.KindInvited, inv.SentAt},
		{sdk.KindFailed, inv.FailedAt},
		{sdk.KindBounced, inv.BouncedAt},
		{sdk.KindStarted, inv.StartedAt},
		{sdk.KindSubmitted, inv.EndedAt},
		{sdk.KindScored, inv.CompletedAt},
		{sdk.KindExpired, inv.IncompleteAt},
		{sdk.KindCancelled, inv.CancelledAt},
	} {
		if step.at <= 0 || step.at > latest {
			continue
		}
		ev, err := newEvent(step.kind, step.at, at, inv.trouble, wrote)
		if err != nil {
			return nil, sdk.Refuse("malformed", fmt.Sprintf("Apriora's report on %s: %v", at, err))
		}
		ev.ID = sdk.ContentID("apriora", id, string(step.kind), fmt.Sprint(step.at))
		events = append(events, ev)
	}
	return events, nil
}

// invite reads one attempt. Of an erased candidate Apriora keeps the invites' ids: that is none.
func (a *apriora) invite(ctx context.Context, at remote) (invite, error) {
	var all []invite
	if err := a.api.Get(ctx, rest.Path{"invites"}, at.query(), &all); err != nil {
		return invite{}, sorted(err)
	}
	i := slices.IndexFunc(all, func(i invite) bool { return at.names(i) && i.Status != erased })
	if i < 0 {
		return invite{}, fmt.Errorf("invitation %s: %w", at, sdk.ErrNotFound)
	}
	return all[i], nil
}

// names tells whether an invite is the attempt: what was not asked for may be answered all the same.
func (r remote) names(i invite) bool {
	return i.PositionID == r.position && i.CandidateID == r.candidate && max(i.Attempt, 1) == r.attempt
}

// report reads what Alex wrote about an attempt; ready is false while there is nothing. A report that names no invite, as documented, is
// the newest one's of the candidate in the position.
func (a *apriora) report(ctx context.Context, at remote, of invite) (newest report, ready bool, err error) {
	var all []report
	if err := a.api.Get(ctx, rest.Path{"reports"}, at.query(), &all); err != nil {
		return report{}, false, sorted(err)
	}
	for _, r := range all {
		ours := r.PositionID == at.position && r.CandidateID == at.candidate && (r.InviteID == "" || r.InviteID == of.InviteID)
		if ours && (!ready || r.TimeCompleted > newest.TimeCompleted) {
			newest, ready = r, true
		}
	}
	return newest, ready, nil
}
