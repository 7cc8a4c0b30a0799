package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// events are those that a webhook can be for; true: it can be filtered by origin (sheet 5.1).
var events = map[string]bool{
	"applicationCreated": true, "candidateArchiveChange": true, "candidateHired": true, "candidateStageChange": true,
	"candidateDeleted": false, "interviewCreated": false, "interviewUpdated": false, "interviewDeleted": false,
	"contactCreated": false, "contactUpdated": false,
}

// patience is how long a try may take; gaps are between Lever's five further tries; the sheet knows only that they grow.
const patience = 10 * time.Second

var gaps = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour}

// webhook is one event's way to one address.
type webhook struct {
	id, url, event       string
	token                string   // signs; empty: nobody generated one, so nothing is signed
	origins              []string // of the opportunities it hears of, where the event can be filtered
	owner                *key     // the key that made it; nil: made by hand, and not for the API to see
	createdAt, updatedAt int64
}

func viewWebhook(h *webhook, withToken bool) map[string]any {
	configuration := map[string]any{}
	if events[h.event] {
		configuration["conditions"] = map[string]any{"origins": h.origins}
	}
	if withToken {
		configuration["signatureToken"] = h.token
	}
	return map[string]any{
		"id": h.id, "event": h.event, "url": h.url, "configuration": configuration, "createdAt": h.createdAt, "updatedAt": h.updatedAt,
	}
}

// webhookBody is what a webhook is made or changed with; nil: left as it is.
type webhookBody struct {
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
func (b webhookBody) configure(h *webhook) error {
	if b.URL != nil {
		h.url = *b.URL
	}
	if b.Event != nil {
		h.event = *b.Event
	}
	if b.Configuration.Conditions.Origins != nil {
		h.origins = b.Configuration.Conditions.Origins
	}
	for _, o := range h.origins {
		if !slices.Contains(origins, o) {
			return badRequest("origin %s is not valid", o)
		}
	}
	if _, ok := events[h.event]; !ok {
		return badRequest("event %s is not valid", h.event)
	}
	if !deliverable(h.url) {
		return badRequest("url must be an https address")
	}
	return nil
}

// deliverable tells whether Lever would deliver there: over https, or in the sandbox also to this machine.
func deliverable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (a *account) listWebhooks(q *request) (any, error) {
	views := []any{}
	for _, h := range a.hooks {
		if h.owner == q.key {
			views = append(views, viewWebhook(h, false))
		}
	}
	return envelope{Data: views}, nil
}

func (a *account) createWebhook(q *request) (any, error) {
	var body webhookBody
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	h := &webhook{id: a.world.UUID(), token: a.world.Hex(24), origins: origins, owner: q.key, createdAt: a.now(), updatedAt: a.now()}
	if err := body.configure(h); err != nil {
		return nil, err
	}
	a.hooks = append(slices.Clip(a.hooks), h)
	if body.Configuration.VerifyConnection {
		a.verify(h)
	}
	return envelope{Data: viewWebhook(h, true)}, nil
}

// putWebhooks is PUT /webhooks, which changes several or none.
func (a *account) putWebhooks(q *request) (any, error) {
	var body struct {
		Data []webhookBody `json:"data"`
	}
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	if len(body.Data) == 0 {
		return nil, badRequest("data is required")
	}
	changed, views := slices.Clone(a.hooks), []any{}
	for _, b := range body.Data {
		i := slices.IndexFunc(changed, func(h *webhook) bool { return h.id == b.ID && h.owner == q.key })
		if i < 0 {
			return nil, unknown("webhooks", b.ID)
		}
		h := *changed[i]
		if err := b.configure(&h); err != nil {
			return nil, err
		}
		h.updatedAt = a.now()
		changed[i] = &h
		views = append(views, viewWebhook(&h, false))
	}
	a.hooks = changed
	for _, b := range body.Data {
		if b.Configuration.VerifyConnection {
			a.verify(a.hooks[slices.IndexFunc(a.hooks, func(h *webhook) bool { return h.id == b.ID })])
		}
	}
	return envelope{Data: views}, nil
}

func (a *account) deleteWebhook(q *request) (any, error) {
	hooks := slices.DeleteFunc(slices.Clone(a.hooks), func(h *webhook) bool { return h.id == q.PathValue("id") && h.owner == q.key })
	if len(hooks) == len(a.hooks) {
		return nil, unknown("webhooks", q.PathValue("id"))
	}
	a.hooks = hooks
	return nil, nil
}

// tell sends an event of an opportunity to whom it concerns (sheet 5.3): a confidential one too.
func (a *account) tell(event string, o *opportunity, more map[string]any) {
	data := map[string]any{"opportunityId": o.id, "contactId": o.contact.id, "candidateId": o.legacy}
	for k, v := range more {
		data[k] = v
	}
	a.deliver(event, data, func(h *webhook) bool { return !events[event] || slices.Contains(h.origins, o.origin) })
}

func (a *account) tellContact(event string, c *contact) {
	a.deliver(event, map[string]any{"contactId": c.id}, func(*webhook) bool { return true })
}

// verify sends the test delivery.
func (a *account) verify(h *webhook) {
	a.send(h, a.world.UUID(), map[string]any{})
}

func (a *account) deliver(event string, data map[string]any, concerns func(*webhook) bool) {
	if a.settings.Silent[event] {
		return
	}
	id := a.world.UUID()
	for _, h := range a.hooks {
		if h.event == event && concerns(h) {
			a.send(h, id, data)
		}
	}
}

// message is the envelope of a delivery (sheet 5.2).
type message struct {
	ID          string         `json:"id"`
	Event       string         `json:"event"`
	TriggeredAt int64          `json:"triggeredAt"`
	Token       string         `json:"token"`
	Signature   string         `json:"signature,omitempty"`
	Data        map[string]any `json:"data"`
}

func (a *account) send(h *webhook, id string, data map[string]any) {
	m := message{ID: id, Event: h.event, TriggeredAt: a.now(), Data: data}
	first := a.world.Hex(24)
	a.world.Outbox.Send(sandbox.Delivery{Event: h.event, URL: h.url, Request: func(try int, _ time.Time) (http.Header, []byte) {
		m := m
		m.Token = first
		secret, reuse := a.signing(h)
		if try > 1 && !reuse {
			m.Token = a.world.Hex(24)
		}
		if secret != "" {
			m.Signature = sign(secret, m.Token, m.TriggeredAt)
		}
		body, _ := json.Marshal(m) // plain data: cannot fail
		return http.Header{"User-Agent": {"Lever-Webhooks"}, "Content-Type": {"application/json"}}, body
	}})
}

// signing is what signs a webhook now: its token may have been changed since the event.
func (a *account) signing(h *webhook) (secret string, reuse bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, now := range a.hooks {
		if now.id == h.id {
			return now.token, a.settings.ReuseToken
		}
	}
	return h.token, a.settings.ReuseToken
}

// sign is Lever's signature: of the token and the moment, not of the data. The secret is used as the text that it is.
func sign(secret, token string, triggeredAt int64) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token + strconv.FormatInt(triggeredAt, 10)))
	return hex.EncodeToString(mac.Sum(nil))
}
