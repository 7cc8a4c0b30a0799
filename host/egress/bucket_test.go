package egress

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestTurnsByPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(wall{}, sdk.Rate{PerSecond: 1})
		start := time.Now()
		take(t, b, Sync) // the burst
		var (
			mu  sync.Mutex
			log []string
		)
		enter := func(name string, p Priority) {
			if _, err := b.take(t.Context(), p); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			log = append(log, fmt.Sprintf("%v %s", time.Since(start), name))
		}
		for _, who := range []struct {
			name     string
			priority Priority
		}{
			{"sync 1", Sync}, {"write 1", WriteBack}, {"sync 2", Sync}, {"person 1", Person}, {"write 2", WriteBack}, {"person 2", Person},
			{"more of a call", continuing},
		} {
			go enter(who.name, who.priority)
			synctest.Wait()
		}
		time.Sleep(2500 * time.Millisecond)
		go enter("person 3, late", Person)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{
			"1s more of a call", "2s person 1", "3s person 2", "4s person 3, late", "5s write 1", "6s write 2", "7s sync 1", "8s sync 2",
		}
		if !slices.Equal(log, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestRate(t *testing.T) {
	for _, tt := range []struct {
		name string
		rate sdk.Rate
		want string // when each of six requests may go
	}{
		{"none given", sdk.Rate{}, "[0s 200ms 400ms 600ms 800ms 1s]"},
		{"a burst", sdk.Rate{PerSecond: 10, Burst: 4}, "[0s 0s 0s 0s 100ms 200ms]"},
		{"under one a second", sdk.Rate{PerSecond: 0.5}, "[0s 2s 4s 6s 8s 10s]"},
		{"thirds", sdk.Rate{PerSecond: 3}, "[0s 333.333333ms 666.666666ms 999.999999ms 1.333333332s 1.666666665s]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, start := newBucket(wall{}, tt.rate), time.Now()
				for range 2 { // a rest fills the bucket, and no more than fills it
					var times []time.Duration
					for range 6 {
						take(t, b, Person)
						times = append(times, time.Since(start))
					}
					if got := fmt.Sprint(times); got != tt.want {
						t.Errorf("got %s, want %s", got, tt.want)
					}
					time.Sleep(time.Hour)
					start = time.Now()
				}
			})
		})
	}
}

func TestWaiterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start := newBucket(wall{}, sdk.Rate{PerSecond: 1}), time.Now()
		take(t, b, Person)
		foremost, leave := context.WithCancel(t.Context())
		go func() {
			if _, err := b.take(foremost, Person); err == nil {
				t.Error("one who has left got a turn")
			}
		}()
		synctest.Wait()
		go func() { time.Sleep(500 * time.Millisecond); leave() }()
		take(t, b, Sync)
		if got := time.Since(start); got != time.Second {
			t.Errorf("the next had its turn after %v, want 1s", got)
		}
		if _, err := b.take(foremost, Person); err == nil {
			t.Error("a turn with a context that has ended")
		}
	})
}

func TestTokenGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start := newBucket(wall{}, sdk.Rate{PerSecond: 1}), time.Now()
		take(t, b, Person)
		go func() { time.Sleep(100 * time.Millisecond); b.giveBack() }()
		take(t, b, Person)
		if got := time.Since(start); got != 100*time.Millisecond {
			t.Errorf("the waiter had the token after %v, want 100ms", got)
		}
	})
}

func TestPauseAfter429(t *testing.T) {
	type refusal struct {
		after time.Duration
		want  time.Duration // when the next request goes, after the refusal
	}
	for _, tt := range []struct {
		name     string
		refusals []refusal
	}{
		{"as long as it asks", []refusal{{7 * time.Second, 7 * time.Second}, {time.Second, time.Second}}},
		{"doubling when it does not", []refusal{{0, 1 * time.Second}, {0, 2 * time.Second}, {0, 4 * time.Second}, {0, 8 * time.Second}}},
		{"at most an hour", []refusal{{24 * time.Hour, time.Hour}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBucket(wall{}, sdk.Rate{PerSecond: 10, Burst: 10})
				for i, r := range tt.refusals {
					take(t, b, Person)
					start := time.Now()
					b.refuse(start, r.after)
					b.refuse(start.Add(-time.Millisecond), 0) // of a request that was under way already: no news
					take(t, b, Person)
					if got := time.Since(start); got != r.want {
						t.Errorf("refusal %d: next after %v, want %v", i, got, r.want)
					}
					take(t, b, Person)
					if got := time.Since(start); got != r.want+100*time.Millisecond {
						t.Errorf("refusal %d: the one after it after %v, want no burst", i, got)
					}
				}
				b.accept(time.Now())
				take(t, b, Person)
				start := time.Now()
				b.refuse(start, 0)
				take(t, b, Person)
				if got := time.Since(start); got != time.Second {
					t.Errorf("after an answer that went well: %v, want the doubling to begin anew", got)
				}
			})
		})
	}
}

