package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
	"github.com/patchbay-dev/patchbay/sdk"
)

// TestWritesThatFail: what went wrong is told apart, whichever the write.
func TestWritesThatFail(t *testing.T) {
	for name, write := range map[string]func(r *rig, id string) error{
		"outcome": func(r *rig, id string) error {
			return r.plugin.KeepOutcome(r.Context(), "k", sdk.Outcome{Kind: sdk.KindHired, Invitations: []string{id}})
		},
		"end": func(r *rig, id string) error {
			return r.plugin.Delete(r.Context(), "k", sdk.Deletion{Person: "cand_1", Invitations: []string{id}})
		},
		"delete": func(r *rig, id string) error {
			return r.plugin.Delete(r.Context(), "k", sdk.Deletion{Person: "cand_1", Invitations: []string{id}, Everywhere: true})
		},
		"anonymize": func(r *rig, id string) error {
			return r.plugin.Anonymize(r.Context(), "k", sdk.Anonymization{Person: "cand_1"})
		},
		"alert": func(r *rig, id string) error {
			return r.plugin.Alert(r.Context(), "k", sdk.Alert{Application: "app_1", Text: "was not invited"})
		},
	} {
		for _, c := range []struct {
			before func(r *rig)
			want   string
		}{
			{func(r *rig) { r.act("revoke-key", nil) }, "disconnected"},
			{func(r *rig) { r.act("account", object{"organisation": "Another"}) }, "refused (organisation_mismatch)"},
			{func(r *rig) { r.fault(object{"kind": "status", "status": 429, "retry_after": 7}) }, "later (after 7s)"},
			{func(r *rig) { r.fault(object{"kind": "status", "status": 503}) }, "unknown"},
			{func(r *rig) { r.fault(object{"kind": "reset"}) }, "unknown"},
			{func(r *rig) { r.fault(object{"kind": "lost"}) }, "unknown"},
			{func(*rig) {}, "<nil>"},
		} {
			r := newRig(t)
			invited := r.invite(r.invitation())
			c.before(r)
			if got := outcome(write(r, invited.Remote)); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
	}
}

func TestOutcomesAreHiringStatuses(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	for _, c := range []struct {
		kind sdk.Kind
		want string
	}{
		{sdk.KindHired, "hired"}, {sdk.KindUnhired, "unhired"}, {sdk.KindRejected, "rejected"}, {sdk.KindUnrejected, "unrejected"},
		{sdk.KindHired, "hired"}, // a key that came before must not bring back an old answer
	} {
		decided := sdk.Outcome{Kind: c.kind, Invitations: []string{"par_99", invited.Remote}}
		if err := r.plugin.KeepOutcome(t.Context(), sdk.NewKey(string(c.kind)), decided); err != nil {
			t.Fatal(err)
		}
		if state := r.control("GET", "state/participants", nil); !strings.Contains(state, `"hiring_status": "`+c.want+`"`) {
			t.Errorf("%s: want the status %s in %s", c.kind, c.want, state)
		}
	}
	var refusal *sdk.Refusal
	if err := r.plugin.KeepOutcome(t.Context(), "k", sdk.Outcome{Kind: sdk.KindMoved}); !errors.As(err, &refusal) {
		t.Errorf("a wrong kind: %v", err)
	}
}

// TestAnonymizing: the person was merged into another since, so that her invitation is kept under an id of before.
func TestAnonymizing(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	after := r.invitation()
	after.Person, after.Application = "cand_2", "app_2"
	r.invite(after)
	stranger := r.invitation()
	stranger.Person, stranger.Application, stranger.Candidate = "cand_3", "app_3", sdk.Candidate{Name: "Bo Lind", Email: "bo@b.test"}
	r.invite(stranger)
	r.act("score", object{"application": "app_1", "score": 80})
	for range 2 { // who is anonymous already is success
		err := r.plugin.Anonymize(t.Context(), "k", sdk.Anonymization{Person: "cand_2", Invitations: []string{invited.Remote, "par_99"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	state := r.control("GET", "state/participants", nil)
	if strings.Contains(state, "Diaz") || strings.Contains(state, "ada@b.test") {
		t.Errorf("who she is, is still there: %s", state)
	}
	if !strings.Contains(state, "bo@b.test") {
		t.Errorf("somebody else is gone: %s", state)
	}
	polled, err := r.plugin.Poll(t.Context(), invited.Remote)
	r.expect("the score stays", fmt.Sprint(brief(polled), err), "invited, started, submitted, scored 1 final=true 80<nil>")
	r.expect("mails", r.mails(), 1)
	r.expect("nobody", outcome(r.plugin.Anonymize(t.Context(), "k", sdk.Anonymization{Person: "cand_99"})), "<nil>")
}

func TestDeleting(t *testing.T) {
	r := newRig(t)
	open := r.invite(r.invitation())
	done := r.invitation()
	done.Application = "app_2"
	finished := r.invite(done)
	r.act("score", object{"application": "app_2"})
	for range 2 { // what is gone already is success
		one := sdk.Deletion{Person: "cand_1", Invitations: []string{open.Remote, finished.Remote, "par_99"}}
		if err := r.plugin.Delete(t.Context(), "k", one); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("told", brief(r.told()), "invited, invited, started, scored 1 final=true 50, cancelled")
	r.expect("mails", r.mails(), 2)
	for range 2 {
		all := sdk.Deletion{Person: "cand_1", Invitations: []string{open.Remote}, Everywhere: true}
		if err := r.plugin.Delete(t.Context(), "k", all); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("mails", r.mails(), 0)
}

func TestAlertsAreMailedToTheOwnerOnce(t *testing.T) {
	r := newRig(t)
	alert := func(key sdk.Key, text string) error {
		return r.plugin.Alert(t.Context(), key, sdk.Alert{Application: "app_1", Text: text})
	}
	owner := func() int { return len(r.box.World().Mail.Of(sandbox.DefaultOwner)) }
	r.fault(object{"path": "/alerts$", "kind": "lost", "count": 1})
	r.expect("lost", outcome(alert("k1", "was not invited")), "unknown")
	r.expect("again", outcome(alert("k1", "was not invited")), "<nil>")
	r.expect("mails", owner(), 1)
	r.expect("another", outcome(alert("k2", "was not invited")), "<nil>")
	r.expect("mails", owner(), 2)
	r.expect("empty", outcome(alert("k3", "")), "refused (malformed): text is 1 to 5000 bytes")
	if state := r.control("GET", "state/alerts", nil); !strings.Contains(state, `"application_id": "app_1"`) {
		t.Errorf("alerts: %s", state)
	}
}

func TestAssessmentsArePublished(t *testing.T) {
	r := newRig(t)
	for n := range 120 {
		r.act("assessment", object{"name": fmt.Sprint("Assessment ", n)})
	}
	r.act("assessment", object{"name": "Draft", "status": "draft"})
	newer := r.control("POST", "acts/assessment-duplicate", object{"assessment": "SQL Essentials"})
	created := map[string]int{}
	var last sdk.Assessment
	for a, err := range r.plugin.Assessments(t.Context()) {
		if err != nil || a.ID == "" || a.Created.Before(last.Created) {
			t.Fatalf("%+v %v", a, err)
		}
		created[a.Name]++
		last = a
	}
	r.expect("how many names", len(created), 123)
	r.expect("of one name", created["SQL Essentials"], 2)
	r.expect("drafts", created["Draft"], 0)
	r.expect("the newest can be told", strings.Contains(newer, `"id": "`+last.ID+`"`), true)
	r.fault(object{"kind": "status", "status": 401})
	for _, err := range r.plugin.Assessments(t.Context()) {
		r.expect("disconnected", outcome(err), "disconnected")
	}
}
