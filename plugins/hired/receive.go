package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Receive verifies a webhook by Standard Webhooks and translates it. What is signed and yet makes no sense is a [sdk.Refusal]: another
// delivery of it would make no more.
func (h *hired) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !signed(r) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	var about struct{ Type string }
	if json.Unmarshal(r.Body, &about) != nil {
		return sdk.Received{}, sdk.Refuse("malformed", "a signed webhook of Hired is no JSON of type, timestamp and data")
	}
	kind, known := kinds[about.Type]
	if !known {
		return sdk.Received{}, nil
	}
	ev, err := read(kind, r.Body)
	if err != nil {
		return sdk.Received{}, sdk.Refuse("malformed", fmt.Sprintf("Hired's webhook %s: %v", about.Type, err))
	}
	ev.ID = r.Header.Get(standardwebhooks.HeaderWebhookID)
	return sdk.Received{Events: []sdk.Event{ev}}, nil
}

// read translates a webhook of a type in kinds.
func read(kind sdk.Kind, body []byte) (sdk.Event, error) {
	var m message
	switch err := json.Unmarshal(body, &m); {
	case err != nil:
		return sdk.Event{}, errors.New("its data is of an unexpected form")
	case m.Data.InvitationID == "":
		return sdk.Event{}, errors.New("it names no invitation")
	case m.Timestamp.IsZero():
		return sdk.Event{}, errors.New("it has no timestamp")
	}
	return newEvent(kind, m.Timestamp, m.Data.InvitationID, m.Data.news)
}

// signed tells whether one of the live secrets signed the request. The age of the signature is not looked at: Hired delivers for days, the
// clocks of a rehearsal are virtual, and a replay changes nothing, since the host knows the event by its ID.
func signed(r sdk.Request) bool {
	return slices.ContainsFunc(r.Secrets, func(secret string) bool {
		key, err := signingKey(secret)
		if err != nil {
			return false
		}
		hook, err := standardwebhooks.NewWebhookRaw(key)
		return err == nil && hook.VerifyIgnoringTimestamp(r.Body, r.Header) == nil
	})
}

// signingKey decodes a secret, "whsec_" and 24 to 64 bytes in base64. The library would take an empty one, with which anybody can sign.
func signingKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("not whsec_ followed by 24 to 64 bytes in base64")
	}
	return key, nil
}
