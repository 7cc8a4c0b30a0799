package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// maxDelivery is far above what Lever sends: a delivery holds ids only.
const maxDelivery = 64 << 10

const archiveChange = "candidateArchiveChange"

// hook is one kind of webhook: Lever's word for the event, what its settings page calls it, and what it may be to us.
type hook struct {
	event string
	title string
	kinds []sdk.Kind
}

// hooks are the webhooks that we understand. The archive change is read more closely, see [connection.archiving].
var hooks = []hook{
	{"applicationCreated", "Application Created", []sdk.Kind{sdk.KindApplied}},
	{"candidateStageChange", "Candidate Stage Change", []sdk.Kind{sdk.KindMoved}},
	{"candidateHired", "Candidate Hired", []sdk.Kind{sdk.KindHired}},
	{"candidateDeleted", "Candidate Deleted", []sdk.Kind{sdk.KindDeleted}},
	{archiveChange, "Candidate Archive Change", archiveKinds},
}

// hooked are all events that the hooks may amount to; archiveKinds those that only a change of the archive tells.
var (
	hooked       = append([]sdk.Kind{sdk.KindApplied, sdk.KindMoved, sdk.KindHired, sdk.KindDeleted}, archiveKinds...)
	archiveKinds = []sdk.Kind{sdk.KindRejected, sdk.KindUnrejected, sdk.KindUnhired}
)

// delivery is a webhook's body (section 5.2). Its signature covers token and triggeredAt only, so data is a hint: the host reads the
// application before it acts.
type delivery struct {
	Event       string          `json:"event"`
	TriggeredAt json.Number     `json:"triggeredAt"` // milliseconds, signed as the digits that were sent
	Token       string          `json:"token"`
	Signature   string          `json:"signature"`
	Data        json.RawMessage `json:"data"`
}

// Receive answers 200 to everything that is signed, also to tests (no data) and to events that mean nothing to us: another status would
// only make Lever repeat them (section 5.5).
func (c *connection) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if r.Method != http.MethodPost {
		allow := http.Header{"Allow": {http.MethodPost}}
		return sdk.Received{Response: sdk.Response{Status: http.StatusMethodNotAllowed, Header: allow}}, nil
	}
	if len(r.Body) > maxDelivery {
		return sdk.Received{}, fmt.Errorf("a webhook of %d bytes: %w", len(r.Body), sdk.ErrUnauthorized)
	}
	var d delivery
	if err := json.Unmarshal(r.Body, &d); err != nil {
		return sdk.Received{}, fmt.Errorf("a webhook that cannot be read: %w", sdk.ErrUnauthorized)
	}
	at, err := d.verify(r.Secrets)
	if err != nil {
		return sdk.Received{}, err
	}
	return sdk.Received{Events: c.events(d, at)}, nil
}

var (
	// The signature joins token and time without a mark between them. A time of any other length could have borrowed digits of the token.
	timeForm = regexp.MustCompile(`^[1-9][0-9]{12}$`)
	idForm   = regexp.MustCompile(`^[0-9A-Za-z_-]{1,100}$`)
)

// verify checks the signature against every live secret, none left out, so that the time it takes tells nothing, and returns the time that
// was signed.
func (d delivery) verify(secrets []string) (time.Time, error) {
	signature, err := hex.DecodeString(d.Signature)
	if err != nil || len(signature) != sha256.Size || !timeForm.MatchString(d.TriggeredAt.String()) {
		return time.Time{}, fmt.Errorf("a webhook without signature or time: %w", sdk.ErrUnauthorized)
	}
	signed := false
	for _, secret := range secrets {
		key := strings.TrimSpace(secret)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(d.Token + d.TriggeredAt.String()))
		match := hmac.Equal(mac.Sum(nil), signature)
		signed = signed || match && key != ""
	}
	if !signed {
		return time.Time{}, fmt.Errorf("a webhook: %w", sdk.ErrUnauthorized)
	}
	ms, err := strconv.ParseInt(d.TriggeredAt.String(), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("a webhook without time: %w", sdk.ErrUnauthorized)
	}
	return time.UnixMilli(ms).UTC(), nil
}

// events is what the delivery amounts to, mostly one event, sometimes none.
//
// The event's ID is made of its content, not of the token or of the body's optional id: a token is new on each try, and the id is missing
// from some deliveries and need not be the same in those of two webhooks that were registered twice for one thing.
func (c *connection) events(d delivery, at time.Time) []sdk.Event {
	var about struct {
		Opportunity  string          `json:"opportunityId"`
		Contact      string          `json:"contactId"`
		Application  string          `json:"applicationId"`
		ToStage      string          `json:"toStageId"`
		FromArchived json.RawMessage `json:"fromArchived"`
		ToArchived   json.RawMessage `json:"toArchived"`
	}
	// A field of another type than expected is left empty; the others are still read.
	_ = json.Unmarshal(d.Data, &about)
	kind := kindOf(d.Event)
	if d.Event == archiveChange {
		kind = c.archiving(about.FromArchived, about.ToArchived)
	}
	if kind == "" || !idForm.MatchString(about.Opportunity) {
		return nil
	}
	e := sdk.Event{
		ID:          sdk.ContentID(d.Event, about.Opportunity, d.TriggeredAt.String(), about.Application, about.ToStage, string(kind)),
		Kind:        kind,
		At:          at,
		Application: about.Opportunity,
	}
	if idForm.MatchString(about.Contact) {
		e.Person = about.Contact
	}
	if kind == sdk.KindMoved && idForm.MatchString(about.ToStage) {
		e.Stage = about.ToStage
	}
	return []sdk.Event{e}
}

// kindOf is what an event of Lever's is to us; empty if nothing.
func kindOf(event string) sdk.Kind {
	for _, h := range hooks {
		if h.event == event {
			return h.kinds[0]
		}
	}
	return ""
}

// archiving tells what an archive change means. Only the reason's type tells a hire from a rejection, and Receive may not ask for it: so
// the operator names the hired reasons, and while they are not named nothing is said, for to call a hire a rejection is worse. A hire
// itself is told by candidateHired.
func (c *connection) archiving(from, to json.RawMessage) sdk.Kind {
	if len(c.hired) == 0 || len(to) == 0 {
		return ""
	}
	switch now, ok := reason(to); {
	case ok && slices.Contains(c.hired, now):
		return ""
	case ok:
		return sdk.KindRejected
	}
	switch before, ok := reason(from); {
	case ok && slices.Contains(c.hired, before):
		return sdk.KindUnhired
	case ok:
		return sdk.KindUnrejected
	}
	return ""
}

// reason is the archive reason in raw; not ok when raw is null.
func reason(raw json.RawMessage) (id string, ok bool) {
	var a *archived
	if json.Unmarshal(raw, &a) != nil || !a.holds() {
		return "", false
	}
	return a.Reason, true
}
