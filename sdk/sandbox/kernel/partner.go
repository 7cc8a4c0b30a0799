package kernel

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// Partner is what a vendor is to Greenhouse by the Assessment Partner contract (section 0.3): four calls behind a gate with a key of its
// own, whose refusals, of which the contract says no form, are the API's; and calls back with that key.
type Partner struct {
	*Gate
	errors []ResponseError
}

// NewPartner makes the partner of a world. Its key is, until an act says otherwise, "greenhouse-" and the API key.
func NewPartner(w *sandbox.World, lock sync.Locker) *Partner {
	return &Partner{Gate: NewGate(w, lock, BasicUser, "greenhouse-"+w.APIKey), errors: []ResponseError{}}
}

// Routes adds the contract's calls to an API, below root: the first three are the vendor's.
func (p *Partner) Routes(mux *http.ServeMux, root string, listTests, sendTest, testStatus Handler) {
	for pattern, h := range map[string]Handler{
		"GET %s/list_tests":      listTests,
		"POST %s/send_test":      sendTest,
		"GET %s/test_status":     testStatus,
		"POST %s/response_error": p.responseError,
	} {
		mux.Handle(fmt.Sprintf(pattern, root), p.Endpoint(false, h))
	}
}

// longestKey is what Greenhouse takes, in bytes.
const longestKey = 170

// NewKey is the act of replacing the key; none given: by a random one.
func (p *Partner) NewKey(a struct{ Key string }) (any, error) {
	if len(a.Key) > longestKey {
		return nil, fmt.Errorf("a key for Greenhouse has at most %d characters", longestKey)
	}
	p.Key = cmp.Or(a.Key, p.world.Hex(20))
	return map[string]string{"key": p.Key}, nil
}

// PartnerTest is one entry of the answer to list_tests.
type PartnerTest struct {
	ID   string `json:"partner_test_id"`
	Name string `json:"partner_test_name"`
}

// Sending is the body of send_test.
type Sending struct {
	TestID    string `json:"partner_test_id"`
	Candidate struct {
		FirstName     string `json:"first_name"`
		LastName      string `json:"last_name"`
		PreferredName string `json:"preferred_name"`
		Email         string `json:"email"`
		Phone         string `json:"phone_number"`
		ResumeURL     string `json:"resume_url"`
		ProfileURL    string `json:"greenhouse_profile_url"`
	} `json:"candidate"`
	URL string `json:"url"` // to call back; it names one press of Send Test
}

// ReadSending reads and checks the body of send_test.
func ReadSending(body []byte) (Sending, error) {
	var in Sending
	if err := Decode(body, &in); err != nil {
		return in, err
	}
	to, err := url.Parse(in.URL)
	switch c := in.Candidate; {
	case in.TestID == "", c.FirstName == "", c.LastName == "", c.ProfileURL == "":
		return in, Malformed("", "partner_test_id and the candidate's first_name, last_name and greenhouse_profile_url are required")
	case err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http":
		return in, Malformed("url", "url is no http or https URL")
	}
	return in, nil
}

// External is the ATS's ids of the candidate and the application, which only the address of her profile says. One that does not say them
// names her all the same.
func (s Sending) External() (candidate, application string) {
	if profile, err := url.Parse(s.Candidate.ProfileURL); err == nil {
		_, candidate, _ = strings.Cut(profile.Path, "/people/")
		application = profile.Query().Get("application_id")
	}
	if candidate == "" || application == "" {
		return s.Candidate.ProfileURL, s.Candidate.ProfileURL
	}
	return candidate, application
}

// mostNudges is how often Greenhouse is called at most, over a good day; hopeless are answers after which it is not called again.
const mostNudges = 8

var hopeless = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}

// Nudge has Greenhouse come and ask for a test's status: a PATCH of nothing to the URL of a Sending.
func (p *Partner) Nudge(to string) {
	p.world.Outbox.Send(sandbox.Delivery{
		Event: "callback", Method: http.MethodPatch, URL: to,
		Request: func(int, time.Time) (http.Header, []byte) {
			p.lock.Lock()
			defer p.lock.Unlock()
			return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(p.Key+":"))}}, nil
		},
		Answered: func(try, status int) bool { return try < mostNudges && !slices.Contains(hopeless, status) },
	})
}

// ResponseError is what Greenhouse did not like about an answer.
type ResponseError struct {
	APICall        string   `json:"api_call"`
	Errors         []string `json:"errors"`
	TestID         string   `json:"partner_test_id,omitempty"`
	TestName       string   `json:"partner_test_name,omitempty"`
	InterviewID    string   `json:"partner_interview_id,omitempty"`
	CandidateEmail string   `json:"candidate_email,omitempty"`
}

func (p *Partner) responseError(_ *http.Request, body []byte) (int, any, error) {
	var in ResponseError
	if err := Decode(body, &in); err != nil {
		return 0, nil, err
	}
	p.errors = append(p.errors, in)
	return http.StatusOK, map[string]int{"status": http.StatusOK}, nil
}

// Errors is a copy of what Greenhouse did not like.
func (p *Partner) Errors() []ResponseError { return slices.Clone(p.errors) }

// Forget removes the errors about whoever has one of these addresses, in lower case.
func (p *Partner) Forget(addresses map[string]bool) {
	p.errors = slices.DeleteFunc(p.errors, func(e ResponseError) bool { return addresses[strings.ToLower(e.CandidateEmail)] })
}
