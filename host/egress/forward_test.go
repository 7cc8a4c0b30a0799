package egress

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// internet is a product's API and its file host, with TLS and names of their own, on one machine.
type internet struct {
	api, files         counter
	base, other, third string // URLs: the base, a host of the allow-list, one that is not
	server             *Server
	redirect           string // where the API's /redirect leads
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	n := &internet{}
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.api.ServeHTTP(httptest.NewRecorder(), r)
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, n.redirect, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(api.Close)
	files := httptest.NewTLSServer(&n.files)
	t.Cleanup(files.Close)
	dns := &names{answers: map[string][]string{
		"api.example.com": {"127.0.0.1"}, "files.example.com": {"127.0.0.1"}, "evil.example.com": {"127.0.0.1"},
	}}
	roots := x509.NewCertPool()
	roots.AddCert(api.Certificate())
	n.server = newServer(t, Options{Resolver: dns.resolver(), Roots: roots})
	n.server.mayDial = func(a netip.Addr) bool { return a.IsLoopback() }
	_, port, _ := strings.Cut(api.Listener.Addr().String(), ":")
	n.base = "api.example.com:" + port
	_, port, _ = strings.Cut(files.Listener.Addr().String(), ":")
	n.other, n.third = "files.example.com:"+port, "evil.example.com:"+port
	return n
}

func TestCredential(t *testing.T) {
	for _, tt := range []struct{ auth, name, value string }{
		{"bearer", "Authorization", "Bearer s3cret"},
		{"basic", "Authorization", "Basic czNjcmV0Og=="}, // s3cret and an empty password
		{"header=x-api-key", "X-Api-Key", "s3cret"},
	} {
		t.Run(tt.auth, func(t *testing.T) {
			n := newInternet(t)
			c, err := n.server.Open(Connection{
				Name: "ats.test", BaseURL: "https://" + n.base, Hosts: []string{n.other}, Credential: Credential{tt.auth, "s3cret"}, Rate: fast,
			})
			if err != nil {
				t.Fatal(err)
			}
			call := begin(t, c, Writing)
			own := "\n" + tt.name + ": Bearer own\n" + strings.ToLower(tt.name) + ": Bearer own as well"
			get := func(target string) (*http.Response, string) {
				return plugin(t, n.server, call.id, "https", "GET http://"+target+own)
			}
			t.Run("is added at the base, and only it", func(t *testing.T) {
				get(n.base + "/v1")
				if got := n.api.header()[tt.name]; len(got) != 1 || got[0] != tt.value {
					t.Errorf("%s: %q, want %q", tt.name, got, tt.value)
				}
			})
			t.Run("is not added at another allowed host, nor is the plugin's own", func(t *testing.T) {
				if resp, body := get(n.other + "/f.pdf"); resp.StatusCode != 200 {
					t.Fatalf("%d %s", resp.StatusCode, body)
				}
				if got, ok := n.files.header()[tt.name]; ok {
					t.Errorf("%s: %q", tt.name, got)
				}
			})
			t.Run("does not follow a redirect", func(t *testing.T) {
				seen := n.files.get()
				n.redirect = "https://" + n.third + "/steal"
				resp, _ := get(n.base + "/redirect")
				if resp.StatusCode != 307 || resp.Header.Get("Location") != n.redirect {
					t.Errorf("got %d to %q, want the redirect itself", resp.StatusCode, resp.Header.Get("Location"))
				}
				resp, body := get(n.third + "/steal")
				wantFailure(t, resp, body, refused)
				if n.files.get() != seen {
					t.Error("the redirect was followed")
				}
			})
			t.Run("is not seen by the plugin", func(t *testing.T) {
				resp, body := get(n.base + "/v1")
				if all := fmt.Sprint(resp.Header, body); strings.Contains(all, "s3cret") || strings.Contains(all, "czNjcmV0") {
					t.Errorf("%s", all)
				}
			})
			t.Run("is not printed", func(t *testing.T) {
				o := Connection{Credential: Credential{tt.auth, "s3cret"}}
				js, err := json.Marshal(o)
				if all := fmt.Sprintf("%v %+v %#v %s %q %x", o, o, o, o.Credential, o.Credential, o.Credential) + string(js); err != nil ||
					strings.Contains(all, "s3cret") || strings.Contains(all, "733363726574") {
					t.Errorf("%s", all)
				}
			})
		})
	}
}

