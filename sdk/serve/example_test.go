package serve_test

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	"github.com/patchbay-dev/patchbay/sdk/serve"
)

type config struct {
	Key    string `json:"api_key" setting:"api_key,required" auth:"bearer" doc:"from Acme's settings page"`
	Secret string `json:"webhook_secret" setting:"webhook_secret,required" verify:"hook" doc:"what Acme sends in X-Acme-Token"`
}

type acme struct{ api *rest.Client }

func (a acme) Invite(ctx context.Context, inv sdk.Invitation) (invited sdk.Invited, err error) {
	if inv.Candidate.Email == "" {
		return invited, sdk.Refuse("missing_email", "the candidate has no e-mail address")
	}
	in := map[string]string{"email": inv.Candidate.Email, "test": inv.Assessment, "reference": inv.Key.Marker()}
	out := struct{ ID, URL string }{}
	err = a.api.Post(ctx, rest.Path{"invitations"}, nil, in, &out)
	return sdk.Invited{Remote: out.ID, URL: out.URL}, err
}

func (a acme) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !slices.Contains(r.Secrets, r.Header.Get("X-Acme-Token")) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	var e struct{ ID, Invitation string }
	err := json.Unmarshal(r.Body, &e)
	return sdk.Received{Events: []sdk.Event{{ID: e.ID, Kind: sdk.KindCompleted, Invitation: e.Invitation}}}, err
}

func Example() {
	about := sdk.About{Name: "acme", Version: "1.0.0", BaseURL: "https://api.acme.example/v1", Events: []sdk.Kind{sdk.KindCompleted}}
	serve.Vendor(about, func(_ config, c sdk.Conn) (sdk.Vendor, error) { return acme{rest.New(about.BaseURL, c.HTTP)}, nil })
}
