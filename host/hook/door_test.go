package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// street is a door with one entrance, ats.toy, and a real journal behind it, in a real server.
type street struct {
	*Door
	journal *journal.Journal
	disk    *disk
	news    atomic.Int64
	log     bytes.Buffer
	server  *httptest.Server
}

// secret is that of the entrance ats.toy.
const secret = "SECRETSECRETSECRETSECRETSE"

func newStreet(t testing.TB, plugin Receiver) *street {
	t.Helper()
	dir := t.TempDir()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	file, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	s := &street{disk: &disk{Bolt: file}}
	s.journal = journal.New(s.disk, seal)
	s.Door = &Door{Journal: s.journal, News: func(journal.Subject) { s.news.Add(1) }, Now: time.Now, Log: slog.New(slog.NewTextHandler(&s.log, nil))}
	s.enter("ats.toy", plugin)
	s.server = httptest.NewUnstartedServer(nil)
	s.server.Config = NewServer(s, s.Log)
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// enter opens an entrance, or another in its place.
func (s *street) enter(conn string, plugin Receiver) {
	s.Open(&Entrance{Conn: conn, Secret: secret, Signing: []string{"live", "older"}, Plugin: plugin})
}

// disk is a store whose next commits go as fates say, one each: '.' well, '-' not at all, '+' well, and yet an error is what one hears.
type disk struct {
	*store.Bolt
	fates string
}

func (d *disk) Commit(ctx context.Context, b store.Batch) (int64, error) {
	fate := "."
	if d.fates != "" {
		fate, d.fates = d.fates[:1], d.fates[1:]
	}
	if fate == "-" {
		return 0, errors.New("the disk is full")
	}
	ver, err := d.Bolt.Commit(ctx, b)
	if err == nil && fate == "+" {
		return 0, errors.New("the disk is lost")
	}
	return ver, err
}

// script is a plugin.
type script func(ctx context.Context, r sdk.Request) (sdk.Received, error)

func (s script) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) { return s(ctx, r) }

// Answer puts what it is told into words of its own.
func (s script) Answer(_ context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	out := sdk.Response{Body: fmt.Appendf(nil, "%s %s: %d tests", q.About, q.ID, len(a.Tests))}
	if a.Refused != nil {
		out = sdk.Response{Status: http.StatusUnprocessableEntity, Body: []byte(a.Refused.Reason)}
	}
	return out, nil
}

// toy is the plugin of a product whose signature is the secret itself, and whose body is a list of events.
func toy(_ context.Context, r sdk.Request) (got sdk.Received, err error) {
	if !slices.Contains(r.Secrets, r.Header.Get("X-Signature")) {
		return got, sdk.ErrUnauthorized
	}
	if json.Unmarshal(r.Body, &got.Events) != nil {
		return got, sdk.Refuse("malformed", "no list of events")
	}
	return got, nil
}

const moved = `[{"id":"e1","kind":"moved","application":"a1"}]`

// post sends a body, signed, to the entrance ats.toy.
func (s *street) post(t testing.TB, body string) *http.Response {
	t.Helper()
	return s.send(t, http.MethodPost, "/hooks/ats.toy/"+secret+"/", http.Header{"X-Signature": {"live"}}, strings.NewReader(body))
}

func (s *street) send(t testing.TB, method, path string, header http.Header, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	resp, err := s.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = closed(t, resp.Body)
	return resp
}

// closed reads a body to its end, so that its connection is free.
func closed(t testing.TB, body io.ReadCloser) io.ReadCloser {
	t.Helper()
	text, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	return io.NopCloser(bytes.NewReader(text))
}

func text(t testing.TB, resp *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(all))
}

// stored are the ids of the events in the journal, sorted.
func (s *street) stored(t testing.TB) (ids []string) {
	t.Helper()
	for _, a := range s.arrivals(t) {
		ids = append(ids, a.Event.ID)
	}
	slices.Sort(ids)
	return ids
}

