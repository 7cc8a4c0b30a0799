// Package signed verifies webhooks that are signed as many products sign them; a product with a way of its own needs none of it.
//
// [Standard] is Standard Webhooks 1.0: the headers webhook-id, webhook-timestamp and webhook-signature, and secrets that begin with whsec_.
// [StandardID] is then the event's ID; [CheckStandard] is for a plugin's open.
//
// # Why
//
// The age of a signature is not looked at: senders deliver for days, the clocks of a rehearsal are virtual, and a replay changes nothing,
// since the host knows an event by its ID.
package signed

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Standard tells whether one of the live secrets signed the request. A secret of another form signs nothing.
func Standard(r sdk.Request) bool {
	return slices.ContainsFunc(r.Secrets, func(secret string) bool {
		key, err := standardKey(secret)
		if err != nil {
			return false
		}
		hook, err := standardwebhooks.NewWebhookRaw(key)
		return err == nil && hook.VerifyIgnoringTimestamp(r.Body, r.Header) == nil
	})
}

// StandardID is the sender's id of the event: the same at each delivery.
func StandardID(r sdk.Request) string { return r.Header.Get(standardwebhooks.HeaderWebhookID) }

// CheckStandard refuses secrets of another form, by the name of their setting; it never says their value.
func CheckStandard(setting string, secrets []string) error {
	for i, secret := range secrets {
		if _, err := standardKey(secret); err != nil {
			return &sdk.SettingError{Setting: setting, Detail: fmt.Sprintf("number %d is %v", i+1, err)}
		}
	}
	return nil
}

// standardKey decodes a secret, "whsec_" and 24 to 64 bytes in base64. The library would take an empty one, with which anybody can sign.
func standardKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("not whsec_ followed by 24 to 64 bytes in base64")
	}
	return key, nil
}
