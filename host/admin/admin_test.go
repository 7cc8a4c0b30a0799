package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// operator knows no effect.
type operator struct{}

func (operator) Act(_ context.Context, k sdk.Key, word string, _ effect.Input, reason string) (effect.State, error) {
	return "", errors.New("no effect " + string(k) + " to " + word + " because " + reason)
}

func TestEachWrongQuestionHasOneAnswer(t *testing.T) {
	dir := t.TempDir()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	offline := &Server{Journal: journal.New(st, seal)}
	online := &Server{
		Journal: offline.Journal, Operator: operator{}, Links: func(context.Context) []Link { return []Link{{Name: "ats.lever", URL: "secret"}} },
		Prepare: func(context.Context, string) ([]sdk.Problem, error) { return nil, errors.New("the product is away") },
		Advance: func(context.Context, time.Duration) error { return nil },
	}
	const nobody = "no host is running on this state file: start it with patchbay run"
	for _, tt := range []struct {
		server       *Server
		method, path string
		in           any
		says         string
	}{
		{offline, http.MethodGet, "/why?q=%20", nil, "whom? Give an application's id, an e-mail address or a part of a name"},
		{offline, http.MethodGet, "/connections", nil, nobody},
		{offline, http.MethodGet, "/connections/ats.lever", nil, nobody},
		{offline, http.MethodPost, "/connections/ats.lever/consents", nil, nobody},
		{offline, http.MethodGet, "/consents/x", nil, nobody},
		{offline, http.MethodGet, "/connections/ats.lever/keys", nil, nobody},
		{offline, http.MethodPost, "/connections/ats.lever/keys", nil, nobody},
		{offline, http.MethodDelete, "/connections/ats.lever/keys/k", nil, nobody},
		{offline, http.MethodGet, "/stats", nil, nobody},
		{offline, http.MethodGet, "/idle", nil, nobody},
		{offline, http.MethodPost, "/parked/k/retry", Act{Reason: "x"}, nobody},
		{offline, http.MethodPost, "/clock/advance", nil, "the host's clock is real: only one started with --clock virtual can be advanced"},
		{offline, http.MethodGet, "/nothing", nil, "the host answered 404 Not Found"},
		{online, http.MethodGet, "/connections/ats.levr", nil, `no connection is called "ats.levr" in the configuration`},
		{online, http.MethodPost, "/parked/k/burn", Act{Reason: "x"}, `nothing is called "burn": there are retry, confirm, deny and drop`},
		{online, http.MethodPost, "/parked/k/retry", Act{Reason: " "}, "an act on a parked effect needs a reason, for whoever asks later"},
		{online, http.MethodPost, "/parked/k/retry", 7, "the request is no JSON: json: cannot unmarshal number into Go value of type admin.Act"},
		{online, http.MethodPost, "/parked/k/retry", Act{Reason: "x"}, "no effect k to retry because x"},
		{online, http.MethodPost, "/clock/advance", map[string]string{"by": "-1h"}, `"-1h" is no length of time such as "90m"`},
	} {
		var out any
		if err := Offline(tt.server).Ask(t.Context(), tt.method, tt.path, tt.in, &out); err == nil || !strings.HasPrefix(err.Error(), tt.says) {
			t.Errorf("%s %s: %v, want %q", tt.method, tt.path, err, tt.says)
		}
	}
	var all []Link
	if err := Offline(online).Ask(t.Context(), http.MethodGet, "/connections", nil, &all); err != nil || all[0].URL != "" {
		t.Errorf("the list of connections tells a secret: %+v, %v", all, err)
	}
	var one Link
	err = Offline(online).Ask(t.Context(), http.MethodGet, "/connections/ats.lever", nil, &one)
	if err != nil || one.URL != "secret" || len(one.Problems) != 1 || one.Problems[0].Fix != "the product is away" {
		t.Errorf("a connection whose product is away: %+v, %v", one, err)
	}
}

func TestTheSocketIsTheOwners(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.db")
	for range 2 { // the second finds what the first left
		l, err := Listen(state)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(Socket(state)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `"here"`) })}
		l.(*net.UnixListener).SetUnlinkOnClose(false) // as if it were killed
		go server.Serve(l)                            // its error is that it is closed
		c, ok := Dial(t.Context(), state)
		var out string
		if err := c.Ask(t.Context(), http.MethodGet, "/", nil, &out); !ok || err != nil || out != "here" {
			t.Errorf("%v, %q, %v", ok, out, err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(Socket(state)+"2", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(Socket(state)+"2", Socket(state)); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(state); err == nil || !strings.Contains(err.Error(), "something else lies there") {
		t.Errorf("a file in its place: %v", err)
	}
	if text, err := os.ReadFile(Socket(state)); string(text) != "mine" || err != nil {
		t.Errorf("the file is %q, %v", text, err)
	}
	if _, ok := Dial(t.Context(), state); ok {
		t.Error("somebody answers")
	}
}
