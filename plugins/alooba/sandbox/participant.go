package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// status is where a participant stands.
type status string

const (
	scheduled  status = "scheduled"
	invited    status = "invited"
	bounced    status = "bounced"
	inProgress status = "in_progress"
	completed  status = "completed" // she has finished; evaluation tells whether the grading has
	expired    status = "expired"
	cancelled  status = "cancelled"
	anonymised status = "anonymised" // what she scored stays
)

// What evaluation may be.
const (
	notRequired = "not_required"
	pending     = "pending"
	done        = "done"
)

// participant is one attempt of one person at one assessment. The API's answers name ids and results only; who it is, its caller knows.
type participant struct {
	ID               string     `json:"id"`
	Assessment       reference  `json:"assessment"`
	Status           status     `json:"status"`
	Evaluation       string     `json:"evaluation"`
	Attempt          int        `json:"attempt"`
	PassingScore     float64    `json:"passing_score_snapshot"`
	HiringStatus     string     `json:"hiring_status,omitempty"`
	External         external   `json:"external"`
	ProfileURL       string     `json:"profile_url"`
	ReportURL        string     `json:"report_url,omitempty"`
	Result           *result    `json:"result"`
	Reason           string     `json:"reason,omitempty"`
	BounceType       string     `json:"bounce_type,omitempty"`
	ExtraTime        int        `json:"extra_time_percent,omitempty"`
	Timezone         string     `json:"timezone,omitempty"`
	SendAt           *time.Time `json:"send_at"`
	InvitedAt        time.Time  `json:"invited_at,omitzero"`
	BouncedAt        time.Time  `json:"bounced_at,omitzero"`
	StartedAt        time.Time  `json:"started_at,omitzero"`
	CompletedAt      time.Time  `json:"completed_at,omitzero"`
	ExpiredAt        time.Time  `json:"expired_at,omitzero"`
	ExtendedAt       time.Time  `json:"extended_at,omitzero"`
	CancelledAt      time.Time  `json:"cancelled_at,omitzero"`
	AnonymisedAt     time.Time  `json:"anonymised_at,omitzero"`
	ExpiresAt        time.Time  `json:"expires_at,omitzero"`
	VisibleExpiresAt time.Time  `json:"candidate_visible_expires_at,omitzero"`

	of        *assessment
	person    person
	collected string // while she took the tests
	callbacks []string
	told      time.Time // deadline that the invite asked for; zero: the assessment's
	mails     int
	opened    bool
}

type reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type person struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	ResumeURL string `json:"resume_url"`
}

type external struct {
	CandidateID   string `json:"candidate_id,omitempty"`
	ApplicationID string `json:"application_id,omitempty"`
	OpportunityID string `json:"opportunity_id,omitempty"`
	PostingID     string `json:"posting_id,omitempty"`
}

// outcome is what an invite does when there is a participant already.
type outcome int

const (
	keep      outcome = iota // 200, untouched
	window                   // 200, with the dates that the invite gives
	mailAgain                // 200, mailed once more
	anew                     // 201, another attempt
	ifChanged                // anew if the e-mail address changed, else keep
	ifAllowed                // anew if the assessment may be taken again, else 409 retake_not_allowed
	refuse                   // 409 conflict
)

// matrix is section 0.5 of the sheet for the states that Alooba has; who was anonymised never gets here.
var matrix = map[status]struct{ plain, explicit outcome }{
	scheduled:  {window, mailAgain},
	invited:    {window, mailAgain},
	bounced:    {ifChanged, anew},
	inProgress: {keep, refuse},
	completed:  {keep, ifAllowed},
	expired:    {keep, anew},
	cancelled:  {keep, anew},
}

// standing is the row of the matrix: while the grading is open the attempt is still under way.
func (t *participant) standing() status {
	if t.Status == completed && t.Evaluation == pending {
		return inProgress
	}
	return t.Status
}

// invite is the body of POST /participants.
type invite struct {
	AssessmentID   string     `json:"assessment_id"`
	AssessmentName string     `json:"assessment_name"`
	Candidate      person     `json:"candidate"`
	External       external   `json:"external"`
	SendAt         *time.Time `json:"send_at"`
	ExpiresAt      *time.Time `json:"expires_at"`
	Timezone       string     `json:"timezone"`
	Reinvite       bool       `json:"reinvite"`
}

func (in invite) check() error {
	switch {
	case in.External.CandidateID == "" || in.External.ApplicationID == "":
		return kernel.Malformed("external", "candidate_id and application_id are required")
	case (in.AssessmentID == "") == (in.AssessmentName == ""):
		return kernel.Malformed("assessment_id", "either assessment_id or assessment_name is required")
	}
	return nil
}

