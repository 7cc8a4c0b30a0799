package egress

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Ledger is what one call sent. It proves absence only: that nothing was done, never that something was.
type Ledger struct {
	Entries []Entry
	Final   []int // the statuses that prove a write did nothing, besides 401 and 429
}

// Entry is one attempt of one request, from the moment its turn had come.
type Entry struct {
	Method     string
	Target     string        // host and path, without the query
	Status     int           // 0: no answer
	Wrote      bool          // at least one byte of it left
	Failure    string        // why there was no answer; names no path
	Started    time.Time     // by the host's clock
	Took       time.Duration // real time, until the answer's header
	RetryAfter time.Duration // what the product asked for; 0: nothing
}

// Requests is how many attempts there were.
func (l Ledger) Requests() int { return len(l.Entries) }

// NotApplied tells that the call surely did nothing: of every writing request no byte was written, or the answer proves it.
func (l Ledger) NotApplied() bool {
	for _, e := range l.Entries {
		if writes(e.Method) && e.Wrote && !l.proves(e.Status) {
			return false
		}
	}
	return true
}

func (l Ledger) proves(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusTooManyRequests || slices.Contains(l.Final, status)
}

// RetryAfter is the longest wait that an answer asked for; 0: none did.
func (l Ledger) RetryAfter() time.Duration {
	var longest time.Duration
	for _, e := range l.Entries {
		longest = max(longest, e.RetryAfter)
	}
	return longest
}

func writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// retryAfter reads how long an answer asks to wait, up to an hour: Retry-After in seconds or as a date, or, of a 429, X-RateLimit-Reset in
// seconds since 1970. A date is measured against the answer's own Date, so that no two clocks are compared.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if sent, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = sent
	}
	var after time.Duration
	if v := resp.Header.Get("Retry-After"); v != "" {
		if seconds, err := strconv.ParseInt(v, 10, 32); err == nil {
			after = time.Duration(seconds) * time.Second
		} else if at, err := http.ParseTime(v); err == nil {
			after = at.Sub(now)
		}
	} else if resp.StatusCode == http.StatusTooManyRequests {
		if at, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			after = time.Unix(at, 0).Sub(now)
		}
	}
	return min(max(after, 0), longestPause)
}
