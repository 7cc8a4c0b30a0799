package main

// Everything in this file is ASSUMED. Alva documents API keys, signed webhooks with three toggles, candidate stages and test profiles, but
// no path, no payload and no signature (reference sheet, Alva, section B). What stands here is the contract that the sandbox proposes and
// serves. The day Alva publishes theirs, this file changes, and receive.go if they sign otherwise; the rest speaks of postings and
// invitations and may stay.

import (
	"encoding/json"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

const (
	assumedHost = "https://app.alvalabs.io"
	assumedRoot = "/api/v1"
)

// idempotencyHeader carries an invitation's key. Alva remembers a key and its answer for keysKeptFor.
const (
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// proofs are the statuses with which Alva says that it did nothing.
var proofs = []int{400, 403, 404, 409, 410, 422}

// stillWorking is the code of a 409 while an earlier request with the same key is not answered yet.
const stillWorking = "idempotency_in_progress"

// reasons are Alva's codes that have a name in the host's vocabulary; any other code is its own reason.
var reasons = map[string]string{"assessment_not_found": "unknown_assessment", "assessment_not_published": "unknown_assessment"}

// stages is how Alva shows what the ATS decided. It knows no "unhired": the candidate is in process again.
var stages = map[sdk.Kind]string{
	sdk.KindHired: "hired", sdk.KindUnhired: "in_process", sdk.KindRejected: "rejected", sdk.KindUnrejected: "in_process",
}

// kinds is what Alva's webhooks say of an invitation. candidate.created says nothing that Invite did not; test_result.created is read
// for whether it is the last one.
var kinds = map[string]sdk.Kind{
	"invitation.sent":     sdk.KindInvited,
	"invitation.bounced":  sdk.KindBounced,
	"invitation.failed":   sdk.KindFailed,
	"test.started":        sdk.KindStarted,
	"test_result.created": sdk.KindSubmitted,
	"role_fit.created":    sdk.KindScored,
	"candidate.removed":   sdk.KindCancelled,
}

// message is the body of a webhook. Timestamp is when the event happened; Data is a word, for the types in kinds.
type message struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// word is what a webhook says of one candidate.
type word struct {
	CandidateID string `json:"candidate_id"`
	PositionID  string `json:"position_id"`
	Attempt     int    `json:"attempt"` // of the invitation; absent: 1
	trouble
	result
}

// trouble is why an invitation did not arrive.
type trouble struct {
	Reason     string `json:"reason"`
	BounceType string `json:"bounce_type"` // hard or soft
}

// result is what Alva knows of the tests, in a webhook and in a candidate alike.
type result struct {
	Revision  int        `json:"revision"`
	RoleFit   *roleFit   `json:"role_fit"`
	Requested []string   `json:"requested_tests"` // kinds; absent: not said
	Tests     []finished `json:"tests"`           // finished ones
	URL       string     `json:"candidate_url"`
}

type roleFit struct {
	Score     *float64  `json:"score"` // percent
	Label     string    `json:"label"`
	Finality  string    `json:"finality"` // partial, final, or corrected: a final one after a final one
	CreatedAt time.Time `json:"created_at"`
}

// finished is one finished test, on a scale of its own.
type finished struct {
	Kind        string    `json:"kind"`
	Score       *float64  `json:"score"`
	ScaleMin    float64   `json:"scale_min"`
	ScaleMax    float64   `json:"scale_max"`
	Reused      bool      `json:"reused"` // from an earlier position of the same person
	CompletedAt time.Time `json:"completed_at"`
}

// candidate is a person in one position.
type candidate struct {
	ID         string `json:"id"`
	PositionID string `json:"position_id"`
	Invitation struct {
		Status      string    `json:"status"` // not_sent, sent, bounced, failed, started, completed, removed
		Attempt     int       `json:"attempt"`
		SentAt      time.Time `json:"sent_at"`
		BouncedAt   time.Time `json:"bounced_at"`
		FailedAt    time.Time `json:"failed_at"`
		StartedAt   time.Time `json:"started_at"`
		SubmittedAt time.Time `json:"submitted_at"` // the last requested test was finished
		RemovedAt   time.Time `json:"removed_at"`
		trouble
	} `json:"invitation"`
	result
}

type newCandidate struct {
	Candidate      person   `json:"candidate"`
	External       external `json:"external"`
	TestProfileID  string   `json:"test_profile_id,omitempty"`
	SendInvitation bool     `json:"send_invitation"`
	Reinvite       bool     `json:"reinvite,omitempty"`
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

type position struct {
	Name                 string `json:"name"`
	Team                 string `json:"team"`
	HiringManagerEmail   string `json:"hiring_manager_email,omitempty"`
	ID                   string `json:"id,omitempty"`                     // answered
	HiringManagerMatched *bool  `json:"hiring_manager_matched,omitempty"` // answered
}

type stagePatch struct {
	Stage string `json:"stage"`
}

type testProfile struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}
