package sandbox

import (
	"maps"
	"slices"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// participantState is everything there is to see of a participant.
type participantState struct {
	participant
	Person    person   `json:"candidate"`
	Collected string   `json:"collected"` // while she took the tests
	Callbacks []string `json:"callbacks"` // Greenhouse's
	Mails     int      `json:"mails"`     // invitations and repeats sent
	Opened    bool     `json:"opened"`
}

func (p *product) view(t *participant) participantState {
	return participantState{
		participant: *t, Person: t.person, Collected: t.collected, Callbacks: slices.Clone(t.callbacks), Mails: t.mails, Opened: t.opened,
	}
}

// accountState is the account with what an owner sees in its settings.
type accountState struct {
	account
	GreenhouseKey string   `json:"greenhouse_key"`
	CallbackHosts []string `json:"callback_hosts"`
}

// parts are what GET /_sandbox/state/PATH shows.
func (p *product) parts() map[string]func() any {
	return map[string]func() any{
		"participants": func() any { return kit.Each(p.order, p.view) },
		"assessments":  func() any { return kit.Each(p.assessments, func(a *assessment) assessment { return *a }) },
		"account": func() any {
			return accountState{p.account, p.greenhouse.Key, slices.Sorted(maps.Keys(p.greenhouse.hosts))}
		},
		"alerts":            func() any { return slices.Clone(p.alerts) },
		"refused-callbacks": func() any { return slices.Clone(p.greenhouse.refused) },
		"response-errors":   func() any { return p.greenhouse.Errors() },
		"webhooks":          func() any { return p.hooks.State() },
	}
}
