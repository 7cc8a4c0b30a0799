package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// The writes here carry no idempotency key, on purpose: they set absolute values, so a repeat is safe anyway, and under the same key Alva
// would answer a posting that went from A to B and back to A with its memory of A, and leave B.

// KeepPosting makes or updates the job position. That Alva does not know the hiring manager is no error: it leaves her out.
func (a *alva) KeepPosting(ctx context.Context, _ sdk.Key, p sdk.Posting) (string, error) {
	var kept position
	err := a.api.Put(ctx, rest.Path{"job-positions", "external", p.ID}, nil,
		position{Name: p.Name, Team: p.Team, HiringManagerEmail: p.HiringManager}, &kept)
	if err != nil {
		return "", sorted(err)
	}
	if kept.ID == "" {
		return "", fmt.Errorf("keep posting %s: Alva's answer names no job position", p.ID)
	}
	return kept.ID, nil
}

// KeepOutcome sets the stage of each candidate. Those whom Alva no longer has need none.
func (a *alva) KeepOutcome(ctx context.Context, _ sdk.Key, o sdk.Outcome) error {
	stage, ok := stages[o.Kind]
	if !ok {
		return sdk.Refuse("malformed", fmt.Sprintf("%q is no outcome that Alva shows", o.Kind))
	}
	return each(o.Invitations, func(at remote) error {
		return a.api.Patch(ctx, at.path(), nil, stagePatch{stage}, nil)
	})
}

// Delete removes the candidate from the positions she was invited to, or from Alva.
func (a *alva) Delete(ctx context.Context, _ sdk.Key, d sdk.Deletion) error {
	err := each(d.Invitations, func(at remote) error {
		return a.api.Delete(ctx, at.path(), nil, nil, nil)
	})
	if err != nil || !d.Everywhere {
		return err
	}
	return unlessGone(a.api.Delete(ctx, rest.Path{"candidates", "external", d.Person}, nil, nil, nil))
}

// each does one thing for each invitation's candidate, to the first error. That she is gone is none.
func each(invitations []string, do func(remote) error) error {
	for _, id := range invitations {
		at, err := parseRemote(id)
		if err != nil {
			return sdk.Refuse("malformed", err.Error())
		}
		if err := unlessGone(do(at)); err != nil {
			return err
		}
	}
	return nil
}

func unlessGone(err error) error {
	if errors.Is(err, sdk.ErrNotFound) {
		return nil
	}
	return sorted(err)
}
