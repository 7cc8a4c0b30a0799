package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// Receive verifies a webhook by Standard Webhooks and translates it. What is signed and yet makes no sense is a [sdk.Refusal]: another
// delivery of it would make no more.
func (a *alva) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !signed.Standard(r) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	var m message
	if json.Unmarshal(r.Body, &m) != nil {
		return sdk.Received{}, sdk.Refuse("malformed", "a signed webhook of Alva is no JSON of type, timestamp and data")
	}
	ev, err := m.event()
	if err != nil {
		return sdk.Received{}, sdk.Refuse("malformed", fmt.Sprintf("Alva's webhook %s: %v", m.Type, err))
	}
	if ev.Kind == "" {
		return sdk.Received{}, nil
	}
	ev.ID = signed.StandardID(r)
	return sdk.Received{Events: []sdk.Event{ev}}, nil
}

// event translates; without a Kind when there is nothing to tell.
func (m message) event() (sdk.Event, error) {
	kind, known := kinds[m.Type]
	if !known {
		return sdk.Event{}, nil
	}
	var w word
	if err := json.Unmarshal(m.Data, &w); err != nil {
		return sdk.Event{}, errors.New("its data is of an unexpected form")
	}
	at, err := newRemote(w.PositionID, w.CandidateID, w.Attempt)
	switch {
	case err != nil:
		return sdk.Event{}, err
	case m.Timestamp.IsZero():
		return sdk.Event{}, errors.New("it has no timestamp")
	case kind == sdk.KindSubmitted && !w.allFinished():
		return sdk.Event{}, nil
	}
	return newEvent(kind, m.Timestamp, at, w.trouble, w.result)
}

// allFinished tells whether every requested test has its result. When Alva does not say what was requested, nobody knows.
func (r result) allFinished() bool {
	for _, kind := range r.Requested {
		if !slices.ContainsFunc(r.Tests, func(f finished) bool { return f.Kind == kind }) {
			return false
		}
	}
	return len(r.Requested) > 0
}

// scored makes a Result. Score is the role fit; the tests keep their own scales, which Summary names.
func (r result) scored() (*sdk.Result, error) {
	switch {
	case r.RoleFit == nil || r.RoleFit.Score == nil:
		return nil, errors.New("it has no role fit")
	case *r.RoleFit.Score < 0 || *r.RoleFit.Score > 100:
		return nil, fmt.Errorf("role fit %v is not from 0 to 100", *r.RoleFit.Score)
	case !slices.Contains([]string{"partial", "final", "corrected"}, r.RoleFit.Finality):
		return nil, fmt.Errorf("finality %q is neither partial, final nor corrected", r.RoleFit.Finality)
	}
	out := &sdk.Result{Final: r.RoleFit.Finality != "partial", Score: r.RoleFit.Score, URL: r.URL, Summary: r.summary()}
	if r.Revision > 0 {
		out.Revision = strconv.Itoa(r.Revision)
	}
	taken := map[string]bool{}
	for _, f := range r.Tests {
		out.Tests = append(out.Tests, sdk.Score{Name: unique(f.Kind, taken), Score: f.Score})
	}
	return out, nil
}

// unique numbers a name that is taken: "logic", "logic (2)".
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[free] = true
	return free
}

// summary says what the numbers alone do not: the label, each test's scale, and which results are older than the invitation.
func (r result) summary() string {
	var lines []string
	if r.RoleFit.Label != "" {
		lines = append(lines, "Role fit: "+strings.ReplaceAll(r.RoleFit.Label, "_", " "))
	}
	for _, f := range r.Tests {
		if f.Score == nil {
			continue
		}
		line := fmt.Sprintf("%s: %v on a scale of %v to %v", f.Kind, *f.Score, f.ScaleMin, f.ScaleMax)
		if f.Reused {
			line += ", taken " + f.CompletedAt.Format("2006-01-02")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
