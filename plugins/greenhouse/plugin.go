package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// about is what the host knows of Greenhouse before a connection is opened.
//
// Harvest counts requests in fixed windows of 30 s and publishes no number; the example is 75, and who limits himself takes 50 (section 8).
// A burst of 10 and 4 every 3 s after it stay within 50 in any 30 s.
var about = sdk.About{
	Name:    "greenhouse",
	Version: "0.1.0",
	BaseURL: "https://harvest.greenhouse.io/v3",
	Hosts:   []string{"app.greenhouse.io", "*.greenhouse.io"}, // callbacks, section 2.5
	Rate:    sdk.Rate{PerSecond: 4.0 / 3, Burst: 10},
	Events: []sdk.Kind{
		sdk.KindApplied, sdk.KindMoved, sdk.KindRequested, sdk.KindHired, sdk.KindUnhired, sdk.KindRejected, sdk.KindUnrejected,
		sdk.KindDeleted, sdk.KindAnonymized,
	},
	Final: []int{400, 403, 404, 410, 422},
	OAuth: &sdk.OAuth{
		AuthorizeURL: "https://auth.greenhouse.io/authorize",
		TokenURL:     "https://auth.greenhouse.io/token",
		Scopes:       scopes,
		Subject:      "on_behalf_of",
	},
}

// config is what an operator says of one Greenhouse account.
type config struct {
	PartnerKeys     []string `json:"partner_keys" setting:"partner_keys" auth:"basic" verify:"hook" doc:"that Greenhouse calls us with"`
	WebhookSecrets  []string `json:"webhook_secrets" setting:"webhook_secrets" verify:"hook" doc:"secret keys of the webhooks, all in use"`
	Organisation    string   `json:"organisation" setting:"organisation" doc:"what webhooks say in X-Organisation, to the letter"`
	ClientID        string   `json:"client_id" setting:"client_id" doc:"of a Harvest V3 (OAuth) credential; without it nothing can be read"`
	ClientSecret    string   `json:"client_secret" setting:"client_secret" auth:"oauth" doc:"of the same credential"`
	OnBehalfOf      string   `json:"on_behalf_of" setting:"on_behalf_of" doc:"id of the user who acts in Harvest, a Site Admin"`
	IntegrationUser string   `json:"integration_user" setting:"integration_user" doc:"e-mail address of a user for us, made if need be"`
	BaseURL         string   `json:"base_url" setting:"base_url" default:"https://harvest.greenhouse.io/v3" doc:"where Harvest is, with /v3"`
}

// partner is one Greenhouse account that calls us for tests and tells us of changes, and that we cannot read.
type partner struct {
	http         *http.Client
	base         *url.URL // of Harvest; callbacks may lead to its host
	organisation string
	log          *slog.Logger
	now          func() time.Time
}

// open makes the connection of c, in which the defaults are filled in: a [partner], or, if Harvest is connected, a [harvest]. Only the
// latter has what Harvest alone can do, so a rule that needs it rests until then. It makes no call.
func open(c config, conn sdk.Conn) (sdk.ATS, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, &sdk.SettingError{Setting: "base_url", Detail: "not a URL such as " + about.BaseURL}
	}
	if c.OnBehalfOf != "" && !idForm.MatchString(c.OnBehalfOf) {
		return nil, &sdk.SettingError{Setting: "on_behalf_of", Detail: "not the number of a Greenhouse user"}
	}
	if c.IntegrationUser != "" && !strings.Contains(c.IntegrationUser, "@") {
		return nil, &sdk.SettingError{Setting: "integration_user", Detail: "not an e-mail address"}
	}
	p := &partner{http: conn.HTTP, base: base, organisation: c.Organisation, log: conn.Log, now: time.Now}
	if c.ClientID == "" {
		return p, nil
	}
	return newHarvest(p, c), nil
}

// Application: without Harvest nothing can be read. What a request for a test said of its application, its snapshot, is all there is.
func (p *partner) Application(context.Context, string) (sdk.Application, error) {
	return sdk.Application{}, sdk.Refuse("not_visible", "Greenhouse is read through Harvest, which is not connected: there is no client_id")
}

// Receive tells the two doors apart by what follows the hook's secret: "partner/…" is Greenhouse calling its partner for tests, and
// everything else is a webhook.
func (p *partner) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	door, name, _ := strings.Cut(strings.Trim(r.Path, "/"), "/")
	if door == "partner" {
		return p.called(name, r)
	}
	return p.hear(r)
}

// trusted reads a URL that came from outside: not nil only if it leads to a host of Greenhouse's over https, or to where base_url does.
func (p *partner) trusted(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > longestURL || u.User != nil || u.RawPath != "" || u.Fragment != "" || strings.Trim(u.Path, "/") == "" {
		return nil
	}
	if u.Scheme == p.base.Scheme && u.Host == p.base.Host {
		return u
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return nil
	}
	for _, allowed := range about.Hosts {
		domain, star := strings.CutPrefix(allowed, "*.")
		label, rest, _ := strings.Cut(strings.ToLower(u.Hostname()), ".")
		if strings.EqualFold(u.Hostname(), allowed) || star && label != "" && rest == domain {
			return u
		}
	}
	return nil
}

const longestURL = 2000
