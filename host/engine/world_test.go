package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// world is an ATS and a vendor as they are, whatever a host believes: what their people see in the end is what tests look at. It outlives
// hosts, and a request that has reached it is carried out whether or not the host that sent it lives to hear of it.
type world struct {
	testing.TB
	mu       sync.Mutex
	apps     map[string]*sdk.Application
	notes    map[string][]note   // by application
	links    map[string][]string // by application
	moves    []string            // that hosts made
	sent     []sent
	told     []string // outcomes and deletions at the vendor
	left     []note   // by writes of other verbs, each said in a line
	document []byte   // that the vendor made; nil: not yet
	stages   []sdk.Stage
	tests    []sdk.Assessment
	promises
	fate   func(write) fate                // of each write; nil: all goes well
	unread func(conn, what string) error   // of each read; nil: all goes well
	hook   func(conn string, ev sdk.Event) // sends a webhook until it is accepted
	lanes  map[string]int                  // writes in flight, by host and application
	turns  int                             // that were given and neither taken nor given back
	calls  map[string]int                  // by connection and verb
	tried  map[sdk.Key]int                 // attempts
	flying sync.WaitGroup                  // what happens without anybody waiting for it
}

type note struct {
	key  sdk.Key
	text string
}

// sent is one invitation at the vendor: one mail to one person.
type sent struct {
	sdk.Invitation
	remote string
}

type promises map[sdk.Verb]sdk.Promise

// write is one attempt of one write.
type write struct {
	conn string
	sdk.Write
	attempt int // of this key, from 1
}

// fate is what becomes of one write.
type fate struct {
	reaches bool          // the product carries it out
	late    time.Duration // and that so much later
	slow    time.Duration // until the answer
	err     error         // of the answer
	status  int           // of the answer in the ledger; 0: there is none
	unsent  bool          // not a byte left
	panics  bool
}

var errCut = errors.New("connection reset by peer")

// The fates there are.
var (
	well         = fate{reaches: true, status: 201}
	lost         = fate{reaches: true, err: errCut}                        // done, and the answer was lost
	vanished     = fate{err: errCut}                                       // sent, and never arrived
	overtaken    = fate{reaches: true, late: 4 * time.Second, err: errCut} // done after the host has given up
	refused      = fate{err: sdk.Refuse("refused", "not this one"), status: 422}
	busy         = fate{err: sdk.Later(20*time.Second, errors.New("too many requests")), status: 429}
	disconnected = fate{err: sdk.ErrDisconnected, status: 401}
	unsent       = fate{err: errCut, unsent: true}
)

func newWorld(t testing.TB) *world {
	return &world{
		TB: t, apps: map[string]*sdk.Application{}, notes: map[string][]note{}, links: map[string][]string{},
		lanes: map[string]int{}, calls: map[string]int{}, tried: map[sdk.Key]int{},
		stages: []sdk.Stage{
			{ID: "new", Name: "New", Index: 0}, {ID: "test", Name: "Assessment", Index: 1}, {ID: "talk", Name: "Interview", Index: 2},
			{ID: "offer", Name: "Offer", Index: 3},
		},
		tests: []sdk.Assessment{{ID: "go", Name: "Go"}},
		promises: promises{
			sdk.VerbInvite: {Repeat: sdk.Keyed, KeptFor: 30 * 24 * time.Hour},
			sdk.VerbNote:   {Repeat: sdk.Look, Settle: 10 * time.Second},

			sdk.VerbFeedback: {Repeat: sdk.Look, Settle: 10 * time.Second}, sdk.VerbFile: {Repeat: sdk.Look, Settle: 10 * time.Second},
			sdk.VerbAlert: {Repeat: sdk.Look, Settle: 10 * time.Second},
		},
		hook: func(string, sdk.Event) {},
	}
}

// apply has somebody apply.
func (w *world) apply(id string, but ...func(*sdk.Application)) {
	app := &sdk.Application{
		ID: id, Person: "person of " + id, Candidate: sdk.Candidate{Name: "Ann", Email: "ann@example.test"},
		Posting: sdk.Posting{ID: "job", Name: "Engineer"}, Stage: w.stages[0], Applied: time.Now(), Origin: "applied", Active: true,
	}
	for _, b := range but {
		b(app)
	}
	w.mu.Lock()
	w.apps[id] = app
	w.mu.Unlock()
	w.tell(sdk.Event{ID: "applied " + id, Kind: sdk.KindApplied, Application: id})
}

// move has a recruiter move an application.
func (w *world) move(id, stage string) {
	w.change(id, func(a *sdk.Application) { w.enter(a, stage) })
	w.tell(sdk.Event{ID: fmt.Sprint("moved ", id, stage, time.Now()), Kind: sdk.KindMoved, Application: id})
}

func (w *world) enter(a *sdk.Application, stage string) {
	i := slices.IndexFunc(w.stages, func(s sdk.Stage) bool { return s.ID == stage || s.Name == stage })
	a.Stage, a.StageSince = w.stages[i], time.Now()
}

// change has a recruiter change an application, of which no webhook tells.
func (w *world) change(id string, f func(*sdk.Application)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.apps[id])
}

// tell sends an ATS's webhook.
func (w *world) tell(ev sdk.Event) {
	ev.At = time.Now()
	w.hook(lever, ev)
}

