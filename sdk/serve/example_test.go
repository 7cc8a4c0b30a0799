package serve_test

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	"github.com/patchbay-dev/patchbay/sdk/serve"
)

type config struct {
	Base   string `json:"base_url" setting:"base_url" default:"https://api.acme.example/v1" doc:"where Acme's API is"`
	Key    string `json:"api_key" setting:"api_key,required" auth:"bearer" doc:"from Acme's settings page"`
	Secret string `json:"webhook_secret" setting:"webhook_secret,required" verify:"hook" doc:"what Acme sends in X-Acme-Token"`
}

type acme struct{ api *rest.Client }

func (a acme) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return rest.Pages(func(string) ([]sdk.Assessment, string, error) {
		var all []sdk.Assessment // Acme's names are ours: id, name
		err := a.api.Get(ctx, rest.Path{"tests"}, nil, &all)
		return all, "", err
	})
}

func (a acme) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	in := map[string]string{"email": inv.Candidate.Email, "test": inv.Assessment, "reference": inv.Key.Marker()}
	var out struct{ ID, URL string }
	err := a.api.Post(ctx, rest.Path{"invitations"}, nil, in, &out)
	return sdk.Invited{Remote: out.ID, URL: out.URL}, err
}

func (a acme) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !r.Carries(r.Header.Get("X-Acme-Token")) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	e := sdk.Event{Kind: sdk.KindCompleted}
	err := json.Unmarshal(r.Body, &e) // Acme's names are ours: id, at, invitation
	return sdk.Received{Events: []sdk.Event{e}}, err
}

func Example() {
	about := sdk.About{Name: "acme", Version: "1.0.0", BaseURL: "https://api.acme.example/v1", Events: []sdk.Kind{sdk.KindCompleted}}
	serve.Vendor(about, func(c config, conn sdk.Conn) (sdk.Vendor, error) { return acme{rest.New(c.Base, conn.HTTP)}, nil })
}
