package egress

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/patchbay-dev/patchbay/sdk"
)

// wall is the real clock, or a bubble's.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) Until(ctx context.Context, at time.Time) error {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fast is a rate that no test waits for.
var fast = sdk.Rate{PerSecond: 1e6, Burst: 1000}

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "egress") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o.Dir, o.Clock = dir, wall{}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// open gives a connection to a server that the operator named.
func open(t testing.TB, s *Server, url string, change func(*Connection)) *Conn {
	t.Helper()
	o := Connection{Name: "ats.test", BaseURL: url, OperatorURL: true, Rate: fast}
	if change != nil {
		change(&o)
	}
	c, err := s.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func begin(t testing.TB, c *Conn, m Mode) *Call {
	t.Helper()
	ticket, err := c.Admit(t.Context(), Person)
	if err != nil {
		t.Fatal(err)
	}
	call := ticket.Begin(sdk.VerbInvite, m, time.Now().Add(10*time.Second))
	t.Cleanup(func() { call.End() })
	return call
}

// hop is what a plugin could do at worst: any bytes, on the socket. The bytes are an HTTP request's, lines ending in \n, to which the
// call's id is added.
func hop(t testing.TB, s *Server, id, scheme, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", s.Socket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	head, body, _ := strings.Cut(request, "\n\n")
	line, headers, _ := strings.Cut(head, "\n")
	if !strings.Contains(headers, "Host: ") {
		headers = "Host: elsewhere.example.org\n" + headers
	}
	lines := []string{line + " HTTP/1.1", strings.TrimSpace(headers), sdk.HeaderCall + ": " + id, sdk.HeaderScheme + ": " + scheme}
	if _, err := io.WriteString(conn, strings.ReplaceAll(strings.Join(lines, "\n"), "\n", "\r\n")+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	return conn
}

// plugin sends a request on a hop of its own and reads the whole answer.
func plugin(t testing.TB, s *Server, id, scheme, request string) (*http.Response, string) {
	t.Helper()
	conn := hop(t, s, id, scheme, request)
	defer conn.Close()
	method, _, _ := strings.Cut(request, " ")
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, &http.Request{Method: method})
	if err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(in, &http.Request{Method: method})
	}
	if err != nil {
		t.Fatalf("%.80s: %v", request, err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		text = append(text, fmt.Sprintf(" … %v", err)...)
	}
	return resp, string(text)
}

// wantFailure checks for the egress's own answer.
func wantFailure(t *testing.T, resp *http.Response, body string, want reason) {
	t.Helper()
	if got := resp.Header.Get(sdk.HeaderFailure); got != want.word || resp.StatusCode != want.status {
		t.Errorf("got %d %q: %s, want %d %q", resp.StatusCode, got, body, want.status, want.word)
	}
}

// names answers for DNS: each lookup of a name takes its next answer, and the last one stays.
type names struct {
	mu      sync.Mutex
	answers map[string][]string
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.serve(ours)
		return theirs, nil
	}}
}

// serve answers one query, framed as on TCP.
func (n *names) serve(conn net.Conn) {
	defer conn.Close()
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return
	}
	query := make([]byte, int(length[0])<<8|int(length[1]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	addr := n.next(q)
	switch {
	case !addr.IsValid():
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA && addr.Is4():
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: addr.As4()},
		})
	case q.Type == dnsmessage.TypeAAAA && addr.Is6():
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()},
		})
	}
	answer, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = conn.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...))
}

func (n *names) next(q dnsmessage.Question) netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := strings.TrimSuffix(q.Name.String(), ".")
	answers := n.answers[name]
	if len(answers) == 0 {
		return netip.Addr{}
	}
	addr := netip.MustParseAddr(answers[0])
	if asked := addr.Is6() == (q.Type == dnsmessage.TypeAAAA); asked && len(answers) > 1 {
		n.answers[name] = answers[1:]
	}
	return addr
}

