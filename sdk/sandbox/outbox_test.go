package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver answers webhooks with one status after another, the last one for ever, and remembers bodies and tries.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	got      []string
}

func receive(t *testing.T, statuses ...int) *receiver {
	r := &receiver{statuses: statuses}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, fmt.Sprintf("%s/%s", body, req.Header.Get("Try")))
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if status == http.StatusFound {
		rw.Header().Set("Location", "/elsewhere")
	}
	rw.WriteHeader(status)
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func TestDeliveriesAreRetried(t *testing.T) {
	for name, tt := range map[string]struct {
		statuses []int
		want     string // of the log: offset from the first try in minutes, and status
		state    string
	}{
		"at once":          {[]int{204}, "0:204", delivered},
		"after a fault":    {[]int{500, 200}, "0:500 1:200", delivered},
		"after a redirect": {[]int{302, 302, 200}, "0:302 1:302 61:200", delivered},
		"after a cut":      {[]int{0, 200}, "0:0 1:200", delivered},
		"in vain":          {[]int{400}, "0:400 1:400 61:400", failed},
	} {
		t.Run(name, func(t *testing.T) {
			c, r := start(t, Options{}), receive(t, tt.statuses...)
			c.control("POST", "acts/subscribe", `{"url":"`+r.URL+`"}`, nil)
			c.do("POST", "/thing", "")
			c.control("POST", "clock/advance", `{"by":"72h"}`, nil)
			var log []Sent
			c.control("GET", "deliveries", "", &log)
			if len(log) != 1 {
				t.Fatalf("%d deliveries", len(log))
			}
			var tries []string
			for _, try := range log[0].Tries {
				tries = append(tries, fmt.Sprintf("%d:%d", int(try.At.Sub(log[0].Tries[0].At).Round(time.Minute).Minutes()), try.Status))
			}
			if got := strings.Join(tries, " "); got != tt.want || log[0].State != tt.state || log[0].Body != "1" {
				t.Errorf("tried %s, now %s with body %q; want %s, %s", got, log[0].State, log[0].Body, tt.want, tt.state)
			}
		})
	}
}

func TestDeliveriesMultiplyShuffleHold(t *testing.T) {
	order := func(options string) []string {
		c, r := start(t, Options{Rate: -1}), receive(t, 200)
		c.control("POST", "acts/subscribe", `{"url":"`+r.URL+`"}`, nil)
		c.control("POST", "deliveries/options", options, nil)
		for range 4 {
			c.do("POST", "/thing", "")
		}
		c.control("POST", "clock/advance", `{"by":"10s"}`, nil)
		if got := r.received(); len(got) != 0 {
			t.Errorf("%s: received %v while held", options, got)
		}
		c.control("POST", "deliveries/flush", "", nil)
		return r.received()
	}
	plain := order(`{"hold":true}`)
	if want := []string{"1/1", "2/1", "3/1", "4/1"}; !slices.Equal(plain, want) {
		t.Errorf("flushed %v, want %v", plain, want)
	}
	first, again := order(`{"hold":true,"copies":3,"shuffle":true,"seed":1}`), order(`{"hold":true,"copies":3,"shuffle":true,"seed":1}`)
	sorted := slices.Sorted(slices.Values(first))
	if !slices.Equal(sorted, strings.Fields("1/1 1/1 1/1 2/1 2/1 2/1 3/1 3/1 3/1 4/1 4/1 4/1")) || slices.Equal(first, sorted) {
		t.Errorf("shuffled copies came as %v", first)
	}
	if len(again) != len(first) {
		t.Errorf("came as %v, then %v", first, again)
	}
}

func TestHeldDeliveriesLeaveWhenReleased(t *testing.T) {
	c, r := start(t, Options{}), receive(t, 200)
	c.control("POST", "acts/subscribe", `{"url":"`+r.URL+`"}`, nil)
	c.control("POST", "deliveries/options", `{"hold":true}`, nil)
	c.do("POST", "/thing", "")
	c.control("POST", "clock/advance", `{"by":"0s"}`, nil)
	c.control("POST", "deliveries/options", `{"hold":false}`, nil)
	c.control("POST", "clock/advance", `{"by":"0s"}`, nil)
	c.control("POST", "deliveries/1/rerun", ``, nil)
	c.control("POST", "clock/advance", `{"by":"0s"}`, nil)
	if got := r.received(); !slices.Equal(got, []string{"1/1", "1/2"}) {
		t.Errorf("received %v, want the first and the rerun", got)
	}
}

