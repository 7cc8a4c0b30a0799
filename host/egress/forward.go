package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// failure is why a plugin gets no answer of the product. Its detail names hosts, never a path or a header.
type failure struct {
	reason reason
	detail string
}

func (f *failure) Error() string { return f.reason.word + ": " + f.detail }

// reason is a failure's word, for the header, and the status it goes with.
type reason struct {
	word   string
	status int
}

var (
	dead        = reason{"dead", http.StatusForbidden}                  // no live call id
	refused     = reason{"refused", http.StatusForbidden}               // the connection or the call may not do this
	tooLarge    = reason{"too_large", http.StatusRequestEntityTooLarge} // the request, or the answer
	unresolved  = reason{"unresolved", http.StatusBadGateway}           // the host's name
	unreachable = reason{"unreachable", http.StatusBadGateway}          // no connection
	insecure    = reason{"insecure", http.StatusBadGateway}             // TLS failed
	broken      = reason{"broken", http.StatusBadGateway}               // the connection, under way
	cut         = reason{"cut", http.StatusServiceUnavailable}          // by the end of the call, or the plugin itself
	late        = reason{"late", http.StatusGatewayTimeout}             // the call's deadline has passed

	disconnected = reason{"disconnected", http.StatusUnauthorized}    // no access until a person connects again
	tokenless    = reason{"tokenless", http.StatusServiceUnavailable} // no access at the moment
	renewed      = reason{"renewed", http.StatusTooManyRequests}      // the product refused a token, and there is another now
)

// explain makes a failure of what stopped a request.
func explain(ctx context.Context, err error) error {
	var (
		f    *failure
		dns  *net.DNSError
		op   *net.OpError
		size *http.MaxBytesError
	)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{late, "the deadline of the call has passed"}
	case ctx.Err() != nil:
		return &failure{cut, "the call has ended"}
	case errors.As(err, &f):
		return f
	case errors.As(err, &size):
		return &failure{tooLarge, fmt.Sprintf("the request is over %d bytes", size.Limit)}
	case errors.As(err, &dns):
		return &failure{unresolved, dns.Error()}
	case errors.As(err, &op) && op.Op == "dial":
		return &failure{unreachable, op.Error()}
	case errors.As(err, &op):
		return &failure{broken, op.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &failure{broken, "the product hung up"}
	}
	return &failure{broken, "what came is not HTTP"} // err may quote it
}

// fail tells the plugin. The hop's connection goes with it: what is left of the request's body is not worth reading.
func fail(w http.ResponseWriter, err error) {
	f := &failure{broken, "for no known reason"}
	errors.As(err, &f)
	h := w.Header()
	if f.reason != disconnected && f.reason != renewed { // of these a plugin is told as the product would tell it, and knows what to do
		h.Set(sdk.HeaderFailure, f.reason.word)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Connection", "close")
	w.WriteHeader(f.reason.status)
	_, _ = io.WriteString(w, f.detail)
}

// hurry ends the reads from a plugin whose call has ended, on which the transport may be waiting, and soon the writes.
func hurry(hop *http.ResponseController) {
	_ = hop.SetReadDeadline(time.Now())
	_ = hop.SetWriteDeadline(time.Now().Add(time.Second))
}

// perHop are the headers that belong to one hop, not to the message.
var perHop = []string{
	"Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", sdk.HeaderCall, sdk.HeaderScheme, sdk.HeaderFailure,
}

func stripHop(h http.Header) {
	for _, named := range h["Connection"] {
		for name := range strings.SplitSeq(named, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range perHop {
		delete(h, name)
	}
}

// outgoing makes the request to the product of the plugin's. The error is a *failure. Tokens are not added yet.
func (c *Conn) outgoing(w http.ResponseWriter, r *http.Request) (out *http.Request, base bool, err error) {
	if !r.URL.IsAbs() || r.URL.Opaque != "" {
		return nil, false, &failure{refused, c.name + ": the request is not in absolute form"}
	}
	scheme := r.Header.Get(sdk.HeaderScheme)
	to, err := originOf(scheme, r.URL)
	if err != nil {
		return nil, false, &failure{refused, c.name + ": " + err.Error()}
	}
	base, ok := c.allows(to)
	if !ok {
		return nil, false, &failure{refused, fmt.Sprintf("%s: %s://%s is not a host of this connection", c.name, to.scheme, to.hostport)}
	}
	if limit := c.server.MaxRequest; r.ContentLength > limit {
		return nil, false, &failure{tooLarge, fmt.Sprintf("the request is over %d bytes", limit)}
	}
	made := *r
	out = &made
	out.URL = &url.URL{Scheme: to.scheme, Host: to.hostport, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	out.Host = strings.TrimSuffix(to.hostport, ":"+ports[to.scheme])
	out.RequestURI, out.Close, out.Trailer = "", false, nil
	stripHop(out.Header)
	if c.authHeader != "" {
		delete(out.Header, c.authHeader)
	}
	if c.access != nil || c.key != nil {
		delete(out.Header, "Authorization")
	}
	if base && c.authHeader != "" {
		out.Header[c.authHeader] = []string{c.authValue}
	}
	if out.ContentLength != 0 {
		out.Body = http.MaxBytesReader(w, r.Body, c.server.MaxRequest)
	}
	unrepeatable(out.Header)
	return out, base, nil
}

// unrepeatable keeps net/http's transport from sending a write twice. When a kept-alive connection breaks, it repeats what it takes for
// idempotent: a read, or what has one of two headers, which it looks up under these very spellings. The product reads them in any.
func unrepeatable(h http.Header) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := h[name]; ok {
			delete(h, name)
			h[strings.ToLower(name)] = v
		}
	}
}

// answer passes the product's answer on. What cannot be passed on in whole is broken off, so that it is not taken for whole.
func answer(w http.ResponseWriter, resp *http.Response, limit int64) error {
	if resp.ContentLength > limit {
		return &failure{tooLarge, fmt.Sprintf("the answer is over %d bytes", limit)}
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return &failure{broken, "the product changed the protocol unasked"}
	}
	stripHop(resp.Header)
	h := w.Header()
	for name, values := range resp.Header {
		h[name] = values
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // or net/http would guess one
	}
	w.WriteHeader(resp.StatusCode)
	n, err := io.Copy(w, io.LimitReader(resp.Body, limit+1))
	if err != nil || n > limit {
		panic(http.ErrAbortHandler)
	}
	return nil
}
