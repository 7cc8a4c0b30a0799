package hook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestARepeatIsTakenAndChangesNothing(t *testing.T) {
	s := newStreet(t, script(toy))
	event := func(n int) string { return fmt.Sprintf(`{"id":"e%d","kind":"moved","application":"a"}`, n) }
	for i, body := range []string{
		"[" + event(3) + "]", "[" + event(1) + "]", "[" + event(3) + "]", "[" + event(3) + "," + event(1) + "]",
		"[" + event(1) + "," + event(2) + "]", "[" + event(2) + "," + event(2) + "]",
	} {
		if resp := s.post(t, body); resp.StatusCode != http.StatusOK {
			t.Errorf("delivery %d is answered %d", i, resp.StatusCode)
		}
	}
	if got := s.stored(t); !slices.Equal(got, []string{"e1", "e2", "e3"}) {
		t.Errorf("stored %q", got)
	}
	if diff := cmp.Diff(map[Outcome]int64{Accepted: 3, Repeated: 3}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Whatever a failing commit left behind, the sender is told to come again, and what it then brings is there once.
func TestAJournalThatFails(t *testing.T) {
	var all []string
	var ids []string
	for n := range 40 { // two commits
		ids = append(ids, fmt.Sprintf("e%02d", n))
		all = append(all, fmt.Sprintf(`{"id":%q,"kind":"moved","application":"a"}`, ids[n]))
	}
	for _, tt := range []struct {
		fates string
		left  int // stored although refused
		then  Outcome
	}{{"-", 0, Accepted}, {"+", 30, Accepted}, {".-", 30, Accepted}, {".+", 40, Repeated}} {
		t.Run(tt.fates, func(t *testing.T) {
			s := newStreet(t, script(toy))
			s.disk.fates = tt.fates
			resp := s.post(t, "["+strings.Join(all, ",")+"]")
			if got := text(t, resp); resp.StatusCode != 503 || got != "not stored" || resp.Header.Get("Retry-After") == "" {
				t.Errorf("answered %d %q, Retry-After %q", resp.StatusCode, got, resp.Header.Get("Retry-After"))
			}
			if got := len(s.stored(t)); got != tt.left {
				t.Errorf("%d events are stored, want %d", got, tt.left)
			}
			if resp := s.post(t, "["+strings.Join(all, ",")+"]"); resp.StatusCode != 200 {
				t.Errorf("the retry is answered %d", resp.StatusCode)
			}
			if got := s.stored(t); !slices.Equal(got, ids) {
				t.Errorf("stored %q", got)
			}
			if diff := cmp.Diff(map[Outcome]int64{Failed: 1, tt.then: 1}, s.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// crowd is a plugin in which requests stay until they are let out.
type crowd struct {
	in  chan struct{}
	out chan struct{}
}

func (c crowd) Answer(context.Context, sdk.Question, sdk.Answer) (sdk.Response, error) {
	return sdk.Response{}, errors.New("nobody asked")
}

func (c crowd) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	c.in <- struct{}{}
	<-c.out
	if ctx.Err() != nil {
		return sdk.Received{}, ctx.Err()
	}
	return toy(ctx, r)
}

func TestTooManyInFlight(t *testing.T) {
	inside := crowd{make(chan struct{}), make(chan struct{})}
	s := newStreet(t, script(toy))
	if s.Crowded() {
		t.Error("nobody is a crowd")
	}
	for i := range 4 {
		s.enter(fmt.Sprint("ats.", i), inside)
	}
	send := func(conn string, event int) (status int, later bool) {
		resp := s.send(t, http.MethodPost, "/hooks/"+conn+"/"+secret+"/", http.Header{"X-Signature": {"live"}},
			strings.NewReader(fmt.Sprintf(`[{"id":"e%d","kind":"moved","application":"a"}]`, event)))
		return resp.StatusCode, resp.Header.Get("Retry-After") != ""
	}
	for range 2 { // nothing is left of the first time
		var waiting sync.WaitGroup
		for i := range 4 * perConn {
			waiting.Go(func() {
				if status, _ := send(fmt.Sprint("ats.", i/perConn), i); status != 200 {
					t.Errorf("request %d is answered %d", i, status)
				}
			})
			<-inside.in
			if i >= crowded && !s.Crowded() {
				t.Errorf("%d requests are no crowd", i)
			}
			if i == perConn-1 {
				if status, later := send("ats.0", 1000); status != 503 || !later {
					t.Errorf("the 65th request to one connection is answered %d, Retry-After %v", status, later)
				}
				if status, _ := send("ats.toy", 1001); status != 200 {
					t.Errorf("meanwhile another connection answers %d", status)
				}
			}
		}
		if status, later := send("ats.toy", 1002); status != 503 || !later {
			t.Errorf("the 257th request is answered %d, Retry-After %v", status, later)
		}
		s.entered(t, perDoor)
		close(inside.out)
		waiting.Wait()
		inside.out = make(chan struct{})
		for i := range 4 {
			s.enter(fmt.Sprint("ats.", i), inside)
		}
	}
	s.entered(t, 0)
	if diff := cmp.Diff(map[Outcome]int64{Accepted: 4*perConn + 1, Repeated: 4*perConn + 1, Overload: 4}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestAPluginThatFails(t *testing.T) {
	for what, broken := range map[string]script{
		"is not running": func(ctx context.Context, _ sdk.Request) (got sdk.Received, err error) {
			return got, sdk.Later(0, fmt.Errorf("plugin toy is waiting"))
		},
		"broke": func(context.Context, sdk.Request) (got sdk.Received, err error) {
			return got, fmt.Errorf("Receive panicked: ouch")
		},
		"gives a status that ends nothing": func(ctx context.Context, r sdk.Request) (sdk.Received, error) {
			got, err := toy(ctx, r)
			got.Response.Status = 103
			return got, err
		},
		"gives a status that is none": func(ctx context.Context, r sdk.Request) (sdk.Received, error) {
			got, err := toy(ctx, r)
			got.Response.Status = 7
			return got, err
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStreet(t, broken)
			resp := s.post(t, moved)
			if got := text(t, resp); resp.StatusCode != 503 || got != "not ready" || resp.Header.Get("Retry-After") == "" {
				t.Errorf("answered %d %q, Retry-After %q", resp.StatusCode, got, resp.Header.Get("Retry-After"))
			}
			if got := s.stored(t); len(got) != 0 {
				t.Errorf("stored %q", got)
			}
			s.entered(t, 0)
			s.enter("ats.toy", script(toy))
			if resp := s.post(t, moved); resp.StatusCode != 200 || !slices.Equal(s.stored(t), []string{"e1"}) {
				t.Errorf("once it is mended: %d, stored %q", resp.StatusCode, s.stored(t))
			}
		})
	}
}

// A fault of ours costs one request, and no place in the door.
func TestAPanicCostsOneRequest(t *testing.T) {
	s := newStreet(t, script(func(context.Context, sdk.Request) (sdk.Received, error) { panic("ouch") }))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/hooks/ats.toy/"+secret+"/", strings.NewReader(moved))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.server.Client().Do(req); err == nil {
		t.Errorf("answered %d", resp.StatusCode)
	}
	s.entered(t, 0)
	s.enter("ats.toy", script(toy))
	if resp := s.post(t, moved); resp.StatusCode != 200 {
		t.Errorf("the next one is answered %d", resp.StatusCode)
	}
}

// An answer is the plugin's, its framing the server's.
func TestAnAnswerCannotBreakOut(t *testing.T) {
	s := newStreet(t, script(func(context.Context, sdk.Request) (sdk.Received, error) {
		return sdk.Received{Response: sdk.Response{Status: 202, Body: []byte("hello"), Header: http.Header{
			"content-type": {"text/x-greeting"}, "X-Two": {"a", "b"}, "X-Split": {"a\r\nX-Injected: b"}, "X-Key\r\nX-Injected": {"c"},
			"Content-Length": {"3"}, "Transfer-Encoding": {"gzip"}, "Connection": {"upgrade"}, "Upgrade": {"h2c"}, "Trailer:X-Late": {"d"},
		}}}, nil
	}))
	resp := s.post(t, "{}")
	resp.Header.Del("Date")
	want := http.Header{"Content-Type": {"text/x-greeting"}, "X-Two": {"a", "b"}, "X-Split": {"a  X-Injected: b"}, "Content-Length": {"5"}}
	if diff := cmp.Diff(want, resp.Header); diff != "" || resp.StatusCode != 202 || text(t, resp) != "hello" || resp.Trailer != nil {
		t.Errorf("status %d, trailer %v, header (-want +got):\n%s", resp.StatusCode, resp.Trailer, diff)
	}
}

// raw opens a connection to the server and sends what begins a request of so many bytes.
func (s *street) raw(t *testing.T, announced int, sent string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /hooks/ats.toy/%s/ HTTP/1.1\r\nHost: x\r\nX-Signature: live\r\nContent-Length: %d\r\n\r\n%s", secret, announced, sent)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestASenderWhoHangsUp(t *testing.T) {
	t.Run("in the middle of its body", func(t *testing.T) {
		s := newStreet(t, script(toy))
		conn := s.raw(t, len(moved), moved[:20])
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, resp); resp.StatusCode != 400 || got != "the body did not arrive whole" {
			t.Errorf("answered %d %q", resp.StatusCode, got)
		}
		if got := s.stored(t); len(got) != 0 {
			t.Errorf("stored %q", got)
		}
		s.entered(t, 0)
	})
	t.Run("before it is answered", func(t *testing.T) {
		inside := crowd{make(chan struct{}), make(chan struct{})}
		s := newStreet(t, inside)
		left, served := make(chan struct{}, 2), make(chan struct{}, 2)
		s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer context.AfterFunc(r.Context(), func() { left <- struct{}{} })()
			s.ServeHTTP(w, r)
			served <- struct{}{}
		})
		conn := s.raw(t, len(moved), moved)
		<-inside.in
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		<-left // the server has noticed
		close(inside.out)
		<-served
		if got := s.stored(t); !slices.Equal(got, []string{"e1"}) || s.news.Load() != 1 {
			t.Errorf("stored %q, %d news", got, s.news.Load())
		}
		go func() { <-inside.in }()
		if resp := s.post(t, moved); resp.StatusCode != 200 || s.Counts()[Repeated] != 1 {
			t.Errorf("its retry is answered %d, counts %v", resp.StatusCode, s.Counts())
		}
	})
}

// pipes is a network without a machine, so that its time can be a test's.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.done); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// Whoever sends a byte now and then is shown out in time, whether or not it got as far as the door.
func TestSlowSenders(t *testing.T) {
	here := "POST /hooks/ats.toy/" + secret + "/ HTTP/1.1\r\nHost: x\r\nX-Signature: live\r\n"
	for _, tt := range []struct {
		what, sends string
		drips       string // a second apart, for ever
		answer      string // the first line
		within      time.Duration
	}{
		{"nothing", "", "", "", headerTime},
		{"headers, byte by byte", here, "X-A: b\r\n", "", headerTime},
		{"a body, byte by byte", here + "Content-Length: 100000\r\n\r\n", "x", "HTTP/1.1 408 Request Timeout", readTime},
		{"a body, chunk by chunk", here + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "HTTP/1.1 408 Request Timeout", readTime},
		{"a body to no hook", "POST /hooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "x", "HTTP/1.1 404 Not Found", readTime},
		{"nothing more after a request", "GET /hooks/x HTTP/1.1\r\nHost: x\r\n\r\n", "", "HTTP/1.1 404 Not Found", idleTime},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &Door{Now: time.Now, Log: slog.New(slog.DiscardHandler)}
				d.Open(&Entrance{Conn: "ats.toy", Secret: secret, Plugin: script(toy)})
				network := pipes{make(chan net.Conn), make(chan struct{})}
				server := NewServer(d, d.Log)
				go server.Serve(network) // its error is that it is closed
				defer server.Close()
				ours, theirs := net.Pipe()
				network.conns <- theirs
				began := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					for _, err := io.WriteString(ours, tt.sends); err == nil && tt.drips != ""; _, err = io.WriteString(ours, tt.drips) {
						time.Sleep(time.Second)
					}
				})
				all, _ := io.ReadAll(ours) // however it was closed
				if line, _, _ := strings.Cut(string(all), "\r\n"); line != tt.answer {
					t.Errorf("answered %q, want %q", line, tt.answer)
				}
				if took := time.Since(began); took > tt.within+time.Second {
					t.Errorf("shown out after %v, want %v", took, tt.within)
				}
				ours.Close()
				sending.Wait()
				if n := d.inFlight.Load(); n != 0 {
					t.Errorf("%d in flight", n)
				}
			})
		})
	}
}

// A plugin that does not answer has 5 s, of a sender that took its time too.
func TestASlowPlugin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := script(func(ctx context.Context, _ sdk.Request) (got sdk.Received, err error) {
			<-ctx.Done()
			return got, ctx.Err()
		})
		d := &Door{Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		d.Open(&Entrance{Conn: "ats.toy", Secret: secret, Plugin: hangs})
		network := pipes{make(chan net.Conn), make(chan struct{})}
		server := NewServer(d, d.Log)
		go server.Serve(network) // its error is that it is closed
		defer server.Close()
		ours, theirs := net.Pipe()
		network.conns <- theirs
		began := time.Now()
		go func() {
			io.WriteString(ours, "POST /hooks/ats.toy/"+secret+"/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
			time.Sleep(readTime - time.Second)
			io.WriteString(ours, "}")
		}()
		resp, err := http.ReadResponse(bufio.NewReader(ours), nil)
		if err != nil || resp.StatusCode != 503 || time.Since(began) != readTime-time.Second+askTime {
			t.Errorf("answered %v, %v after %v", resp, err, time.Since(began))
		}
		ours.Close()
	})
}