// says sends a vendor's webhook about the n-th invitation, from 0.
func (w *world) says(n int, kind sdk.Kind, result *sdk.Result) {
	w.mu.Lock()
	remote := w.sent[n].remote
	w.mu.Unlock()
	id := fmt.Sprint(kind, remote)
	if result != nil {
		id += result.Revision
	}
	w.hook(alva, sdk.Event{ID: id, Kind: kind, At: time.Now(), Invitation: remote, Result: result})
}

// reads and writes say what becomes of each from now on.
func (w *world) reads(f func(conn, what string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unread = f
}

func (w *world) writes(f func(write) fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate = f
}

// mails is how many invitations the vendor has sent, to whomever.
func (w *world) mails() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

// seen is what people see of one application, at both products.
type seen struct {
	Mails  int
	Notes  []string
	Links  []string
	Tags   []string
	Stage  string
	Copies string // of a note or invitation that is there more than once
}

func (w *world) see(id string) seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := seen{Links: w.links[id]}
	for _, i := range w.sent {
		if i.Application == id {
			s.Mails++
		}
	}
	keys := map[sdk.Key]int{}
	for _, n := range w.notes[id] {
		s.Notes = append(s.Notes, n.text)
		if keys[n.key]++; keys[n.key] > 1 {
			s.Copies += "note " + n.text
		}
	}
	if a := w.apps[id]; a != nil {
		s.Stage, s.Tags = a.Stage.Name, slices.Sorted(slices.Values(a.Tags))
	}
	return s
}

// carryOut is what the products make of a write.
func (w *world) carryOut(change sdk.Write) sdk.Done {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := applicationOf(change)
	app := w.apps[id]
	switch {
	case change.Tags != nil && app != nil:
		for _, t := range change.Tags.Add {
			if !slices.Contains(app.Tags, t) {
				app.Tags = append(app.Tags, t)
			}
		}
		app.Tags = slices.DeleteFunc(app.Tags, func(t string) bool { return slices.Contains(change.Tags.Remove, t) })
	case change.Link != nil:
		if !slices.Contains(w.links[id], change.Link.URL) {
			w.links[id] = append(w.links[id], change.Link.URL)
		}
	case change.Note != nil:
		w.notes[id] = append(w.notes[id], note{change.Key, change.Note.Text})
	case change.Move != nil && app != nil:
		w.moves = append(w.moves, app.Stage.Name+" to "+change.Move.Stage)
		w.enter(app, change.Move.Stage)
		echo := sdk.Event{
			ID: "echo of " + string(change.Key), Kind: sdk.KindMoved, At: time.Now().Add(-time.Millisecond), Application: id,
			Stage: change.Move.Stage,
		}
		w.flying.Go(func() { w.hook(lever, echo) })
	case change.Invite != nil:
		return w.invite(*change.Invite)
	case change.Posting != nil:
		return sdk.Done{Remote: "copy of " + change.Posting.ID}
	case change.Outcome != nil:
		w.told = append(w.told, fmt.Sprint(change.Outcome.Kind, " ", change.Outcome.Invitations))
	case change.Feedback != nil:
		f := change.Feedback
		w.left = append(w.left, note{change.Key, fmt.Sprintf("feedback %q: %v percent, %d of 4, %q", f.Template, *f.Score, f.Rating, f.Text)})
	case change.Fields != nil:
		line := "fields"
		for _, f := range change.Fields.Values {
			line += fmt.Sprintf(" %s=%v", f.Name, *f.Number)
		}
		w.left = append(w.left, note{change.Key, line})
	case change.File != nil:
		f := change.File
		w.left = append(w.left, note{change.Key, fmt.Sprintf("file %q of %s, %d bytes, of %s", f.Name, f.Type, f.Size, f.Invitation)})
	case change.Report != nil:
		w.left = append(w.left, note{change.Key, fmt.Sprint("report to ", change.Report.Callbacks)})
	case change.Alert != nil:
		w.left = append(w.left, note{change.Key, "alert " + change.Alert.Text})
	case change.Anonymize != nil:
		w.told = append(w.told, fmt.Sprint("anonymize ", change.Anonymize.Person, " ", change.Anonymize.Invitations))
	case change.Delete != nil:
		w.told = append(w.told, fmt.Sprint("delete ", change.Delete.Invitations, " everywhere ", change.Delete.Everywhere))
	}
	return sdk.Done{}
}

// invite sends a mail, unless the vendor keeps idempotency keys and knows this one.
func (w *world) invite(inv sdk.Invitation) sdk.Done {
	if w.promises[sdk.VerbInvite].Repeat == sdk.Keyed {
		for _, s := range w.sent {
			if s.Key != inv.Key {
				continue
			}
			if !reflect.DeepEqual(s.Invitation, inv) {
				w.Errorf("the key of an invitation came again with another body: %+v, before %+v", inv, s.Invitation)
			}
			return invitedAs(s.remote)
		}
	}
	if slices.ContainsFunc(w.told, func(told string) bool { return strings.HasPrefix(told, "delete") }) {
		w.Errorf("an invitation arrives after the deletion: %+v", inv)
	}
	w.sent = append(w.sent, sent{inv, fmt.Sprintf("inv%d", len(w.sent))})
	return invitedAs(w.sent[len(w.sent)-1].remote)
}
