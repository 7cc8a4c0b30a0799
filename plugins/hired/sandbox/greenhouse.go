package sandbox

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// greenhouse is what Hired keeps for its partner Greenhouse: section 0.3 of the sheet, the Assessment Partner contract.
type greenhouse struct {
	key      string                 // that Greenhouse uses here, and is called back with; empty: revoked
	sends    map[string]*invitation // by callback URL: each names one press of Send Test
	calls    []*callback
	reported []map[string]any // by response_error
}

const mostBody = 1 << 20

// partner adds the contract's four calls.
func (p *product) partner(mux *http.ServeMux) {
	for pattern, handle := range map[string]kernel.Handler{
		"GET " + root + "/greenhouse/list_tests":      p.partnerTests,
		"POST " + root + "/greenhouse/send_test":      p.sendTest,
		"GET " + root + "/greenhouse/test_status":     p.testStatus,
		"POST " + root + "/greenhouse/response_error": p.responseError,
	} {
		mux.Handle(pattern, p.greenhouseOnly(handle))
	}
}

// greenhouseOnly lets Greenhouse in, whose contract knows neither idempotency keys nor a form of errors: a refusal is a status and a code.
func (p *product) greenhouseOnly(h kernel.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if quota := p.Limit.Take("greenhouse"); !quota.OK {
			w.Header().Set("Retry-After", strconv.Itoa(1+int(quota.Reset.Seconds())))
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		status, text := p.answer(h, r, body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		w.Write(text) // an error means that the caller has left
	})
}

// answer runs one call and words what it answers under the lock.
func (p *product) answer(h kernel.Handler, r *http.Request, body []byte) (status int, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var said any
	err := p.hasKey(r)
	if err == nil {
		status, said, err = h(r, body)
	}
	var no kernel.Refusal
	if errors.As(err, &no) {
		status, said = no.Status, map[string]string{"error": no.Code}
	}
	text, err = json.Marshal(said)
	if err != nil {
		panic(err) // plain data of ours
	}
	return status, text
}

// hasKey is Basic authentication: the key as the user's name, and no password.
func (p *product) hasKey(r *http.Request) error {
	key, password, _ := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(key), []byte(p.greenhouse.key)) == 1
	if !same || key == "" || password != "" {
		return kernel.Refuse(http.StatusUnauthorized, "unauthorized", "no such key", "")
	}
	return nil
}

func (p *product) partnerTests(*http.Request, []byte) (int, any, error) {
	type listed struct {
		ID   string `json:"partner_test_id"`
		Name string `json:"partner_test_name"`
	}
	return http.StatusOK, each(p.tests, func(t *test) listed { return listed{t.ID, t.Name} }), nil
}

// send is the body of send_test.
type send struct {
	TestID    string `json:"partner_test_id"`
	Candidate struct {
		FirstName     string `json:"first_name"`
		LastName      string `json:"last_name"`
		PreferredName string `json:"preferred_name"`
		Email         string `json:"email"`
		ProfileURL    string `json:"greenhouse_profile_url"`
	} `json:"candidate"`
	URL string `json:"url"`
}

// sendTest invites. One callback URL is one press of Send Test, which invites once; another is a recruiter who sends again: an explicit
// invite, unless the candidate is taking the test, which the new callback joins.
func (p *product) sendTest(r *http.Request, body []byte) (int, any, error) {
	var in send
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	i := p.greenhouse.sends[in.URL]
	if i == nil || i.erased {
		wanted, err := in.invite()
		if err != nil {
			return 0, nil, err
		}
		if p.testOf(in.TestID, "") == nil {
			return 0, nil, kernel.NotFound("test")
		}
		last := p.newest[natural{wanted.External.ApplicationID, in.TestID}]
		wanted.Reinvite = last == nil || last.Status != inProgress
		if _, i, err = p.invite(wanted, "http://"+r.Host); err != nil {
			return 0, nil, err
		}
		p.greenhouse.sends[in.URL] = i
		i.callbacks = append(i.callbacks, in.URL)
	}
	return http.StatusOK, map[string]string{"partner_interview_id": i.ID}, nil
}

// invite is the send in Hired's own words. Who the candidate is, and for which application, only her profile's address says; one that does
// not say it names her all the same.
func (in send) invite() (invite, error) {
	c := in.Candidate
	to, err := url.Parse(in.URL)
	switch {
	case in.TestID == "", c.FirstName == "", c.LastName == "", c.ProfileURL == "":
		return invite{}, kernel.Malformed("", "a required field is missing")
	case err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http":
		return invite{}, kernel.Malformed("url", "url is where news is to be told")
	}
	out := invite{
		TestID:    in.TestID,
		Candidate: person{FirstName: cmp.Or(c.PreferredName, c.FirstName), LastName: c.LastName, Email: c.Email},
		External:  external{CandidateID: c.ProfileURL, ApplicationID: c.ProfileURL},
	}
	if profile, err := url.Parse(c.ProfileURL); err == nil {
		_, id, _ := strings.Cut(profile.Path, "/people/")
		if application := profile.Query().Get("application_id"); id != "" && application != "" {
			out.External = external{CandidateID: id, OpportunityID: application, ApplicationID: application}
		}
	}
	return out, nil
}

func (p *product) testStatus(r *http.Request, _ []byte) (int, any, error) {
	i := p.invitations[r.FormValue("partner_interview_id")]
	if i == nil || i.erased {
		return 0, nil, kernel.NotFound("interview")
	}
	said := map[string]any{"partner_status": i.Status}
	if i.Status == completed {
		said["partner_status"], said["partner_profile_url"] = "complete", i.ReportURL
		said["partner_score"] = 100 * i.Result.Score / i.Result.MaxScore
		said["metadata"] = map[string]any{"Test": i.Test.Name, "Language": i.Result.Language, "Seconds": i.Result.Seconds}
	}
	return http.StatusOK, said, nil
}

func (p *product) responseError(_ *http.Request, body []byte) (int, any, error) {
	var in map[string]any
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	p.greenhouse.reported = append(p.greenhouse.reported, in)
	return http.StatusOK, map[string]int{"status": http.StatusOK}, nil
}