func TestSocketIsPrivate(t *testing.T) {
	s := newServer(t, Options{})
	info, err := os.Stat(s.Socket())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode: %v, %v", info.Mode(), err)
	}
	wide := t.TempDir()
	if err := os.Chmod(wide, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{wide, filepath.Join(wide, "missing"), s.Dir} {
		if _, err := New(Options{Dir: dir, Clock: wall{}}); err == nil {
			t.Errorf("a server in %s: no error", dir)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	s := newServer(t, Options{})
	for _, tt := range []struct {
		name string
		o    Connection
		want string
	}{
		{"no scheme", Connection{BaseURL: "api.example.com"}, "not an http or https URL"},
		{"another scheme", Connection{BaseURL: "ftp://api.example.com"}, "not an http or https URL"},
		{"a user", Connection{BaseURL: "https://me@api.example.com"}, "of a host alone"},
		{"a plugin's plain http", Connection{BaseURL: "http://api.example.com"}, "only an operator's own"},
		{"a plugin's address", Connection{BaseURL: "https://203.0.113.5"}, "only an operator's own"},
		{"a star for all", Connection{BaseURL: "https://api.example.com", Hosts: []string{"*"}}, `"*" is neither`},
		{"a star for a whole domain", Connection{BaseURL: "https://api.example.com", Hosts: []string{"*.com"}}, "is neither"},
		{"a star within", Connection{BaseURL: "https://api.example.com", Hosts: []string{"a.*.example.com"}}, "is neither"},
		{"an address", Connection{BaseURL: "https://api.example.com", Hosts: []string{"127.0.0.1"}}, "is neither"},
		{"a URL", Connection{BaseURL: "https://api.example.com", Hosts: []string{"https://files.example.com"}}, "is neither"},
		{"an unknown auth", Connection{BaseURL: "https://api.example.com", Credential: Credential{"digest", "s3cret"}}, `auth "digest"`},
		{"an empty secret", Connection{BaseURL: "https://api.example.com", Credential: Credential{Auth: "bearer"}}, "is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Name = "ats.test"
			if _, err := s.Open(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want an error with %q and no secret", err, tt.want)
			}
		})
	}
}

func TestIDs(t *testing.T) {
	var hits counter
	product := httptest.NewServer(&hits)
	defer product.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	s := newServer(t, Options{})
	c := open(t, s, product.URL, nil)
	another := open(t, s, other.URL, func(o *Connection) { o.Name = "vendor.test" })

	ended := begin(t, c, Writing)
	ended.End()
	closed := open(t, s, product.URL, nil)
	orphan := begin(t, closed, Writing)
	closed.Close()
	ticket, err := c.Admit(t.Context(), Sync)
	if err != nil {
		t.Fatal(err)
	}
	past := ticket.Begin(sdk.VerbNote, Writing, time.Now().Add(-time.Second))
	defer past.End()
	again := ticket.Begin(sdk.VerbNote, Writing, time.Now().Add(time.Minute))
	defer again.End()

	for _, tt := range []struct {
		name, id, method string
		want             reason
	}{
		{"no id", "", "GET", dead},
		{"a guessed id", strings.Repeat("A", 26), "GET", dead},
		{"after End", ended.id, "GET", dead},
		{"after the deadline", past.id, "GET", dead},
		{"of a ticket used before", again.id, "GET", dead},
		{"of a connection that was closed", orphan.id, "GET", dead},
		{"of another connection, to our host", begin(t, another, Writing).id, "GET", refused},
		{"a write of a reading call", begin(t, c, Reading).id, "POST", refused},
		{"a delete of a reading call", begin(t, c, Reading).id, "DELETE", refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := plugin(t, s, tt.id, "http", tt.method+" "+product.URL+"/x\nContent-Length: 0")
			wantFailure(t, resp, body, tt.want)
		})
	}
	if n := hits.get(); n != 0 {
		t.Fatalf("the product got %d requests", n)
	}
	if resp, body := plugin(t, s, begin(t, c, Reading).id, "http", "GET "+product.URL+"/x"); resp.StatusCode != 200 || body != "hello" {
		t.Errorf("a live id: %d %q", resp.StatusCode, body)
	}
	if got := another.Stats().Refused; got != 1 {
		t.Errorf("refused %d requests, want 1", got)
	}
}

func TestContextCarriesTheCall(t *testing.T) {
	s := newServer(t, Options{})
	call := begin(t, open(t, s, "https://api.example.com", nil), Reading)
	ctx := call.Context(t.Context())
	if got := sdk.CallFrom(ctx); got != call.id {
		t.Errorf("id %q, want %q", got, call.id)
	}
	if got, _ := ctx.Deadline(); time.Until(got) > 10*time.Second {
		t.Errorf("deadline %v", got)
	}
	call.End()
	<-ctx.Done()
}

// counter is a product that only counts, or says hello.
type counter struct {
	mu   sync.Mutex
	n    int
	last http.Header
	host string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	c.last, c.host = r.Header.Clone(), r.Host
	_, _ = io.WriteString(w, cmp.Or(r.URL.Query().Get("say"), "hello"))
}

func (c *counter) get() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counter) header() http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
