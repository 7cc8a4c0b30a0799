package sandbox

import (
	"slices"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// invitationState is everything there is to see of an invitation.
type invitationState struct {
	invitation
	Person    person   `json:"candidate"`
	External  external `json:"external"`
	Mails     int      `json:"mails"` // invitations and repeats sent
	Opened    bool     `json:"opened"`
	Erased    bool     `json:"erased"`
	Callbacks []string `json:"callbacks"` // Greenhouse's
}

func view(i *invitation) invitationState {
	return invitationState{
		invitation: *i, Person: i.person, External: i.external, Mails: i.mails, Opened: i.opened, Erased: i.erased,
		Callbacks: slices.Clone(i.callbacks),
	}
}

// greenhouseState is the partner as an employer sees it in Hired's settings.
type greenhouseState struct {
	Key    string                 `json:"key"`
	Errors []kernel.ResponseError `json:"errors"`
}

// parts are what GET /_sandbox/state/PATH shows.
func (p *product) parts() map[string]func() any {
	return map[string]func() any{
		"invitations": func() any { return kit.Each(p.order, view) },
		"tests":       func() any { return kit.Each(p.tests, func(t *test) test { return *t }) },
		"webhooks":    func() any { return p.hooks.State() },
		"greenhouse":  func() any { return greenhouseState{p.greenhouse.Key, p.greenhouse.Errors()} },
	}
}
