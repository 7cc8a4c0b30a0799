// Package hook is the webhooks of an imitated Lever: who hears of what, signed how, tried how often (sheet 5).
//
// [Hooks] are an account's webhooks, each one event's way to one address. The account makes, changes and removes them, with a [Body] as the
// API has it, and says what happened by Tell.
//
// # Why
//
// The package knows neither opportunities nor the API's envelope: the account says an event's data and the origin that filters look at, and
// words what is refused.
package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// Events are those that a webhook can be for; true: it can be filtered by origin (sheet 5.1).
var Events = map[string]bool{
	"applicationCreated": true, "candidateArchiveChange": true, "candidateHired": true, "candidateStageChange": true,
	"candidateDeleted": false, "interviewCreated": false, "interviewUpdated": false, "interviewDeleted": false,
	"contactCreated": false, "contactUpdated": false,
}

// Origins are how an opportunity can have come about.
var Origins = []string{"agency", "applied", "internal", "referred", "sourced", "university"}

// patience is how long a try may take; Gaps are between Lever's five further tries; the sheet knows only that they grow.
const patience = 10 * time.Second

var Gaps = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour}

// Settings are switches for what the sheet leaves open, and for Lever's own webhooks page.
type Settings struct {
	ReuseToken bool            `json:"reuse_token"` // further tries carry the first one's token
	Silent     map[string]bool `json:"silent"`      // events whose group is switched off in Lever
}

// Hook is one event's way to one address. It is replaced when it changes, never written.
type Hook struct {
	ID, URL, Event       string
	Token                string   // signs; empty: nobody generated one, so nothing is signed
	Origins              []string // of the opportunities it hears of, where the event can be filtered
	Owner                string   // the credential that made it; empty: made by hand, and not for the API to see
	CreatedAt, UpdatedAt int64
}

// View is a webhook as the API shows it.
func (h *Hook) View(withToken bool) any {
	configuration := map[string]any{}
	if Events[h.Event] {
		configuration["conditions"] = map[string]any{"origins": h.Origins}
	}
	if withToken {
		configuration["signatureToken"] = h.Token
	}
	return map[string]any{
		"id": h.ID, "event": h.Event, "url": h.URL, "configuration": configuration, "createdAt": h.CreatedAt, "updatedAt": h.UpdatedAt,
	}
}

// State is a webhook as a test wants to see it: with its token, whoever made it.
type State struct {
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Event   string   `json:"event"`
	Token   string   `json:"token"`
	Origins []string `json:"origins"`
	ByAPI   bool     `json:"by_api"`
}

// States are all webhooks.
func (h *Hooks) States() []State {
	all := []State{}
	for _, one := range h.All {
		all = append(all, State{one.ID, one.URL, one.Event, one.Token, one.Origins, one.Owner != ""})
	}
	return all
}

// Body is what a webhook is made or changed with; nil: left as it is.
type Body struct {
	ID            string  `json:"id"`
	URL           *string `json:"url"`
	Event         *string `json:"event"`
	Configuration struct {
		Conditions struct {
			Origins []string `json:"origins"`
		} `json:"conditions"`
		VerifyConnection bool `json:"verifyConnection"`
	} `json:"configuration"`
}

// configure applies a body to a webhook that nobody else sees yet.
func (b Body) configure(h *Hook) error {
	if b.URL != nil {
		h.URL = *b.URL
	}
	if b.Event != nil {
		h.Event = *b.Event
	}
	if b.Configuration.Conditions.Origins != nil {
		h.Origins = b.Configuration.Conditions.Origins
	}
	for _, o := range h.Origins {
		if !slices.Contains(Origins, o) {
			return fmt.Errorf("origin %s is not valid", o)
		}
	}
	if _, ok := Events[h.Event]; !ok {
		return fmt.Errorf("event %s is not valid", h.Event)
	}
	if !sandbox.Deliverable(h.URL) {
		return fmt.Errorf("url must be an https address")
	}
	return nil
}

// Hooks are the webhooks of one account, whose lock guards them.
type Hooks struct {
	Settings Settings
	All      []*Hook

	world   *sandbox.World
	reading sync.Locker // taken when a delivery is signed, which nobody's request is waiting for
}

