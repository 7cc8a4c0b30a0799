package engine

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/sdk"
)

// deletes has a recruiter delete an application.
func (w *world) deletes(id string) {
	w.mu.Lock()
	delete(w.apps, id)
	w.mu.Unlock()
	w.tell(sdk.Event{ID: "deleted " + id, Kind: sdk.KindDeleted, Application: id})
}

// An application is deleted at any point of its way: nothing more is sent, the vendor removes whom it knows, and our own memory is gone.
func TestDeletionMidWay(t *testing.T) {
	everywhere := []string{"delete [inv0] everywhere true"}
	for _, tt := range []struct {
		name  string
		way   string
		fates []fate // of the invitation
		after time.Duration
		mails int
		told  []string
	}{
		{"before the invitation", "look", nil, 10 * time.Millisecond, 0, nil},
		{"while the call is in flight", "look", nil, 100 * time.Millisecond, 1, everywhere},
		{"while the product is too busy", "look", []fate{busy, busy}, 5 * time.Second, 0, nil},
		{"while the first attempt is being refused for haste", "look", []fate{busy}, 100 * time.Millisecond, 0, nil},
		{"while the credential is not accepted", "look", []fate{disconnected}, 5 * time.Second, 0, nil},
		{"while nobody knows, and it has arrived", "look", []fate{lost}, 5 * time.Second, 1, everywhere},
		{"while nobody knows, and it never arrived", "look", []fate{vanished}, 5 * time.Second, 0, nil},
		{"while nobody can look, and it has arrived", "keyed", []fate{lost}, 5 * time.Second, 1, []string{"delete [] everywhere true"}},
		{"while nobody can look, and it never arrived", "keyed", []fate{vanished}, 5 * time.Second, 0, []string{"delete [] everywhere true"}},
		{"while it is still on its way", "keyed", []fate{overtaken}, 2 * time.Second, 1, []string{"delete [] everywhere true"}},
		{"while its tags are being written", "look", nil, 150 * time.Millisecond, 1, everywhere},
		{"when it is sent", "look", nil, time.Hour, 1, everywhere},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.promises[sdk.VerbInvite] = ways[tt.way]
				s.meets(sdk.VerbInvite, tt.fates...)
				s.apply("ann")
				s.settle(time.Hour)
				s.move("ann", "Assessment")
				s.settle(tt.after)
				s.deletes("ann")
				s.settle(24 * time.Hour)
				if s.mails() != tt.mails || !slices.Equal(s.told, tt.told) {
					t.Errorf("%d mails, and the vendor is told %q; want %d, %q", s.mails(), s.told, tt.mails, tt.told)
				}
				s.forgotten("ann")
			})
		})
	}
}

// forgotten fails if anything is kept of an application but that it is gone.
func (s *scene) forgotten(id string) {
	s.t.Helper()
	j, ctx := s.host.Load().Journal, context.Background()
	c, err := j.Load(ctx, lever, id)
	gone, err2 := j.Gone(ctx, lever, id)
	if err != nil || err2 != nil || !c.New() || !gone {
		s.t.Errorf("kept: %+v, gone %t, %v, %v\n%s", c, gone, err, err2, s.story(id))
	}
}

func TestTheHostDiesDuringADeletion(t *testing.T) {
	deletion := func(at crash) (commits int) {
		play(t, rules, func(s *scene) {
			s.apply("ann", screening)
			s.settle(time.Hour)
			s.end()
			s.crash = at
			s.start()
			s.deletes("ann")
			s.settle(time.Hour)
			if want := []string{"delete [inv0] everywhere true"}; !cmp.Equal(slices.Compact(slices.Clone(s.told)), want) {
				t.Errorf("%+v: the vendor is told %q, want %q", at, s.told, want)
			}
			s.forgotten("ann")
			commits = s.host.Load().disk.count()
		})
		return commits
	}
	for n, all := 1, deletion(crash{}); n <= all; n++ {
		deletion(crash{at: n})
		deletion(crash{at: n, kept: true})
	}
}

// Of a person's two applications each is removed by itself; with the last goes everything.
func TestTheLastApplicationTakesThePersonAlong(t *testing.T) {
	for name, gap := range map[string]time.Duration{"at once": 0, "one by one": time.Hour} {
		t.Run(name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				same := func(a *sdk.Application) { a.Person = "ann" }
				s.apply("a", same, screening)
				s.apply("b", same, screening, func(a *sdk.Application) { a.Posting.ID = "another" })
				s.settle(time.Hour)
				s.deletes("a")
				s.settle(gap)
				s.deletes("b")
				s.settle(time.Hour)
				all := 0
				for _, told := range s.told {
					if told[len(told)-len("true"):] == "true" {
						all++
					}
				}
				if len(s.told) != 2 || all == 0 || name == "one by one" && all != 1 {
					t.Errorf("the vendor is told %q", s.told)
				}
				s.forgotten("a")
				s.forgotten("b")
			})
		})
	}
}

// What is said to be deleted is read first. It may be there still for a moment, or for good.
func TestADeletionIsConfirmed(t *testing.T) {
	said := sdk.Event{ID: "said", Kind: sdk.KindDeleted, Application: "ann"}
	play(t, rules, func(s *scene) {
		s.apply("ann", screening)
		s.settle(time.Hour)
		s.tell(said)
		s.settle(time.Hour)
		if len(s.told) != 0 {
			t.Errorf("the vendor is told %q", s.told)
		}
		s.says(0, sdk.KindCompleted, score("1", 80))
		s.settle(time.Hour)
		s.shows("ann", happy)
	})
	play(t, rules, func(s *scene) {
		s.apply("ann", screening)
		s.settle(time.Hour)
		s.tell(said)
		s.settle(20 * time.Second)
		s.mu.Lock()
		delete(s.apps, "ann")
		s.mu.Unlock()
		s.settle(time.Hour)
		if len(s.told) != 1 {
			t.Errorf("the vendor is told %q", s.told)
		}
		s.forgotten("ann")
	})
}

// An invitation that nobody is to have any more may be made again when she enters the stage again.
func TestADroppedInvitationMayBeMadeAgain(t *testing.T) {
	play(t, rules, func(s *scene) {
		s.promises[sdk.VerbInvite] = sdk.Promise{Repeat: sdk.Never}
		s.meets(sdk.VerbInvite, vanished)
		s.apply("ann")
		s.move("ann", "Assessment")
		s.settle(time.Hour)
		s.act(effect.Drop{Reason: "not her"})
		s.move("ann", "New")
		s.settle(time.Hour)
		s.move("ann", "Assessment")
		s.settle(time.Hour)
		s.shows("ann", seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"})
	})
}