// take takes the events out of the journal, which still remembers that it had them.
func (s *street) take(t testing.TB) (ids []string) {
	t.Helper()
	for some := range slices.Chunk(s.arrivals(t), store.MaxOps) {
		for _, a := range some {
			ids = append(ids, a.Event.ID)
		}
		if err := s.journal.Drop(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func (s *street) arrivals(t testing.TB) (all []journal.Arrival) {
	t.Helper()
	var subjects []journal.Subject
	if err := s.journal.Subjects(t.Context(), func(s journal.Subject) { subjects = append(subjects, s) }); err != nil {
		t.Fatal(err)
	}
	for _, subject := range subjects {
		arrivals, err := s.journal.Waiting(t.Context(), subject, 1000)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, arrivals...)
	}
	return all
}

// entered fails unless nobody is counted as in flight.
func (s *street) entered(t testing.TB, want int) {
	t.Helper()
	each := 0
	for e := range maps.Values(s.entrances) {
		each += int(e.inFlight.Load())
	}
	if all := int(s.inFlight.Load()); all != want || each != want {
		t.Errorf("%d in flight, %d counted by connection; want %d", all, each, want)
	}
}

func TestWhatTheDoorAnswers(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	numbers := func(tokens int) string { return "[" + strings.Repeat("0,", tokens-3) + "0]" }
	signed, plain := http.Header{"X-Signature": {"live"}}, http.Header{}
	with := func(name, value string) http.Header {
		h := signed.Clone()
		h.Set(name, value)
		return h
	}
	unknownLength := struct{ io.Reader }{strings.NewReader(strings.Repeat(" ", maxBody+1))}
	here := "/hooks/ats.toy/" + secret
	for _, tt := range []struct {
		what    string
		path    string
		header  http.Header
		body    any
		status  int
		says    string
		outcome Outcome
	}{
		{"an event", here + "/", signed, moved, 200, "", Accepted},
		{"an event, signed by the older secret", here + "/", with("X-Signature", "older"), moved, 200, "", Accepted},
		{"an event, without the last slash", here, signed, moved, 200, "", Accepted},
		{"an event, to a place below", here + "/list%20tests", signed, moved, 200, "", Accepted},
		{"nothing of interest", here + "/", signed, "[]", 200, "", Ignored},
		{"no signature", here + "/", plain, moved, 401, "signed by no live secret", Forged},
		{"a wrong signature", here + "/", with("X-Signature", "lice"), moved, 401, "signed by no live secret", Forged},
		{"no such connection", "/hooks/ats.boy/" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"a wrong secret", "/hooks/ats.toy/" + strings.ToLower(secret) + "/", signed, moved, 404, "no such hook", Unknown},
		{"the beginning of the secret", "/hooks/ats.toy/" + secret[:25] + "/", signed, moved, 404, "no such hook", Unknown},
		{"no secret", "/hooks/ats.toy/", signed, moved, 404, "no such hook", Unknown},
		{"another entrance's secret, which it has not", "/hooks/ats.shut/", signed, moved, 404, "no such hook", Unknown},
		{"no hook at all", "/ats.toy/" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"a slash too many", "/hooks//ats.toy/" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"two slashes at the end", here + "//", signed, moved, 404, "no such hook", Unknown},
		{"a slash in disguise", "/hooks/ats.toy%2f" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"a letter in disguise", "/hooks/ats.to%79/" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"a way there and back", "/hooks/none/../ats.toy/" + secret + "/", signed, moved, 404, "no such hook", Unknown},
		{"a way out below", here + "/../x", signed, moved, 404, "no such hook", Unknown},
		{"1 MiB", here + "/", signed, moved + strings.Repeat(" ", maxBody-len(moved)), 200, "", Accepted},
		{"1 MiB and a byte", here + "/", signed, strings.Repeat(" ", maxBody+1), 413, "the body is larger than 1 MiB", Malformed},
		{"1 MiB and a byte, not announced", here + "/", signed, unknownLength, 413, "the body is larger than 1 MiB", Malformed},
		{"gzip", here + "/", with("Content-Encoding", "gzip"), moved, 415, "an encoded body is not accepted", Malformed},
		{"identity, which is no encoding", here + "/", with("Content-Encoding", "identity"), moved, 200, "", Accepted},
		{"nesting, 64 deep", here + "/", signed, nested(64), 400, "not understood: malformed", Malformed},
		{"nesting, 65 deep", here + "/", signed, nested(65), 400, "the body's JSON is deeper than 64 or longer than 100000 tokens", Malformed},
		{"a megabyte of brackets", here + "/", signed, nested(1 << 19), 400, "the body's JSON is deeper than 64 or longer than 100000 tokens", Malformed},
		{"100,000 tokens", here + "/", signed, numbers(100_000), 400, "not understood: malformed", Malformed},
		{"100,001 tokens", here + "/", signed, numbers(100_001), 400, "the body's JSON is deeper than 64 or longer than 100000 tokens", Malformed},
		{"JSON cut short", here + "/", signed, moved[:len(moved)-2], 400, "the body is not valid JSON", Malformed},
		{"JSON cut short between two tokens", here + "/", signed, moved[:len(moved)-1], 400, "the body is not valid JSON", Malformed},
		{"JSON and more", here + "/", signed, moved + "}", 400, "the body is not valid JSON", Malformed},
		{"no JSON", here + "/", signed, "hello", 400, "not understood: malformed", Malformed},
		{"nothing", here + "/", signed, "", 400, "not understood: malformed", Malformed},
		{"JSON of wrong types", here + "/", signed, `[{"id":7}]`, 400, "not understood: malformed", Malformed},
		{"bytes that are no UTF-8, in an id", here + "/", signed, strings.Replace(moved, "a1", "a\xff", 1), 200, "", Accepted},
		{"an event without id", here + "/", signed, `[{"kind":"moved","application":"a"}]`, 503, "not ready", Failed},
		{"an event without kind", here + "/", signed, `[{"id":"e","application":"a"}]`, 503, "not ready", Failed},
		{"an event about nobody", here + "/", signed, `[{"id":"e","kind":"moved"}]`, 503, "not ready", Failed},
		{"a good event and a bad one", here + "/", signed, `[{"id":"e1","kind":"moved","application":"a"},{"id":"e"}]`, 503, "not ready", Failed},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, script(toy))
			s.Open(&Entrance{Conn: "ats.shut", Plugin: script(toy)})
			body, ok := tt.body.(io.Reader)
			if !ok {
				body = strings.NewReader(tt.body.(string))
			}
			resp := s.send(t, http.MethodPost, tt.path, tt.header, body)
			if got := text(t, resp); resp.StatusCode != tt.status || got != tt.says {
				t.Errorf("answered %d %q, want %d %q", resp.StatusCode, got, tt.status, tt.says)
			}
			if later := resp.Header.Get("Retry-After") != ""; later != (tt.status == 503) {
				t.Errorf("Retry-After is %q", resp.Header.Get("Retry-After"))
			}
			if diff := cmp.Diff(map[Outcome]int64{tt.outcome: 1}, s.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			want := []string(nil)
			if tt.outcome == Accepted {
				want = []string{"e1"}
			}
			if got := s.stored(t); !slices.Equal(got, want) || int(s.news.Load()) != len(want) {
				t.Errorf("stored %q, %d news; want %q", got, s.news.Load(), want)
			}
			s.entered(t, 0)
			if strings.Contains(s.log.String(), secret) {
				t.Errorf("the log tells the secret: %s", &s.log)
			}
		})
	}
}

