package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// The plugin can do all this at once.
var _ interface {
	sdk.Vendor
	sdk.Promiser
	sdk.Catalog
	sdk.Poller
} = (*partner)(nil)

type object = map[string]any

// vendor is somebody who serves the contract: the sandbox of another plugin, run as that plugin's command.
type vendor struct {
	product string
	root    string // of the contract
	finish  string // the act by which a candidate finishes
	prepare func(r *rig)
}

var vendors = []vendor{
	{product: "hired", root: "/api/v1/greenhouse", finish: "submit", prepare: func(r *rig) {
		r.act("test", object{"name": numeracy})
		r.act("greenhouse-key", object{"key": key})
	}},
	{product: "alva", root: "/api/v1/greenhouse", finish: "score", prepare: func(r *rig) {
		r.act("test-profile", object{"name": numeracy})
		r.act("greenhouse-key", object{"key": key})
	}},
	{product: "alooba", root: "/v1/greenhouse", finish: "score", prepare: func(r *rig) {
		r.act("assessment", object{"name": numeracy})
		r.act("greenhouse-key", object{"key": key})
		r.act("callback-host", object{"host": strings.TrimPrefix(r.door.URL, "http://")})
		r.act("callback-host", object{"host": strings.TrimPrefix(nowhere, "https://")})
	}},
}

// key is what the vendor issues for its Greenhouse integration, numeracy one of its tests.
const (
	key      = "issued-for-greenhouse"
	numeracy = "Numeracy"
)

// programs are the vendors' commands, each built once.
var programs = map[string]func() (string, error){}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "patchbay-partner-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, v := range vendors {
		programs[v.product] = sync.OnceValues(func() (string, error) {
			path := filepath.Join(dir, "patchbay-"+v.product)
			out, err := exec.Command("go", "build", "-o", path, "../"+v.product).CombinedOutput()
			if err != nil {
				err = fmt.Errorf("go build: %w\n%s", err, out)
			}
			return path, err
		})
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// rig is the plugin, a vendor's sandbox that it talks to over HTTP, and a door for the vendor's callbacks.
type rig struct {
	*testing.T
	vendor vendor
	plugin *partner
	url    string
	door   *httptest.Server

	mu    sync.Mutex
	heard []sdk.Request
}

// credential does what the host's way out does: it adds the key.
type credential struct{ transport *http.Transport }

func (c credential) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth(key, "")
	return c.transport.RoundTrip(r)
}

// settings are those of a connection whose operator wrote only what is required.
func settings(base string) config {
	return config{
		BaseURL: base, MaxScore: 100,
		ListTests: "/list_tests", SendTest: "/send_test", TestStatus: "/test_status", ResponseError: "/response_error",
	}
}

func newPlugin(t *testing.T, c config) *partner {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v, err := open(c, sdk.Conn{HTTP: &http.Client{
		Transport:     credential{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	if err != nil {
		t.Fatal(err)
	}
	return v.(*partner)
}

func newRig(t *testing.T, v vendor) *rig {
	t.Helper()
	r := &rig{T: t, vendor: v}
	r.door = httptest.NewServer(http.HandlerFunc(r.hear))
	t.Cleanup(r.door.Close)
	r.url = r.start(v.product)
	v.prepare(r)
	c := settings(r.url + v.root)
	c.CallbackURL = r.door.URL + "/hooks/vendor.partner/s3cret/"
	r.plugin = newPlugin(t, c)
	return r
}

// start runs a vendor's sandbox until the test ends, and returns its URL.
func (r *rig) start(product string) string {
	r.Helper()
	program, err := programs[product]()
	if err != nil {
		r.Fatal(err)
	}
	cmd := exec.Command(program, "sandbox", "--listen", "127.0.0.1:0", "--rate", "-1", "--until-stdin-closes")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		r.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		r.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			r.Errorf("%s: %v", program, err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		r.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func (r *rig) hear(_ http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, sdk.Request{Method: req.Method, Path: req.URL.Path, Header: req.Header, Body: body})
}

// callbacks are those that came so far.
func (r *rig) callbacks() []sdk.Request {
	r.Helper()
	r.control("POST", "clock/advance", object{"by": "0s"})
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard
}

// control drives the sandbox.
func (r *rig) control(method, path string, args any) string {
	r.Helper()
	raw, _ := json.Marshal(args)
	req, _ := http.NewRequest(method, r.url+"/_sandbox/"+path, bytes.NewReader(raw))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		r.Fatalf("%s: %d %s", path, resp.StatusCode, text)
	}
	return string(text)
}

func (r *rig) act(verb string, args any) { r.Helper(); r.control("POST", "acts/"+verb, args) }

func (r *rig) fault(f object) { r.Helper(); r.control("POST", "faults", []object{f}) }

// mails counts what the vendor mailed to the candidate.
func (r *rig) mails() int {
	r.Helper()
	return strings.Count(r.control("GET", "mailbox?to=bo@b.test", nil), `"subject"`)
}

func (r *rig) expect(what string, got, want any) {
	r.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// invitation asks for opp_1 of cand_1.
func (r *rig) invitation() sdk.Invitation {
	r.Helper()
	inv := sdk.Invitation{
		Key: sdk.NewKey("test"), Attempt: 1, Application: "opp_1", Person: "cand_1",
		Candidate: sdk.Candidate{Name: "Bo  van Lind", Email: "bo@b.test"},
	}
	for a, err := range r.plugin.Assessments(r.Context()) {
		if err != nil {
			r.Fatal(err)
		}
		if a.Name == numeracy {
			inv.Assessment = a.ID
		}
	}
	if inv.Assessment == "" {
		r.Fatalf("%s lists no test %s", r.vendor.product, numeracy)
	}
	return inv
}

func (r *rig) invite(inv sdk.Invitation) sdk.Invited {
	r.Helper()
	invited, err := r.plugin.Invite(r.Context(), inv)
	if err != nil {
		r.Fatal(err)
	}
	return invited
}

// kindOf says what the host would make of an error.
func kindOf(err error) string {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	switch {
	case errors.As(err, &refusal), errors.As(err, &delay):
		return err.Error()
	case errors.Is(err, sdk.ErrDisconnected):
		return "disconnected"
	case err != nil:
		return "unknown"
	}
	return "done"
}
