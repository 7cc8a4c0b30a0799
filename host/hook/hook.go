// Package hook is the door: requests of ATSs and vendors go to a plugin, their events to the journal.
//
// A [Door] answers /hooks/<connection>/<secret>/…. Cheap checks come first: how many are in flight, the secret, the body's bound, a scan of
// its JSON for depth and tokens; then the plugin verifies and translates, the journal stores, and only then is 200 said. [NewServer] is the
// server that it stands in, which bounds what a sender costs who never gets so far.
//
// # Why
//
// A 200 cannot be taken back, so whatever keeps an event from being stored is a 503 with Retry-After: the sender's own retry queue is our
// overflow. A wrong address and a wrong secret look the same from outside, and so do all forgeries. What has come whole is seen through even
// if its sender does not wait for the answer. Nothing of the rules runs on this path.
package hook

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Receiver is the part of a connection that the door needs.
type Receiver interface {
	Receive(ctx context.Context, r sdk.Request) (sdk.Received, error)
	Answer(ctx context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error)
}

// Answers is who knows what an ATS asks that calls its partners for tests.
type Answers interface {
	Answer(ctx context.Context, conn string, q sdk.Question) (sdk.Answer, error)
	// Decided returns when the request with that event's id, which is accepted, has been decided; refused says why nobody is invited.
	Decided(ctx context.Context, conn, id string) (refused *sdk.Refusal, err error)
}

// Entrance is one connection's way in.
type Entrance struct {
	Conn    string
	Secret  string   // in the path; who has none cannot be entered
	Signing []string // every live secret that may have signed; once it is open, guarded by the door's lock
	Plugin  Receiver

	inFlight atomic.Int32
	last     map[Outcome]time.Time // guarded by the door's lock
	notices  []notice              // so are these, the newest last
}

// Journal is where events are kept.
type Journal interface {
	Append(ctx context.Context, conn string, events []sdk.Event, now time.Time) ([]journal.Subject, error)
}

// Door is the HTTP handler of all entrances. Fill the fields, then serve.
type Door struct {
	Journal Journal
	Answers Answers
	News    func(journal.Subject) // told of each subject that has news, after it is durable
	Now     func() time.Time
	Log     *slog.Logger

	inFlight atomic.Int32
	crowd    atomic.Int64 // when there was one last, in ns since 1970

	mu        sync.Mutex
	entrances map[string]*Entrance
	counts    map[Outcome]int64
}

// Outcome is what became of a request.
type Outcome string

const (
	Accepted  Outcome = "accepted"  // its events are durable
	Repeated  Outcome = "repeated"  // all of them were accepted before
	Ignored   Outcome = "ignored"   // it means nothing to us: a test delivery, an event of no interest
	Answered  Outcome = "answered"  // it asked what only the host knows
	Unknown   Outcome = "unknown"   // no such hook
	Forged    Outcome = "forged"    // signed by no live secret
	Malformed Outcome = "malformed" // out of bounds, or not understood
	Overload  Outcome = "overload"  // too many in flight
	Failed    Outcome = "failed"    // the plugin or the journal could not
)

// refusal is why a request does not get its plugin's answer, and what it gets.
type refusal struct {
	outcome Outcome
	status  int
	text    string
}

