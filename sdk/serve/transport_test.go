package serve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/sdk"
)

// socketDir is a folder whose path is short enough for a socket.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "serve")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fakeEgress listens on a socket; talk gets each connection, and how many came before it.
func fakeEgress(t *testing.T, talk func(conn net.Conn, n int)) (socket string) {
	t.Helper()
	socket = filepath.Join(socketDir(t), "egress.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer conn.Close()
				talk(conn, n)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		done.Wait()
	})
	return socket
}

// newClient is a connection's HTTP client.
func newClient(t testing.TB, socket string) *http.Client {
	client := newHTTP(socket)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func newRequest(t testing.TB, ctx context.Context, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTransportNeedsACall(t *testing.T) {
	socket := fakeEgress(t, func(net.Conn, int) { t.Error("something reached the egress") })
	_, err := newClient(t, socket).Do(newRequest(t, t.Context(), "POST", "https://api.example.com/v1", "x"))
	if !errors.Is(err, errNoCall) {
		t.Errorf("got %v, want %v", err, errNoCall)
	}
}

func TestTransportOnTheWire(t *testing.T) {
	var got string
	socket := fakeEgress(t, func(conn net.Conn, _ int) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %q call=%s scheme=%s key=%s", r.Method, r.RequestURI, body,
			r.Header.Get(sdk.HeaderCall), r.Header.Get(sdk.HeaderScheme), r.Header.Get("Idempotency-Key"))
		_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nok")
	})
	req := newRequest(t, sdk.WithCall(t.Context(), "ID"), "PUT", "https://api.example.com:8443/a%2Fb?q=1", "body")
	req.Host = "another.example.com"
	req.Header.Set("Idempotency-Key", "k")
	resp, err := newClient(t, socket).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if want := `PUT http://api.example.com:8443/a%2Fb?q=1 "body" call=ID scheme=https key=k`; got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
	if at, err := resp.Location(); err != nil || at.String() != "https://api.example.com:8443/elsewhere" {
		t.Errorf("redirect to %v, %v", at, err)
	}
	if req.Header.Get(sdk.HeaderCall) != "" || req.URL.Scheme != "https" || req.Host != "another.example.com" {
		t.Error("the author's request was changed")
	}
}

func TestTransportMakesErrorsOfFailures(t *testing.T) {
	for _, tt := range []struct {
		word string
		late bool
	}{{"refused", false}, {"dead", false}, {"unresolved", false}, {"insecure", false}, {"cut", false}, {"late", true}} {
		t.Run(tt.word, func(t *testing.T) {
			socket := fakeEgress(t, func(conn net.Conn, _ int) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 403 Forbidden\r\n%s: %s\r\nConnection: close\r\n\r\nthe reason", sdk.HeaderFailure, tt.word)
				}
			})
			_, err := newClient(t, socket).Do(newRequest(t, sdk.WithCall(t.Context(), "ID"), "GET", "https://api.example.com/", ""))
			if err == nil || !strings.Contains(err.Error(), tt.word+": the reason") || errors.Is(err, context.DeadlineExceeded) != tt.late {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestTransportRepeatsNoWrite has a kept-alive connection to the egress break under a request that was read.
func TestTransportRepeatsNoWrite(t *testing.T) {
	for _, tt := range []struct{ name, method, body, key string }{
		{"a write with a key", "POST", "x", "Idempotency-Key"},
		{"a write with the other key", "POST", "x", "X-Idempotency-Key"},
		{"a write with a key and no body", "POST", "", "Idempotency-Key"},
		{"a delete with a key", "DELETE", "", "Idempotency-Key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			send := func(client func(socket string) *http.Client) (requests []string) {
				var mu sync.Mutex
				socket := fakeEgress(t, func(conn net.Conn, n int) {
					in := bufio.NewReader(conn)
					for i := 0; ; i++ {
						r, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, r.Body)
						mu.Lock()
						requests = append(requests, r.Method)
						mu.Unlock()
						if n == 0 && i > 0 {
							return
						}
						_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					}
				})
				c := client(socket)
				for _, method := range []string{"GET", tt.method} {
					r := newRequest(t, sdk.WithCall(t.Context(), "ID"), method, "http://api.example.com/", tt.body)
					if method != "GET" {
						r.Header.Set(tt.key, "k")
					}
					if resp, err := c.Do(r); err == nil {
						_ = resp.Body.Close()
					}
				}
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(requests)
			}
			stock := func(socket string) *http.Client {
				hop := newTransport(socket).(*transport).hop
				t.Cleanup(hop.CloseIdleConnections)
				return &http.Client{Transport: hop}
			}
			if got := send(stock); len(got) != 3 {
				t.Fatalf("control: net/http sent %v, and does not repeat the write: this test proves nothing", got)
			}
			if got := send(func(socket string) *http.Client { return newClient(t, socket) }); len(got) != 2 {
				t.Errorf("sent %v", got)
			}
		})
	}
}