func TestTLSIsVerified(t *testing.T) {
	n := newInternet(t)
	n.server.Roots = x509.NewCertPool()
	call := begin(t, open(t, n.server, "https://"+n.base, nil), Writing)
	resp, body := plugin(t, n.server, call.id, "https", "POST http://"+n.base+"/v1\nContent-Length: 1\n\nx")
	wantFailure(t, resp, body, insecure)
	if l := call.End(); !l.NotApplied() || l.Entries[0].Wrote {
		t.Errorf("ledger %+v", l)
	}
}

func TestHeaders(t *testing.T) {
	var product counter
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		product.ServeHTTP(httptest.NewRecorder(), r)
		w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		w.Header().Set("Connection", "X-Hop")
		w.Header().Set("X-Hop", "1")
		w.Header().Set(sdk.HeaderFailure, "refused")
		w.Header()["Content-Type"] = nil
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	}))
	defer echo.Close()
	s := newServer(t, Options{})
	call := begin(t, open(t, s, echo.URL, nil), Writing)
	resp, body := plugin(t, s, call.id, "http", "POST "+echo.URL+"/a%2Fb?q=1&q=2\nHost: elsewhere.example.org\nConnection: x-own\nX-Own: 1\n"+
		"Keep-Alive: 5\nTE: trailers\nExpect: 100-continue\nProxy-Authorization: Basic eA==\nIdempotency-Key: k1\nAccept: a\nAccept: b\n"+
		"Transfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n")
	if resp.StatusCode != 201 || body != "hello" || len(resp.Header["Set-Cookie"]) != 2 {
		t.Errorf("answer: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	for _, name := range []string{"X-Hop", sdk.HeaderFailure, "Content-Type"} {
		if v, ok := resp.Header[name]; ok {
			t.Errorf("the answer has %s: %q", name, v)
		}
	}
	got := product.header()
	for _, name := range []string{"X-Own", "Keep-Alive", "Te", "Expect", "Proxy-Authorization", "Connection", sdk.HeaderCall,
		sdk.HeaderScheme} {
		if v, ok := got[name]; ok {
			t.Errorf("the request has %s: %q", name, v)
		}
	}
	if got.Get("Idempotency-Key") != "k1" || len(got["Accept"]) != 2 {
		t.Errorf("the request has %v", got)
	}
	if want := strings.TrimPrefix(echo.URL, "http://"); product.host != want {
		t.Errorf("the product saw the host %q, want %q", product.host, want)
	}
	want := Entry{Method: "POST", Target: strings.TrimPrefix(echo.URL, "http://") + "/a%2Fb", Status: 201, Wrote: true}
	if e := call.End().Entries; len(e) != 1 || e[0].Method != want.Method || e[0].Target != want.Target || e[0].Status != 201 || !e[0].Wrote {
		t.Errorf("ledger %+v, want %+v", e, want)
	}
}

