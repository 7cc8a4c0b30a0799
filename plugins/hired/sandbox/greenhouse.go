package sandbox

import (
	"cmp"
	"net/http"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// greenhouse is what Hired keeps for its partner Greenhouse: section 0.3 of the sheet, the Assessment Partner contract.
type greenhouse struct {
	*kernel.Partner
	sends map[string]*invitation // by callback URL: each names one press of Send Test
}

func (p *product) partnerTests(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, kit.Each(p.tests, func(t *test) kernel.PartnerTest { return kernel.PartnerTest{ID: t.ID, Name: t.Name} }), nil
}

// sendTest invites. One callback URL is one press of Send Test, which invites once; another is a recruiter who sends again: an explicit
// invite, unless the candidate is taking the test, which the new callback joins.
func (p *product) sendTest(r *http.Request, body []byte) (int, any, error) {
	in, err := kernel.ReadSending(body)
	if err != nil {
		return 0, nil, err
	}
	i := p.greenhouse.sends[in.URL]
	if i == nil || i.erased {
		if p.testOf(in.TestID, "") == nil {
			return 0, nil, kernel.NotFound("test")
		}
		wanted := inviteFor(in)
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

// inviteFor is what Greenhouse sends in Hired's own words.
func inviteFor(in kernel.Sending) invite {
	c := in.Candidate
	candidate, application := in.External()
	return invite{
		TestID:    in.TestID,
		Candidate: person{FirstName: cmp.Or(c.PreferredName, c.FirstName), LastName: c.LastName, Email: c.Email},
		External:  external{CandidateID: candidate, OpportunityID: application, ApplicationID: application},
	}
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
