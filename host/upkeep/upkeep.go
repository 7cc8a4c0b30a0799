// Package upkeep keeps products ready for the rules in use: what is missing there is made, never twice, and what a person must mend is told.
//
// A [Keeper] has the plugins prepare their products with what [Needs] gathers from the pairings. It keeps the webhooks that were made, and
// has the door trust what their requests are signed with.
//
// # Why
//
// What was made is kept before anything else is done, also when the plugin then failed: a webhook that nobody remembers is signed with a
// secret that nobody knows, and is nobody's to remove.
package upkeep

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Connection is what a product can be asked through.
type Connection interface {
	Verbs() map[sdk.Verb]sdk.Promise
	Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error)
}

// Vault is where the webhooks that were made are kept.
type Vault interface {
	Secrets(ctx context.Context, conn string) (journal.Secrets, error)
	ChangeSecrets(ctx context.Context, conn string, change func(*journal.Secrets) error) (journal.Secrets, error)
}

// Keeper keeps the products of a host. Fill the fields.
type Keeper struct {
	Vault       Vault
	Pairings    []*rule.Pairing
	Connections map[string]Connection
	Signing     map[string][]string                 // webhook secrets that the operator configured, by connection
	Address     func(conn string) string            // where its webhooks should go
	Trust       func(conn string, signing []string) // has the door believe what is signed with one of these, and nothing else

	mu sync.Mutex // one product after another: who prepares one twice at once makes everything twice
}

// Needs is what pairings ask of the product of a connection.
func Needs(pairings []*rule.Pairing, conn string) (n sdk.Needs) {
	for _, p := range pairings {
		needs := p.Needs()
		for name, side := range map[string]rule.Side{p.ATS: needs.ATS, p.Vendor: needs.Vendor} {
			if name != conn {
				continue
			}
			n.Events = append(n.Events, side.Events...)
			for _, u := range side.Verbs {
				n.Verbs = append(n.Verbs, u.Verb)
			}
		}
		if p.ATS == conn {
			n.Templates = append(n.Templates, needs.Templates...)
			n.Fields = append(n.Fields, needs.Fields...)
		}
	}
	n.Events, n.Verbs, n.Templates, n.Fields = unique(n.Events), unique(n.Verbs), unique(n.Templates), unique(n.Fields)
	return n
}

func unique[S ~string](s []S) []S {
	slices.Sort(s)
	return slices.Compact(s)
}

// Prepare makes a product ready and tells what a person must mend there.
func (k *Keeper) Prepare(ctx context.Context, conn string) ([]sdk.Problem, error) {
	c := k.Connections[conn]
	if _, ok := c.Verbs()[sdk.VerbPrepare]; !ok {
		return nil, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	kept, err := k.Vault.Secrets(ctx, conn)
	if err != nil {
		return nil, err
	}
	needs := Needs(k.Pairings, conn)
	needs.HookURL = k.Address(conn)
	for _, h := range kept.Hooks {
		needs.Hooks = append(needs.Hooks, h.ID)
	}
	made, err := c.Prepare(ctx, needs)
	if len(made.Hooks) > 0 {
		ctx = context.WithoutCancel(ctx) // they are there, whoever has left
		_, failed := k.Vault.ChangeSecrets(ctx, conn, func(s *journal.Secrets) error {
			s.Hooks = append(s.Hooks, made.Hooks...)
			return nil
		})
		err = errors.Join(err, failed, k.Renew(ctx, conn))
	}
	return made.Problems, err
}

// Live is every secret that may sign a connection's webhooks now: what was configured, what signs the webhooks that we made, and the keys
// that we handed out.
func (k *Keeper) Live(ctx context.Context, conn string) ([]string, error) {
	kept, err := k.Vault.Secrets(ctx, conn)
	live := slices.Clone(k.Signing[conn])
	for _, h := range kept.Hooks {
		if h.Secret != "" {
			live = append(live, h.Secret)
		}
	}
	for _, key := range kept.Keys {
		live = append(live, key.Secret)
	}
	return live, err
}

// Renew has the door trust what is live now.
func (k *Keeper) Renew(ctx context.Context, conn string) error {
	live, err := k.Live(ctx, conn)
	if err == nil {
		k.Trust(conn, live)
	}
	return err
}
