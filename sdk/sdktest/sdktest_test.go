package sdktest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
)

// vendor keeps every promise but those that a test breaks.
type vendor struct {
	http    *http.Client
	receive func(sdk.Request, *sdk.Received)           // changes what Receive yields
	genuine func(r sdk.Request, signed bool) bool      // overrules the signature
	invite  func(ctx context.Context, v *vendor) error // instead of one request, well done
	find    func(error) (sdk.Finding, error)           // of what the product answered
	promise sdk.Promise
}

func (v *vendor) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	signed := false
	for _, secret := range r.Secrets {
		signed = signed || secret != "" && hmac.Equal([]byte(r.Header.Get("X-Signature")), []byte(sign(secret, r.Body)))
	}
	if v.genuine != nil {
		signed = v.genuine(r, signed)
	}
	if !signed {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	e := sdk.Event{Kind: sdk.KindCompleted, At: time.Unix(1, 0)}
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return sdk.Received{}, err
	}
	received := sdk.Received{Events: []sdk.Event{e}}
	if v.receive != nil {
		v.receive(r, &received)
	}
	return received, nil
}

func (v *vendor) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if v.invite != nil {
		return sdk.Invited{Remote: "1"}, v.invite(ctx, v)
	}
	return sdk.Invited{Remote: "1"}, v.send(ctx, http.MethodPost)
}

func (v *vendor) Promise(sdk.Verb) sdk.Promise { return v.promise }

// finder is a vendor that can look.
type finder struct{ *vendor }

func (f finder) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	return f.find(f.send(ctx, http.MethodGet))
}

func (v *vendor) send(ctx context.Context, method string) error {
	r, err := http.NewRequestWithContext(ctx, method, "https://vendor.example/", nil)
	if err != nil {
		return err
	}
	answer, err := v.http.Do(r)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("answered %d", answer.StatusCode), err)
	}
	return nil
}

func sign(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func TestCheck(t *testing.T) {
	body := []byte(`{"id":"1","invitation":"2"}`)
	webhook := sdktest.Webhook{Name: "completed", Request: sdk.Request{
		Method: http.MethodPost, Header: http.Header{"X-Signature": {sign("s", body)}, "User-Agent": {"vendor"}}, Body: body,
		Secrets: []string{"old", "s"},
	}}
	fresh := 0
	// says is an Invite that makes another error of the product's.
	says := func(err error) func(context.Context, *vendor) error {
		return func(ctx context.Context, v *vendor) error {
			_ = v.send(ctx, http.MethodPost)
			return err
		}
	}
	for _, c := range []struct {
		name   string
		vendor vendor
		want   []string // one for each complaint
	}{
		{"good", vendor{}, nil},
		{"asks nobody", vendor{invite: func(context.Context, *vendor) error { return sdk.Refuse("missing_email", "") }}, nil},
		{"nameless", vendor{receive: func(_ sdk.Request, r *sdk.Received) { r.Events[0].ID = "" }}, []string{"an event has an ID"}},
		{"undeclared", vendor{receive: func(_ sdk.Request, r *sdk.Received) { r.Events[0].Kind = sdk.KindScored }},
			[]string{"a kind that About names"}},
		{"one ID for two", vendor{receive: func(_ sdk.Request, r *sdk.Received) { r.Events = append(r.Events, r.Events[0]) }},
			[]string{`two events have the ID "1"`}},
		{"of nobody", vendor{receive: func(_ sdk.Request, r *sdk.Received) { r.Events[0].Invitation = "" }}, []string{"names its Invitation"}},
		{"fresh IDs", vendor{receive: func(_ sdk.Request, r *sdk.Received) {
			fresh++
			r.Events[0].ID = fmt.Sprint(fresh)
		}}, []string{"comes twice"}},
		{"trusts all", vendor{genuine: func(sdk.Request, bool) bool { return true }},
			[]string{"secret live", "secret live", "secret live", "byte 2 of"}},
		{"trusts what is not signed", vendor{genuine: func(r sdk.Request, signed bool) bool {
			return signed || r.Header.Get("X-Signature") == "" && r.Header.Get("User-Agent") == "vendor" && len(r.Secrets) == 2
		}}, []string{"header X-Signature, though not with another value"}},
		{"an unknown promise", vendor{promise: sdk.Promise{Repeat: "often"}}, []string{`promises that invite repeats "often"`}},
		{"deaf", vendor{invite: func(ctx context.Context, v *vendor) error {
			return v.send(context.WithoutCancel(ctx), http.MethodPost)
		}}, []string{"Invite, not answered, goes on"}},
		{"content with anything", vendor{invite: says(nil)},
			[]string{"Invite, not answered, says that all is well", "Invite, answered 500 Internal Server Error, says that all is well"}},
		{"refuses", vendor{invite: says(sdk.Refuse("refused", ""))}, []string{"claims to know", "claims to know"}},
		{"puts off", vendor{invite: says(sdk.Later(0, errors.New("500")))}, []string{"claims to know", "claims to know"}},
		{"says that there is none", vendor{invite: says(sdk.ErrNotFound)}, []string{"claims to know", "claims to know"}},
		{"rests", vendor{invite: says(sdk.ErrDisconnected)}, []string{"claims to know", "claims to know"}},
		{"repeats", vendor{invite: func(ctx context.Context, v *vendor) error {
			return errors.Join(v.send(ctx, http.MethodPost), v.send(ctx, http.MethodPost))
		}}, []string{"not answered, writes 2 times", "answered 500 Internal Server Error, writes 2 times"}},
		{"reads and writes", vendor{invite: func(ctx context.Context, v *vendor) error {
			return errors.Join(v.send(ctx, http.MethodGet), v.send(ctx, http.MethodPost))
		}}, nil},
		{"has a context of its own", vendor{invite: func(_ context.Context, v *vendor) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return v.send(ctx, http.MethodPost)
		}}, []string{"Invite sends a request without the context", "Invite sends a request without the context"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			complaints(t, c.want, sdktest.Plugin{
				About: sdk.About{Events: []sdk.Kind{sdk.KindCompleted}}, Webhooks: []sdktest.Webhook{webhook},
				Open: func(conn sdk.Conn) (any, error) {
					c.vendor.http = conn.HTTP
					return &c.vendor, nil
				},
			})
		})
	}
}

