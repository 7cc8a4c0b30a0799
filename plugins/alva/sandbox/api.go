package sandbox

import (
	"net/http"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// api is section 2.B of the sheet.
func (p *product) api() http.Handler {
	mux := http.NewServeMux()
	const root, one = "/api/v1", "/job-positions/{position}/candidates/{candidate}"
	for _, e := range []struct {
		method, path string
		keyed        bool
		handle       kernel.Handler
	}{
		{"GET", "/test-profiles", false, p.listProfiles},
		{"PUT", "/job-positions/external/{posting}", false, p.putPosition},
		{"POST", "/job-positions/{position}/candidates", true, p.postCandidate},
		{"GET", one, false, p.getCandidate},
		{"PATCH", one, false, p.about(p.patchCandidate)},
		{"DELETE", one, false, p.deleteCandidate},
		{"DELETE", "/candidates/external/{person}", false, p.deletePerson},
		{"POST", one + "/invitation/resend", false, p.about(p.mailing(again))},
		{"POST", one + "/invitation/reminder", false, p.about(p.mailing(reminder))},
		{"POST", one + "/tests/reset", false, p.about(p.postReset)},
		{"GET", "/webhooks", false, p.hooks.List},
		{"POST", "/webhooks", false, p.hooks.Post},
		{"DELETE", "/webhooks/{hook}", false, p.hooks.Delete},
		{"POST", "/webhooks/{hook}/signature-token", false, p.hooks.Rotate},
	} {
		mux.Handle(e.method+" "+root+e.path, p.gate.Endpoint(e.keyed, e.handle))
	}
	p.greenhouse.Routes(mux, root+"/greenhouse", p.partnerTests, p.sendTest, p.testStatus)
	mux.Handle("/", p.gate.Endpoint(false, func(*http.Request, []byte) (int, any, error) { return 0, nil, kernel.NotFound("endpoint") }))
	return mux
}

func (p *product) listProfiles(r *http.Request, _ []byte) (int, any, error) {
	return kernel.Page(r, p.profiles, func(t *profile) string { return t.ID })
}

type positionPut struct {
	Name               string   `json:"name"`
	Team               string   `json:"team"`
	HiringManagerEmail string   `json:"hiring_manager_email"`
	TestProfileID      string   `json:"test_profile_id"`
	Tests              []string `json:"tests"`
}

func (p *product) putPosition(r *http.Request, body []byte) (int, any, error) {
	var in positionPut
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	known := p.byPosting[r.PathValue("posting")] != nil
	pos, err := p.keepPosting(r.PathValue("posting"), in)
	switch {
	case err != nil:
		return 0, nil, err
	case known:
		return http.StatusOK, pos, nil
	}
	return http.StatusCreated, pos, nil
}

func (p *product) postCandidate(r *http.Request, body []byte) (int, any, error) {
	pos := p.positions[r.PathValue("position")]
	if pos == nil {
		return 0, nil, kernel.NotFound("job position")
	}
	var in invite
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	status, c, err := p.add(pos, in, "http://"+r.Host)
	if err != nil {
		return 0, nil, err
	}
	return status, c, nil
}

// find is the candidate of the path, in her position.
func (p *product) find(r *http.Request) (*candidate, error) {
	c := p.candidates[r.PathValue("candidate")]
	switch {
	case c == nil || c.PositionID != r.PathValue("position"):
		return nil, kernel.NotFound("candidate")
	case p.human(c).erased:
		return nil, kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was removed from Alva", "")
	}
	return c, nil
}

func (p *product) getCandidate(r *http.Request, _ []byte) (int, any, error) {
	c, err := p.find(r)
	return http.StatusOK, c, err
}

// about is an endpoint that changes a candidate who is still in her position, and answers with her.
func (p *product) about(change func(c *candidate, body []byte) error) kernel.Handler {
	return func(r *http.Request, body []byte) (int, any, error) {
		c, err := p.find(r)
		if err == nil && c.Invitation.Status == removed {
			err = kernel.NotFound("candidate")
		}
		if err == nil {
			err = change(c, body)
		}
		return http.StatusOK, c, err
	}
}

var stages = []string{"in_process", "shortlisted", "hired", "rejected", "withdrawn"}

func (p *product) patchCandidate(c *candidate, body []byte) error {
	var in struct {
		Stage string `json:"stage"`
	}
	if err := kernel.Decode(body, &in); err != nil {
		return err
	}
	if !slices.Contains(stages, in.Stage) {
		return kernel.Malformed("stage", "no such stage")
	}
	c.Stage = in.Stage
	return nil
}

// deleteCandidate takes one candidacy away; a repeat finds it gone and says the same.
func (p *product) deleteCandidate(r *http.Request, _ []byte) (int, any, error) {
	c, err := p.find(r)
	if err != nil && c == nil && p.candidates[r.PathValue("candidate")] == nil {
		return 0, nil, err
	}
	if c != nil {
		p.remove(c)
	}
	return http.StatusNoContent, nil, nil
}

func (p *product) deletePerson(r *http.Request, _ []byte) (int, any, error) {
	p.erase(r.PathValue("person"))
	return http.StatusNoContent, nil, nil
}

// mailing repeats the mail, not the tests.
func (p *product) mailing(subject string) func(*candidate, []byte) error {
	return func(c *candidate, _ []byte) error {
		if s := c.Invitation.Status; s != sent && s != started {
			return illegal(c, "mailing again")
		}
		p.mail(c, subject)
		return nil
	}
}

func (p *product) postReset(c *candidate, body []byte) error {
	var in struct {
		Tests []string `json:"tests"`
	}
	if err := kernel.Decode(body, &in); err != nil {
		return err
	}
	if len(in.Tests) == 0 {
		return kernel.Malformed("tests", "name the tests to reset")
	}
	if err := checkTests(in.Tests); err != nil {
		return err
	}
	return p.reset(c, in.Tests)
}
