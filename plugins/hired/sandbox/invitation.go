package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// status is where an invitation stands.
type status string

const (
	sent       status = "sent"
	bounced    status = "bounced"
	inProgress status = "in_progress"
	completed  status = "completed"
	expired    status = "expired"
	cancelled  status = "cancelled"
)

// invitation is one attempt of a candidate at a test. The API's answers name ids and results only; who it is, its caller knows.
type invitation struct {
	ID          string    `json:"id"`
	Test        testName  `json:"test"`
	Status      status    `json:"status"`
	Attempt     int       `json:"attempt"`
	Reason      string    `json:"reason,omitempty"`      // of a bounce, an expiry, a cancellation
	BounceType  string    `json:"bounce_type,omitempty"` // hard or soft
	SentAt      time.Time `json:"sent_at"`
	ExpiresAt   time.Time `json:"expires_at"`
	BouncedAt   time.Time `json:"bounced_at,omitzero"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`
	ExpiredAt   time.Time `json:"expired_at,omitzero"`
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	Result      *result   `json:"result"`
	ReportURL   string    `json:"report_url,omitempty"` // once there is a result

	of        *test
	person    person
	external  external
	base      string
	mails     int
	opened    bool
	erased    bool
	window    int      // counts the windows it had, so that the end of an old one ends nothing
	callbacks []string // of Greenhouse: one for each press of Send Test
}

type testName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type person struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
}

type external struct {
	CandidateID   string `json:"candidate_id"`
	OpportunityID string `json:"opportunity_id"`
	ApplicationID string `json:"application_id"`
}

// natural is what there is one open invitation of.
func (i *invitation) natural() natural { return natural{i.external.ApplicationID, i.of.ID} }

// open tells whether the candidate may still finish.
func (i *invitation) open() bool { return i.Status == sent || i.Status == inProgress }

// outcome is what an invite does when there is an invitation already.
type outcome int

const (
	keep      outcome = iota // 200, untouched
	rewindow                 // 200, another window if one is given, no mail
	mailAgain                // 200, the same invitation, mailed once more
	anew                     // 201, another attempt
	ifChanged                // anew if the e-mail address changed, else keep
	ifAllowed                // anew if the test may be taken again, else 409 retake_not_allowed
	refuse                   // 409 conflict
)

// matrix is section 0.5 of the sheet for the states that Hired has; who was erased never gets here.
var matrix = map[status]struct{ plain, explicit outcome }{
	sent:       {rewindow, mailAgain},
	bounced:    {ifChanged, anew},
	inProgress: {keep, refuse},
	completed:  {keep, ifAllowed},
	expired:    {keep, anew},
	cancelled:  {keep, anew},
}

// takes is how often somebody may finish one test for one application.
const takes = 3

// defaultDays is how long an invitation is open, unless it says otherwise; mostDays the longest it can be.
const defaultDays, mostDays = 7, 90

// invite is the body of POST /invitations.
type invite struct {
	TestID    string   `json:"test_id"`
	TestName  string   `json:"test_name"`
	Candidate person   `json:"candidate"`
	External  external `json:"external"`
	Days      int      `json:"expires_in_days"`
	Reinvite  bool     `json:"reinvite"`
}

// check evens out an invite and finds its test.
func (p *product) check(in *invite) (*test, error) {
	in.Candidate.Email = strings.TrimSpace(in.Candidate.Email)
	of, badEmail := p.testOf(in.TestID, in.TestName), kernel.CheckEmail(in.Candidate.Email)
	switch {
	case in.External.CandidateID == "" || in.External.ApplicationID == "":
		return nil, kernel.Malformed("external", "candidate_id and application_id are required")
	case in.Days < 0 || in.Days > mostDays:
		return nil, kernel.Malformed("expires_in_days", fmt.Sprintf("an invitation is open for 1 to %d days", mostDays))
	case p.erased[in.External.CandidateID]:
		return nil, errErased
	case badEmail != nil:
		return nil, badEmail
	case of == nil:
		return nil, kernel.Unprocessable("assessment_not_found", "there is no such test", "test_id")
	}
	return of, nil
}

