// Package rule decides: events and what is known become a plan; no I/O.
//
// [Compile] turns one pairing block of the HCL into a [Pairing]. An ATS's event goes to [Pairing.Decide], which says whom to invite; a
// step in an invitation's life goes to [Pairing.Follow], which says what to write; [Pairing.Tags] says which tags should be there now.
// Each answer carries a [Decision] for every guard and rule that was reached, so that "why was she not invited?" has an answer with a line.
// [Pairing.Needs] tells what the pairing asks of its two products.
//
// What rules may do is one table (actions.go), what may stand in a pairing another (schema.go), what expressions may say is in language.
//
// # Why
//
// A refusal is judged again whenever something happens, so nothing is remembered here: what is known comes in, and what an attempt
// consumes goes out with it. The trigger facts are the ATS's own (entered the stage then, applied then, the tag's second appearance), so a
// webhook, its repeat and an hourly scan that mean the same lead to one invitation.
package rule

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Mode is how far a pairing acts.
type Mode string

const (
	Live   Mode = "live"
	Shadow Mode = "shadow" // decides, and the caller does nothing of it
	Off    Mode = "off"    // every rule reached is refused; tags are left as they are, so the caller does not ask for them
)

// Modes are all modes; each acts less than the one before.
var Modes = []Mode{Live, Shadow, Off}

// Lower lets a pairing act no further than to a mode. It is called before the pairing is used.
func (p *Pairing) Lower(to Mode) {
	if slices.Index(Modes, to) > slices.Index(Modes, p.Mode) {
		p.Mode = to
	}
}

// Mirror is what the vendor's copy follows.
type Mirror struct {
	Postings       time.Duration // how often unchanged postings are looked through; 0: not at all
	Outcomes       []sdk.Kind    // hired, unhired, rejected, unrejected
	Deletions      bool
	Anonymizations bool
}

// Pairing is one ATS connection and one vendor connection, and what to do on which event. It is immutable and may be used concurrently.
type Pairing struct {
	Label  string
	ATS    string // connection: "ats.main"
	Vendor string // connection: "vendor.toy"
	Mode   Mode
	Mirror Mirror
	Limit  int       // how many invitations it may send an hour, requested ones not counted; 0: any number
	Former []string  // what it was called before, the newest name first
	Range  hcl.Range // of the block's header

	guards    []*guard
	rules     map[sdk.Kind][]*on
	groups    []*group
	near      []wanted
	needs     Needs
	evaluator *language.Evaluator
}

// Known is what a decision rests on besides the event.
type Known struct {
	Application sdk.Application
	Invitations []invitation.Invitation // of this ATS, vendor and application, by whatever pairing; oldest first
	Assessments []sdk.Assessment        // the vendor's catalogue, where Needs asks for it
	// Appearances says how often a scanned tag has appeared so far, the appearance that this read shows included. [Tagged] tells
	// whether it shows it.
	Appearances map[string]int
	Used        []string // facts that are the baseline: there before the host looked for the first time, so no news
}

// Plan is what should be done.
type Plan struct {
	Invites   []Invite
	Writes    []Write // in the order in which they should arrive
	Decisions []Decision
	Near      []Near
}

// Invite is one attempt to have the candidate assessed. With Failed it has failed before the vendor was called.
type Invite struct {
	Assessment   string   `json:"assessment,omitempty"`    // as the rule names it; empty: the vendor chooses by the posting
	AssessmentID string   `json:"assessment_id,omitempty"` // the vendor's
	Attempt      int      `json:"attempt"`
	Facts        []string `json:"facts"` // the trigger facts that it consumes: all that are true at this read
	Failed       *Failure `json:"failed,omitempty"`
}

// Failure is why an invitation has failed: missing_email, invalid_email, unknown_assessment, or a guard's label.
type Failure struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"` // for a person to read
}

