package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// turning is a source that goes through its tokens: each is presented until it is refused; the last is all there is.
type turning struct {
	mu     sync.Mutex
	tokens []string
	err    error // instead of a token
}

func (s *turning) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || len(s.tokens) == 0 {
		return "", s.err
	}
	return s.tokens[0], nil
}

func (s *turning) Refused(_ context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) < 2 {
		return sdk.ErrDisconnected
	}
	if s.tokens[0] == token {
		s.tokens = s.tokens[1:]
	}
	return nil
}

// guarded is a product that takes one Authorization, and tells what it got.
func guarded(t *testing.T, want string) *httptest.Server {
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != want {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, r.Header.Get("Authorization"))
	}))
	t.Cleanup(there.Close)
	return there
}

const keyHeader = "Basic azE6" // k1:

func TestWhatIsPresented(t *testing.T) {
	for _, tt := range []struct {
		name        string
		access, key *turning
		sent        string // by the plugin, as Authorization
		want        string // what the product takes
		status      int    // what the plugin gets
		failure     string // in the header
		wrote       bool
	}{
		{"a token", &turning{tokens: []string{"t1"}}, nil, "", "Bearer t1", 200, "", true},
		{"a token, whatever the plugin says", &turning{tokens: []string{"t1"}}, nil, "Bearer guess", "Bearer t1", 200, "", true},
		{"one that is refused and replaced", &turning{tokens: []string{"t1", "t2"}}, nil, "", "Bearer t2", 429, "", true},
		{"one that is refused for good", &turning{tokens: []string{"t1"}}, nil, "", "Bearer t2", 401, "", true},
		{"none until a person connects", &turning{err: sdk.ErrDisconnected}, nil, "", "", 401, "", false},
		{"none at the moment", &turning{err: errors.New("the token endpoint did not answer")}, nil, "", "", 503, "tokenless", false},
		{"a key that is asked for", &turning{tokens: []string{"t1"}}, &turning{tokens: []string{"k1"}}, "Basic", keyHeader, 200, "", true},
		{"a key that is not asked for", &turning{tokens: []string{"t1"}}, &turning{tokens: []string{"k1"}}, "", "Bearer t1", 200, "", true},
		{"a key, and nothing else", nil, &turning{tokens: []string{"k1"}}, "", "", 200, "", true},
		{"a key that is refused, of two", nil, &turning{tokens: []string{"k0", "k1"}}, "basic x", keyHeader, 429, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there := guarded(t, tt.want)
			s := newServer(t, Options{})
			c := open(t, s, there.URL, func(o *Connection) {
				if tt.access != nil {
					o.Access = tt.access
				}
				if tt.key != nil {
					o.Key = tt.key
				}
			})
			call := begin(t, c, Writing)
			line := ""
			if tt.sent != "" {
				line = "\nAuthorization: " + tt.sent
			}
			resp, body := plugin(t, s, call.id, "http", "POST "+there.URL+"/v1"+line+"\nContent-Length: 2\n\nok")
			if resp.StatusCode != tt.status || resp.Header.Get(sdk.HeaderFailure) != tt.failure {
				t.Errorf("%d %s: %s", resp.StatusCode, resp.Header.Get(sdk.HeaderFailure), body)
			}
			if tt.status == 200 && body != tt.want {
				t.Errorf("the product got %q", body)
			}
			l := call.End()
			if wrote := l.Requests() == 1 && l.Entries[0].Wrote; wrote != tt.wrote || l.NotApplied() != (tt.status != 200) {
				t.Errorf("ledger %+v, not applied: %v", l.Entries, l.NotApplied())
			}
			if tt.status == 429 {
				again := begin(t, c, Writing)
				if resp, body := plugin(t, s, again.id, "http", "POST "+there.URL+"/v1"+line+"\nContent-Length: 2\n\nok"); resp.StatusCode != 200 {
					t.Errorf("again: %d %s", resp.StatusCode, body)
				}
				again.End()
			}
		})
	}
	t.Run("two kinds of credential", func(t *testing.T) {
		o := Connection{Name: "ats.test", BaseURL: "https://api.example.com", Credential: Credential{"bearer", "x"}, Access: &turning{}}
		if _, err := newServer(t, Options{}).Open(o); err == nil {
			t.Error("opened")
		}
	})
}

// Tokens go to the base URL's origin; the key also to hosts that were named in full; neither to a host that a star stands for.
func TestWhereItIsPresented(t *testing.T) {
	s := newServer(t, Options{})
	c, err := s.Open(Connection{
		Name: "ats.test", BaseURL: "https://api.example.com/v1", Hosts: []string{"app.example.com", "*.files.example.com"}, Rate: fast,
		Access: &turning{tokens: []string{"t1"}}, Key: &turning{tokens: []string{"k1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, tt := range []struct{ host, sent, want string }{
		{"api.example.com", "", "Bearer t1"},
		{"api.example.com", "Basic", keyHeader},
		{"app.example.com", "Basic", keyHeader},
		{"app.example.com", "", ""},
		{"app.example.com", "Bearer mine", ""},
		{"a.files.example.com", "Basic", ""},
		{"a.files.example.com", "", ""},
	} {
		in := httptest.NewRequest(http.MethodGet, "http://"+tt.host+"/x", nil)
		in.Header.Set(sdk.HeaderScheme, "https")
		if tt.sent != "" {
			in.Header.Set("Authorization", tt.sent)
		}
		key := asksKey(in.Header)
		out, base, err := c.outgoing(httptest.NewRecorder(), in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.present(t.Context(), out, base, key); err != nil || out.Header.Get("Authorization") != tt.want {
			t.Errorf("%s, asked by %q: %q, want %q (%v)", tt.host, tt.sent, out.Header.Get("Authorization"), tt.want, err)
		}
	}
}

// The host's own client calls the URL that it was made for, where a connection may go, and follows nobody elsewhere.
func TestDirect(t *testing.T) {
	var elsewhere counter
	victim := httptest.NewServer(&elsewhere)
	defer victim.Close()
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, victim.URL, http.StatusTemporaryRedirect)
	}))
	defer there.Close()
	s := newServer(t, Options{})
	client, err := s.Direct("ats.test", there.URL+"/token", true)
	if err != nil {
		t.Fatal(err)
	}
	post := func(c *http.Client, url string) (int, error) {
		resp, err := c.Post(url, "text/plain", strings.NewReader("x"))
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, err
	}
	if status, err := post(client, there.URL+"/token"); err != nil || status != http.StatusTemporaryRedirect {
		t.Errorf("%d %v", status, err)
	}
	for _, url := range []string{there.URL + "/other", there.URL + "/token?x=1", victim.URL + "/token"} {
		if _, err := post(client, url); err == nil {
			t.Errorf("%s was called", url)
		}
	}
	if resp, err := client.Get(there.URL + "/token"); err == nil {
		_ = resp.Body.Close()
		t.Error("by GET")
	}
	if n := elsewhere.get(); n != 0 {
		t.Errorf("the redirect was followed %d times", n)
	}
	for _, target := range []string{there.URL, "https://127.0.0.1/token", "http://auth.example.com/token", "auth.example.com", ""} {
		if _, err := s.Direct("ats.test", target, false); err == nil {
			t.Errorf("a plugin's token URL is %q", target)
		}
	}
	dns := &names{answers: map[string][]string{"auth.example.com": {"127.0.0.1"}}}
	inside, err := newServer(t, Options{Resolver: dns.resolver()}).Direct("ats.test", "https://auth.example.com/token", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := post(inside, "https://auth.example.com/token"); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("a name that leads home: %v", err)
	}
}
