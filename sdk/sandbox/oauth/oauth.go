// Package oauth is a small authorization server that any sandbox mounts: consent, codes, tokens that rotate, revocation.
//
// [New] makes a [Server] of [Options], which say in what products differ: paths, audience, lifetimes, grants. Mount adds its endpoints to
// the product's own mux; Bearer tells the product's API what a request's token is good for; Acts and State are for the product's own. A
// person opens the consent page and clicks; the act oauth_consent does the same without a browser, through the same code.
//
//	oauth_consent {url, user, deny}    opens the consent page at that URL and allows, or denies; answers {"location": where to go then}
//	oauth_revoke {user}                takes back what was allowed (Authorized Apps): its tokens die; user empty: everybody's
//	oauth_app {client_id, client_secret, redirects, scopes}    changes how the app is registered; what is absent stays
//
// # Why
//
// It is as strict as the strictest product is known or feared to be: a code is good once, for a minute, for the exact redirect it was asked
// with; a refresh token dies in the moment it is used, with no grace. A client that lives with this one lives with all.
package oauth

import (
	"cmp"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// The app that every sandbox knows from the start.
const (
	DefaultClientID     = "sandbox-client"
	DefaultClientSecret = "sandbox-secret"
)

// Options are in what products differ. Zero durations are a minute for codes, an hour for access, 24 hours for refresh tokens.
type Options struct {
	Product   string // as the consent page calls it
	Authorize string // path of the consent page; empty: there is none
	Token     string // path where tokens are given
	Audience  string // what has to be asked for, byte for byte; with anything else only Offline is granted. Empty: none is needed
	Offline   string // the scope without which there is no refresh token; empty: there always is one
	Scopes    []string
	MostScope int // scopes that may be asked for at once; 0: any number

	Users    func() []User // who can consent; nil: one nameless person
	PKCE     bool          // a challenge is understood (S256); else it is overlooked
	Machines bool          // client credentials are granted; the parameter sub says for which user
	OneToken bool          // a token by client credentials kills the one before it
	Basic    bool          // the client says who it is in the Authorization header; else in the body
	InQuery  bool          // parameters of a token request may stand in its URL too
	Moment   bool          // a token's end is told as expires_at, a moment; else as expires_in, seconds

	CodeLife, AccessLife, RefreshLife time.Duration
	Word                              func(Refusal) (status int, body any) // words a refusal of the token endpoint; nil: as Auth0 does
}

// User is one who can consent.
type User struct{ ID, Name string }

// Token is what an access token is good for.
type Token struct {
	User   string // whose rights it carries; empty: the app's own
	Scopes []string
}

// Has tells whether one of the scopes was granted.
func (t Token) Has(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.Scopes, s) })
}

// Server is the authorization server of one world. Its methods may be called concurrently.
type Server struct {
	Options
	world *sandbox.World

	mu       sync.Mutex
	app      app
	asked    map[string]*request // consent pages that are open, by an id in their form
	codes    map[string]*code
	accesses map[string]*access
	refreshs map[string]*grant
	grants   []*grant
}

// app is the one client there is, as it is registered.
type app struct {
	ID        string   `json:"client_id"`
	Secret    string   `json:"client_secret"`
	Redirects []string `json:"redirects"` // exactly these; none: any http or https address
	Scopes    []string `json:"scopes"`    // that it may ask for
}

// grant is what one person, or the client's own credentials, allowed. All tokens of it die with it.
type grant struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Scopes  []string  `json:"scopes"`
	Machine bool      `json:"machine"`
	Revoked bool      `json:"revoked"`
	At      time.Time `json:"at"`
	Renewed int       `json:"renewed"` // times that its refresh token was used
	refresh string
	until   time.Time // of the refresh token
}

type access struct {
	grant *grant
	until time.Time
}

// New makes the server of a world.
func New(w *sandbox.World, o Options) *Server {
	o.CodeLife = cmp.Or(o.CodeLife, time.Minute)
	o.AccessLife = cmp.Or(o.AccessLife, time.Hour)
	o.RefreshLife = cmp.Or(o.RefreshLife, 24*time.Hour)
	return &Server{
		Options: o, world: w, app: app{ID: DefaultClientID, Secret: DefaultClientSecret, Scopes: o.Scopes},
		asked: map[string]*request{}, codes: map[string]*code{}, accesses: map[string]*access{}, refreshs: map[string]*grant{},
	}
}

// Mount adds the endpoints.
func (s *Server) Mount(mux *http.ServeMux) {
	if s.Authorize != "" {
		mux.HandleFunc("GET "+s.Authorize, s.showConsent)
		mux.HandleFunc("POST "+s.Authorize, s.takeConsent)
	}
	mux.HandleFunc("POST "+s.Token, s.giveToken)
}

// Bearer is what the request's bearer token is good for; ok is false if it has none that is alive.
func (s *Server) Bearer(r *http.Request) (t Token, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return Token{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accesses[token]
	if a == nil || a.grant.Revoked || !s.world.Clock.Now().Before(a.until) {
		return Token{}, false
	}
	return Token{User: a.grant.User, Scopes: slices.Clone(a.grant.Scopes)}, true
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
