package sdk

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Role is which side of a pairing a plugin stands on.
type Role string

const (
	RoleATS    Role = "ats"
	RoleVendor Role = "vendor"
)

// About is what a plugin says of itself before any connection is opened.
//
// Every plugin should declare a setting base_url, with BaseURL for its default, and call what it says: the host lets calls to that origin
// through, and it is how an operator points a connection at the product's sandbox. A plugin that calls BaseURL whatever was set is refused
// by the host's egress there.
type About struct {
	Name    string
	Version string
	BaseURL string        // the product's API; replaced by the setting base_url, if the operator gives one
	Hosts   []string      // further hosts that calls may go to; "*.example.com" allows one label
	Rate    Rate          // what the product allows one credential; the host keeps to it
	Events  []Kind        // what Receive may yield: some of [Role.Kinds]
	Final   []int         // HTTP statuses that prove a write did nothing, besides 401 and 429
	Timeout time.Duration // for one write; 0: 60 s
	OAuth   *OAuth        // how a connection may be authorised instead of by a key of its own; nil: it may not
}

// OAuth is how the host gets access on somebody's behalf. It asks for consent, keeps the tokens, and adds them to calls to BaseURL; the
// plugin never sees them. The client's id and secret are settings: client_id, and client_secret with auth "oauth".
type OAuth struct {
	AuthorizeURL string // the consent page; empty: the client's own credentials are all that is needed
	TokenURL     string
	Audience     string  // empty: the product wants none
	PKCE         bool    // the product allows it
	Subject      string  // the setting that names who acts, told with the client's own credentials; empty: the product wants none
	Scopes       []Scope // of which those are asked for that the rules in use need
}

// Scope is one permission. Without Verbs and Events it is always needed.
type Scope struct {
	Name   string
	Verbs  []Verb
	Events []Kind
}

// Check returns what About says that cannot be of a plugin with that role; nil if all can.
func (a About) Check(role Role) error {
	for _, kind := range a.Events {
		if !slices.Contains(role.Kinds(), kind) {
			return fmt.Errorf("About.Events: %q is no kind of event that Receive of a plugin of role %s may yield; there are: %v",
				kind, role, role.Kinds())
		}
	}
	return nil
}

// Rate is a token bucket. The zero Rate means 5 a second, one at a time.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Conn is what a plugin is given to open one connection.
type Conn struct {
	Name string       // as the operator calls it: "ats.main"
	HTTP *http.Client // the one way out: through the host, which adds the credential. Use it with the context of the call
	Log  *slog.Logger // to the host's log. No personal data, no secrets
}

// Setting is one argument of a connection's block, made by [Settings] from a field's tags.
type Setting struct {
	Name     string
	Type     SettingType
	Required bool
	Secret   bool   // never shown
	Default  string // as the operator would write it; empty: the zero value
	Doc      string
	// "bearer", "basic", "header=NAME": kept by the host, which adds it to calls to BaseURL; "oauth": kept by the host, which gets access
	// with it. Neither reaches the plugin.
	Auth   string
	Verify bool // a webhook secret: arrives as [Request].Secrets
}

// SettingType is what a setting holds.
type SettingType string

const (
	TypeString  SettingType = "string"
	TypeNumber  SettingType = "number"
	TypeBool    SettingType = "bool"
	TypeStrings SettingType = "list(string)"
	TypeMap     SettingType = "map(string)"
)
