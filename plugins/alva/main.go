// Command patchbay-alva connects Patchbay to Alva Labs, which tests candidates' logic and personality and tells a role fit from 0 to 100.
//
// Run by the host it is the plugin; run as "patchbay-alva sandbox" it is an imitation of Alva's API to try things against.
//
// An Alva job position is a posting, and a candidate in a position is an invitation: [remote] is its id. assumed.go holds what Alva does
// not document; receive.go reads what Alva sends, invite.go and keep.go write, poll.go reads back.
package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/alva/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

type config struct {
	APIKey         string   `json:"api_key" setting:"api_key,required" auth:"bearer" doc:"made in Alva under Settings > Integrations"`
	WebhookSecrets []string `json:"webhook_secrets" setting:"webhook_secrets" verify:"hook" doc:"whsec_…; two while rotating; none: no webhooks"`
	BaseURL        string   `json:"base_url" setting:"base_url" default:"https://app.alvalabs.io" doc:"where Alva's API is, without a path"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(kit.Main("patchbay-alva", os.Args[2:], sandbox.New))
	}
	serve.Vendor(about, open)
}

var about = sdk.About{
	Name: "alva", Version: "0.1.0", BaseURL: assumedHost, Rate: sdk.Rate{PerSecond: 10, Burst: 20}, Final: proofs,
	Events: []sdk.Kind{
		sdk.KindInvited, sdk.KindBounced, sdk.KindFailed, sdk.KindStarted, sdk.KindSubmitted, sdk.KindScored, sdk.KindCancelled,
	},
}

// alva is one connection. It keeps nothing between calls.
type alva struct{ api *rest.Client }

func open(c config, conn sdk.Conn) (sdk.Vendor, error) {
	if err := signed.CheckStandard("webhook_secrets", c.WebhookSecrets); err != nil {
		return nil, err
	}
	return &alva{rest.New(strings.TrimRight(cmp.Or(c.BaseURL, assumedHost), "/")+assumedRoot, conn.HTTP)}, nil
}

// remote names an invitation at Alva: "<position>/<candidate>", and "<position>/<candidate>/<attempt>" from the second attempt on, so that
// a late word about the first mail does not end the second attempt.
type remote struct {
	position, candidate string
	attempt             int
}

func newRemote(position, candidate string, attempt int) (remote, error) {
	r := remote{position, candidate, max(attempt, 1)}
	if back, err := parseRemote(r.String()); err != nil || back != r {
		return remote{}, fmt.Errorf("position %q and candidate %q do not name an invitation", position, candidate)
	}
	return r, nil
}

func parseRemote(id string) (remote, error) {
	parts := strings.Split(id, "/")
	r := remote{attempt: 1}
	if len(parts) == 3 {
		r.attempt, _ = strconv.Atoi(parts[2])
	}
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" || len(parts) == 3 && r.attempt < 2 {
		return r, fmt.Errorf("%q does not name an invitation at Alva", id)
	}
	r.position, r.candidate = parts[0], parts[1]
	return r, nil
}

func (r remote) String() string {
	if r.attempt < 2 {
		return r.position + "/" + r.candidate
	}
	return r.position + "/" + r.candidate + "/" + strconv.Itoa(r.attempt)
}

func (r remote) path() rest.Path {
	return rest.Path{"job-positions", r.position, "candidates", r.candidate}
}
