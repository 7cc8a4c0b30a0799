package engine

import (
	"context"
	"fmt"

	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// An ATS that calls its partners for tests waits for the answer, so nothing here asks a product that is slow, if what is kept will do.

// Answer is what the host knows of what an ATS asks.
func (e *Engine) Answer(ctx context.Context, ats string, q sdk.Question) (a sdk.Answer, err error) {
	switch q.About {
	case sdk.AboutTests:
		a.Tests, err = e.tests(ctx, ats)
	case sdk.AboutStatus:
		c, r, ok, err := e.Journal.Requested(ctx, ats, q.ID)
		if err != nil || !ok {
			return a, err
		}
		if v := c.Invitation(r.Invitation); v != nil {
			a.Status = &sdk.TestStatus{}
			if v.Report != nil {
				a.Status = &sdk.TestStatus{Complete: true, Score: v.Report.Score, URL: v.Report.URL}
			}
		}
	default:
		err = fmt.Errorf("%s asks about %q, which nobody here knows of", ats, q.About)
	}
	return a, err
}

// tests is what can be requested: what the vendors of all pairings offer that wait for requests.
func (e *Engine) tests(ctx context.Context, ats string) (all []sdk.Test, err error) {
	known, err := e.assessments(ctx, ats)
	if err != nil {
		return nil, err
	}
	names := map[string]int{}
	for _, p := range e.Pairings {
		if p.ATS != ats || p.Mode != rule.Live || !p.Needs().Requests {
			continue
		}
		for _, a := range known[p.Vendor] {
			name := a.Name
			if names[a.Name]++; names[a.Name] > 1 {
				name = fmt.Sprintf("%s (%s)", a.Name, p.Label)
			}
			all = append(all, sdk.Test{ID: hearing.TestID(p, a), Name: name})
		}
	}
	return all, nil
}

// Decided returns when a request that was accepted has been decided, or with ctx; refused says why nobody is invited.
func (e *Engine) Decided(ctx context.Context, ats, id string) (refused *sdk.Refusal, err error) {
	for {
		news, _ := e.asked.LoadOrStore(id, make(chan struct{}))
		_, r, ok, err := e.Journal.Requested(ctx, ats, id)
		switch {
		case err != nil:
			return nil, err
		case ok && r.Invitation == "":
			return &sdk.Refusal{Reason: r.Reason, Detail: r.Detail}, nil
		case ok:
			return nil, nil
		}
		select {
		case <-news.(chan struct{}):
		case <-ctx.Done():
			e.asked.Delete(id)
			return nil, ctx.Err()
		}
	}
}

// answered tells those who wait for it that requests of a case are decided.
func (e *Engine) answered(c *journal.Case) {
	for id := range c.Requests {
		if news, waited := e.asked.LoadAndDelete(id); waited {
			close(news.(chan struct{}))
		}
	}
}
