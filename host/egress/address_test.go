package egress

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestDisguises sends a plugin's requests for our own machine, in every disguise we know. The allow-list has the names that the disguises
// imitate; a victim listens on loopback, and must hear nothing.
func TestDisguises(t *testing.T) {
	var victim counter
	machine := httptest.NewServer(&victim)
	defer machine.Close()
	u, err := url.Parse(machine.URL)
	if err != nil {
		t.Fatal(err)
	}
	port := u.Port()
	dns := &names{answers: map[string][]string{"metadata.google.internal": {"169.254.169.254"}, "api.example.com": {"127.0.0.1"}}}
	s := newServer(t, Options{Resolver: dns.resolver()})
	c, err := s.Open(Connection{
		Name: "ats.test", BaseURL: "https://api.example.com", Hosts: []string{"*.example.com", "files.example.net"}, Rate: fast,
	})
	if err != nil {
		t.Fatal(err)
	}
	call := begin(t, c, Reading)
	unreadable := []string{"fragment", "backslash", "a port with a sign", "escaped letters"} // net/http itself will not parse these
	for _, tt := range []struct{ name, scheme, target string }{
		{"loopback", "http", "http://127.0.0.1:PORT/"},
		{"loopback over https", "https", "http://127.0.0.1:PORT/"},
		{"decimal", "http", "http://2130706433:PORT/"},
		{"octal", "http", "http://0177.0.0.1:PORT/"},
		{"octal, one number", "http", "http://017700000001:PORT/"},
		{"hex", "http", "http://0x7f.0.0.1:PORT/"},
		{"hex, one number", "http", "http://0x7f000001:PORT/"},
		{"short", "http", "http://127.1:PORT/"},
		{"elsewhere in loopback", "http", "http://127.127.127.127:PORT/"},
		{"zero", "http", "http://0:PORT/"},
		{"unspecified", "http", "http://0.0.0.0:PORT/"},
		{"unspecified IPv6", "http", "http://[::]:PORT/"},
		{"loopback IPv6", "http", "http://[::1]:PORT/"},
		{"loopback IPv6, long", "http", "http://[0:0:0:0:0:0:0:1]:PORT/"},
		{"loopback IPv6 with a zone", "http", "http://[::1%25lo]:PORT/"},
		{"mapped", "http", "http://[::ffff:127.0.0.1]:PORT/"},
		{"mapped in hex", "http", "http://[::ffff:7f00:1]:PORT/"},
		{"compatible", "http", "http://[::127.0.0.1]:PORT/"},
		{"NAT64", "http", "http://[64:ff9b::7f00:1]:PORT/"},
		{"6to4", "http", "http://[2002:7f00:1::]:PORT/"},
		{"localhost", "http", "http://localhost:PORT/"},
		{"localhost with a dot", "http", "http://localhost.:PORT/"},
		{"localhost in capitals", "http", "http://LOCALHOST:PORT/"},
		{"a name below localhost", "http", "http://api.example.com.localhost:PORT/"},
		{"link-local metadata", "http", "http://169.254.169.254/latest/meta-data/"},
		{"metadata by name", "http", "http://metadata.google.internal/computeMetadata/v1/"},
		{"metadata over IPv6", "http", "http://[fd00:ec2::254]/latest/meta-data/"},
		{"Alibaba's metadata", "http", "http://100.100.100.200/latest/meta-data/"},
		{"user name like a host", "https", "http://api.example.com@127.0.0.1:PORT/"},
		{"user and password like host and port", "https", "http://api.example.com:443@127.0.0.1:PORT/"},
		{"host as user name of itself", "https", "http://127.0.0.1@api.example.com/"},
		{"fragment", "https", "http://127.0.0.1:PORT#api.example.com/"},
		{"backslash", "https", "http://127.0.0.1:PORT\\@api.example.com/"},
		{"our name as a label of another", "https", "http://api.example.com.evil.org:PORT/"},
		{"our name as another's end", "https", "http://evilexample.com/"},
		{"a final dot", "https", "http://api.example.com./"},
		{"no label for the star", "https", "http://.example.com/"},
		{"two labels for the star", "https", "http://a.b.example.com/"},
		{"the star itself", "https", "http://*.example.com/"},
		{"the bare domain", "https", "http://example.com/"},
		{"another port", "https", "http://api.example.com:PORT/"},
		{"a port with a sign", "https", "http://api.example.com:+443/"},
		{"plain http", "http", "http://api.example.com/"},
		{"plain http on the port of https", "http", "http://api.example.com:443/"},
		{"full-width letters", "https", "http://ａpi.example.com/"},
		{"ideographic dots", "https", "http://api。example。com/"},
		{"escaped letters", "https", "http://%61pi.example.com/"},
		{"a soft hyphen", "https", "http://api.exam\u00adple.com/"},
		{"punycode", "https", "http://xn--pi-7ia.example.com.evil.org/"},
		{"another scheme", "ftp", "http://api.example.com/"},
		{"a file", "file", "http://api.example.com/etc/passwd"},
		{"no scheme", "", "http://api.example.com/"},
		{"origin form", "https", "/"},
		{"a path like a host", "https", "//127.0.0.1:PORT/"},
		{"the allowed name, leading home", "https", "http://api.example.com/"},
		{"the star, leading nowhere public", "https", "http://api.example.com:443/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := plugin(t, s, call.id, tt.scheme, "GET "+strings.ReplaceAll(tt.target, "PORT", port))
			if slices.Contains(unreadable, tt.name) {
				if resp.StatusCode != http.StatusBadRequest {
					t.Errorf("got %d %s, want 400", resp.StatusCode, body)
				}
				return
			}
			wantFailure(t, resp, body, refused)
		})
	}
	t.Run("CONNECT", func(t *testing.T) {
		resp, body := plugin(t, s, call.id, "https", "CONNECT 127.0.0.1:"+port)
		wantFailure(t, resp, body, refused)
	})
	t.Run("the Host header of another", func(t *testing.T) {
		resp, body := plugin(t, s, call.id, "http", "GET "+machine.URL+"/\nHost: api.example.com")
		wantFailure(t, resp, body, refused)
	})
	if n := victim.get(); n != 0 {
		t.Errorf("the victim got %d requests", n)
	}
	if e := call.End().Entries; slices.ContainsFunc(e, func(e Entry) bool { return e.Wrote }) {
		t.Errorf("bytes left: %+v", e)
	}
}

