package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/admin"
)

// The rows of Lever × Apriora for which a host is connected, restarted or kept waiting.

// registering has the host make its webhooks in Lever itself.
var registering = list(`ats "lever" {`, "ats \"lever\" {\n  register_webhooks = true")

// permissions are what connect prints of those that it asks for.
var permissions = regexp.MustCompile(`(?m)^  ([a-z_]+(?::[a-z:]+)?)$`)

func alexConnects(s *scene) {
	s.rig = newLeverPair(s, "apriora", slices.Concat(byConsent, registering)...)
	if l := s.link("lever"); l.State != "disconnected" || l.Access == nil || l.Access.Connected {
		s.Errorf("before anybody consented: %+v", l)
	}
	said, code := s.connect(false)
	if code != 0 || !strings.Contains(said, "Connected.") {
		s.Fatalf("exit %d\n%s", code, said)
	}
	var asked []string
	for _, line := range permissions.FindAllStringSubmatch(said, -1) {
		asked = append(asked, line[1])
	}
	slices.Sort(asked)
	want := list("applications:read:admin", "files:write:admin", "notes:write:admin", "offline_access", "opportunities:read:admin",
		"opportunities:write:admin", "postings:read:admin", "stages:read:admin", "users:read:admin", "webhooks:write:admin")
	if diff := cmp.Diff(want, asked); diff != "" {
		s.Errorf("permissions (-want +asked):\n%s", diff)
	}
	if l := s.link("lever"); l.State == "disconnected" || !l.Access.Connected || len(l.Access.Missing) != 0 {
		s.Errorf("connected: %+v %+v", l, l.Access)
	}
	ann := s.onSite(s.posting())
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.interview(ann, object{"score": 80})
	s.settle()
	s.showsInterviewed(ann, interviewedBy(80))
}

// interviewedBy is who was interviewed in the trigger stage, to a score.
func interviewedBy(score int) interviewed {
	return interviewed{
		Mails: 1, Alex: "INTERVIEW_COMPLETE", Tags: list("Interview Complete"), Notes: list("Alex's score: " + strconv.Itoa(score) + " of 100"),
		Files: 1, Stage: "On-site Interview",
	}
}

// madeHook is a webhook, as Lever's admin sees it.
type madeHook struct {
	ID, URL, Event, Token string
	ByAPI                 bool `json:"by_api"`
}

// madeHooks are Lever's webhooks of the API's making or of a person's.
func (s *scene) madeHooks(byAPI bool) (some []madeHook) {
	s.Helper()
	s.lever.control(s, http.MethodGet, "state/webhooks", nil, &some)
	return slices.DeleteFunc(some, func(h madeHook) bool { return h.ByAPI != byAPI })
}

func eventsOf(hooks []madeHook) (events []string) {
	for _, h := range hooks {
		events = append(events, h.Event)
	}
	slices.Sort(events)
	return events
}

func alexMakesHooks(s *scene) {
	s.rig = newLeverPair(s, "apriora", registering...)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer elsewhere.Close()
	s.lever.act(s, "webhook", object{"event": "candidateStageChange", "url": elsewhere.URL})
	s.hookByHand("candidateStageChange")
	s.settle()
	byHand, first := s.madeHooks(false), s.madeHooks(true)
	if diff := cmp.Diff(list("applicationCreated", "candidateDeleted", "candidateStageChange"), eventsOf(first)); diff != "" {
		s.Fatalf("webhooks after the host's start (-want +got):\n%s", diff)
	}
	for _, again := range []func(){
		func() { s.link("lever") },
		func() { s.link("lever") },
		func() { s.host.proc.stop(s); s.host.start(s) },
		func() { s.host.proc.kill(); s.host.start(s) },
		func() { s.advance(s, 24*time.Hour) },
	} {
		again()
		s.settle()
		if diff := cmp.Diff(first, s.madeHooks(true)); diff != "" {
			s.Errorf("made again (-before +after):\n%s", diff)
		}
	}
	ann, bea := s.onSite(s.posting()), s.apply(s.posting("Alex - On Application"))
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)
	s.showsInterviewed(bea, invitedOnApplication)
	for _, h := range first {
		if h.Token == "" || s.kept(h.Token) || strings.Contains(s.host.proc.stderr.tail(), h.Token) {
			s.Errorf("the token of %s is %q, and is not sealed", h.Event, h.Token)
		}
	}

	hooksMadeAnew(s, first)
	if diff := cmp.Diff(byHand, s.madeHooks(false)); diff != "" {
		s.Errorf("webhooks that a person made (-before +after):\n%s", diff)
	}
	hooksFollow(s, byHand)
}

