package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

// TestTheInterviewIsMadeFromThePosting is row LX5, as far as the plugin goes.
func TestTheInterviewIsMadeFromThePosting(t *testing.T) {
	r := newRig(t)
	keep := func(p sdk.Posting) string {
		t.Helper()
		id, err := r.plugin.KeepPosting(t.Context(), "the same key", p)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	a := sdk.Posting{ID: "post/1", Name: "Analyst", Team: "Data", Description: "Find out why.", Salary: "EUR 60,000 to 80,000 a year"}
	b := sdk.Posting{ID: "post/1", Name: "Scientist", Description: "Find out how.", Salary: "by agreement"}
	id := keep(a)
	r.expect("the same position", keep(b), id)
	type kept struct{ ExternalID, Title, Description, Salary, Modality string }
	see := func() (all []kept) {
		t.Helper()
		var state []struct {
			kept
			Salary any
		}
		if err := json.Unmarshal([]byte(r.control("GET", "state/positions", nil)), &state); err != nil {
			t.Fatal(err)
		}
		for _, s := range state {
			raw, _ := json.Marshal(s.Salary)
			s.kept.Salary = string(raw)
			all = append(all, s.kept)
		}
		return all
	}
	if diff := cmp.Diff([]kept{{"post/1", "Scientist", "Find out how.\n\nSalary: by agreement", "null", "VIDEO"}}, see()); diff != "" {
		t.Error(diff)
	}
	keep(a) // the same content has the same key, and must be written all the same
	salary := `{"currency":"EUR","interval":"YEAR","max":80000,"min":60000}`
	if diff := cmp.Diff([]kept{{"post/1", "Analyst", "Find out why.", salary, "VIDEO"}}, see()); diff != "" {
		t.Error(diff)
	}
	_, err := r.plugin.KeepPosting(t.Context(), "k", sdk.Posting{ID: "post_2"})
	r.expect("a posting without a name", sort(err), "refused (malformed): a position needs a title")
}

func TestSalaries(t *testing.T) {
	amount := func(f float64) *float64 { return &f }
	for text, want := range map[string]*salary{
		"EUR 60,000 to 80,000 a year":                  {amount(60000), amount(80000), "EUR", "YEAR"},
		" USD 30.50 an hour ":                          {amount(30.5), amount(30.5), "USD", "HOUR"},
		"GBP 4000 – 5000 per month":                    {amount(4000), amount(5000), "GBP", "MONTH"},
		"CHF 500 a day":                                {amount(500), amount(500), "CHF", "DAY"},
		"EUR up to 80,000 a year":                      {nil, amount(80000), "EUR", "YEAR"},
		"EUR from 60,000 a year":                       {amount(60000), nil, "EUR", "YEAR"},
		"EUR from 60,000 to 80,000 a year":             nil,
		"EUR 60,000 every two weeks":                   nil,
		"EUR 80,000 to 60,000 a year":                  nil,
		"EUR 60,000":                                   nil,
		"€60,000 a year":                               nil,
		"eur 60,000 a year":                            nil,
		"EUR 60,000 to 80,000 a year, or not":          nil,
		"EUR 1.2.3 a year":                             nil,
		"EUR ,000 a year":                              nil,
		"EUR 60,000 a fortnight":                       nil,
		"EUR 1" + strings.Repeat("0", 400) + " a year": nil,
		"competitive":                                  nil,
		"":                                             nil,
	} {
		if diff := cmp.Diff(want, parseSalary(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestDeleting(t *testing.T) {
	r := newRig(t)
	one := r.invite(r.invitation())
	second := r.invitation()
	second.Application, second.PostingAt = "opp_2", r.position("post_2")
	two := r.invite(second)
	r.act("complete", object{"application": "opp_2", "score": 70})
	remove := func(everywhere bool, invitations ...string) {
		t.Helper()
		for range 2 { // what is gone already is success
			err := r.plugin.Delete(t.Context(), "k", sdk.Deletion{Person: "cand_1", Invitations: invitations, Everywhere: everywhere})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	poll := func(id string) string {
		t.Helper()
		events, err := r.plugin.Poll(t.Context(), id)
		return brief(events) + " " + sort(err)
	}
	remove(false, one.Remote)
	r.expect("she is no longer waited for", poll(one.Remote), "invited, cancelled fine")
	r.expect("her other interview stays", poll(two.Remote), "invited, started, submitted, scored final=true 70 fine")
	remove(false, one.Remote, two.Remote, "pos_9/cnd_9")
	r.expect("the first is gone", poll(one.Remote), " not found")
	r.expect("the second is gone", poll(two.Remote), " not found")
	r.expect("mails", r.mails(), 0)
	for _, left := range []string{"cy@b.test", "van Ng", "overallFeedback"} {
		if state := r.control("GET", "state", nil); strings.Contains(state, left) {
			t.Errorf("%s is still there: %s", left, state)
		}
	}

	third := r.invitation()
	third.Application = "opp_3"
	three := r.invite(third)
	fourth := r.invitation()
	fourth.Application, fourth.PostingAt = "opp_4", second.PostingAt
	four := r.invite(fourth)
	remove(true, three.Remote)
	r.expect("everywhere is everywhere", poll(four.Remote), " not found")
	err := r.plugin.Delete(t.Context(), "k", sdk.Deletion{Invitations: []string{"x"}})
	r.expect("what is no invitation", strings.HasPrefix(sort(err), "refused (malformed)"), true)
	r.act("revoke-key", nil)
	for _, everywhere := range []bool{false, true} {
		err = r.plugin.Delete(t.Context(), "k", sdk.Deletion{Invitations: []string{one.Remote}, Everywhere: everywhere})
		r.expect("key revoked", sort(err), "disconnected")
	}
}