var (
	noHook    = &refusal{Unknown, http.StatusNotFound, "no such hook"}
	tooMany   = &refusal{Overload, http.StatusServiceUnavailable, "too many requests in flight"}
	encoded   = &refusal{Malformed, http.StatusUnsupportedMediaType, "an encoded body is not accepted"}
	tooLarge  = &refusal{Malformed, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"}
	tooSlow   = &refusal{Malformed, http.StatusRequestTimeout, "the body did not arrive in time"}
	cutShort  = &refusal{Malformed, http.StatusBadRequest, "the body did not arrive whole"}
	noJSON    = &refusal{Malformed, http.StatusBadRequest, "the body is not valid JSON"}
	tooDeep   = &refusal{Malformed, http.StatusBadRequest, fmt.Sprintf("the body's JSON is deeper than %d or longer than %d tokens", maxDepth, maxTokens)}
	forged    = &refusal{Forged, http.StatusUnauthorized, "signed by no live secret"}
	notReady  = &refusal{Failed, http.StatusServiceUnavailable, "not ready"}
	tooMuch   = &refusal{Malformed, http.StatusRequestEntityTooLarge, "its events are too large to be kept"}
	notStored = &refusal{Failed, http.StatusServiceUnavailable, "not stored"}
)

// Open adds an entrance, or replaces the one of the same connection.
func (d *Door) Open(e *Entrance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entrances == nil {
		d.entrances = map[string]*Entrance{}
	}
	d.entrances[e.Conn] = e
}

// Trust replaces the secrets that may have signed requests to a connection.
func (d *Door) Trust(conn string, signing []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.entrances[conn]; e != nil {
		e.Signing = signing
	}
}

func (d *Door) signing(e *Entrance) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return e.Signing
}

// Counts is how many requests had each outcome since the start.
func (d *Door) Counts() map[Outcome]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}

// Last is when each outcome was last that of a request to a connection, so that an operator sees whether its webhooks arrive.
func (d *Door) Last(conn string) map[Outcome]time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.entrances[conn]; e != nil {
		return maps.Clone(e.last)
	}
	return nil
}

func (d *Door) remember(e *Entrance, o Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.last == nil {
		e.last = map[Outcome]time.Time{}
	}
	e.last[o] = d.Now()
}

func (d *Door) count(o Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts == nil {
		d.counts = map[Outcome]int64{}
	}
	d.counts[o]++
}

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, outcome, no := d.serve(w, r)
	if no != nil {
		d.count(no.outcome)
		if no.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", strconv.Itoa(5+rand.IntN(11))) // not all at once
		}
		http.Error(w, no.text, no.status)
		return
	}
	d.count(outcome)
	for name, values := range answer.Header {
		if name = http.CanonicalHeaderKey(name); !slices.Contains(framing, name) && !strings.HasPrefix(name, http.TrailerPrefix) {
			w.Header()[name] = values
		}
	}
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = w.Write(answer.Body) // an error means that the sender has left
}

// framing are the headers that say where an answer ends, which is not for a plugin to say. The server sees to line breaks in the others.
var framing = []string{"Connection", "Content-Length", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade"}

// Crowded tells whether so many are at the door, or were only just, that work had better wait.
func (d *Door) Crowded() bool {
	return d.inFlight.Load() >= crowded || time.Since(time.Unix(0, d.crowd.Load())) < crowdTime
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request) (answer sdk.Response, outcome Outcome, no *refusal) {
	e, rest := d.find(r.URL)
	if e == nil {
		return sdk.Response{}, "", noHook
	}
	defer func() {
		if no != nil {
			d.remember(e, no.outcome)
			return
		}
		d.remember(e, outcome)
	}()
	defer d.inFlight.Add(-1)
	defer e.inFlight.Add(-1)
	n, all := e.inFlight.Add(1), d.inFlight.Add(1)
	if all >= crowded {
		d.crowd.Store(time.Now().UnixNano())
	}
	if n > perConn || all > perDoor {
		return sdk.Response{}, "", tooMany
	}
	body, no := read(w, r)
	if no != nil {
		return sdk.Response{}, "", no
	}
	ctx := context.WithoutCancel(r.Context())
	got, no := d.ask(ctx, e, sdk.Request{
		Method: r.Method, Path: "/" + rest, Query: r.URL.Query(), Header: r.Header, Body: body, Secrets: d.signing(e),
	})
	if no != nil {
		return sdk.Response{}, "", no
	}
	d.notice(e, got.Notices)
	if outcome, no = d.keep(ctx, e.Conn, got.Events); no != nil {
		return sdk.Response{}, "", no
	}
	return d.reply(ctx, e, got, outcome)
}

// reply is the plugin's response, unless it depends on what the host knows: the answer to a question, or what was decided about a request.
func (d *Door) reply(ctx context.Context, e *Entrance, got sdk.Received, outcome Outcome) (sdk.Response, Outcome, *refusal) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	q, answer, err := got.Question, sdk.Answer{}, error(nil)
	if q != nil {
		outcome = Answered
		answer, err = d.Answers.Answer(ctx, e.Conn, *q)
	}
	for _, ev := range got.Events {
		if err != nil || q != nil || ev.Kind != sdk.KindRequested {
			continue
		}
		if answer.Refused, err = d.Answers.Decided(ctx, e.Conn, ev.ID); answer.Refused != nil {
			q = &sdk.Question{About: sdk.AboutRequest, ID: ev.ID}
		}
	}
	if err == nil && q == nil {
		return got.Response, outcome, nil
	}
	response := sdk.Response{}
	if err == nil {
		response, err = e.Plugin.Answer(ctx, *q, answer)
	}
	if err == nil {
		err = usable(sdk.Received{Response: response})
	}
	if err != nil {
		d.Log.Error("not answered", "connection", e.Conn, "error", err)
		return sdk.Response{}, "", notReady
	}
	return response, outcome, nil
}

