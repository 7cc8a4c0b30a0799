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
// Only what every plugin owes is checked here, and nothing needs the product. A webhook that was changed on its way must not be believed,
// and one that comes twice must be the same. A product that does not answer, or answers 500, may have done what it was asked: a method that
// says otherwise makes the host invite somebody twice, or never. What a product's own quirks ask for is tested against the plugin's sandbox.
package sdktest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// Plugin is what is checked.
type Plugin struct {
	About    sdk.About
	Open     func(c sdk.Conn) (any, error) // an sdk.ATS or sdk.Vendor, with settings that are good
	Webhooks []Webhook
}

// Check returns what is wrong, joined; nil if nothing is.
func Check(plugin Plugin) error {
	p := &product{closed: make(chan struct{})}
	p.begin("open", "", 0)
	client := &http.Client{
		Transport:     p,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c, err := plugin.Open(sdk.Conn{Name: "sdktest", HTTP: client, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	role := sdk.RoleATS
	if _, vendor := c.(sdk.Vendor); vendor {
		role = sdk.RoleVendor
	} else if _, ats := c.(sdk.ATS); !ats {
		return fmt.Errorf("a %T is neither an ATS nor a vendor", c)
	}
	_, unkept := wire.Promises(c)
	wrong := []error{plugin.About.Check(role), unkept}
	for _, w := range plugin.Webhooks {
		p.begin("Receive", "", http.StatusInternalServerError)
		wrong = append(wrong, w.check(plugin.About, c.(receiver))...)
	}
	for _, m := range methods {
		for _, status := range []int{0, http.StatusInternalServerError} {
			if m.has(c) {
				wrong = append(wrong, m.check(c, p, status)...)
			}
		}
	}
	return errors.Join(append(wrong, p.close()...)...)
}