// checkPerson refuses whom Alooba cannot or must not mail.
func (p *product) checkPerson(in invite) error {
	if h := p.people[in.External.CandidateID]; h != nil && h.erased {
		return erased()
	}
	return kernel.CheckEmail(in.Candidate.Email)
}

func erased() error {
	return kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was anonymised", "external.candidate_id")
}

// checkWindow refuses a deadline that has passed before the invitation goes out.
func (p *product) checkWindow(in invite) error {
	from := p.Clock.Now()
	if in.SendAt != nil && in.SendAt.After(from) {
		from = *in.SendAt
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(from) {
		return kernel.Unprocessable("window_closed", "the invitation would expire before it is sent", "expires_at")
	}
	return nil
}

// add invites somebody, or finds the participant she is: one live one for each application and assessment.
func (p *product) add(in invite, base string) (int, *participant, error) {
	in.Candidate.Email = strings.TrimSpace(in.Candidate.Email)
	for _, check := range []func(invite) error{invite.check, p.checkPerson, p.checkWindow} {
		if err := check(in); err != nil {
			return 0, nil, err
		}
	}
	a, err := p.resolve(in)
	if err != nil {
		return 0, nil, err
	}
	t := p.newest[natural{in.External.ApplicationID, a.ID}]
	do := anew
	if t != nil {
		do = p.decide(t, in)
	}
	switch {
	case do == refuse:
		return 0, nil, kernel.Refuse(http.StatusConflict, "conflict", "the candidate is taking the assessment", "")
	case do == ifAllowed:
		return 0, nil, kernel.Refuse(http.StatusConflict, "retake_not_allowed", "the assessment can be taken once", "")
	case do == anew && p.account.Quota == 0:
		return 0, nil, kernel.Unprocessable("quota_exhausted", "the account has no invitations left", "")
	case do == anew:
		return http.StatusCreated, p.begin(a, in, base), nil
	}
	if do != keep {
		p.reschedule(t, in)
	}
	if do == mailAgain {
		p.mailNow(t)
	}
	return http.StatusOK, t, nil
}

// decide looks the invite up in the matrix and settles what depends on more than the status.
func (p *product) decide(t *participant, in invite) outcome {
	do := matrix[t.standing()].plain
	if in.Reinvite {
		do = matrix[t.standing()].explicit
	}
	switch {
	case do == ifChanged && strings.EqualFold(in.Candidate.Email, t.person.Email):
		return keep
	case do == ifChanged, do == ifAllowed && t.of.RetakeAllowed:
		return anew
	}
	return do
}

// begin makes the next attempt, and sends it, now or when it is due.
func (p *product) begin(a *assessment, in invite, base string) *participant {
	key := natural{in.External.ApplicationID, a.ID}
	t := &participant{
		ID: p.ids.Next("par"), Assessment: reference{a.ID, a.Name}, Evaluation: notRequired, Attempt: 1, PassingScore: a.PassingScore,
		External: in.External, Timezone: in.Timezone, of: a, person: in.Candidate,
	}
	if a.Manual {
		t.Evaluation = pending
	}
	if last := p.newest[key]; last != nil {
		t.Attempt = last.Attempt + 1
	}
	if p.account.Quota > 0 {
		p.account.Quota--
	}
	t.ProfileURL = base + "/participants/" + t.ID
	p.newest[key], p.participants[t.ID] = t, t
	p.order = append(p.order, t)
	p.remember(t)
	if in.ExpiresAt != nil {
		t.told = *in.ExpiresAt
	}
	if in.SendAt != nil && in.SendAt.After(p.Clock.Now()) {
		p.schedule(t, *in.SendAt)
		p.emit("participant.scheduled", t)
	} else {
		p.send(t)
	}
	return t
}

// remember adds a participant to what is kept of the person.
func (p *product) remember(t *participant) {
	h := p.people[t.External.CandidateID]
	if h == nil {
		h = &human{addresses: map[string]bool{}}
		p.people[t.External.CandidateID] = h
	}
	h.addresses[strings.ToLower(t.person.Email)] = true
	h.participants = append(h.participants, t)
}

// anonymise removes what names a person, everywhere; her scores stay. It tells how many participants she was.
func (p *product) anonymise(candidate string) (int, error) {
	h := p.people[candidate]
	if h == nil {
		return 0, kernel.NotFound("candidate")
	}
	for _, t := range h.participants {
		if t.Status == anonymised {
			continue
		}
		t.Status, t.AnonymisedAt = anonymised, p.Clock.Now()
		t.person, t.collected, t.callbacks = person{}, "", nil
		p.emit("participant.anonymised", t)
	}
	for address := range h.addresses {
		p.Mail.Erase(address)
	}
	p.greenhouse.Forget(h.addresses)
	h.erased, h.addresses = true, map[string]bool{}
	return len(h.participants), nil
}
