// Package egress is the one way out: allow-list, credentials, rate, ledger of calls.
//
// A [Server] listens on a Unix socket for the HTTP clients of all plugins. [Server.Open] gives a [Conn] for each connection: where it may
// go, with which credential, how fast. For every RPC to a plugin the host takes a turn with [Conn.Admit] and turns it into a [Call]; its id
// crosses with the RPC and comes back with each request. [Call.End] kills the id and returns the [Ledger] of what was sent.
//
// # Why
//
// The id is a capability. A plugin's late goroutine, an orphaned process, a handler of webhooks can send nothing, because they have no live
// id; so nobody needs to hunt for them before a look at the product can be believed.
//
// Only whoever holds the socket knows whether bytes were written, which is what tells "surely not applied" from "unknown" (reliability.md,
// R6). So connections are counted above TLS and speak HTTP/1.1 only, one request at a time: what a shared HTTP/2 connection has sent of one
// request cannot be told.
//
// The address is checked in the dialer's Control, after the name was resolved and for the very address that is dialled: a name that answers
// differently the second time gains nothing.
package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Options is what a Server is made of.
type Options struct {
	Dir         string         // holds the socket: exists, mode 0700, its path short enough for a socket (107 bytes)
	Clock       Clock          // of the limiter; the deadlines of calls are real time
	Roots       *x509.CertPool // nil: the system's
	Resolver    *net.Resolver  // nil: the system's
	MaxRequest  int64          // bytes of a request's body; 0: 40 MiB
	MaxResponse int64          // bytes of an answer's body, after decompression; 0: 64 MiB
}

// Server is the way out of all plugins. Its methods may be called concurrently.
type Server struct {
	Options
	mayDial  func(a netip.Addr) bool // isPublic, but where a test plays the internet on one machine
	listener net.Listener
	http     *http.Server
	serving  sync.WaitGroup // the accept loop and the requests being forwarded

	mu      sync.RWMutex
	closed  bool
	calls   map[string]*Call
	conns   map[*Conn]struct{}
	buckets map[account]*bucket
}

// account is what a product counts requests for: a credential at an origin, or, without one, a connection.
type account struct {
	origin     origin
	credential Credential
	name       string
}

// New makes a Server that listens at once.
func New(o Options) (*Server, error) {
	info, err := os.Stat(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 {
		return nil, fmt.Errorf("egress: %s must be a folder of mode 0700, but is %v", o.Dir, info.Mode())
	}
	if o.MaxRequest == 0 {
		o.MaxRequest = 40 << 20
	}
	if o.MaxResponse == 0 {
		o.MaxResponse = 64 << 20
	}
	s := &Server{
		Options: o, mayDial: isPublic,
		calls: map[string]*Call{}, conns: map[*Conn]struct{}{}, buckets: map[account]*bucket{},
	}
	if s.listener, err = net.Listen("unix", s.Socket()); err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	if err := os.Chmod(s.Socket(), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("egress: %w", err), s.listener.Close())
	}
	// No log: what goes wrong with a request is in its call's ledger, and net/http's words may quote a header.
	s.http = &http.Server{Handler: http.HandlerFunc(s.forward), MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	s.serving.Go(func() { _ = s.http.Serve(s.listener) })
	return s, nil
}

// Socket is the path that plugins are given.
func (s *Server) Socket() string { return filepath.Join(s.Dir, "egress.sock") }

// Open gives a connection its way out.
func (s *Server) Open(o Connection) (*Conn, error) {
	c, err := newConn(s, o)
	if err != nil {
		return nil, fmt.Errorf("egress: %s: %w", o.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("egress: %s: %w", o.Name, net.ErrClosed)
	}
	if c.bucket = s.buckets[c.account]; c.bucket == nil {
		c.bucket = newBucket(s.Clock, o.Rate)
		s.buckets[c.account] = c.bucket
	}
	c.bucket.slow(o.Rate)
	c.bucket.users++
	s.conns[c] = struct{}{}
	return c, nil
}

// release forgets a connection and cuts its calls.
func (s *Server) release(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[c]; !open {
		return
	}
	delete(s.conns, c)
	if c.bucket.users--; c.bucket.users == 0 {
		delete(s.buckets, c.account)
	}
	for _, call := range s.calls {
		if call.conn == c {
			call.cut()
		}
	}
}

// register makes a call's id live. After Close no id is.
func (s *Server) register(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[c.conn]; !open || s.closed {
		c.cut()
		return
	}
	s.calls[c.id] = c
}

func (s *Server) revoke(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c.id)
}

// live finds the call of an id. The request counts as served until s.serving is told that it is done.
func (s *Server) live(id string) *Call {
	s.mu.RLock()
	defer s.mu.RUnlock()
	call := s.calls[id]
	if call == nil || call.ctx.Err() != nil || s.closed {
		return nil
	}
	s.serving.Add(1)
	return call
}

// Close cuts all calls, and returns when nothing more is on its way.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, call := range s.calls {
		call.cut()
	}
	s.mu.Unlock()
	err := s.http.Close()
	s.serving.Wait()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for c := range s.conns {
		c.hop.CloseIdleConnections()
	}
	return err
}

// forward makes one request of a plugin to the product, and passes the answer back.
func (s *Server) forward(w http.ResponseWriter, r *http.Request) {
	call := s.live(r.Header.Get(sdk.HeaderCall))
	if call == nil {
		fail(w, &failure{dead, "no such call, or its time is over: requests go out only while the call that the host made is running"})
		return
	}
	defer s.serving.Done()
	ctx, cancel := context.WithCancel(call.ctx)
	defer cancel()
	defer context.AfterFunc(r.Context(), cancel)()
	hop := http.NewResponseController(w)
	_ = hop.EnableFullDuplex() // an answer may begin before the request has been sent whole
	calm := context.AfterFunc(ctx, func() { hurry(hop) })
	defer calm()
	resp, err := call.send(ctx, w, r)
	if err != nil {
		fail(w, err)
		return
	}
	defer resp.Body.Close()
	if err := answer(w, resp, s.MaxResponse); err != nil {
		fail(w, err)
		return
	}
	if !calm() {
		panic(http.ErrAbortHandler) // hurry has put deadlines on the hop, which no later request may meet
	}
}