// hooksMadeAnew has somebody at Lever remove one that the host made. Lever's answer when it is made anew, with the token in it, gets lost.
func hooksMadeAnew(s *scene, first []madeHook) {
	gone := first[slices.IndexFunc(first, func(h madeHook) bool { return h.Event == "applicationCreated" })]
	s.lever.act(s, "webhook-remove", object{"webhook": gone.ID})
	lost := []object{{"kind": "lost", "method": http.MethodPost, "path": "/webhooks$", "count": 1}}
	s.lever.control(s, http.MethodPost, "faults", lost, nil)
	s.link("lever")
	s.link("lever")
	if !slices.ContainsFunc(s.lever.calls(s, 0), func(c call) bool { return c.Fault == "lost" }) {
		s.Error("no answer got lost")
	}
	if diff := cmp.Diff(eventsOf(first), eventsOf(s.madeHooks(true))); diff != "" || slices.Contains(s.madeHooks(true), gone) {
		s.Errorf("one that was removed is not made anew (-want +got):\n%s", diff)
	}
}

// hooksFollow moves the host to another address, with rules that no longer care who is deleted. Whoever made a webhook to the old address
// removes that.
func hooksFollow(s *scene, byHand []madeHook) {
	s.host.proc.stop(s)
	s.lever.act(s, "webhook-remove", object{"webhook": byHand[1].ID})
	s.host.listen = freeAddress(s)
	s.host.config = pairingOnly(s, "apriora-lever", append(slices.Clone(registering), "deletions = true", "deletions = false")...)
	s.host.start(s)
	s.apriora.act(s, "webhook", object{"url": s.host.hookURL(s, "vendor.apriora"), "secret": vendorSecret})
	s.settle()
	if diff := cmp.Diff(list("applicationCreated", "candidateStageChange"), eventsOf(s.madeHooks(true))); diff != "" {
		s.Errorf("webhooks after the move (-want +got):\n%s", diff)
	}
	for _, h := range s.madeHooks(true) {
		if !strings.Contains(h.URL, s.host.listen) {
			s.Errorf("the host has moved, and %s still goes to %s", h.Event, h.URL)
		}
	}
	if diff := cmp.Diff(byHand[:1], s.madeHooks(false)); diff != "" {
		s.Errorf("webhooks that a person made, after the move (-before +after):\n%s", diff)
	}
	cyd, dee := s.onSite(s.posting()), s.apply(s.posting("Alex - On Application"))
	s.settle()
	s.showsInterviewed(cyd, invitedByAlex)
	s.showsInterviewed(dee, invitedOnApplication)
}

