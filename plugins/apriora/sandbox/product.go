// Package sandbox is an imitation of Apriora's API, as its reference sheet says it behaves; run as "patchbay-apriora sandbox".
//
// Apriora documents reads and four webhooks, which are here as documented, and the sheet proposes the rest (section 3.B) on the kernel that
// all proposed APIs share (0.4, 0.5): [New] builds it into a [kit.World], which brings clock, mail, webhooks and control plane. A position
// is an interview that Alex holds; an invite is one attempt to hold it with one candidate, whose status only the functions in life.go
// change; each change is told to the webhook. api.go is what programs see, act.go and page.go what people do, report.go what Alex wrote.
//
// # Acts
//
// POST /_sandbox/acts/VERB; those about an invite name it by one or more of invite, candidate (Apriora's ids), application, posting (the
// ATS's) and email, and mean the newest. They answer with its state, as GET /_sandbox/state/invites lists it.
//
//	open, start, pause, end, abandon, expire, cancel, miss
//	book {at}                                 a slot; by default the same time tomorrow. Who is not there within 10 minutes has missed it
//	complete {score, feedback, skills, report_delay, serve}    the interview from where it stands to its report; no score: none.
//	                                          report_delay ("6m") is how much later the PDF comes; serve as below
//	report {serve}                            what the URL of the PDF gives: pdf, moved (to another URL of ours), html, disguised (HTML
//	                                          called a PDF), large (40 MB), unmeasured (the same, its size not said), loopback, foreign or
//	                                          circle (redirects), gone; never: there is no URL
//	bounce {type, reason}, fail {reason}
//	webhook {url, secret}                     the one address that webhooks go to; rotate-secret {secret}: both sign for a day
//	invitation-delay {by}                     mail goes out so much later: until then an invite is TRIGGERED
//	retakes {allowed}                         whether who completed an interview may be invited to it again; not by default
//	revoke-key, restore-key
//
// GET /_sandbox/state/ invites, positions, candidates, reports or webhook; state alone is all of them.
//
// # Why
//
// One lock guards everything: nothing waits under it, since mail and webhooks are handed to the World. So every read agrees with every
// event that was sent, which is what the plugin is tested against.
//
// The documented bodies name candidate and position, no attempt, and two attempts may share both. So from the second attempt on, and only
// then, a webhook's data has "attempt" as well.
package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

type product struct {
	*kit.World
	gate  *kernel.Gate
	hooks *kernel.Hooks
	ids   *kernel.IDs
	key   string // signs the URLs of files

	mu         sync.Mutex // guards all the rest, hooks and ids as well
	delay      time.Duration
	retakes    bool
	positions  []*position
	candidates []*candidate
	invites    []*invite // as they were made
	reports    []*report
}

// position is an interview: a posting of the ATS, by which it is named there.
type position struct {
	PositionID  string   `json:"positionId"`
	ExternalID  string   `json:"externalId"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Salary      *salary  `json:"salary"`
	Modality    string   `json:"modality"`
	Questions   []string `json:"questions"`
}

type salary struct {
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Currency string   `json:"currency"`
	Interval string   `json:"interval"`
}

// candidate is a person, known by her address.
type candidate struct {
	CandidateID string  `json:"candidateId"`
	Email       string  `json:"email"`
	FirstName   string  `json:"firstName"`
	LastName    string  `json:"lastName"`
	ResumeURL   *string `json:"resumeUrl"`
	erased      bool
}

// New builds the product.
func New(w *kit.World) kit.Product {
	p := &product{World: w, key: w.Hex(16), ids: kernel.NewIDs(w)}
	p.gate = kernel.NewGate(w, &p.mu, kernel.Header("X-API-Key"), w.APIKey)
	p.hooks = kernel.NewHooks(w, &p.mu, p.ids, events...)
	if !w.Empty {
		p.positions = append(p.positions, p.newPosition("example", positionPut{
			Title: "Support engineer", Description: "Keep what others build on running.", Modality: "VIDEO",
		}))
	}
	return kit.Product{API: p.api(), Acts: p.acts(), State: kit.Parts(&p.mu, p.parts()), Page: p.page, Fault: kernel.Fault}
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

func (p *product) position(id string) *position {
	return find(p.positions, func(at *position) bool { return at.PositionID == id })
}

// candidate is the one with the id, also after she was erased; nil if there never was one.
func (p *product) candidate(id string) *candidate {
	return find(p.candidates, func(c *candidate) bool { return c.CandidateID == id })
}

// positionPut is the body of PUT /positions/external/{externalId}.
type positionPut struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Salary      *salary `json:"salary"`
	Modality    string  `json:"modality"`
}

var (
	modalities = []string{"VIDEO", "PHONE"}
	intervals  = []string{"HOUR", "DAY", "WEEK", "MONTH", "YEAR"}
)

func (in positionPut) check() error {
	switch s := in.Salary; {
	case strings.TrimSpace(in.Title) == "":
		return kernel.Malformed("title", "a position needs a title")
	case !slices.Contains(modalities, in.Modality):
		return kernel.Malformed("modality", "modality is VIDEO or PHONE")
	case s == nil:
	case len(s.Currency) != 3 || strings.ToUpper(s.Currency) != s.Currency:
		return kernel.Malformed("salary.currency", "currency is three capital letters")
	case !slices.Contains(intervals, s.Interval):
		return kernel.Malformed("salary.interval", "interval is HOUR, DAY, WEEK, MONTH or YEAR")
	case s.Min == nil && s.Max == nil || s.Min != nil && s.Max != nil && *s.Min > *s.Max:
		return kernel.Malformed("salary", "a salary has min, max or both, and min is not above max")
	}
	return nil
}

func (p *product) newPosition(external string, in positionPut) *position {
	at := &position{PositionID: p.ids.Next("pos"), ExternalID: external}
	at.take(in)
	at.generate()
	return at
}

func (at *position) take(in positionPut) {
	at.Title, at.Description, at.Salary, at.Modality = in.Title, in.Description, in.Salary, in.Modality
}

// generate makes the interview from what the position says.
func (at *position) generate() {
	at.Questions = []string{"What have you done that prepares you for the work of a " + at.Title + "?"}
	if first, _, _ := strings.Cut(strings.TrimSpace(at.Description), "\n"); first != "" {
		at.Questions = append(at.Questions, "The posting says: "+first+" How would you go about it?")
	}
	if at.Salary != nil {
		at.Questions = append(at.Questions, "Does the salary that we offer, in "+at.Salary.Currency+", suit you?")
	}
}

// putPosition makes or updates the position of a posting. Its questions are generated until somebody has been invited: then people have
// edited them, and candidates are to be asked the same.
func (p *product) putPosition(r *http.Request, body []byte) (int, any, error) {
	var in positionPut
	if err := kernel.Decode(body, &in); err != nil {
		return 0, nil, err
	}
	if err := in.check(); err != nil {
		return 0, nil, err
	}
	external := r.PathValue("external")
	at := find(p.positions, func(at *position) bool { return at.ExternalID == external })
	if at == nil {
		at = p.newPosition(external, in)
		p.positions = append(p.positions, at)
		return http.StatusCreated, at, nil
	}
	at.take(in)
	if find(p.invites, func(i *invite) bool { return i.PositionID == at.PositionID }) == nil {
		at.generate()
	}
	return http.StatusOK, at, nil
}
