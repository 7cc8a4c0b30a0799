package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// greenhouse is what Alooba keeps of its Greenhouse integration: section 0.3 of the sheet, the Assessment Partner contract.
type greenhouse struct {
	key       string                  // empty: revoked
	hosts     map[string]bool         // that may be called back, host:port
	sends     map[string]*participant // by callback URL, which names one press of Send Test
	callbacks []*callback
	errors    []responseError
}

// responseError is what Greenhouse did not like about an answer.
type responseError struct {
	APICall        string   `json:"api_call"`
	Errors         []string `json:"errors"`
	TestID         string   `json:"partner_test_id,omitempty"`
	TestName       string   `json:"partner_test_name,omitempty"`
	InterviewID    string   `json:"partner_interview_id,omitempty"`
	CandidateEmail string   `json:"candidate_email,omitempty"`
}

func (p *product) greenhouseAPI(mux *http.ServeMux) {
	const root = "/v1/greenhouse"
	for pattern, e := range map[string]struct {
		admit  admission
		handle kernel.Handler
	}{
		"GET " + root + "/list_tests":      {p.hasKey, p.listTests},
		"POST " + root + "/send_test":      {p.hasKey, p.sendTest},
		"GET " + root + "/test_status":     {p.hasKey, p.testStatus},
		"POST " + root + "/response_error": {p.hasKey, p.responseError},
		"POST " + root + "/webhook":        {p.isSigned, p.heard},
	} {
		mux.Handle(pattern, p.partner(e.admit, e.handle))
	}
}

type listedTest struct {
	ID   string `json:"partner_test_id"`
	Name string `json:"partner_test_name"`
}

func (p *product) listTests(*http.Request, []byte) (int, any, error) {
	tests := []listedTest{}
	for _, a := range p.assessments {
		if a.Status == published {
			tests = append(tests, listedTest{a.ID, a.Name})
		}
	}
	return http.StatusOK, tests, nil
}

// send is the body of send_test.
type send struct {
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
	SentBy string `json:"sent_by"`
	URL    string `json:"url"`
}

// sendTest invites. The same callback is the same press of the button: it invites once. Another one is a recruiter who sends again: it
// joins whoever is taking the assessment, and otherwise counts as an explicit invite.
func (p *product) sendTest(r *http.Request, body []byte) (int, any, error) {
	var in send
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	if t := p.greenhouse.sends[in.URL]; t != nil && t.Status != anonymised {
		return http.StatusOK, map[string]string{"partner_interview_id": t.ID}, nil
	}
	if err := p.checkSend(in); err != nil {
		return 0, nil, err
	}
	wanted := in.invite()
	if t := p.newest[natural{wanted.External.ApplicationID, in.TestID}]; t != nil {
		wanted.Reinvite = t.standing() != inProgress
	}
	_, t, err := p.add(wanted, "http://"+r.Host)
	if err != nil {
		return 0, nil, err
	}
	p.greenhouse.sends[in.URL] = t
	t.callbacks = append(t.callbacks, in.URL)
	return http.StatusOK, map[string]string{"partner_interview_id": t.ID}, nil
}

func (p *product) checkSend(in send) error {
	to, err := url.Parse(in.URL)
	switch c := in.Candidate; {
	case in.TestID == "", c.FirstName == "", c.LastName == "", c.ProfileURL == "", in.URL == "":
		return kernel.Malformed("", "partner_test_id, url, and the candidate's first_name, last_name and greenhouse_profile_url are required")
	case err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http":
		return kernel.Malformed("url", "url is no http or https URL")
	}
	if a := p.assessment(in.TestID); a == nil || a.Status != published {
		return kernel.NotFound("test")
	}
	return nil
}

// invite is the send in Alooba's own words. Who the candidate is, and for which application, only her profile's address says.
func (in send) invite() invite {
	c := in.Candidate
	wanted := invite{
		AssessmentID: in.TestID,
		Candidate: person{
			FirstName: cmp.Or(c.PreferredName, c.FirstName), LastName: c.LastName, Email: c.Email, Phone: c.Phone, ResumeURL: c.ResumeURL,
		},
		External: external{CandidateID: c.ProfileURL, ApplicationID: c.ProfileURL},
	}
	profile, err := url.Parse(c.ProfileURL)
	if err != nil {
		return wanted
	}
	_, id, _ := strings.Cut(profile.Path, "/people/")
	if application := profile.Query().Get("application_id"); id != "" && application != "" {
		wanted.External = external{CandidateID: id, ApplicationID: application}
	}
	return wanted
}

// testStatus shows a score only when all is graded.
func (p *product) testStatus(r *http.Request, _ []byte) (int, any, error) {
	t := p.participants[r.FormValue("partner_interview_id")]
	if t == nil {
		return 0, nil, kernel.NotFound("test")
	}
	metadata := map[string]any{"Assessment": t.Assessment.Name, "Passing score": t.PassingScore}
	if !t.StartedAt.IsZero() {
		metadata["Started at"] = t.StartedAt.Format("2006-01-02 15:04 MST")
	}
	shown := map[string]any{"partner_status": t.Status, "metadata": metadata}
	switch {
	case t.Result.final():
		metadata["Passed"] = t.Result.Score >= t.PassingScore
		shown["partner_status"], shown["partner_score"], shown["partner_profile_url"] = "complete", t.Result.Score, t.ReportURL
	case t.Status == completed:
		shown["partner_status"] = "evaluating"
	}
	return http.StatusOK, shown, nil
}

func (p *product) responseError(_ *http.Request, body []byte) (int, any, error) {
	var in responseError
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	p.greenhouse.errors = append(p.greenhouse.errors, in)
	return http.StatusOK, map[string]int{"status": http.StatusOK}, nil
}

// statusOf is what Greenhouse's webhooks say of a candidate.
var statusOf = map[string]string{
	"hire_candidate": "hired", "unhire_candidate": "unhired", "reject_candidate": "rejected", "unreject_candidate": "unrejected",
}

// heard takes a webhook of Greenhouse's. Who was not invited through Greenhouse is nobody Alooba knows, and that is no error.
func (p *product) heard(_ *http.Request, body []byte) (int, any, error) {
	var in struct {
		Action  string `json:"action"`
		Payload struct {
			Candidate   json.Number `json:"candidate_id"`
			Application struct {
				ID json.Number `json:"id"`
			} `json:"application"`
		} `json:"payload"`
	}
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	switch status, known := statusOf[in.Action]; {
	case known:
		for _, t := range p.order {
			if t.External.ApplicationID == in.Payload.Application.ID.String() && t.Status != anonymised {
				t.HiringStatus = status
			}
		}
	case in.Action == "candidate_anonymized":
		if _, err := p.anonymise(in.Payload.Candidate.String()); err != nil {
			return http.StatusOK, struct{}{}, nil
		}
	}
	return http.StatusOK, struct{}{}, nil
}
