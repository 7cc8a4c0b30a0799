package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/sdk"
	server "github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// An access is renewed before its token ends, and the pair before it is dead by then.
func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.access.Token(t.Context())
	r.wantDisconnected(err, "nobody has connected it yet")
	r.connect()
	first := r.token()
	if got := r.whoami(first); got != "u1 offline_access notes:write" {
		t.Fatalf("the first token: %s", got)
	}
	r.advance(57 * time.Minute)
	if r.token() != first {
		t.Error("renewed without need")
	}
	r.advance(90 * time.Second) // a minute and a half before its end
	second := r.token()
	if second == first || r.whoami(second) != "u1 offline_access notes:write" || r.whoami(first) != "401" {
		t.Errorf("not renewed: %s", r.whoami(second))
	}
	if n := r.renewals(); n != 1 {
		t.Errorf("%d renewals", n)
	}
}

// However many need a token when it has ended, and whoever of them leaves, it is renewed once: the second use of a refresh token would lose
// everything.
func TestOneRefreshAtATime(t *testing.T) {
	r := newRig(t, nil)
	r.connect()
	old := r.token()
	r.advance(2 * time.Hour)
	r.fail(`[{"path":"/oauth/token","kind":"slow","delay":"50ms","count":1}]`)
	var all sync.WaitGroup
	tokens := make([]string, 20)
	for i := range tokens {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%4 == 0 {
				cancel() // has left before it is answered
			}
			defer cancel()
			var err error
			if tokens[i], err = r.access.Token(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if i%4 == 1 {
				if err := r.access.Refused(ctx, old); err != nil {
					t.Errorf("what was refused is renewed already: %v", err)
				}
			}
		})
	}
	all.Wait()
	for i, token := range tokens {
		if token != "" && token != r.token() {
			t.Errorf("%d has another token", i)
		}
	}
	if n := r.renewals(); n != 1 {
		t.Errorf("%d renewals", n)
	}
}

// A token that the product refuses before its time is renewed, but not for ever.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	r := newRig(t, nil)
	r.connect()
	r.advance(5 * time.Minute)
	if err := r.access.Refused(t.Context(), r.token()); err != nil {
		t.Fatal(err)
	}
	if got := r.whoami(r.token()); got != "u1 offline_access notes:write" {
		t.Errorf("the new one: %s", got)
	}
	r.wantDisconnected(r.access.Refused(t.Context(), r.token()), "a new token is refused too")
	if n := r.renewals(); n != 1 {
		t.Errorf("%d renewals", n)
	}
}

// The new pair is durable before it is used: a host that is killed goes on with it; one that could not store it does not use it.
func TestANewPairIsKeptBeforeItIsUsed(t *testing.T) {
	t.Run("killed between storing and using", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		r.advance(time.Hour)
		token := r.token() // stored now; nobody gets to use it
		r.kill()
		r.start()
		if r.token() != token || r.whoami(token) == "401" || r.renewals() != 1 {
			t.Error("the host that was started again does not have the pair that was stored")
		}
		r.advance(time.Hour)
		if r.whoami(r.token()) == "401" {
			t.Error("and cannot renew it")
		}
	})
	t.Run("not stored", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		vault := &flaky{Journal: r.journal}
		r.web.Close()
		r.open(vault)
		r.advance(time.Hour)
		vault.set(true)
		for range 2 {
			token, err := r.access.Token(t.Context())
			if token != "" || err == nil || !strings.Contains(err.Error(), "not stored") || errors.Is(err, sdk.ErrDisconnected) {
				t.Fatalf("used before it was stored: %v", err)
			}
		}
		vault.set(false)
		if r.whoami(r.token()) == "401" || r.renewals() != 1 {
			t.Error("the pair that could not be stored was lost")
		}
	})
}

