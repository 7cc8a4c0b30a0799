// Package admin is the local API that commands and console use while the host runs.
//
// A [Server] answers JSON over HTTP on a Unix socket of mode 0600 beside the state file. A [Client] speaks to it when a host runs, and to a
// Server of its own on the state file when none does: a command need not know which.
//
// # Why
//
// BoltDB's file belongs to one process. So while a host runs, whoever wants to know something has to ask it. Who may open the socket may
// read the state: there is no other authentication, and none on any other door.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Operator is what acts on effects: the engine.
type Operator interface {
	Act(ctx context.Context, k sdk.Key, word string, in effect.Input, reason string) (effect.State, error)
}

// Link is one connection as an operator sees it.
type Link struct {
	Name     string     `json:"name"`
	Plugin   string     `json:"plugin"`
	Version  string     `json:"version"`
	State    string     `json:"state"` // of the plugin's process
	PID      int        `json:"pid,omitempty"`
	Restarts int        `json:"restarts,omitempty"`
	Error    string     `json:"error,omitempty"`
	URL      string     `json:"url,omitempty"` // where its webhooks go: a secret, told only to who asks for this one
	Verbs    []sdk.Verb `json:"verbs,omitempty"`
	// Webhooks is when each outcome was last that of one, since the host was started: "accepted", "forged", …
	Webhooks map[string]time.Time `json:"webhooks,omitempty"`
	Notices  map[string]time.Time `json:"notices,omitempty"` // what its product complained of since then, and when last
	Problems []sdk.Problem        `json:"problems,omitempty"`
	Keys     []key.Info           `json:"keys,omitempty"`   // that it calls us with; told only to who asks for this one
	Access   *oauth.Status        `json:"access,omitempty"` // of a connection whose product gives access on somebody's behalf
}

// Server answers for one journal. Fill the fields; those that only a running host has may be nil.
type Server struct {
	Journal  *journal.Journal
	Operator Operator
	Links    func(ctx context.Context) []Link
	Prepare  func(ctx context.Context, connection string) ([]sdk.Problem, error)
	Stats    func() Stats
	Idle     func(ctx context.Context) error
	Advance  func(ctx context.Context, by time.Duration) error
	Desk     *oauth.Desk
	Trust    func(ctx context.Context, connection string) error // told that the keys of a connection changed
	Now      func() time.Time
}

// errOffline: the question is one for a running host.
var errOffline = errors.New("no host is running on this state file: start it with patchbay run")

// Handler is the API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle(mux, "GET /why", s.why)
	handle(mux, "GET /cases", s.cases)
	handle(mux, "GET /parked", s.parked)
	handle(mux, "POST /parked/{key}/{act}", s.act)
	handle(mux, "GET /connections", s.list)
	handle(mux, "GET /connections/{name}", s.link)
	handle(mux, "GET /stats", func(*http.Request) (any, error) { return s.stats() })
	handle(mux, "GET /idle", func(r *http.Request) (any, error) {
		if s.Idle == nil {
			return nil, errOffline
		}
		return struct{}{}, s.Idle(r.Context())
	})
	handle(mux, "POST /clock/advance", s.advance)
	handle(mux, "POST /connections/{name}/consents", s.begin)
	handle(mux, "GET /consents/{id}", s.consent)
	handle(mux, "GET /connections/{name}/keys", s.keys)
	handle(mux, "POST /connections/{name}/keys", s.makeKey)
	handle(mux, "DELETE /connections/{name}/keys/{id}", s.retireKey)
	return mux
}

func handle(mux *http.ServeMux, pattern string, answer func(*http.Request) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v, err := answer(r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			v = map[string]string{"error": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(v)
	})
}

func (s *Server) links(ctx context.Context) ([]Link, error) {
	if s.Links == nil {
		return nil, errOffline
	}
	return s.Links(ctx), nil
}

// Stats counts since the host was started.
type Stats struct {
	Commits int64 `json:"commits"` // to the state file
	Syncs   int64 `json:"syncs"`   // waits for the disk on their behalf: commits that come together share them

	Requests map[string]int64 `json:"requests"` // at the door, by what became of them
}

func (s *Server) stats() (Stats, error) {
	if s.Stats == nil {
		return Stats{}, errOffline
	}
	return s.Stats(), nil
}

// list is all connections, without their secrets.
func (s *Server) list(r *http.Request) (any, error) {
	links, err := s.links(r.Context())
	for i := range links {
		links[i].URL = ""
	}
	return links, err
}

// Story is what happened to one candidate's application, for "why".
type Story struct {
	Case    Summary         `json:"case"`
	Entries []journal.Entry `json:"entries"`
}

// Summary is one case in a list.
type Summary struct {
	ATS         string                  `json:"ats"`
	Application string                  `json:"application"`
	Name        string                  `json:"name"`
	Stage       string                  `json:"stage"`
	Posting     string                  `json:"posting"`
	URL         string                  `json:"url,omitempty"`
	Read        time.Time               `json:"read"`
	Invitations []invitation.Invitation `json:"invitations,omitempty"`
	Waiting     int                     `json:"waiting"` // effects on their way
	Parked      int                     `json:"parked"`
}