// invite makes an invitation, or finds the one there is: one for each application and test, as long as nobody asks for another attempt.
func (p *product) invite(in invite, base string) (int, *invitation, error) {
	of, err := p.check(&in)
	if err != nil {
		return 0, nil, err
	}
	last := p.newest[natural{in.External.ApplicationID, of.ID}]
	switch {
	case last == nil:
		return http.StatusCreated, p.begin(of, in, base, 1), nil
	case last.erased:
		return 0, nil, errErased
	}
	do := matrix[last.Status].plain
	if in.Reinvite {
		do = matrix[last.Status].explicit
	}
	switch {
	case do == refuse:
		return 0, nil, kernel.Refuse(http.StatusConflict, "conflict", "the candidate is taking the test", "")
	case do == ifAllowed && !p.retakeAllowed(last):
		return 0, nil, kernel.Refuse(http.StatusConflict, "retake_not_allowed", fmt.Sprintf("a test is taken %d times at most", takes), "")
	case do == rewindow && in.Days > 0:
		p.openUntil(last, p.Clock.Now().AddDate(0, 0, in.Days))
		return http.StatusOK, last, nil
	case do == mailAgain:
		p.mail(last, again)
		return http.StatusOK, last, nil
	case do == keep, do == rewindow, do == ifChanged && strings.EqualFold(in.Candidate.Email, last.person.Email):
		return http.StatusOK, last, nil
	}
	return http.StatusCreated, p.begin(of, in, base, last.Attempt+1), nil
}

// retakeAllowed tells whether the candidate has finished the test less often than she may.
func (p *product) retakeAllowed(last *invitation) bool {
	finished := 0
	for _, i := range p.order {
		if i.Status == completed && i.natural() == last.natural() {
			finished++
		}
	}
	return finished < takes
}

// begin makes the next attempt, which has an id of its own, and mails it.
func (p *product) begin(of *test, in invite, base string, attempt int) *invitation {
	if in.Days == 0 {
		in.Days = defaultDays
	}
	now := p.Clock.Now()
	i := &invitation{
		ID: p.ids.Next("hin"), Test: testName{of.ID, of.Name}, Status: sent, Attempt: attempt, SentAt: now,
		of: of, person: in.Candidate, external: in.External, base: base,
	}
	p.invitations[i.ID], p.newest[i.natural()] = i, i
	p.order = append(p.order, i)
	p.mailedAt(in.External.CandidateID, in.Candidate.Email)
	p.openUntil(i, now.AddDate(0, 0, in.Days))
	p.mail(i, first)
	p.emit("invitation.sent", i, nil)
	p.magic(i)
	return i
}

func (p *product) mailedAt(candidate, address string) {
	if p.addresses[candidate] == nil {
		p.addresses[candidate] = map[string]bool{}
	}
	p.addresses[candidate][strings.ToLower(address)] = true
}

// forget ends an invitation and takes away what names the candidate and what she achieved; the ids stay, so that reads agree with events.
func (p *product) forget(i *invitation) {
	if i.open() {
		p.cancel(i, "erased")
	}
	i.person, i.Result, i.ReportURL, i.callbacks, i.erased = person{}, nil, "", nil, true
}

// erase removes a person everywhere, with her mail. Afterwards her id is refused; who never was here may still come.
func (p *product) erase(candidate string) {
	known := false
	for _, i := range p.order {
		if i.external.CandidateID == candidate {
			p.forget(i)
			known = true
		}
	}
	for address := range p.addresses[candidate] {
		p.Mail.Erase(address)
	}
	p.greenhouse.Forget(p.addresses[candidate])
	delete(p.addresses, candidate)
	p.erased[candidate] = p.erased[candidate] || known
}

// errErased is the answer about whom Hired was told to forget.
var errErased = kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was removed", "")

func illegal(i *invitation, verb string) error {
	message := fmt.Sprintf("%s is not possible while the invitation is %s", verb, i.Status)
	return kernel.Refuse(http.StatusConflict, "invalid_transition", message, "")
}
