package main

import (
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// about is what the host knows of Lever before a connection is opened.
//
// Lever gives an API key 10 requests a second and bursts of 20 "when possible" (section 2.4). The key is this host's own, so the whole 10
// are ours; the burst stays at 10, because Lever promises no more and a 429 delays a candidate longer than a wait of our own.
var about = sdk.About{
	Name:    "lever",
	Version: "0.1.0",
	BaseURL: "https://api.lever.co/v1",
	Rate:    sdk.Rate{PerSecond: 10, Burst: 10},
	Events:  hooked,
	Final:   []int{400, 403, 404, 413},
	// Lever's own sandbox has other addresses (section 1.2); PKCE is not documented.
	OAuth: &sdk.OAuth{
		AuthorizeURL: "https://auth.lever.co/authorize",
		TokenURL:     "https://auth.lever.co/oauth/token",
		Audience:     "https://api.lever.co/v1/", // without the last slash Lever grants nothing and says nothing (section 1.2)
		Scopes: []sdk.Scope{
			{Name: "offline_access"},
			{Name: "opportunities:read:admin"},
			{Name: "applications:read:admin"},
			{Name: "postings:read:admin"},
			{Name: "stages:read:admin"},
			{Name: "users:read:admin"},
			{Name: "opportunities:write:admin", Verbs: []sdk.Verb{sdk.VerbTags, sdk.VerbLink, sdk.VerbMove}},
			{Name: "notes:write:admin", Verbs: []sdk.Verb{sdk.VerbNote}},
			{Name: "feedback:write:admin", Verbs: []sdk.Verb{sdk.VerbFeedback}},
			{Name: "feedback_templates:write:admin", Verbs: []sdk.Verb{sdk.VerbFeedback}},
			{Name: "files:write:admin", Verbs: []sdk.Verb{sdk.VerbFile}},
			{Name: "webhooks:write:admin", Events: hooked},
			{Name: "archive_reasons:read:admin", Events: archiveKinds},
		},
	},
}

// config is what an operator says of one Lever account.
type config struct {
	APIKey        string   `json:"api_key" setting:"api_key" auth:"basic" doc:"from Lever's Settings > Integrations and API"`
	ClientID      string   `json:"client_id" setting:"client_id" doc:"of an OAuth app that Lever has registered, instead of api_key"`
	ClientSecret  string   `json:"client_secret" setting:"client_secret" auth:"oauth" doc:"of the OAuth app that client_id names"`
	SigningTokens []string `json:"signing_tokens" setting:"signing_tokens" verify:"hook" doc:"of the webhooks in Lever: all that are in use"`
	BaseURL       string   `json:"base_url" setting:"base_url" default:"https://api.lever.co/v1" doc:"where Lever's API is, with the /v1"`
	PerformAs     string   `json:"perform_as" setting:"perform_as" doc:"id of the Lever user who is shown as the author of what we write"`
	RegisterHooks bool     `json:"register_webhooks" setting:"register_webhooks" doc:"make the webhooks in Lever; false: a person does it"`
	HiredReasons  []string `json:"hired_reasons" setting:"hired_reasons" doc:"ids of the archive reasons that mean hired; needed for rejected"`
	KeepPostings  string   `json:"keep_postings" setting:"keep_postings" default:"1m" doc:"how long a posting, once read, is believed; or 0s"`
}

// connection is one Lever account. It keeps nothing that it could not read again.
type connection struct {
	api       *rest.Client
	oauth     bool       // authorised by a person's consent, not by an API key
	registers bool       // makes the webhooks itself
	as        url.Values // the query of every write on an opportunity
	hired     []string   // archive reasons
	postings  *rest.Cache[advert]
	stages    *rest.Cache[[]sdk.Stage]
	templates *rest.Cache[[]template]
	log       *slog.Logger
	now       func() time.Time
}

// open makes the connection of c, in which the defaults are filled in. It makes no call.
func open(c config, conn sdk.Conn) (sdk.ATS, error) {
	keep, err := time.ParseDuration(c.KeepPostings)
	if err != nil || keep < 0 {
		return nil, &sdk.SettingError{Setting: "keep_postings", Detail: "not a duration such as 1m"}
	}
	as := url.Values{}
	if c.PerformAs != "" {
		as.Set("perform_as", c.PerformAs)
	}
	return &connection{
		api:       rest.New(c.BaseURL, conn.HTTP),
		oauth:     c.ClientID != "",
		registers: c.RegisterHooks,
		as:        as,
		hired:     slices.Clone(c.HiredReasons),
		postings:  rest.NewCache[advert](keep, 1000),
		stages:    rest.NewCache[[]sdk.Stage](keep, 1),
		templates: rest.NewCache[[]template](keep, 1),
		log:       conn.Log,
		now:       time.Now,
	}, nil
}

// us is how Lever knows this connection, in words for a person.
func (c *connection) us() string {
	if c.oauth {
		return "the OAuth app"
	}
	return "the API key"
}
