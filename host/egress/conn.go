package egress

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Connection says where one connection may go, and how.
type Connection struct {
	Name        string   // as the operator calls it: "ats.main"
	BaseURL     string   // the credential is added at its origin, and only there
	OperatorURL bool     // the operator wrote BaseURL: it may be http, and may lead to an internal address
	Hosts       []string // as [sdk.About].Hosts; always https
	Credential  Credential
	Access      Source // instead of Credential: tokens, presented as bearer at the base URL's origin
	Key         Source // keys that the product calls us with: for requests that ask for them, see source.go; nil: none
	Rate        sdk.Rate
	Final       []int // as [sdk.About].Final
}

// Credential is a secret and how it is presented, as [sdk.Setting].Auth says: "bearer", "basic" (the secret is the user name, the password
// empty) or "header=NAME". The zero Credential is none.
type Credential struct {
	Auth   string
	Secret string
}

// String hides the secret. So do all verbs of fmt.
func (c Credential) String() string { return "[redacted]" }

// Format hides the secret.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalText hides the secret.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// header is the credential as it stands in a request.
func (c Credential) header() (name, value string, err error) {
	switch kind, param, _ := strings.Cut(c.Auth, "="); {
	case c == Credential{}:
		return "", "", nil
	case c.Secret == "":
		return "", "", errors.New("the credential is empty")
	case c.Auth == "bearer":
		return "Authorization", "Bearer " + c.Secret, nil
	case c.Auth == "basic":
		return "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Secret+":")), nil
	case kind == "header" && param != "":
		return textproto.CanonicalMIMEHeaderKey(param), c.Secret, nil
	}
	return "", "", fmt.Errorf("auth %q is none of bearer, basic, header=NAME", c.Auth)
}

// origin is where a URL leads: hostport in lower case and always with its port.
type origin struct{ scheme, hostport string }

var ports = map[string]string{"http": "80", "https": "443"}

// originOf reads scheme and authority. Nothing but letters' case is evened out: what is spelt otherwise is another host.
func originOf(scheme string, u *url.URL) (origin, error) {
	port, host := u.Port(), strings.ToLower(u.Hostname())
	if port == "" {
		port = ports[scheme]
	}
	if port == "" || host == "" || u.User != nil {
		return origin{}, fmt.Errorf("%q is not an http or https URL of a host alone", scheme+"://"+u.Host)
	}
	return origin{scheme, net.JoinHostPort(host, port)}, nil
}

// Conn is one connection's way out.
type Conn struct {
	server  *Server
	name    string
	account account
	bucket  *bucket
	final   []int

	base       origin
	literal    netip.Addr // of the base URL, if it names an address
	operator   bool
	hosts      map[string]bool // host:port
	domains    map[string]bool // domain:port, of which one label more is allowed
	authHeader string          // empty: no credential
	authValue  string
	access     Source
	key        Source
	hop        *http.Transport

	calls        atomic.Int64
	requests     [len(Stats{}.Requests)]atomic.Int64
	refused      atomic.Int64
	waits        atomic.Int64
	waitedMicros atomic.Int64
}

// Stats counts since the connection was opened.
type Stats struct {
	Calls    int64
	Requests [6]int64 // by the class of the status: 2 is 200 to 299; 0 had no answer
	Refused  int64    // requests that broke a rule and went nowhere
	Waits    int64    // turns that were not free at once
	Waited   time.Duration
}

func newConn(s *Server, o Connection) (*Conn, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	c := &Conn{server: s, name: o.Name, final: o.Final, operator: o.OperatorURL, access: o.Access, key: o.Key}
	if c.base, err = originOf(u.Scheme, u); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	c.literal, _ = netip.ParseAddr(u.Hostname())
	if !o.OperatorURL && (c.base.scheme != "https" || c.literal.IsValid()) {
		return nil, fmt.Errorf("base URL: %q: only an operator's own may be http or an address", o.BaseURL)
	}
	if err := c.allow(o.Hosts); err != nil {
		return nil, err
	}
	if c.authHeader, c.authValue, err = o.Credential.header(); err != nil {
		return nil, err
	}
	if c.access != nil && c.authHeader != "" {
		return nil, errors.New("a credential that stays and one that changes exclude each other")
	}
	c.account = account{origin: c.base, credential: o.Credential}
	if c.authHeader == "" {
		c.account.name = o.Name
	}
	c.hop = &http.Transport{
		DialContext: c.dial, DialTLSContext: c.dialTLS, Protocols: new(http.Protocols),
		MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 1 << 20,
	}
	c.hop.Protocols.SetHTTP1(true)
	return c, nil
}

// allow reads the allow-list: "files.example.com", "*.example.com", either with a port.
func (c *Conn) allow(patterns []string) error {
	c.hosts, c.domains = map[string]bool{}, map[string]bool{}
	for _, pattern := range patterns {
		name, star := strings.CutPrefix(pattern, "*.")
		o, err := originOf("https", &url.URL{Host: name})
		if err != nil || !isHostName(o.hostport) {
			return fmt.Errorf("hosts: %q is neither a host name nor \"*.\" and a domain", pattern)
		}
		if star {
			c.domains[o.hostport] = true
		} else {
			c.hosts[o.hostport] = true
		}
	}
	return nil
}

// isHostName tells whether hostport is of a name with at least one dot, and not of an address however spelt.
func isHostName(hostport string) bool {
	name, _, err := net.SplitHostPort(hostport)
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return err == nil && len(labels) > 1 && (last[0] < '0' || last[0] > '9')
}

// allows tells whether the connection may call o, and whether that is its base.
func (c *Conn) allows(o origin) (base, ok bool) {
	if o == c.base {
		return true, true
	}
	_, domain, _ := strings.Cut(o.hostport, ".")
	return false, o.scheme == "https" && (c.hosts[o.hostport] || c.domains[domain] && isHostName(o.hostport))
}

// Admit waits for the connection's turn. What it takes from the limiter is the first request of the call that the ticket begins.
func (c *Conn) Admit(ctx context.Context, p Priority) (*Ticket, error) {
	if err := c.turn(ctx, p); err != nil {
		return nil, fmt.Errorf("egress: %s: waiting for a turn: %w", c.name, err)
	}
	return &Ticket{conn: c}, nil
}

// TryAdmit is Admit for those who would rather not wait: ok is false if no turn is free at once.
func (c *Conn) TryAdmit() (t *Ticket, ok bool) {
	if !c.bucket.tryTake() {
		return nil, false
	}
	return &Ticket{conn: c}, true
}

func (c *Conn) turn(ctx context.Context, p Priority) error {
	began := c.server.Clock.Now()
	waited, err := c.bucket.take(ctx, p)
	if waited {
		c.waits.Add(1)
		c.waitedMicros.Add(c.server.Clock.Now().Sub(began).Microseconds())
	}
	return err
}

// Stats is what was counted so far.
func (c *Conn) Stats() Stats {
	s := Stats{
		Calls: c.calls.Load(), Refused: c.refused.Load(), Waits: c.waits.Load(),
		Waited: time.Duration(c.waitedMicros.Load()) * time.Microsecond,
	}
	for i := range c.requests {
		s.Requests[i] = c.requests[i].Load()
	}
	return s
}

// Close cuts the connection's calls; their ids are dead. End still returns their ledgers.
func (c *Conn) Close() {
	c.server.release(c)
	c.hop.CloseIdleConnections()
}
