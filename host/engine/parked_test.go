package engine

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/sdk"
)

// An operator's words.
var (
	retry   = effect.Retry{}
	confirm = effect.Confirm{}
	deny    = effect.Deny{}
	drop    = effect.Drop{Reason: "no longer wanted"}
)

// What no way leads out of waits for a person, and each word of hers has its effect.
func TestParkedAndSettled(t *testing.T) {
	never := promises{sdk.VerbInvite: {Repeat: sdk.Never}, sdk.VerbNote: {Repeat: sdk.Never}}
	for _, tt := range []struct {
		name string
		verb sdk.Verb
		fate fate
		act  effect.Input
		want seen
	}{
		{"an invitation that arrived: confirmed, which tells no URL", sdk.VerbInvite, lost, effect.Confirm{Remote: "inv0"}, seen{
			Mails: 1, Notes: happy.Notes, Tags: happy.Tags, Stage: "Interview",
		}},
		{"an invitation that did not: denied", sdk.VerbInvite, vanished, deny, happy},
		{"an invitation that may have: dropped", sdk.VerbInvite, vanished, drop, seen{Stage: "Assessment"}},
		{"a note that arrived: confirmed", sdk.VerbNote, lost, confirm, happy},
		{"a note that did not: denied", sdk.VerbNote, vanished, deny, happy},
		{"a note that is refused: retried", sdk.VerbNote, refused, deny, happy},
		{"a note that may have: dropped", sdk.VerbNote, vanished, drop, seen{
			Mails: 1, Links: happy.Links, Tags: happy.Tags, Stage: "Interview",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.promises = never
				s.meets(tt.verb, tt.fate)
				s.apply("ann")
				s.move("ann", "Assessment")
				s.settle(time.Hour)
				if tt.verb == sdk.VerbInvite {
					s.act(tt.act)
				}
				if s.mails() > 0 {
					s.says(0, sdk.KindStarted, nil)
					s.says(0, sdk.KindCompleted, score("1", 80))
				}
				s.settle(time.Hour)
				if tt.verb == sdk.VerbNote {
					s.evidenceIsMissing()
					s.act1(sdk.VerbNote, tt.act)
					s.act1(sdk.VerbMove, retry)
				}
				s.shows("ann", tt.want)
				if parked := s.parked(); len(parked) > 0 {
					t.Errorf("still parked: %+v", parked)
				}
			})
		})
	}
}

// evidenceIsMissing fails unless tags have passed a parked note and the move has not.
func (s *scene) evidenceIsMissing() {
	s.t.Helper()
	got := s.see("ann")
	got.Notes = nil
	want := seen{Mails: 1, Links: happy.Links, Tags: happy.Tags, Stage: "Assessment"}
	if got.Stage != want.Stage || len(got.Tags) != len(want.Tags) {
		s.t.Errorf("with a parked note people see %+v, want %+v", got, want)
	}
}

// act1 settles the parked effect of a verb.
func (s *scene) act1(v sdk.Verb, in effect.Input) {
	s.t.Helper()
	for _, f := range s.parked() {
		if f.Verb == v {
			if _, err := s.host.Load().Act(s.t.Context(), f.Key, "settle", in, "because"); err != nil {
				s.t.Fatal(err)
			}
			s.settle(time.Hour)
			return
		}
	}
	s.t.Fatalf("no %s is parked: %+v", v, s.parked())
}