// find takes /hooks/<connection>/<secret>/<rest> apart; a wrong secret is as good as no hook, and so is a path that is written in a way that
// only leads here once it is cleaned up.
func (d *Door) find(u *url.URL) (e *Entrance, rest string) {
	below, ok := strings.CutPrefix(u.Path, "/hooks/")
	if !ok || u.RawPath != "" || strings.TrimSuffix(u.Path, "/") != path.Clean(u.Path) {
		return nil, ""
	}
	name, below, _ := strings.Cut(below, "/")
	secret, rest, _ := strings.Cut(below, "/")
	d.mu.Lock()
	e = d.entrances[name]
	d.mu.Unlock()
	if e == nil || e.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(e.Secret)) != 1 {
		return nil, ""
	}
	return e, rest
}

// ask has the plugin verify and translate.
func (d *Door) ask(ctx context.Context, e *Entrance, r sdk.Request) (sdk.Received, *refusal) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	got, err := e.Plugin.Receive(ctx, r)
	if err == nil {
		err = usable(got)
	}
	var no *sdk.Refusal
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, sdk.ErrUnauthorized):
		d.Log.Warn("webhook refused: signed by no live secret", "connection", e.Conn)
		return got, forged
	case errors.As(err, &no):
		d.Log.Warn("webhook not understood", "connection", e.Conn, "reason", no.Reason, "detail", no.Detail)
		return got, &refusal{Malformed, http.StatusBadRequest, "not understood: " + no.Reason}
	}
	d.Log.Error("webhook not read: the plugin could not be asked", "connection", e.Conn, "error", err)
	return got, notReady
}

// usable tells whether the journal could keep the events, and a server send the answer. A plugin that says otherwise is broken: until it is
// mended the sender had better come again.
func usable(got sdk.Received) error {
	if s := got.Response.Status; s != 0 && (s < 200 || s > 599) {
		return fmt.Errorf("the plugin answers with status %d, which ends nothing", s)
	}
	for _, ev := range got.Events {
		if ev.ID == "" || ev.Kind == "" || ev.Application == "" && ev.Invitation == "" && ev.Person == "" {
			return errors.New("the plugin tells of an event without id, kind, or whom it is about")
		}
	}
	return nil
}

// keep stores the events; only then may the sender be told 200.
func (d *Door) keep(ctx context.Context, conn string, events []sdk.Event) (Outcome, *refusal) {
	if len(events) == 0 {
		return Ignored, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	news, err := d.Journal.Append(ctx, conn, events, d.Now())
	for _, s := range news {
		d.News(s)
	}
	switch {
	case errors.Is(err, journal.ErrTooLarge):
		d.Log.Warn("webhook not stored", "connection", conn, "error", err)
		return "", tooMuch // coming again would not help
	case err != nil:
		d.Log.Error("webhook not stored", "connection", conn, "error", err)
		return "", notStored
	case len(news) == 0:
		return Repeated, nil
	}
	for _, ev := range events {
		d.Log.Info("event", "connection", conn, "kind", ev.Kind, "application", ev.Application, "invitation", ev.Invitation, "event", ev.ID)
	}
	return Accepted, nil
}
