package oauth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Desk is where people give their consent. Fill the fields; its methods may be called concurrently.
type Desk struct {
	Accesses map[string]*Access // by connection
	Redirect func() string      // the callback's address, as the products know it
	// Connected is told that a connection has new access, before the person is; what is still to be mended at the product is its answer.
	Connected func(ctx context.Context, conn string) ([]sdk.Problem, error)
	Now       func() time.Time
	Log       *slog.Logger

	mu       sync.Mutex
	consents []*consent // the oldest first
}

// consent is one that was begun.
type consent struct {
	Consent
	access   *Access
	state    string // emptied when it is used
	verifier string // of PKCE; empty: not used
	redirect string
}

// Consent is one that was begun, as whoever began it sees it.
type Consent struct {
	ID       string        `json:"id"` // to ask after it; not the state
	Conn     string        `json:"connection"`
	URL      string        `json:"url"`      // to open in a browser
	Redirect string        `json:"redirect"` // where the product sends the person then: to be registered there
	Scopes   []string      `json:"scopes"`
	Until    time.Time     `json:"until"`
	Done     bool          `json:"done"`
	Error    string        `json:"error,omitempty"` // done, and it came to nothing: why
	Problems []sdk.Problem `json:"problems,omitempty"`
}

const (
	consentTime  = 10 * time.Minute // to answer a consent page
	mostConsents = 32               // that are remembered
	longest      = 4096             // bytes of what comes back
	readyTime    = 20 * time.Second // for what is to be made at the product; the person waits for the page
)

// Begin begins a consent for a connection.
func (d *Desk) Begin(conn string) (Consent, error) {
	a := d.Accesses[conn]
	switch {
	case a == nil:
		return Consent{}, fmt.Errorf("%s has no client_id: it is not connected by consent", conn)
	case a.AuthorizeURL == "":
		return Consent{}, fmt.Errorf("%s needs nobody's consent: its client_id and client_secret are enough", conn)
	}
	u, err := url.Parse(a.AuthorizeURL)
	if err != nil {
		return Consent{}, fmt.Errorf("%s: the address of the consent page is none", conn)
	}
	c := &consent{access: a, state: rand.Text(), redirect: d.Redirect()}
	q := u.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": a.ClientID, "redirect_uri": c.redirect, "state": c.state,
		"scope": strings.Join(a.Scopes, " "), "audience": a.Audience,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if a.PKCE {
		c.verifier = rand.Text() + rand.Text()
		sum := sha256.Sum256([]byte(c.verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	u.RawQuery = q.Encode()
	c.Consent = Consent{
		ID: rand.Text(), Conn: conn, URL: u.String(), Redirect: c.redirect, Scopes: a.Scopes, Until: d.Now().Add(consentTime),
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.consents = append(d.consents, c); len(d.consents) > mostConsents {
		d.consents = d.consents[1:]
	}
	return c.Consent, nil
}

// Consent tells what became of one.
func (d *Desk) Consent(id string) (Consent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.consents, func(c *consent) bool { return c.ID == id })
	if i < 0 {
		return Consent{}, errors.New("no such consent was begun, or it is long gone")
	}
	got := d.consents[i].Consent
	if !got.Done && !d.Now().Before(got.Until) {
		got.Done, got.Error = true, "nobody came back from the product within 10 minutes"
	}
	return got, nil
}

// errState: the answer belongs to no consent that waits.
var errState = errors.New("this answer belongs to no consent that was begun here: it was used before, is older than 10 minutes, or is not ours")

// claim finds the consent of a state, which nobody can use again.
func (d *Desk) claim(state string) (*consent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found *consent
	for _, c := range d.consents { // all of them, so that the time it takes tells nothing
		if subtle.ConstantTimeCompare([]byte(c.state), []byte(state)) == 1 && c.state != "" {
			found = c
		}
	}
	if found == nil {
		return nil, errState
	}
	found.state = ""
	if !d.Now().Before(found.Until) {
		return nil, errState
	}
	return found, nil
}

// answer takes what came back to the callback.
func (d *Desk) answer(ctx context.Context, q url.Values) (Consent, error) {
	c, err := d.claim(q.Get("state"))
	if err != nil {
		d.Log.Warn("consent refused: its state is unknown")
		return Consent{}, err
	}
	problems, err := d.complete(ctx, c, q)
	d.mu.Lock()
	defer d.mu.Unlock()
	c.Done, c.Problems = true, problems
	if err != nil {
		c.Error = err.Error()
		d.Log.Warn("not connected", "connection", c.Conn, "error", err)
		return c.Consent, nil
	}
	d.Log.Info("connected", "connection", c.Conn)
	return c.Consent, nil
}

// complete changes the code and has the product made ready.
func (d *Desk) complete(ctx context.Context, c *consent, q url.Values) ([]sdk.Problem, error) {
	switch code := q.Get("code"); {
	case q.Get("error") == "access_denied":
		return nil, errors.New("the consent was denied")
	case q.Has("error"):
		return nil, fmt.Errorf("the product refused: %s", cmp.Or(clean(q.Get("error_description")), clean(q.Get("error")), "it does not say why"))
	case code == "" || len(code) > longest:
		return nil, errors.New("the product sent no code")
	default:
		if err := c.access.change(ctx, code, c.redirect, c.verifier); err != nil {
			return nil, err
		}
	}
	ready, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime) // a browser that leaves cuts nothing
	defer cancel()
	problems, err := d.Connected(ready, c.Conn)
	if err != nil {
		problems = append(problems, sdk.Problem{Summary: "What else is missing could not be found out", Fix: err.Error()})
	}
	return append(problems, c.access.Status(ctx).Problems()...), nil
}

// clean is a short text of somebody else, on one line.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r > '~' {
			return -1
		}
		return r
	}, s[:min(len(s), 200)])
	return strings.TrimSpace(s)
}

// Renew renews what has not been used for long, so that no refresh token ends because nothing happened.
func (d *Desk) Renew(ctx context.Context) error {
	var failed error
	for name, a := range d.Accesses {
		if _, err := a.Token(ctx); err != nil && !errors.Is(err, sdk.ErrDisconnected) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return failed
}
