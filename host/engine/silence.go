package engine

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// A quiet day and a webhook that was switched off look the same at the door. What a sweep finds tells them apart: an application, or a move,
// that is new to us, although its webhook had time to come.

// patience is how long a webhook may take.
const patience = 10 * time.Minute

// silence is what webhooks did not tell since the start of this run.
type silence struct {
	mu     sync.Mutex
	missed map[string]map[sdk.Kind]missed // by connection
}

// missed is an event that no webhook of its kind told, nor any after it.
type missed struct {
	application string
	at          time.Time
}

// compare looks whether an application that was just read had news that a webhook should have told before. A webhook that comes ends the
// silence of its kind. What happened while no host ran is left out: it may still come.
func (e *Engine) compare(c *journal.Case, r *journal.Reading, arrivals []journal.Arrival) {
	app := r.Application
	news := map[sdk.Kind]time.Time{}
	for _, a := range arrivals {
		switch is := a.Event.Kind; {
		case a.Event.Reason != journal.Sweep:
		case is == sdk.KindApplied && c.New():
			news[is] = app.Applied
		case is == sdk.KindMoved && c.Last.Application.Stage.ID != app.Stage.ID && c.Moved != app.Stage.ID:
			news[is] = app.StageSince
		}
	}
	now := e.Clock.Now()
	for kind, at := range news {
		if at.After(e.since) && now.Sub(at) > patience && e.uses(c.ATS, kind) && e.silence.begins(c.ATS, kind, missed{c.Application, at}) {
			e.Log.Warn("no webhook told what a sweep found", "connection", c.ATS, "kind", kind, "application", c.Application)
		}
	}
	for _, a := range arrivals {
		if a.Event.Reason != journal.Sweep {
			e.silence.ends(c.ATS, a.Event.Kind)
		}
	}
}

// uses tells whether a live pairing wants to hear of that.
func (e *Engine) uses(ats string, kind sdk.Kind) bool {
	return slices.ContainsFunc(e.Pairings, func(p *rule.Pairing) bool {
		return p.ATS == ats && p.Mode == rule.Live && slices.Contains(p.Needs().ATS.Events, kind)
	})
}

// begins tells whether that is the first event of its kind that was missed.
func (s *silence) begins(conn string, kind sdk.Kind, m missed) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missed == nil {
		s.missed = map[string]map[sdk.Kind]missed{}
	}
	if s.missed[conn] == nil {
		s.missed[conn] = map[sdk.Kind]missed{}
	}
	_, known := s.missed[conn][kind]
	s.missed[conn][kind] = m
	return !known
}

func (s *silence) ends(conn string, kind sdk.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.missed[conn], kind)
}

// Silence is what a person has to mend about a connection's webhooks, as far as sweeps have shown it.
func (e *Engine) Silence(conn string) (problems []sdk.Problem) {
	e.silence.mu.Lock()
	defer e.silence.mu.Unlock()
	for kind, m := range e.silence.missed[conn] {
		problems = append(problems, sdk.Problem{
			Summary: fmt.Sprintf("No webhook told that application %s %s at %s: a sweep found it, up to hours late",
				m.application, kind, m.at.UTC().Format("2006-01-02 15:04 MST")),
			Fix: fmt.Sprintf("See at the product whether its webhook for %s is switched on, leads here and is not filtered.", kind),
		})
	}
	slices.SortFunc(problems, func(a, b sdk.Problem) int { return cmp.Compare(a.Fix, b.Fix) })
	return problems
}
