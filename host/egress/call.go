package egress

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Mode is what a call may send.
type Mode bool

const (
	Reading Mode = false // GET and HEAD
	Writing Mode = true  // anything
)

// Ticket is a turn at the limiter. It begins one call or is released.
type Ticket struct {
	conn *Conn
	used sync.Once
}

// Release gives the turn back; of a ticket that began a call it does nothing.
func (t *Ticket) Release() { t.used.Do(t.conn.bucket.giveBack) }

// Call is one RPC to a plugin as the way out sees it: the right to send, until End or the deadline.
type Call struct {
	conn   *Conn
	id     string
	verb   sdk.Verb
	mode   Mode
	ctx    context.Context
	cut    context.CancelFunc
	flying sync.WaitGroup // requests that may still write

	mu      sync.Mutex
	ended   bool
	prepaid bool // the ticket's token is still there
	entries []Entry
}

// Begin makes a call's id live until its deadline, in real time. A ticket begins one call only; of a used one the id is born dead.
func (t *Ticket) Begin(v sdk.Verb, m Mode, deadline time.Time) *Call {
	c := &Call{conn: t.conn, id: rand.Text(), verb: v, mode: m}
	c.ctx, c.cut = context.WithDeadline(context.Background(), deadline)
	t.used.Do(func() { c.prepaid = true })
	if !c.prepaid {
		c.cut()
		return c
	}
	c.conn.calls.Add(1)
	c.conn.server.register(c)
	return c
}

// Context is ctx for the RPC: with the id, and done at the deadline or when the call ends.
func (c *Call) Context(ctx context.Context) context.Context {
	deadline, _ := c.ctx.Deadline()
	ctx, cancel := context.WithDeadline(sdk.WithCall(ctx, c.id), deadline)
	context.AfterFunc(c.ctx, cancel)
	return ctx
}

// End kills the id, cuts what is in flight, and returns the ledger, which no later request can change. A turn that no request used goes
// back to the limiter.
func (c *Call) End() Ledger {
	c.conn.server.revoke(c)
	c.mu.Lock()
	c.ended = true
	unused := c.prepaid
	c.prepaid = false
	c.mu.Unlock()
	c.cut()
	if unused {
		c.conn.bucket.giveBack()
	}
	c.flying.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return Ledger{Entries: c.entries, Final: c.conn.final}
}

// send judges a request, waits for its turn and sends it. The error is a *failure.
func (c *Call) send(ctx context.Context, w http.ResponseWriter, r *http.Request) (*http.Response, error) {
	key := asksKey(r.Header)
	out, base, err := c.conn.outgoing(w, r)
	if err == nil && c.mode == Reading && writes(r.Method) {
		err = &failure{refused, fmt.Sprintf("%s: the call %q may only read, and %s writes", c.conn.name, c.verb, r.Method)}
	}
	if err != nil {
		c.conn.refused.Add(1)
		return nil, err
	}
	token, err := c.conn.present(ctx, out, base, key)
	if err != nil {
		return nil, err
	}
	prepaid, err := c.depart()
	if err != nil {
		return nil, err
	}
	defer c.flying.Done()
	if !prepaid {
		if err := c.conn.turn(ctx, continuing); err != nil {
			return nil, explain(ctx, err)
		}
	}
	resp, err := c.attempt(ctx, out)
	if err != nil {
		return nil, err
	}
	if err := token.judge(ctx, c.conn.name, resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// depart counts a request in, before End or never.
func (c *Call) depart() (prepaid bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false, &failure{cut, "the call has ended"}
	}
	prepaid, c.prepaid = c.prepaid, false
	c.flying.Add(1)
	return prepaid, nil
}

// attempt makes the round trip and writes it down. The transport may repeat a request by itself only if nothing of it was written or if it
// is a read (see unrepeatable); it then gets another connection, and what went before is an entry of its own.
func (c *Call) attempt(ctx context.Context, out *http.Request) (*http.Response, error) {
	var (
		conn  *countedConn
		sent  int64
		began time.Time
		entry = Entry{Method: out.Method, Target: out.Host + out.URL.EscapedPath()}
	)
	begin := func() { began, entry.Started = time.Now(), c.conn.server.Clock.Now() }
	finish := func() {
		entry.Took = time.Since(began)
		entry.Wrote = entry.Status != 0 || conn != nil && conn.written.Load() > sent
		c.record(entry)
	}
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if conn != nil {
			entry.Failure = "broken: the product hung up"
			finish()
			entry.Failure = ""
			begin()
			c.conn.bucket.overdraw()
		}
		conn = got.Conn.(*countedConn)
		sent = conn.written.Load()
	}}
	begin()
	resp, err := c.conn.hop.RoundTrip(out.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		err := explain(ctx, err)
		entry.Failure = err.Error()
		finish()
		return nil, err
	}
	entry.Status, entry.RetryAfter = resp.StatusCode, retryAfter(resp, entry.Started)
	finish()
	return resp, nil
}

func (c *Call) record(e Entry) {
	c.mu.Lock()
	c.entries = append(c.entries, e)
	c.mu.Unlock()
	class := e.Status / 100
	if class >= len(c.conn.requests) {
		class = 0
	}
	c.conn.requests[class].Add(1)
	switch {
	case e.Status == http.StatusTooManyRequests:
		c.conn.bucket.refuse(e.Started, e.RetryAfter)
	case e.Status == 0 || e.Status >= 500:
		c.conn.bucket.fail(e.Started)
	default:
		c.conn.bucket.accept(e.Started)
	}
}
