package main

// Everything in this file is ASSUMED. Hired documents tests, invitations and reports for people, and serves the partner contract
// of Greenhouse, but publishes no API of its own (reference sheet, Hired Assessments, section B). What stands here is the contract that the
// sandbox proposes and serves; DELETE of a single invitation goes beyond the sheet, which can only erase a person everywhere. The day Hired
// publishes theirs, this file changes, and receive.go if they sign otherwise. Until then, whoever has the key of Hired's Greenhouse
// integration can reach Hired by the partner plugin.

import (
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

const (
	assumedHost = "https://api.hired.com"
	assumedRoot = "/api/v1"
)

// idempotencyHeader carries an invitation's key. Hired remembers a key and its answer for keysKeptFor.
const (
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// proofs are the statuses with which Hired says that it did nothing.
var proofs = []int{400, 403, 404, 409, 410, 422}

// stillWorking is the code of a 409 while an earlier request with the same key is not answered yet.
const stillWorking = "idempotency_in_progress"

// reasons are Hired's codes that have a name in the host's vocabulary; any other code is its own reason.
var reasons = map[string]string{"assessment_not_found": "unknown_assessment", "assessment_not_published": "unknown_assessment"}

// kinds is what Hired's webhooks say of an invitation. A program marks the tests, so that who has finished has a score. Declining is no
// word of theirs: it is a cancellation.
var kinds = map[string]sdk.Kind{
	"invitation.sent":      sdk.KindInvited,
	"invitation.bounced":   sdk.KindBounced,
	"test.started":         sdk.KindStarted,
	"test.completed":       sdk.KindScored,
	"invitation.expired":   sdk.KindExpired,
	"invitation.cancelled": sdk.KindCancelled,
}

// message is the body of a webhook. Timestamp is when the event happened; Data is a word, for the types in kinds.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      word      `json:"data"`
}

// word is what a webhook says of one invitation.
type word struct {
	InvitationID string `json:"invitation_id"`
	news
}

// news is what Hired knows of an invitation, in a webhook and in a read alike.
type news struct {
	Reason     string  `json:"reason"`      // of a bounce
	BounceType string  `json:"bounce_type"` // hard or soft
	Result     *result `json:"result"`
	ReportURL  string  `json:"report_url"` // does not expire
}

type result struct {
	Revision int       `json:"revision"`
	Finality string    `json:"finality"` // partial, final, or corrected: a final one after a final one
	Score    *float64  `json:"score"`    // points
	MaxScore float64   `json:"max_score"`
	Sections []section `json:"sections"`
	Language string    `json:"language"` // of programming
	Seconds  int       `json:"time_spent_seconds"`
	Created  time.Time `json:"created_at"`
}

type section struct {
	Name     string   `json:"name"`
	Score    *float64 `json:"score"` // points
	MaxScore float64  `json:"max_score"`
}

// invitation is one attempt of a candidate at a test.
type invitation struct {
	ID          string    `json:"id"`
	SentAt      time.Time `json:"sent_at"`
	BouncedAt   time.Time `json:"bounced_at"`
	StartedAt   time.Time `json:"started_at"`
	ExpiredAt   time.Time `json:"expired_at"` // gone when an expired one is extended
	CancelledAt time.Time `json:"cancelled_at"`
	news
}

type newInvitation struct {
	TestID    string   `json:"test_id"`
	Candidate person   `json:"candidate"`
	External  external `json:"external"`
	Days      int      `json:"expires_in_days,omitempty"` // 7 if left out
	Reinvite  bool     `json:"reinvite,omitempty"`
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

// test is one entry of the catalogue. Names need not be unique.
type test struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}
