package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// status is where an invite stands.
type status string

const (
	triggered  status = "TRIGGERED" // accepted, to be mailed later
	sent       status = "INVITE_SENT"
	failed     status = "INVITE_FAILED"
	bounced    status = "BOUNCED"
	scheduled  status = "INTERVIEW_SCHEDULED"
	missed     status = "INTERVIEW_MISSED"
	inProgress status = "IN_PROGRESS"
	paused     status = "PAUSED"
	ended      status = "ENDED" // until the evaluation is ready
	completed  status = "INTERVIEW_COMPLETE"
	incomplete status = "INTERVIEW_INCOMPLETE"
	cancelled  status = "CANCELLED"
	erased     status = "ERASED"
)

// invite is one attempt to interview a candidate for a position. Times are epoch seconds.
type invite struct {
	InviteID     string `json:"inviteId"`
	CandidateID  string `json:"candidateId"`
	PositionID   string `json:"positionId"`
	Status       status `json:"status"`
	Attempt      int    `json:"attempt"`
	InviteURL    string `json:"inviteUrl"`
	Reason       string `json:"reason,omitempty"`
	BounceType   string `json:"bounceType,omitempty"`
	ExpiresAt    *int64 `json:"expiresAt"`
	CreatedAt    int64  `json:"createdAt"`
	SentAt       int64  `json:"sentAt,omitzero"`
	FailedAt     int64  `json:"failedAt,omitzero"`
	BouncedAt    int64  `json:"bouncedAt,omitzero"`
	ScheduledFor int64  `json:"scheduledFor,omitzero"`
	StartedAt    int64  `json:"startedAt,omitzero"`
	EndedAt      int64  `json:"endedAt,omitzero"`
	CompletedAt  int64  `json:"completedAt,omitzero"`
	IncompleteAt int64  `json:"incompleteAt,omitzero"`
	CancelledAt  int64  `json:"cancelledAt,omitzero"`

	external external
	reportID string // of the interview, once it has begun
	base     string // where we are
	opened   bool
	extended bool // its window counts, not how long ago it began
	mails    int
}

type external struct {
	OpportunityID string `json:"opportunityId"`
	ApplicationID string `json:"applicationId"`
}

// closed tells whether the attempt is over.
func (i *invite) closed() bool {
	return slices.Contains([]status{failed, bounced, completed, incomplete, cancelled, erased}, i.Status)
}

// outcome is what an invite comes to where there is one already.
type outcome int

const (
	keep      outcome = iota // 200, the same invite, its window replaced if another is given
	untouched                // 200, the same invite
	mailAgain                // 200, the same invite, mailed once more
	anew                     // 201, another attempt
	ifChanged                // anew if the e-mail address changed, else untouched
	ifAllowed                // anew if the interview may be taken again, else 409 retake_not_allowed
	refuse                   // 409 conflict
)

// matrix is section 0.5 of the sheet; who was erased never gets here.
var matrix = map[status]struct{ plain, explicit outcome }{
	triggered:  {keep, mailAgain},
	sent:       {keep, mailAgain},
	scheduled:  {keep, mailAgain},
	missed:     {untouched, mailAgain}, // the link to book a slot works all along
	failed:     {ifChanged, anew},
	bounced:    {ifChanged, anew},
	inProgress: {untouched, refuse},
	paused:     {untouched, refuse},
	ended:      {untouched, refuse},
	completed:  {untouched, ifAllowed},
	incomplete: {untouched, anew},
	cancelled:  {untouched, anew},
}

// invitePost is the body of POST /invites.
type invitePost struct {
	PositionID string `json:"positionId"`
	Candidate  struct {
		FirstName string  `json:"firstName"`
		LastName  string  `json:"lastName"`
		Email     string  `json:"email"`
		Phone     *string `json:"phone"`
		ResumeURL *string `json:"resumeUrl"`
	} `json:"candidate"`
	External  external `json:"external"`
	ExpiresAt *int64   `json:"expiresAt"`
	Reinvite  bool     `json:"reinvite"`
}

func (p *product) postInvite(r *http.Request, body []byte) (int, any, error) {
	var in invitePost
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	in.Candidate.Email = strings.TrimSpace(in.Candidate.Email)
	last := p.newest(func(i *invite) bool {
		return i.PositionID == in.PositionID && i.external.ApplicationID == in.External.ApplicationID
	})
	if err := p.checkInvite(in, last); err != nil {
		return 0, nil, err
	}
	if last != nil {
		again, err := p.again(last, in)
		if err != nil {
			return 0, nil, err
		}
		if !again {
			return http.StatusOK, last, nil
		}
	}
	made, err := p.invite(in, "http://"+r.Host)
	return http.StatusCreated, made, err
}

