package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// overlap is how long a replaced secret goes on signing beside its successor.
const overlap = 24 * time.Hour

// tryTime is how long a webhook may take to be answered, retries are the gaps before the second and each further try (0.4).
const tryTime = 15 * time.Second

var retries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour,
	24 * time.Hour,
}

// hook is the one address that webhooks go to: Apriora has one setting for it and no API. The documented bodies are no kernel's, so
// neither are these webhooks; their signatures are Standard Webhooks, as the sheet proposes.
type hook struct {
	URL     string   `json:"url"`
	Active  bool     `json:"active"`
	Secrets []secret `json:"secrets"` // the newest is the last
}

type secret struct {
	Text     string    `json:"secret"`
	Replaced time.Time `json:"replaced,omitzero"`
	key      []byte
}

// newSecret is the given one, or random.
func (p *product) newSecret(given string) (secret, error) {
	if given == "" {
		given = "whsec_" + base64.StdEncoding.EncodeToString([]byte(p.Hex(16)))
	}
	text, ok := strings.CutPrefix(given, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return secret{}, errors.New("a secret is whsec_ and 24 to 64 bytes in base64")
	}
	return secret{Text: given, key: key}, nil
}

// hooking is the address and its secret; none: one is made.
type hooking struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

func (p *product) setHook(a hooking) (any, error) {
	to, err := url.Parse(a.URL)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, errors.New("url is no URL to send to")
	}
	made, err := p.newSecret(a.Secret)
	if err != nil {
		return nil, err
	}
	if p.hook != nil {
		p.hook.Active = false // what is on its way there has no further try
	}
	p.hook = &hook{URL: a.URL, Active: true, Secrets: []secret{made}}
	return *p.hook, nil
}

// rotate replaces the secret. The one before signs beside the new one for a day; an older one no longer does.
func (p *product) rotate(a struct{ Secret string }) (any, error) {
	if p.hook == nil {
		return nil, errors.New("there is no webhook")
	}
	made, err := p.newSecret(a.Secret)
	if err != nil {
		return nil, err
	}
	last := p.hook.Secrets[len(p.hook.Secrets)-1]
	last.Replaced = p.Clock.Now()
	p.hook.Secrets = []secret{last, made}
	return *p.hook, nil
}

// emit tells the webhook what happened to an invite just now; more is what this event says beyond what all say. Events of a session have
// the data that Apriora documents. What happens before there is one is no session's, and names the invite.
func (p *product) emit(event string, i *invite, more map[string]any) {
	if p.hook == nil {
		return
	}
	data := map[string]any{
		"candidateId": i.CandidateID, "candidateEmail": p.candidate(i.CandidateID).Email, "positionId": i.PositionID, "time": p.now(),
	}
	if i.reportID != "" {
		data["reportId"] = i.reportID
	} else {
		data["inviteId"] = i.InviteID
	}
	if i.Attempt > 1 {
		data["attempt"] = i.Attempt
	}
	maps.Copy(data, more)
	body, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		panic(err) // plain data of ours
	}
	to, id := p.hook, p.ids.Next("msg")
	p.Outbox.Send(kit.Delivery{
		Event: event, URL: to.URL,
		Request:  func(_ int, at time.Time) (http.Header, []byte) { return p.sign(to, id, at, body), body },
		Answered: func(_, status int) bool { return p.answered(to, status) },
	})
}

// sign makes the headers of one try, signed by every secret that is valid then.
func (p *product) sign(to *hook, id string, at time.Time, body []byte) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	var signatures []string
	for _, s := range to.Secrets {
		if !s.Replaced.IsZero() && at.After(s.Replaced.Add(overlap)) {
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

// answered hears each try's status: 410 ends the webhook, and with it the tries of all its messages.
func (p *product) answered(to *hook, status int) (again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if status == http.StatusGone {
		to.Active = false
		if p.hook == to {
			p.hook = nil
		}
	}
	return to.Active
}