// Write is something to write into the ATS; an alert goes to the vendor. Write has one arm set and no Key, which is made of the invitation,
// the slot and the occurrence. The stage of a move is named as in the file. What only the engine knows is left to it: a file's type, size
// and invitation, a report's callbacks.
type Write struct {
	Slot   string             `json:"slot"`
	Write  sdk.Write          `json:"write"`
	Report *invitation.Report `json:"report,omitempty"` // of a report: what the ATS is answered from now on
}

// Verdict is what a rule came to.
type Verdict string

const (
	Invited Verdict = "invited"
	Failed  Verdict = "failed"  // an invitation that failed before the vendor was called
	Refused Verdict = "refused" // nobody is invited; Reason says why
	Passed  Verdict = "passed"  // a guard that lets pass
	Denied  Verdict = "denied"  // a guard that does not
	Written Verdict = "written"
	Skipped Verdict = "skipped" // nothing is written; Reason says why
	Shown   Verdict = "shown"   // a tag group shows Detail
)

// Reasons of a refusal or a skip. An invitation's failure has those of [Failure].
const (
	ReasonOff            = "off"
	ReasonNotHere        = "not_here"
	ReasonWhen           = "when" // the rule's own condition does not hold
	ReasonGuard          = "guard"
	ReasonNotActive      = "not_active"
	ReasonNoAssessment   = "no_assessment"
	ReasonAlreadyInvited = "already_invited"
	ReasonUsed           = "used"     // the fact has led to an attempt already
	ReasonBaseline       = "baseline" // the fact was there before the host looked for the first time
	ReasonNull           = "null"     // a required argument is null or empty
	ReasonDuplicate      = "duplicate"
	ReasonError          = "error" // an expression failed that the check at load let pass
)

// Decision is what one guard or rule came to, and why. Detail may show values of candidates, so it is kept sealed.
type Decision struct {
	Rule    string  `json:"rule"` // guard "blocked origin", on moved, tags "status"
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// Near is a tag that would match one of the pairing's if case, dashes, quotes and blanks did not matter: most likely a slip of somebody's.
type Near struct {
	Tag    string `json:"tag"`
	Wanted string `json:"wanted"`
}

// Scan is a tag that is looked for at intervals.
type Scan struct {
	Tag   string
	Every time.Duration
}

// Stage is a stage that the file names, by its name or id.
type Stage struct {
	Name  string
	Range hcl.Range
}

// Use is a verb and who needs it.
type Use struct {
	Verb  sdk.Verb
	By    string // as in Decision.Rule
	Range hcl.Range
}

// Side is what a pairing asks of one of its products: the events that it waits for, and the verbs beyond those that every plugin has.
type Side struct {
	Events []sdk.Kind
	Verbs  []Use
}

// Needs is what a pairing asks of its products.
type Needs struct {
	ATS         Side
	Vendor      Side
	Stages      []Stage
	Scans       []Scan
	Templates   []string // of feedback
	Fields      []string // custom ones, as far as their names depend on no result
	Assessments bool     // rules look at the vendor's catalogue
	Requests    bool     // the ATS may request what is in it: on requested
}

// Needs tells what the pairing asks of its products.
func (p *Pairing) Needs() Needs { return p.needs }

// Hears tells whether any rule waits for the event.
func (p *Pairing) Hears(k sdk.Kind) bool { return len(p.rules[k]) > 0 }

// Told tells whether an ATS or a vendor tells of such an event at all.
func Told(k sdk.Kind) bool {
	_, ok := language.Events[k]
	return ok || OfATS(k)
}

// OfATS tells whether an ATS, or a scan of it, tells of the event, so that it goes to Decide.
func OfATS(k sdk.Kind) bool {
	return language.Events[k].ATS || mirrored(k)
}

// mirrored tells whether no rule waits for an event, but mirror may follow it.
func mirrored(k sdk.Kind) bool {
	return slices.Contains(outcomes, k) || k == sdk.KindDeleted || k == sdk.KindAnonymized
}
