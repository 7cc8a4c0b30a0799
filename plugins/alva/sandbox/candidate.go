package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// status is where a candidate's invitation stands.
type status string

const (
	notSent   status = "not_sent"
	sent      status = "sent"
	bounced   status = "bounced"
	failed    status = "failed"
	started   status = "started" // until the final role fit
	completed status = "completed"
	removed   status = "removed"
)

// position is a job: a posting of the ATS.
type position struct {
	ID                   string    `json:"id"`
	ExternalID           string    `json:"external_id"`
	Name                 string    `json:"name"`
	Team                 string    `json:"team"`
	HiringManagerEmail   string    `json:"hiring_manager_email"`   // of a user that Alva knows
	HiringManagerMatched bool      `json:"hiring_manager_matched"` // by the last PUT
	TestProfileID        string    `json:"test_profile_id"`
	Tests                []string  `json:"tests"`
	CreatedAt            time.Time `json:"created_at"`
	UpdatedAt            time.Time `json:"updated_at"`
}

// candidate is a person in one position. The API's answers name ids and results only; who it is, its caller knows.
type candidate struct {
	ID            string     `json:"id"`
	PositionID    string     `json:"position_id"`
	Stage         string     `json:"stage"`
	Invitation    invitation `json:"invitation"`
	TestProfileID string     `json:"test_profile_id"`
	Requested     []string   `json:"requested_tests"`
	Tests         []test     `json:"tests"`
	Revision      int        `json:"revision"`
	RoleFit       *roleFit   `json:"role_fit"`
	URL           string     `json:"candidate_url"`

	person   person
	external external
	origin   string
	earlier  []invitation // attempts before this one
	mails    int
	opened   bool
	paused   bool

	callbacks []string // of Greenhouse: one for each press of Send Test
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

// invitation is one attempt.
type invitation struct {
	ID          string    `json:"id"`
	Status      status    `json:"status"`
	Attempt     int       `json:"attempt"`
	Reason      string    `json:"reason,omitempty"`
	BounceType  string    `json:"bounce_type,omitempty"`
	SentAt      time.Time `json:"sent_at,omitzero"`
	BouncedAt   time.Time `json:"bounced_at,omitzero"`
	FailedAt    time.Time `json:"failed_at,omitzero"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	SubmittedAt time.Time `json:"submitted_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`
	RemovedAt   time.Time `json:"removed_at,omitzero"`
}

// has tells whether the candidate has finished a test of this kind.
func (c *candidate) has(kind string) bool {
	return slices.ContainsFunc(c.Tests, func(t test) bool { return t.Kind == kind })
}

func (c *candidate) allFinished() bool {
	return !slices.ContainsFunc(c.Requested, func(kind string) bool { return !c.has(kind) })
}

// outcome is what an invite does when there is a candidate already.
type outcome int

const (
	keep      outcome = iota // 200, untouched
	sendNow                  // 200, the invitation that was not sent yet goes out
	mailAgain                // 200, the same invitation, mailed once more
	anew                     // 201, another attempt
	ifChanged                // anew if the e-mail address changed, else keep
	ifAllowed                // anew if the tests may be taken again, else 409 retake_not_allowed
	refuse                   // 409 conflict
)

// matrix is section 0.5 of the sheet for the states that Alva has; who was erased never gets here.
var matrix = map[status]struct{ plain, explicit outcome }{
	notSent:   {sendNow, sendNow},
	sent:      {keep, mailAgain},
	bounced:   {ifChanged, anew},
	failed:    {ifChanged, anew},
	started:   {keep, refuse},
	completed: {keep, ifAllowed},
	removed:   {keep, anew},
}

// invite is the body of POST …/candidates.
type invite struct {
	Candidate      person   `json:"candidate"`
	External       external `json:"external"`
	Origin         string   `json:"origin"`
	TestProfileID  string   `json:"test_profile_id"`
	Tests          []string `json:"tests"`
	SendInvitation bool     `json:"send_invitation"`
	Reinvite       bool     `json:"reinvite"`
}

// add adds a candidate to a position, or finds her there: one for each application.
func (p *product) add(pos *position, in invite, base string) (int, *candidate, error) {
	in.Candidate.Email = strings.TrimSpace(in.Candidate.Email)
	if in.TestProfileID == "" {
		in.TestProfileID = pos.TestProfileID
	}
	if len(in.Tests) == 0 {
		in.Tests = pos.Tests
	}
	badEmail := kernel.CheckEmail(in.Candidate.Email)
	switch {
	case in.External.CandidateID == "" || in.External.ApplicationID == "":
		return 0, nil, kernel.Malformed("external", "candidate_id and application_id are required")
	case p.people[in.External.CandidateID] != nil && p.people[in.External.CandidateID].erased:
		return 0, nil, kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was removed from Alva", "external.candidate_id")
	case badEmail != nil:
		return 0, nil, badEmail
	case p.profile(in.TestProfileID) == nil:
		return 0, nil, kernel.Unprocessable("assessment_not_found", "no test profile has this id", "test_profile_id")
	}
	if err := checkTests(in.Tests); err != nil {
		return 0, nil, err
	}
	key := natural{pos.ID, in.External.ApplicationID}
	c := p.byApplication[key]
	if c == nil {
		c = &candidate{ID: p.ids.Next("alc"), PositionID: pos.ID, Stage: "in_process", Tests: []test{}}
		c.URL = base + "/positions/" + pos.ID + "/candidates/" + c.ID
		p.byApplication[key], p.candidates[c.ID] = c, c
		p.order = append(p.order, c)
		p.take(c, in)
		p.begin(c)
		p.emit("candidate.created", c, nil)
		if in.SendInvitation {
			p.send(c)
		}
		return http.StatusCreated, c, nil
	}
	return p.invited(c, in)
}

// invited is an invite for a candidate who is there.
func (p *product) invited(c *candidate, in invite) (int, *candidate, error) {
	do := matrix[c.Invitation.Status].plain
	if in.Reinvite {
		do = matrix[c.Invitation.Status].explicit
	}
	switch {
	case do == refuse:
		return 0, nil, kernel.Refuse(http.StatusConflict, "conflict", "the candidate is taking the tests", "")
	case do == ifAllowed && !p.retakeAllowed(c):
		return 0, nil, kernel.Refuse(http.StatusConflict, "retake_not_allowed", "results are valid for 24 months unless they are reset", "")
	case do == keep, do == ifChanged && strings.EqualFold(in.Candidate.Email, c.person.Email), do < anew && !in.SendInvitation:
		return http.StatusOK, c, nil
	case do == sendNow:
		p.send(c)
		return http.StatusOK, c, nil
	case do == mailAgain:
		p.mail(c, again)
		return http.StatusOK, c, nil
	}
	c.earlier = append(c.earlier, c.Invitation)
	c.Tests, c.RoleFit, c.opened, c.paused = []test{}, nil, false, false
	p.take(c, in)
	p.begin(c)
	if in.SendInvitation {
		p.send(c)
	}
	return http.StatusCreated, c, nil
}

// take copies what an invite says of the candidate.
func (p *product) take(c *candidate, in invite) {
	h := p.people[in.External.CandidateID]
	if h == nil {
		h = &human{addresses: map[string]bool{}}
		p.people[in.External.CandidateID] = h
	}
	h.addresses[strings.ToLower(in.Candidate.Email)] = true
	if !slices.Contains(h.candidacies, c) {
		h.candidacies = append(h.candidacies, c)
	}
	c.person, c.external, c.origin = in.Candidate, in.External, in.Origin
	c.TestProfileID, c.Requested = in.TestProfileID, slices.Clone(in.Tests)
}

// begin makes the next attempt.
func (p *product) begin(c *candidate) {
	c.Invitation = invitation{ID: p.ids.Next("inv"), Status: notSent, Attempt: len(c.earlier) + 1}
}

// send mails the invitation. What the person took elsewhere in the last 24 months counts at once.
func (p *product) send(c *candidate) {
	c.Invitation.Status, c.Invitation.SentAt = sent, p.Clock.Now()
	p.mail(c, first)
	p.emit("invitation.sent", c, nil)
	p.reuse(c)
	if c.Invitation.Status == sent {
		p.magic(c)
	}
}

// remove takes the candidate out of her position. What identifies her goes; the ids stay, so that reads agree with the events sent.
func (p *product) remove(c *candidate) {
	if c.Invitation.Status == removed {
		return
	}
	c.Invitation.Status, c.Invitation.RemovedAt = removed, p.Clock.Now()
	c.person, c.Tests, c.RoleFit = person{}, []test{}, nil
	p.emit("candidate.removed", c, nil)
}

// erase removes a person everywhere, with her mail and results. Afterwards her id is refused; who never was here may still come.
func (p *product) erase(externalID string) {
	h := p.people[externalID]
	if h == nil {
		return
	}
	for _, c := range h.candidacies {
		p.remove(c)
	}
	for address := range h.addresses {
		p.Mail.Erase(address)
		delete(p.stored, address)
	}
	p.greenhouse.Forget(h.addresses)
	h.erased, h.addresses = true, map[string]bool{}
}
