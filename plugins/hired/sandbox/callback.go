package sandbox

import (
	"context"
	"net/http"
	"slices"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// callback is one PATCH of nothing: Greenhouse is to come and ask.
type callback struct {
	URL   string    `json:"url"`
	State string    `json:"state"` // waiting, delivered, failed
	Tries []kit.Try `json:"tries"`
}

// patience is how long Greenhouse may take to answer; gaps are the waits before each further try.
const patience = 10 * time.Second

var gaps = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 24 * time.Hour}

// hopeless are answers after which there is no further try.
var hopeless = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}

// nudge calls every callback of an invitation. The kit's Outbox posts; this is a PATCH.
func (p *product) nudge(i *invitation) {
	for _, to := range i.callbacks {
		c := &callback{URL: to, State: "waiting", Tries: []kit.Try{}}
		p.greenhouse.calls = append(p.greenhouse.calls, c)
		p.call(c)
	}
}

// call makes the next try, and plans one more unless that settles it.
func (p *product) call(c *callback) {
	key := p.greenhouse.key
	p.Clock.Go(func() {
		try := kit.Try{At: p.Clock.Now()}
		var err error
		if try.Status, err = patch(c.URL, key); err != nil {
			try.Error = err.Error()
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		c.Tries = append(c.Tries, try)
		switch {
		case try.Status/100 == 2:
			c.State = "delivered"
		case slices.Contains(hopeless, try.Status) || len(c.Tries) > len(gaps):
			c.State = "failed"
		default:
			p.Clock.After(gaps[len(c.Tries)-1], func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.call(c)
			})
		}
	})
}

// patch calls one URL with Greenhouse's key. A redirect would hand the key on: it is not followed.
func patch(to, key string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
