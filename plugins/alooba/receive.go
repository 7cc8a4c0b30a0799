package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// Receive verifies a webhook by Standard Webhooks and translates it. What is signed and yet makes no sense is a [sdk.Refusal]: another
// delivery of it would make no more.
func (a *alooba) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !signed.Standard(r) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	var m message
	if json.Unmarshal(r.Body, &m) != nil {
		return sdk.Received{}, sdk.Refuse("malformed", "a signed webhook of Alooba is no JSON of type, timestamp and data")
	}
	ev, err := m.event()
	if err != nil {
		return sdk.Received{}, sdk.Refuse("malformed", fmt.Sprintf("Alooba's webhook %s: %v", m.Type, err))
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
	if json.Unmarshal(m.Data, &w) != nil {
		return sdk.Event{}, errors.New("its data is of an unexpected form")
	}
	switch {
	case w.ParticipantID == "":
		return sdk.Event{}, errors.New("it names no participant")
	case m.Timestamp.IsZero():
		return sdk.Event{}, errors.New("it has no timestamp")
	}
	return w.event(kind(w), m.Timestamp, w.ParticipantID)
}

// finished: who has finished has a score, waits for the first one, or gets none.
func (s standing) finished() sdk.Kind {
	switch {
	case s.Result != nil:
		return sdk.KindScored
	case s.Evaluation == "pending":
		return sdk.KindSubmitted
	}
	return sdk.KindCompleted
}

// extended: an extension says where the participant is now. That is what revives one who had expired; of any other it is nothing new.
func (s standing) extended() sdk.Kind {
	if s.Status == "in_progress" {
		return sdk.KindStarted
	}
	return sdk.KindInvited
}

func (s standing) cancelled() sdk.Kind {
	if s.Reason == declined {
		return sdk.KindDeclined
	}
	return sdk.KindCancelled
}

// event is what a webhook and a poll have in common.
func (s standing) event(kind sdk.Kind, at time.Time, invitation string) (sdk.Event, error) {
	ev := sdk.Event{Kind: kind, At: at, Invitation: invitation}
	switch kind {
	case sdk.KindBounced:
		ev.Reason, ev.Detail = s.BounceType, s.Reason
	case sdk.KindScored:
		var err error
		if ev.Result, err = s.Result.scored(s.ReportURL); err != nil {
			return sdk.Event{}, err
		}
	}
	return ev, nil
}

// scored makes a Result. Alooba counts points of a maximum; scores are percent.
func (r *result) scored(report string) (*sdk.Result, error) {
	switch {
	case r == nil || r.Score == nil:
		return nil, errors.New("it has no score")
	case r.MaxScore <= 0 || r.MaxScore > mostPoints || *r.Score < 0 || *r.Score > r.MaxScore:
		return nil, fmt.Errorf("score %v is not from 0 to max_score %v, or that is not from 0 to %v", *r.Score, r.MaxScore, mostPoints)
	case !slices.Contains([]string{"partial", "final", "corrected"}, r.Finality):
		return nil, fmt.Errorf("finality %q is neither partial, final nor corrected", r.Finality)
	case r.parts() > mostParts:
		return nil, fmt.Errorf("it has more than %d tests and skills", mostParts)
	}
	out := &sdk.Result{
		Final: r.Finality != "partial", Score: percent(r.Score, r.MaxScore), Points: r.Score, Max: &r.MaxScore, URL: report,
	}
	if r.Revision > 0 {
		out.Revision = strconv.Itoa(r.Revision)
	}
	tests, skills := map[string]bool{}, map[string]bool{}
	for _, t := range r.Tests {
		out.Tests = append(out.Tests, sdk.Score{Name: unique(t.Name, tests), Score: percent(t.Score, t.MaxScore)})
		for _, s := range t.Skills {
			out.Skills = append(out.Skills, sdk.Score{Name: unique(s.Name, skills), Score: s.Score})
		}
	}
	return out, nil
}

// More points, or more tests and skills, no assessment has.
const (
	mostPoints = 1e6
	mostParts  = 1000
)

func (r *result) parts() int {
	parts := len(r.Tests)
	for _, t := range r.Tests {
		parts += len(t.Skills)
	}
	return parts
}

// percent is nil where there is no score yet, or one beyond all numbers. Without a maximum the score is percent already.
func percent(score *float64, most float64) *float64 {
	if score == nil || most <= 0 {
		return score
	}
	share := *score * 100 / most
	if math.IsInf(share, 0) {
		return nil
	}
	return &share
}

// unique numbers a name that is taken: "Joins", "Joins (2)".
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[free] = true
	return free
}