type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) Until(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wayOut is the whole way: a client, the egress, a product.
func wayOut(t testing.TB, product http.Handler) (client *http.Client, conn *egress.Conn, url string) {
	t.Helper()
	there := httptest.NewServer(product)
	t.Cleanup(there.Close)
	server, err := egress.New(egress.Options{Dir: socketDir(t), Clock: wall{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	conn, err = server.Open(egress.Connection{
		Name: "vendor.test", BaseURL: there.URL, OperatorURL: true, Credential: egress.Credential{Auth: "bearer", Secret: "s3cret"},
		Rate: sdk.Rate{PerSecond: 1e6, Burst: 1e6},
	})
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, server.Socket()), conn, there.URL
}

func beginCall(t testing.TB, conn *egress.Conn, m egress.Mode) *egress.Call {
	t.Helper()
	ticket, err := conn.Admit(context.Background(), egress.Person)
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Begin(sdk.VerbInvite, m, time.Now().Add(time.Minute))
}

func TestWayOut(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	client, conn, url := wayOut(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if r.URL.Path == "/refuse" {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		_ = http.NewResponseController(w).EnableFullDuplex() // answers while it reads
		_, _ = io.Copy(w, r.Body)
	}))
	call := beginCall(t, conn, egress.Writing)
	ctx := call.Context(t.Context())
	resp, err := client.Do(newRequest(t, ctx, "POST", url+"/echo", string(large)))
	if err != nil {
		t.Fatal(err)
	}
	back, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !bytes.Equal(back, large) {
		t.Errorf("status %d, %d bytes, %v", resp.StatusCode, len(back), err)
	}
	_ = resp.Body.Close()
	if resp, err = client.Do(newRequest(t, ctx, "POST", url+"/refuse", string(large))); err != nil || resp.StatusCode != 413 {
		t.Errorf("an answer before the request was read: %v, %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	if _, err := client.Do(newRequest(t, ctx, "POST", "http://169.254.169.254/latest", string(large))); err == nil ||
		!strings.Contains(err.Error(), "is not a host of this connection") {
		t.Errorf("got %v, want a refusal", err)
	}
	if l := call.End(); l.Requests() != 2 || l.NotApplied() {
		t.Errorf("ledger %+v", l)
	}
	if _, err := client.Do(newRequest(t, sdk.WithCall(t.Context(), sdk.CallFrom(ctx)), "GET", url, "")); err == nil ||
		!strings.Contains(err.Error(), "egress: dead") {
		t.Errorf("after the call's end: %v", err)
	}
}

func TestWayOutKeepsTheDeadline(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	client, conn, url := wayOut(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(left)
	}))
	ticket, err := conn.Admit(t.Context(), egress.Person)
	if err != nil {
		t.Fatal(err)
	}
	call := ticket.Begin(sdk.VerbInvite, egress.Writing, time.Now().Add(time.Second))
	id := sdk.CallFrom(call.Context(t.Context()))
	_, err = client.Do(newRequest(t, sdk.WithCall(t.Context(), id), "POST", url, "x")) // whatever the plugin did with the deadline
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	<-left
	if l := call.End(); l.NotApplied() || l.Requests() != 1 {
		t.Errorf("ledger %+v", l)
	}
}

// BenchmarkRoundTrip is a write of 1 KiB through plugin, egress and product, all on one machine; direct is the same without the hop.
func BenchmarkRoundTrip(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1<<10)
	for _, hop := range []bool{false, true} {
		for _, parallel := range []int{1, 8} {
			b.Run(fmt.Sprintf("egress=%v/parallel=%d", hop, parallel), func(b *testing.B) {
				client, conn, url := wayOut(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
				if !hop {
					client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
					b.Cleanup(client.CloseIdleConnections)
				}
				call := beginCall(b, conn, egress.Writing)
				defer call.End()
				ctx := call.Context(context.Background())
				b.ReportAllocs()
				b.SetParallelism(parallel)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
						if err != nil {
							b.Error(err)
							return
						}
						resp, err := client.Do(r)
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
					}
				})
			})
		}
	}
}
