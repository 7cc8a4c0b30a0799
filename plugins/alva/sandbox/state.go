package sandbox

import (
	"cmp"
	"maps"
	"slices"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// candidateState is everything there is to see of a candidate.
type candidateState struct {
	candidate
	Person       person       `json:"candidate"`
	External     external     `json:"external"`
	Origin       string       `json:"origin,omitempty"`
	PostingID    string       `json:"posting_id"` // the ATS's
	PositionName string       `json:"position_name"`
	Team         string       `json:"team"`
	Manager      string       `json:"hiring_manager"`
	Attempts     []invitation `json:"attempts"` // the last one is invitation
	Mails        int          `json:"mails"`    // invitations, repeats and reminders sent
	Opened       bool         `json:"opened"`
	Paused       bool         `json:"paused"`
	Erased       bool         `json:"erased"`
	Callbacks    []string     `json:"callbacks,omitempty"` // Greenhouse's
}

func (p *product) view(c *candidate) candidateState {
	pos := p.positions[c.PositionID]
	s := candidateState{
		candidate: *c, Person: c.person, External: c.external, Origin: c.origin, PostingID: pos.ExternalID, PositionName: pos.Name,
		Team: pos.Team, Manager: pos.HiringManagerEmail, Attempts: append(slices.Clone(c.earlier), c.Invitation), Mails: c.mails,
		Opened: c.opened, Paused: c.paused, Erased: p.human(c).erased, Callbacks: slices.Clone(c.callbacks),
	}
	s.Tests = slices.Clone(c.Tests)
	return s
}

// views are the positions, oldest first.
func (p *product) views() []position {
	copied := make([]position, 0, len(p.positions))
	for _, pos := range p.positions {
		copied = append(copied, *pos)
	}
	slices.SortFunc(copied, func(a, b position) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	return copied
}

// parts are what GET /_sandbox/state/PATH shows.
func (p *product) parts() map[string]func() any {
	return map[string]func() any{
		"candidates":    func() any { return kit.Each(p.order, p.view) },
		"positions":     func() any { return p.views() },
		"users":         func() any { return slices.Sorted(maps.Keys(p.users)) },
		"results":       func() any { return p.results() },
		"webhooks":      func() any { return p.hooks.State() },
		"greenhouse":    func() any { return greenhouseState{p.greenhouse.Key, p.greenhouse.Errors()} },
		"test-profiles": func() any { return kit.Each(p.profiles, func(t *profile) profile { return *t }) },
	}
}

// results are the stored ones by e-mail address.
func (p *product) results() map[string][]test {
	copied := map[string][]test{}
	for email, tests := range p.stored {
		copied[email] = slices.Clone(tests)
	}
	return copied
}
