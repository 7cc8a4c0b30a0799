package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// Receive verifies a webhook by Standard Webhooks and translates it. What is signed and yet makes no sense is a [sdk.Refusal]: another
// delivery of it would make no more.
func (h *hired) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !signed.Standard(r) {
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
	ev.ID = signed.StandardID(r)
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
