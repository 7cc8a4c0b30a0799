// Package oauth gets access on somebody's behalf: it asks for consent, keeps the tokens, and renews them before they end.
//
// An [Access] is what one connection may use of its product: the egress asks it for a token whenever it sends a request. A [Desk] is where
// people give their consent: it begins one with an address to open, takes the answer at the callback, and hands the code to the connection's
// Access, which changes it into tokens. What products differ in is in [App].
//
// # Why
//
// A refresh token is good once at many products, and who uses it twice may lose all access. So one refresh runs at a time, is never cut short
// by whoever waits for it, and its new pair is durable before anybody uses it: a host that is killed goes on with what it stored last. What
// can be lost is an answer on its way, or a host in the moment between answer and store; then a person has to connect again.
package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// App is how the operator's app is registered at a product, and what a connection asks for. It prints no secret.
type App struct {
	Connection   string // "ats.main"
	AuthorizeURL string // the consent page; empty: the client's own credentials are all that is needed
	TokenURL     string
	Audience     string // empty: the product wants none
	PKCE         bool
	ClientID     string
	ClientSecret string
	Subject      string   // who acts, told with the client's own credentials; empty: the product chooses
	Scopes       []string // that the rules in use need
}

// Format hides the secret, whatever the verb.
func (a App) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "[app of %s]", a.Connection) }

// Scopes are those of a product that verbs and events need.
func Scopes(o *sdk.OAuth, verbs []sdk.Verb, events []sdk.Kind) (names []string) {
	for _, s := range o.Scopes {
		always := len(s.Verbs) == 0 && len(s.Events) == 0
		used := slices.ContainsFunc(s.Verbs, func(v sdk.Verb) bool { return slices.Contains(verbs, v) }) ||
			slices.ContainsFunc(s.Events, func(k sdk.Kind) bool { return slices.Contains(events, k) })
		if always || used {
			names = append(names, s.Name)
		}
	}
	return names
}

// Vault is where grants are kept.
type Vault interface {
	Secrets(ctx context.Context, conn string) (journal.Secrets, error)
	ChangeSecrets(ctx context.Context, conn string, change func(*journal.Secrets) error) (journal.Secrets, error)
}

// Options is what an Access is made of, besides the app.
type Options struct {
	Vault Vault        // nil: there is no access, because whoever asks is not the host whose tokens they are
	HTTP  *http.Client // calls the token URL and nothing else
	Now   func() time.Time
	Log   *slog.Logger
}

// Access is one connection's access to its product. Its methods may be called concurrently.
type Access struct {
	App
	Options

	turn    chan struct{}  // full while somebody uses what follows
	grant   *journal.Grant // nil: not read yet
	unkept  bool           // grant is not durable yet, so it must not be used
	renewed time.Time      // when grant's token was got, if since the start
	inHead  bool           // the product wants the client's credentials in the Authorization header
}

// New makes the access of an app.
func New(app App, o Options) *Access {
	return &Access{App: app, Options: o, turn: make(chan struct{}, 1)}
}

const (
	margin      = 2 * time.Minute  // before its end a token is renewed: no call under way outlives it
	newFor      = time.Minute      // a token that is refused so soon is not the reason
	requestTime = 30 * time.Second // for one request of the token endpoint, in real time
)

// Token is the access token to use now.
func (a *Access) Token(ctx context.Context) (string, error) {
	g, err := a.begin(ctx)
	if err != nil {
		return "", err
	}
	defer a.end()
	if g.Access == "" || !g.Expires.IsZero() && !a.Now().Before(g.Expires.Add(-margin)) {
		if g, err = a.renew(ctx, g); err != nil {
			return "", err
		}
	}
	return g.Access, nil
}

// Refused is told that the product did not accept a token. Nil: there is another now.
func (a *Access) Refused(ctx context.Context, token string) error {
	g, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer a.end()
	switch {
	case g.Access != "" && g.Access != token:
		return nil // somebody else was told before
	case !a.renewed.IsZero() && a.Now().Sub(a.renewed) < newFor:
		return fmt.Errorf("a new token is refused too: %w", sdk.ErrDisconnected)
	}
	_, err = a.renew(ctx, g)
	return err
}

// begin waits for the turn and gives the grant, which is durable. After an error there is no turn to end.
func (a *Access) begin(ctx context.Context) (g journal.Grant, err error) {
	if a.Vault == nil {
		return g, fmt.Errorf("its access belongs to the host that runs: %w", sdk.ErrDisconnected)
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return g, fmt.Errorf("waiting for its access: %w", ctx.Err())
	}
	defer func() {
		if err != nil {
			a.end()
		}
	}()
	if a.grant == nil {
		kept, err := a.Vault.Secrets(ctx, a.Connection)
		if err != nil {
			return g, err
		}
		if kept.Grant.Client != a.client() {
			kept.Grant = journal.Grant{}
		}
		a.grant = &kept.Grant
	}
	if a.unkept {
		return *a.grant, a.keep(ctx, *a.grant)
	}
	return *a.grant, nil
}

func (a *Access) end() { <-a.turn }

