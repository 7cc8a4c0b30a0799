package engine

import (
	"context"
	"slices"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// An ATS tells us of the moves that we make ourselves, too. What such an echo says is known already, so it costs no call; but it is heard
// all the same, because the stage that one pairing moves to may be the one that another waits for.

// echo tells whether the events are nothing but the echo of a move of ours. While that is in flight they wait; afterwards the application
// as known, with the time of the entry that the echo tells, stands for a read; but not if anybody is to be invited on it, because that time
// is the webhook's, and the same entry would be another fact when the ATS tells its own.
func (e *Engine) echo(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (known *journal.Reading, wait bool, err error) {
	to := arrivals[0].Event.Stage
	other := func(a journal.Arrival) bool { return a.Event.Kind != sdk.KindMoved || a.Event.Stage != to }
	if to == "" || slices.ContainsFunc(arrivals, other) {
		return nil, false, nil
	}
	if stage, flies := e.moving.Load(s); flies && stage == to {
		return nil, true, nil
	}
	err = e.see(ctx, s, func(c *journal.Case) {
		if c.Moved != to || e.Clock.Now().Sub(c.Last.At) >= stale {
			return
		}
		r := c.Last
		r.Application.StageSince = arrivals[0].Event.At
		for _, p := range e.Pairings {
			if p.ATS != s.Conn || p.Mode != rule.Live {
				continue
			}
			plan := p.Decide(arrivals[0].Event, rule.Known{Application: r.Application, Invitations: c.With(p.Vendor)})
			if len(plan.Invites) > 0 {
				return
			}
		}
		known = &r
	})
	return known, false, err
}
