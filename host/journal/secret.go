package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Secrets is what a connection's product and the host know of each other and nobody else may, as far as it was not configured: it was given
// to us, made for us, or handed out by us. It prints nothing.
type Secrets struct {
	Grant Grant      `json:"grant,omitzero"`
	Hooks []sdk.Hook `json:"hooks,omitempty"` // that Prepare made
	Keys  []Key      `json:"keys,omitempty"`  // that the product calls us with, the oldest first
}

// Grant is the access that a product gave. The zero Grant is none.
type Grant struct {
	Client  string    `json:"client"`            // the app it was given to: of no use to another
	Access  string    `json:"access,omitempty"`  //
	Refresh string    `json:"refresh,omitempty"` // empty: what gave it once can give it again, or nothing can
	Scopes  []string  `json:"scopes,omitempty"`  // that were granted
	Expires time.Time `json:"expires,omitzero"`  // of Access; zero: not told
	Given   time.Time `json:"given,omitzero"`    // when somebody consented
	Refused string    `json:"refused,omitempty"` // why it is of no use any more
}

// Key is one that we handed out.
type Key struct {
	ID     string    `json:"id"` // to call it by; no secret
	Secret string    `json:"secret"`
	Made   time.Time `json:"made"`
}

// Format hides everything, whatever the verb.
func (Secrets) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[secrets]")) }

// Format hides everything, whatever the verb.
func (Grant) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[grant]")) }

// Format hides everything, whatever the verb.
func (Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[key]")) }

// Secrets are those of a connection; the zero Secrets if there are none.
func (j *Journal) Secrets(ctx context.Context, conn string) (s Secrets, err error) {
	_, err = j.get(ctx, key(secrets, conn), &s)
	return s, err
}

// ChangeSecrets changes those of a connection, and is durable when it returns. Change is called again when somebody else was faster; its
// error is returned and nothing is changed.
func (j *Journal) ChangeSecrets(ctx context.Context, conn string, change func(*Secrets) error) (Secrets, error) {
	k := key(secrets, conn)
	for {
		var s Secrets
		ver, err := j.get(ctx, k, &s)
		if err != nil {
			return Secrets{}, err
		}
		if err := change(&s); err != nil {
			return Secrets{}, err
		}
		b := batch{j: j}
		b.guard(k, ver)
		b.put(k, s)
		if err := b.commit(ctx); !errors.Is(err, ErrChanged) {
			return s, err
		}
	}
}
