// Command patchbay-apriora connects Patchbay to Apriora, whose Alex interviews candidates and writes a report with a score from 0 to 100.
//
// Run by the host it is the plugin; run as "patchbay-apriora sandbox" it is an imitation of Apriora's API to try things against.
//
// An Apriora position is a posting, and a candidate in a position is an invitation: [remote] is its id. assumed.go holds what Apriora does
// not document; receive.go reads what Apriora sends, invite.go and keep.go write, poll.go reads back, document.go fetches the report.
package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/apriora/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// apiHost and apiRoot are documented.
const (
	apiHost = "https://api.apriora.ai"
	apiRoot = "/v1/api"
)

type config struct {
	APIKey         string   `json:"api_key" setting:"api_key,required" auth:"header=X-API-Key" doc:"made under Settings > Integrations"`
	WebhookSecrets []string `json:"webhook_secrets" setting:"webhook_secrets" verify:"hook" doc:"whsec_…; two while rotating; none: polls"`
	Modality       string   `json:"modality" setting:"modality" default:"VIDEO" doc:"how Alex meets candidates: VIDEO or PHONE"`
	BaseURL        string   `json:"base_url" setting:"base_url" default:"https://api.apriora.ai" doc:"where Apriora's API is, without a path"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(kit.Main("patchbay-apriora", os.Args[2:], sandbox.New))
	}
	serve.Vendor(about, open)
}

var about = sdk.About{
	Name: "apriora", Version: "0.1.0", BaseURL: apiHost, Hosts: fileHosts, Rate: assumedRate, Final: proofs,
	Events: []sdk.Kind{
		sdk.KindInvited, sdk.KindFailed, sdk.KindBounced, sdk.KindStarted, sdk.KindSubmitted, sdk.KindScored, sdk.KindExpired,
	},
}

// apriora is one connection. It keeps nothing between calls.
type apriora struct {
	api      *rest.Client
	files    *http.Client // follows no redirect by itself
	base     *url.URL
	modality string
}

var modalities = []string{"VIDEO", "PHONE"}

func open(c config, conn sdk.Conn) (sdk.Vendor, error) {
	if err := signed.CheckStandard("webhook_secrets", c.WebhookSecrets); err != nil {
		return nil, err
	}
	modality := cmp.Or(c.Modality, modalities[0])
	if !slices.Contains(modalities, modality) {
		return nil, &sdk.SettingError{Setting: "modality", Detail: "it is neither VIDEO nor PHONE"}
	}
	base, err := url.Parse(strings.TrimRight(cmp.Or(c.BaseURL, apiHost), "/"))
	if err != nil || base.Host == "" {
		return nil, &sdk.SettingError{Setting: "base_url", Detail: "it is no URL of a host"}
	}
	a := &apriora{api: rest.New(base.String()+apiRoot, conn.HTTP), base: base, modality: modality}
	if conn.HTTP != nil {
		files := *conn.HTTP
		files.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		a.files = &files
	}
	return a, nil
}

// remote names an invitation at Apriora as its webhooks do: "<position>/<candidate>", and "<position>/<candidate>/<attempt>" from the
// second attempt on, so that a late word about the first interview does not end the second.
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
		return r, fmt.Errorf("%q does not name an invitation at Apriora", id)
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

// query asks for what concerns the candidate in the position, in all attempts.
func (r remote) query() url.Values {
	return url.Values{"positionId": {r.position}, "candidateId": {r.candidate}}
}
