package oauth

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/patchbay-dev/patchbay/sdk"
)

// endpoints are the settings that every connection to a product with [sdk.OAuth] has besides its plugin's: where the product's authorization
// server is, if not where the plugin says, as that of a product's own sandbox is not.
type endpoints struct {
	ClientID     string `json:"client_id"`
	AuthorizeURL string `json:"authorize_url" setting:"authorize_url" doc:"the product's consent page"`
	TokenURL     string `json:"token_url" setting:"token_url" doc:"where the product gives tokens"`
	Audience     string `json:"audience" setting:"audience" doc:"the API that access is asked for, to the letter"`
	Grant        string `json:"grant" setting:"grant" doc:"consent: a person gives access; client: the app's own credentials are enough"`
}

// The two ways in which an app gets access.
const (
	byConsent = "consent"
	byClient  = "client"
)

// Settings are those that a connection has besides its plugin's.
func Settings(o *sdk.OAuth) ([]sdk.Setting, error) {
	if o == nil {
		return nil, nil
	}
	all, err := sdk.Settings(endpoints{})
	grant := byConsent
	if o.AuthorizeURL == "" {
		grant = byClient
	}
	for i, value := range []string{o.AuthorizeURL, o.TokenURL, o.Audience, grant} {
		if err == nil {
			all[i].Default = value
		}
	}
	return all, err
}

// Read takes the app's settings out of those that a connection's block gives, and leaves the plugin's. OperatorURL tells that the token URL
// is the operator's own. An address that cannot be is an [sdk.SettingError].
func Read(o *sdk.OAuth, values json.RawMessage) (app App, operatorURL bool, plugins json.RawMessage, err error) {
	var said endpoints
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(values, &said); err != nil {
		return app, false, nil, fmt.Errorf("the settings are no JSON object: %w", err)
	}
	if err := json.Unmarshal(values, &all); err != nil {
		return app, false, nil, fmt.Errorf("the settings are no JSON object: %w", err)
	}
	for name, address := range map[string]string{"authorize_url": said.AuthorizeURL, "token_url": said.TokenURL} {
		if address != "" && !isWeb(address) {
			return app, false, nil, &sdk.SettingError{Setting: name, Detail: "not an http or https URL such as https://auth.example.com/oauth/token"}
		}
		delete(all, name)
	}
	var subject string
	if who, ok := all[o.Subject]; ok {
		if err := json.Unmarshal(who, &subject); err != nil {
			return app, false, nil, &sdk.SettingError{Setting: o.Subject, Detail: "no text"}
		}
	}
	delete(all, "audience")
	delete(all, "grant")
	switch {
	case said.Grant == byClient:
		said.AuthorizeURL = "" // nobody is asked
	case said.Grant != byConsent || said.AuthorizeURL == "":
		return app, false, nil, &sdk.SettingError{Setting: "grant", Detail: "neither client nor, where there is a consent page, consent"}
	}
	plugins, err = json.Marshal(all)
	return App{
		AuthorizeURL: said.AuthorizeURL, TokenURL: said.TokenURL, Audience: said.Audience, PKCE: o.PKCE, ClientID: said.ClientID,
		Subject: subject,
	}, said.TokenURL != o.TokenURL, plugins, err
}

// isWeb tells whether an address is that of a page or an endpoint.
func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Fragment == ""
}
