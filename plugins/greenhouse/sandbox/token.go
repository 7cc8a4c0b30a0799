package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// clientID is that of the client that there is from the start; its secret is [oauth.DefaultClientSecret]. Greenhouse's end in a number.
const clientID = "sandbox-client-1"

const tokenPath, consentPath = "/token", "/authorize"

// newAuthorization is auth.greenhouse.io, with one client, which is a customer's own (client credentials) or a partner's (consent), as it
// likes. It has the scopes that the guides have ticked, until the act permission changes them.
func (o *organization) newAuthorization() *oauth.Server {
	return oauth.New(o.world, oauth.Options{
		Product: "Greenhouse", Authorize: consentPath, Token: tokenPath, Scopes: slices.Clone(ticked), Users: o.consenters, Machines: true,
		OneToken: true, Basic: true, InQuery: true, Moment: true, Word: func(no oauth.Refusal) (int, any) {
			return no.Status, map[string]string{"error": no.Code}
		},
	})
}

// ticked are the permissions that the guides of vendors have a customer tick (section 3.3).
var ticked = []string{
	"harvest:users:list", "harvest:users:create", "harvest:applications:update", "harvest:applications:list",
	"harvest:custom_fields:create", "harvest:custom_fields:list", "harvest:custom_field_options:create", "harvest:custom_field_options:list",
}

// consenters are who can consent, or be named as sub; the first is the service account. Whoever asks holds the lock.
func (o *organization) consenters() (all []oauth.User) {
	for _, u := range o.users {
		switch id := strconv.Itoa(u.id); {
		case u.service:
			all = append(all, oauth.User{ID: id, Name: "a service account"})
		case !u.deactivated:
			all = append(all, oauth.User{ID: id, Name: u.name()})
		}
	}
	return all
}

// scopes are the client's permissions now.
func (o *organization) scopes() []string {
	var app struct{ Scopes []string }
	if err := json.Unmarshal(plain(o.oauth.State().App), &app); err != nil {
		panic(err) // it was just written
	}
	return app.Scopes
}

// authorize passes a request on to the authorization server, whose options and users are the organization's and stand still meanwhile.
func (o *organization) authorize(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	if err != nil {
		http.Error(w, "The body could not be read.", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doors.ServeHTTP(w, r)
}

// actPermission takes effect at once when it takes away, and with the next token when it gives (section 3.3).
func (o *organization) actPermission(args struct {
	Scope string
	On    bool
}) ([]string, error) {
	if strings.Count(args.Scope, ":") != 2 || !strings.HasPrefix(args.Scope, "harvest:") {
		return nil, fmt.Errorf("scope %q is not of the form harvest:resource:verb", args.Scope)
	}
	scopes := slices.DeleteFunc(o.scopes(), func(s string) bool { return s == args.Scope })
	if args.On {
		scopes = append(scopes, args.Scope)
	}
	_, err := o.oauth.Acts()["oauth_app"](plain(object{"scopes": scopes}))
	return scopes, err
}

// window is what a client has used of Greenhouse's fixed window (section 8).
type window struct {
	begun time.Time
	used  int
}

// limit counts a request and announces what is left, on refusals too; false: nothing is. The control plane's limit of 0 lifts it.
func (o *organization) limit(h http.Header, client string) bool {
	most, length, now := o.settings.RateLimit, time.Duration(o.settings.RateWindow), o.now()
	if q := o.world.Limit.Take(client); most <= 0 || q.Remaining == q.Limit {
		return true
	}
	win := o.windows[client]
	if win == nil || now.Before(win.begun) || !now.Before(win.begun.Add(length)) {
		win = &window{begun: now}
		o.windows[client] = win
	}
	win.used++
	end := win.begun.Add(length)
	h.Set("X-RateLimit-Limit", strconv.Itoa(most))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(most-win.used, 0)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(end.Unix(), 10))
	if win.used > most {
		h.Set("Retry-After", strconv.Itoa(int(end.Sub(now)/time.Second)+1))
		return false
	}
	return true
}
