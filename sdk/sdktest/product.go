package sdktest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// product is what a plugin under check talks to: it answers nothing, or 500, and counts. One thing is done at a time.
type product struct {
	closed chan struct{} // ends requests that nobody answers

	mu     sync.Mutex
	doing  string        // what the plugin is doing, for complaints
	call   string        // the id under which it may send; empty: it may not
	status int           // 0: no answer
	asked  chan struct{} // closed by the first request of the call
	seen   int           // requests of the call
	writes int           // those of them that write
	wrong  []error
}

// begin names what the plugin does next, and how requests are answered. It returns what is closed by the first one.
func (p *product) begin(doing, call string, status int) (asked <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing, p.call, p.status, p.asked, p.seen, p.writes = doing, call, status, make(chan struct{}), 0, 0
	return p.asked
}

// end tells how many requests there were. What comes from now on under the call's id comes too late.
func (p *product) end() (seen, writes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.call = ""
	return p.seen, p.writes
}

// take counts a request and tells how it is answered.
func (p *product) take(r *http.Request) (status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	call := sdk.CallFrom(r.Context())
	switch method, _, _ := strings.Cut(call, " "); {
	case call == "":
		p.wrong = append(p.wrong, fmt.Errorf("%s sends a request without the context of a call: the host would refuse it", p.doing))
		return p.status
	case call != p.call:
		p.wrong = append(p.wrong, fmt.Errorf("%s sends a request after it has returned: the host would refuse it", method))
		return p.status
	}
	if p.seen++; p.seen == 1 {
		close(p.asked)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.writes++
	}
	return p.status
}

// RoundTrip is one request.
func (p *product) RoundTrip(r *http.Request) (*http.Response, error) {
	status := p.take(r)
	if r.Body != nil {
		defer r.Body.Close()
	}
	if status != 0 {
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: http.NoBody, Request: r,
		}, nil
	}
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-p.closed:
		return nil, http.ErrServerClosed
	}
}

// lull is how long a goroutine that outlives its call gets to show itself: no event tells that there is none.
const lull = 100 * time.Millisecond

// close waits for requests that come too late, ends those that still go on, and returns what was wrong with any.
func (p *product) close() []error {
	time.Sleep(lull)
	close(p.closed)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrong
}
