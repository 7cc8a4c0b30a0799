package main

import (
	"cmp"
	"slices"
	"testing"
)

func TestWhatHappensToAnInvitation(t *testing.T) {
	act := func(verb string, args object) func(*rig) {
		return func(r *rig) {
			all := object{"application": "opp_1"}
			for name, value := range args {
				all[name] = value
			}
			r.act(verb, all)
		}
	}
	wait := func(r *rig) { r.advance("1m") }
	for _, c := range []struct {
		name, email string
		do          []func(*rig)
		told        string // by webhooks
		polled      string // the same, but for revisions that a later one replaced; the same if empty
	}{
		{name: "sent", told: "invited"},
		{name: "opened", do: []func(*rig){act("open", nil)}, told: "invited"},
		{name: "started and paused", do: []func(*rig){act("start", nil), act("pause", nil), act("start", nil)}, told: "invited, started"},
		{name: "bounced", email: "bounce+1@b.test", do: []func(*rig){wait}, told: "invited, bounced hard"},
		{name: "soft bounce", email: "soft+1@b.test", do: []func(*rig){wait}, told: "invited, bounced soft"},
		{name: "failed", do: []func(*rig){act("fail", object{"reason": "blocked"})}, told: "invited, failed blocked"},
		{name: "tests finished, no role fit", do: []func(*rig){act("submit", nil)}, told: "invited, started, submitted"},
		{name: "scored", email: "score-73+1@b.test", do: []func(*rig){wait}, told: "invited, started, submitted, scored 1 final=true 73"},
		{
			name: "partial, then final", email: "manual-40-65+1@b.test", do: []func(*rig){wait},
			told:   "invited, started, scored 1 final=false 40, submitted, scored 2 final=true 65",
			polled: "invited, started, submitted, scored 2 final=true 65",
		},
		{
			name: "recalculated", do: []func(*rig){act("score", object{"score": 80}), act("evaluate", object{"score": 74.5})},
			told:   "invited, started, submitted, scored 1 final=true 80, scored 2 final=true 74.5",
			polled: "invited, started, submitted, scored 2 final=true 74.5",
		},
		{name: "removed", do: []func(*rig){act("remove", nil)}, told: "invited, cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			inv := r.invitation()
			inv.Candidate.Email = cmp.Or(c.email, inv.Candidate.Email)
			invited := r.invite(inv)
			for _, do := range c.do {
				do(r)
			}
			told := r.told()
			r.expect("told", brief(told), c.told)
			polled, err := r.plugin.Poll(r.Context(), invited.Remote)
			if err != nil {
				t.Fatal(err)
			}
			r.expect("polled", brief(polled), cmp.Or(c.polled, c.told))
			again, _ := r.plugin.Poll(r.Context(), invited.Remote)
			for i, ev := range polled {
				r.expect("the same event has the same ID", again[i].ID, ev.ID)
			}
			for _, ev := range slices.Concat(told, polled) {
				r.expect("invitation", ev.Invitation, invited.Remote)
			}
		})
	}
}

func TestEarlierResultsYieldAScoreWithoutAStart(t *testing.T) {
	r := newRig(t)
	r.act("stored-result", object{"email": "bo@b.test", "score": 82, "completed_at": "2026-01-02T10:00:00Z"})
	r.control("POST", "clock/set", object{"at": "2026-02-01T00:00:00Z"})
	invited := r.invite(r.invitation())
	told := r.told()
	r.expect("told", brief(told), "invited, submitted, scored 1 final=true 82")
	result := told[2].Result
	r.expect("report", result.URL, invited.URL)
	r.expect("summary", result.Summary, "Role fit: high\n"+
		"logic: 8 on a scale of 1 to 10, taken 2026-01-02\npersonality: 82 on a scale of 0 to 100, taken 2026-01-02")
}
