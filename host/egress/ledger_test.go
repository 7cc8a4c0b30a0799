package egress

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// rawProduct is a product whose connections go wrong as told: talk gets each connection, and how many came before it.
func rawProduct(t testing.TB, talk func(conn net.Conn, n int)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
	return "http://" + l.Addr().String()
}

// readRequest reads one request whole.
func readRequest(in *bufio.Reader) (*http.Request, error) {
	r, err := http.ReadRequest(in)
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	return r, err
}

// awaitBytes returns when there is something to read, without reading it.
func awaitBytes(conn net.Conn) {
	if raw, err := conn.(*net.TCPConn).SyscallConn(); err == nil {
		_ = raw.Read(func(fd uintptr) bool {
			n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			return n > 0 || err != syscall.EAGAIN
		})
	}
}

func answerWith(status string) func(net.Conn, int) {
	return func(conn net.Conn, _ int) {
		if _, err := readRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
	}
}

func TestVerdicts(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	const request = "\nContent-Length: 2\n\nok"
	for _, tt := range []struct {
		name       string
		talk       func(net.Conn, int) // nil: nobody listens
		method     string
		wrote      bool
		notApplied bool
	}{
		{"connection refused", nil, "POST", false, true},
		{"cut before it was read", func(c net.Conn, _ int) { awaitBytes(c) }, "POST", true, false},
		{"cut in its midst", func(c net.Conn, _ int) { _, _ = c.Read(make([]byte, 10)) }, "POST", true, false},
		{"cut after it was read", func(c net.Conn, _ int) { _, _ = readRequest(bufio.NewReader(c)) }, "POST", true, false},
		{"cut after it was read, a read", func(c net.Conn, _ int) { _, _ = readRequest(bufio.NewReader(c)) }, "GET", true, true},
		{"answered with garbage", answerWith("what?"), "POST", true, false},
		{"200", answerWith("200 OK"), "POST", true, false},
		{"401", answerWith("401 Unauthorized"), "POST", true, true},
		{"403", answerWith("403 Forbidden"), "POST", true, false},
		{"404 of a read", answerWith("404 Not Found"), "GET", true, true},
		{"422, declared final", answerWith("422 Unprocessable"), "PATCH", true, true},
		{"429", answerWith("429 Too Many Requests"), "DELETE", true, true},
		{"500", answerWith("500 Internal Server Error"), "PUT", true, false},
		{"504", answerWith("504 Gateway Timeout"), "POST", true, false},
		{"a final status as text", answerWith("200 422"), "POST", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := gone.URL
			if tt.talk != nil {
				url = rawProduct(t, tt.talk)
			}
			s := newServer(t, Options{})
			call := begin(t, open(t, s, url, func(o *Connection) { o.Final = []int{422} }), Writing)
			plugin(t, s, call.id, "http", tt.method+" "+url+"/v1"+request)
			l := call.End()
			if l.Requests() != 1 || l.Entries[0].Wrote != tt.wrote || l.NotApplied() != tt.notApplied {
				t.Errorf("not applied: %v, ledger %+v; want %v, wrote %v", l.NotApplied(), l.Entries, tt.notApplied, tt.wrote)
			}
			if e := l.Entries[0]; (e.Status == 0) != (e.Failure != "") || strings.Contains(e.Failure, "/v1") {
				t.Errorf("status %d with failure %q", e.Status, e.Failure)
			}
		})
	}
}

