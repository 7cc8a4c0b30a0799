// Command patchbay-partner connects Patchbay to any assessment vendor that serves the Greenhouse Assessment Partner contract.
//
// Vendors build that contract once, for Greenhouse to call. Here the host plays Greenhouse: it lists the vendor's tests (list_tests), sends
// one to a candidate (send_test) and asks how it stands (test_status), with the key that the vendor issues for Greenhouse. So whoever has
// such a key can pair that vendor with any ATS. contract.go is what goes over the wire, call.go the calls.
//
// The contract says little, and so does this plugin: a test is sent, and one day complete. There is no word for one that was begun, a mail
// that bounced or an expiry; no times, so that an event's is when it was learned; and a score is of whatever range the vendor likes.
//
// # Why
//
// send_test has no idempotency key and nothing can be looked up, so an invitation whose answer is lost is never repeated: a person decides.
//
// A vendor with news calls the connection's webhook, with a PATCH of nothing: that the address is secret is all there is to check it by.
// Nothing is believed of it and nothing is yielded: how the test stands, only a poll says.
package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
	"github.com/patchbay-dev/patchbay/sdk/serve"
)

type config struct {
	APIKey        string  `json:"api_key" setting:"api_key,required" auth:"basic" doc:"the vendor's key for its Greenhouse integration"`
	BaseURL       string  `json:"base_url" setting:"base_url,required" doc:"where the vendor serves the contract"`
	ListTests     string  `json:"list_tests" setting:"list_tests" default:"/list_tests" doc:"path below base_url"`
	SendTest      string  `json:"send_test" setting:"send_test" default:"/send_test" doc:"path below base_url"`
	TestStatus    string  `json:"test_status" setting:"test_status" default:"/test_status" doc:"path below base_url"`
	ResponseError string  `json:"response_error" setting:"response_error" default:"/response_error" doc:"path below base_url"`
	CallbackURL   string  `json:"callback_url" setting:"callback_url" doc:"this connection's webhook URL, as patchbay connect prints it"`
	MaxScore      float64 `json:"max_score" setting:"max_score" default:"100" doc:"the vendor's best score"`
}

// nowhere is the callback of a connection that has none: the contract wants an address, and nobody can have this one (RFC 2606).
const nowhere = "https://callback.invalid"

func main() { serve.Vendor(about, open) }

var about = sdk.About{Name: "partner", Version: "0.1.0", Events: []sdk.Kind{sdk.KindScored}, Final: proofs}

// partner is one connection. It keeps nothing between calls.
type partner struct {
	config
	api   *rest.Client
	paths map[call]rest.Path
}

func open(c config, conn sdk.Conn) (sdk.Vendor, error) {
	c.CallbackURL = cmp.Or(c.CallbackURL, nowhere)
	for name, value := range map[string]string{"base_url": c.BaseURL, "callback_url": c.CallbackURL} {
		if !absolute(value) {
			return nil, &sdk.SettingError{Setting: name, Detail: "not an http or https URL"}
		}
	}
	if c.MaxScore <= 0 {
		return nil, &sdk.SettingError{Setting: "max_score", Detail: "not above 0"}
	}
	p := &partner{api: rest.New(c.BaseURL, conn.HTTP), paths: map[call]rest.Path{}, config: c}
	for name, path := range map[call]string{
		listTests: c.ListTests, sendTest: c.SendTest, testStatus: c.TestStatus, responseError: c.ResponseError,
	} {
		p.paths[name] = strings.Split(strings.Trim(path, "/"), "/")
		if slices.ContainsFunc(p.paths[name], func(s string) bool { return strings.Trim(s, ".") == "" || strings.ContainsAny(s, "?#") }) {
			return nil, &sdk.SettingError{Setting: string(name), Detail: "not a path below base_url"}
		}
	}
	return p, nil
}

func absolute(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Receive takes the PATCH by which a vendor says that there is news, and yields nothing.
func (p *partner) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if r.Method != http.MethodPatch {
		return sdk.Received{}, sdk.Refuse("malformed", "the vendor's callback is a PATCH")
	}
	return sdk.Received{}, nil
}

// Promise: see the package's doc.
func (p *partner) Promise(v sdk.Verb) sdk.Promise {
	if v == sdk.VerbInvite {
		return sdk.Promise{Repeat: sdk.Never}
	}
	return sdk.Promise{}
}
