package kernel

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// overlap is how long a replaced secret goes on signing beside its successor.
const overlap = 24 * time.Hour

// tryTime is how long a webhook may take to be answered, retries are the gaps before the second and each further try.
const tryTime = 15 * time.Second

var retries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour,
	24 * time.Hour,
}

// Hooks are an API's subscriptions and their endpoints. Their webhooks are Standard Webhooks, signed anew at each try.
type Hooks struct {
	world  *sandbox.World
	lock   sync.Locker
	ids    *IDs
	events []string
	list   []*hook
}

// NewHooks makes the subscriptions of a world, of which there are none yet, to these events.
func NewHooks(w *sandbox.World, lock sync.Locker, ids *IDs, events ...string) *Hooks {
	w.Outbox.Schedule(tryTime, retries...)
	return &Hooks{world: w, lock: lock, ids: ids, events: events}
}

// hook is one subscription. The newest secret is the last.
type hook struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Events  []string  `json:"events"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created_at"`
	secrets []secret
}

type secret struct {
	key      []byte
	replaced time.Time // zero: not yet
}

func (s secret) String() string { return "whsec_" + base64.StdEncoding.EncodeToString(s.key) }

// newSecret is the given one, or random.
func (h *Hooks) newSecret(given string) (secret, error) {
	if given == "" {
		given = "whsec_" + base64.StdEncoding.EncodeToString([]byte(h.world.Hex(16)))
	}
	text, ok := strings.CutPrefix(given, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return secret{}, Malformed("secret", "a secret is whsec_ and 24 to 64 bytes in base64")
	}
	return secret{key: key}, nil
}

// Subscription is what is asked for: no events means all. The API makes the secret itself; an act may choose it.
type Subscription struct {
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Secret string   `json:"secret"`
}

// HookState is a subscription with its secrets, the newest last.
type HookState struct {
	hook
	Tokens []string `json:"signature_tokens"`
}

func (h *hook) state() HookState {
	s := HookState{hook: *h}
	for _, secret := range h.secrets {
		s.Tokens = append(s.Tokens, secret.String())
	}
	return s
}

// State is a copy of all subscriptions.
func (h *Hooks) State() []HookState {
	all := []HookState{}
	for _, one := range h.list {
		all = append(all, one.state())
	}
	return all
}

// Add makes a subscription.
func (h *Hooks) Add(in Subscription) (HookState, error) {
	to, err := url.Parse(in.URL)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return HookState{}, Malformed("url", "no URL to send to")
	}
	for _, event := range in.Events {
		if !slices.Contains(h.events, event) {
			return HookState{}, Malformed("events", "no such event")
		}
	}
	if len(in.Events) == 0 {
		in.Events = h.events
	}
	made, err := h.newSecret(in.Secret)
	if err != nil {
		return HookState{}, err
	}
	one := &hook{
		ID: h.ids.Next("wh"), URL: in.URL, Events: in.Events, Active: true, Created: h.world.Clock.Now(), secrets: []secret{made},
	}
	h.list = append(h.list, one)
	return one.state(), nil
}

// Remove ends a subscription. What is on its way has no further try.
func (h *Hooks) Remove(id string) {
	h.list = slices.DeleteFunc(h.list, func(one *hook) bool {
		gone := one.ID == id
		one.Active = one.Active && !gone
		return gone
	})
}

// Renew replaces a subscription's secret by the given one, or a random one. The one before signs beside it for a day; an older one no
// longer does.
func (h *Hooks) Renew(id, given string) (HookState, error) {
	i := slices.IndexFunc(h.list, func(one *hook) bool { return one.ID == id })
	if i < 0 {
		return HookState{}, NotFound("webhook")
	}
	made, err := h.newSecret(given)
	if err != nil {
		return HookState{}, err
	}
	one := h.list[i]
	last := one.secrets[len(one.secrets)-1]
	last.replaced = h.world.Clock.Now()
	one.secrets = []secret{last, made}
	return one.state(), nil
}

// Emit tells the subscriptions what happened just now.
func (h *Hooks) Emit(event string, data any) {
	h.Send(event, encode(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{event, h.world.Clock.Now(), data}))
}

// Send is Emit in a product's own words. The body must not change afterwards.
func (h *Hooks) Send(event string, body []byte) {
	id := h.ids.Next("msg")
	for _, one := range h.list {
		if one.Active && slices.Contains(one.Events, event) {
			h.world.Outbox.Send(sandbox.Delivery{
				Event: event, URL: one.URL,
				Request:  func(_ int, at time.Time) (http.Header, []byte) { return h.sign(one, id, at, body), body },
				Answered: func(_, status int) bool { return h.answered(one, status) },
			})
		}
	}
}

// sign makes the headers of one try, signed by every secret that is valid then.
func (h *Hooks) sign(one *hook, id string, at time.Time, body []byte) http.Header {
	h.lock.Lock()
	defer h.lock.Unlock()
	var signatures []string
	for _, s := range one.secrets {
		if !s.replaced.IsZero() && at.After(s.replaced.Add(overlap)) {
			continue
		}
		signer, err := standardwebhooks.NewWebhookRaw(s.key)
		if err != nil {
			panic(err) // the library takes any key
		}
		signature, err := signer.Sign(id, at, body)
		if err != nil {
			panic(err) // an HMAC always can be made
		}
		signatures = append(signatures, signature)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return header
}

// answered hears each try's status: 410 ends the subscription, and with it the tries of all its messages.
func (h *Hooks) answered(one *hook, status int) (again bool) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if status == http.StatusGone {
		one.Active = false
	}
	return one.Active
}

// List is GET /webhooks. It shows no secret.
func (h *Hooks) List(r *http.Request, _ []byte) (int, any, error) {
	return Page(r, h.list, func(one *hook) string { return one.ID })
}

// Post is POST /webhooks, whose answer alone shows the secret.
func (h *Hooks) Post(_ *http.Request, body []byte) (int, any, error) {
	var in Subscription
	if err := Decode(body, &in); err != nil {
		return 0, nil, err
	}
	in.Secret = ""
	made, err := h.Add(in)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, struct {
		hook
		Token string `json:"signature_token"`
	}{made.hook, made.Tokens[0]}, nil
}

// Delete is DELETE /webhooks/{hook}. A repeat finds it gone and says the same.
func (h *Hooks) Delete(r *http.Request, _ []byte) (int, any, error) {
	h.Remove(r.PathValue("hook"))
	return http.StatusNoContent, nil, nil
}

// Rotate is POST /webhooks/{hook}/signature-token: Renew by a random secret.
func (h *Hooks) Rotate(r *http.Request, _ []byte) (int, any, error) {
	made, err := h.Renew(r.PathValue("hook"), "")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"signature_token": made.Tokens[len(made.Tokens)-1]}, nil
}
