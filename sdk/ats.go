package sdk

import (
	"context"
	"io"
	"iter"
	"time"
)

// ATS is one connection to an applicant tracking system. Methods may be called concurrently.
type ATS interface {
	// Receive verifies a webhook and translates it. It makes no network call and takes less than 5 s. An unknown event is no error, only
	// no events. What an error becomes: [ErrUnauthorized], for what no live secret signed, is answered 401; a [Refuse], for what is signed
	// and makes no sense however often it comes, 400; any other error 503, and the sender repeats it. Nothing is stored of any of them.
	Receive(ctx context.Context, r Request) (Received, error)
	// Application reads the truth now. [ErrNotFound] when the product says there is none; a [Refuse] when it may not be read, or not be acted on.
	Application(ctx context.Context, id string) (Application, error)
}

// Application is one person's candidacy for one posting (some products say opportunity), as just read.
type Application struct {
	ID           string    `json:"id"`
	Person       string    `json:"person"` // the ATS's id of the person: may change when people are merged
	Candidate    Candidate `json:"candidate"`
	Posting      Posting   `json:"posting"`              // zero: a candidacy without a posting
	Stage        Stage     `json:"stage"`                //
	StageSince   time.Time `json:"stage_since,omitzero"` // when the stage was entered; zero: made there, or not known
	Applied      time.Time `json:"applied,omitzero"`     // when the application was made; zero: never applied
	Origin       string    `json:"origin,omitempty"`     // the ATS's own word: applied, sourced, referred, …
	Tags         []string  `json:"tags,omitempty"`       // all tags
	OwnTags      []string  `json:"own_tags,omitempty"`   // without those that the ATS derives from the posting
	Confidential bool      `json:"confidential"`         //
	Active       bool      `json:"active"`               // neither archived, rejected nor hired
	URL          string    `json:"url,omitempty"`        // its page, for a person
}

// Candidate is the person as far as an invitation needs her.
type Candidate struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

// Posting is a job that people apply to.
type Posting struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Team          string   `json:"team,omitempty"`
	HiringManager string   `json:"hiring_manager,omitempty"` // an e-mail address
	Description   string   `json:"description,omitempty"`    // plain text, as people who apply read it
	Salary        string   `json:"salary,omitempty"`         // as people who apply read it: "EUR 60,000 to 80,000 a year"
	Tags          []string `json:"tags,omitempty"`
}

// Stage is a step of the pipeline. Index is its place: a higher one lies further ahead; -1 when the product's answer does not say.
type Stage struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Index int    `json:"index"`
}

// Tagger adds and removes tags in one call, adding first.
type Tagger interface {
	Tag(ctx context.Context, key Key, t Tags) error
}

// Linker shows a link on the candidate's page.
type Linker interface {
	Link(ctx context.Context, key Key, l Link) error
}

// Noter writes a note and returns the product's id of it.
type Noter interface {
	Note(ctx context.Context, key Key, n Note) (remote string, err error)
}

// FeedbackWriter fills in a feedback form on the application and returns the product's id of it.
type FeedbackWriter interface {
	Feedback(ctx context.Context, key Key, f Feedback) (remote string, err error)
}

// FieldWriter sets custom fields of the application: it makes those that are missing and leaves all others as they are.
type FieldWriter interface {
	Fields(ctx context.Context, key Key, f Fields) error
}

// FileWriter attaches a file to the application and returns the product's id of it. It reads content once, to its end; an error of content
// is returned, and no part of the file is left at the product.
type FileWriter interface {
	File(ctx context.Context, key Key, f File, content io.Reader) (remote string, err error)
}

// TestPartner is an ATS that calls its partners for tests, and learns how they stand by asking again.
type TestPartner interface {
	// Report tells the ATS that the tests of an invitation stand as they do now: it comes and asks.
	Report(ctx context.Context, key Key, r Report) error
	// Answer puts what the host knows into the ATS's words. It makes no call.
	Answer(ctx context.Context, q Question, a Answer) (Response, error)
}

// Mover moves an application to a stage.
type Mover interface {
	Move(ctx context.Context, key Key, m Move) error
}

// Searcher finds applications. The sequences end at the first error; both may yield an application twice.
type Searcher interface {
	// Tagged yields the ids of active applications that carry the tag, byte for byte, confidential ones left out where the product allows.
	Tagged(ctx context.Context, tag string) iter.Seq2[string, error]
	// Changed yields the ids of applications changed at or after since.
	Changed(ctx context.Context, since time.Time) iter.Seq2[string, error]
}

// PostingLister yields the postings that people can apply to.
type PostingLister interface {
	Postings(ctx context.Context) iter.Seq2[Posting, error]
}

// StageCatalog yields the stages in the order of the pipeline.
type StageCatalog interface {
	Stages(ctx context.Context) iter.Seq2[Stage, error]
}

// Finder looks whether an earlier attempt of a write arrived, after all pages were read.
type Finder interface {
	Find(ctx context.Context, w Write) (Finding, error)
}

// Verdict is a Finder's answer.
type Verdict string

const (
	Present Verdict = "found"
	Absent  Verdict = "absent"
	Cannot  Verdict = "cannot" // the product gives no way to tell
)

// Finding is what a look found: when Present, what the write left behind. More is how many copies beyond the first there are.
type Finding struct {
	Verdict Verdict
	Done    Done
	More    int
}

// Promiser tells how a verb repeats; the zero Promise leaves it to [DefaultPromise].
type Promiser interface {
	Promise(v Verb) Promise
}

// Preparer makes at the product what the rules in use need, never twice, and names what it cannot. It runs at connect, at start and nightly.
// What was made before an error is returned along with it.
type Preparer interface {
	Prepare(ctx context.Context, n Needs) (Prepared, error)
}

// Needs is what the configuration in use asks of a product.
type Needs struct {
	HookURL   string   // where webhooks should go; empty: not known, so check only
	Hooks     []string // the product's ids of the webhooks that were made by an earlier Prepare: nobody else's are ours to touch
	Events    []Kind   // what the rules wait for
	Verbs     []Verb   // what the rules write
	Templates []string // names of feedback templates in use
	Fields    []string // names of custom fields in use
}

// Prepared is what Prepare made, and what a person must mend.
type Prepared struct {
	Hooks    []Hook // that were made just now
	Problems []Problem
}

// Hook is a webhook that was made at the product.
type Hook struct {
	ID     string // the product's
	Secret string // that signs its requests; empty: none of its own
}

// Problem is something a person must mend at the product: what is wrong, and what mends it.
type Problem struct {
	Summary string `json:"summary"`
	Fix     string `json:"fix"`
}
