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
	second := func(verbs ...string) func(*rig, *sdk.Invitation) {
		return func(r *rig, inv *sdk.Invitation) {
			r.invite(r.invitation())
			for _, verb := range verbs {
				r.act(verb, object{"application": "opp_1"})
			}
			inv.Attempt = 2
		}
	}
	for _, c := range []struct {
		name   string
		before func(*rig, *sdk.Invitation)
		want   string
	}{
		{"no test", with(func(i *sdk.Invitation) { i.Assessment = "" }), "refused (unknown_assessment)"},
		{"test is gone", with(func(i *sdk.Invitation) { i.Assessment = "t_99" }), "refused (unknown_assessment): there is no such test"},
		{"no address", with(func(i *sdk.Invitation) { i.Candidate.Email = "" }), "refused (missing_email): candidate has no email"},
		{"bad address", with(func(i *sdk.Invitation) { i.Candidate.Email = "bo" }), "refused (invalid_email): candidate's email is not valid"},
		{"is taking it", second("start"), "refused (conflict)"},
		{"has taken it too often", func(r *rig, i *sdk.Invitation) {
			for n := 1; n <= 3; n++ {
				inv := r.invitation()
				inv.Attempt = n
				r.invite(inv)
				r.act("submit", object{"application": "opp_1"})
			}
			i.Attempt = 4
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
		{"rate limited", func(r *rig, _ *sdk.Invitation) {
			r.fault(object{"kind": "status", "status": 429, "retry_after": 7})
		}, "later (after 7s)"},
		{"broken", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "status", "status": 503}) }, "unknown"},
		{"cut", func(r *rig, _ *sdk.Invitation) { r.fault(object{"kind": "reset"}) }, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			inv := r.invitation()
			c.before(r, &inv)
			_, err := r.plugin.Invite(r.Context(), inv)
			if got := kindOf(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "bo@b.test") || strings.Contains(fmt.Sprint(err), "Lind") {
				t.Errorf("the error names the candidate: %v", err)
			}
		})
	}
	t.Run("the first request is still under way", func(t *testing.T) {
		busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, `{"error":{"code":"idempotency_in_progress","message":"not answered yet","request_id":"r1"}}`)
		}))
		defer busy.Close()
		_, err := newPlugin(t, config{BaseURL: busy.URL}).Invite(t.Context(), sdk.Invitation{Assessment: "t_1"})
		var delay *sdk.Delay
		if !errors.As(err, &delay) || delay.After != time.Second {
			t.Errorf("got %v, want a delay", err)
		}
	})
}

// kindOf says what the host would make of an error.
func kindOf(err error) string {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	switch {
	case errors.As(err, &refusal), errors.As(err, &delay):
		return err.Error()
	case errors.Is(err, sdk.ErrDisconnected):
		return "disconnected"
	case err != nil:
		return "unknown"
	}
	return "done"
}

func TestALostAnswerIsRepeatedWithoutASecondMail(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	r.fault(object{"method": "POST", "path": "/invitations$", "kind": "lost", "count": 1})
	if _, err := r.plugin.Invite(r.Context(), inv); err == nil {
		t.Fatal("the answer was not lost")
	}
	invited := r.invite(inv)
	r.expect("mails", r.mails(), 1)
	r.expect("a result has a report, an invitation has no page", invited.URL, "")
	r.expect("promise", r.plugin.Promise(sdk.VerbInvite), sdk.Promise{Repeat: sdk.Keyed, KeptFor: 720 * time.Hour})
	r.expect("other verbs", r.plugin.Promise(sdk.VerbDelete), sdk.Promise{})
}

// TestASecondAttempt: each attempt has an id of its own, so what is told late of the first names the first.
func TestASecondAttempt(t *testing.T) {
	r := newRig(t)
	first := r.invite(r.invitation())
	r.act("bounce", object{"application": "opp_1"})
	again := r.invitation()
	again.Attempt = 2
	second := r.invite(again)
	r.act("start", object{"application": "opp_1"})
	r.expect("mails", r.mails(), 2)
	var told []string
	for _, ev := range r.told() {
		told = append(told, string(ev.Kind)+" "+ev.Invitation)
	}
	r.expect("told", told, []string{
		"invited " + first.Remote, "bounced " + first.Remote, "invited " + second.Remote, "started " + second.Remote,
	})
}

func TestWhatHiredIsToldOfTheCandidate(t *testing.T) {
	r := newRig(t)
	r.plugin.days = 14
	r.control("POST", "clock/set", object{"at": "2030-02-01T00:00:00Z"})
	r.invite(r.invitation())
	state := r.control("GET", "state/invitations", nil)
	for _, want := range []string{
		`"first_name": "Bo"`, `"last_name": "van Lind"`, `"email": "bo@b.test"`, `"candidate_id": "cand_1"`, `"opportunity_id": "opp_1"`,
		`"application_id": "opp_1"`, `"name": "Backend Go"`, `"expires_at": "2030-02-15T00:00:00`,
	} {
		if !strings.Contains(state, want) {
			t.Errorf("Hired lacks %s in %s", want, state)
		}
	}
}

func TestAssessmentsAreTests(t *testing.T) {
	r := newRig(t)
	for n := range 120 {
		r.act("test", object{"name": fmt.Sprint("Test ", n)})
	}
	var names []string
	for a, err := range r.plugin.Assessments(t.Context()) {
		if err != nil || a.ID == "" || a.Created.IsZero() {
			t.Fatalf("%+v %v", a, err)
		}
		names = append(names, a.Name)
	}
	r.expect("tests", len(names), 123)
	r.expect("first and last", names[0]+", "+names[122], "General Programming, Test 119")
	r.act("revoke-key", nil)
	for _, err := range r.plugin.Assessments(t.Context()) {
		r.expect("with a revoked key", kindOf(err), "disconnected")
	}
}

func TestDeleting(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	elsewhere := r.invitation()
	elsewhere.Application = "opp_2"
	kept := r.invite(elsewhere)
	for range 2 { // what is gone already is success
		one := sdk.Deletion{Person: "cand_1", Invitations: []string{invited.Remote, "hin_99"}}
		if err := r.plugin.Delete(t.Context(), "k", one); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("told", brief(r.told()), "invited, invited, cancelled")
	_, err := r.plugin.Poll(t.Context(), invited.Remote)
	r.expect("gone", errors.Is(err, sdk.ErrNotFound), true)
	polled, err := r.plugin.Poll(t.Context(), kept.Remote)
	r.expect("the other one", brief(polled)+fmt.Sprint(err), "invited<nil>")
	for range 2 {
		if err := r.plugin.Delete(t.Context(), "k", sdk.Deletion{Person: "cand_1", Everywhere: true}); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("mails", r.mails(), 0)
	if state := r.control("GET", "state", nil); strings.Contains(state, "bo@b.test") || strings.Contains(state, "Lind") {
		t.Errorf("Hired still knows her: %s", state)
	}
	r.expect("of nobody", kindOf(r.plugin.Delete(t.Context(), "k", sdk.Deletion{Everywhere: true})), "refused (malformed): "+
		"nobody is named whom Hired could delete")
	r.fault(object{"kind": "status", "status": 503})
	r.expect("broken", kindOf(r.plugin.Delete(t.Context(), "k", sdk.Deletion{Person: "cand_1", Everywhere: true})), "unknown")
}
