package engine

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

func screening(a *sdk.Application) { a.Posting.Tags = []string{"Screening"} }

// Who is invited how often.
func TestInvitations(t *testing.T) {
	for _, tt := range []struct {
		name  string
		play  func(*scene)
		mails int
	}{
		{"two triggers at once", func(s *scene) {
			s.apply("ann", screening)
			s.move("ann", "Assessment")
		}, 1},
		{"a webhook three times, and another of the same move", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			for range 3 {
				s.tell(sdk.Event{ID: "again", Kind: sdk.KindMoved, Application: "ann"})
				s.tell(sdk.Event{ID: "another", Kind: sdk.KindMoved, Application: "ann"})
			}
		}, 1},
		{"left before we looked", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			s.move("ann", "Interview")
		}, 0},
		{"left and entered again while it runs", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.move("ann", "New")
			s.settle(time.Hour)
			s.move("ann", "Assessment")
		}, 1},
		{"expired, and still there", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.says(0, sdk.KindExpired, nil)
			s.settle(time.Hour)
			s.tell(sdk.Event{ID: "late", Kind: sdk.KindMoved, Application: "ann"})
		}, 1},
		{"expired, left and entered again", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.says(0, sdk.KindExpired, nil)
			s.settle(time.Hour)
			s.move("ann", "New")
			s.settle(time.Hour)
			s.move("ann", "Assessment")
		}, 2},
		{"bounced, mended, and entered again twice", func(s *scene) {
			s.apply("ann")
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.says(0, sdk.KindBounced, nil)
			for range 2 {
				s.settle(time.Hour)
				s.move("ann", "New")
				s.settle(time.Hour)
				s.move("ann", "Assessment")
			}
		}, 2},
		{"no address, mended, entered again", func(s *scene) {
			s.apply("ann", func(a *sdk.Application) { a.Candidate.Email = "" })
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.change("ann", func(a *sdk.Application) { a.Candidate.Email = "ann@example.test" })
			s.move("ann", "New")
			s.settle(time.Hour)
			s.move("ann", "Assessment")
		}, 1},
		{"refused by the vendor, and entered again", func(s *scene) {
			s.meets(sdk.VerbInvite, refused)
			s.apply("ann")
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.move("ann", "New")
			s.settle(time.Hour)
			s.move("ann", "Assessment")
		}, 1},
		{"one person, two applications to one posting, at once", func(s *scene) {
			same := func(a *sdk.Application) { a.Person = "ann" }
			s.apply("ann", same)
			s.apply("ann again", same)
			s.move("ann", "Assessment")
			s.move("ann again", "Assessment")
		}, 1},
		{"one person, two applications to one posting, the first expired", func(s *scene) {
			same := func(a *sdk.Application) { a.Person = "ann" }
			s.apply("ann", same)
			s.move("ann", "Assessment")
			s.settle(time.Hour)
			s.says(0, sdk.KindExpired, nil)
			s.settle(time.Hour)
			s.apply("ann again", same)
			s.move("ann again", "Assessment")
		}, 2},
		{"one person, two postings", func(s *scene) {
			same := func(a *sdk.Application) { a.Person = "ann" }
			s.apply("ann", same)
			s.apply("ann again", same, func(a *sdk.Application) { a.Posting.ID = "another" })
			s.move("ann", "Assessment")
			s.move("ann again", "Assessment")
		}, 2},
		{"the product shows the application later than its webhook", func(s *scene) {
			s.tell(sdk.Event{ID: "early", Kind: sdk.KindApplied, Application: "ann"})
			s.settle(20 * time.Second)
			s.hook = func(string, sdk.Event) {} // the webhook was all there was
			s.apply("ann", screening)
			s.hook = s.deliver
		}, 1},
		{"the product shows the move later than its webhook", func(s *scene) {
			s.apply("ann")
			s.settle(time.Minute)
			at := time.Now()
			s.tell(sdk.Event{ID: "early", Kind: sdk.KindMoved, Application: "ann", Stage: "test"})
			s.settle(20 * time.Second)
			s.change("ann", func(a *sdk.Application) { s.enter(a, "Assessment"); a.StageSince = at })
		}, 1},
		{"the product never shows the move", func(s *scene) {
			s.apply("ann")
			s.settle(time.Minute)
			s.tell(sdk.Event{ID: "never", Kind: sdk.KindMoved, Application: "ann", Stage: "test"})
		}, 0},
		{"declined, left and entered again", func(s *scene) {
			s.enters("ann")
			s.settle(time.Hour)
			s.says(0, sdk.KindDeclined, nil)
			s.settle(time.Hour)
			s.move("ann", "New")
			s.settle(time.Hour)
			s.move("ann", "Assessment")
		}, 1},
		{"many webhooks of an application that never was", func(s *scene) {
			for i := range 40 {
				s.tell(sdk.Event{ID: string(rune('a' + i)), Kind: sdk.KindMoved, Application: "nobody"})
			}
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				tt.play(s)
				s.settle(time.Hour)
				if n := s.mails(); n != tt.mails {
					t.Errorf("%d mails, want %d\n%s", n, tt.mails, s.story("ann"))
				}
				s.settle(24 * time.Hour)
				s.restart()
				s.settle(24 * time.Hour)
				if n := s.mails(); n != tt.mails {
					t.Errorf("%d mails a day later, want %d\n%s", n, tt.mails, s.story("ann"))
				}
			})
		})
	}
}

// Whatever becomes of a write, it is done once in the end, and once only.
func TestEveryFateOfEveryWrite(t *testing.T) {
	fates := map[string]fate{
		"lost": lost, "vanished": vanished, "overtaken": overtaken, "busy": busy, "disconnected": disconnected, "unsent": unsent,
	}
	for _, v := range []sdk.Verb{sdk.VerbPosting, sdk.VerbInvite, sdk.VerbLink, sdk.VerbNote, sdk.VerbTags, sdk.VerbMove} {
		for way, promise := range ways {
			for name, f := range fates {
				t.Run(string(v)+" "+way+" "+name, func(t *testing.T) {
					play(t, rules, func(s *scene) {
						s.promises[sdk.VerbInvite] = promise
						s.meets(v, f, f)
						road(s)
						s.shows("ann", happy)
						if parked := s.parked(); len(parked) > 0 {
							t.Errorf("parked: %+v", parked)
						}
					})
				})
			}
		}
	}
}
