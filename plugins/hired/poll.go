package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Poll reads one invitation. Its events have IDs of their own, not the webhooks': what both tell is news once, because the life of an
// invitation takes each kind, and each revision, once.
func (h *hired) Poll(ctx context.Context, id string) ([]sdk.Event, error) {
	var i invitation
	if err := h.api.Get(ctx, rest.Path{"invitations", id}, nil, &i); err != nil {
		return nil, sorted(err)
	}
	var scored time.Time
	if i.Result != nil {
		scored = i.Result.Created
	}
	var events []sdk.Event
	for _, step := range []struct {
		kind sdk.Kind
		at   time.Time
	}{
		{sdk.KindInvited, i.SentAt},
		{sdk.KindBounced, i.BouncedAt},
		{sdk.KindStarted, i.StartedAt},
		{sdk.KindScored, scored},
		{sdk.KindExpired, i.ExpiredAt},
		{sdk.KindCancelled, i.CancelledAt},
	} {
		if step.at.IsZero() {
			continue
		}
		ev, err := newEvent(step.kind, step.at, id, i.news)
		if err != nil {
			return nil, sdk.Refuse("malformed", fmt.Sprintf("Hired's invitation %s: %v", id, err))
		}
		revision := ""
		if ev.Result != nil {
			revision = ev.Result.Revision
		}
		ev.ID = sdk.ContentID("hired", id, string(step.kind), step.at.UTC().Format(time.RFC3339Nano), revision)
		events = append(events, ev)
	}
	return events, nil
}

// newEvent is what a webhook and a poll have in common.
func newEvent(kind sdk.Kind, at time.Time, of string, n news) (sdk.Event, error) {
	ev := sdk.Event{Kind: kind, At: at, Invitation: of}
	switch kind {
	case sdk.KindBounced:
		ev.Reason, ev.Detail = cmp.Or(n.BounceType, "unknown"), n.Reason
	case sdk.KindScored:
		var err error
		if ev.Result, err = n.scored(); err != nil {
			return sdk.Event{}, err
		}
	}
	return ev, nil
}

// scored makes a Result: points as percent of the most there are, of the whole and of each section.
func (n news) scored() (*sdk.Result, error) {
	r := n.Result
	switch {
	case r == nil || r.Score == nil:
		return nil, errors.New("it has no score")
	case percent(r.Score, r.MaxScore) == nil:
		return nil, fmt.Errorf("score %v of %v is no part of a whole", *r.Score, r.MaxScore)
	case !slices.Contains([]string{"partial", "final", "corrected"}, r.Finality):
		return nil, fmt.Errorf("finality %q is neither partial, final nor corrected", r.Finality)
	case len(r.Sections) > mostSections:
		return nil, fmt.Errorf("it has %d sections", len(r.Sections))
	}
	out := &sdk.Result{
		Final: r.Finality != "partial", Score: percent(r.Score, r.MaxScore), Points: r.Score, Max: &r.MaxScore,
		URL: n.ReportURL, Summary: r.summary(),
	}
	if r.Revision > 0 {
		out.Revision = strconv.Itoa(r.Revision)
	}
	taken := map[string]bool{}
	for _, s := range r.Sections {
		out.Skills = append(out.Skills, sdk.Score{Name: unique(s.Name, taken), Score: percent(s.Score, s.MaxScore)})
	}
	return out, nil
}

// mostPoints and mostSections are more than any test has. Beyond the first a percentage may no longer be a number.
const mostPoints, mostSections = 1e9, 200

// percent is nil for what was not scored, or is no part of a whole.
func percent(points *float64, most float64) *float64 {
	if points == nil || most <= 0 || most > mostPoints || *points < 0 || *points > most {
		return nil
	}
	p := 100 * *points / most
	return &p
}

// unique numbers a name that is taken: "Arrays", "Arrays (2)".
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[free] = true
	return free
}

// summary says what the numbers alone do not.
func (r *result) summary() string {
	var lines []string
	if r.Language != "" {
		lines = append(lines, "Language: "+r.Language)
	}
	if r.Seconds > 0 {
		lines = append(lines, "Time: "+(time.Duration(r.Seconds)*time.Second).String())
	}
	return strings.Join(lines, "\n")
}
