package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server serves a product's World, its control plane and its page.
type Server struct {
	options Options
	build   func(*World) Product

	mu    sync.RWMutex
	world *World
}

// New builds a product in a new World. Close ends it.
func New(o Options, build func(*World) Product) *Server {
	return &Server{options: o, build: build, world: newWorld(o, build)}
}

// World is the one that is served now.
func (s *Server) World() *World {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.world
}

// Reset starts over with a new World. Requests under way end in the old one.
func (s *Server) Reset() {
	s.mu.Lock()
	old := s.world
	s.world = newWorld(s.options, s.build)
	s.mu.Unlock()
	old.close()
}

// Close ends timers and webhooks, and waits for them.
func (s *Server) Close() { s.World().close() }

func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w := s.World()
	switch {
	case r.URL.Path == controlPath+"reset" && r.Method == http.MethodPost:
		sameOrigin(operation(func([]byte, *http.Request) (any, error) { s.Reset(); return struct{}{}, nil })).ServeHTTP(rw, r)
	case strings.HasPrefix(r.URL.Path, controlPath):
		w.control.ServeHTTP(rw, r)
	case r.URL.Path == "/" && r.Method == http.MethodGet && w.product.Page != nil && !w.NoPage:
		servePage(rw, w.product.Page(), w.Clock.Now())
	default:
		w.serveProduct(rw, r)
	}
}

const maxBody = 64 << 20 // more than any product takes

// serveProduct lets a request through the faults to the product, and logs it.
func (w *World) serveProduct(rw http.ResponseWriter, r *http.Request) {
	f := w.Faults.strike(r)
	seen := &statusWriter{ResponseWriter: rw}
	entry := Entry{At: w.Clock.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Fault: f.Kind}
	defer func() { entry.Status = seen.status; w.Log.add(entry) }() // also when the connection is cut, which is a panic
	switch f.Kind {
	case FaultStatus:
		if f.RetryAfter > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		if w.product.Fault != nil {
			w.product.Fault(seen, f.Status)
		} else {
			seen.WriteHeader(f.Status)
		}
	case FaultReset:
		panic(http.ErrAbortHandler)
	case FaultLost:
		seen.ResponseWriter = nowhere{}
		w.product.API.ServeHTTP(seen, detached(r))
		panic(http.ErrAbortHandler)
	case FaultSlow:
		left := r.Context().Done()
		r = detached(r)
		select {
		case <-time.After(time.Duration(f.Delay)):
		case <-left:
		case <-w.ctx.Done():
		}
		w.product.API.ServeHTTP(seen, r)
	default:
		w.product.API.ServeHTTP(seen, r)
	}
}

// detached is a request that has arrived whole and no longer ends with its connection.
func detached(r *http.Request) *http.Request {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // the caller left before it had said everything
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// nowhere takes an answer that is lost.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
