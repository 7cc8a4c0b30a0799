package sandbox

import (
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

// parts are what GET /_sandbox/state/PATH shows.
func (p *product) parts() map[string]func() any {
	return map[string]func() any{
		"invites":    func() any { return kit.Each(p.invites, p.view) },
		"positions":  func() any { return kit.Each(p.positions, func(at *position) position { return *at }) },
		"candidates": func() any { return kit.Each(p.candidates, func(c *candidate) candidate { return *c }) },
		"reports":    func() any { return kit.Each(p.reports, p.read) },
		"webhook":    func() any { return p.hookState() },
	}
}

func (p *product) hookState() any {
	if one, ok := p.hook(); ok {
		return one
	}
	return struct{}{}
}
