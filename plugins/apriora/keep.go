package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// The writes here carry no idempotency key, on purpose: they set absolute values, so a repeat is safe anyway, and under the same key
// Apriora would answer a posting that went from A to B and back to A with its memory of A, and leave B.

// KeepPosting makes or updates the position from whose title, description and salary Alex makes the interview. A salary that is no plain
// range of money stays text, at the end of the description.
func (a *apriora) KeepPosting(ctx context.Context, _ sdk.Key, p sdk.Posting) (string, error) {
	in := positionPut{Title: p.Name, Description: p.Description, Salary: parseSalary(p.Salary), Modality: a.modality}
	if text := strings.TrimSpace(p.Salary); in.Salary == nil && text != "" {
		in.Description = strings.TrimSpace(in.Description + "\n\nSalary: " + text)
	}
	var kept position
	if err := a.api.Put(ctx, rest.Path{"positions", "external", p.ID}, nil, in, &kept); err != nil {
		return "", sorted(err)
	}
	if kept.PositionID == "" {
		return "", fmt.Errorf("keep posting %s: Apriora's answer names no position", p.ID)
	}
	return kept.PositionID, nil
}

// plainSalary is "EUR 60,000 to 80,000 a year"; one of the amounts may be missing, "up to" or "from" saying which.
var plainSalary = regexp.MustCompile(
	`^([A-Z]{3}) (up to |from )?(\d[\d,]*(?:\.\d+)?)(?: (?:to|-|–) (\d[\d,]*(?:\.\d+)?))? (?:a|an|per) (hour|day|week|month|year)$`)

// parseSalary reads a salary as people read it; nil if it says more, or something else, than Apriora can take.
func parseSalary(text string) *salary {
	m := plainSalary.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil
	}
	s := &salary{Min: amount(m[3]), Max: amount(m[4]), Currency: m[1], Interval: strings.ToUpper(m[5])}
	switch {
	case s.Min == nil, m[4] != "" && (s.Max == nil || m[2] != "" || *s.Min > *s.Max):
		return nil
	case m[2] == "up to ":
		s.Min, s.Max = nil, s.Min
	case m[2] == "" && m[4] == "":
		s.Max = s.Min
	}
	return s
}

// amount reads a number whose thousands commas may divide; nil if it is none.
func amount(text string) *float64 {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		return nil
	}
	return &n
}

// Delete erases the candidates behind the invitations, with all that Apriora has of them. It knows a person by her address, in all her
// interviews: while there are others than those to be deleted, unless she is to go everywhere, she stays, and is no longer waited for in
// these. The deletion of the last one takes her.
func (a *apriora) Delete(ctx context.Context, _ sdk.Key, d sdk.Deletion) error {
	named := map[string][]remote{} // by candidate
	for _, id := range d.Invitations {
		at, err := parseRemote(id)
		if err != nil {
			return sdk.Refuse("malformed", err.Error())
		}
		named[at.candidate] = append(named[at.candidate], at)
	}
	for _, candidate := range slices.Sorted(maps.Keys(named)) {
		stays := false
		if !d.Everywhere {
			var err error
			if stays, err = a.withdraw(ctx, candidate, named[candidate]); err != nil {
				return err
			}
		}
		if stays {
			continue
		}
		if err := unlessGone(a.api.Delete(ctx, rest.Path{"candidates", candidate}, nil, nil, nil)); err != nil {
			return err
		}
	}
	return nil
}

// withdraw cancels the named invites if the candidate has others, and tells whether she has.
func (a *apriora) withdraw(ctx context.Context, candidate string, named []remote) (others bool, err error) {
	var all []invite
	if err := a.api.Get(ctx, rest.Path{"invites"}, url.Values{"candidateId": {candidate}}, &all); err != nil {
		return false, unlessGone(err)
	}
	isNamed := func(i invite) bool { return slices.ContainsFunc(named, func(at remote) bool { return at.names(i) }) }
	if !slices.ContainsFunc(all, func(i invite) bool { return i.Status != erased && !isNamed(i) }) {
		return false, nil
	}
	for _, i := range all {
		if !isNamed(i) || i.Status == complete || slices.Contains(over, i.Status) {
			continue
		}
		if err := unlessGone(a.api.Post(ctx, rest.Path{"invites", i.InviteID, "cancel"}, nil, nil, nil)); err != nil {
			return true, err
		}
	}
	return true, nil
}

func unlessGone(err error) error {
	if errors.Is(err, sdk.ErrNotFound) {
		return nil
	}
	return sorted(err)
}
