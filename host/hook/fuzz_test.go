package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// FuzzDoor: whatever comes, the door does not panic; it says 200 only to what came to the very address and was signed, and only when every
// event is in the journal; and what it refuses leaves nothing there.
func FuzzDoor(f *testing.F) {
	var told []sdk.Event
	known := map[string]bool{}
	s := newStreet(f, script(func(ctx context.Context, r sdk.Request) (sdk.Received, error) {
		got, err := toy(ctx, r)
		told = got.Events
		return got, err
	}))
	s.Log = slog.New(slog.DiscardHandler)
	here := "/hooks/ats.toy/" + secret + "/"
	for _, path := range []string{here, here + "x?y=z", "/hooks/ats.toy/x/", "//" + here, here + "../", "/hooks/ats.toy%2F" + secret, "*", ""} {
		for _, body := range []string{
			moved, "[]", "{", "[1e999]", `[{"id":"e","kind":"scored","invitation":"i","result":{"score":1e308}}]`,
			strings.Repeat("[", 100), "\xef\xbb\xbf[]", `[{"id":"\ud800","kind":"moved","application":"/"}]`,
		} {
			f.Add(http.MethodPost, path, "live", "", []byte(body))
		}
	}
	f.Add(http.MethodGet, here, "", "gzip", []byte(moved))
	f.Fuzz(func(t *testing.T, method, target, signature, encoding string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		told = nil
		w := httptest.NewRecorder()
		s.ServeHTTP(w, &http.Request{
			Method: method, URL: u, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1,
			Header: http.Header{"X-Signature": {signature}, "Content-Encoding": {encoding}},
		})
		fresh := s.take(t)
		if w.Code != http.StatusOK {
			if len(fresh) > 0 {
				t.Errorf("answered %d, and yet %q is stored", w.Code, fresh)
			}
			return
		}
		for _, id := range fresh {
			known[id] = true
		}
		if !strings.HasPrefix(u.Path, strings.TrimSuffix(here, "/")) || signature != "live" && signature != "older" || !json.Valid(body) {
			t.Errorf("200 to %q, signed %q: %q", target, signature, body)
		}
		for _, ev := range told {
			if !known[ev.ID] {
				t.Errorf("200, but event %q was never in the journal", ev.ID)
			}
		}
	})
}
