package hearing

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// TestID names an assessment of a pairing's vendor to an ATS that requests tests.
func TestID(p *rule.Pairing, a sdk.Assessment) string { return p.Label + "/" + a.ID }

// requested has the pairing that the ATS chose a test of decide, and keeps what came of it: the ATS is answered with that, as often as it
// asks. Who was invited already is not invited again; the request then joins the invitation that there is.
func (h *Hearing) requested(ctx context.Context, ev sdk.Event, known map[string][]sdk.Assessment) error {
	if _, decided := h.Case.Requests[ev.ID]; decided {
		return nil
	}
	r := journal.Request{}
	if ev.Snapshot != nil {
		r.Callback = ev.Snapshot.Callback
	}
	label, assessment, _ := strings.Cut(ev.Assessment, "/")
	p := h.Pairing(label)
	if p == nil || p.ATS != h.Case.ATS || p.Mode != rule.Live || !p.Needs().Requests {
		r.Reason, r.Detail = unknownAssessment, "no pairing offers this test"
	} else {
		ev.Assessment = assessment
		plan, err := h.ask(ctx, p, ev, known[p.Vendor])
		if err != nil {
			return err
		}
		r = h.granted(p, assessment, plan, r)
	}
	h.answer(ev.ID, r)
	return nil
}

// answer keeps what came of a request, unless it was decided before.
func (h *Hearing) answer(id string, r journal.Request) {
	if _, decided := h.Case.Requests[id]; decided {
		return
	}
	if h.Case.Requests == nil {
		h.Case.Requests = map[string]journal.Request{}
	}
	h.Case.Requests[id] = r
}

// granted is what came of a request: an invitation, made now or before, or why there is none.
func (h *Hearing) granted(p *rule.Pairing, assessment string, plan rule.Plan, r journal.Request) journal.Request {
	for _, in := range plan.Invites {
		if in.Failed != nil {
			r.Reason, r.Detail = in.Failed.Reason, in.Failed.Detail
			return r
		}
	}
	mine := h.Case.With(p.Vendor)
	i := slices.IndexFunc(mine, func(v invitation.Invitation) bool { return v.AssessmentID == assessment && !v.Repeatable() })
	if i >= 0 {
		r.Invitation = mine[i].Key
		return r
	}
	r.Reason = string(rule.Refused)
	for _, d := range plan.Decisions {
		if d.Verdict == rule.Refused || d.Verdict == rule.Denied {
			r.Reason, r.Detail = cmp.Or(d.Reason, r.Reason), strings.TrimSpace(d.Rule+"\n"+d.Detail)
		}
	}
	return r
}

// callbacks is where the ATS wants to be told that an invitation stands otherwise now.
func (h *Hearing) callbacks(k sdk.Key) (urls []string) {
	for _, r := range h.Case.Requests {
		if r.Invitation == k && r.Callback != "" {
			urls = journal.Union(urls, []string{r.Callback})
		}
	}
	slices.Sort(urls)
	return urls
}