func TestVerdictOfSeveral(t *testing.T) {
	for _, tt := range []struct {
		name    string
		entries []Entry
		want    bool
	}{
		{"nothing sent", nil, true},
		{"reads only", []Entry{{Method: "GET", Status: 200, Wrote: true}, {Method: "HEAD", Wrote: true}}, true},
		{"refused, then done", []Entry{{Method: "POST", Status: 429, Wrote: true}, {Method: "POST", Status: 201, Wrote: true}}, false},
		{"done, then refused", []Entry{{Method: "POST", Status: 201, Wrote: true}, {Method: "POST", Status: 429, Wrote: true}}, false},
		{"refused twice", []Entry{{Method: "POST", Status: 429, Wrote: true}, {Method: "PUT", Status: 401, Wrote: true}}, true},
		{"not resolved", []Entry{{Method: "POST"}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Ledger{Entries: tt.entries}).NotApplied(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		want   time.Duration
	}{
		{"nothing", 429, http.Header{}, 0},
		{"seconds", 503, http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{"a date", 429, http.Header{"Retry-After": {"Sun, 01 Mar 2026 12:00:30 GMT"}}, 30 * time.Second},
		{"a date by the product's own clock", 429,
			http.Header{"Retry-After": {"Sun, 01 Mar 2026 09:00:30 GMT"}, "Date": {"Sun, 01 Mar 2026 09:00:00 GMT"}}, 30 * time.Second},
		{"a date gone by", 429, http.Header{"Retry-After": {"Sun, 01 Mar 2026 11:00:00 GMT"}}, 0},
		{"negative", 429, http.Header{"Retry-After": {"-5"}}, 0},
		{"nonsense", 429, http.Header{"Retry-After": {"soon"}}, 0},
		{"too long", 429, http.Header{"Retry-After": {"86400"}}, time.Hour},
		{"a reset", 429, http.Header{"X-Ratelimit-Reset": {fmt.Sprint(now.Unix() + 12)}}, 12 * time.Second},
		{"a reset of an answer that went well", 200, http.Header{"X-Ratelimit-Reset": {fmt.Sprint(now.Unix() + 12)}}, 0},
		{"both", 429, http.Header{"Retry-After": {"3"}, "X-Ratelimit-Reset": {fmt.Sprint(now.Unix() + 12)}}, 3 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := retryAfter(&http.Response{StatusCode: tt.status, Header: tt.header}, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := (Ledger{Entries: []Entry{{RetryAfter: 2}, {RetryAfter: 5}, {}}}).RetryAfter(); got != 5 {
		t.Errorf("a ledger's: %v, want the longest", got)
	}
}

// fickle is a product that answers the first request of its first connection, and reads each later one of it and hangs up. It answers
// whatever comes on other connections. Methods are what it got.
type fickle struct {
	mu      sync.Mutex
	methods []string
}

func (f *fickle) talk(conn net.Conn, n int) {
	in := bufio.NewReader(conn)
	for i := 0; ; i++ {
		r, err := readRequest(in)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.methods = append(f.methods, r.Method)
		f.mu.Unlock()
		if n == 0 && i > 0 {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
}

func (f *fickle) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.methods)
}

// TestNoHiddenRetry has a kept-alive connection break under a request that was read. What net/http's transport does then by itself is the
// control: whatever it repeats, we must not.
func TestNoHiddenRetry(t *testing.T) {
	for _, tt := range []struct {
		name, method, headers string
		control, want         int // times that the product gets it
	}{
		{"a write with a key", "POST", "Idempotency-Key: k\nContent-Length: 2\n\nok", 2, 1},
		{"a write with the other key", "PATCH", "X-Idempotency-Key: k\nContent-Length: 2\n\nok", 2, 1},
		{"a write with a key and no body", "POST", "Idempotency-Key: k\nContent-Length: 0", 2, 1},
		{"a delete with a key", "DELETE", "Idempotency-Key: k", 2, 1},
		{"a write with a key and a chunked body", "PUT", "Idempotency-Key: k\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n", 2, 1},
		{"a write", "POST", "Content-Length: 2\n\nok", 1, 1},
		{"a read, which may be repeated but not in secret", "GET", "Accept: */*", 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var control fickle
			url := rawProduct(t, control.talk)
			stock := &http.Transport{}
			defer stock.CloseIdleConnections()
			for _, method := range []string{"GET", tt.method} {
				r, err := http.NewRequest(method, url, strings.NewReader("ok"))
				if err != nil {
					t.Fatal(err)
				}
				if method == "GET" || !strings.Contains(tt.headers, "\n\n") {
					r.Body, r.GetBody, r.ContentLength = nil, nil, 0
				}
				if name, _, ok := strings.Cut(tt.headers, ": k"); ok && method == tt.method {
					r.Header.Set(name, "k")
				}
				if resp, err := stock.RoundTrip(r); err == nil {
					_ = resp.Body.Close()
				}
			}
			if got := len(control.got()) - 1; got != tt.control {
				t.Fatalf("control: the product got it %d times, want %d: this test proves nothing", got, tt.control)
			}

			var product fickle
			url = rawProduct(t, product.talk)
			s := newServer(t, Options{})
			c := open(t, s, url, func(o *Connection) { o.Rate = sdk.Rate{PerSecond: 0.001, Burst: 10} })
			call := begin(t, c, Writing)
			plugin(t, s, call.id, "http", "GET "+url+"/first")
			plugin(t, s, call.id, "http", tt.method+" "+url+"/second\n"+tt.headers)
			if got := product.got(); len(got)-1 != tt.want {
				t.Errorf("the product got %v", got)
			}
			l := call.End()
			if got := l.Requests() - 1; got != tt.want {
				t.Errorf("%d entries of it, want %d: %+v", got, tt.want, l.Entries)
			}
			if got := 10 - tokens(c); got != l.Requests() {
				t.Errorf("%d tokens paid for %d requests", got, l.Requests())
			}
			if l.NotApplied() != (tt.method == "GET") {
				t.Errorf("not applied: %v, ledger %+v", l.NotApplied(), l.Entries)
			}
		})
	}
}

// TestKeptAlive has many requests, writes too, share one connection.
func TestKeptAlive(t *testing.T) {
	var mu sync.Mutex
	connections := 0
	product := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	product.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			connections++
			mu.Unlock()
		}
	}
	product.Start()
	defer product.Close()
	s := newServer(t, Options{})
	c := open(t, s, product.URL, nil)
	for range 20 {
		call := begin(t, c, Writing)
		if resp, body := plugin(t, s, call.id, "http", "POST "+product.URL+"/\nIdempotency-Key: k\nContent-Length: 2\n\nok"); body != "ok" {
			t.Fatalf("%d %q", resp.StatusCode, body)
		}
		call.End()
	}
	mu.Lock()
	defer mu.Unlock()
	if connections != 1 {
		t.Errorf("%d connections for 20 calls, want 1", connections)
	}
	if got, want := c.Stats(), (Stats{Calls: 20, Requests: [6]int64{2: 20}}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}
