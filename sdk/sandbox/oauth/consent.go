package oauth

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is what an app asks for, once it is known where to send an answer.
type request struct {
	redirect  *url.URL
	state     string
	scopes    []string // that can be granted
	challenge string   // of PKCE; empty: none
	until     time.Time
}

// code is what the app gets for a consent, and changes into tokens once.
type code struct {
	grant     *grant
	redirect  string
	challenge string
	until     time.Time
}

// pageLife is how long a consent page can be answered.
const pageLife = 10 * time.Minute

// ask reads what a consent page is opened with. What must not be sent to a redirect is a page's error; what may is in the URL.
func (s *Server) ask(q url.Values) (*request, *url.URL, *Refusal) {
	redirect, no := s.redirect(q)
	if no != nil {
		return nil, nil, no
	}
	back := func(code, text string) *url.URL {
		return with(redirect, url.Values{"error": {code}, "error_description": {text}, "state": {q.Get("state")}})
	}
	if q.Get("response_type") != "code" {
		return nil, back("unsupported_response_type", "Only response_type code is supported."), nil
	}
	r := &request{redirect: redirect, state: q.Get("state"), until: s.world.Clock.Now().Add(pageLife)}
	asked := strings.Fields(q.Get("scope"))
	if s.MostScope > 0 && len(asked) > s.MostScope {
		return nil, back("invalid_scope", "Too many scopes are asked for."), nil
	}
	for _, scope := range asked {
		switch {
		case scope != s.Offline && !slices.Contains(s.app.Scopes, scope):
			return nil, back("invalid_scope", "The app may not ask for "+scope+"."), nil
		case scope == s.Offline || s.Audience == "" || q.Get("audience") == s.Audience:
			r.scopes = append(r.scopes, scope)
		}
	}
	if s.PKCE {
		r.challenge = q.Get("code_challenge")
		if r.challenge != "" && q.Get("code_challenge_method") != "S256" {
			return nil, back("invalid_request", "Only code_challenge_method S256 is supported."), nil
		}
	}
	return r, nil, nil
}

// redirect is where the answer goes, if app and address are known.
func (s *Server) redirect(q url.Values) (*url.URL, *Refusal) {
	if !same(q.Get("client_id"), s.app.ID) {
		return nil, &Refusal{http.StatusBadRequest, "invalid_request", "Unknown client: " + q.Get("client_id")}
	}
	text := q.Get("redirect_uri")
	u, err := url.Parse(text)
	known := len(s.app.Redirects) == 0 || slices.Contains(s.app.Redirects, text)
	if err != nil || u.Host == "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" || !known {
		return nil, &Refusal{http.StatusForbidden, "unauthorized_client", "Callback URL mismatch. " + text + " is not in the list of allowed callback URLs."}
	}
	if q.Get("state") == "" {
		return nil, &Refusal{http.StatusBadRequest, "invalid_request", "Missing required parameter: state"}
	}
	return u, nil
}

// with adds parameters to those that an address has.
func with(u *url.URL, more url.Values) *url.URL {
	out, q := *u, u.Query()
	for name := range more {
		q.Set(name, more.Get(name))
	}
	out.RawQuery = q.Encode()
	return &out
}

//go:embed consent.html
var consentText string

var consentPage = template.Must(template.New("consent").Parse(consentText))

// showConsent is the page that a person sees.
func (s *Server) showConsent(w http.ResponseWriter, r *http.Request) {
	users := s.users()
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, back, no := s.ask(r.URL.Query())
	switch {
	case no != nil:
		http.Error(w, no.Code+": "+no.Text, no.Status)
	case back != nil:
		http.Redirect(w, r, back.String(), http.StatusFound)
	default:
		id := s.world.Hex(16)
		s.asked[id] = asked
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		// No form-action: browsers hold it against the redirect that follows the form.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		_ = consentPage.Execute(w, struct { // an error means that the caller has left
			Product, ID, App string
			Scopes           []string
			Users            []User
		}{s.Product, id, s.app.ID, asked.scopes, users})
	}
}

// users are who can consent. The product may ask Bearer while it holds a lock that this takes, so s.mu is not held.
func (s *Server) users() []User {
	if s.Users == nil {
		return []User{{}}
	}
	return s.Users()
}

// takeConsent is a click on that page.
func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PostFormValue("request")
	asked := s.asked[id]
	delete(s.asked, id)
	if asked == nil || !s.world.Clock.Now().Before(asked.until) {
		http.Error(w, "invalid_request: this page was answered before, or is too old.", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, s.decide(asked, r.PostFormValue("user"), r.PostFormValue("decision") == "allow").String(), http.StatusFound)
}

// decide is where a person's word on a request leads.
func (s *Server) decide(asked *request, user string, allow bool) *url.URL {
	if !allow {
		return with(asked.redirect, url.Values{
			"error": {"access_denied"}, "error_description": {"User did not authorize the request"}, "state": {asked.state},
		})
	}
	now := s.world.Clock.Now()
	key := s.world.Hex(16)
	s.codes[key] = &code{
		grant:    &grant{ID: s.world.Hex(8), User: user, Scopes: asked.scopes, At: now},
		redirect: asked.redirect.String(), challenge: asked.challenge, until: now.Add(s.CodeLife),
	}
	return with(asked.redirect, url.Values{"code": {key}, "state": {asked.state}})
}
