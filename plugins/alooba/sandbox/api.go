package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

const idempotencyHeader = "Idempotency-Key"

// api is section 1.B of the sheet: the native API, what Greenhouse calls, and a report for a person to look at.
func (p *product) api() http.Handler {
	mux := http.NewServeMux()
	const root, one = "/v1", "/participants/{participant}"
	for _, e := range []struct {
		method, path string
		keyed        bool
		handle       kernel.Handler
	}{
		{"GET", "/assessments", false, p.listAssessments},
		{"GET", "/assessments/{assessment}", false, p.getAssessment},
		{"POST", "/participants", true, p.postParticipant},
		{"GET", "/participants", false, p.listParticipants},
		{"GET", one, false, p.getParticipant},
		{"POST", one + "/extend", false, about(p, p.postExtend)},
		{"POST", one + "/resend", false, about(p, func(t *participant, _ struct{}) error { return p.resend(t) })},
		{"POST", one + "/cancel", false, about(p, func(t *participant, a struct{ Reason string }) error { return p.cancel(t, a.Reason) })},
		{"POST", one + "/extra-time", false, about(p, func(t *participant, a struct{ Percent int }) error { return p.extraTime(t, a.Percent) })},
		{"PUT", one + "/hiring-status", false, about(p, p.putHiringStatus)},
		{"POST", "/candidates/{candidate}/anonymise", false, p.postAnonymise},
		{"POST", "/alerts", true, p.postAlert},
		{"GET", "/webhooks", false, p.hooks.List},
		{"POST", "/webhooks", false, p.hooks.Post},
		{"DELETE", "/webhooks/{hook}", false, p.hooks.Delete},
		{"POST", "/webhooks/{hook}/signature-token", false, p.hooks.Rotate},
	} {
		mux.Handle(e.method+" "+root+e.path, p.endpoint(e.keyed, e.handle))
	}
	p.greenhouseAPI(mux)
	mux.HandleFunc("GET /participants/{participant}/{page...}", p.showParticipant)
	mux.Handle("/", p.endpoint(false, func(*http.Request, []byte) (int, any, error) { return 0, nil, kernel.NotFound("endpoint") }))
	return mux
}

// endpoint lets in who has the API key and names the organisation, byte for byte. That refusal is not an answer to the request itself, so
// it is not kept under the request's idempotency key.
func (p *product) endpoint(keyed bool, h kernel.Handler) http.Handler {
	worded := func(r *http.Request, body []byte) (int, any, error) { return p.worded(h(r, body)) }
	ours := p.gate.Endpoint(keyed, worded)
	strangers := p.gate.Endpoint(false, func(*http.Request, []byte) (int, any, error) {
		return 0, nil, organisationMismatch()
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		known := r.Header.Get("X-Organisation") == p.account.Organisation
		p.mu.Unlock()
		if known {
			ours.ServeHTTP(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.Header.Del(idempotencyHeader)
		strangers.ServeHTTP(w, r)
	})
}

func organisationMismatch() error {
	return kernel.Refuse(http.StatusForbidden, "organisation_mismatch", "X-Organisation is not the name of this organisation", "")
}

// worded adds to the envelope of a refusal that the owner was told of it.
func (p *product) worded(status int, answer any, err error) (int, any, error) {
	told, ok := err.(ownerNotified)
	if !ok {
		return status, answer, err
	}
	return told.Status, map[string]any{"error": map[string]any{
		"code": told.Code, "message": told.Message, "field": told.Field, "owner_notified": true, "request_id": p.UUID(),
	}}, nil
}

func (p *product) listAssessments(r *http.Request, _ []byte) (int, any, error) {
	found := slices.DeleteFunc(slices.Clone(p.assessments), func(a *assessment) bool {
		name, status := r.FormValue("name"), r.FormValue("status")
		return name != "" && a.Name != name || status != "" && a.Status != status
	})
	return kernel.Page(r, found, func(a *assessment) string { return a.ID })
}

func (p *product) getAssessment(r *http.Request, _ []byte) (int, any, error) {
	a := p.assessment(r.PathValue("assessment"))
	if a == nil {
		return 0, nil, kernel.NotFound("assessment")
	}
	return http.StatusOK, a, nil
}

func (p *product) postParticipant(r *http.Request, body []byte) (int, any, error) {
	var in invite
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	status, t, err := p.add(in, "http://"+r.Host)
	if err != nil {
		return 0, nil, err
	}
	return status, t, nil
}

func (p *product) listParticipants(r *http.Request, _ []byte) (int, any, error) {
	application := r.FormValue("external_application_id")
	if application == "" {
		return 0, nil, kernel.Malformed("external_application_id", "external_application_id is required")
	}
	found := slices.DeleteFunc(slices.Clone(p.order), func(t *participant) bool { return t.External.ApplicationID != application })
	return kernel.Page(r, found, func(t *participant) string { return t.ID })
}

func (p *product) getParticipant(r *http.Request, _ []byte) (int, any, error) {
	t := p.participants[r.PathValue("participant")]
	if t == nil {
		return 0, nil, kernel.NotFound("participant")
	}
	return http.StatusOK, t, nil
}

// about is an endpoint that changes a participant, and answers with her.
func about[A any](p *product, change func(*participant, A) error) kernel.Handler {
	return func(r *http.Request, body []byte) (int, any, error) {
		t := p.participants[r.PathValue("participant")]
		switch {
		case t == nil:
			return 0, nil, kernel.NotFound("participant")
		case t.Status == anonymised:
			return 0, nil, erased()
		}
		var in A
		if len(body) > 0 {
			if err := kernel.Decode(body, &in); err != nil {
				return 0, nil, err
			}
		}
		return http.StatusOK, t, change(t, in)
	}
}

type extension struct {
	ExpiresAt time.Time `json:"expires_at"`
}

func (p *product) postExtend(t *participant, in extension) error {
	if in.ExpiresAt.IsZero() {
		return kernel.Malformed("expires_at", "expires_at is required")
	}
	return p.extend(t, in.ExpiresAt)
}

var hiringStatuses = []string{"hired", "unhired", "rejected", "unrejected"}

func (p *product) putHiringStatus(t *participant, in struct{ Status string }) error {
	if !slices.Contains(hiringStatuses, in.Status) {
		return kernel.Malformed("status", "status is one of "+strings.Join(hiringStatuses, ", "))
	}
	t.HiringStatus = in.Status
	return nil
}

// postAnonymise finds who is anonymous already as she is, and says the same.
func (p *product) postAnonymise(r *http.Request, _ []byte) (int, any, error) {
	participants, err := p.anonymise(r.PathValue("candidate"))
	return http.StatusOK, map[string]any{"external_candidate_id": r.PathValue("candidate"), "participants": participants}, err
}

// longestAlert is in bytes.
const longestAlert = 5000

// postAlert mails the account's owner.
func (p *product) postAlert(_ *http.Request, body []byte) (int, any, error) {
	var in alert
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	in.Text = strings.TrimSpace(in.Text)
	if in.Text == "" || len(in.Text) > longestAlert {
		return 0, nil, kernel.Malformed("text", "text is 1 to 5000 bytes")
	}
	in.ID = p.ids.Next("alt")
	p.alerts = append(p.alerts, in)
	p.mailOwner("A message of your applicant tracking system", in.Text)
	return http.StatusCreated, map[string]string{"id": in.ID}, nil
}