// TestAddresses has an allowed name lead to each kind of address.
func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		addr           string
		public, byName bool // may a plugin's name lead there; may an operator's
	}{
		{"1.1.1.1", true, true},
		{"9.255.255.255", true, true},
		{"100.63.255.255", true, true},
		{"100.128.0.0", true, true},
		{"172.32.0.1", true, true},
		{"2606:4700::1111", true, true},
		{"10.0.0.1", false, true},
		{"172.16.0.1", false, true},
		{"192.168.1.1", false, true},
		{"100.64.0.1", false, true},
		{"127.0.0.1", false, true},
		{"127.8.8.8", false, true},
		{"::1", false, true},
		{"fd12:3456::1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"::ffff:169.254.169.254", false, false},
		{"0.0.0.0", false, false},
		{"0.1.2.3", false, false},
		{"::", false, false},
		{"100.100.100.200", false, false},
		{"168.63.129.16", false, false},
		{"169.254.169.254", false, false},
		{"192.0.0.192", false, false},
		{"198.18.0.1", false, false},
		{"203.0.113.9", false, false},
		{"224.0.0.251", false, false},
		{"240.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"::127.0.0.1", false, false},
		{"64:ff9b::7f00:1", false, false},
		{"64:ff9b:1::7f00:1", false, false},
		{"100::1", false, false},
		{"2001::7f00:1", false, false},
		{"2001:db8::1", false, false},
		{"2002:7f00:1::", false, false},
		{"3fff::1", false, false},
		{"5f00::1", false, false},
		{"fd00:ec2::254", false, false},
		{"fe80::1", false, false},
		{"fec0::1", false, false},
		{"ff02::1", false, false},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			dns := &names{answers: map[string][]string{"api.example.com": {tt.addr}}}
			s := newServer(t, Options{Resolver: dns.resolver()})
			for _, operator := range []bool{false, true} {
				c, err := s.Open(Connection{Name: "ats.test", BaseURL: "https://api.example.com:1", OperatorURL: operator, Rate: fast})
				if err != nil {
					t.Fatal(err)
				}
				want := tt.public
				if operator {
					want = tt.byName
				}
				if got := c.mayDial("api.example.com:1", netip.MustParseAddr(tt.addr)); got != want {
					t.Errorf("operator %v: may be dialled: %v, want %v", operator, got, want)
				}
				if want {
					continue // no test dials the internet
				}
				call := begin(t, c, Writing)
				resp, body := plugin(t, s, call.id, "https", "POST http://api.example.com:1/\nContent-Length: 1\n\nx")
				wantFailure(t, resp, body, refused)
				if l := call.End(); !l.NotApplied() || l.Requests() != 1 {
					t.Errorf("ledger %+v", l)
				}
			}
		})
	}
}

func TestOperatorsAddressIsJustThat(t *testing.T) {
	var product, neighbour counter
	there := httptest.NewServer(&product)
	defer there.Close()
	beside := httptest.NewServer(&neighbour)
	defer beside.Close()
	s := newServer(t, Options{})
	c := open(t, s, there.URL, nil)
	call := begin(t, c, Reading)
	if resp, body := plugin(t, s, call.id, "http", "GET "+there.URL+"/"); resp.StatusCode != 200 {
		t.Errorf("the address itself: %d %s", resp.StatusCode, body)
	}
	resp, body := plugin(t, s, call.id, "http", "GET "+beside.URL+"/")
	wantFailure(t, resp, body, refused)
	if c.mayDial(c.base.hostport, netip.MustParseAddr("127.0.0.2")) || c.mayDial("other:80", netip.MustParseAddr("127.0.0.1")) {
		t.Error("may dial more than what the operator wrote")
	}
	if product.get() != 1 || neighbour.get() != 0 {
		t.Errorf("%d and %d requests, want 1 and 0", product.get(), neighbour.get())
	}
}

// TestRebinding has a name answer with a public address first and with our own machine the second time.
func TestRebinding(t *testing.T) {
	dns := &names{answers: map[string][]string{"api.example.com": {"1.1.1.1", "127.0.0.1"}}}
	s := newServer(t, Options{Resolver: dns.resolver()})
	var judged []bool
	s.mayDial = func(a netip.Addr) bool {
		judged = append(judged, isPublic(a))
		return false // the judgement is what counts: no test dials the internet
	}
	c, err := s.Open(Connection{Name: "ats.test", BaseURL: "https://api.example.com", Rate: fast})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		call := begin(t, c, Reading)
		resp, body := plugin(t, s, call.id, "https", "GET http://api.example.com/")
		wantFailure(t, resp, body, refused)
		call.End()
	}
	if !slices.Equal(judged, []bool{true, false}) {
		t.Errorf("judged %v: each dial is judged by the address that it dials", judged)
	}
}
