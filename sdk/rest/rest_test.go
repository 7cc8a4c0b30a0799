package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// product answers every request with handle and returns a client for it.
func product(t *testing.T, handle http.HandlerFunc, options ...rest.Option) *rest.Client {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return rest.New(s.URL+"/v1/", s.Client(), options...)
}

func answer(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestARequestIsSentAsItWasSaid(t *testing.T) {
	type thing struct {
		Name string `json:"name"`
	}
	client := product(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		json.NewEncoder(w).Encode(map[string]string{
			"method": r.Method, "uri": r.RequestURI, "body": string(body), "type": r.Header.Get("Content-Type"),
			"always": r.Header.Get("X-Version"), "once": r.Header.Get("Idempotency-Key"),
		})
	}, rest.Header("X-Version", "3"))

	for _, c := range []struct {
		name string
		call func(out any) error
		want map[string]string
	}{
		{"a read with a query", func(out any) error {
			return client.Get(t.Context(), rest.Path{"things", "7"}, url.Values{"expand": {"a", "b"}}, out)
		}, map[string]string{"method": "GET", "uri": "/v1/things/7?expand=a&expand=b", "body": "", "type": "", "once": ""}},
		{"an id that tries to be a path stays one segment", func(out any) error {
			return client.Get(t.Context(), rest.Path{"things", "../users?x=1#y"}, nil, out)
		}, map[string]string{"uri": "/v1/things/..%2Fusers%3Fx=1%23y"}},
		{"a write with a body and a header of its own", func(out any) error {
			return client.Post(t.Context(), rest.Path{"things"}, nil, thing{"x"}, out, rest.Header("Idempotency-Key", "k1"))
		}, map[string]string{"method": "POST", "body": `{"name":"x"}`, "type": "application/json", "always": "3", "once": "k1"}},
		{"put", func(out any) error { return client.Put(t.Context(), rest.Path{"t"}, nil, thing{}, out) }, map[string]string{"method": "PUT"}},
		{"patch", func(out any) error { return client.Patch(t.Context(), rest.Path{"t"}, nil, thing{}, out) },
			map[string]string{"method": "PATCH"}},
		{"delete", func(out any) error { return client.Delete(t.Context(), rest.Path{"t"}, nil, nil, out) },
			map[string]string{"method": "DELETE", "body": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got map[string]string
			if err := c.call(&got); err != nil {
				t.Fatal(err)
			}
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s is %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

func TestAnIDThatNamesNoRecordIsNotSent(t *testing.T) {
	client := product(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s", r.RequestURI) })
	for _, id := range []string{"", ".", ".."} {
		if err := client.Delete(t.Context(), rest.Path{"things", id}, nil, nil, nil); !errors.Is(err, sdk.ErrNotFound) {
			t.Errorf("id %q: %v, want not found", id, err)
		}
	}
}

func TestErrorsAreSorted(t *testing.T) {
	delay := func(want time.Duration) func(error) bool {
		return func(err error) bool {
			d, ok := errors.AsType[*sdk.Delay](err)
			return ok && d.After == want
		}
	}
	refused := func(status int, code, message string) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*rest.StatusError](err)
			return ok && e.Status == status && e.Code == code && e.Message == message
		}
	}
	plain := func(err error) bool {
		_, status := errors.AsType[*rest.StatusError](err)
		_, later := errors.AsType[*sdk.Delay](err)
		return !status && !later && !errors.Is(err, sdk.ErrNotFound) && !errors.Is(err, sdk.ErrDisconnected)
	}
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	date := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)

	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		want   func(error) bool
		says   string
	}{
		{"401", answer(401, "", `{"code":"UnauthorizedError","message":"…"}`), is(sdk.ErrDisconnected), "401 UnauthorizedError"},
		{"404", answer(404, "", `{"code":"ResourceNotFound"}`), is(sdk.ErrNotFound), "404 ResourceNotFound"},
		{"410", answer(410, "", ``), is(sdk.ErrNotFound), "410 Gone"},
		{"429 in silence", answer(429, "", ``), delay(0), "429"},
		{"429 with seconds", answer(429, "Retry-After: 7", ``), delay(7 * time.Second), "429"},
		{"429 with a past date", answer(429, "Retry-After: Mon, 02 Jan 2006 15:04:05 GMT", ``), delay(0), "429"},
		{"429 with nonsense", answer(429, "Retry-After: soon", ``), delay(0), "429"},
		{"429 with an age", answer(429, "Retry-After: 99999999999", ``), delay(24 * time.Hour), "429"},
		{"429 with a date", answer(429, "Retry-After: "+date, ``), func(err error) bool {
			d, ok := errors.AsType[*sdk.Delay](err)
			return ok && d.After > 59*time.Minute && d.After < 61*time.Minute
		}, "429"},
		{"403", answer(403, "", `{"code":"NoRight","message":"no right"}`), refused(403, "NoRight", "no right"), "403 NoRight"},
		{"400 nested", answer(400, "", `{"error":{"code":"bad","message":"m"}}`), refused(400, "bad", "m"), "400 bad"},
		{"422 listed", answer(422, "", `{"errors":[{"code":"e1","detail":"d"}]}`), refused(422, "e1", "d"), "422 e1"},
		{"400 of OAuth", answer(400, "", `{"error":"no_grant","error_description":"d"}`), refused(400, "no_grant", "d"), "no_grant"},
		{"409 without JSON", answer(409, "", `<html>`), refused(409, "", ""), "409 Conflict"},
		{"408", answer(408, "", `{"code":"RequestTimeout"}`), plain, "408 RequestTimeout"},
		{"500", answer(500, "", `oops`), plain, "500"},
		{"503", answer(503, "Retry-After: 5", ``), plain, "503"},
		{"200 that is no JSON", answer(200, "", `<html>`), plain, "no JSON"},
		{"200 of another shape", answer(200, "", `{"name":["x"]}`), plain, `"name"`},
		{"200 without a body", answer(200, "", ``), plain, "no JSON"},
		{"200 without an end", func(w http.ResponseWriter, _ *http.Request) {
			for range 9 << 10 {
				w.Write(make([]byte, 1<<10))
			}
		}, plain, "larger than"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, plain, "GET /things/7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out struct {
				Name string `json:"name"`
			}
			err := product(t, c.handle).Get(t.Context(), rest.Path{"things", "7"}, nil, &out)
			if err == nil || !c.want(err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%T %v, want %q in another kind", err, err, c.says)
			}
		})
	}
}