func take(t *testing.T, b *bucket, p Priority) {
	t.Helper()
	if _, err := b.take(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// TestOneBucketForOneCredential opens connections and asks which of them wait for one another.
func TestOneBucketForOneCredential(t *testing.T) {
	s := newServer(t, Options{})
	with := func(name, url, secret string, perSecond float64) *Conn {
		return open(t, s, url, func(o *Connection) {
			o.Name, o.Rate = name, sdk.Rate{PerSecond: perSecond}
			if secret != "" {
				o.Credential = Credential{"bearer", secret}
			}
		})
	}
	one := with("ats.one", "https://api.example.com/v1", "s1", 10)
	same := with("ats.two", "https://API.example.com:443/v2", "s1", 4)
	for name, other := range map[string]*Conn{
		"another secret":          with("ats.three", "https://api.example.com", "s2", 10),
		"another product":         with("ats.four", "https://api.example.org", "s1", 10),
		"none":                    with("ats.five", "https://api.example.com", "", 10),
		"none, and another's too": with("ats.six", "https://api.example.com", "", 10),
	} {
		if other.bucket == one.bucket {
			t.Errorf("%s: shares the bucket", name)
		}
	}
	if one.bucket != same.bucket {
		t.Error("the same credential at the same product has two buckets")
	}
	if got := one.bucket.interval; got != 250*time.Millisecond {
		t.Errorf("of two rates the shared bucket keeps to one in %v, want the slower", got)
	}
	one.Close()
	one.Close()
	if with("ats.seven", "https://api.example.com", "s1", 10).bucket != same.bucket {
		t.Error("a connection's end took the bucket from another")
	}
}

// tokens is how many a slow bucket has left.
func tokens(c *Conn) int {
	full := time.Until(c.bucket.full)
	return int((c.bucket.burst + c.bucket.interval - max(full, 0) + time.Second) / c.bucket.interval)
}

// TestTicketPaysForTheFirstRequest follows tokens through calls: what Admit took is the first request, a later one takes its own, and what
// no request used goes back.
func TestTicketPaysForTheFirstRequest(t *testing.T) {
	var product counter
	there := httptest.NewServer(&product)
	defer there.Close()
	s := newServer(t, Options{})
	c := open(t, s, there.URL, func(o *Connection) { o.Rate = sdk.Rate{PerSecond: 0.001, Burst: 4} })
	check := func(when string, want int) {
		t.Helper()
		if got := tokens(c); got != want {
			t.Errorf("%s: %d tokens, want %d", when, got, want)
		}
	}
	ticket, err := c.Admit(t.Context(), Sync)
	if err != nil {
		t.Fatal(err)
	}
	check("admitted", 3)
	ticket.Release()
	ticket.Release()
	check("released", 4)
	unused := begin(t, c, Reading)
	unused.End()
	unused.End()
	check("ended without a request", 4)
	call := begin(t, c, Reading)
	check("begun", 3)
	for want := 3; want > 0; want-- {
		plugin(t, s, call.id, "http", "GET "+there.URL+"/")
		check("after a request", want)
	}
	call.End()
	check("ended", 1)
	if _, ok := c.TryAdmit(); !ok {
		t.Error("there is a token, and TryAdmit got none")
	}
	if last, ok := c.TryAdmit(); ok || last != nil {
		t.Error("TryAdmit got a token that is not there")
	}
}

// TestTooManyRequests has the product refuse once, over HTTP: the call that follows waits in Admit and meets no second refusal.
func TestTooManyRequests(t *testing.T) {
	url := rawProduct(t, func(conn net.Conn, n int) {
		if _, err := readRequest(bufio.NewReader(conn)); err == nil && n == 0 {
			_, _ = io.WriteString(conn, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
	})
	s := newServer(t, Options{})
	c := open(t, s, url, nil)
	call := begin(t, c, Writing)
	resp, _ := plugin(t, s, call.id, "http", "POST "+url+"/\nContent-Length: 2\n\nok")
	if l := call.End(); resp.StatusCode != 429 || !l.NotApplied() || l.RetryAfter() != time.Hour {
		t.Errorf("status %d, ledger %+v", resp.StatusCode, l)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Admit(ctx, Person); err == nil || !strings.Contains(err.Error(), "ats.test") {
		t.Errorf("admitted in the pause: %v", err)
	}
	if got := c.Stats(); got.Waits != 1 || got.Requests[4] != 1 || got.Waited == 0 {
		t.Errorf("stats %+v", got)
	}
}

// A product that does not work is tried by one request at a time, at longer and longer intervals, and by all as soon as it works.
func TestAProductThatDoesNotWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start := newBucket(wall{}, sdk.Rate{PerSecond: 1000, Burst: 1000}), time.Now()
		var tries []time.Duration
		for time.Since(start) < 30*time.Second {
			take(t, b, Person)
			tries = append(tries, time.Since(start).Round(time.Second))
			b.fail(time.Now())
		}
		if got, want := fmt.Sprint(tries), "[0s 0s 0s 0s 0s 1s 3s 7s 15s 23s 31s]"; got != want {
			t.Errorf("tried after %s, want %s", got, want)
		}
		take(t, b, Person)
		b.accept(time.Now())
		again := time.Now()
		for range 100 {
			take(t, b, Person)
		}
		if took := time.Since(again); took > time.Second {
			t.Errorf("a hundred requests take %v once it works", took)
		}
	})
}
