package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Act takes an operator's word on a parked effect, named by its key or the beginning of it: retry, confirm, deny or drop. It tells where
// the effect stands then.
func (e *Engine) Act(ctx context.Context, k sdk.Key, word string, in effect.Input, reason string) (now effect.State, err error) {
	select {
	case <-e.resumed: // before, what this begins would be taken for what the last run left
	case <-ctx.Done():
		return "", ctx.Err()
	}
	t, key, err := e.parkedEffect(ctx, string(k))
	if err != nil {
		return "", err
	}
	err = e.commit(context.WithoutCancel(ctx), t.Subject, outcome{key, func(h *hearing.Hearing, f *journal.Effect) (effect.Input, sdk.Done, error) {
		h.Note(journal.Entry{
			What: "operator", Name: word + " " + string(f.Verb), Pairing: f.Pairing, Verdict: "by a person", Detail: reason,
		})
		after, err := f.On(in, h.Now, e.limits(f.Conn))
		now = after.State
		done := sdk.Done{}
		if c, ok := in.(effect.Confirm); ok {
			done.Remote = c.Remote
		}
		return in, done, err
	}})
	return now, err
}

// parkedEffect finds a parked effect by the beginning of its key, which must fit only one.
func (e *Engine) parkedEffect(ctx context.Context, prefix string) (t task, key sdk.Key, err error) {
	n := 0
	err = e.Journal.Cases(ctx, func(c *journal.Case) error {
		for _, f := range c.Effects {
			if f.Parked() && strings.HasPrefix(string(f.Key), prefix) {
				t, key = task{Subject: journal.Subject{Conn: c.ATS, ID: c.Application}, pairing: f.Pairing}, f.Key
				n++
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return t, "", err
	case n > 1:
		return t, "", fmt.Errorf("several parked effects begin with %q: give more of the key", prefix)
	case n == 0:
		return t, "", fmt.Errorf("no parked effect has the key %q: it may be under way again, see patchbay why", prefix)
	}
	return t, key, nil
}
