package main

import (
	"cmp"
	"slices"
	"testing"
)

func TestWhatHappensToAnInvitation(t *testing.T) {
	act := func(verb string, args ...object) func(*rig) {
		return func(r *rig) { r.her(verb, args...) }
	}
	wait := func(by string) func(*rig) { return func(r *rig) { r.advance(by) } }
	for _, c := range []struct {
		name, email string
		do          []func(*rig)
		told        string // by webhooks
		polled      string // the same if empty
	}{
		{name: "sent", told: "invited"},
		{name: "opened, booked and missed", do: []func(*rig){act("open"), act("book"), act("miss")}, told: "invited"},
		{
			name: "started, left and resumed", do: []func(*rig){act("start"), act("pause"), act("start")},
			told: "invited, started, started", polled: "invited, started",
		},
		{name: "bounced", email: "bounce+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, bounced hard"},
		{name: "soft bounce", email: "soft+1@b.test", do: []func(*rig){wait("1m")}, told: "invited, bounced soft"},
		{name: "failed", do: []func(*rig){act("fail", object{"reason": "blocked"})}, told: "invited, failed blocked"},
		{name: "ended, no evaluation", do: []func(*rig){act("end")}, told: "invited, started, submitted"},
		{
			name: "completed", email: "score-73+1@b.test", do: []func(*rig){wait("1m")},
			told: "invited, started, submitted, scored final=true 73",
		},
		{name: "completed without a score", do: []func(*rig){act("complete")}, told: "invited, started, submitted, scored final=true none"},
		{
			name: "PDF late: the result does not wait", do: []func(*rig){act("complete", object{"score": 10, "report_delay": "6m"}), wait("1h")},
			told: "invited, started, submitted, scored final=true 10",
		},
		{name: "96 hours after the start", do: []func(*rig){act("start"), act("pause"), wait("96h")}, told: "invited, started, expired"},
		{name: "never started", do: []func(*rig){act("expire")}, told: "invited, expired"},
		{name: "cancelled", do: []func(*rig){act("cancel")}, told: "invited", polled: "invited, cancelled"},
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
			revisions := map[string]bool{}
			for _, ev := range slices.Concat(told, polled) {
				if ev.Result != nil {
					revisions[ev.Result.Revision+ev.Result.URL+ev.Result.Summary] = true
				}
			}
			if len(revisions) > 1 {
				t.Errorf("webhook and poll tell two results: %v", revisions)
			}
		})
	}
}

func TestPollingThatFails(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	poll := func(id string) string {
		_, err := r.plugin.Poll(t.Context(), id)
		return sort(err)
	}
	r.expect("no invitation", poll("x"), `refused (malformed): "x" does not name an invitation at Apriora`)
	r.expect("unknown", poll("pos_9/cnd_9"), "not found")
	r.expect("an attempt that was not made", poll(invited.Remote+"/2"), "not found")
	r.fault(object{"kind": "status", "status": 502, "count": 1})
	r.expect("broken", poll(invited.Remote), "unknown")
	r.act("revoke-key", nil)
	r.expect("disconnected", poll(invited.Remote), "disconnected")
}
