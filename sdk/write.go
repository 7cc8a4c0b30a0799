package sdk

import (
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"
)

// Verb names one thing that a plugin may be able to do: a word of the HCL, one optional interface, one arm of a [Write].
type Verb string

// The verbs of a Write.
const (
	VerbTags      Verb = "tags"
	VerbLink      Verb = "link"
	VerbNote      Verb = "note"
	VerbFeedback  Verb = "feedback"
	VerbFields    Verb = "fields"
	VerbFile      Verb = "file"
	VerbReport    Verb = "report"
	VerbMove      Verb = "move"
	VerbInvite    Verb = "invite"
	VerbPosting   Verb = "posting"
	VerbOutcome   Verb = "outcome"
	VerbDelete    Verb = "delete"
	VerbAnonymize Verb = "anonymize"
	VerbAlert     Verb = "alert"
)

// The verbs that read: what else an open connection may declare.
const (
	VerbSearch      Verb = "search"      // [Searcher]
	VerbPostings    Verb = "postings"    // [PostingLister]
	VerbStages      Verb = "stages"      // [StageCatalog]
	VerbAssessments Verb = "assessments" // [Catalog]
	VerbPoll        Verb = "poll"        // [Poller]
	VerbDocuments   Verb = "documents"   // [Library]
	VerbFind        Verb = "find"        // [Finder]
	VerbPrepare     Verb = "prepare"     // [Preparer]
)

// Key names one effect for ever: the same on every attempt, never reused. It is a hash and says nothing of a person.
type Key string

// NewKey makes the key of what the parts identify.
func NewKey(parts ...string) Key { return Key(digest(parts)) }

// Marker is the key's short public form (80 bits), left where a person or a search can find it: the last line of a note, the suffix of a
// file's name, the vendor's external reference.
func (k Key) Marker() string {
	raw, err := hex.DecodeString(string(k))
	if err != nil || len(raw) < 10 {
		raw, _ = hex.DecodeString(digest([]string{string(k)}))
	}
	s := base32.StdEncoding.EncodeToString(raw[:10])
	return "ref:" + strings.Join([]string{s[0:4], s[4:8], s[8:12], s[12:16]}, "-")
}

// Write is one change to a product. Exactly one arm is set; the arm's verb says which.
type Write struct {
	Key       Key            `json:"key"`
	Tags      *Tags          `json:"tags,omitempty"`
	Link      *Link          `json:"link,omitempty"`
	Note      *Note          `json:"note,omitempty"`
	Feedback  *Feedback      `json:"feedback,omitempty"`
	Fields    *Fields        `json:"fields,omitempty"`
	File      *File          `json:"file,omitempty"`
	Report    *Report        `json:"report,omitempty"`
	Move      *Move          `json:"move,omitempty"`
	Invite    *Invitation    `json:"invite,omitempty"`
	Posting   *Posting       `json:"posting,omitempty"`
	Outcome   *Outcome       `json:"outcome,omitempty"`
	Delete    *Deletion      `json:"delete,omitempty"`
	Anonymize *Anonymization `json:"anonymize,omitempty"`
	Alert     *Alert         `json:"alert,omitempty"`
}

// Verb tells which arm is set; empty if none is.
func (w Write) Verb() Verb {
	switch {
	case w.Tags != nil:
		return VerbTags
	case w.Link != nil:
		return VerbLink
	case w.Note != nil:
		return VerbNote
	case w.Feedback != nil:
		return VerbFeedback
	case w.Fields != nil:
		return VerbFields
	case w.File != nil:
		return VerbFile
	case w.Report != nil:
		return VerbReport
	case w.Move != nil:
		return VerbMove
	case w.Invite != nil:
		return VerbInvite
	case w.Posting != nil:
		return VerbPosting
	case w.Outcome != nil:
		return VerbOutcome
	case w.Delete != nil:
		return VerbDelete
	case w.Anonymize != nil:
		return VerbAnonymize
	case w.Alert != nil:
		return VerbAlert
	}
	return ""
}

// Done is what a successful Write left behind. Remote is the product's id of what was made, if it made something.
type Done struct {
	Remote  string   `json:"remote,omitempty"`
	Invited *Invited `json:"invited,omitempty"` // of an Invite
}

// Tags is a swap of tags: Add before Remove, so that a crash leaves two and never none. Either may be empty.
type Tags struct {
	Application string   `json:"application"`
	Add         []string `json:"add,omitempty"`
	Remove      []string `json:"remove,omitempty"`
}

// Link is a URL shown on the candidate's page. Products without titles leave Title out.
type Link struct {
	Application string `json:"application"`
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
}