func TestErrorsNameNoPerson(t *testing.T) {
	const person = "ada@example.com"
	query := url.Values{"email": {person}}
	refusing := product(t, answer(400, "", `{"code":"`+person+`","message":"`+person+` is not valid"}`))
	garbled := product(t, answer(200, "", `{"name":{"`+person+`":1}}`))
	nowhere := rest.New("http://127.0.0.1:0", &http.Client{})
	for _, client := range []*rest.Client{refusing, garbled, nowhere} {
		var out struct {
			Name rest.Int `json:"name"`
		}
		err := client.Get(t.Context(), rest.Path{"people"}, query, &out)
		if err == nil || strings.Contains(err.Error(), "ada") {
			t.Errorf("error names a person, or there is none: %v", err)
		}
	}
}

func TestAWriteIsSentOnceThoughTheConnectionBreaks(t *testing.T) {
	// The first request makes the connection a reused one; then each write is cut off after it was read.
	var arrived atomic.Int32
	client := product(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodPost {
			arrived.Add(1)
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}
	})
	if err := client.Get(t.Context(), rest.Path{"warm"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	err := client.Post(t.Context(), rest.Path{"things"}, nil, map[string]int{"n": 1}, nil, rest.Header("Idempotency-Key", "k"))
	if err == nil || arrived.Load() != 1 {
		t.Errorf("error %v after %d arrivals, want an error after 1", err, arrived.Load())
	}
}

func TestAnEmptyAnswerToAWriteIsSuccess(t *testing.T) {
	out := "as it was"
	if err := product(t, answer(204, "", "")).Delete(t.Context(), rest.Path{"things", "7"}, nil, nil, &out); err != nil || out != "as it was" {
		t.Errorf("%v, out %q", err, out)
	}
}

func TestWithoutItsOwnWayOutNothingIsSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := rest.New("http://"+l.Addr().String(), nil).Get(t.Context(), rest.Path{"things"}, nil, nil); err == nil {
		t.Error("a client without an HTTP client made a call")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := rest.New("http://"+l.Addr().String(), &http.Client{}).Get(ctx, rest.Path{"x"}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's own error", err)
	}
}

func TestPages(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		next map[string]string // token to next token; a page's item is its own token
		fail string
		want string
	}{
		{"one page", map[string]string{"": ""}, "-", " "},
		{"three pages", map[string]string{"": "a", "a": "b", "b": ""}, "-", " a b "},
		{"an error ends it", map[string]string{"": "a", "a": "b"}, "a", " !"},
		{"a circle ends it", map[string]string{"": "a", "a": "b", "b": "a"}, "-", " a b !"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			for item, err := range rest.Pages(func(token string) ([]string, string, error) {
				if token == c.fail {
					return nil, "", broken
				}
				return []string{token}, c.next[token], nil
			}) {
				if err != nil {
					got.WriteString("!")
					continue
				}
				got.WriteString(item + " ")
			}
			if got.String() != c.want {
				t.Errorf("walked %q, want %q", got.String(), c.want)
			}
		})
	}
}

