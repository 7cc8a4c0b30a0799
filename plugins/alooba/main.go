// Command patchbay-alooba connects Patchbay to Alooba, which tests candidates' skills and has people grade some of the answers.
//
// Run by the host it is the plugin; run as "patchbay-alooba sandbox" it is an imitation of Alooba's API to try things against.
//
// An Alooba participant is an invitation, and her id is its name: each attempt is a participant of its own. assumed.go holds what Alooba
// does not document; receive.go reads what Alooba sends, invite.go and keep.go write, poll.go reads back.
package main

import (
	"cmp"
	"os"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

type config struct {
	APIKey         string   `json:"api_key" setting:"api_key,required" auth:"bearer" doc:"made in Alooba under Organisation Settings"`
	Organisation   string   `json:"organisation" setting:"organisation,required" doc:"its name, exactly as Alooba's settings spell it"`
	WebhookSecrets []string `json:"webhook_secrets" setting:"webhook_secrets" verify:"hook" doc:"whsec_…; two while rotating; none: no webhooks"`
	BaseURL        string   `json:"base_url" setting:"base_url" default:"https://integration.v2.alooba.com" doc:"where Alooba's API is, without a path"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(kit.Main("patchbay-alooba", os.Args[2:], sandbox.New))
	}
	serve.Vendor(about, open)
}

var about = sdk.About{
	Name: "alooba", Version: "0.1.0", BaseURL: assumedHost, Rate: sdk.Rate{PerSecond: 10, Burst: 20}, Final: proofs,
	Timeout: answersWithin,
	Events: []sdk.Kind{
		sdk.KindInvited, sdk.KindBounced, sdk.KindStarted, sdk.KindSubmitted, sdk.KindScored, sdk.KindCompleted, sdk.KindExpired,
		sdk.KindDeclined, sdk.KindCancelled,
	},
}

// alooba is one connection. It keeps nothing between calls.
type alooba struct{ api *rest.Client }

func open(c config, conn sdk.Conn) (sdk.Vendor, error) {
	if c.Organisation != strings.TrimSpace(c.Organisation) || strings.ContainsFunc(c.Organisation, unprintable) {
		// A header cannot carry it, and Alooba compares every byte.
		return nil, &sdk.SettingError{Setting: "organisation", Detail: "begins or ends with a blank, or holds a control character"}
	}
	if err := signed.CheckStandard("webhook_secrets", c.WebhookSecrets); err != nil {
		return nil, err
	}
	base := strings.TrimRight(cmp.Or(c.BaseURL, assumedHost), "/") + assumedRoot
	return &alooba{rest.New(base, conn.HTTP, rest.Header(organisationHeader, c.Organisation))}, nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f }
