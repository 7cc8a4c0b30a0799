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

// outcome is an error as the host understands it.
func outcome(err error) string {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	switch {
	case err == nil, errors.As(err, &refusal), errors.As(err, &delay):
		return fmt.Sprint(err)
	case errors.Is(err, sdk.ErrDisconnected):
		return "disconnected"
	case errors.Is(err, sdk.ErrNotFound):
		return "not found"
	}
	return "unknown"
}

func TestInvitesThatFail(t *testing.T) {
	with := func(change func(*sdk.Invitation)) func(*rig, *sdk.Invitation) {
		return func(_ *rig, inv *sdk.Invitation) { change(inv) }
	}
	after := func(verb string) func(*rig, *sdk.Invitation) {
		return func(r *rig, i *sdk.Invitation) {
			r.invite(r.invitation())
			r.act(verb, object{"application": "app_1"})
			i.Attempt = 2
		}
	}
	fault := func(f object) func(*rig, *sdk.Invitation) { return func(r *rig, _ *sdk.Invitation) { r.fault(f) } }
	for _, c := range []struct {
		name   string
		before func(*rig, *sdk.Invitation)
		want   string
	}{
		{"no assessment", with(func(i *sdk.Invitation) { i.Assessment = "" }), "refused (unknown_assessment)"},
		{"assessment is gone", with(func(i *sdk.Invitation) { i.Assessment = "asm_99" }), "refused (unknown_assessment)"},
		{"assessment was archived", func(r *rig, i *sdk.Invitation) {
			r.act("assessment-edit", object{"assessment": i.Assessment, "status": "archived"})
		}, "refused (unknown_assessment)"},
		{"no address", with(func(i *sdk.Invitation) { i.Candidate.Email = "" }), "refused (missing_email): candidate has no email"},
		{"bad address", with(func(i *sdk.Invitation) { i.Candidate.Email = "ada" }), "refused (invalid_email): candidate's email is not valid"},
		{"no invitations left", func(r *rig, _ *sdk.Invitation) { r.act("account", object{"quota": 0}) }, "refused (quota_exhausted)"},
		{"is taking it", after("start"), "refused (conflict)"},
		{"has taken it", after("score"), "refused (retake_not_allowed)"},
		{"was anonymised", func(r *rig, _ *sdk.Invitation) {
			r.invite(r.invitation())
			if err := r.plugin.Anonymize(r.Context(), "k", sdk.Anonymization{Person: "cand_1"}); err != nil {
				r.Fatal(err)
			}
		}, "refused (not_found)"},
		{"another body under the key", func(r *rig, i *sdk.Invitation) {
			other := *i
			other.Application = "app_2"
			r.invite(other)
		}, "refused (idempotency_key_reused)"},
		{"another organisation", func(r *rig, _ *sdk.Invitation) { r.act("account", object{"organisation": "Another"}) },
			"refused (organisation_mismatch)"},
		{"key revoked", func(r *rig, _ *sdk.Invitation) { r.act("revoke-key", nil) }, "disconnected"},
		{"forbidden", fault(object{"kind": "status", "status": 403}), "refused (forbidden)"},
		{"rate limited", fault(object{"kind": "status", "status": 429, "retry_after": 7}), "later (after 7s)"},
		{"broken", fault(object{"kind": "status", "status": 503}), "unknown"},
		{"cut", fault(object{"kind": "reset"}), "unknown"},
		{"lost", fault(object{"kind": "lost"}), "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			inv := r.invitation()
			c.before(r, &inv)
			_, err := r.plugin.Invite(r.Context(), inv)
			if got := outcome(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "ada@b.test") || strings.Contains(fmt.Sprint(err), "Diaz") {
				t.Errorf("the error names the candidate: %v", err)
			}
		})
	}
}

// TestAnswersThatMakeNoSense leave the outcome unknown, or ask to come back.
func TestAnswersThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"the first request is still under way", 409, `{"error":{"code":"idempotency_in_progress"}}`, "later (after 1s)"},
		{"no participant", 201, `{}`, "unknown"},
		{"nothing", 201, ``, "unknown"},
		{"HTML", 201, `<html>`, "unknown"},
		{"a passing score of no kind", 201, `{"id":"par_1","passing_score_snapshot":101}`, "unknown"},
		{"a refusal without a code", 418, ``, "refused (refused)"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		_, err := newPlugin(t, server.URL).Invite(t.Context(), sdk.Invitation{Key: "k", Assessment: "asm_1"})
		server.Close()
		if got := outcome(err); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestALostAnswerIsRepeatedWithoutASecondMail(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	r.fault(object{"method": "POST", "path": "/participants$", "kind": "lost", "count": 1})
	if _, err := r.plugin.Invite(r.Context(), inv); err == nil {
		t.Fatal("the answer was not lost")
	}
	r.act("assessment-edit", object{"assessment": inv.Assessment, "passing_score": 90})
	invited := r.invite(inv)
	r.expect("mails", r.mails(), 1)
	r.expect("url", invited.URL, r.url+"/participants/"+invited.Remote)
	r.expect("the passing score is the one when she was added", *invited.PassingScore, 60)
	keyed := sdk.Promise{Repeat: sdk.Keyed, KeptFor: 720 * time.Hour}
	r.expect("promises", []sdk.Promise{r.plugin.Promise(sdk.VerbInvite), r.plugin.Promise(sdk.VerbAlert)}, []sdk.Promise{keyed, keyed})
	r.expect("other verbs", r.plugin.Promise(sdk.VerbDelete), sdk.Promise{})
}

// TestASecondAttempt is a participant of its own: what is told late of the first names the first.
func TestASecondAttempt(t *testing.T) {
	r := newRig(t)
	first := r.invite(r.invitation())
	r.act("bounce", object{"application": "app_1"})
	again := r.invitation()
	again.Attempt = 2
	second := r.invite(again)
	r.act("start", object{"application": "app_1"})
	r.expect("mails", r.mails(), 2)
	var told []string
	for _, ev := range r.told() {
		told = append(told, string(ev.Kind)+" "+ev.Invitation)
	}
	r.expect("told", told, []string{
		"invited " + first.Remote, "bounced " + first.Remote, "invited " + second.Remote, "started " + second.Remote,
	})
}

func TestWhatAloobaIsToldOfTheCandidate(t *testing.T) {
	r := newRig(t)
	inv := r.invitation()
	r.invite(inv)
	state := r.control("GET", "state/participants", nil)
	for _, want := range []string{
		`"first_name": "Ada"`, `"last_name": "van Diaz"`, `"email": "ada@b.test"`, `"candidate_id": "cand_1"`, `"opportunity_id": "app_1"`,
		`"application_id": "app_1"`, `"posting_id": "post_1"`, `"id": "` + inv.Assessment + `"`,
	} {
		if !strings.Contains(state, want) {
			t.Errorf("Alooba lacks %s", want)
		}
	}
	nameless := r.invitation()
	nameless.Person, nameless.Application = "", "app_2"
	r.invite(nameless)
	if state := r.control("GET", "state/participants", nil); !strings.Contains(state, `"candidate_id": "app_2"`) {
		t.Errorf("who has no id is not known by her application: %s", state)
	}
}
