package sdk

import (
	"context"
	"io"
	"iter"
	"time"
)

// Vendor is one connection to an assessment vendor. Methods may be called concurrently.
type Vendor interface {
	// Receive verifies a webhook and translates it, as [ATS].Receive does; an error becomes what it becomes there: [ErrUnauthorized] 401,
	// a [Refuse] 400, any other 503, and the sender repeats it.
	Receive(ctx context.Context, r Request) (Received, error)
	// Invite has the vendor invite the candidate. What can never work is a [Refuse]: missing_email, invalid_email, unknown_assessment, or
	// the vendor's own word. Success has a Remote.
	Invite(ctx context.Context, inv Invitation) (Invited, error)
}

// Invitation is what a vendor is asked to send. Its Key is a hash of connections, application, assessment and attempt.
type Invitation struct {
	Key         Key       `json:"key"`
	Attempt     int       `json:"attempt"`              // from 1; above 1 the vendor is told that it is a re-invite
	Application string    `json:"application"`          // the ATS's id
	Person      string    `json:"person"`               // the ATS's id
	Candidate   Candidate `json:"candidate"`            //
	Posting     Posting   `json:"posting"`              //
	PostingAt   string    `json:"posting_at,omitempty"` // the vendor's id of the posting, if it keeps postings
	Assessment  string    `json:"assessment,omitempty"` // the vendor's id; empty when the vendor chooses by the posting
}

// Invited is an invitation as the vendor has taken it.
type Invited struct {
	Remote       string   `json:"remote"`                  // the vendor's id, as its later events name it
	URL          string   `json:"url,omitempty"`           // the candidate's page at the vendor, for recruiters; never one that expires
	PassingScore *float64 `json:"passing_score,omitempty"` // percent, as it was at the invitation
	Pending      bool     `json:"pending,omitempty"`       // taken, but not sent yet: an invited event tells when it is
}

// Assessment is one entry of a vendor's catalogue.
type Assessment struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created,omitzero"`
}

// Catalog yields the assessments that can be sent.
type Catalog interface {
	Assessments(ctx context.Context) iter.Seq2[Assessment, error]
}

// PostingKeeper makes or updates the vendor's copy of a posting and returns the vendor's id of it.
type PostingKeeper interface {
	KeepPosting(ctx context.Context, key Key, p Posting) (remote string, err error)
}

// OutcomeKeeper is told what the ATS decided.
type OutcomeKeeper interface {
	KeepOutcome(ctx context.Context, key Key, o Outcome) error
}

// Deleter removes a person.
type Deleter interface {
	Delete(ctx context.Context, key Key, d Deletion) error
}

// Anonymizer removes what names or describes a person and keeps results.
type Anonymizer interface {
	Anonymize(ctx context.Context, key Key, a Anonymization) error
}

// Alerter tells the owner of the vendor's account something that only a person can mend.
type Alerter interface {
	Alert(ctx context.Context, key Key, a Alert) error
}

// Library hands out documents about an invitation, by their role: "report_pdf". The caller closes the content. [Later] while the document is
// not ready; a [Refuse] when there will never be one.
type Library interface {
	Document(ctx context.Context, remote, role string) (Document, error)
}

// Document is a file as it is read. Its name and type are the vendor's words: hostile until checked.
type Document struct {
	Name    string
	Type    string // a media type: "application/pdf"
	Content io.ReadCloser
}

// Poller reads the state of one invitation as the events it implies, for vendors or days without webhooks. The events carry the same IDs
// as webhooks would, or ContentIDs: what is known already is skipped.
type Poller interface {
	Poll(ctx context.Context, remote string) ([]Event, error)
}
