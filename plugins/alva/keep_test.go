package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestPostingsAreKept(t *testing.T) {
	r := newRig(t)
	r.act("known-user", object{"email": "boss@b.test"})
	keep := func(p sdk.Posting, key sdk.Key) {
		t.Helper()
		if _, err := r.plugin.KeepPosting(t.Context(), key, p); err != nil {
			t.Error(err)
		}
	}
	a := sdk.Posting{ID: "post/1", Name: "Analyst", Team: "Data", HiringManager: "boss@b.test"}
	b := sdk.Posting{ID: "post/1", Name: "Scientist", HiringManager: "stranger@b.test"}
	keep(a, "key a")
	keep(b, "key b")
	keep(a, "key a") // the same content has the same key, and must be written all the same
	state := r.control("GET", "state/positions", nil)
	r.expect("positions", strings.Count(state, `"external_id"`), 1)
	for _, want := range []string{`"external_id": "post/1"`, `"name": "Analyst"`, `"team": "Data"`, `"hiring_manager_email": "boss@b.test"`} {
		if !strings.Contains(state, want) {
			t.Errorf("the position lacks %s: %s", want, state)
		}
	}
}

func TestOutcomesAreStages(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	for kind, want := range map[sdk.Kind]string{
		sdk.KindHired: "hired", sdk.KindUnhired: "in_process", sdk.KindRejected: "rejected", sdk.KindUnrejected: "in_process",
	} {
		err := r.plugin.KeepOutcome(t.Context(), "k", sdk.Outcome{Kind: kind, Invitations: []string{"pos_1/alc_99", invited.Remote}})
		if err != nil {
			t.Fatal(err)
		}
		if state := r.control("GET", "state/candidates", nil); !strings.Contains(state, `"stage": "`+want+`"`) {
			t.Errorf("%s: want the stage %s in %s", kind, want, state)
		}
	}
	var refusal *sdk.Refusal
	for name, o := range map[string]sdk.Outcome{
		"kind": {Kind: sdk.KindMoved}, "invitation": {Kind: sdk.KindHired, Invitations: []string{"x"}},
	} {
		if err := r.plugin.KeepOutcome(t.Context(), "k", o); !errors.As(err, &refusal) {
			t.Errorf("a wrong %s: %v", name, err)
		}
	}
}

func TestDeleting(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	for range 2 { // what is gone already is success
		one := sdk.Deletion{Person: "cand_1", Invitations: []string{invited.Remote, "pos_1/alc_99"}}
		if err := r.plugin.Delete(t.Context(), "k", one); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("told", brief(r.told()), "invited, cancelled")
	r.expect("mails", r.mails(), 1)
	for range 2 {
		all := sdk.Deletion{Person: "cand_1", Invitations: []string{invited.Remote}, Everywhere: true}
		if err := r.plugin.Delete(t.Context(), "k", all); err != nil {
			t.Fatal(err)
		}
	}
	r.expect("mails", r.mails(), 0)
	_, err := r.plugin.Poll(t.Context(), invited.Remote)
	r.expect("gone", errors.Is(err, sdk.ErrNotFound), true)
}

func TestAssessmentsAreTestProfiles(t *testing.T) {
	r := newRig(t)
	for n := range 120 {
		r.act("test-profile", object{"name": fmt.Sprint("Profile ", n)})
	}
	var names []string
	for a, err := range r.plugin.Assessments(t.Context()) {
		if err != nil || a.ID == "" || a.Created.IsZero() {
			t.Fatalf("%+v %v", a, err)
		}
		names = append(names, a.Name)
	}
	r.expect("how many", len(names), 123)
	r.expect("the last", names[122], "Profile 119")
	r.fault(object{"kind": "status", "status": 401})
	for _, err := range r.plugin.Assessments(t.Context()) {
		r.expect("disconnected", errors.Is(err, sdk.ErrDisconnected), true)
	}
}
