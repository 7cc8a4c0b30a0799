package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// What senders may do at the door of a real host. The door alone is tested in its own package.

// request is one that a stranger or a product may send.
type request struct {
	what   string
	method string // empty: POST
	url    string
	header http.Header
	body   string
	status int
	says   string
	count  string // the outcome that is counted
}

func (r request) send(t testing.TB) (status int, says string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if r.method == "" {
		req.Method = http.MethodPost
	}
	maps.Copy(req.Header, r.header)
	resp, err := http.DefaultTransport.RoundTrip(req) // follows nobody anywhere
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(text)), resp.Header
}

// alvaHook is a webhook of Alva, signed.
func alvaHook(t testing.TB, id, body string) http.Header {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(alvaSecret)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1767225600, 0)
	signature, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature}}
}

// TestDoors: each bad request gets one answer and leads to nothing at either product; good ones go on being heard.
func TestDoors(t *testing.T) {
	t.Parallel()
	s := &scene{T: t, rig: newRig(t, "virtual"), row: "door"}
	ann := s.invite(s.posting())
	s.settle()
	s.shows(ann, sent)
	ats, vendor := s.host.hookURL(t, "ats.lever"), s.host.hookURL(t, "vendor.alva")
	wrongly := strings.Replace(move(ann.id), `"signature":"`, `"signature":"00`, 1)
	gzip := http.Header{"Content-Encoding": {"gzip"}}
	const unsigned, notThere, deep = "signed by no live secret", "no such hook", "the body's JSON is deeper than 64 or longer than 100000 tokens"
	data := `{"opportunityId":"` + ann.id + `"}`
	for _, r := range []request{
		{"unsigned", "", ats, nil, `{"event":"candidateStageChange","data":` + data + `}`, 401, unsigned, "forged"},
		{"wrongly signed", "", ats, nil, wrongly, 401, unsigned, "forged"},
		{"signed, of wrong types", "", ats, nil, `{"event":7,"triggeredAt":"soon","token":[],"data":null}`, 401, unsigned, "forged"},
		{"longer than Lever ever is", "", ats, nil, move(ann.id) + strings.Repeat(" ", 64<<10), 401, unsigned, "forged"},
		{"an unknown event", "", ats, nil, leverHook("candidateTeleported", data), 200, "", "ignored"},
		{"a test without data", "", ats, nil, leverHook("candidateStageChange", "{}"), 200, "", "ignored"},
		{"data that is null", "", ats, nil, leverHook("candidateStageChange", "null"), 200, "", "ignored"},
		{"data that is a list", "", ats, nil, leverHook("candidateStageChange", "[1]"), 200, "", "ignored"},
		{"an opportunity of another type", "", ats, nil, leverHook("candidateStageChange", `{"opportunityId":7}`), 200, "", "ignored"},
		{"an opportunity that is no UTF-8", "", ats, nil, leverHook("candidateStageChange", "{\"opportunityId\":\"a\xff\"}"), 200, "", "ignored"},
		{"a way up for an opportunity", "", ats, nil, leverHook("candidateStageChange", `{"opportunityId":"../postings"}`), 200, "", "ignored"},
		{"an unknown opportunity", "", ats, nil, move("nobody"), 200, "", "accepted"},
		{"the same once more", "", ats, nil, move("nobody"), 200, "", "repeated"},
		{"JSON cut short", "", ats, nil, move(ann.id)[:200], 400, "the body is not valid JSON", "malformed"},
		{"JSON, deeply nested", "", ats, nil, leverHook("candidateStageChange", strings.Repeat("[", 100)+strings.Repeat("]", 100)), 400, deep, "malformed"},
		{"JSON, very long", "", ats, nil, leverHook("x", "["+strings.Repeat("0,", 100_000)+"0]"), 400, deep, "malformed"},
		{"more than 1 MiB", "", ats, nil, strings.Repeat(" ", 1<<20+1), 413, "the body is larger than 1 MiB", "malformed"},
		{"gzip", "", ats, gzip, move(ann.id), 415, "an encoded body is not accepted", "malformed"},
		{"another method", http.MethodGet, ats, nil, "", 405, "", "ignored"},
		{"a wrong secret", "", strings.TrimSuffix(ats, "/") + "x/", nil, move(ann.id), 404, notThere, "unknown"},
		{"another's secret", "", strings.Replace(ats, "ats.lever", "vendor.alva", 1), nil, move(ann.id), 404, notThere, "unknown"},
		{"two slashes", "", strings.Replace(ats, "/hooks/", "//hooks/", 1), nil, move(ann.id), 404, notThere, "unknown"},
		{"a slash in disguise", "", strings.Replace(ats, "ats.lever/", "ats.lever%2f", 1), nil, move(ann.id), 404, notThere, "unknown"},
		{"a way there and back", "", strings.Replace(ats, "/hooks/", "/hooks/x/../", 1), nil, move(ann.id), 404, notThere, "unknown"},
		{"nowhere", "", strings.Split(ats, "/hooks")[0] + "/admin", nil, "", 404, notThere, "unknown"},
		{"unsigned, as if of Alva", "", vendor, nil, `{}`, 401, unsigned, "forged"},
		{"signed for another body", "", vendor, alvaHook(t, "m1", `{}`), `{"type":"x"}`, 401, unsigned, "forged"},
		{"signed, and no JSON", "", vendor, alvaHook(t, "m2", `hello`), `hello`, 400, "not understood: malformed", "malformed"},
		{"an unknown word of Alva's", "", vendor, alvaHook(t, "m3", `{"type":"x"}`), `{"type":"x"}`, 200, "", "ignored"},
	} {
		want := s.host.requests(t)
		want[r.count]++
		status, says, header := r.send(t)
		if status != r.status || says != r.says {
			t.Errorf("%s is answered %d %q, want %d %q", r.what, status, says, r.status, r.says)
		}
		if status == http.StatusMethodNotAllowed && header.Get("Allow") != http.MethodPost {
			t.Errorf("%s: Allow is %q", r.what, header.Get("Allow"))
		}
		if diff := cmp.Diff(want, s.host.requests(t)); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", r.what, diff)
		}
	}
	s.settle()
	s.shows(ann, sent)
	var known []object
	if stdout, _, _ := s.host.command(t, "cases", "--state", s.host.state, "--json"); json.Unmarshal([]byte(stdout), &known) != nil || len(known) != 1 {
		t.Errorf("somebody unknown has become known:\n%s", stdout)
	}
	s.shows(s.repeats(), sent)
}