// client is whose a grant is: that of one client for somebody is not its grant for another.
func (a *Access) client() string {
	if a.AuthorizeURL == "" && a.Subject != "" {
		return a.ClientID + " for " + a.Subject
	}
	return a.ClientID
}

// keep makes a grant the present one: durable, or not used at all.
func (a *Access) keep(ctx context.Context, g journal.Grant) error {
	a.grant, a.unkept = &g, true
	_, err := a.Vault.ChangeSecrets(ctx, a.Connection, func(s *journal.Secrets) error {
		s.Grant = g
		return nil
	})
	if err != nil {
		return fmt.Errorf("its new tokens are not stored yet: %w", err)
	}
	a.unkept = false
	return nil
}

// renew gets a new token. The caller has the turn.
func (a *Access) renew(ctx context.Context, g journal.Grant) (journal.Grant, error) {
	// Who waits may leave; a refresh that was sent must not be left, or its new pair is lost.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	ask := map[string]string{"grant_type": "refresh_token", "refresh_token": g.Refresh}
	switch {
	case a.AuthorizeURL == "":
		if ask = map[string]string{"grant_type": "client_credentials"}; a.Audience != "" {
			ask["audience"] = a.Audience
		}
		if a.Subject != "" {
			ask["sub"] = a.Subject
		}
	case g.Refresh == "":
		return g, fmt.Errorf("%s: %w", cmp.Or(g.Refused, "nobody has connected it yet"), sdk.ErrDisconnected)
	}
	got, err := a.request(ctx, ask)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.code == "invalid_grant" && a.AuthorizeURL != "":
		a.Log.Error("disconnected: the product takes the refresh token no longer", "connection", a.Connection)
		g.Access, g.Refresh, g.Refused = "", "", "access was revoked, or was not used for too long"
		return g, errors.Join(fmt.Errorf("%s: %w", g.Refused, sdk.ErrDisconnected), a.keep(ctx, g))
	case errors.As(err, &no) && no.final():
		return g, fmt.Errorf("%w: %w", no, sdk.ErrDisconnected)
	case err != nil:
		return g, err
	}
	return a.take(ctx, g, got)
}

// take makes tokens just got the present ones.
func (a *Access) take(ctx context.Context, g journal.Grant, got tokens) (journal.Grant, error) {
	now := a.Now()
	g.Client, g.Access, g.Refresh, g.Expires, g.Refused = a.client(), got.Access, cmp.Or(got.Refresh, g.Refresh), got.expires(now), ""
	if got.Scope != "" {
		g.Scopes = strings.Fields(got.Scope)
	}
	if g.Given.IsZero() {
		g.Given = now
	}
	a.renewed = now
	return g, a.keep(ctx, g)
}

// change takes the code of a consent. Without a new grant the old one stays as it is.
func (a *Access) change(ctx context.Context, code, redirect, verifier string) error {
	if _, err := a.begin(ctx); err != nil {
		return err
	}
	defer a.end()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	ask := map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
	if verifier != "" {
		ask["code_verifier"] = verifier
	}
	got, err := a.request(ctx, ask)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.code == "invalid_grant":
		return errors.New("the product did not accept the code: it was used before, came too late, or was asked with another redirect address")
	case errors.As(err, &no) && no.code == "invalid_client":
		return errors.New("the product does not know the app by these credentials: check client_id and client_secret")
	case err != nil:
		return err
	}
	_, err = a.take(ctx, journal.Grant{Scopes: a.Scopes}, got)
	return err
}

// Status is how an access stands.
type Status struct {
	Connected bool      `json:"connected"`
	Given     time.Time `json:"given,omitzero"`
	Wanted    []string  `json:"wanted,omitempty"`  // scopes that the rules in use need
	Missing   []string  `json:"missing,omitempty"` // of those, what was not granted
	Consents  bool      `json:"consents"`          // a person connects it, on a consent page
	Error     string    `json:"error,omitempty"`   // why it is not connected
}

// Problems is what keeps a connected access from all that the rules in use need.
func (s Status) Problems() []sdk.Problem {
	if len(s.Missing) == 0 {
		return nil
	}
	return []sdk.Problem{{
		Summary: "These permissions were not granted: " + strings.Join(s.Missing, ", "),
		Fix:     "Give the app these scopes where it is registered, check the audience, and connect again.",
	}}
}

// Status is how the access stands as far as it was tried.
func (a *Access) Status(ctx context.Context) Status {
	s := Status{Wanted: a.Scopes, Consents: a.AuthorizeURL != ""}
	g, err := a.begin(ctx)
	if err != nil {
		s.Error = err.Error()
		return s
	}
	defer a.end()
	s.Given, s.Connected = g.Given, g.Access != "" && g.Refused == ""
	switch {
	case !s.Connected && s.Consents:
		s.Error = cmp.Or(g.Refused, "nobody has connected it yet")
	case !s.Connected:
		s.Error = "no token was got yet"
	case s.Consents:
		s.Missing = slices.DeleteFunc(slices.Clone(a.Scopes), func(scope string) bool { return slices.Contains(g.Scopes, scope) })
	}
	return s
}
