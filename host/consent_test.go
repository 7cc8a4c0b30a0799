package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/admin"
)

// newConsentScene is a host whose Lever is reached by an OAuth app, which nobody has consented to yet.
func newConsentScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, row: "consent", rig: newLeverPair(t, "alva", byConsent...)}
	s.hookByHand("applicationCreated", "candidateStageChange")
	return s
}

// link is how a connection stands, as connect tells machines.
func (s *scene) link(conn string) (l admin.Link) {
	s.Helper()
	stdout, stderr, code := s.host.command(s, "connect", conn, "--state", s.host.state, "--json")
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || code != 0 {
		s.Fatalf("connect --json: exit %d, %s%s %v", code, stdout, stderr, err)
	}
	return l
}

var opened = regexp.MustCompile(`(?m)^  (http\S+/authorize\?\S+)$`)

// connect runs the command, has an admin of Lever answer the page, and gives what the command said in the end.
func (s *scene) connect(deny bool, args ...string) (said string, code int) {
	s.Helper()
	p := start(s, "patchbay", nil, append(list("connect", "lever", "--state", s.host.state), args...)...)
	p.firstLine(s)
	deadline := time.Now().Add(patience)
	var address []string
	for ; address == nil; address = opened.FindStringSubmatch(p.stdout.tail()) {
		if time.Now().After(deadline) {
			s.Fatalf("connect prints no address:\n%s", p.stdout.tail())
		}
		time.Sleep(time.Millisecond) // nothing tells when a process prints its second line
	}
	back := s.lever.act(s, "oauth_consent", object{"url": address[1], "deny": deny})["location"]
	resp, err := http.Get(back)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || deny == (resp.StatusCode == http.StatusOK) {
		s.Fatalf("the callback: %d %s %v", resp.StatusCode, page, err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		s.Fatal("connect does not notice")
	}
	return p.stdout.tail() + p.stderr.tail(), p.cmd.ProcessState.ExitCode()
}

// An operator connects Lever by consent. While it is not connected, and when Lever's admin has revoked it, work waits; it goes on after
// connecting, without a restart, and everybody is invited once (rows LA1, LA16, LV1, LX11).
func TestConsentAndWork(t *testing.T) {
	s := newConsentScene(t)
	if l := s.link("lever"); l.State != "disconnected" || l.Access == nil || l.Access.Connected || !strings.Contains(l.Error, "nobody has connected it yet") {
		t.Fatalf("before anybody consented: %+v", l)
	}
	early := s.invite(s.posting())
	s.settle()
	if said, code := s.connect(true); code != 1 || !strings.Contains(said, "the consent was denied") {
		t.Errorf("denied: exit %d\n%s", code, said)
	}
	said, code := s.connect(false)
	if code != 0 || !strings.Contains(said, "Connected.") || !strings.Contains(said, "opportunities:write:admin") || strings.Contains(said, "files:write") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if l := s.link("ats.lever"); l.State != "ready" && !l.Access.Connected || len(l.Access.Missing) > 0 {
		t.Errorf("connected: %+v %+v", l, l.Access)
	}
	s.advance(t, 2*time.Minute)
	s.shows(early, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})

	s.lever.act(t, "oauth_revoke", object{})
	late := s.invite(s.posting())
	s.settle()
	s.advance(t, 5*time.Minute)
	if l := s.link("lever"); l.State != "disconnected" || l.Access.Connected || !strings.Contains(l.Error, "access was revoked") {
		t.Errorf("after it was revoked: %+v", l)
	}
	s.shows(late, view{Stage: "Assessment"})
	s.host.proc.kill() // what was revoked stays so
	s.host.start(t)
	if said, code := s.connect(false); code != 0 || !strings.Contains(said, "Connected.") {
		t.Fatalf("again: exit %d\n%s", code, said)
	}
	s.advance(t, 5*time.Minute)
	s.shows(late, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.advance(t, 3*time.Hour) // through several tokens
	third := s.invite(s.posting())
	s.settle()
	s.shows(third, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

// The page of a connection connects it too; the door of the world has none of it.
func TestConsentByThePage(t *testing.T) {
	s := newConsentScene(t)
	page := "http://" + s.host.listen + "/connect/ats.lever"
	press, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(press)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("the button: %d", resp.StatusCode)
	}
	back := s.lever.act(t, "oauth_consent", object{"url": resp.Header.Get("Location")})["location"]
	if got := status(t, back); got != http.StatusOK || !s.link("lever").Access.Connected {
		t.Errorf("the callback: %d, and it is not connected", got)
	}
	if got := status(t, back); got != http.StatusBadRequest {
		t.Errorf("the same answer again: %d", got)
	}
	s.host.proc.kill()
	s.host.flags = list("--public-url", "https://hooks.example.com")
	s.host.start(t)
	if got := status(t, page); got != http.StatusNotFound {
		t.Errorf("behind a proxy: %d", got)
	}
}

func status(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A key is made, shown once, believed from then on beside the older, and retired.
func TestKeys(t *testing.T) {
	s := newConsentScene(t)
	key := func(args ...string) (string, int) {
		stdout, stderr, code := s.host.command(t, append(append(list("key"), args...), "--state", s.host.state)...)
		return stdout + stderr, code
	}
	first, code := key("create", "lever")
	secret := regexp.MustCompile(`(?m)^  ([A-Z2-7]{52})$`).FindStringSubmatch(first)
	if code != 0 || secret == nil {
		t.Fatalf("exit %d\n%s", code, first)
	}
	if said, code := key("create", "lever"); code != 0 || strings.Contains(said, secret[1]) {
		t.Fatalf("a second: exit %d\n%s", code, said)
	}
	if said, code := key("create", "lever"); code != 1 || !strings.Contains(said, "has 2 keys already") {
		t.Errorf("a third: exit %d\n%s", code, said)
	}
	said, _ := key("list", "ats.lever")
	ids := regexp.MustCompile(`(?m)^([a-z2-7]{8})  made`).FindAllStringSubmatch(said, -1)
	if len(ids) != 2 || strings.Contains(said, secret[1]) || len(s.link("lever").Keys) != 2 {
		t.Fatalf("list:\n%s", said)
	}
	if said, code := key("retire", "lever", ids[0][1]); code != 0 || len(s.link("lever").Keys) != 1 {
		t.Errorf("retire: exit %d\n%s", code, said)
	}
	if said, code := key("retire", "lever", ids[0][1]); code != 1 || !strings.Contains(said, "has no key") {
		t.Errorf("twice: exit %d\n%s", code, said)
	}
	if said, code := key("create", "levr"); code != 1 || !strings.Contains(said, `no connection is called "levr"`) {
		t.Errorf("of nobody: exit %d\n%s", code, said)
	}
}