// repeats has somebody invited by webhooks that each come ten times at once, the later one first.
func (s *scene) repeats() candidate {
	s.Helper()
	before, requests := len(s.lever.deliveries(s)), s.host.requests(s)
	bea := s.apply(s.posting())
	s.settle()
	s.move(bea, "Assessment")
	s.settle()
	said := s.lever.deliveries(s)[before:]
	var all sync.WaitGroup
	for _, d := range slices.Backward(said) {
		for range 10 {
			all.Go(func() {
				if status := post(s, d.URL, d.Header, d.Body); status != http.StatusOK {
					s.Errorf("a repeated %s is answered %d", d.Event, status)
				}
			})
		}
	}
	all.Wait()
	s.settle()
	if got := s.host.requests(s)["repeated"] - requests["repeated"]; got != 10*len(said) {
		s.Errorf("%d of %d repeats are known as such", got, 10*len(said))
	}
	return bea
}

// While a plugin is down its webhooks are to come again, the other's are taken; and when it is back they are, once.
func TestAPluginThatIsDown(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	dir := filepath.Join(t.TempDir(), "plugins")
	if err := os.CopyFS(dir, os.DirFS(h.plugins(t))); err != nil {
		t.Fatal(err)
	}
	lever, away := filepath.Join(dir, "patchbay-lever"), filepath.Join(dir, "lever")
	chmod(t, lever, 0o755)
	chmod(t, filepath.Join(dir, "patchbay-alva"), 0o755)
	chmod(t, dir, 0o755)
	h.flags, h.clock = list("--plugins", dir), "real"
	h.start(t)
	h.accepts(t, "ann")
	ats, vendor := h.hookURL(t, "ats.lever"), h.hookURL(t, "vendor.alva")
	if err := os.Rename(lever, away); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(h.pid(t, "ats.lever"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	status, says, header := request{url: ats, body: move("bea")}.send(t)
	if status != 503 || says != "not ready" || header.Get("Retry-After") == "" {
		t.Errorf("answered %d %q, Retry-After %q", status, says, header.Get("Retry-After"))
	}
	ready := strings.Split(ats, "/hooks")[0] + "/readyz"
	if status, says, _ := (request{method: http.MethodGet, url: ready}).send(t); status != 503 || !strings.HasPrefix(says, "plugin lever is ") {
		t.Errorf("/readyz answers %d %q", status, says)
	}
	if status, says, _ := (request{url: vendor, header: alvaHook(t, "m", `{"type":"x"}`), body: `{"type":"x"}`}).send(t); status != 200 {
		t.Errorf("the other plugin's webhook is answered %d %q", status, says)
	}
	if err := os.Rename(away, lever); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for status = 503; status == 503 && time.Now().Before(deadline); { // each waits for the plugin for 5 s
		status, says, _ = request{url: ats, body: move("bea")}.send(t)
	}
	if status != 200 || h.requests(t)["accepted"] != 2 {
		t.Errorf("when it is back: %d %q, %v", status, says, h.requests(t))
	}
	h.knows(t, "ann", "bea")
}

// pid is the process that a connection's plugin runs in.
func (h *host) pid(t testing.TB, connection string) int {
	t.Helper()
	stdout, stderr, _ := h.command(t, "plugins", "list", "--json", "--state", h.state)
	var links []struct {
		Name string
		PID  int
	}
	if err := json.Unmarshal([]byte(stdout), &links); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	for _, l := range links {
		if l.Name == connection && l.PID > 1 {
			return l.PID
		}
	}
	t.Fatalf("no process of %s: %s", connection, stdout)
	return 0
}

// The log tells what happened, and neither who it happened to nor a secret, and no text of a stranger's leaves its line or reaches the
// terminal. What is made for operators names people, but no secret, and is as harmless to a terminal.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	s := &scene{T: t, rig: newRig(t, "virtual"), row: "leak"}
	const name = "C4n4ry \x1b[31mred\x1b[0m\u009b\u202e\nError: forged line\r\tC4n4ry"
	secrets := list("c4n4ry", leverToken, alvaSecret, strings.TrimPrefix(alvaSecret, "whsec_"), s.lever.key)
	for _, c := range list("ats.lever", "vendor.alva") {
		url := s.host.hookURL(t, c)
		secrets = append(secrets, strings.ToLower(strings.Split(url, "/")[5]))
	}
	for _, format := range list("text", "json") {
		if s.host.proc.stop(t); format == "json" {
			s.host.flags = list("--log-json")
		}
		s.host.flags = append(s.host.flags, "--log-level", "trace")
		s.host.start(t)
		s.stroll(name)
		shown := s.host.proc.stderr.all()
		for line := range strings.Lines(shown) {
			known := strings.HasPrefix(line, "20") || strings.HasPrefix(line, "  ")
			if format == "json" {
				known = json.Valid([]byte(line))
			}
			if !known {
				t.Errorf("a line of the log is not the host's: %q", line)
			}
		}
		if len(shown) < 1000 {
			t.Errorf("the log is empty: %s", shown)
		}
		harmless(t, "the "+format+" log", shown, secrets, forPeople)
	}
	for _, args := range [][]string{{"plugins", "list"}, {"cases"}, {"parked", "list"}, {"why", "C4n4ry"}} {
		for obeyed, format := range map[string][]string{forPeople: nil, forMachines: {"--json"}} {
			stdout, stderr, code := s.host.command(t, slices.Concat(args, format, list("--state", s.host.state))...)
			if code != 0 || len(stdout) < 10 {
				t.Errorf("%q %q: exit %d: %s%s", args, format, code, stdout, stderr)
			}
			harmless(t, strings.Join(args, " "), stdout, secrets[1:], obeyed)
		}
	}
}

// What a terminal would obey. JSON escapes some of it, and is for no terminal.
const (
	forPeople   = "\x1b\r\u009b\u202e"
	forMachines = "\x1b\r"
)

// stroll has somebody go through everything that the host might be tempted to talk about.
func (s *scene) stroll(name string) {
	s.Helper()
	of := object{"name": name, "email": s.address() + ".c4n4ry.test", "tags": list(name)}
	p := s.posting()
	s.editPosting(p, object{"text": p.name + name})
	ann := s.apply(p, of)
	s.lever.act(s, "note", object{"opportunity": ann.id, "text": name})
	s.move(ann, "Assessment")
	s.rig.settle(s)
	s.alva.act(s, "start", object{"application": ann.id})
	s.score(ann, 80)
	s.rig.settle(s)
	if got := s.see(ann); got.Mails != 1 || got.Stage != "Interview" {
		s.Errorf("she did not get through: %+v\n%s", got, s.why(ann))
	}
	s.lever.control(s, http.MethodPost, "faults", []object{{"kind": "status", "status": 422, "path": "/notes$", "count": 1}}, nil)
	bea := s.apply(p, object{"name": name, "email": "c4n4ry at home"}) // no address, and the note about that is refused: it is parked
	s.move(bea, "Assessment")
	s.rig.settle(s)
	s.alva.control(s, http.MethodPost, "faults", []object{{"kind": "status", "status": 503, "count": 2}, {"kind": "lost", "count": 1}}, nil)
	cyd := s.apply(p, object{"name": name, "email": s.address() + ".c4n4ry.test"})
	s.move(cyd, "Assessment")
	s.rig.settle(s)
	ats := s.host.hookURL(s, "ats.lever")
	for _, body := range list(move("nobody"), leverHook("c4n4ry\x1b[31m", `{"opportunityId":"c4n4ry"}`), `{"signature":"c4n4ry\u001b"}`, "c4n4ry\x1b[31m\n") {
		post(s, ats, http.Header{"X-C4n4ry": {"c4n4ry"}}, body)
	}
	post(s, ats+"c4n4ry", nil, "c4n4ry")
	post(s, s.host.hookURL(s, "vendor.alva"), alvaHook(s, "c4n4ry", `{"type":7}`), `{"type":7}`)
	s.rig.settle(s)
	s.alva.control(s, http.MethodDelete, "faults", nil, nil)
}

// harmless fails if a text holds one of the secrets, or what would be obeyed.
func harmless(t *testing.T, what, text string, secrets []string, obeyed string) {
	t.Helper()
	for i, secret := range secrets {
		if at := bytes.Index(bytes.ToLower([]byte(text)), []byte(strings.ToLower(secret))); at >= 0 {
			t.Errorf("%s tells secret %d: …%q…", what, i, text[max(0, at-200):min(len(text), at+100)])
		}
	}
	if at := strings.IndexAny(text, obeyed); at >= 0 {
		t.Errorf("%s holds what a terminal obeys: …%q…", what, text[max(0, at-200):min(len(text), at+100)])
	}
}
