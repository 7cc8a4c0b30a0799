package oauth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// Acts are what people do at the authorization server; the product adds them to its own.
func (s *Server) Acts() map[string]sandbox.Act {
	return map[string]sandbox.Act{
		"oauth_consent": sandbox.Do(s.actConsent), "oauth_revoke": sandbox.Do(s.actRevoke), "oauth_app": sandbox.Do(s.actApp),
	}
}

type consentArgs struct {
	URL  string `json:"url"`  // that the app sent the person to
	User string `json:"user"` // who clicks; empty: the first who can
	Deny bool   `json:"deny"`
}

func (s *Server) actConsent(args consentArgs) (any, error) {
	users := s.users()
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := url.Parse(args.URL)
	if err != nil || s.Authorize == "" || u.Path != s.Authorize {
		return nil, fmt.Errorf("the URL is not that of the consent page, %q", s.Authorize)
	}
	user := args.User
	if user == "" && len(users) > 0 {
		user = users[0].ID
	} else if user != "" && !slices.ContainsFunc(users, func(u User) bool { return u.ID == user }) {
		return nil, fmt.Errorf("user %q: %w", user, sandbox.ErrNotFound)
	}
	asked, back, no := s.ask(u.Query())
	switch {
	case no != nil:
		return nil, no
	case back == nil:
		back = s.decide(asked, user, !args.Deny)
	}
	return map[string]string{"location": back.String()}, nil
}

func (s *Server) actRevoke(args struct {
	User string `json:"user"`
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	revoked := 0
	for _, g := range s.grants {
		if !g.Revoked && (args.User == "" || g.User == args.User) {
			g.Revoked = true
			s.forget(g)
			revoked++
		}
	}
	return map[string]int{"revoked": revoked}, nil
}

type appArgs struct {
	ClientID     *string   `json:"client_id"`
	ClientSecret *string   `json:"client_secret"`
	Redirects    *[]string `json:"redirects"`
	Scopes       *[]string `json:"scopes"`
}

func (s *Server) actApp(args appArgs) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if args.ClientID != nil && *args.ClientID == "" || args.ClientSecret != nil && *args.ClientSecret == "" {
		return nil, errors.New("an app has an id and a secret")
	}
	set(&s.app.ID, args.ClientID)
	set(&s.app.Secret, args.ClientSecret)
	set(&s.app.Redirects, args.Redirects)
	set(&s.app.Scopes, args.Scopes)
	return s.app, nil
}

func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

// State is what a test wants to see: how the app is registered, and what was granted, the oldest first. It has no token.
type State struct {
	App    any     `json:"app"`
	Grants []grant `json:"grants"`
}

// State is the state now.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{App: s.app, Grants: []grant{}}
	for _, g := range s.grants {
		out.Grants = append(out.Grants, *g)
	}
	return out
}

// Apps is the product's page of authorized apps: who allowed what, each with a button to take it back.
func (s *Server) Apps() sandbox.Table {
	t := sandbox.Table{Title: "Authorized apps", Columns: []string{"App", "Allowed by", "Permissions", "State"}}
	for _, g := range s.State().Grants {
		row := sandbox.Row{Cells: []any{s.appID(), g.User, g.Scopes, "allowed"}}
		if g.Revoked {
			row.Cells[3] = "revoked"
		} else {
			row.Forms = []sandbox.Form{{Act: "oauth_revoke", Label: "Revoke", Fields: []sandbox.Field{{Name: "user", Value: g.User}}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (s *Server) appID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.app.ID
}
