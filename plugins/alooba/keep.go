package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// The writes here, but for Alert, carry no idempotency key, on purpose: they set absolute values, so a repeat is safe anyway, and under a
// key Alooba would answer from memory what a later write has changed.

// KeepOutcome sets the hiring status of each participant. Those whom Alooba has anonymised need none.
func (a *alooba) KeepOutcome(ctx context.Context, _ sdk.Key, o sdk.Outcome) error {
	status, ok := hiringStatuses[o.Kind]
	if !ok {
		return sdk.Refuse("malformed", fmt.Sprintf("%q is no outcome that Alooba shows", o.Kind))
	}
	for _, id := range o.Invitations {
		err := unlessGone(a.api.Put(ctx, rest.Path{"participants", id, "hiring-status"}, nil, hiringStatus{status}, nil))
		if err != nil {
			return err
		}
	}
	return nil
}

// Anonymize removes the person under every id that Alooba knows her by: people are merged in an ATS, and each invitation keeps the id that
// she had then. Scores stay.
func (a *alooba) Anonymize(ctx context.Context, _ sdk.Key, n sdk.Anonymization) error {
	return a.anonymize(ctx, n.Person, n.Invitations)
}

// Delete anonymizes: Alooba deletes nobody. While the person has other applications, only the named invitations end, those that are open.
func (a *alooba) Delete(ctx context.Context, _ sdk.Key, d sdk.Deletion) error {
	if d.Everywhere {
		return a.anonymize(ctx, d.Person, d.Invitations)
	}
	for _, id := range d.Invitations {
		err := a.api.Post(ctx, rest.Path{"participants", id, "cancel"}, nil, struct{}{}, nil)
		if said := (*rest.StatusError)(nil); errors.As(err, &said) && said.Code == ended {
			continue
		}
		if err := unlessGone(err); err != nil {
			return err
		}
	}
	return nil
}

func (a *alooba) anonymize(ctx context.Context, named string, invitations []string) error {
	people := []string{named}
	for _, id := range invitations {
		var p participant
		if err := unlessGone(a.api.Get(ctx, rest.Path{"participants", id}, nil, &p)); err != nil {
			return err
		}
		people = append(people, p.External.CandidateID)
	}
	slices.Sort(people)
	for _, id := range slices.Compact(people) {
		if id == "" {
			continue
		}
		if err := unlessGone(a.api.Post(ctx, rest.Path{"candidates", id, "anonymise"}, nil, nil, nil)); err != nil {
			return err
		}
	}
	return nil
}

// Alert has Alooba mail the owner of the account.
func (a *alooba) Alert(ctx context.Context, key sdk.Key, n sdk.Alert) error {
	return sorted(a.api.Post(ctx, rest.Path{"alerts"}, nil, alert{Text: n.Text, External: external{ApplicationID: n.Application}}, nil,
		rest.Header(idempotencyHeader, string(key))))
}

func unlessGone(err error) error {
	if errors.Is(err, sdk.ErrNotFound) {
		return nil
	}
	return sorted(err)
}
