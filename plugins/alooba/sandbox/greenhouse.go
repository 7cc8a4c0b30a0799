package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// greenhouse is what Alooba keeps of its Greenhouse integration: section 0.3 of the sheet, the Assessment Partner contract.
type greenhouse struct {
	*kernel.Partner
	hosts   map[string]bool         // that may be called back, host:port
	sends   map[string]*participant // by callback URL, which names one press of Send Test
	refused []string                // callbacks elsewhere
}

func (p *product) greenhouseAPI(mux *http.ServeMux) {
	const root = "/v1/greenhouse"
	p.greenhouse.Routes(mux, root, p.listTests, p.sendTest, p.testStatus)
	mux.Handle("POST "+root+"/webhook", p.greenhouse.Open(p.heard))
}

func (p *product) listTests(*http.Request, []byte) (int, any, error) {
	tests := []kernel.PartnerTest{}
	for _, a := range p.assessments {
		if a.Status == published {
			tests = append(tests, kernel.PartnerTest{ID: a.ID, Name: a.Name})
		}
	}
	return http.StatusOK, tests, nil
}

// sendTest invites. The same callback is the same press of the button: it invites once. Another one is a recruiter who sends again: it
// joins whoever is taking the assessment, and otherwise counts as an explicit invite.
func (p *product) sendTest(r *http.Request, body []byte) (int, any, error) {
	in, err := kernel.ReadSending(body)
	if err != nil {
		return 0, nil, err
	}
	t := p.greenhouse.sends[in.URL]
	if t == nil || t.Status == anonymised {
		if a := p.assessment(in.TestID); a == nil || a.Status != published {
			return 0, nil, kernel.NotFound("test")
		}
		wanted := inviteFor(in)
		last := p.newest[natural{wanted.External.ApplicationID, in.TestID}]
		wanted.Reinvite = last != nil && last.standing() != inProgress
		if _, t, err = p.add(wanted, "http://"+r.Host); err != nil {
			return 0, nil, err
		}
		p.greenhouse.sends[in.URL] = t
		t.callbacks = append(t.callbacks, in.URL)
	}
	return http.StatusOK, map[string]string{"partner_interview_id": t.ID}, nil
}

// inviteFor is what Greenhouse sends in Alooba's own words.
func inviteFor(in kernel.Sending) invite {
	c := in.Candidate
	candidate, application := in.External()
	return invite{
		AssessmentID: in.TestID,
		Candidate: person{
			FirstName: cmp.Or(c.PreferredName, c.FirstName), LastName: c.LastName, Email: c.Email, Phone: c.Phone, ResumeURL: c.ResumeURL,
		},
		External: external{CandidateID: candidate, ApplicationID: application},
	}
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

// nudge has Greenhouse come and ask, at each URL that a recruiter's press of Send Test left. The URL came from outside, and the call
// carries the key: where it leads to is checked first.
func (p *product) nudge(t *participant) {
	for _, to := range t.callbacks {
		if u, err := url.Parse(to); err == nil && p.greenhouse.hosts[u.Host] {
			p.greenhouse.Nudge(to)
		} else {
			p.greenhouse.refused = append(p.greenhouse.refused, to)
		}
	}
}

// statusOf is what Greenhouse's webhooks say of a candidate.
var statusOf = map[string]string{
	"hire_candidate": "hired", "unhire_candidate": "unhired", "reject_candidate": "rejected", "unreject_candidate": "unrejected",
}

// heard takes a webhook of Greenhouse's. Who was not invited through Greenhouse is nobody Alooba knows, and that is no error.
func (p *product) heard(r *http.Request, body []byte) (int, any, error) {
	if err := p.checkSignature(r, body); err != nil {
		return 0, nil, err
	}
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

// checkSignature refuses a webhook unless it is signed with the key, and sent by this organisation.
func (p *product) checkSignature(r *http.Request, body []byte) error {
	mac := hmac.New(sha256.New, []byte(p.greenhouse.Key))
	mac.Write(body)
	want := "sha256 " + hex.EncodeToString(mac.Sum(nil))
	if p.greenhouse.Key == "" || !hmac.Equal([]byte(r.Header.Get("Signature")), []byte(want)) {
		return kernel.Refuse(http.StatusUnauthorized, "unauthorized", "not signed with the key", "")
	}
	if r.Header.Get("X-Organisation") != p.account.Organisation {
		return organisationMismatch()
	}
	return nil
}
