package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// api is section 3.B of the sheet: documented reads first, then what it proposes.
func (p *product) api() http.Handler {
	mux := http.NewServeMux()
	const root, one = "/v1/api", "/invites/{invite}"
	for _, e := range []struct {
		method, path string
		keyed        bool
		handle       kernel.Handler
	}{
		{"GET", "/candidates", false, p.getCandidates},
		{"GET", "/reports", false, p.getReports},
		{"GET", "/interviews", false, p.getInterviews},
		{"GET", "/positions", false, p.getPositions},
		{"PUT", "/positions/external/{external}", false, p.putPosition},
		{"POST", "/invites", true, p.postInvite},
		{"GET", "/invites", false, p.getInvites},
		{"POST", one + "/resend", false, p.about(func(i *invite, _ []byte) error { return p.resend(i) })},
		{"POST", one + "/cancel", false, p.about(func(i *invite, _ []byte) error { return p.cancel(i) })},
		{"POST", one + "/extend", false, p.about(p.postExtend)},
		{"DELETE", "/candidates/{candidate}", false, p.deleteCandidate},
	} {
		mux.Handle(e.method+" "+root+e.path, p.gate.Endpoint(e.keyed, e.handle))
	}
	mux.HandleFunc("GET /files/{file}", p.getFile)
	mux.HandleFunc("GET /files/{archive}/{file}", p.getFile)
	nothing := func(*http.Request, []byte) (int, any, error) { return 0, nil, kernel.NotFound("endpoint") }
	mux.Handle("/", p.gate.Endpoint(false, nothing))
	return mux
}

// filter is a query: each name that is given must match, and one at least must be.
type filter map[string]string

func filters(r *http.Request, names ...string) (filter, error) {
	f := filter{}
	for _, name := range names {
		if value := r.FormValue(name); value != "" {
			f[name] = value
		}
	}
	if len(f) == 0 {
		return nil, kernel.Malformed(names[0], "give at least one of "+strings.Join(names, ", "))
	}
	return f, nil
}

func (f filter) takes(name, value string) bool { return f[name] == "" || f[name] == value }

// getCandidates is as documented: positionId asks for those who were interviewed for it. No filter: all.
func (p *product) getCandidates(r *http.Request, _ []byte) (int, any, error) {
	f, _ := filters(r, "email", "candidateId", "positionId")
	list := []candidate{}
	for _, c := range p.candidates {
		interviewed := func(i *invite) bool {
			return i.CandidateID == c.CandidateID && i.PositionID == f["positionId"] && i.StartedAt != 0
		}
		if !c.erased && (f["email"] == "" || strings.EqualFold(f["email"], c.Email)) && f.takes("candidateId", c.CandidateID) &&
			(f["positionId"] == "" || find(p.invites, interviewed) != nil) {
			list = append(list, *c)
		}
	}
	return http.StatusOK, list, nil
}

// getReports is as documented: reportId overrides the other filters.
func (p *product) getReports(r *http.Request, _ []byte) (int, any, error) {
	f, err := filters(r, "reportId", "positionId", "candidateId")
	if err != nil {
		return 0, nil, err
	}
	if f["reportId"] != "" {
		f = filter{"reportId": f["reportId"]}
	}
	list := []report{}
	for _, q := range p.reports {
		if f.takes("reportId", q.ReportID) && f.takes("positionId", q.PositionID) && f.takes("candidateId", q.CandidateID) {
			list = append(list, p.read(q))
		}
	}
	return http.StatusOK, list, nil
}

// interview is one that has begun; its interviewId equals the reportId (documented).
type interview struct {
	InterviewID string `json:"interviewId"`
	CandidateID string `json:"candidateId"`
	PositionID  string `json:"positionId"`
}

func (p *product) getInterviews(r *http.Request, _ []byte) (int, any, error) {
	f, _ := filters(r, "interviewId", "positionId", "candidateId")
	list := []interview{}
	for _, i := range p.invites {
		if i.reportID != "" && i.Status != erased && f.takes("interviewId", i.reportID) && f.takes("positionId", i.PositionID) &&
			f.takes("candidateId", i.CandidateID) {
			list = append(list, interview{i.reportID, i.CandidateID, i.PositionID})
		}
	}
	return http.StatusOK, list, nil
}

// getPositions has no filters: ids and names (documented of the unified API).
func (p *product) getPositions(*http.Request, []byte) (int, any, error) {
	list := []map[string]string{}
	for _, at := range p.positions {
		list = append(list, map[string]string{"positionId": at.PositionID, "name": at.Title})
	}
	return http.StatusOK, list, nil
}

func (p *product) getInvites(r *http.Request, _ []byte) (int, any, error) {
	f, err := filters(r, "inviteId", "candidateId", "positionId")
	if err != nil {
		return 0, nil, err
	}
	list := []invite{}
	for _, i := range p.invites {
		if f.takes("inviteId", i.InviteID) && f.takes("candidateId", i.CandidateID) && f.takes("positionId", i.PositionID) {
			list = append(list, *i)
		}
	}
	return http.StatusOK, list, nil
}

// about is an endpoint that changes an invite, and answers with it.
func (p *product) about(change func(i *invite, body []byte) error) kernel.Handler {
	return func(r *http.Request, body []byte) (int, any, error) {
		at := slices.IndexFunc(p.invites, func(i *invite) bool { return i.InviteID == r.PathValue("invite") })
		switch {
		case at < 0:
			return 0, nil, kernel.NotFound("invite")
		case p.invites[at].Status == erased:
			return 0, nil, kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was erased", "")
		}
		return http.StatusOK, p.invites[at], change(p.invites[at], body)
	}
}

func (p *product) postExtend(i *invite, body []byte) error {
	var in struct {
		ExpiresAt int64 `json:"expiresAt"`
	}
	if err := kernel.Decode(body, &in); err != nil {
		return err
	}
	return p.extend(i, in.ExpiresAt)
}

// deleteCandidate erases a person; a repeat finds her gone and says the same.
func (p *product) deleteCandidate(r *http.Request, _ []byte) (int, any, error) {
	c := p.candidate(r.PathValue("candidate"))
	if c == nil {
		return 0, nil, kernel.NotFound("candidate")
	}
	if !c.erased {
		p.erase(c)
	}
	return http.StatusNoContent, nil, nil
}
