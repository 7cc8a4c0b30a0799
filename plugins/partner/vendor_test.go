package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// TestATestFromListToScore: with each vendor whose sandbox serves the contract.
func TestATestFromListToScore(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.product, func(t *testing.T) {
			r := newRig(t, v)
			inv := r.invitation()
			invited := r.invite(inv)
			r.expect("mails", r.mails(), 1)
			state := r.control("GET", "state", nil)
			for _, want := range []string{`"Bo"`, `"van Lind"`, `"bo@b.test"`, `"cand_1"`, `"opp_1"`} {
				if !strings.Contains(state, want) {
					t.Errorf("%s does not know %s", v.product, want)
				}
			}
			early, err := r.plugin.Poll(t.Context(), invited.Remote)
			r.expect("before she is done", fmt.Sprint(early, err), "[] <nil>")

			r.act(v.finish, object{"application": "opp_1", "score": 75})
			calls := r.callbacks()
			if len(calls) != 1 {
				t.Fatalf("want one callback, got %+v", calls)
			}
			r.expect("callback", calls[0].Path, "/hooks/vendor.partner/s3cret/"+string(inv.Key))
			received, err := r.plugin.Receive(t.Context(), calls[0])
			r.expect("it yields nothing", fmt.Sprint(len(received.Events), received.Response.Status, err), "0 0 <nil>")

			events, err := r.plugin.Poll(t.Context(), invited.Remote)
			if err != nil || len(events) != 1 {
				t.Fatalf("%+v %v", events, err)
			}
			ev := events[0]
			r.expect("event", []any{ev.Kind, ev.Invitation, ev.At.IsZero()}, []any{sdk.KindScored, invited.Remote, false})
			r.expect("result", []any{ev.Result.Final, *ev.Result.Score, *ev.Result.Points, *ev.Result.Max}, []any{true, 75, 75, 100})
			if !strings.HasPrefix(ev.Result.URL, r.url+"/") {
				t.Errorf("the report is at %q", ev.Result.URL)
			}
			again, _ := r.plugin.Poll(t.Context(), invited.Remote)
			r.expect("the same event has the same ID", again[0].ID, ev.ID)
		})
	}
}

func TestInvitesThatFail(t *testing.T) {
	with := func(change func(*sdk.Invitation)) func(*rig, *sdk.Invitation) {
		return func(_ *rig, inv *sdk.Invitation) { change(inv) }
	}
	fault := func(f object) func(*rig, *sdk.Invitation) { return func(r *rig, _ *sdk.Invitation) { r.fault(f) } }
	for _, v := range vendors {
		for _, c := range []struct {
			name   string
			before func(*rig, *sdk.Invitation)
			want   string
			mails  int
		}{
			{"no address", with(func(i *sdk.Invitation) { i.Candidate.Email = "" }), "refused (missing_email)", 0},
			{"bad address", with(func(i *sdk.Invitation) { i.Candidate.Email = "bo" }), "refused (invalid_email)", 0},
			{"address with a name", with(func(i *sdk.Invitation) { i.Candidate.Email = "Bo <bo@b.test>" }), "refused (invalid_email)", 0},
			{"address that the vendor refuses", with(func(i *sdk.Invitation) { i.Candidate.Email = "bo@b" }), "refused (", 0},
			{"no test", with(func(i *sdk.Invitation) { i.Assessment = "" }), "refused (unknown_assessment)", 0},
			{"test is gone", with(func(i *sdk.Invitation) { i.Assessment = "gone" }), "refused (unknown_assessment)", 0},
			{"key revoked", func(r *rig, _ *sdk.Invitation) { r.act("revoke-greenhouse-key", object{}) }, "disconnected", 0},
			{"rate limited", fault(object{"kind": "status", "status": 429, "retry_after": 7}), "later (after 7s)", 0},
			{"broken", fault(object{"kind": "status", "status": 503}), "unknown", 0},
			{"answer lost", fault(object{"kind": "lost", "path": "/send_test$"}), "unknown", 1},
		} {
			t.Run(v.product+", "+c.name, func(t *testing.T) {
				r := newRig(t, v)
				inv := r.invitation()
				c.before(r, &inv)
				_, err := r.plugin.Invite(t.Context(), inv)
				if got := kindOf(err); !strings.HasPrefix(got, c.want) {
					t.Errorf("got %s (%v), want %s", got, err, c.want)
				}
				r.expect("mails", r.mails(), c.mails)
				if strings.Contains(fmt.Sprint(err), "bo@b") || strings.Contains(fmt.Sprint(err), "Lind") {
					t.Errorf("the error names the candidate: %v", err)
				}
			})
		}
	}
}

// TestWithoutACallback: the vendor takes an address that leads nowhere, and a poll tells all.
func TestWithoutACallback(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.product, func(t *testing.T) {
			r := newRig(t, v)
			r.plugin = newPlugin(t, settings(r.url+v.root))
			invited := r.invite(r.invitation())
			if state := r.control("GET", "state", nil); !strings.Contains(state, nowhere+"/"+string(sdk.NewKey("test"))) {
				t.Errorf("%s was not given %s", v.product, nowhere)
			}
			r.act(v.finish, object{"application": "opp_1", "score": 20})
			events, err := r.plugin.Poll(t.Context(), invited.Remote)
			if err != nil || len(events) != 1 || *events[0].Result.Score != 20 {
				t.Errorf("%+v %v", events, err)
			}
		})
	}
}
