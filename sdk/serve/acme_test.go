package serve_test

import (
	"net/http"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
)

// The vendor that README.md shows owes what every plugin owes.
func TestAcmeKeepsItsPromises(t *testing.T) {
	if err := sdktest.Check(sdktest.Plugin{
		About: sdk.About{Events: []sdk.Kind{sdk.KindCompleted}},
		Open:  func(c sdk.Conn) (any, error) { return acme{rest.New("https://api.acme.example/v1", c.HTTP)}, nil },
		Webhooks: []sdktest.Webhook{{
			Name: "completed", Hint: true, // a token signs nothing
			Request: sdk.Request{
				Method: http.MethodPost, Header: http.Header{"X-Acme-Token": {"t0ken"}}, Secrets: []string{"new", "t0ken"},
				Body: []byte(`{"id":"e1","at":"2026-01-01T12:00:00Z","invitation":"i1"}`),
			},
		}},
	}); err != nil {
		t.Error(err)
	}
}