// Note is plain text on the application. The plugin ends it with the key's Marker on a line of its own.
type Note struct {
	Application string `json:"application"`
	Text        string `json:"text"`
	Score       int    `json:"score,omitempty"` // 1 to 4; 0: none
}

// Feedback fills in a form, named by its template, with what a vendor found. The plugin leaves the key's Marker in it.
type Feedback struct {
	Application string   `json:"application"`
	Template    string   `json:"template"`         // the name of a feedback template of the ATS
	Score       *float64 `json:"score,omitempty"`  // percent
	Rating      int      `json:"rating,omitempty"` // 1 to 4; 0: none
	Text        string   `json:"text,omitempty"`
}

// Fields sets custom fields to what they are to be: a repeat changes nothing.
type Fields struct {
	Application string  `json:"application"`
	Values      []Field `json:"values"` // each name once
}

// Field is one custom field: a number or a text.
type Field struct {
	Name   string   `json:"name"`
	Number *float64 `json:"number,omitempty"`
	Text   string   `json:"text,omitempty"` // unless Number is set
}

// File attaches a document of a vendor's. The plugin puts the key's Marker into the file's name, before its extension. The host asks the
// vendor's [Library] for the document and checks its size and type before it is sent.
type File struct {
	Application string `json:"application"`
	Name        string `json:"name"`       // with its extension
	Type        string `json:"type"`       // a media type
	Size        int64  `json:"size"`       // bytes
	Role        string `json:"role"`       // what the vendor calls the document
	Invitation  string `json:"invitation"` // the vendor's id of whose document it is
}

// Report has an ATS that calls its partners for tests come and ask how one stands, at each address that it left for that.
type Report struct {
	Callbacks []string `json:"callbacks"`
}

// Move puts the application into another stage, named by the ATS's id. The host has read the application just before and moves forward only.
type Move struct {
	Application string `json:"application"`
	Stage       string `json:"stage"`
}

// Outcome tells a vendor what the ATS decided about the person behind the invitations: hired, unhired, rejected or unrejected.
type Outcome struct {
	Kind        Kind      `json:"kind"`
	At          time.Time `json:"at"`
	Person      string    `json:"person"`
	Invitations []string  `json:"invitations"` // the vendor's ids ([Invited].Remote)
}

// Deletion has a vendor remove a person: the named invitations, and, when Everywhere, whatever else it keeps under Person.
// Deleting what is gone already is success.
type Deletion struct {
	Person      string   `json:"person"`
	Invitations []string `json:"invitations,omitempty"`
	Everywhere  bool     `json:"everywhere,omitempty"`
}

// Anonymization has a vendor remove what names or describes a person: in the named invitations, and whatever else it keeps under Person.
// Anonymizing what is anonymous already is success.
type Anonymization struct {
	Person      string   `json:"person"`
	Invitations []string `json:"invitations,omitempty"`
}

// Alert tells the owner of the vendor's account something, by mail or however the vendor does.
type Alert struct {
	Application string `json:"application"` // whom it is about
	Text        string `json:"text"`
}

// Repeat says what a second attempt of a verb may do.
type Repeat string

const (
	Safe  Repeat = "safe"  // a repeat changes nothing: sets, upserts, absolute values
	Keyed Repeat = "keyed" // the product honours the Key as an idempotency key, for Promise.KeptFor
	Look  Repeat = "look"  // the plugin has Finder: it can tell whether the first attempt arrived
	Never Repeat = "never" // none of these: after an unknown outcome a person decides
)

// Promise is what a plugin says of one verb. The host believes it. A promise that cannot be (an unknown Repeat, Look without a [Finder],
// Keyed without KeptFor) is refused when the connection is opened, and by sdktest; whether the product keeps it, only its sandbox can show.
type Promise struct {
	Repeat  Repeat        `json:"repeat"`
	KeptFor time.Duration `json:"kept_for,omitempty"` // Keyed: how long the product remembers a key
	Settle  time.Duration `json:"settle,omitempty"`   // how long the product takes to show what it has just made; Look: 0 is [DefaultSettle]
}

// DefaultSettle is how long a Look waits for the product when its Promise does not say.
const DefaultSettle = 5 * time.Second

// DefaultPromise is what holds for a verb of a plugin that has no [Promiser] or leaves the verb to it. What a repeat would make a second of
// (a note, a feedback, a file, an alert, an invitation) is Look if the plugin is a [Finder] and else Never; every other verb is Safe: a plugin
// whose product makes two of a repeat must say so.
func DefaultPromise(v Verb, finder bool) Promise {
	switch v {
	case VerbNote, VerbFeedback, VerbFile, VerbAlert, VerbInvite:
		if finder {
			return Promise{Repeat: Look, Settle: DefaultSettle}
		}
		return Promise{Repeat: Never}
	}
	return Promise{Repeat: Safe}
}