// kept tells whether the host's files have a text in them.
func (s *scene) kept(text string) bool {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.host.state), "*"))
	if err != nil || len(files) == 0 {
		s.Fatalf("the host keeps no files: %v", err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			s.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}

func alexRevoked(s *scene) {
	s.rig = newLeverPair(s, "apriora", byConsent...)
	s.hookByHand("applicationCreated", "candidateStageChange")
	if said, code := s.connect(false); code != 0 {
		s.Fatalf("exit %d\n%s", code, said)
	}
	p := s.posting()
	ann := s.onSite(p)
	s.settle()
	s.showsInterviewed(ann, invitedByAlex)

	s.lever.act(s, "oauth_revoke", object{})
	bea := s.onSite(p)
	s.interview(ann, object{"score": 55})
	s.settle()
	s.advance(s, 5*time.Minute)
	if l := s.link("lever"); l.State != "disconnected" || l.Access.Connected || !strings.Contains(l.Error, "access was revoked") {
		s.Errorf("after it was revoked: %+v %+v", l, l.Access)
	}
	waiting := invitedByAlex
	waiting.Alex = "INTERVIEW_COMPLETE"
	s.showsInterviewed(ann, waiting)
	s.showsInterviewed(bea, interviewed{Stage: "On-site Interview"})

	if said, code := s.connect(false); code != 0 || !strings.Contains(said, "Connected.") {
		s.Fatalf("again: exit %d\n%s", code, said)
	}
	s.advance(s, 5*time.Minute)
	s.showsInterviewed(ann, interviewedBy(55))
	s.showsInterviewed(bea, invitedByAlex)
}

func alexReports(s *scene) {
	s.rig = newLeverPair(s, "apriora")
	s.hookByHand("candidateStageChange")
	p := s.posting()
	ann, bea := s.onSite(p), s.onSite(p)
	bad := []struct{ serve, reason string }{
		{"html", "not_pdf"}, {"disguised", "not_pdf"}, {"large", "too_large"}, {"unmeasured", "too_large"}, {"loopback", "foreign_host"},
		{"foreign", "foreign_host"}, {"circle", "redirects"}, {"gone", "gone"}, {"never", "not ready"},
	}
	var unlucky []candidate
	for range bad {
		unlucky = append(unlucky, s.onSite(p))
	}
	moved := s.onSite(p)
	s.settle()

	s.interview(ann, object{"score": 70})
	s.interview(moved, object{"score": 70, "serve": "moved"})
	s.settle()
	s.attached(ann)
	s.attached(moved)

	s.interview(bea, object{"score": 70, "report_delay": "10m"})
	s.settle()
	without := interviewedBy(70)
	without.Files = 0
	s.showsInterviewed(bea, without)
	for range 2 { // asked for after one minute, and after five more
		s.advance(s, 3*time.Minute)
		s.showsInterviewed(bea, without)
	}
	for range 3 {
		s.advance(s, 15*time.Minute)
		s.attached(bea)
	}

	want := map[string]string{} // by application: why its file waits for a person
	for i, how := range bad {
		s.interview(unlucky[i], object{"score": 70, "serve": how.serve})
		want[unlucky[i].id] = how.reason
	}
	s.settle()
	for _, c := range unlucky {
		s.showsInterviewed(c, without)
	}
	s.advance(s, 8*24*time.Hour) // after a week a report is late for good
	got := map[string]string{}
	for _, f := range s.parked() {
		got[f.Application] = f.Reason
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("what waits for a person (-want +got):\n%s", diff)
	}
	for _, c := range unlucky {
		s.showsInterviewed(c, without)
	}

	mended := unlucky[0]
	s.apriora.act(s, "report", object{"application": mended.id, "serve": "pdf"})
	s.retry(mended)
	s.advance(s, time.Minute) // what may have arrived is looked for first
	s.attached(mended)
}

// retry is an operator's word on what waits of a candidate.
func (s *scene) retry(c candidate) {
	s.Helper()
	for _, f := range s.parked() {
		if f.Application != c.id {
			continue
		}
		_, stderr, code := s.host.command(s, "parked", "retry", string(f.Key), "--reason", "mended at the vendor", "--state", s.host.state)
		if code != 0 {
			s.Errorf("retry: exit %d: %s", code, stderr)
		}
	}
}

// parked is what waits for a person.
func (s *scene) parked() (all []admin.Parked) {
	s.Helper()
	stdout, stderr, code := s.host.command(s, "parked", "list", "--json", "--state", s.host.state)
	if err := json.Unmarshal([]byte(stdout), &all); code != 0 || err != nil {
		s.Fatalf("parked: exit %d, %v: %s%s", code, err, stdout, stderr)
	}
	return all
}

// attached fails unless the candidate has the very report that Apriora has, once.
func (s *scene) attached(c candidate) {
	s.Helper()
	s.showsInterviewed(c, interviewedBy(70))
	var reports []struct {
		ID  string `json:"reportId"`
		URL string `json:"pdfUrl"`
	}
	s.apriora.control(s, http.MethodGet, "state/reports", nil, &reports)
	for _, r := range reports {
		if r.ID != s.atAlex(c).ReportID {
			continue
		}
		resp, err := http.Get(r.URL)
		if err != nil {
			s.Fatal(err)
		}
		defer resp.Body.Close()
		report, err := io.ReadAll(resp.Body)
		if err != nil {
			s.Fatal(err)
		}
		sum := sha256.Sum256(report)
		for _, f := range s.profile(c).Files {
			if f.SHA256 != hex.EncodeToString(sum[:]) || f.Type != "application/pdf" || !strings.HasPrefix(f.Name, "Alex interview report") ||
				!strings.HasSuffix(f.Name, ".pdf") {
				s.Errorf("the file is %+v, and no report of %d bytes", f, len(report))
			}
		}
	}
}