// A look that could not look finds nothing out.
func TestCheckOfAFind(t *testing.T) {
	for name, c := range map[string]struct {
		find func(error) (sdk.Finding, error)
		want int
	}{
		"fails":  {func(err error) (sdk.Finding, error) { return sdk.Finding{}, err }, 0},
		"cannot": {func(error) (sdk.Finding, error) { return sdk.Finding{Verdict: sdk.Cannot}, nil }, 0},
		"found":  {func(error) (sdk.Finding, error) { return sdk.Finding{Verdict: sdk.Present}, nil }, 4},
		"absent": {func(error) (sdk.Finding, error) { return sdk.Finding{Verdict: sdk.Absent}, nil }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complaints(t, slices.Repeat([]string{"which it cannot know"}, c.want), sdktest.Plugin{
				Open: func(conn sdk.Conn) (any, error) { return finder{&vendor{http: conn.HTTP, find: c.find}}, nil },
			})
		})
	}
}

func TestCheckOfARequestThatComesTooLate(t *testing.T) {
	var late sync.WaitGroup
	defer late.Wait()
	complaints(t, []string{"Invite sends a request after it has returned"}, sdktest.Plugin{
		Open: func(conn sdk.Conn) (any, error) {
			calls := 0
			return &vendor{http: conn.HTTP, invite: func(ctx context.Context, v *vendor) error {
				err := v.send(ctx, http.MethodPost)
				if calls++; calls == 2 { // the call that is answered: its context ends after Invite has returned
					late.Go(func() {
						<-ctx.Done()
						_ = v.send(context.WithoutCancel(ctx), http.MethodPost)
					})
				}
				return err
			}}, nil
		},
	})
}

func TestCheckOfAKindOfTheOtherSide(t *testing.T) {
	complaints(t, []string{`"hired" is no kind of event that Receive of a plugin of role vendor may yield`}, sdktest.Plugin{
		About: sdk.About{Events: []sdk.Kind{sdk.KindScored, sdk.KindHired}},
		Open:  func(conn sdk.Conn) (any, error) { return &vendor{http: conn.HTTP}, nil },
	})
}

// complaints checks a plugin and wants one complaint for each text.
func complaints(t *testing.T, want []string, plugin sdktest.Plugin) {
	t.Helper()
	var got []string
	if err := sdktest.Check(plugin); err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %d complaints", got, len(want))
	}
	for i, want := range want {
		if !strings.Contains(got[i], want) {
			t.Errorf("got %q, want %q", got[i], want)
		}
	}
}
