package sandbox

import (
	"fmt"
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

// state answers GET /_sandbox/state/PATH with copies.
func (p *product) state(path string) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := map[string]func() any{
		"participants": func() any { return each(p.order, p.view) },
		"assessments":  func() any { return each(p.assessments, func(a *assessment) assessment { return *a }) },
		"account": func() any {
			return accountState{p.account, p.greenhouse.Key, slices.Sorted(maps.Keys(p.greenhouse.hosts))}
		},
		"alerts":            func() any { return slices.Clone(p.alerts) },
		"refused-callbacks": func() any { return slices.Clone(p.greenhouse.refused) },
		"response-errors":   func() any { return p.greenhouse.Errors() },
		"webhooks":          func() any { return p.hooks.State() },
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

func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
