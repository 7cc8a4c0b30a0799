package main

// Everything in this file is ASSUMED. Alooba documents how its integrations with Lever and Greenhouse behave, but no path, no payload, no
// webhook and no limit of an API of its own (reference sheet, Alooba, section B). What stands here is the contract that the sandbox
// proposes and serves. The day Alooba publishes theirs, this file changes, and receive.go if they sign otherwise; the rest speaks of
// invitations and may stay.

import (
	"encoding/json"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

const (
	assumedHost = "https://integration.v2.alooba.com"
	assumedRoot = "/v1"
)

// organisationHeader names the organisation on every request, byte for byte as Alooba's settings spell it.
const organisationHeader = "X-Organisation"

// idempotencyHeader carries the key of an invitation or an alert. Alooba remembers a key and its answer for keysKeptFor.
const (
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// answersWithin is for one write: mail goes out after the answer.
const answersWithin = 30 * time.Second

// proofs are the statuses with which Alooba says that it did nothing.
var proofs = []int{400, 403, 404, 409, 410, 422}

// stillWorking is the code of a 409 while an earlier request with the same key is not answered yet.
const stillWorking = "idempotency_in_progress"

// ended is the code of a 409 to a cancellation of what is open no longer.
const ended = "invalid_transition"

// reasons are Alooba's codes that have a name in the host's vocabulary; any other code is its own reason.
var reasons = map[string]string{"assessment_not_found": "unknown_assessment", "assessment_not_published": "unknown_assessment"}

// hiringStatuses is how Alooba calls what the ATS decided.
var hiringStatuses = map[sdk.Kind]string{
	sdk.KindHired: "hired", sdk.KindUnhired: "unhired", sdk.KindRejected: "rejected", sdk.KindUnrejected: "unrejected",
}

// declined is the reason of a cancellation that the candidate wished; there is no status for it.
const declined = "declined"

// kinds is what Alooba's webhooks say of a participant. Those of participant.completed, .extended and .cancelled depend on more than the
// type; .scheduled and .anonymised say nothing that the host did not ask for.
var kinds = map[string]func(word) sdk.Kind{
	"participant.invited":   always(sdk.KindInvited),
	"participant.bounced":   always(sdk.KindBounced),
	"participant.started":   always(sdk.KindStarted),
	"participant.completed": word.finished,
	"participant.evaluated": always(sdk.KindScored),
	"participant.expired":   always(sdk.KindExpired),
	"participant.extended":  word.extended,
	"participant.cancelled": word.cancelled,
}

func always(kind sdk.Kind) func(word) sdk.Kind { return func(word) sdk.Kind { return kind } }

// message is the body of a webhook. Timestamp is when the event happened; Data is a word, for the types in kinds.
type message struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// word is what a webhook says of one participant.
type word struct {
	ParticipantID string `json:"participant_id"`
	standing
}

// standing is what webhooks and reads say alike.
type standing struct {
	Status     string  `json:"status"`     // scheduled, invited, bounced, in_progress, completed, expired, cancelled, anonymised
	Evaluation string  `json:"evaluation"` // not_required, pending, done
	Reason     string  `json:"reason"`     // of a bounce or a cancellation
	BounceType string  `json:"bounce_type"`
	Result     *result `json:"result"`
	ReportURL  string  `json:"report_url"` // does not expire
}

// result is what a participant scored, at one revision.
type result struct {
	Revision int       `json:"revision"`
	Finality string    `json:"finality"` // partial, final, or corrected: a final one after a final one
	Score    *float64  `json:"score"`
	MaxScore float64   `json:"max_score"`
	Tests    []test    `json:"tests"`
	ScoredAt time.Time `json:"scored_at"`
}

// test is one test of a result; without a score while a grader has not seen it.
type test struct {
	Name     string   `json:"name"`
	Score    *float64 `json:"score"`
	MaxScore float64  `json:"max_score"` // absent: 100
	Skills   []skill  `json:"skills"`
}

type skill struct {
	Name  string   `json:"name"`
	Score *float64 `json:"score"` // percent
}

// participant is one attempt of one person at one assessment.
type participant struct {
	ID           string   `json:"id"`
	PassingScore *float64 `json:"passing_score_snapshot"` // percent
	ProfileURL   string   `json:"profile_url"`            // does not expire
	External     external `json:"external"`
	standing
	InvitedAt   time.Time `json:"invited_at"`
	BouncedAt   time.Time `json:"bounced_at"`
	StartedAt   time.Time `json:"started_at"`
	CompletedAt time.Time `json:"completed_at"`
	ExpiredAt   time.Time `json:"expired_at"`  // absent once extended
	ExtendedAt  time.Time `json:"extended_at"` // the last time
	CancelledAt time.Time `json:"cancelled_at"`
}

type newParticipant struct {
	AssessmentID string   `json:"assessment_id"`
	Candidate    person   `json:"candidate"`
	External     external `json:"external"`
	Reinvite     bool     `json:"reinvite,omitempty"`
}

type person struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
}

type external struct {
	CandidateID   string `json:"candidate_id,omitempty"`
	ApplicationID string `json:"application_id,omitempty"`
	OpportunityID string `json:"opportunity_id,omitempty"`
	PostingID     string `json:"posting_id,omitempty"`
}

type hiringStatus struct {
	Status string `json:"status"`
}

type alert struct {
	Text     string   `json:"text"`
	External external `json:"external"`
}

type assessment struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}
