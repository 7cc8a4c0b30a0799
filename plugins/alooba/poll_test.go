package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	compare "github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestWhatHappensToAnInvitation(t *testing.T) {
	const graded = "Product Analytics" // by a person
	for _, c := range []struct {
		name, email, assessment string
		acts                    string // "verb score" each, parted by commas; then a minute passes
		told                    string // by webhooks
		polled                  string // the same, but for what a later state replaced, and with submitted; the same if empty
	}{
		{name: "sent", told: "invited"},
		{name: "opened", acts: "open", told: "invited"},
		{name: "started", acts: "start", told: "invited, started"},
		{name: "bounced", email: "bounce+1@b.test", told: "invited, bounced hard"},
		{name: "soft bounce", email: "soft+1@b.test", told: "invited, bounced soft"},
		{name: "declined", email: "decline+1@b.test", told: "invited, declined"},
		{name: "cancelled", acts: "cancel", told: "invited, cancelled"},
		{name: "expired", acts: "start, expire", told: "invited, started, expired"},
		{
			name: "extended before the start", acts: "expire, extend", told: "invited, expired, invited", polled: "invited, invited",
		},
		{
			name: "extended after the start", acts: "start, expire, extend", told: "invited, started, expired, started",
			polled: "invited, started, started",
		},
		{
			name: "scored", email: "score-73+1@b.test", told: "invited, started, scored 1 final=true 73",
			polled: "invited, started, submitted, scored 1 final=true 73",
		},
		{
			name: "partial, then final", email: "manual-40-65+1@b.test",
			told:   "invited, started, scored 1 final=false 40, scored 2 final=true 65",
			polled: "invited, started, submitted, scored 2 final=true 65",
		},
		{
			name: "graded in parts, then corrected", assessment: graded, acts: "submit 40, evaluate-part 45.5, evaluate 65, evaluate 66",
			told: "invited, started, scored 1 final=false 40, scored 2 final=false 45.5, scored 3 final=true 65, " +
				"scored 4 final=true 66",
			polled: "invited, started, submitted, scored 4 final=true 66",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			inv := r.invitation()
			inv.Candidate.Email = cmp.Or(c.email, inv.Candidate.Email)
			inv.Assessment = r.assessment(cmp.Or(c.assessment, "SQL Essentials"))
			invited := r.invite(inv)
			for act := range strings.SplitSeq(c.acts, ", ") {
				verb, score, scored := strings.Cut(act, " ")
				args := object{"application": "app_1"}
				if scored {
					args["score"] = score
				}
				if verb != "" {
					r.act(verb, args)
				}
			}
			r.advance("1m")
			told := r.told()
			r.expect("told", brief(told), c.told)
			polled, err := r.plugin.Poll(r.Context(), invited.Remote)
			if err != nil {
				t.Fatal(err)
			}
			r.expect("polled", brief(polled), cmp.Or(c.polled, c.told))
			again, _ := r.plugin.Poll(r.Context(), invited.Remote)
			ids := map[string]bool{}
			for i, ev := range polled {
				r.expect("the same event has the same ID", again[i].ID, ev.ID)
				ids[ev.ID] = true
			}
			r.expect("each event has its own", len(ids), len(polled))
			for _, ev := range slices.Concat(told, polled) {
				r.expect("invitation", ev.Invitation, invited.Remote)
			}
		})
	}
}

// TestAResult: percent, what a grader has not seen, and the skills of all tests.
func TestAResult(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	inv.Assessment = r.assessment("Product Analytics")
	invited := r.invite(inv)
	r.act("submit", object{"application": "app_1", "score": 40, "tests": []object{
		{"name": "SQL", "score": 9, "max_score": 20, "skills": []object{{"name": "Joins", "score": 35}}},
		{"name": "Statistics", "score": 12, "max_score": 16, "skills": []object{{"name": "Joins", "score": 80}}},
	}})
	told := r.told()
	polled, err := r.plugin.Poll(t.Context(), invited.Remote)
	if err != nil {
		t.Fatal(err)
	}
	want := &sdk.Result{
		Revision: "1", Score: new(40.0), Points: new(40.0), Max: new(100.0), URL: invited.URL + "/report",
		Tests:  []sdk.Score{{Name: "SQL", Score: new(45.0)}, {Name: "Statistics", Score: new(75.0)}, {Name: "Free response"}},
		Skills: []sdk.Score{{Name: "Joins", Score: new(35.0)}, {Name: "Joins (2)", Score: new(80.0)}},
	}
	for name, result := range map[string]*sdk.Result{"told": told[2].Result, "polled": polled[3].Result} {
		if diff := compare.Diff(want, result); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPollsThatFail(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	for _, c := range []struct {
		fault object
		id    string
		want  string
	}{
		{nil, "par_99", "not found"}, {nil, "", "not found"}, {nil, "..", "not found"},
		{object{"kind": "status", "status": 401}, invited.Remote, "disconnected"},
		{object{"kind": "status", "status": 429, "retry_after": 3}, invited.Remote, "later (after 3s)"},
		{object{"kind": "status", "status": 500}, invited.Remote, "unknown"},
	} {
		r.control("DELETE", "faults", nil)
		if c.fault != nil {
			r.fault(c.fault)
		}
		_, err := r.plugin.Poll(t.Context(), c.id)
		r.expect(fmt.Sprint(c.id, c.fault), strings.HasPrefix(outcome(err), c.want), true)
	}
}
