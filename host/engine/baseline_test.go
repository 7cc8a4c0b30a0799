package engine

import (
	"context"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Tagged is what the ATS's own search finds: who is active and has the tag.
func (p *product) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return p.search(ctx, func(a *sdk.Application) bool { return a.Active && slices.Contains(a.Tags, tag) })
}

// Changed finds everybody.
func (p *product) Changed(ctx context.Context, _ time.Time) iter.Seq2[string, error] {
	return p.search(ctx, func(*sdk.Application) bool { return true })
}

func (p *product) search(ctx context.Context, fits func(*sdk.Application) bool) iter.Seq2[string, error] {
	return listOf(p, ctx, "search", func() (ids []string) {
		for _, id := range slices.Sorted(maps.Keys(p.apps)) {
			if fits(p.apps[id]) {
				ids = append(ids, id)
			}
		}
		return ids
	})
}

func (p *product) Postings(context.Context) iter.Seq2[sdk.Posting, error] {
	return func(func(sdk.Posting, error) bool) {}
}
func (p *product) Poll(context.Context, string) ([]sdk.Event, error) { return nil, nil }
func (p *product) KeepPosting(context.Context, sdk.Key, sdk.Posting) (string, error) {
	return "", nil
}

// unheard has something happen of which no webhook comes.
func (s *scene) unheard(happens func()) {
	s.hook = func(string, sdk.Event) {}
	happens()
	s.hook = s.deliver
}

// What was there before the host's first day is no news, whoever notices it first. What comes later is, whether a webhook tells of it or
// not.
func TestTheFirstDay(t *testing.T) {
	tagged := func(a *sdk.Application) { a.Tags = []string{"Send Tests"} }
	for _, tt := range []struct {
		name   string
		before func(*scene)
		after  func(*scene)
		mails  int
	}{
		{"nobody is there", func(*scene) {}, func(*scene) {}, 0},
		{"who is in the stage", func(s *scene) { s.enters("ann") }, func(*scene) {}, 0},
		{"who has the tag", func(s *scene) { s.apply("ann", tagged) }, func(*scene) {}, 0},
		{"who has the tag, and a webhook comes first", func(s *scene) { s.apply("ann", tagged) }, func(s *scene) {
			s.tell(sdk.Event{ID: "first", Kind: sdk.KindMoved, Application: "ann"})
		}, 0},
		{"whose tag comes, goes and comes again", func(s *scene) { s.apply("ann", tagged) }, func(s *scene) {
			s.settle(90 * time.Minute)
			s.change("ann", func(a *sdk.Application) { a.Tags = nil })
			s.settle(90 * time.Minute)
			s.change("ann", tagged)
		}, 1},
		{"who gets the tag", func(s *scene) { s.apply("ann") }, func(s *scene) {
			s.settle(90 * time.Minute)
			s.change("ann", tagged)
		}, 1},
		{"who enters the stage, and the webhook is lost", func(s *scene) { s.apply("ann") }, func(s *scene) {
			s.settle(time.Minute)
			s.unheard(func() { s.move("ann", "Assessment") })
		}, 1},
		{"who enters the stage, gets the tag, and the webhook comes as well", func(s *scene) { s.apply("ann") }, func(s *scene) {
			s.settle(time.Minute)
			s.change("ann", tagged)
			s.move("ann", "Assessment")
		}, 1},
		{"who enters the stage while the host is away", func(s *scene) { s.apply("ann") }, func(s *scene) {
			s.settle(time.Minute)
			s.unheard(func() { s.move("ann", "Assessment") })
			s.restart()
			s.settle(time.Minute)
			s.says(0, sdk.KindExpired, nil)
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.end()
				s.unheard(func() { tt.before(s) })
				s.jobs = true
				s.start()
				tt.after(s)
				s.settle(3 * 24 * time.Hour)
				if n := s.mails(); n != tt.mails {
					t.Errorf("%d mails, want %d\n%s", n, tt.mails, s.story("ann"))
				}
			})
		})
	}
}

// One pairing moves her to the stage that the other waits for. That is one entry, by whatever time the ATS's webhook or its record tells
// it.
func TestAnEntryOfOursIsOneEntry(t *testing.T) {
	play(t, `
ats "lever" {}
vendor "alva" {}
pairing "a" {
  ats    = ats.lever
  vendor = vendor.alva
  on moved {
    to = "Assessment"
    invite { assessment = "Go" }
  }
  on completed {
    move { stage = "Interview" }
  }
}
pairing "b" {
  ats    = ats.lever
  vendor = vendor.alva
  on moved {
    to = "Interview"
    invite { assessment = "SQL" }
  }
}
`, func(s *scene) {
		s.tests = append(s.tests, sdk.Assessment{ID: "sql", Name: "SQL"})
		s.end()
		s.jobs = true
		s.start()
		s.enters("ann")
		s.settle(time.Hour)
		s.says(0, sdk.KindCompleted, nil)
		s.settle(time.Hour)
		s.says(1, sdk.KindExpired, nil)
		s.settle(24 * time.Hour)
		if n := s.mails(); n != 2 {
			t.Errorf("%d mails, want one for each assessment\n%s", n, s.story("ann"))
		}
	})
}
