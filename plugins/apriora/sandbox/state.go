package sandbox

import (
	"fmt"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// inviteState is everything there is to see of an invite.
type inviteState struct {
	invite
	Candidate     candidate `json:"candidate"`
	External      external  `json:"external"`
	PostingID     string    `json:"postingId"` // the ATS's
	PositionTitle string    `json:"positionTitle"`
	ReportID      string    `json:"reportId,omitempty"`
	Mails         int       `json:"mails"` // of this attempt: invitation, repeats, thanks
	Opened        bool      `json:"opened"`
}

func (p *product) view(i *invite) inviteState {
	at := p.position(i.PositionID)
	return inviteState{
		invite: *i, Candidate: *p.candidate(i.CandidateID), External: i.external, PostingID: at.ExternalID, PositionTitle: at.Title,
		ReportID: i.reportID, Mails: i.mails, Opened: i.opened,
	}
}

// state answers GET /_sandbox/state/PATH with copies.
func (p *product) state(path string) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := map[string]func() any{
		"invites":    func() any { return each(p.invites, p.view) },
		"positions":  func() any { return each(p.positions, func(at *position) position { return *at }) },
		"candidates": func() any { return each(p.candidates, func(c *candidate) candidate { return *c }) },
		"reports":    func() any { return each(p.reports, p.read) },
		"webhook":    func() any { return p.hookState() },
	}
	if path == "" {
		all := map[string]any{}
		for name, part := range parts {
			all[name] = part()
		}
		return all, nil
	}
	part, ok := parts[path]
	if !ok {
		return nil, fmt.Errorf("state %q: %w", path, kit.ErrNotFound)
	}
	return part(), nil
}

func (p *product) hookState() any {
	if one, ok := p.hook(); ok {
		return one
	}
	return struct{}{}
}

func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
