// Command patchbay-hired connects Patchbay to Hired Assessments, which tests what programmers can do.
//
// Run by the host it is the plugin; run as "patchbay-hired sandbox" it is an imitation of Hired's API to try things against.
//
// A test is an assessment; each attempt at it is an invitation of Hired's with an id of its own. assumed.go holds what Hired does not
// document; receive.go reads what Hired sends, invite.go writes, poll.go reads back.
//
// # Why
//
// Pass and fail are not here: an employer's thresholds are rules, and stand where the employer reads them.
package main

import (
	"cmp"
	"os"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/hired/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

type config struct {
	APIKey         string   `json:"api_key" setting:"api_key,required" auth:"basic" doc:"from your account manager at Hired"`
	WebhookSecrets []string `json:"webhook_secrets" setting:"webhook_secrets" verify:"hook" doc:"whsec_…; two while rotating"`
	ExpiresInDays  int      `json:"expires_in_days" setting:"expires_in_days" doc:"how long an invitation is open; 0: as Hired likes"`
	BaseURL        string   `json:"base_url" setting:"base_url" default:"https://api.hired.com" doc:"where Hired's API is, without a path"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(kit.Main("patchbay-hired", os.Args[2:], sandbox.New))
	}
	serve.Vendor(about, open)
}

var about = sdk.About{
	Name: "hired", Version: "0.1.0", BaseURL: assumedHost, Rate: sdk.Rate{PerSecond: 10, Burst: 20}, Final: proofs,
	Events: []sdk.Kind{
		sdk.KindInvited, sdk.KindBounced, sdk.KindStarted, sdk.KindScored, sdk.KindExpired, sdk.KindCancelled,
	},
}

// hired is one connection. It keeps nothing between calls.
type hired struct {
	api  *rest.Client
	days int // an invitation is open; 0: Hired decides
}

func open(c config, conn sdk.Conn) (sdk.Vendor, error) {
	if err := signed.CheckStandard("webhook_secrets", c.WebhookSecrets); err != nil {
		return nil, err
	}
	if c.ExpiresInDays < 0 {
		return nil, &sdk.SettingError{Setting: "expires_in_days", Detail: "no invitation is open for less than a day"}
	}
	base := strings.TrimRight(cmp.Or(c.BaseURL, assumedHost), "/") + assumedRoot
	return &hired{rest.New(base, conn.HTTP), c.ExpiresInDays}, nil
}
