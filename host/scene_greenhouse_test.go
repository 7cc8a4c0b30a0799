package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The words for Greenhouse, which calls the host for tests, and shows what came of them in its interview kits.

// connectSays is what an operator reads of Greenhouse's connection.
func (s *scene) connectSays() string {
	s.Helper()
	stdout, stderr, code := s.host.command(s, "connect", "greenhouse", "--state", s.host.state)
	if code != 0 {
		s.Errorf("connect: exit %d %s", code, stderr)
	}
	return stdout
}

// says fails unless a text has each of these.
func (s *scene) says(text string, each ...string) {
	s.Helper()
	for _, want := range each {
		if !strings.Contains(text, want) {
			s.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// hides fails if a text has one of these.
func (s *scene) hides(text string, each ...string) {
	s.Helper()
	for _, secret := range each {
		if strings.Contains(text, secret) {
			s.Errorf("it says %q:\n%s", secret, text)
		}
	}
}

// applicant is one application at Greenhouse.
type applicant struct{ id, person, email string }

// job opens a job whose Assessment stage has a test of Alooba's.
func (s *scene) job(test string) (name string) {
	s.Helper()
	s.made++
	name = s.row + " job " + string(rune('a'+s.made))
	s.greenhouse.act(s, "job", object{"name": name})
	s.greenhouse.act(s, "stage-test", object{"job": name, "stage": "Assessment", "test": test})
	return name
}

// arrive has somebody apply, and a recruiter put her into the Assessment stage.
func (s *scene) arrive(job string) applicant {
	s.Helper()
	email := s.address()
	got := s.greenhouse.act(s, "apply", object{
		"job": job, "first_name": "Greta", "last_name": "Greenfield", "email": email, "phone": "+49 30 5550100",
	})
	s.greenhouse.act(s, "move", object{"application": got["application"], "stage": "Assessment"})
	return applicant{id: got["application"], person: got["candidate"], email: email}
}

// send presses Send Test for one or, in bulk, for many.
func (s *scene) send(all ...applicant) {
	s.Helper()
	args := object{}
	if len(all) == 1 {
		args["application"] = all[0].id
	} else {
		var ids []string
		for _, a := range all {
			ids = append(ids, a.id)
		}
		args["applications"] = ids
	}
	s.greenhouse.act(s, "send-test", args)
	s.settle()
}

// told waits until Greenhouse, which is nudged and comes a moment later, has asked how the tests stand.
func (s *scene) told() {
	s.Helper()
	s.settle()
	s.greenhouse.advance(s, 10*time.Second)
	s.settle()
}

// marks has somebody finish her assessment at Alooba, with everything marked.
func (s *scene) marks(a applicant, score float64) {
	s.Helper()
	s.alooba.act(s, "score", object{"application": a.id, "score": score})
	s.told()
}

// kit is what the recruiter sees of an applicant's test in her interview kit.
type kit struct {
	Status string
	Score  *float64
	Report string
}

// atGreenhouse is what Greenhouse has of an applicant.
type atGreenhouse struct {
	Status string
	Fields object
	Kit    kit
	Sends  []struct {
		ID, Callback string
		Test         string
		Ours         string   `json:"partner_interview_id"`
		Status       string   `json:"partner_status"`
		Problems     []string // that Greenhouse had with our answers
	}
}

func (s *scene) atGreenhouse(a applicant) (got atGreenhouse) {
	s.Helper()
	s.greenhouse.control(s, http.MethodGet, "state/applications/"+a.id, nil, &got)
	return got
}

// participant is what Alooba has of an applicant.
type participant struct {
	ID       string
	Status   string
	Hiring   string `json:"hiring_status"`
	External struct {
		Application string `json:"application_id"`
		Candidate   string `json:"candidate_id"`
	}
	Candidate struct {
		First  string `json:"first_name"`
		Last   string `json:"last_name"`
		Email  string
		Phone  string
		Resume string `json:"resume_url"`
	}
	Collected string
	Report    string `json:"report_url"`
	Result    *struct{ Score float64 }
	Mails     int
}

// participants are all that Alooba has of an applicant.
func (s *scene) participants(a applicant) []participant {
	s.Helper()
	var all []participant
	s.alooba.control(s, http.MethodGet, "state/participants", nil, &all)
	return slices.DeleteFunc(all, func(p participant) bool { return p.External.Application != a.id })
}

// participant is the one that Alooba has of an applicant.
func (s *scene) participant(a applicant) participant {
	s.Helper()
	all := s.participants(a)
	if len(all) != 1 {
		s.Fatalf("Alooba has applicant %s %d times\n%s", a.email, len(all), s.whyOf(a))
	}
	return all[0]
}

// invited fails unless Alooba has invited an applicant just once, and the kit waits for her.
func (s *scene) invitedOnce(all ...applicant) {
	s.Helper()
	for _, a := range all {
		if n := len(s.alooba.mail(s, a.email)); n != 1 || len(s.participants(a)) != 1 {
			s.Errorf("applicant %s has %d mails of Alooba's\n%s", a.email, n, s.whyOf(a))
		}
		s.sees(a, kit{Status: "Waiting"})
	}
}

// notInvited fails if Alooba has ever heard of an applicant.
func (s *scene) notInvited(all ...applicant) {
	s.Helper()
	for _, a := range all {
		if n := len(s.alooba.mail(s, a.email)); n != 0 || len(s.participants(a)) != 0 {
			s.Errorf("applicant %s has %d mails of Alooba's\n%s", a.email, n, s.whyOf(a))
		}
	}
}

// sees compares the interview kit of an applicant.
func (s *scene) sees(a applicant, want kit) {
	s.Helper()
	if diff := cmp.Diff(want, s.atGreenhouse(a).Kit); diff != "" {
		s.Errorf("the kit of %s (-want +got):\n%s\n%s", a.email, diff, s.whyOf(a))
	}
}

func (s *scene) whyOf(a applicant) string { s.Helper(); return s.why(candidate{id: a.id}) }

// offers compares the names of the tests that a stage can have.
func (s *scene) offers(want ...string) {
	s.Helper()
	var names []string
	var tests []struct {
		Name string `json:"partner_test_name"`
	}
	s.greenhouse.control(s, http.MethodPost, "acts/tests", object{}, &tests)
	for _, t := range tests {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(want, names); diff != "" {
		s.Errorf("tests to choose from (-want +got):\n%s", diff)
	}
}

// resent has a send come to the host once more, as from Greenhouse, and is the id that it is answered with.
func (s *scene) resent(a applicant, callback string) (id string) {
	s.Helper()
	status, body := s.partnerCall(http.MethodPost, "send_test", sending(a, s.testOf(a), callback), partnerKey)
	var got struct {
		ID string `json:"partner_interview_id"`
	}
	if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK {
		s.Fatalf("send_test: %d %s", status, body)
	}
	return got.ID
}

// sending is what Greenhouse says when it sends a test.
func sending(a applicant, test, callback string) object {
	return object{"partner_test_id": test, "url": callback, "candidate": object{
		"first_name": "Greta", "last_name": "Greenfield", "email": a.email,
		"greenhouse_profile_url": "https://app.greenhouse.io/people/" + a.person + "?application_id=" + a.id,
	}}
}

// testOf is the test that an applicant was sent last.
func (s *scene) testOf(a applicant) string {
	s.Helper()
	sends := s.atGreenhouse(a).Sends
	return sends[len(sends)-1].Test
}

// partnerCall calls the host as Greenhouse would, by these keys: each in a header of its own.
func (s *scene) partnerCall(method, call string, args object, keys ...string) (status int, body []byte) {
	s.Helper()
	var text []byte
	if args != nil {
		var err error
		if text, err = json.Marshal(args); err != nil {
			s.Fatal(err)
		}
	}
	at := strings.TrimRight(s.host.hookURL(s, "ats.greenhouse"), "/") + "/partner/" + call
	req, err := http.NewRequestWithContext(s.Context(), method, at, bytes.NewReader(text))
	if err != nil {
		s.Fatal(err)
	}
	for _, key := range keys {
		req.Header.Add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(key+":")))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, body
}

// greenhouseSigns is the header over a body.
func greenhouseSigns(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256 " + hex.EncodeToString(mac.Sum(nil))
}

// cases is what the host lists, for machines.
func (h *host) cases(t testing.TB) string {
	t.Helper()
	stdout, stderr, code := h.command(t, "cases", "--json", "--state", h.state)
	if code != 0 {
		t.Fatalf("cases: exit %d %s", code, stderr)
	}
	return stdout
}
