package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestWhatHappensToAnInvitation(t *testing.T) {
	act := func(verb string, args object) func(*rig) {
		return func(r *rig) {
			all := object{"application": "opp_1"}
			maps.Copy(all, args)
			r.act(verb, all)
		}
	}
	wait := func(by string) func(*rig) { return func(r *rig) { r.advance(by) } }
	for _, c := range []struct {
		name, email string
		do          []func(*rig)
		told        string // by webhooks
		polled      string // where a later revision, or more time, has replaced what was told; else the same
	}{
		{name: "sent", told: "invited"},
		{name: "opened", do: []func(*rig){act("open", nil)}, told: "invited"},
		{name: "started", do: []func(*rig){act("start", nil), act("start", nil)}, told: "invited, started"},
		{name: "bounced", email: "bounce+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, bounced hard"},
		{name: "soft bounce", email: "soft+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, bounced soft"},
		{name: "declined", email: "decline+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, cancelled"},
		{name: "cancelled", do: []func(*rig){act("start", nil), act("cancel", nil)}, told: "invited, started, cancelled"},
		{name: "finished", email: "score-73+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, started, scored 1 final=true 73"},
		{
			name: "corrected", do: []func(*rig){act("submit", object{"score": 80}), act("score", object{"score": 74.5})},
			told:   "invited, started, scored 1 final=true 80, scored 2 final=true 74.5",
			polled: "invited, started, scored 2 final=true 74.5",
		},
		{name: "never begun", do: []func(*rig){wait("167h"), wait("1h")}, told: "invited, expired"},
		{name: "abandoned", do: []func(*rig){act("start", nil), wait("168h")}, told: "invited, started, expired"},
		{
			name: "extended", do: []func(*rig){act("expire", nil), act("extend", object{"days": 2})},
			told: "invited, expired", polled: "invited",
		},
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
			polled := r.poll(invited)
			r.expect("polled", brief(polled), cmp.Or(c.polled, c.told))
			for i, ev := range r.poll(invited) {
				r.expect("the same event has the same ID", ev.ID, polled[i].ID)
			}
			for _, ev := range slices.Concat(told, polled) {
				r.expect("invitation", ev.Invitation, invited.Remote)
			}
		})
	}
}

func (r *rig) poll(of sdk.Invited) []sdk.Event {
	r.Helper()
	events, err := r.plugin.Poll(r.Context(), of.Remote)
	if err != nil {
		r.Fatal(err)
	}
	return events
}

// TestAResult: a webhook and a read say the same of it.
func TestAResult(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	inv.Assessment = r.test("Frontend")
	invited := r.invite(inv)
	r.act("submit", object{"application": "opp_1", "score": 45, "seconds": 1800})
	for name, events := range map[string][]sdk.Event{"told": r.told(), "polled": r.poll(invited)} {
		got := events[2].Result
		r.expect(name+" score", []float64{*got.Score, *got.Points, *got.Max}, []float64{75, 45, 60})
		r.expect(name+" report", got.URL, r.url+"/reports/"+invited.Remote)
		r.expect(name+" summary", got.Summary, "Language: javascript\nTime: 30m0s")
		for n, want := range []string{"Arrays 75", "Graphs 75"} {
			r.expect(name+" skill", fmt.Sprint(got.Skills[n].Name, " ", *got.Skills[n].Score), want)
		}
	}
	_, err := r.plugin.Poll(r.Context(), "hin_99")
	r.expect("no such invitation", err, "GET /invitations/hin_99: 404 not_found: not found")
}
