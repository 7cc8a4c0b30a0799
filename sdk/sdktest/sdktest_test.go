package sdktest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
)

// vendor keeps every promise but those that a test breaks.
type vendor struct {
	http     *http.Client
	trusting bool
	fresh    int
	deaf     bool
	nameless bool
}

func (v *vendor) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	genuine := v.trusting
	for _, secret := range r.Secrets {
		genuine = genuine || hmac.Equal([]byte(r.Header.Get("X-Signature")), []byte(sign(secret, r.Body)))
	}
	if !genuine {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	e := sdk.Event{Kind: sdk.KindCompleted, At: time.Unix(1, 0)}
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return sdk.Received{}, err
	}
	if v.nameless {
		e.ID = ""
	}
	if v.fresh > 0 {
		v.fresh++
		e.ID += strings.Repeat("'", v.fresh)
	}
	return sdk.Received{Events: []sdk.Event{e}}, nil
}

func (v *vendor) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if v.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://vendor.example/", nil)
	if err != nil {
		return sdk.Invited{}, err
	}
	answer, err := v.http.Do(r)
	if err != nil {
		return sdk.Invited{}, err
	}
	return sdk.Invited{Remote: "1"}, answer.Body.Close()
}

func sign(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return string(h.Sum(nil))
}

func TestCheck(t *testing.T) {
	body := []byte(`{"id":"1","invitation":"2"}`)
	webhook := sdktest.Webhook{Name: "completed", Request: sdk.Request{
		Method: http.MethodPost, Header: http.Header{"X-Signature": {sign("s", body)}}, Body: body, Secrets: []string{"old", "s"},
	}}
	for name, c := range map[string]struct {
		vendor vendor
		events []sdk.Kind
		want   []string // one for each complaint
	}{
		"good":       {vendor{}, []sdk.Kind{sdk.KindCompleted}, nil},
		"undeclared": {vendor{}, []sdk.Kind{sdk.KindScored}, []string{"a kind that About names"}},
		"nameless":   {vendor{nameless: true}, []sdk.Kind{sdk.KindCompleted}, []string{"an event has an ID"}},
		"fresh IDs":  {vendor{fresh: 1}, []sdk.Kind{sdk.KindCompleted}, []string{"comes twice"}},
		"deaf":       {vendor{deaf: true}, []sdk.Kind{sdk.KindCompleted}, []string{"Invite goes on"}},
		"trusts all": {vendor{trusting: true}, []sdk.Kind{sdk.KindCompleted}, []string{"secret live", "secret live", "secret live", "byte 2 of"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := sdktest.Check(sdktest.Plugin{
				About: sdk.About{Events: c.events}, Webhooks: []sdktest.Webhook{webhook},
				Open: func(conn sdk.Conn) (any, error) {
					c.vendor.http = conn.HTTP
					return &c.vendor, nil
				},
			})
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %d complaints", got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
		})
	}
}
