package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Refusal is an answer of the token endpoint that refuses: Code is one of RFC 6749, section 5.2.
type Refusal struct {
	Status int
	Code   string
	Text   string
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// As Auth0 words them (lever.md, section 7).
var (
	badClient = &Refusal{http.StatusUnauthorized, "invalid_client", "Unauthorized"}
	badCode   = &Refusal{http.StatusForbidden, "invalid_grant", "Invalid authorization code"}
	badVerify = &Refusal{http.StatusForbidden, "invalid_grant", "Failed to verify code verifier"}
	badToken  = &Refusal{http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token."}
	badBody   = &Refusal{http.StatusBadRequest, "invalid_request", "The body is neither a form nor JSON."}
)

// giveToken is the token endpoint.
func (s *Server) giveToken(w http.ResponseWriter, r *http.Request) {
	answer, err := s.tokens(w, r)
	status, body := http.StatusOK, any(answer)
	if err != nil {
		if status, body = err.Status, map[string]string{"error": err.Code, "error_description": err.Text}; s.Word != nil {
			status, body = s.Word(*err)
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the caller has left
}

func (s *Server) tokens(w http.ResponseWriter, r *http.Request) (map[string]any, *Refusal) {
	q, no := s.parameters(w, r)
	if no != nil {
		return nil, no
	}
	users := s.users()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isApp(r, q) {
		return nil, badClient
	}
	switch q.Get("grant_type") {
	case "authorization_code":
		if s.Authorize != "" {
			return s.changeCode(q)
		}
	case "refresh_token":
		return s.renew(q.Get("refresh_token"))
	case "client_credentials":
		if s.Machines {
			return s.machine(q.Get("sub"), users)
		}
	case "":
		return nil, &Refusal{http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type"}
	}
	return nil, &Refusal{http.StatusForbidden, "unauthorized_client", "Grant type '" + q.Get("grant_type") + "' not allowed for the client."}
}

// parameters are those of the body, form or JSON.
func (s *Server) parameters(w http.ResponseWriter, r *http.Request) (url.Values, *Refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	if err != nil {
		return nil, badBody
	}
	q := url.Values{}
	if s.InQuery {
		q = r.URL.Query()
	}
	if len(body) == 0 {
		return q, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	given := url.Values{}
	switch kind {
	case "application/json":
		var object map[string]string
		err = json.Unmarshal(body, &object)
		for name, v := range object {
			given.Set(name, v)
		}
	case "application/x-www-form-urlencoded":
		given, err = url.ParseQuery(string(body))
	default:
		return nil, badBody
	}
	if err != nil {
		return nil, badBody
	}
	for name := range given {
		q.Set(name, given.Get(name))
	}
	return q, nil
}

// isApp tells whether the client proved who it is, in the way that the product asks for.
func (s *Server) isApp(r *http.Request, q url.Values) bool {
	id, secret := q.Get("client_id"), q.Get("client_secret")
	if s.Basic {
		id, secret, _ = r.BasicAuth()
	}
	known := same(id, s.app.ID)
	return same(secret, s.app.Secret) && known
}

// changeCode takes a code, whatever comes of it: a second try needs a new one.
func (s *Server) changeCode(q url.Values) (map[string]any, *Refusal) {
	c := s.codes[q.Get("code")]
	delete(s.codes, q.Get("code"))
	switch {
	case c == nil || !s.world.Clock.Now().Before(c.until) || c.redirect != q.Get("redirect_uri"):
		return nil, badCode
	case c.challenge != "" && !same(challenge(q.Get("code_verifier")), c.challenge):
		return nil, badVerify
	}
	s.grants = append(s.grants, c.grant)
	return s.issue(c.grant), nil
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// renew changes a refresh token into a new pair. The old pair is dead then.
func (s *Server) renew(token string) (map[string]any, *Refusal) {
	g := s.refreshs[token]
	delete(s.refreshs, token)
	if g == nil || g.Revoked || !s.world.Clock.Now().Before(g.until) {
		return nil, badToken
	}
	g.Renewed++
	s.forget(g)
	return s.issue(g), nil
}

// machine grants what the app is registered for.
func (s *Server) machine(user string, users []User) (map[string]any, *Refusal) {
	if user != "" && !slices.ContainsFunc(users, func(u User) bool { return u.ID == user }) {
		return nil, &Refusal{http.StatusBadRequest, "invalid_request", "sub is no user"}
	}
	for _, g := range s.grants {
		if g.Machine && s.OneToken {
			g.Revoked = true
			s.forget(g)
		}
	}
	g := &grant{ID: s.world.Hex(8), User: user, Scopes: s.app.Scopes, Machine: true, At: s.world.Clock.Now()}
	s.grants = append(s.grants, g)
	return s.issue(g), nil
}

// forget kills the tokens that a grant has.
func (s *Server) forget(g *grant) {
	delete(s.refreshs, g.refresh)
	for token, a := range s.accesses {
		if a.grant == g {
			delete(s.accesses, token)
		}
	}
}

// issue gives a new pair.
func (s *Server) issue(g *grant) map[string]any {
	now := s.world.Clock.Now()
	until := now.Add(s.AccessLife)
	token := s.jwt(g, now, until)
	s.accesses[token] = &access{g, until}
	answer := map[string]any{"access_token": token, "token_type": "Bearer", "scope": strings.Join(g.Scopes, " ")}
	if s.Moment {
		answer["expires_at"] = until.Format(time.RFC3339)
	} else {
		answer["expires_in"] = int(s.AccessLife.Seconds())
	}
	if !g.Machine && (s.Offline == "" || slices.Contains(g.Scopes, s.Offline)) {
		g.refresh, g.until = "v1."+s.world.Hex(24), now.Add(s.RefreshLife)
		s.refreshs[g.refresh] = g
		answer["refresh_token"] = g.refresh
	}
	return answer
}

// jwt words an access token as products do, with a signature that means nothing: here only the server itself reads it.
func (s *Server) jwt(g *grant, now, until time.Time) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // plain data of ours
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." + part(map[string]any{
		"sub": g.User, "aud": s.Audience, "azp": s.app.ID, "iat": now.Unix(), "exp": until.Unix(), "scope": strings.Join(g.Scopes, " "),
	}) + "." + s.world.Hex(32)
}
