package main

import (
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// script is what a pretended Lever answers: "METHOD uri" to "status body". Several answers to one request are parted by a line break and
// given one after the other, the last one again and again.
type script map[string]string

// recorder keeps the requests that came, each as "METHOD uri body".
type recorder struct {
	mu   sync.Mutex
	came []string
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	came := r.came
	r.came = nil
	return came
}

// wants checks which requests came since the last look.
func (r *recorder) wants(t *testing.T, want ...string) {
	t.Helper()
	if came := r.take(); !slices.Equal(came, want) {
		t.Errorf("requests:\n  %s\nwant:\n  %s", strings.Join(came, "\n  "), strings.Join(want, "\n  "))
	}
}

// pretend opens a connection to a Lever that follows s. What s does not name is answered as Lever answers unknown paths.
func pretend(t *testing.T, c config, s script) (*connection, *recorder) {
	t.Helper()
	r, asked := &recorder{}, map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		what := req.Method + " " + strings.TrimPrefix(req.RequestURI, "/v1")
		r.mu.Lock()
		r.came = append(r.came, strings.TrimSpace(what+" "+string(body)))
		answers := strings.Split(s[what], "\n")
		answer := answers[min(asked[what], len(answers)-1)]
		asked[what]++
		r.mu.Unlock()
		status, text, _ := strings.Cut(answer, " ")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		switch status {
		case "":
			w.WriteHeader(404)
			io.WriteString(w, `{"code":"ResourceNotFound","message":"`+req.URL.Path+` does not exist"}`)
		case "200":
			io.WriteString(w, text)
		case "201":
			w.WriteHeader(201)
			io.WriteString(w, text)
		case "403":
			w.WriteHeader(403)
			io.WriteString(w, `{"code":"ForbiddenError","message":"no right"}`)
		case "400":
			w.WriteHeader(400)
			io.WriteString(w, `{"code":"BadRequestError","message":"Ada Lovelace is refused"}`)
		case "401":
			w.WriteHeader(401)
			io.WriteString(w, `{"code":"UnauthorizedError","message":"The request requires authentication."}`)
		case "429":
			w.WriteHeader(429)
		default:
			w.WriteHeader(503)
		}
	}))
	t.Cleanup(server.Close)
	c.BaseURL, c.KeepPostings = server.URL+"/v1", cmp.Or(c.KeepPostings, "1m")
	ats, err := open(c, sdk.Conn{Name: "ats.lever", HTTP: server.Client(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return ats.(*connection), r
}

// at is a moment in Lever's milliseconds.
func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func TestSettings(t *testing.T) {
	settings, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if s.Doc == "" {
			t.Errorf("setting %s is not explained", s.Name)
		}
		if secret := slices.Contains([]string{"api_key", "client_secret", "signing_tokens"}, s.Name); s.Secret != secret {
			t.Errorf("setting %s: secret is %v", s.Name, s.Secret)
		}
	}
	_, err = open(config{KeepPostings: "soon"}, sdk.Conn{})
	if refused, ok := errors.AsType[*sdk.SettingError](err); !ok || refused.Setting != "keep_postings" {
		t.Errorf("keep_postings = \"soon\": %v, want that setting refused", err)
	}
}

// The verbs that the rules of the Lever pairings use.
var (
	_ sdk.ATS            = (*connection)(nil)
	_ sdk.Tagger         = (*connection)(nil)
	_ sdk.Linker         = (*connection)(nil)
	_ sdk.Noter          = (*connection)(nil)
	_ sdk.FeedbackWriter = (*connection)(nil)
	_ sdk.FileWriter     = (*connection)(nil)
	_ sdk.Mover          = (*connection)(nil)
	_ sdk.Searcher       = (*connection)(nil)
	_ sdk.PostingLister  = (*connection)(nil)
	_ sdk.StageCatalog   = (*connection)(nil)
	_ sdk.Finder         = (*connection)(nil)
	_ sdk.Promiser       = (*connection)(nil)
	_ sdk.Preparer       = (*connection)(nil)
)
