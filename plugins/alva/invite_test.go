package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestInvitesThatFail(t *testing.T) {
	with := func(change func(*sdk.Invitation)) func(*rig, *sdk.Invitation) {
		return func(_ *rig, inv *sdk.Invitation) { change(inv) }
	}
	for _, c := range []struct {
		name   string
		before func(*rig, *sdk.Invitation)
		want   string
	}{
		{"no position", with(func(i *sdk.Invitation) { i.PostingAt = "" }), "refused (posting_missing)"},
		{"position is gone", with(func(i *sdk.Invitation) { i.PostingAt = "pos_99" }), "refused (not_found)"},
		{"position is nonsense", with(func(i *sdk.Invitation) { i.PostingAt = ".." }), "refused (not_found)"},
		{"no address", with(func(i *sdk.Invitation) { i.Candidate.Email = "" }), "refused (missing_email): candidate has no email"},
		{"bad address", with(func(i *sdk.Invitation) { i.Candidate.Email = "bo" }), "refused (invalid_email): candidate's email is not valid"},
		{"no such profile", with(func(i *sdk.Invitation) { i.Assessment = "tp_99" }), "refused (unknown_assessment)"},
		{"is taking them", func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			r.act("start", object{"application": "opp_1"})
			i.Attempt = 2
		}, "refused (conflict)"},
		{"has taken them", func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			r.act("score", object{"application": "opp_1"})
			i.Attempt = 2
		}, "refused (retake_not_allowed)"},
		{"was erased", func(r *rig, _ *sdk.Invitation) {
			r.invite(r.invitation())
			r.plugin.Delete(r.Context(), "k", sdk.Deletion{Person: "cand_1", Everywhere: true})
		}, "refused (not_found)"},
		{"another body under the key", func(r *rig, i *sdk.Invitation) {
			other := *i
			other.Application = "opp_2"
			r.invite(other)
		}, "refused (idempotency_key_reused)"},
		{"key revoked", func(r *rig, _ *sdk.Invitation) { r.act("revoke-key", nil) }, "disconnected"},
		{"forbidden", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "status", "status": 403}) }, "refused (forbidden)"},
		{"rate limited", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "status", "status": 429, "retry_after": 7}) }, "later (after 7s)"},
		{"broken", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "status", "status": 503}) }, "unknown"},
		{"cut", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "reset"}) }, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			inv := r.invitation()
			c.before(r, &inv)
			_, err := r.plugin.Invite(r.Context(), inv)
			var refusal *sdk.Refusal
			var delay *sdk.Delay
			got := fmt.Sprint(err)
			switch {
			case errors.As(err, &refusal), errors.As(err, &delay):
			case errors.Is(err, sdk.ErrDisconnected):
				got = "disconnected"
			case err != nil:
				got = "unknown"
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "bo@b.test") || strings.Contains(fmt.Sprint(err), "Lind") {
				t.Errorf("the error names the candidate: %v", err)
			}
		})
	}
	t.Run("the first request is still under way", func(t *testing.T) {
		r := newRig(t)
		busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, `{"error":{"code":"idempotency_in_progress","message":"not answered yet","request_id":"r1"}}`)
		}))
		defer busy.Close()
		_, err := newPlugin(t, busy.URL).Invite(t.Context(), r.invitation())
		var delay *sdk.Delay
		if !errors.As(err, &delay) || delay.After != time.Second {
			t.Errorf("got %v, want a delay", err)
		}
	})
}

func TestALostAnswerIsRepeatedWithoutASecondMail(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	r.fault(object{"method": "POST", "path": "/candidates$", "kind": "lost", "count": 1})
	if _, err := r.plugin.Invite(r.Context(), inv); err == nil {
		t.Fatal("the answer was not lost")
	}
	invited := r.invite(inv)
	r.expect("mails", r.mails(), 1)
	position, candidate, _ := strings.Cut(invited.Remote, "/")
	r.expect("position", position, inv.PostingAt)
	r.expect("url", invited.URL, r.url+"/positions/"+position+"/candidates/"+candidate)
	r.expect("promise", r.plugin.Promise(sdk.VerbInvite), sdk.Promise{Repeat: sdk.Keyed, KeptFor: 720 * time.Hour})
	r.expect("other verbs", r.plugin.Promise(sdk.VerbDelete), sdk.Promise{})
}

// TestASecondAttempt: what is told late of the first attempt names the first.
func TestASecondAttempt(t *testing.T) {
	r := newRig(t)
	first := r.invite(r.invitation())
	r.act("bounce", object{"application": "opp_1"})
	again := r.invitation()
	again.Attempt = 2
	second := r.invite(again)
	r.act("start", object{"application": "opp_1"})
	r.expect("second", second.Remote, first.Remote+"/2")
	r.expect("mails", r.mails(), 2)
	var told []string
	for _, ev := range r.told() {
		told = append(told, string(ev.Kind)+" "+ev.Invitation)
	}
	r.expect("told", told, []string{
		"invited " + first.Remote, "bounced " + first.Remote, "invited " + second.Remote, "started " + second.Remote,
	})
	polled, err := r.plugin.Poll(r.Context(), first.Remote)
	r.expect("of the first nothing new", fmt.Sprint(brief(polled), err), "<nil>")
	polled, err = r.plugin.Poll(r.Context(), second.Remote)
	r.expect("of the second", fmt.Sprint(brief(polled), err), "invited, started<nil>")
}

func TestWhatAlvaIsToldOfTheCandidate(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	for a := range r.plugin.Assessments(t.Context()) {
		inv.Assessment = a.ID // the last
	}
	r.invite(inv)
	state := r.control("GET", "state/candidates", nil)
	for _, want := range []string{
		`"first_name": "Bo"`, `"last_name": "van Lind"`, `"email": "bo@b.test"`, `"candidate_id": "cand_1"`, `"opportunity_id": "opp_1"`,
		`"application_id": "opp_1"`, `"test_profile_id": "` + inv.Assessment + `"`, `"position_name": "Data Analyst"`, `"team": "Data"`,
	} {
		if !strings.Contains(state, want) {
			t.Errorf("Alva lacks %s", want)
		}
	}
}