func summary(c *journal.Case) Summary {
	app := c.Last.Application
	s := Summary{
		ATS: c.ATS, Application: c.Application, Name: app.Candidate.Name, Stage: app.Stage.Name, Posting: app.Posting.Name, URL: app.URL,
		Read: c.Last.At, Invitations: c.Invitations,
	}
	for _, f := range c.Effects {
		switch {
		case f.Parked():
			s.Parked++
		case f.Active():
			s.Waiting++
		}
	}
	return s
}

// why finds a candidate by application, e-mail address or part of the name, and tells her stories.
func (s *Server) why(r *http.Request) (any, error) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if q == "" {
		return nil, errors.New("whom? Give an application's id, an e-mail address or a part of a name")
	}
	var found []Summary
	err := s.Journal.Cases(r.Context(), func(c *journal.Case) error {
		app := c.Last.Application
		if c.Application == q || strings.EqualFold(app.Candidate.Email, q) || strings.Contains(strings.ToLower(app.Candidate.Name), strings.ToLower(q)) {
			found = append(found, summary(c))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	stories := []Story{}
	for _, c := range found {
		entries, err := s.Journal.Story(r.Context(), c.ATS, c.Application)
		if err != nil {
			return nil, err
		}
		stories = append(stories, Story{c, entries})
	}
	return stories, nil
}

func (s *Server) cases(r *http.Request) (any, error) {
	out := []Summary{}
	err := s.Journal.Cases(r.Context(), func(c *journal.Case) error {
		out = append(out, summary(c))
		return nil
	})
	slices.SortFunc(out, func(a, b Summary) int { return b.Read.Compare(a.Read) })
	return out, err
}

// Parked is one effect that waits for a person.
type Parked struct {
	Key         sdk.Key      `json:"key"`
	ATS         string       `json:"ats"`
	Application string       `json:"application"`
	Name        string       `json:"name"`
	Pairing     string       `json:"pairing"`
	Connection  string       `json:"connection"`
	Verb        sdk.Verb     `json:"verb"`
	State       effect.State `json:"state"`
	Reason      string       `json:"reason"`
	Detail      string       `json:"detail,omitempty"`
	Marker      string       `json:"marker"` // what to look for at the product
	Since       time.Time    `json:"since"`
}

func (s *Server) parked(r *http.Request) (any, error) {
	out := []Parked{}
	err := s.Journal.Cases(r.Context(), func(c *journal.Case) error {
		for _, f := range c.Effects {
			if f.Parked() {
				out = append(out, Parked{
					Key: f.Key, ATS: c.ATS, Application: c.Application, Name: c.Last.Application.Candidate.Name, Pairing: f.Pairing,
					Connection: f.Conn, Verb: f.Verb, State: f.State, Reason: f.Reason, Detail: f.Detail, Marker: f.Key.Marker(), Since: f.Born,
				})
			}
		}
		return nil
	})
	return out, err
}

// Act is an operator's word on a parked effect.
type Act struct {
	Reason string `json:"reason"`           // why; told in the story
	Remote string `json:"remote,omitempty"` // confirm: the product's id of what is there
}

// Acted is where the effect stands after an operator's word: what is done again is under way, and may be parked again.
type Acted struct {
	State effect.State `json:"state"`
}

// Acts are the words there are, and what each does to the effect.
var acts = map[string]func(Act) effect.Input{
	"retry":   func(Act) effect.Input { return effect.Retry{} },
	"confirm": func(a Act) effect.Input { return effect.Confirm{Remote: a.Remote} },
	"deny":    func(Act) effect.Input { return effect.Deny{} },
	"drop":    func(a Act) effect.Input { return effect.Drop{Reason: a.Reason} },
}

func (s *Server) act(r *http.Request) (any, error) {
	if s.Operator == nil {
		return nil, errOffline
	}
	input, ok := acts[r.PathValue("act")]
	if !ok {
		return nil, fmt.Errorf("nothing is called %q: there are retry, confirm, deny and drop", r.PathValue("act"))
	}
	var a Act
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		return nil, fmt.Errorf("the request is no JSON: %w", err)
	}
	if strings.TrimSpace(a.Reason) == "" {
		return nil, errors.New("an act on a parked effect needs a reason, for whoever asks later")
	}
	state, err := s.Operator.Act(r.Context(), sdk.Key(r.PathValue("key")), r.PathValue("act"), input(a), a.Reason)
	return Acted{state}, err
}

func (s *Server) advance(r *http.Request) (any, error) {
	if s.Advance == nil {
		return nil, errors.New("the host's clock is real: only one started with --clock virtual can be advanced")
	}
	var in struct {
		By string `json:"by"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, fmt.Errorf("the request is no JSON: %w", err)
	}
	by, err := time.ParseDuration(in.By)
	if err != nil || by < 0 {
		return nil, fmt.Errorf("%q is no length of time such as \"90m\"", in.By)
	}
	return struct{}{}, s.Advance(r.Context(), by)
}
