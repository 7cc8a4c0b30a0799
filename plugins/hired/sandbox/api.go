package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

const root = "/api/v1"

// api is section 4.B of the sheet, and two addresses for people: where mail and reports lead.
func (p *product) api() http.Handler {
	mux := http.NewServeMux()
	const one = "/invitations/{invitation}"
	for _, e := range []struct {
		method, path string
		keyed        bool
		handle       kernel.Handler
	}{
		{"GET", "/tests", false, p.listTests},
		{"POST", "/invitations", true, p.postInvitation},
		{"GET", one, false, p.getInvitation},
		{"DELETE", one, false, p.deleteInvitation},
		{"GET", one + "/result", false, p.getResult},
		{"POST", one + "/resend", false, p.about(p.resend)},
		{"POST", one + "/cancel", false, p.about(func(i *invitation, _ []byte) error { return p.cancel(i, "by_employer") })},
		{"POST", one + "/extend", false, p.about(p.postExtend)},
		{"POST", one + "/retake", false, p.postRetake},
		{"DELETE", "/candidates/{candidate}", false, p.deleteCandidate},
		{"GET", "/webhooks", false, p.hooks.List},
		{"POST", "/webhooks", false, p.hooks.Post},
		{"DELETE", "/webhooks/{hook}", false, p.hooks.Delete},
		{"POST", "/webhooks/{hook}/signature-token", false, p.hooks.Rotate},
	} {
		mux.Handle(e.method+" "+root+e.path, p.gate.Endpoint(e.keyed, e.handle))
	}
	p.greenhouse.Routes(mux, root+"/greenhouse", p.partnerTests, p.sendTest, p.testStatus)
	mux.HandleFunc("GET /reports/{invitation}", p.showReport)
	mux.Handle("GET /tests/{invitation}", http.RedirectHandler("/", http.StatusSeeOther)) // where a person plays the candidate
	nothing := func(*http.Request, []byte) (int, any, error) { return 0, nil, kernel.NotFound("endpoint") }
	mux.Handle("/", p.gate.Endpoint(false, nothing))
	return mux
}

func (p *product) listTests(r *http.Request, _ []byte) (int, any, error) {
	return kernel.Page(r, p.tests, func(t *test) string { return t.ID })
}

func (p *product) postInvitation(r *http.Request, body []byte) (int, any, error) {
	var in invite
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	return p.invite(in, "http://"+r.Host)
}

// find is the invitation of the path.
func (p *product) find(r *http.Request) (*invitation, error) {
	i := p.invitations[r.PathValue("invitation")]
	switch {
	case i == nil:
		return nil, kernel.NotFound("invitation")
	case i.erased:
		return nil, errErased
	}
	return i, nil
}

func (p *product) getInvitation(r *http.Request, _ []byte) (int, any, error) {
	i, err := p.find(r)
	return http.StatusOK, i, err
}

func (p *product) getResult(r *http.Request, _ []byte) (int, any, error) {
	i, err := p.find(r)
	if err == nil && i.Result == nil {
		err = kernel.NotFound("result yet")
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		*result
		ReportURL   string `json:"report_url"`
		PlaybackURL string `json:"playback_url"`
	}{i.Result, i.ReportURL, i.ReportURL + "/playback"}, nil
}

// about is an endpoint that changes an invitation, and answers with it.
func (p *product) about(change func(i *invitation, body []byte) error) kernel.Handler {
	return func(r *http.Request, body []byte) (int, any, error) {
		i, err := p.find(r)
		if err == nil {
			err = change(i, body)
		}
		return http.StatusOK, i, err
	}
}

// resend repeats the mail, not the test.
func (p *product) resend(i *invitation, _ []byte) error {
	if !i.open() {
		return illegal(i, "mailing again")
	}
	p.mail(i, again)
	return nil
}

func (p *product) postExtend(i *invitation, body []byte) error {
	var in struct {
		ExpiresAt time.Time `json:"expires_at"`
	}
	if err := kernel.Decode(body, &in); err != nil {
		return err
	}
	if now := p.Clock.Now(); !in.ExpiresAt.After(now) || in.ExpiresAt.After(now.AddDate(0, 0, mostDays)) {
		return kernel.Malformed("expires_at", fmt.Sprintf("expires_at lies at most %d days ahead", mostDays))
	}
	return p.extend(i, in.ExpiresAt)
}

// postRetake invites the same person to the same test again, as an explicit invite does.
func (p *product) postRetake(r *http.Request, _ []byte) (int, any, error) {
	i, err := p.find(r)
	if err != nil {
		return 0, nil, err
	}
	if i.Status != completed {
		return 0, nil, illegal(i, "a retake")
	}
	return p.invite(invite{TestID: i.of.ID, Candidate: i.person, External: i.external, Reinvite: true}, i.base)
}

// deleteInvitation forgets one invitation; a repeat finds it gone and says the same.
func (p *product) deleteInvitation(r *http.Request, _ []byte) (int, any, error) {
	i := p.invitations[r.PathValue("invitation")]
	if i == nil {
		return 0, nil, kernel.NotFound("invitation")
	}
	p.forget(i)
	return http.StatusNoContent, nil, nil
}

func (p *product) deleteCandidate(r *http.Request, _ []byte) (int, any, error) {
	p.erase(r.PathValue("candidate"))
	return http.StatusNoContent, nil, nil
}

// showReport is what an employer sees behind a report's link.
func (p *product) showReport(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.find(r)
	if err != nil || i.Result == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "%s\n\n%v of %v points in %s, %v\n", i.Test.Name, i.Result.Score, i.Result.MaxScore, i.Result.Language,
		time.Duration(i.Result.Seconds)*time.Second)
	for _, s := range i.Result.Sections {
		fmt.Fprintf(w, "%s: %v of %v\n", s.Name, s.Score, s.MaxScore)
	}
}
