// Package key hands out keys to products that call us: made here, shown once, two valid while one replaces the other.
//
// [Create], [List] and [Retire] are what an operator does; a [Ring] presents a connection's key where the product wants to hear it back.
//
// # Why
//
// A hash of a key would be enough to know it again, but not to say it: products that call us under a key want to be called under the same.
// With two valid keys nobody knows which one the product has by now, so the older is presented until the product refuses it.
package key

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Vault is where keys are kept.
type Vault interface {
	Secrets(ctx context.Context, conn string) (journal.Secrets, error)
	ChangeSecrets(ctx context.Context, conn string, change func(*journal.Secrets) error) (journal.Secrets, error)
}

// most is how many keys of a connection are valid at once: the one in use and the one that replaces it.
const most = 2

// Info is what can be shown of a key at any time.
type Info struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
}

// Made is a new key, to be shown once.
type Made struct {
	Info
	Secret string `json:"secret"` // 52 letters and digits: every product takes that many, the tightest fewer than 171
}

// Create makes a key for the product of a connection. It is durable and valid when Create returns.
func Create(ctx context.Context, v Vault, conn string, now time.Time) (Made, error) {
	m := Made{Info{strings.ToLower(rand.Text()[:8]), now}, rand.Text() + rand.Text()}
	_, err := v.ChangeSecrets(ctx, conn, func(s *journal.Secrets) error {
		if len(s.Keys) >= most {
			return fmt.Errorf("%s has %d keys already, %s: retire the one that the product uses no longer", conn, most, names(s.Keys))
		}
		s.Keys = append(s.Keys, journal.Key{ID: m.ID, Secret: m.Secret, Made: now})
		return nil
	})
	if err != nil {
		return Made{}, err
	}
	return m, nil
}

// List is the valid keys of a connection, the oldest first.
func List(ctx context.Context, v Vault, conn string) ([]Info, error) {
	s, err := v.Secrets(ctx, conn)
	infos := []Info{}
	for _, k := range s.Keys {
		infos = append(infos, Info{k.ID, k.Made})
	}
	return infos, err
}

// Retire makes a key invalid, for good.
func Retire(ctx context.Context, v Vault, conn, id string) error {
	_, err := v.ChangeSecrets(ctx, conn, func(s *journal.Secrets) error {
		i := slices.IndexFunc(s.Keys, func(k journal.Key) bool { return k.ID == id })
		if i < 0 {
			return fmt.Errorf("%s has no key %q; it has %s", conn, id, names(s.Keys))
		}
		s.Keys = slices.Delete(s.Keys, i, i+1)
		return nil
	})
	return err
}

func names(keys []journal.Key) string {
	if len(keys) == 0 {
		return "none"
	}
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return strings.Join(ids, " and ")
}

// Ring presents the keys of a connection, one at a time. Its methods may be called concurrently.
type Ring struct {
	Conn       string
	Vault      Vault    // nil: whoever asks is not the host whose keys they are
	Configured []string // keys that the operator configured, presented after those that were made

	mu      sync.Mutex
	refused string // the key that the product did not accept last
}

// Token is the key to present: the one after the last that was refused. Empty if the connection has none.
func (r *Ring) Token(ctx context.Context) (string, error) {
	keys, err := r.keys(ctx)
	if err != nil || len(keys) == 0 {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return keys[(slices.Index(keys, r.refused)+1)%len(keys)], nil
}

// Refused is told that the product did not accept a key. Nil: there is another, which it may; after the last, the next call begins anew.
func (r *Ring) Refused(ctx context.Context, token string) error {
	keys, err := r.keys(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(keys, token)
	if i >= 0 {
		r.refused = token
	}
	if i+1 == len(keys) {
		return fmt.Errorf("the product knows none of our keys: %w", sdk.ErrDisconnected)
	}
	return nil // also of one that was retired meanwhile
}

// keys are all that are valid, the oldest first.
func (r *Ring) keys(ctx context.Context) (secrets []string, err error) {
	if r.Vault != nil {
		kept, err := r.Vault.Secrets(ctx, r.Conn)
		if err != nil {
			return nil, err
		}
		for _, k := range kept.Keys {
			secrets = append(secrets, k.Secret)
		}
	}
	return append(secrets, r.Configured...), nil
}
