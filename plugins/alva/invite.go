package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Invite adds the candidate to the position that PostingAt names; Alva mails her. An attempt above 1 asks for a new invitation where the
// last one ended: without that word Alva would answer with the old one.
func (a *alva) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if inv.PostingAt == "" {
		return sdk.Invited{}, sdk.Refuse("posting_missing", "Alva invites to a job position, and the posting has none there yet")
	}
	first, last, _ := strings.Cut(strings.TrimSpace(inv.Candidate.Name), " ")
	var made candidate
	err := a.api.Post(ctx, rest.Path{"job-positions", inv.PostingAt, "candidates"}, nil, newCandidate{
		Candidate:      person{FirstName: first, LastName: strings.TrimSpace(last), Email: inv.Candidate.Email},
		External:       external{CandidateID: inv.Person, OpportunityID: inv.Application, ApplicationID: inv.Application},
		TestProfileID:  inv.Assessment,
		SendInvitation: true,
		Reinvite:       inv.Attempt > 1,
	}, &made, rest.Header(idempotencyHeader, string(inv.Key)))
	if errors.Is(err, sdk.ErrNotFound) {
		return sdk.Invited{}, sdk.Refuse("not_found", "Alva has no such job position, or has erased this candidate")
	}
	if err != nil {
		return sdk.Invited{}, sorted(err)
	}
	at, err := newRemote(inv.PostingAt, made.ID, made.Invitation.Attempt)
	if err != nil {
		return sdk.Invited{}, fmt.Errorf("invite: Alva's answer: %w", err)
	}
	return sdk.Invited{Remote: at.String(), URL: made.URL}, nil
}

// Promise: Alva keeps an invitation's key. Everything else here sets an absolute value.
func (a *alva) Promise(v sdk.Verb) sdk.Promise {
	if v == sdk.VerbInvite {
		return sdk.Promise{Repeat: sdk.Keyed, KeptFor: keysKeptFor}
	}
	return sdk.Promise{}
}

// Assessments yields the test profiles.
func (a *alva) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return rest.Pages(func(cursor string) ([]sdk.Assessment, string, error) {
		query := url.Values{"limit": {"100"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Data []testProfile `json:"data"`
			Next string        `json:"next_cursor"`
		}
		if err := a.api.Get(ctx, rest.Path{"test-profiles"}, query, &page); err != nil {
			return nil, "", sorted(err)
		}
		found := make([]sdk.Assessment, len(page.Data))
		for i, p := range page.Data {
			found[i] = sdk.Assessment{ID: p.ID, Name: p.Name, Created: p.CreatedAt}
		}
		return found, page.Next, nil
	})
}

// sorted makes of Alva's refusal of a request what the host can act on; any other error is left as it is.
func sorted(err error) error { return rest.Refused(err, stillWorking, reasons) }