// checkInvite refuses what can never be sent.
func (p *product) checkInvite(in invitePost, last *invite) error {
	badEmail := kernel.CheckEmail(in.Candidate.Email)
	switch {
	case in.External.OpportunityID == "" || in.External.ApplicationID == "":
		return kernel.Malformed("external", "opportunityId and applicationId are required")
	case p.position(in.PositionID) == nil:
		return kernel.Unprocessable("assessment_not_found", "no position has this id", "positionId")
	case last != nil && last.Status == erased:
		return kernel.Refuse(http.StatusGone, "candidate_erased", "this candidate was erased", "external.applicationId")
	case badEmail != nil:
		return badEmail
	case in.ExpiresAt != nil && *in.ExpiresAt <= p.now():
		return kernel.Unprocessable("window_closed", "expiresAt has passed", "expiresAt")
	}
	return nil
}

// again decides about an invite where there is one already: whether to make another attempt.
func (p *product) again(last *invite, in invitePost) (bool, error) {
	do := matrix[last.Status].plain
	if in.Reinvite {
		do = matrix[last.Status].explicit
	}
	changed := !strings.EqualFold(in.Candidate.Email, p.candidate(last.CandidateID).Email)
	switch {
	case do == refuse:
		return false, kernel.Refuse(http.StatusConflict, "conflict", "the interview has begun", "")
	case do == ifAllowed && !p.retakes:
		return false, kernel.Refuse(http.StatusConflict, "retake_not_allowed", "this interview is held once with a candidate", "")
	case do == keep && in.ExpiresAt != nil:
		p.setWindow(last, in.ExpiresAt)
	case do == mailAgain && last.Status != triggered: // who has no mail yet gets it in time
		p.mail(last, again)
	}
	return do == anew || do == ifAllowed || do == ifChanged && changed, nil
}

// invite makes an attempt. A session tells whose it is by candidate and position alone, so there is one open invite of each such pair.
func (p *product) invite(in invitePost, base string) (*invite, error) {
	c := find(p.candidates, func(c *candidate) bool { return !c.erased && strings.EqualFold(c.Email, in.Candidate.Email) })
	pair := func(i *invite) bool {
		return c != nil && i.CandidateID == c.CandidateID && i.PositionID == in.PositionID
	}
	if find(p.invites, func(i *invite) bool { return pair(i) && !i.closed() }) != nil {
		return nil, kernel.Refuse(http.StatusConflict, "conflict", "this candidate has an open invite to this position", "")
	}
	attempt := 1
	for _, i := range p.invites {
		if pair(i) || i.PositionID == in.PositionID && i.external.ApplicationID == in.External.ApplicationID {
			attempt = max(attempt, i.Attempt+1)
		}
	}
	if c == nil {
		c = &candidate{CandidateID: p.ids.Next("cnd"), Email: in.Candidate.Email}
		p.candidates = append(p.candidates, c)
	}
	c.FirstName, c.LastName, c.ResumeURL = in.Candidate.FirstName, in.Candidate.LastName, in.Candidate.ResumeURL
	i := &invite{
		InviteID: p.ids.Next("ivt"), CandidateID: c.CandidateID, PositionID: in.PositionID, Status: triggered, Attempt: attempt,
		CreatedAt: p.now(), external: in.External, base: base,
	}
	i.InviteURL = base + "/i/" + i.InviteID
	p.invites = append(p.invites, i)
	p.setWindow(i, in.ExpiresAt)
	if p.delay > 0 {
		p.after(p.delay, func() { p.send(i, first) })
	} else {
		p.send(i, first)
	}
	return i, nil
}

// newest is the last invite of some kind; nil if there is none.
func (p *product) newest(is func(*invite) bool) *invite {
	for _, i := range slices.Backward(p.invites) {
		if is(i) {
			return i
		}
	}
	return nil
}

// erase forgets who the candidate is, with her mail and reports. Her ids stay, so that reads agree with the events sent.
func (p *product) erase(c *candidate) {
	p.Mail.Erase(c.Email)
	*c = candidate{CandidateID: c.CandidateID, erased: true}
	p.reports = slices.DeleteFunc(p.reports, func(q *report) bool { return q.CandidateID == c.CandidateID })
	for _, i := range p.invites {
		if i.CandidateID == c.CandidateID {
			i.Status, i.Reason = erased, ""
		}
	}
}

// now is the present in epoch seconds.
func (p *product) now() int64 { return p.Clock.Now().Unix() }

// after does something later, under the lock.
func (p *product) after(d time.Duration, do func()) {
	p.Clock.After(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		do()
	})
}
