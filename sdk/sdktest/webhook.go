package sdktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Webhook is a request as the product sent it, with the secret it was signed with. It yields at least one event.
type Webhook struct {
	Name    string
	Request sdk.Request
	Hint    bool // the product's signature does not cover the body: another body may yield other events
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
	_, vendor := r.(sdk.Vendor)
	ids := map[string]bool{}
	for _, e := range received.Events {
		if e.ID == "" || e.At.IsZero() || !slices.Contains(about.Events, e.Kind) {
			complain("event %q %q at %v: an event has an ID, a time, and a kind that About names", e.ID, e.Kind, e.At)
		}
		if ids[e.ID] {
			complain("two events have the ID %q: the host would take them for one", e.ID)
		}
		ids[e.ID] = true
		if vendor && e.Invitation == "" || !vendor && e.Application == "" && e.Person == "" {
			complain("event %q: a vendor's event names its Invitation, an ATS's its Application or, of all hers, its Person", e.ID)
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
	for _, name := range slices.Sorted(maps.Keys(w.Request.Header)) {
		if why := w.strip(r, name); why != "" {
			complain("%s", why)
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

// strip sends the webhook without one header. A header that must not be changed is one of the signature's, and must not be left out either.
func (w Webhook) strip(r receiver, name string) (why string) {
	refused := func(change func(http.Header)) bool {
		changed := w.copy()
		change(changed.Header)
		_, err := r.Receive(context.Background(), changed)
		return err != nil
	}
	if !refused(func(h http.Header) { h[name] = []string{"another"} }) {
		return ""
	}
	for how, change := range map[string]func(http.Header){
		"without its header":         func(h http.Header) { delete(h, name) },
		"with nothing in its header": func(h http.Header) { h[name] = []string{""} },
	} {
		if !refused(change) {
			return fmt.Sprintf("is taken %s %s, though not with another value there", how, name)
		}
	}
	return ""
}

// copy keeps the recording from a plugin that changes what it was given.
func (w Webhook) copy() sdk.Request {
	r := w.Request
	r.Header, r.Body, r.Secrets = r.Header.Clone(), slices.Clone(r.Body), slices.Clone(r.Secrets)
	return r
}
