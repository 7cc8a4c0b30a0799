package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The rows of the host: for Lever × Alva, or where all pairings matter, for a house.

func onceThroughKills(s *scene) {
	st := newStorm(s.T, s.rig, houseFates(), 1, 2*len(houseFates()))
	st.kill(3, time.Second)
	st.passes(func() { time.Sleep(100 * time.Millisecond) })
}

func onceThroughFaults(s *scene) {
	st := newStorm(s.T, s.rig, houseFates(), 1, 2*len(houseFates()))
	st.trouble()
	st.apply(st.crowd)
	st.passes(func() { s.advance(s, 10*time.Minute) })
	st.struck()
}

func completedBeforeStarted(s *scene) {
	ann := s.invite(s.posting())
	s.settle()
	s.host.proc.kill()
	before := len(s.alva.deliveries(s))
	s.alva.act(s, "start", object{"application": ann.id})
	s.score(ann, 75)
	s.alva.advance(s, 0) // each has been tried once, in vain
	said := s.alva.deliveries(s)[before:]
	if len(said) < 3 {
		s.Fatalf("Alva says %d things only: %+v", len(said), said)
	}
	s.host.start(s)
	want := view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 75 of 100"),
		Links: list("alva"), Stage: "Interview",
	}
	for _, d := range slices.Backward(said) { // the last word first
		if status := post(s, d.URL, d.Header, d.Body); status != http.StatusOK {
			s.Fatalf("%s is answered %d", d.Event, status)
		}
		s.rig.settle(s)
		s.shows(ann, want)
	}
}

func onePersonTwice(s *scene) {
	p, q := s.posting("Alooba Assessment - SQL Essentials"), s.posting("Alex - On Application")
	ann := s.apply(p)
	s.settle()
	same := object{"email": ann.email, "name": "Ann Example"}
	other, again := s.apply(q, same), s.apply(p, same)
	s.settle()
	for _, c := range []candidate{ann, other, again} {
		s.move(c, "Phone Screen")
		s.settle()
	}
	mails := list("Alex invites you to an interview", "Invitation to your assessment", "Invitation to your test", "Invitation to your test")
	page := s.sight().seats[ann.id][0].urls
	traced := func(c candidate, want traces) {
		s.Helper()
		want.Mails, want.Stage, want.Links = mails, "Phone Screen", nil // links are the person's, mails the address's
		got := s.sight().of(c)
		got.Links = nil
		if diff := cmp.Diff(want, got); diff != "" {
			s.Errorf("candidate %s (-want +got):\n%s\n%s", c.id, diff, s.why(c))
		}
	}
	atP := traces{At: list("alooba invited", "hired sent"), Tags: list("Alooba - Invited", "Hired Assessments - Sent")}
	traced(ann, atP)
	traced(other, traces{At: list("apriora INVITE_SENT", "hired sent"), Tags: list("Alex - Invite Sent", "Hired Assessments - Sent")})
	traced(again, traces{}) // both were sent for this posting

	s.apriora.act(s, "complete", object{"application": other.id, "score": 80})
	s.settle()
	mails = append(mails, "Thank you for talking to Alex")
	traced(ann, atP)
	traced(other, traces{
		At: list("apriora INTERVIEW_COMPLETE", "hired sent"), Tags: list("Alex - Interview Complete", "Hired Assessments - Sent"),
		Notes: list("Alex's score: 80 of 100 (4)"), Files: list("Alex interview report.pdf"),
	})
	traced(again, traces{})
	if got := s.sight().lever[again.id].Links; len(got) != 1 || !slices.Contains(page, got[0]) {
		s.Errorf("Lever's links of the person are %v, not the one of Alooba's", got)
	}
}

