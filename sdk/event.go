package sdk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"
)

// Kind names what happened: one past participle, the same word in HCL, Go and proto.
type Kind string

// What an ATS tells of an application.
const (
	KindApplied    Kind = "applied"    // somebody applied
	KindMoved      Kind = "moved"      // the application entered another stage
	KindFound      Kind = "found"      // a scan found a tag; made by the host
	KindRequested  Kind = "requested"  // a person asks for a test, of an ATS that calls its partners for tests
	KindHired      Kind = "hired"      //
	KindUnhired    Kind = "unhired"    // a hire was taken back
	KindRejected   Kind = "rejected"   //
	KindUnrejected Kind = "unrejected" //
	KindDeleted    Kind = "deleted"    // the record is gone, or said to be: the host reads before it believes
	KindAnonymized Kind = "anonymized" // what names the person was removed; an event of the person, not of one application
)

// What becomes of an invitation. The vendor tells them; the host makes Invited too, when Invite succeeds, and Failed, when it refuses, and
// lets a result imply Submitted and Completed.
const (
	KindInvited   Kind = "invited"   // the vendor has sent it
	KindFailed    Kind = "failed"    // it could not be sent
	KindBounced   Kind = "bounced"   // its mail came back
	KindStarted   Kind = "started"   // never implied: a late one only fills in its time
	KindSubmitted Kind = "submitted" // the candidate has finished; once an attempt
	KindScored    Kind = "scored"    // once a result revision, partial or final
	KindCompleted Kind = "completed" // once an attempt: after its first final result, or the vendor's word that none comes
	KindExpired   Kind = "expired"   //
	KindDeclined  Kind = "declined"  // by the candidate
	KindCancelled Kind = "cancelled" // by the employer
)

// Kinds are what Receive may yield on that side of a pairing. [KindFound] is on neither: the host makes it.
func (r Role) Kinds() []Kind {
	switch r {
	case RoleATS:
		return []Kind{
			KindApplied, KindMoved, KindRequested, KindHired, KindUnhired, KindRejected, KindUnrejected, KindDeleted, KindAnonymized,
		}
	case RoleVendor:
		return []Kind{
			KindInvited, KindFailed, KindBounced, KindStarted, KindSubmitted, KindScored, KindCompleted, KindExpired, KindDeclined,
			KindCancelled,
		}
	}
	return nil
}

// Event is one thing that happened at a product. It carries ids, not people, except in a Result.
type Event struct {
	ID          string    `json:"id"`                    // the sender's, or [ContentID]: the same event, the same ID
	Kind        Kind      `json:"kind"`                  //
	At          time.Time `json:"at"`                    // the product's own time
	Application string    `json:"application,omitempty"` // an ATS's event: its application's id
	Person      string    `json:"person,omitempty"`      // an ATS's event: the person's id, where the product says it
	Invitation  string    `json:"invitation,omitempty"`  // a vendor's event: the id that Invite returned ([Invited].Remote)
	Stage       string    `json:"stage,omitempty"`       // moved: the id of the stage entered; a hint, by which the host knows its own moves
	Tag         string    `json:"tag,omitempty"`         // found: the tag
	Reason      string    `json:"reason,omitempty"`      // failed, bounced: one word, as in [Refusal]
	Detail      string    `json:"detail,omitempty"`      // failed, bounced: for a person to read
	Assessment  string    `json:"assessment,omitempty"`  // requested: the id of one of the tests that an Answer listed
	Result      *Result   `json:"result,omitempty"`      // scored, completed
	Snapshot    *Snapshot `json:"snapshot,omitempty"`    // requested, where the ATS cannot be read
}

// Snapshot is what an event tells of its application because the ATS may not be readable: all that the host will know.
type Snapshot struct {
	Candidate Candidate `json:"candidate"`
	Callback  string    `json:"callback,omitempty"` // where the ATS wants to be told that it should ask how the test stands
	URL       string    `json:"url,omitempty"`      // the application's page, for a person
}

// Result is what a vendor found, at one revision. A nil number is one the vendor did not give.
type Result struct {
	Revision string   `json:"revision,omitempty"` // the vendor's number; empty: the host uses a hash of the content
	Final    bool     `json:"final"`              // false: some marking is still open
	Score    *float64 `json:"score,omitempty"`    // percent
	Points   *float64 `json:"points,omitempty"`   // as the vendor counts
	Max      *float64 `json:"max,omitempty"`      // the most points there are
	URL      string   `json:"url,omitempty"`      // the report, for a person to open; never one that expires
	Summary  string   `json:"summary,omitempty"`
	Tests    []Score  `json:"tests,omitempty"`
	Skills   []Score  `json:"skills,omitempty"`
}

// Score is one part of a Result.
type Score struct {
	Name  string   `json:"name"`
	Score *float64 `json:"score,omitempty"`
}

// Request is a webhook as it came in. Body is at most 1 MiB; Path is what follows the hook's secret.
type Request struct {
	Method  string
	Path    string
	Query   url.Values
	Header  http.Header
	Body    []byte
	Secrets []string // every live secret of this hook: any one may have signed
}

// Carries tells whether token is one of the live secrets, for products that send the secret itself instead of a signature made with it. It
// compares by [hmac.Equal], all of them, so that the time it takes tells nothing. An empty secret is none.
func (r Request) Carries(token string) bool {
	found := false
	for _, secret := range r.Secrets {
		found = hmac.Equal([]byte(secret), []byte(token)) && secret != "" || found
	}
	return found
}

// Received is what a webhook amounts to. The host stores Events durably before it answers. A zero Response is a plain 200. Where there is a
// Question, only the host knows the answer, which [TestPartner].Answer puts into words; Response is then not used. Notices are what the
// product complains of, for the operator to read: each a line, without personal data and secrets.
type Received struct {
	Events   []Event
	Response Response
	Question *Question
	Notices  []string
}

// Question is what an ATS that calls its partners for tests wants to know.
type Question struct {
	About Topic  `json:"about"`
	ID    string `json:"id,omitempty"` // of a requested event: the test that is asked about
}

// Topic is what a Question is about.
type Topic string

const (
	AboutTests   Topic = "tests"   // which tests can be requested
	AboutStatus  Topic = "status"  // how the test stands that the event ID requested
	AboutRequest Topic = "request" // not asked by the ATS: the host refused what the event ID requested, and the ATS is to be told so
)

// Answer is what the host knows. Only what the question is about is set.
type Answer struct {
	Tests   []Test      // that can be requested
	Status  *TestStatus // nil: no such test was requested
	Refused *Refusal    // why a request was refused
}

// Test is one that can be requested; its ID is to come back as [Event].Assessment.
type Test struct {
	ID   string
	Name string
}

// TestStatus is how a requested test stands, as far as rules report it.
type TestStatus struct {
	Complete bool
	Score    *float64 // percent
	URL      string   // of the report
}

// Response is what the sender of a webhook is answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// ContentID makes an event's ID of its content, for senders that give none: the same parts, the same ID.
func ContentID(parts ...string) string { return digest(parts) }

func digest(parts []string) string {
	h := sha256.New()
	for _, p := range parts {
		// Each part is closed by its own length, so that ("ab","c") and ("a","bc") differ.
		h.Write([]byte(p))
		h.Write([]byte{0, byte(len(p) >> 16), byte(len(p) >> 8), byte(len(p))})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
