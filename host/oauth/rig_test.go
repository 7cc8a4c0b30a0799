package oauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/clock"
	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	server "github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

const (
	conn     = "ats.acme"
	audience = "https://api.acme.example/v1/"
)

// rig is a product with an authorization server, a state file, and what a host has of both.
type rig struct {
	*testing.T
	sandbox *sandbox.Server
	product *httptest.Server
	gate    *egress.Server
	path    string // of the state
	store   *store.Bolt
	journal *journal.Journal
	log     bytes.Buffer
	app     oauth.App
	access  *oauth.Access
	desk    *oauth.Desk
	web     *httptest.Server // the host's, with callback and page
	told    []string         // connections that the desk said are connected
}

// newRig makes a product as Lever is, with one endpoint /whoami, unless change says otherwise.
func newRig(t *testing.T, change func(*server.Options)) *rig {
	t.Helper()
	r := &rig{T: t, path: filepath.Join(t.TempDir(), "state.db")}
	o := server.Options{
		Product: "Acme", Authorize: "/authorize", Token: "/oauth/token", Audience: audience, Offline: "offline_access", PKCE: true,
		Scopes: []string{"notes:write", "stages:read"}, RefreshLife: 90 * 24 * time.Hour,
		Users: func() []server.User { return []server.User{{ID: "u1", Name: "Ada"}} },
	}
	if change != nil {
		change(&o)
	}
	r.sandbox = sandbox.New(sandbox.Options{Rate: -1}, func(w *sandbox.World) sandbox.Product {
		mux := http.NewServeMux()
		s := server.New(w, o)
		s.Mount(mux)
		mux.HandleFunc("GET /v1/whoami", func(rw http.ResponseWriter, q *http.Request) {
			if token, ok := s.Bearer(q); ok {
				fmt.Fprint(rw, token.User, " ", strings.Join(token.Scopes, " "))
				return
			}
			rw.WriteHeader(http.StatusUnauthorized)
		})
		return sandbox.Product{API: mux, Acts: s.Acts(), State: func(string) (any, error) { return s.State(), nil }}
	})
	r.product = httptest.NewServer(r.sandbox)
	t.Cleanup(func() { r.product.Close(); r.sandbox.Close() })
	r.app = oauth.App{
		Connection: conn, TokenURL: r.product.URL + o.Token, Audience: o.Audience, PKCE: o.PKCE,
		ClientID: server.DefaultClientID, ClientSecret: server.DefaultClientSecret, Scopes: []string{"offline_access", "notes:write"},
	}
	if o.Authorize != "" {
		r.app.AuthorizeURL = r.product.URL + o.Authorize
	}
	dir, err := os.MkdirTemp("", "oauth") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if r.gate, err = egress.New(egress.Options{Dir: dir, Clock: clock.Real{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.gate.Close() })
	r.start()
	t.Cleanup(r.kill)
	return r
}

// start has a host open the state, as after a kill.
func (r *rig) start() {
	r.Helper()
	seal, err := journal.OpenSeal(r.path+".key", false)
	if err != nil {
		r.Fatal(err)
	}
	if r.store, err = store.OpenBolt(r.path); err != nil {
		r.Fatal(err)
	}
	r.journal = journal.New(r.store, seal)
	r.open(r.journal)
}

// open makes access and desk with what they are kept in.
func (r *rig) open(v oauth.Vault) {
	r.Helper()
	client, err := r.gate.Direct(conn, r.app.TokenURL, true)
	if err != nil {
		r.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	r.access = oauth.New(r.app, oauth.Options{Vault: v, HTTP: client, Now: r.now, Log: log})
	mux := http.NewServeMux()
	r.web = httptest.NewServer(mux)
	r.desk = &oauth.Desk{
		Accesses: map[string]*oauth.Access{conn: r.access}, Now: r.now, Log: log,
		Redirect: func() string { return r.web.URL + oauth.CallbackPath },
		Connected: func(_ context.Context, conn string) ([]sdk.Problem, error) {
			r.told = append(r.told, conn)
			return []sdk.Problem{{Summary: "A template is missing", Fix: "Make it."}}, nil
		},
	}
	mux.HandleFunc(oauth.CallbackPath, r.desk.Callback)
	mux.HandleFunc(oauth.PagePath, r.desk.Page)
}

// kill ends the host: what is not in the file is lost.
func (r *rig) kill() {
	r.web.Close()
	_ = r.store.Close()
}

func (r *rig) now() time.Time          { return r.sandbox.World().Clock.Now() }
func (r *rig) advance(d time.Duration) { r.sandbox.World().Clock.Advance(d) }

// act has somebody do something at the product.
func (r *rig) act(verb string, args any) map[string]any {
	r.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		r.Fatal(err)
	}
	resp, err := http.Post(r.product.URL+"/_sandbox/acts/"+verb, "application/json", bytes.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		r.Fatalf("%s: %d %v %v", verb, resp.StatusCode, out, err)
	}
	return out
}

// allow has a person answer the consent page; where she is led then is the answer.
func (r *rig) allow(address string, deny bool) string {
	r.Helper()
	return r.act("oauth_consent", map[string]any{"url": address, "deny": deny})["location"].(string)
}

// visit opens an address and gives what it shows.
func (r *rig) visit(address string) (status int, text string) {
	r.Helper()
	resp, err := http.Get(address)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, string(all)
}

// begin begins a consent.
func (r *rig) begin() oauth.Consent {
	r.Helper()
	c, err := r.desk.Begin(conn)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// connect goes all the way.
func (r *rig) connect() {
	r.Helper()
	if status, text := r.visit(r.allow(r.begin().URL, false)); status != http.StatusOK || !strings.Contains(text, "Connected") {
		r.Fatalf("%d %s", status, text)
	}
}

// token is the one to use now.
func (r *rig) token() string {
	r.Helper()
	token, err := r.access.Token(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return token
}

// whoami is what the product says of a token.
func (r *rig) whoami(token string) string {
	r.Helper()
	q, err := http.NewRequest(http.MethodGet, r.product.URL+"/v1/whoami", nil)
	if err != nil {
		r.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Sprint(resp.StatusCode)
	}
	return string(text)
}

// renewals is how often the refresh token of the newest grant was used.
func (r *rig) renewals() int {
	r.Helper()
	var got server.State
	_, text := r.visit(r.product.URL + "/_sandbox/state")
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got.Grants) == 0 {
		r.Fatalf("%s: %v", text, err)
	}
	return got.Grants[len(got.Grants)-1].Renewed
}

// fail makes the product answer the next requests of the token endpoint wrongly.
func (r *rig) fail(faults string) {
	r.Helper()
	resp, err := http.Post(r.product.URL+"/_sandbox/faults", "application/json", strings.NewReader(faults))
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.Fatalf("faults: %d", resp.StatusCode)
	}
}

func (r *rig) wantDisconnected(err error, says string) {
	r.Helper()
	if !errors.Is(err, sdk.ErrDisconnected) || !strings.Contains(err.Error(), says) {
		r.Errorf("%v, want disconnected: %s", err, says)
	}
}

// flaky is a vault that cannot write while it is broken, and dies with the host when it is told to.
type flaky struct {
	*journal.Journal
	mu     sync.Mutex
	broken bool
}

func (f *flaky) set(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

func (f *flaky) ChangeSecrets(ctx context.Context, conn string, change func(*journal.Secrets) error) (journal.Secrets, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return journal.Secrets{}, errors.New("the disk is full")
	}
	return f.Journal.ChangeSecrets(ctx, conn, change)
}
