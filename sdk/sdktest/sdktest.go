// Package sdktest checks that an author runs against a plugin.
//
// [Check] takes what the plugin says of itself, a way to open a connection, and webhooks as the product sent them. It returns everything that
// breaks a promise of sdk: an author's test is
//
//	if err := sdktest.Check(sdktest.Plugin{About: about, Open: …, Webhooks: …}); err != nil {
//		t.Error(err)
//	}
//
// # Why
//
// Only what every plugin owes is checked here, and nothing needs the product: a webhook that was changed on its way, or that comes twice,
// and a product that does not answer. What a product's own quirks ask for is tested against the plugin's sandbox.
package sdktest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Plugin is what is checked.
type Plugin struct {
	About    sdk.About
	Open     func(c sdk.Conn) (any, error) // an sdk.ATS or sdk.Vendor, with settings that are good
	Webhooks []Webhook
}

// Webhook is a request as the product sent it, with the secret it was signed with. It yields at least one event.
type Webhook struct {
	Name    string
	Request sdk.Request
	Hint    bool // the product's signature does not cover the body: another body may yield other events
}

// Check returns what is wrong, joined; nil if nothing is.
func Check(p Plugin) error {
	var wrong []error
	c, err := p.Open(sdk.Conn{Name: "sdktest", HTTP: &http.Client{Transport: mute{}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	r, ok := c.(receiver)
	if !ok {
		return fmt.Errorf("a %T is neither an ATS nor a vendor", c)
	}
	for _, w := range p.Webhooks {
		wrong = append(wrong, w.check(p.About, r)...)
	}
	for _, m := range methods {
		wrong = append(wrong, m.check(c))
	}
	return errors.Join(wrong...)
}

type receiver interface {
	Receive(ctx context.Context, r sdk.Request) (sdk.Received, error)
}

// check hands the webhook to the plugin as it was sent, twice, and then changed in every way a stranger could.
func (w Webhook) check(about sdk.About, r receiver) (wrong []error) {
	complain := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("webhook %s: "+format, append([]any{w.Name}, args...)...))
	}
	received, err := r.Receive(context.Background(), w.copy())
	if err != nil || len(received.Events) == 0 {
		complain("is not taken: %d events, %v", len(received.Events), err)
		return wrong
	}
	for _, e := range received.Events {
		if e.ID == "" || e.At.IsZero() || !slices.Contains(about.Events, e.Kind) {
			complain("event %q %q at %v: an event has an ID, a time, and a kind that About names", e.ID, e.Kind, e.At)
		}
	}
	again, err := r.Receive(context.Background(), w.copy())
	if err != nil || !reflect.DeepEqual(received, again) {
		complain("comes twice and is not the same: %v", err)
	}
	for name, secrets := range map[string][]string{"no secret": nil, "another secret": {"another"}, "an empty secret": {""}} {
		forged := w.copy()
		forged.Secrets = secrets
		if _, err := r.Receive(context.Background(), forged); !errors.Is(err, sdk.ErrUnauthorized) {
			complain("with %s live it must be ErrUnauthorized, not %v", name, err)
		}
	}
	for i := range w.Request.Body {
		changed := w.copy()
		changed.Body[i] ^= 1
		got, err := r.Receive(context.Background(), changed)
		if err == nil && !w.Hint && !reflect.DeepEqual(received, got) {
			complain("is taken with byte %d of its body changed, and yields something else", i)
			break
		}
	}
	return wrong
}

// copy keeps the recording from a plugin that changes what it was given.
func (w Webhook) copy() sdk.Request {
	r := w.Request
	r.Header, r.Body, r.Secrets = r.Header.Clone(), slices.Clone(r.Body), slices.Clone(r.Secrets)
	return r
}

// mute is a product that never answers.
type mute struct{}

func (mute) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// patience is how long a cancelled method may take to end.
const patience = 2 * time.Second

// check calls a method, if c has it, cancels the call, and waits for its end.
func (m method) check(c any) error {
	ctx, cancel := context.WithCancel(sdk.WithCall(context.Background(), "sdktest"))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.call(ctx, c)
	}()
	cancel()
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s goes on although its context was cancelled", m.name)
	}
}