func TestSizes(t *testing.T) {
	const limit = 10 << 10
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		n := limit
		if strings.HasSuffix(r.URL.Path, "over") {
			n++
		}
		switch body := bytes.Repeat([]byte("x"), n); {
		case strings.HasPrefix(r.URL.Path, "/known"):
			w.Header().Set("Content-Length", fmt.Sprint(n))
			_, _ = w.Write(body)
		case strings.HasPrefix(r.URL.Path, "/chunked"):
			_, _ = w.Write(body[:1])
			w.(http.Flusher).Flush()
			_, _ = w.Write(body[1:])
		case strings.HasPrefix(r.URL.Path, "/bomb"):
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(body)
			_ = z.Close()
		}
	}))
	defer product.Close()
	s := newServer(t, Options{MaxRequest: limit, MaxResponse: limit})
	c := open(t, s, product.URL, nil)
	full, over := strings.Repeat("x", limit), strings.Repeat("x", limit+1)
	for _, tt := range []struct {
		name, request string
		want          reason // zero: it passes
		body          string // how what the plugin reads ends
	}{
		{"answer of the limit", "GET %s/known", reason{}, "x"},
		{"answer over it", "GET %s/known-over", tooLarge, "bytes"},
		{"chunked answer of the limit", "GET %s/chunked", reason{}, "x"},
		{"chunked answer over it", "GET %s/chunked-over", reason{}, io.ErrUnexpectedEOF.Error()},
		{"packed answer of the limit", "GET %s/bomb", reason{}, "x"},
		{"packed answer over it", "GET %s/bomb-over", reason{}, io.ErrUnexpectedEOF.Error()},
		{"request of the limit", "POST %s/known\nContent-Length: " + fmt.Sprint(limit) + "\n\n" + full, reason{}, "x"},
		{"request over it", "POST %s/known\nContent-Length: " + fmt.Sprint(limit+1) + "\n\n" + over, tooLarge, "bytes"},
		{"chunked request of the limit", "POST %s/known\nTransfer-Encoding: chunked\n\n" + chunked(full), reason{}, "x"},
		{"chunked request over it", "POST %s/known\nTransfer-Encoding: chunked\n\n" + chunked(over), tooLarge, "bytes"},
		{"no body", "HEAD %s/known", reason{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			call := begin(t, c, Writing)
			resp, body := plugin(t, s, call.id, "http", fmt.Sprintf(tt.request, product.URL))
			if tt.want != (reason{}) {
				wantFailure(t, resp, body, tt.want)
			} else if resp.StatusCode != 200 {
				t.Errorf("got %d", resp.StatusCode)
			}
			if !strings.HasSuffix(body, tt.body) {
				t.Errorf("the answer ends %q, want %q", body[max(0, len(body)-40):], tt.body)
			}
		})
	}
}

func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// TestCut ends calls whose requests are under way, at each point where one may hang.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		name, request string
		notApplied    bool
	}{
		{"while the product thinks", "POST %s/slow\nContent-Length: 2\n\nok", false},
		{"while its answer drips", "POST %s/slow-body\nContent-Length: 2\n\nok", false},
		{"while the plugin has more to send", "POST %s/slow\nContent-Length: 20\n\nno", false},
		{"while a read hangs", "GET %s/slow", true},
	} {
		for _, by := range []string{"the deadline", "End", "Close", "the plugin's leaving"} {
			t.Run(tt.name+", by "+by, func(t *testing.T) {
				t.Parallel()
				product := newHanging(t)
				s := newServer(t, Options{})
				ticket, err := open(t, s, product.url, nil).Admit(t.Context(), Person)
				if err != nil {
					t.Fatal(err)
				}
				deadline := time.Minute
				if by == "the deadline" {
					deadline = time.Second
				}
				call := ticket.Begin(sdk.VerbInvite, Writing, time.Now().Add(deadline))
				conn := hop(t, s, call.id, "http", fmt.Sprintf(tt.request, product.url))
				<-product.arrived
				switch by {
				case "End":
					if l := call.End(); l.Requests() != 1 {
						t.Errorf("End did not wait for the request: ledger %+v", l)
					}
				case "Close":
					if err := s.Close(); err != nil {
						t.Error(err)
					}
					if len(call.entries) != 1 { // unguarded: nothing may be running
						t.Errorf("Close did not wait for the request: ledger %+v", call.entries)
					}
				case "the plugin's leaving":
					_ = conn.Close()
				}
				<-product.left
				if rest, _ := io.ReadAll(conn); strings.Contains(string(rest), "\r\n0\r\n") {
					t.Errorf("the plugin reads %q, as if it were whole", rest)
				}
				if l := call.End(); l.NotApplied() != tt.notApplied || l.Requests() != 1 {
					t.Errorf("not applied: %v, ledger %+v", l.NotApplied(), l.Entries)
				}
			})
		}
	}
}

// hanging is a product that takes one request and does not end its answer.
type hanging struct {
	url           string
	arrived, left chan struct{}
}

func newHanging(t *testing.T) *hanging {
	h := &hanging{arrived: make(chan struct{}), left: make(chan struct{})}
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		if r.URL.Path == "/slow-body" {
			_, _ = io.WriteString(w, "first")
			w.(http.Flusher).Flush()
		}
		close(h.arrived)
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			<-r.Context().Done()
		}
		close(h.left)
	}))
	t.Cleanup(there.Close)
	h.url = there.URL
	return h
}