func TestThePluginSeesTheRequestAsItCame(t *testing.T) {
	var got sdk.Request
	s := newStreet(t, script(func(_ context.Context, r sdk.Request) (sdk.Received, error) {
		got = r
		return sdk.Received{}, nil
	}))
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, "PURGE"} {
		s.send(t, method, "/hooks/ats.toy/"+secret+"/a/b%20c?q=1&q=%ff", http.Header{"X-Odd": {"caf\xe9"}}, strings.NewReader("{}"))
		got.Header = http.Header{"X-Odd": got.Header["X-Odd"]}
		want := sdk.Request{
			Method: method, Path: "/a/b c", Query: map[string][]string{"q": {"1", "\xff"}}, Header: http.Header{"X-Odd": {"caf\xe9"}},
			Body: []byte("{}"), Secrets: []string{"live", "older"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

// Whoever guesses learns nothing: neither which connections there are, nor how much of a guess was right.
func TestRefusalsOfOneKindLookTheSame(t *testing.T) {
	s := newStreet(t, script(toy))
	look := func(path, signature string) string {
		resp := s.send(t, http.MethodPost, path, http.Header{"X-Signature": {signature}}, strings.NewReader(moved))
		resp.Header.Del("Date")
		var all bytes.Buffer
		if err := resp.Write(&all); err != nil {
			t.Fatal(err)
		}
		return all.String()
	}
	for _, kind := range [][][2]string{
		{
			{"/hooks/ats.toy/" + strings.Repeat("A", len(secret)) + "/", "live"}, {"/hooks/ats.toy/" + secret[:25] + "X/", "live"},
			{"/hooks/ats.toy/", "live"}, {"/hooks/ats.none/" + secret + "/", "live"}, {"/hooks/", "live"}, {"/", "live"},
		},
		{{"/hooks/ats.toy/" + secret + "/", ""}, {"/hooks/ats.toy/" + secret + "/", "liv"}, {"/hooks/ats.toy/" + secret + "/", "livf"}},
	} {
		first := look(kind[0][0], kind[0][1])
		for _, other := range kind[1:] {
			if got := look(other[0], other[1]); got != first {
				t.Errorf("%q looks different:\n%s\nfrom\n%s", other, got, first)
			}
		}
	}
}

// A plugin may make more of a request than can be kept: it is refused for good, since coming again would not help.
func TestEventsThatCannotBeKept(t *testing.T) {
	s := newStreet(t, script(func(context.Context, sdk.Request) (sdk.Received, error) {
		return sdk.Received{Events: []sdk.Event{{ID: "e1", Kind: sdk.KindMoved, Application: "a1", Detail: strings.Repeat("x", 2<<20)}}}, nil
	}))
	if got := s.post(t, moved); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %s", got.Status)
	}
}
