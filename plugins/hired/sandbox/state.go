package sandbox

import (
	"fmt"
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

// state answers GET /_sandbox/state/PATH with copies.
func (p *product) state(path string) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := map[string]func() any{
		"invitations": func() any { return each(p.order, view) },
		"tests":       func() any { return each(p.tests, func(t *test) test { return *t }) },
		"webhooks":    func() any { return p.hooks.State() },
		"greenhouse":  func() any { return greenhouseState{p.greenhouse.Key, p.greenhouse.Errors()} },
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
