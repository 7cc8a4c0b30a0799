package sandbox

import (
	"cmp"
	"net/http"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// greenhouse is what Alva keeps for its partner Greenhouse: section 0.3 of the sheet, the Assessment Partner contract. A test is a test
// profile; Greenhouse names no job, so each profile that it sends has one position.
type greenhouse struct {
	*kernel.Partner
	sends map[string]*candidate // by callback URL: each names one press of Send Test
}

func (p *product) partnerTests(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, kit.Each(p.profiles, func(t *profile) kernel.PartnerTest { return kernel.PartnerTest{ID: t.ID, Name: t.Name} }), nil
}

// sendTest invites. One callback URL is one press of Send Test, which invites once; another is a recruiter who sends again: an explicit
// invite, unless the candidate is taking the tests, which the new callback joins.
func (p *product) sendTest(r *http.Request, body []byte) (int, any, error) {
	in, err := kernel.ReadSending(body)
	if err != nil {
		return 0, nil, err
	}
	c := p.greenhouse.sends[in.URL]
	if c == nil || p.human(c).erased {
		t := p.profile(in.TestID)
		if t == nil {
			return 0, nil, kernel.NotFound("test")
		}
		pos, err := p.keepPosting("greenhouse "+t.ID, positionPut{Name: t.Name, TestProfileID: t.ID})
		if err != nil {
			return 0, nil, err
		}
		wanted := inviteFor(in)
		last := p.byApplication[natural{pos.ID, wanted.External.ApplicationID}]
		wanted.Reinvite = last == nil || last.Invitation.Status != started
		if _, c, err = p.add(pos, wanted, "http://"+r.Host); err != nil {
			return 0, nil, err
		}
		p.greenhouse.sends[in.URL] = c
		c.callbacks = append(c.callbacks, in.URL)
	}
	return http.StatusOK, map[string]string{"partner_interview_id": c.ID}, nil
}

// inviteFor is what Greenhouse sends in Alva's own words.
func inviteFor(in kernel.Sending) invite {
	who := in.Candidate
	human, application := in.External()
	return invite{
		Candidate:      person{FirstName: cmp.Or(who.PreferredName, who.FirstName), LastName: who.LastName, Email: who.Email},
		External:       external{CandidateID: human, OpportunityID: application, ApplicationID: application},
		SendInvitation: true,
	}
}

func (p *product) testStatus(r *http.Request, _ []byte) (int, any, error) {
	c := p.candidates[r.FormValue("partner_interview_id")]
	if c == nil || p.human(c).erased {
		return 0, nil, kernel.NotFound("interview")
	}
	said := map[string]any{"partner_status": c.Invitation.Status}
	if c.Invitation.Status == completed && c.RoleFit != nil {
		said["partner_status"], said["partner_profile_url"], said["partner_score"] = "complete", c.URL, c.RoleFit.Score
		said["metadata"] = map[string]any{"Role fit": c.RoleFit.Label}
	}
	return http.StatusOK, said, nil
}

// greenhouseState is the partner as an employer sees it in Alva's settings.
type greenhouseState struct {
	Key    string                 `json:"key"`
	Errors []kernel.ResponseError `json:"errors"`
}