// What was revoked is disconnected, also after a restart, and goes on once it is connected again.
func TestRevokedAndConnectedAgain(t *testing.T) {
	r := newRig(t, nil)
	r.connect()
	r.act("oauth_revoke", map[string]string{})
	r.advance(2 * time.Minute)
	r.wantDisconnected(r.access.Refused(t.Context(), r.token()), "access was revoked")
	_, err := r.access.Token(t.Context())
	r.wantDisconnected(err, "access was revoked")
	r.kill()
	r.start()
	_, err = r.access.Token(t.Context())
	r.wantDisconnected(err, "access was revoked")
	if s := r.access.Status(t.Context()); s.Connected || !strings.Contains(s.Error, "access was revoked") {
		t.Errorf("%+v", s)
	}
	r.connect()
	if s := r.access.Status(t.Context()); !s.Connected || s.Given.IsZero() || len(s.Missing) > 0 || r.whoami(r.token()) == "401" {
		t.Errorf("%+v", s)
	}
}

// What goes wrong at the token endpoint for a while costs nothing; what a person has to mend rests without losing the grant.
func TestTroubleOfTheTokenEndpoint(t *testing.T) {
	for _, tt := range []struct {
		name, fault  string
		disconnected bool
	}{
		{"500", `[{"path":"/oauth/token","kind":"status","status":500,"count":1}]`, false},
		{"429", `[{"path":"/oauth/token","kind":"status","status":429,"count":1}]`, false},
		{"cut", `[{"path":"/oauth/token","kind":"reset","count":1}]`, false},
		{"400 without a word", `[{"path":"/oauth/token","kind":"status","status":400,"count":1}]`, true},
		{"401 however the app says who it is", `[{"path":"/oauth/token","kind":"status","status":401,"count":2}]`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.connect()
			r.advance(time.Hour)
			r.fail(tt.fault)
			if _, err := r.access.Token(t.Context()); err == nil || errors.Is(err, sdk.ErrDisconnected) != tt.disconnected {
				t.Errorf("%v", err)
			}
			if r.whoami(r.token()) == "401" {
				t.Error("the grant was lost")
			}
		})
	}
	t.Run("the answer to a refresh is lost", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		r.advance(time.Hour)
		r.fail(`[{"path":"/oauth/token","kind":"lost","count":1}]`)
		if _, err := r.access.Token(t.Context()); err == nil || errors.Is(err, sdk.ErrDisconnected) {
			t.Errorf("nobody knows yet: %v", err)
		}
		_, err := r.access.Token(t.Context())
		r.wantDisconnected(err, "access was revoked")
	})
	t.Run("a wrong secret, mended", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		r.act("oauth_app", map[string]string{"client_secret": "new"})
		r.advance(time.Hour)
		_, err := r.access.Token(t.Context())
		r.wantDisconnected(err, "invalid_client")
		r.kill()
		r.app.ClientSecret = "new"
		r.start()
		if r.whoami(r.token()) == "401" {
			t.Error("the grant was lost")
		}
	})
	t.Run("another app", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		r.kill()
		r.app.ClientID = "other"
		r.start()
		_, err := r.access.Token(t.Context())
		r.wantDisconnected(err, "nobody has connected it yet")
	})
	t.Run("who is not the host", func(t *testing.T) {
		r := newRig(t, nil)
		r.connect()
		r.web.Close()
		r.open(nil)
		_, err := r.access.Token(t.Context())
		r.wantDisconnected(err, "belongs to the host that runs")
	})
}