func whyNot(s *scene) {
	p := s.posting()
	ann, bea, cyd := s.apply(p, object{"origin": "sourced"}), s.apply(s.posting("Alva: Skip Assessment")), s.apply(p, object{"confidential": true})
	for _, c := range []candidate{ann, bea, cyd} {
		s.move(c, "Assessment")
	}
	s.settle()
	for _, tt := range []struct {
		c     candidate
		guard string
		value string
	}{
		{ann, "blocked origin", "sourced"},
		{bea, "posting skips assessment", "Alva: Skip Assessment"},
		{cyd, "confidential candidate", "true"},
	} {
		stdout, stderr, code := s.host.command(s, "why", tt.c.id, "--state", s.host.state)
		if code != 0 {
			s.Errorf("why %s: exit %d: %s", tt.guard, code, stderr)
		}
		line := regexp.MustCompile(fmt.Sprintf(`alva-lever\.hcl:%d\b`, lineOf(s, filepath.Join(s.host.config, "alva-lever.hcl"), fmt.Sprintf("guard %q", tt.guard))))
		for _, says := range []bool{strings.Contains(stdout, tt.guard), line.MatchString(stdout), strings.Contains(stdout, tt.value)} {
			if !says {
				s.Errorf("why does not tell guard %q, its line %s and the value %q:\n%s", tt.guard, line, tt.value, stdout)
				break
			}
		}
		s.shows(tt.c, view{Stage: "Assessment"})
	}
}

// lineOf is the first line of a file that has a text.
func lineOf(t testing.TB, file, has string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, has) {
			return i + 1
		}
	}
	t.Fatalf("%s has no line with %s", file, has)
	return 0
}

func badRequests(s *scene) {
	p := s.posting()
	ann, bea := s.invite(p), s.apply(p)
	s.settle()
	sent := view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"}
	s.shows(ann, sent)
	moved, invited := s.lever.last(s, "candidateStageChange"), s.alva.last(s, "invitation.sent")
	forgedAlva := invited.Header.Clone()
	forgedAlva.Set("webhook-signature", "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	signature := regexp.MustCompile(`"signature":\s*"[0-9a-f]+"`)
	if !signature.MatchString(moved.Body) {
		s.Fatalf("a webhook of Lever without signature: %s", moved.Body)
	}

	for _, tt := range []struct {
		what   string
		url    string
		header http.Header
		body   string
		status []int
	}{
		{"a replay", moved.URL, moved.Header, moved.Body, list200},
		{"a replay of Alva's", invited.URL, invited.Header, invited.Body, list200},
		{"another person's id under a good signature", moved.URL, moved.Header, strings.ReplaceAll(moved.Body, ann.id, bea.id), list200},
		{"an unknown opportunity", moved.URL, moved.Header, strings.ReplaceAll(moved.Body, ann.id, "nobody"), list200},
		{"a wrong signature", moved.URL, moved.Header, signature.ReplaceAllString(moved.Body, `"signature":"`+strings.Repeat("0", 64)+`"`), list401},
		{"no signature", moved.URL, moved.Header, signature.ReplaceAllString(moved.Body, `"other":""`), list401},
		{"a wrong signature of Alva's", invited.URL, forgedAlva, invited.Body, list401},
		{"a wrong secret in the path", strings.TrimSuffix(moved.URL, "/") + "x/", moved.Header, moved.Body, []int{404}},
		{"more than 1 MiB", moved.URL, moved.Header, `{"pad":"` + strings.Repeat("x", 1<<20) + `"}`, []int{413}},
		{"deep nesting", moved.URL, moved.Header, strings.Repeat(`{"a":[`, 5000), []int{400}},
		{"no JSON", moved.URL, moved.Header, "signed, Lever", []int{400, 401}},
		{"wrong types", moved.URL, moved.Header, `{"event":7,"triggeredAt":"soon","token":[],"data":null}`, []int{400, 401}},
	} {
		if got := post(s, tt.url, tt.header, tt.body); !slices.Contains(tt.status, got) {
			s.Errorf("%s is answered %d, not %d", tt.what, got, tt.status)
		}
	}
	s.settle()
	s.shows(ann, sent)
	s.shows(bea, view{Stage: newApplicant})
	s.move(bea, "Assessment") // the door still stands
	s.settle()
	s.shows(bea, sent)
}

var list200, list401 = []int{http.StatusOK}, []int{http.StatusUnauthorized}
