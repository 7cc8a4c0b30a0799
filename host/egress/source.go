package egress

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Source is a credential that changes. Its methods may be called concurrently; what they wait for ends with ctx.
type Source interface {
	// Token is what to present now; empty: nothing. [sdk.ErrDisconnected]: there is nothing until a person connects the product again.
	Token(ctx context.Context) (string, error)
	// Refused is told that the product did not accept a token. Nil: there is another now; else no call is worth making with what there is.
	Refused(ctx context.Context, token string) error
}

// presented is a source's token on one request.
type presented struct {
	source Source
	token  string
}

// present adds the token of the source that a request is for, if it is for one: the key where the plugin asks for it, with a header
// Authorization of scheme Basic, at the base URL or one of the hosts named in full; else access, at the base URL.
func (c *Conn) present(ctx context.Context, out *http.Request, base, asksKey bool) (p presented, err error) {
	scheme := "Bearer "
	switch {
	case asksKey && c.key != nil && (base || c.hosts[out.URL.Host]):
		scheme, p.source = "Basic ", c.key
	case base && c.access != nil:
		p.source = c.access
	default:
		return presented{}, nil
	}
	if p.token, err = p.source.Token(ctx); err != nil {
		return presented{}, unauthorised(c.name, err)
	}
	if p.token == "" {
		return presented{}, nil
	}
	value := p.token
	if p.source == c.key {
		value = base64.StdEncoding.EncodeToString([]byte(p.token + ":"))
	}
	out.Header["Authorization"] = []string{scheme + value}
	return p, nil
}

// unauthorised is why there is no token to present. A plugin reads 401 as [sdk.ErrDisconnected]: that the connection is to rest.
func unauthorised(conn string, err error) error {
	if errors.Is(err, sdk.ErrDisconnected) {
		return &failure{disconnected, conn + ": " + err.Error()}
	}
	return &failure{tokenless, conn + ": " + err.Error()}
}

// judge looks at how the product took the token. One that was refused and is replaced now did nothing, which is what 429 says to a plugin;
// whose answer is dropped.
func (p presented) judge(ctx context.Context, conn string, resp *http.Response) error {
	if p.source == nil || resp.StatusCode != http.StatusUnauthorized || p.source.Refused(ctx, p.token) != nil {
		return nil
	}
	_ = resp.Body.Close()
	return &failure{renewed, conn + ": the product did not accept the credential, and there is a new one now"}
}

// asksKey tells whether a plugin's request asks for the key.
func asksKey(h http.Header) bool {
	scheme, _, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic")
}

// Direct is a client of the host itself that calls one URL, by POST, and goes where a connection with that base URL may go. It follows no
// redirect, keeps no connection, and repeats nothing. No limiter counts it.
func (s *Server) Direct(name, target string, operatorURL bool) (*http.Client, error) {
	c, err := newConn(s, Connection{Name: name, BaseURL: target, OperatorURL: operatorURL})
	if err != nil {
		return nil, fmt.Errorf("egress: %s: %w", name, err)
	}
	c.hop.DisableKeepAlives = true
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("egress: %s: %w", name, err)
	}
	return &http.Client{
		Transport:     direct{c, *u},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

type direct struct {
	conn *Conn
	to   url.URL
}

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || *r.URL != d.to {
		return nil, fmt.Errorf("egress: %s: a direct client calls only the URL that it was made for", d.conn.name)
	}
	resp, err := d.conn.hop.RoundTrip(r)
	if err != nil {
		return nil, explain(r.Context(), err)
	}
	return resp, nil
}
