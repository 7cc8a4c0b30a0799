package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Invite adds the candidate to the assessment; Alooba mails her. An attempt above 1 asks for a new participant where the last one ended:
// without that word Alooba would answer with the old one. An ATS that does not name the person has her known by her application.
func (a *alooba) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if inv.Assessment == "" {
		return sdk.Invited{}, sdk.Refuse("unknown_assessment", "Alooba invites to an assessment, and the rule names none")
	}
	first, last, _ := strings.Cut(strings.TrimSpace(inv.Candidate.Name), " ")
	var made participant
	err := a.api.Post(ctx, rest.Path{"participants"}, nil, newParticipant{
		AssessmentID: inv.Assessment,
		Candidate:    person{FirstName: first, LastName: strings.TrimSpace(last), Email: inv.Candidate.Email},
		External: external{
			CandidateID: cmp.Or(inv.Person, inv.Application), ApplicationID: inv.Application, OpportunityID: inv.Application,
			PostingID: inv.Posting.ID,
		},
		Reinvite: inv.Attempt > 1,
	}, &made, rest.Header(idempotencyHeader, string(inv.Key)))
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		return sdk.Invited{}, sdk.Refuse("not_found", "Alooba has anonymised this candidate, or base_url is not where its API is")
	case err != nil:
		return sdk.Invited{}, sorted(err)
	case made.ID == "":
		return sdk.Invited{}, errors.New("invite: Alooba's answer names no participant")
	case made.PassingScore != nil && (*made.PassingScore < 0 || *made.PassingScore > 100):
		return sdk.Invited{}, fmt.Errorf("invite: Alooba's answer: passing score %v is not from 0 to 100", *made.PassingScore)
	}
	return sdk.Invited{Remote: made.ID, URL: made.ProfileURL, PassingScore: made.PassingScore}, nil
}

// Promise: Alooba keeps the key of what a repeat would mail twice. Everything else here sets an absolute value.
func (a *alooba) Promise(v sdk.Verb) sdk.Promise {
	switch v {
	case sdk.VerbInvite, sdk.VerbAlert:
		return sdk.Promise{Repeat: sdk.Keyed, KeptFor: keysKeptFor}
	}
	return sdk.Promise{}
}

// Assessments yields what is published.
func (a *alooba) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return rest.Pages(func(cursor string) ([]sdk.Assessment, string, error) {
		query := url.Values{"status": {"published"}, "limit": {"100"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Data []assessment `json:"data"`
			Next string       `json:"next_cursor"`
		}
		if err := a.api.Get(ctx, rest.Path{"assessments"}, query, &page); err != nil {
			return nil, "", sorted(err)
		}
		found := make([]sdk.Assessment, len(page.Data))
		for i, one := range page.Data {
			found[i] = sdk.Assessment{ID: one.ID, Name: one.Name, Created: one.CreatedAt}
		}
		return found, page.Next, nil
	})
}

// sorted makes of Alooba's refusal of a request what the host can act on; any other error is left as it is.
func sorted(err error) error { return rest.Refused(err, stillWorking, reasons) }
