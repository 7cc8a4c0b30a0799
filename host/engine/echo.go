package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// An ATS tells us of the moves that we make ourselves, too. What such an echo says is known already, so it costs no call; but it is heard all
// the same, because the stage that one pairing moves to may be the one that another waits for.

// moving is the moves that are in flight: their echo may be faster than their answer.
type moving struct {
	mu  sync.Mutex
	all map[journal.Subject]string // the stage
}

// begin notes a write's move, if it is one; end forgets it.
func (m *moving) begin(s journal.Subject, w sdk.Write) (end func() (moved bool)) {
	if w.Move == nil {
		return func() bool { return false }
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[journal.Subject]string{}
	}
	m.all[s] = w.Move.Stage
	return func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.all, s)
		return true
	}
}

func (m *moving) to(s journal.Subject) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[s]
}

// echo tells whether the events are nothing but the echo of a move of ours. While that is in flight they wait; afterwards the application
// as known, with the time of the entry that the echo tells, stands for a read.
func (e *Engine) echo(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (known *journal.Reading, wait bool, err error) {
	to := arrivals[0].Event.Stage
	other := func(a journal.Arrival) bool { return a.Event.Kind != sdk.KindMoved || a.Event.Stage != to }
	if to == "" || slices.ContainsFunc(arrivals, other) {
		return nil, false, nil
	}
	if e.moving.to(s) == to {
		return nil, true, nil
	}
	c, err := e.Journal.Load(ctx, s.Conn, s.ID)
	if err != nil || c.Moved != to || e.Clock.Now().Sub(c.Last.At) >= stale {
		return nil, false, err
	}
	c.Last.Application.StageSince = arrivals[0].Event.At
	return &c.Last, false, nil
}

// errEarly: the ATS does not show yet what its webhook says.
var errEarly = errors.New("the product does not show yet what its webhook says")

// early tells whether a read is older than a move that a webhook tells of: then it is read again a little later, for as long as a minute.
func (e *Engine) early(app sdk.Application, arrivals []journal.Arrival) bool {
	return slices.ContainsFunc(arrivals, func(a journal.Arrival) bool {
		return a.Event.Stage != "" && a.Event.Stage != app.Stage.ID && app.StageSince.Before(a.Event.At) &&
			e.Clock.Now().Sub(a.Received) < stale
	})
}
