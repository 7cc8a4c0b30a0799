package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Invite has Alex invite the candidate to the interview that PostingAt names. An attempt above 1 asks for a new invitation where the last
// one ended: without that word Apriora would answer with the old one. The answer's URL is the candidate's own way in, so no recruiter is
// shown it.
func (a *apriora) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if inv.PostingAt == "" {
		return sdk.Invited{}, sdk.Refuse("posting_missing", "Alex interviews for a position, and the posting has none at Apriora yet")
	}
	first, last, _ := strings.Cut(strings.TrimSpace(inv.Candidate.Name), " ")
	var made invite
	err := a.api.Post(ctx, rest.Path{"invites"}, nil, newInvite{
		PositionID: inv.PostingAt,
		Candidate:  person{FirstName: first, LastName: strings.TrimSpace(last), Email: inv.Candidate.Email},
		External:   external{OpportunityID: inv.Application, ApplicationID: inv.Application},
		Reinvite:   inv.Attempt > 1,
	}, &made, rest.Header(idempotencyHeader, string(inv.Key)))
	if errors.Is(err, sdk.ErrNotFound) {
		return sdk.Invited{}, sdk.Refuse("not_found", "Apriora has erased this candidate")
	}
	if err != nil {
		return sdk.Invited{}, sorted(err)
	}
	at, err := newRemote(made.PositionID, made.CandidateID, made.Attempt)
	if err != nil {
		return sdk.Invited{}, fmt.Errorf("invite: Apriora's answer: %w", err)
	}
	return sdk.Invited{Remote: at.String(), Pending: made.Status == triggered}, nil
}

// Promise: Apriora keeps an invitation's key. Everything else here sets an absolute value.
func (a *apriora) Promise(v sdk.Verb) sdk.Promise {
	if v == sdk.VerbInvite {
		return sdk.Promise{Repeat: sdk.Keyed, KeptFor: keysKeptFor}
	}
	return sdk.Promise{}
}

// sorted makes of Apriora's refusal of a request what the host can act on; any other error is left as it is.
func sorted(err error) error { return rest.Refused(err, stillWorking, reasons) }