func TestAnsweredEndsTheTries(t *testing.T) {
	r := receive(t, 410)
	s := New(Options{}, counter)
	defer s.Close()
	var heard []int
	s.World().Outbox.Send(Delivery{
		URL:      r.URL,
		Request:  func(int, time.Time) (http.Header, []byte) { return http.Header{}, nil },
		Answered: func(try, status int) bool { heard = append(heard, try, status); return status != 410 },
	})
	s.World().Clock.Advance(72 * time.Hour)
	if sent := s.World().Outbox.List(); !slices.Equal(heard, []int{1, 410}) || sent[0].State != failed {
		t.Errorf("heard %v, now %s", heard, sent[0].State)
	}
}

func TestAProductSaysWhatCountsAsDelivered(t *testing.T) {
	for name, tt := range map[string]struct {
		accepts  func(status int) bool
		statuses []int
		tries    int
		state    string
	}{
		"any 2xx":              {nil, []int{202}, 1, delivered},
		"only 200":             {func(status int) bool { return status == 200 }, []int{202, 204, 200}, 3, delivered},
		"a redirect":           {func(status int) bool { return status == 302 }, []int{200, 302}, 2, delivered},
		"what never is said":   {func(status int) bool { return status == 299 }, []int{200}, 3, failed},
		"no answer, if at all": {func(status int) bool { return status == 0 }, []int{0}, 1, delivered},
	} {
		t.Run(name, func(t *testing.T) {
			r := receive(t, tt.statuses...)
			s := New(Options{}, counter)
			defer s.Close()
			s.World().Outbox.Send(Delivery{
				URL: r.URL, Accepts: tt.accepts, Request: func(int, time.Time) (http.Header, []byte) { return http.Header{}, nil },
			})
			s.World().Clock.Advance(72 * time.Hour)
			if sent := s.World().Outbox.List()[0]; len(sent.Tries) != tt.tries || sent.State != tt.state {
				t.Errorf("%d tries, then %s; want %d, %s", len(sent.Tries), sent.State, tt.tries, tt.state)
			}
		})
	}
}

func TestADeliveryHasItsMethod(t *testing.T) {
	came := make(chan string, 2)
	ear := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		came <- fmt.Sprint(r.Method, " ", r.ContentLength)
	}))
	defer ear.Close()
	s := New(Options{}, counter)
	defer s.Close()
	for method, want := range map[string]string{"": "POST 0", http.MethodPatch: "PATCH 0"} {
		s.World().Outbox.Send(Delivery{
			Method: method, URL: ear.URL, Request: func(int, time.Time) (http.Header, []byte) { return http.Header{}, nil },
		})
		s.World().Clock.Advance(0)
		if got := <-came; got != want {
			t.Errorf("method %q came as %s, want %s", method, got, want)
		}
	}
}

func TestCloseEndsATryThatHangs(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-release }))
	defer hang.Close()
	defer close(release)
	s := New(Options{}, counter)
	s.World().Outbox.Send(Delivery{URL: hang.URL, Request: func(int, time.Time) (http.Header, []byte) { return http.Header{}, nil }})
	<-arrived
	s.Close() // would take the try's 10 s otherwise; the test's own limit judges
	if sent := s.World().Outbox.List()[0]; len(sent.Tries) != 1 || sent.Tries[0].Status != 0 {
		t.Errorf("sent: %+v", sent)
	}
}

func TestDeliverable(t *testing.T) {
	for address, want := range map[string]bool{
		"https://x.test/h": true, "http://localhost:1/h": true, "http://127.0.0.1/h": true, "http://[::1]:1/h": true,
		"http://x.test/h": false, "http://192.0.2.1/h": false, "https:///h": false, "https://u:p@x.test/h": false, "ftp://x.test/h": false,
		"": false, "https://x.test:port/": false,
	} {
		if got := Deliverable(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
