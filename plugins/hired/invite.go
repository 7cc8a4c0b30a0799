package main

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Invite sends the test; Hired mails the candidate. An attempt above 1 asks for a new invitation where the last one ended: without that
// word Hired would answer with the old one.
func (h *hired) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if inv.Assessment == "" {
		return sdk.Invited{}, sdk.Refuse("unknown_assessment", "Hired sends tests by name, and none is named")
	}
	first, last, _ := strings.Cut(strings.TrimSpace(inv.Candidate.Name), " ")
	var made invitation
	err := h.api.Post(ctx, rest.Path{"invitations"}, nil, newInvitation{
		TestID:    inv.Assessment,
		Candidate: person{FirstName: first, LastName: strings.TrimSpace(last), Email: inv.Candidate.Email},
		External:  external{CandidateID: inv.Person, OpportunityID: inv.Application, ApplicationID: inv.Application},
		Days:      h.days,
		Reinvite:  inv.Attempt > 1,
	}, &made, rest.Header(idempotencyHeader, string(inv.Key)))
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		return sdk.Invited{}, sdk.Refuse("not_found", "Hired has erased this candidate")
	case err != nil:
		return sdk.Invited{}, sorted(err)
	case made.ID == "":
		return sdk.Invited{}, errors.New("invite: Hired's answer names no invitation")
	}
	return sdk.Invited{Remote: made.ID}, nil
}

// Promise: Hired keeps an invitation's key. Deleting what is gone changes nothing.
func (h *hired) Promise(v sdk.Verb) sdk.Promise {
	if v == sdk.VerbInvite {
		return sdk.Promise{Repeat: sdk.Keyed, KeptFor: keysKeptFor}
	}
	return sdk.Promise{}
}

// Assessments yields the tests.
func (h *hired) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return rest.Pages(func(cursor string) ([]sdk.Assessment, string, error) {
		query := url.Values{"limit": {"100"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Data []test `json:"data"`
			Next string `json:"next_cursor"`
		}
		if err := h.api.Get(ctx, rest.Path{"tests"}, query, &page); err != nil {
			return nil, "", sorted(err)
		}
		found := make([]sdk.Assessment, len(page.Data))
		for i, t := range page.Data {
			found[i] = sdk.Assessment{ID: t.ID, Name: t.Name, Created: t.CreatedAt}
		}
		return found, page.Next, nil
	})
}

// Delete removes what an invitation says of the candidate, or the person from all of Hired.
func (h *hired) Delete(ctx context.Context, _ sdk.Key, d sdk.Deletion) error {
	if d.Everywhere && d.Person == "" {
		return sdk.Refuse("malformed", "nobody is named whom Hired could delete")
	}
	paths := make([]rest.Path, 0, len(d.Invitations)+1)
	for _, id := range d.Invitations {
		paths = append(paths, rest.Path{"invitations", id})
	}
	if d.Everywhere {
		paths = append(paths, rest.Path{"candidates", d.Person})
	}
	for _, path := range paths {
		if err := h.api.Delete(ctx, path, nil, nil, nil); err != nil && !errors.Is(err, sdk.ErrNotFound) {
			return sorted(err)
		}
	}
	return nil
}

// sorted makes of Hired's refusal of a request what the host can act on; any other error is left as it is.
func sorted(err error) error { return rest.Refused(err, stillWorking, reasons) }
