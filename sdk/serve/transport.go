package serve

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

// transport is the plugin's half of the way out: it sends each request, under the id of its context's call, to the host's egress, which
// makes the real one. What the egress itself has to say is an error, never an answer.
type transport struct{ hop *http.Transport }

// newTransport makes the transport of the egress that listens on socket.
func newTransport(socket string) http.RoundTripper {
	var d net.Dialer
	return &transport{&http.Transport{
		Proxy:               http.ProxyURL(&url.URL{Scheme: "http", Host: "egress"}), // so that requests are in absolute form
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
		DisableCompression:  true, // is the egress's to offer
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}}
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] looks for.
func (t *transport) CloseIdleConnections() { t.hop.CloseIdleConnections() }

// egressError is why a request got no answer.
type egressError struct{ reason, detail string }

func (e *egressError) Error() string { return "egress: " + e.reason + ": " + e.detail }

// Is makes a deadline that the host kept look like one kept here.
func (e *egressError) Is(target error) bool {
	return target == context.DeadlineExceeded && e.reason == "late"
}

var errNoCall = errors.New("egress: no call: requests go out only with the context of a call that the host made")

// RoundTrip sends req once. A write is never repeated, though net/http's transport would when a kept-alive connection breaks, if it has one
// of two headers; it looks them up under these very spellings, the egress reads them in any.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call := sdk.CallFrom(req.Context())
	if call == "" {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errNoCall
	}
	out := req.WithContext(req.Context())
	to := *req.URL
	to.Scheme, to.User = "http", nil
	out.URL, out.Host = &to, ""
	out.Header = req.Header.Clone()
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := out.Header[name]; ok {
			delete(out.Header, name)
			out.Header[strings.ToLower(name)] = v
		}
	}
	out.Header.Set(sdk.HeaderCall, call)
	out.Header.Set(sdk.HeaderScheme, req.URL.Scheme)
	resp, err := t.hop.RoundTrip(out)
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	if reason := resp.Header.Get(sdk.HeaderFailure); reason != "" {
		detail, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return nil, errors.Join(&egressError{reason, string(detail)}, err, resp.Body.Close())
	}
	resp.Request = req
	return resp, nil
}