// Greenhouse's way: nobody consents, the app's own credentials in a header are enough, and a second token would kill the first.
func TestClientCredentials(t *testing.T) {
	r := newRig(t, func(o *server.Options) {
		*o = server.Options{
			Token: "/token", Machines: true, OneToken: true, Basic: true, Moment: true, Scopes: []string{"users:list"},
			Users: func() []server.User { return []server.User{{ID: "u1"}} },
		}
	})
	first := r.token()
	if got := r.whoami(first); got != " users:list" {
		t.Fatalf("%q", got)
	}
	r.kill()
	r.start()
	if r.token() != first || !r.access.Status(t.Context()).Connected {
		t.Error("after a restart another token was asked for")
	}
	r.advance(time.Hour)
	if second := r.token(); second == first || r.whoami(second) == "401" {
		t.Error("not renewed")
	}
	r.act("oauth_revoke", map[string]string{})
	r.advance(2 * time.Minute)
	if err := r.access.Refused(t.Context(), r.token()); err != nil || r.whoami(r.token()) == "401" {
		t.Errorf("a killed token is replaced: %v", err)
	}
	if _, err := r.desk.Begin(conn); err == nil || !strings.Contains(err.Error(), "nobody's consent") {
		t.Errorf("%v", err)
	}
	r.kill()
	r.app.Subject = "u1"
	r.start()
	if got := r.whoami(r.token()); got != "u1 users:list" {
		t.Errorf("with the subject u1 the token is that of %q", got)
	}
	r.act("oauth_app", map[string]string{"client_secret": "new"})
	r.advance(time.Hour)
	_, err := r.access.Token(t.Context())
	r.wantDisconnected(err, "invalid_client")
}

// What a token endpoint may say that is none of what we can use.
func TestOddAnswersOfATokenEndpoint(t *testing.T) {
	r := newRig(t, nil)
	r.connect()
	r.advance(time.Hour)
	for _, answer := range []string{
		``, `[]`, `{}`, `{"access_token":7}`, `{"access_token":"a\r\nX: y"}`, `{"access_token":"a","token_type":"mac"}`,
		`{"access_token":"` + strings.Repeat("a", 1<<19) + `"}`,
	} {
		app := r.app
		app.TokenURL = "http://token.example/"
		a := oauth.New(app, oauth.Options{Vault: r.journal, Now: r.now, HTTP: &http.Client{Transport: says(answer)}})
		if _, err := a.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "the token endpoint") {
			t.Errorf("%.40s: %v", answer, err)
		}
	}
	if r.whoami(r.token()) == "401" {
		t.Error("the grant was lost")
	}
}

// says answers everything with 200 and one text.
type says string

func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: readCloser{strings.NewReader(string(s))}}, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// Nothing that is secret is printed, whatever prints it.
func TestNothingSecretIsTold(t *testing.T) {
	r := newRig(t, nil)
	c := r.begin()
	back := r.allow(c.URL, false)
	if status, _ := r.visit(back); status != http.StatusOK {
		t.Fatal(status)
	}
	r.visit(back)
	r.advance(time.Hour)
	token := r.token()
	kept, err := r.journal.Secrets(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	r.act("oauth_revoke", map[string]string{})
	_, err = r.access.Token(t.Context())
	said := fmt.Sprintf("%v %+v %#v %s %v %v", r.app, r.app, r.app, kept, kept.Grant, err) + r.log.String()
	for _, secret := range []string{token, kept.Grant.Refresh, r.app.ClientSecret, strings.SplitAfter(back, "code=")[1][:16]} {
		if secret == "" || strings.Contains(said, secret) {
			t.Errorf("%q is told: %s", secret, said)
		}
	}
}

// Scopes are those that the rules in use need, and no others.
func TestScopes(t *testing.T) {
	o := &sdk.OAuth{Scopes: []sdk.Scope{
		{Name: "offline_access"}, {Name: "notes:write", Verbs: []sdk.Verb{sdk.VerbNote}},
		{Name: "webhooks:write", Events: []sdk.Kind{sdk.KindApplied, sdk.KindMoved}}, {Name: "files:write", Verbs: []sdk.Verb{sdk.VerbFile}},
	}}
	if got := oauth.Scopes(o, []sdk.Verb{sdk.VerbNote, sdk.VerbTags}, []sdk.Kind{sdk.KindMoved}); strings.Join(got, " ") !=
		"offline_access notes:write webhooks:write" {
		t.Error(got)
	}
	if got := oauth.Scopes(o, nil, nil); strings.Join(got, " ") != "offline_access" {
		t.Error(got)
	}
}

var _ oauth.Vault = (*journal.Journal)(nil)