func TestPagesStopWhenNobodyListens(t *testing.T) {
	read := 0
	for range rest.Pages(func(string) ([]int, string, error) { read++; return []int{1, 2}, "more", nil }) {
		break
	}
	if read != 1 {
		t.Errorf("read %d pages, want 1", read)
	}
}

func TestInt(t *testing.T) {
	for raw, want := range map[string]int64{
		`12`: 12, `"12"`: 12, `12.0`: 12, `1.767225600123e+12`: 1767225600123, `null`: 0, `""`: 0, `-3`: -3,
		`9223372036854775807`: 9223372036854775807,
	} {
		var n rest.Int
		if err := json.Unmarshal([]byte(raw), &n); err != nil || int64(n) != want {
			t.Errorf("%s is %d (%v), want %d", raw, n, err, want)
		}
	}
	for _, raw := range []string{`"x"`, `1.5`, `true`, `{}`, `1e300`} {
		if err := json.Unmarshal([]byte(raw), new(rest.Int)); err == nil {
			t.Errorf("%s passed for a whole number", raw)
		}
	}
}

func TestRefusedSpeaksTheHostsWords(t *testing.T) {
	reasons := map[string]string{"no_such_test": "unknown_assessment"}
	other := errors.New("cut")
	for _, tt := range []struct {
		err  error
		busy string
		want string
	}{
		{&rest.StatusError{Status: 422, Code: "no_such_test", Message: "which?"}, "busy", "refused (unknown_assessment): which?"},
		{&rest.StatusError{Status: 422, Code: "invalid_email"}, "busy", "refused (invalid_email): "},
		{&rest.StatusError{Status: 400, Message: "no"}, "", "refused (refused): no"},
		{&rest.StatusError{Request: "POST /x", Status: 409, Code: "busy"}, "busy", "later (after 1s): POST /x: 409 busy"},
		{&rest.StatusError{Status: 409, Code: "conflict"}, "busy", "refused (conflict): "},
		{&rest.StatusError{Status: 409}, "", "refused (refused): "},
		{&rest.StatusError{Status: 422, Code: "busy"}, "busy", "refused (busy): "},
		{other, "busy", "cut"},
	} {
		if got := rest.Refused(tt.err, tt.busy, reasons); got.Error() != tt.want {
			t.Errorf("%v: %v, want %s", tt.err, got, tt.want)
		}
	}
}
