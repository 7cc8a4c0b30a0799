package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// A vendor's messages come in any order, twice, together or hours apart, and before our own record of the invitation: people see the same.
func TestStatusEventsInEveryOrder(t *testing.T) {
	type message struct {
		kind   sdk.Kind
		result *sdk.Result
	}
	messages := []message{
		{sdk.KindStarted, nil}, {sdk.KindScored, &sdk.Result{Revision: "0"}},
		{sdk.KindScored, score("1", 80)}, {sdk.KindCompleted, score("1", 80)},
	}
	for _, gap := range []time.Duration{0, 40 * time.Millisecond, time.Hour} {
		permutations(len(messages), func(order []int) {
			t.Run(fmt.Sprint(order, gap), func(t *testing.T) {
				play(t, rules, func(s *scene) {
					s.apply("ann")
					s.settle(time.Minute)
					s.meets(sdk.VerbInvite, lost)
					s.move("ann", "Assessment")
					s.settle(time.Second) // the vendor has sent it, and we do not know
					for _, twice := range order {
						for range 2 {
							s.says(0, messages[twice].kind, messages[twice].result)
							s.settle(gap)
						}
					}
					s.settle(time.Hour)
					s.shows("ann", happy)
				})
			})
		})
	}
}

// permutations calls f with every order of 0 to n-1.
func permutations(n int, f func([]int)) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			used := false
			for _, j := range order {
				used = used || i == j
			}
			if !used {
				extend(append(order[:len(order):len(order)], i))
			}
		}
	}
	extend(nil)
}

// The tags follow what has become of the invitation, whatever becomes of the writes that show it.
func TestTagsAreALevel(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fates []fate
	}{
		{"all well", nil},
		{"the first is lost", []fate{lost}},
		{"the first arrives after the second", []fate{overtaken}},
		{"the first two never arrive", []fate{vanished, vanished}},
		{"the second is late, after the product was too busy", []fate{well, busy, overtaken}},
		{"none for a while", []fate{unsent, unsent, unsent, busy, busy, vanished}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.meets(sdk.VerbTags, tt.fates...)
				s.apply("ann", func(a *sdk.Application) { a.Tags = []string{"High", "someone's own"} })
				s.move("ann", "Assessment")
				s.settle(2 * time.Second)
				s.says(0, sdk.KindStarted, nil)
				s.settle(time.Second)
				s.says(0, sdk.KindCompleted, score("1", 20))
				s.settle(time.Second)
				s.says(0, sdk.KindScored, score("2", 90)) // marked again: High is there already, and not ours
				s.settle(3 * time.Hour)
				got := s.see("ann")
				s.shows("ann", seen{
					Mails: 1, Notes: []string{"score 20", "score 90"}, Links: happy.Links, Tags: []string{"Completed", "High", "someone's own"},
					Stage: "Interview", Copies: got.Copies,
				})
			})
		})
	}
}

// Tags that the ATS refuses are parked once, and not tried for ever. A person's word settles them: retried they are what is wanted by then,
// dropped they stay as they are until others are wanted.
func TestRefusedTags(t *testing.T) {
	for _, tt := range []struct {
		name string
		act  func(*scene)
		want []string
	}{
		{"left alone", func(*scene) {}, nil},
		{"retried", func(s *scene) { s.act(retry) }, []string{"Completed", "High"}},
		{"dropped", func(s *scene) { s.act(drop) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.meets(sdk.VerbTags, refused)
				road(s)
				tt.act(s)
				want := happy
				want.Tags = tt.want
				s.shows("ann", want)
				if n := s.callsOf("ats.lever tags"); n > 2 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

// Two pairings of the same two connections show their tags independently, and one that is renamed still knows its own.
func TestPairingsKeepTheirTagsApart(t *testing.T) {
	pairing := func(label, to, invited, completed string) string {
		return fmt.Sprintf(`
pairing %q {
  ats    = ats.lever
  vendor = vendor.alva
  on moved {
    to = %q
    invite { assessment = %q }
  }
  tags "status" {
    invited   = %q
    completed = %q
  }
}
`, label, to, map[string]string{"Assessment": "Go", "Interview": "SQL"}[to], invited, completed)
	}
	connections := "ats \"lever\" {}\nvendor \"alva\" {}\n"
	play(t, connections+pairing("a", "Assessment", "Go sent", "Go done")+pairing("b", "Interview", "SQL sent", "SQL done"), func(s *scene) {
		s.tests = []sdk.Assessment{{ID: "go", Name: "Go"}, {ID: "sql", Name: "SQL"}}
		s.apply("ann")
		s.move("ann", "Assessment")
		s.settle(time.Minute)
		s.move("ann", "Interview")
		s.settle(time.Minute)
		s.shows("ann", seen{Mails: 2, Tags: []string{"Go sent", "SQL sent"}, Stage: "Interview"})
		s.end()
		renamed := pairing("anew", "Assessment", "Go sent", "Go done")
		s.pairings = s.compiled(connections + renamed + pairing("b", "Interview", "SQL sent", "SQL done"))
		s.start()
		s.says(0, sdk.KindCompleted, nil)
		s.settle(time.Minute)
		s.shows("ann", seen{Mails: 2, Tags: []string{"Go done", "SQL sent"}, Stage: "Interview"})
	})
}
