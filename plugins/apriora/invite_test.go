package main

import (
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
		{"position is gone", with(func(i *sdk.Invitation) { i.PostingAt = "pos_99" }), "refused (unknown_assessment): no position has this id"},
		{"no address", with(func(i *sdk.Invitation) { i.Candidate.Email = "" }), "refused (missing_email): candidate has no email"},
		{"bad address", with(func(i *sdk.Invitation) { i.Candidate.Email = "cy" }), "refused (invalid_email): candidate's email is not valid"},
		{"has begun", func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			r.her("start")
			i.Attempt = 2
		}, "refused (conflict)"},
		{"has been interviewed", func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			r.her("complete")
			i.Attempt = 2
		}, "refused (retake_not_allowed)"},
		{"open for another application", func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			i.Application = "opp_2"
		}, "refused (conflict)"},
		{"was erased", func(r *rig, _ *sdk.Invitation) {
			invited := r.invite(r.invitation())
			if err := r.plugin.Delete(r.Context(), "k", sdk.Deletion{Invitations: []string{invited.Remote}, Everywhere: true}); err != nil {
				r.Fatal(err)
			}
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
			if got := sort(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %v (%v), want %s", got, err, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "cy@b.test") || strings.Contains(fmt.Sprint(err), "Ng") {
				t.Errorf("the error names the candidate: %v", err)
			}
		})
	}
	for name, answer := range map[string]struct {
		status     int
		body, want string
	}{
		"the first request is under way": {409, `{"error":{"code":"idempotency_in_progress","message":"m"}}`, "later (after 1s)"},
		"an answer without ids":          {201, `{"inviteId":"ivt_1"}`, "unknown"},
		"an answer with ids of a path":   {201, `{"positionId":"a/b","candidateId":"c"}`, "unknown"},
		"an answer that is none":         {201, `hello`, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			}))
			defer product.Close()
			_, err := newPlugin(t, product.URL).Invite(t.Context(), r.invitation())
			r.expect("error", sort(err), answer.want)
		})
	}
}

func TestALostAnswerIsRepeatedWithoutASecondMail(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	r.fault(object{"method": "POST", "path": "/invites$", "kind": "lost", "count": 1})
	if _, err := r.plugin.Invite(r.Context(), inv); err == nil {
		t.Fatal("the answer was not lost")
	}
	invited := r.invite(inv)
	r.expect("mails", r.mails(), 1)
	position, _, _ := strings.Cut(invited.Remote, "/")
	r.expect("position", position, inv.PostingAt)
	r.expect("the candidate's own way in is nobody else's", invited.URL, "")
	r.expect("promise", r.plugin.Promise(sdk.VerbInvite), sdk.Promise{Repeat: sdk.Keyed, KeptFor: 720 * time.Hour})
	r.expect("other verbs", r.plugin.Promise(sdk.VerbDelete), sdk.Promise{})
}

// TestASecondAttempt: what is told of the first attempt names the first, what is told of the second names the second.
func TestASecondAttempt(t *testing.T) {
	r := newRig(t)
	first := r.invite(r.invitation())
	r.her("start")
	r.her("abandon")
	again := r.invitation()
	again.Attempt = 2
	second := r.invite(again)
	r.her("complete", object{"score": 64})
	r.expect("second", second.Remote, first.Remote+"/2")
	var told []string
	for _, ev := range r.told() {
		told = append(told, string(ev.Kind)+" "+strings.TrimPrefix(ev.Invitation, first.Remote))
	}
	r.expect("told", told, []string{"invited ", "started ", "expired ", "invited /2", "started /2", "submitted /2", "scored /2"})
	for id, want := range map[string]string{
		first.Remote: "invited, started, expired", second.Remote: "invited, started, submitted, scored final=true 64",
	} {
		polled, err := r.plugin.Poll(r.Context(), id)
		r.expect("polled", fmt.Sprint(brief(polled), err), want+"<nil>")
	}
}

func TestWhatAlexIsToldOfTheCandidate(t *testing.T) {
	r := newRig(t)
	r.invite(r.invitation())
	state := r.control("GET", "state/invites", nil)
	for _, want := range []string{
		`"firstName": "Cy"`, `"lastName": "van Ng"`, `"email": "cy@b.test"`, `"opportunityId": "opp_1"`, `"applicationId": "opp_1"`,
		`"positionTitle": "Data Analyst"`, `"expiresAt": null`,
	} {
		if !strings.Contains(state, want) {
			t.Errorf("Apriora lacks %s: %s", want, state)
		}
	}
}