// New makes the webhooks of a world, of which there are none yet.
func New(w *sandbox.World, reading sync.Locker) *Hooks {
	w.Outbox.Schedule(patience, Gaps...)
	return &Hooks{Settings: Settings{Silent: map[string]bool{}}, world: w, reading: reading}
}

func (h *Hooks) now() int64 { return h.world.Clock.Now().UnixMilli() }

// Make makes a webhook; owner is empty when a person does it in Lever's pages.
func (h *Hooks) Make(b Body, owner, token string) (*Hook, error) {
	made := &Hook{ID: h.world.UUID(), Token: token, Origins: Origins, Owner: owner, CreatedAt: h.now(), UpdatedAt: h.now()}
	if err := b.configure(made); err != nil {
		return nil, err
	}
	h.All = append(slices.Clip(h.All), made)
	if b.Configuration.VerifyConnection {
		h.Test(made)
	}
	return made, nil
}

// Find is the place of a webhook; -1: there is none.
func (h *Hooks) Find(id string) int {
	return slices.IndexFunc(h.All, func(one *Hook) bool { return one.ID == id })
}

// Change changes a webhook; whether to test it is for the caller to see.
func (h *Hooks) Change(at int, b Body) (*Hook, error) {
	changed := *h.All[at]
	if err := b.configure(&changed); err != nil {
		return nil, err
	}
	changed.UpdatedAt = h.now()
	h.replace(at, &changed)
	return &changed, nil
}

// Retoken gives a webhook a new token, which signs from the next try on.
func (h *Hooks) Retoken(at int, token string) {
	changed := *h.All[at]
	changed.Token = token
	h.replace(at, &changed)
}

func (h *Hooks) replace(at int, by *Hook) {
	h.All = slices.Clone(h.All)
	h.All[at] = by
}

// Remove ends a webhook.
func (h *Hooks) Remove(at int) { h.All = slices.Delete(slices.Clone(h.All), at, at+1) }

// Test sends the test delivery.
func (h *Hooks) Test(one *Hook) { h.send(one, h.world.UUID(), map[string]any{}) }

// Tell sends an event to whom it concerns. Origin is that of the opportunity; empty: no filter applies.
func (h *Hooks) Tell(event, origin string, data map[string]any) {
	if h.Settings.Silent[event] {
		return
	}
	id := h.world.UUID()
	for _, one := range h.All {
		if one.Event == event && (!Events[event] || slices.Contains(one.Origins, origin)) {
			h.send(one, id, data)
		}
	}
}

// Message is the envelope of a delivery (sheet 5.2).
type Message struct {
	ID          string         `json:"id"`
	Event       string         `json:"event"`
	TriggeredAt int64          `json:"triggeredAt"`
	Token       string         `json:"token"`
	Signature   string         `json:"signature,omitempty"`
	Data        map[string]any `json:"data"`
}

func (h *Hooks) send(one *Hook, id string, data map[string]any) {
	m := Message{ID: id, Event: one.Event, TriggeredAt: h.now(), Data: data}
	first := h.world.Hex(24)
	h.world.Outbox.Send(sandbox.Delivery{Event: one.Event, URL: one.URL, Request: func(try int, _ time.Time) (http.Header, []byte) {
		m := m
		m.Token = first
		secret, reuse := h.signing(one)
		if try > 1 && !reuse {
			m.Token = h.world.Hex(24)
		}
		if secret != "" {
			m.Signature = Sign(secret, m.Token, m.TriggeredAt)
		}
		body, _ := json.Marshal(m) // plain data: cannot fail
		return http.Header{"User-Agent": {"Lever-Webhooks"}, "Content-Type": {"application/json"}}, body
	}})
}

// signing is what signs a webhook now: its token may have been changed since the event.
func (h *Hooks) signing(one *Hook) (secret string, reuse bool) {
	h.reading.Lock()
	defer h.reading.Unlock()
	if at := h.Find(one.ID); at >= 0 {
		one = h.All[at]
	}
	return one.Token, h.Settings.ReuseToken
}

// Sign is Lever's signature: of the token and the moment, not of the data. The secret is used as the text that it is.
func Sign(secret, token string, triggeredAt int64) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token + strconv.FormatInt(triggeredAt, 10)))
	return hex.EncodeToString(mac.Sum(nil))
}
