package main

// Everything in this file is ASSUMED. Apriora documents its host, its key, the reads GET /reports and GET /candidates, and four session
// webhooks with their data, but no way to make a position, to invite or to erase, no signature, no limit, no error (reference sheet,
// Apriora, section B). What stands here is the contract that the sheet proposes and the sandbox serves. The day Apriora publishes theirs,
// this file changes, and receive.go if they sign otherwise; the rest speaks of postings and invitations and may stay.

import (
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// fileHosts are where reports lie, besides the API's own host: the vendor's two domains.
var fileHosts = []string{"*.apriora.ai", "*.alex.com"}

var assumedRate = sdk.Rate{PerSecond: 10, Burst: 20}

// idempotencyHeader carries an invitation's key. Apriora remembers a key and its answer for keysKeptFor.
const (
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// proofs are the statuses with which Apriora says that it did nothing.
var proofs = []int{400, 403, 404, 409, 410, 422}

// stillWorking is the code of a 409 while an earlier request with the same key is not answered yet.
const stillWorking = "idempotency_in_progress"

// reasons are Apriora's codes that have a name in the host's vocabulary; any other code is its own reason.
var reasons = map[string]string{"assessment_not_found": "unknown_assessment", "assessment_not_published": "unknown_assessment"}

// kinds is what webhooks say of an invitation: session.started, session.ended and session.completed are documented. session.paused,
// session.scheduled and session.missed tell nothing that a rule could act on.
var kinds = map[string]sdk.Kind{
	"invite.sent":        sdk.KindInvited,
	"invite.failed":      sdk.KindFailed,
	"invite.bounced":     sdk.KindBounced,
	"session.started":    sdk.KindStarted,
	"session.ended":      sdk.KindSubmitted,
	"session.completed":  sdk.KindScored,
	"session.incomplete": sdk.KindExpired,
}

// triggered is the status of an invite that is taken and mailed later.
const triggered = "TRIGGERED"

// over are the statuses of an invite from which no report comes any more.
var over = []string{"INVITE_FAILED", "BOUNCED", "INTERVIEW_INCOMPLETE", "CANCELLED", "ERASED"}

// Statuses of an invite: erased with its candidate, complete with a report.
const (
	erased   = "ERASED"
	complete = "INTERVIEW_COMPLETE"
)

// trouble is why an invitation did not arrive.
type trouble struct {
	Reason     string `json:"reason"`
	BounceType string `json:"bounceType"` // hard or soft
}

// extras is what the documented objects may have besides.
type extras struct {
	Attempt   int    `json:"attempt"`   // of a webhook: absent is 1
	InviteID  string `json:"inviteId"`  // of a report
	ReportURL string `json:"reportUrl"` // the report in the dashboard
}

type positionPut struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Salary      *salary `json:"salary"`
	Modality    string  `json:"modality"`
}

// salary is what the posting offers. Interval is HOUR, DAY, WEEK, MONTH or YEAR.
type salary struct {
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Currency string   `json:"currency"` // three letters
	Interval string   `json:"interval"`
}

type position struct {
	PositionID string `json:"positionId"`
}

type newInvite struct {
	PositionID string   `json:"positionId"`
	Candidate  person   `json:"candidate"`
	External   external `json:"external"`
	ExpiresAt  *int64   `json:"expiresAt"` // null: never
	Reinvite   bool     `json:"reinvite,omitempty"`
}

type person struct {
	FirstName string  `json:"firstName"`
	LastName  string  `json:"lastName"`
	Email     string  `json:"email"`
	Phone     *string `json:"phone"`
	ResumeURL *string `json:"resumeUrl"`
}

type external struct {
	OpportunityID string `json:"opportunityId"`
	ApplicationID string `json:"applicationId"`
}

// invite is one attempt. A time that has not come is absent.
type invite struct {
	InviteID     string `json:"inviteId"`
	CandidateID  string `json:"candidateId"`
	PositionID   string `json:"positionId"`
	Status       string `json:"status"`
	Attempt      int    `json:"attempt"`
	SentAt       epoch  `json:"sentAt"`
	FailedAt     epoch  `json:"failedAt"`
	BouncedAt    epoch  `json:"bouncedAt"`
	StartedAt    epoch  `json:"startedAt"`
	EndedAt      epoch  `json:"endedAt"`
	CompletedAt  epoch  `json:"completedAt"`
	IncompleteAt epoch  `json:"incompleteAt"`
	CancelledAt  epoch  `json:"cancelledAt"`
	trouble
}
