package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// callback is one word to Greenhouse that a test has its score: a PATCH without a body, to the URL that send_test gave.
type callback struct {
	Participant string    `json:"participant"`
	URL         string    `json:"url"`
	State       string    `json:"state"` // sending, waiting, delivered, failed, refused
	Tries       []kit.Try `json:"tries"`
}

// callbackTime is how long Greenhouse may take to answer; callbackGaps are the waits before each further try, a good day of them.
const callbackTime = 10 * time.Second

var callbackGaps = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
}

// hopeless are answers after which Greenhouse is not called again.
var hopeless = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}

// nudge has Greenhouse come and ask, at each URL that a recruiter's press of Send Test left. The URL came from outside, and the call
// carries the key: where it leads to is checked first.
func (p *product) nudge(t *participant) {
	for _, to := range t.callbacks {
		c := &callback{Participant: t.ID, URL: to, State: "refused", Tries: []kit.Try{}}
		p.greenhouse.callbacks = append(p.greenhouse.callbacks, c)
		if u, err := url.Parse(to); err == nil && p.greenhouse.hosts[u.Host] {
			p.call(c)
		}
	}
}

// call makes the next try. The kit's Outbox can only POST.
func (p *product) call(c *callback) {
	c.State = "sending"
	key := p.greenhouse.key
	p.Clock.Go(func() {
		status, err := patch(c.URL, key)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.called(c, status, err)
	})
}

// called settles what follows from a try's answer; status 0 is none.
func (p *product) called(c *callback, status int, err error) {
	try := kit.Try{At: p.Clock.Now(), Status: status}
	if err != nil {
		try.Error = err.Error()
	}
	c.Tries = append(c.Tries, try)
	switch {
	case status >= 200 && status <= 299:
		c.State = "delivered"
	case slices.Contains(hopeless, status) || len(c.Tries) > len(callbackGaps):
		c.State = "failed"
	default:
		c.State = "waiting"
		p.later(p.Clock.Now().Add(callbackGaps[len(c.Tries)-1]), func() { p.call(c) })
	}
}

// patch calls one URL with Greenhouse's key, which a redirect would hand on: it is not followed.
func patch(to, key string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callbackTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, to, nil)
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth(key, "")
	req.Close = true
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
