package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// What a sweep finds first, and no webhook told in its time, is what tells a silent webhook from a quiet day.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(*scene)
		want []string // kinds
	}{
		{"nothing happens", func(*scene) {}, nil},
		{"webhooks tell", func(s *scene) { s.apply("ann"); s.settle(time.Hour); s.enters("bea") }, nil},
		{"nobody tells that she applied", func(s *scene) { s.unheard(func() { s.apply("ann") }) }, []string{"applied"}},
		{"nobody tells that she moved", func(s *scene) {
			s.apply("ann")
			s.settle(time.Hour)
			s.unheard(func() { s.move("ann", "Assessment") })
		}, []string{"moved"}},
		{"nobody tells anything", func(s *scene) { s.unheard(func() { s.apply("ann"); s.settle(time.Hour); s.move("ann", "Assessment") }) },
			[]string{"applied", "moved"}},
		{"what has no webhook", func(s *scene) { s.apply("ann"); s.change("ann", func(a *sdk.Application) { a.Origin = "referred" }) }, nil},
		{"it was our own move", func(s *scene) {
			s.enters("ann")
			s.settle(time.Minute)
			s.hook = func(conn string, ev sdk.Event) {
				if conn != lever {
					s.deliver(conn, ev)
				}
			}
			s.says(0, sdk.KindCompleted, nil)
			s.settle(time.Minute)
			if at := s.see("ann").Stage; at != "Interview" {
				s.t.Fatalf("she is in stage %s", at)
			}
		}, nil},
		{"the webhook is on its way", func(s *scene) {
			s.settle(4*time.Hour - 2*time.Minute)
			s.unheard(func() { s.apply("ann") })
			s.settle(5 * time.Minute)
			s.tell(sdk.Event{ID: "late", Kind: sdk.KindApplied, Application: "ann"})
		}, nil},
		{"it happened while no host ran", func(s *scene) { s.end(); s.unheard(func() { s.apply("ann") }); s.start() }, nil},
		{"webhooks come again", func(s *scene) {
			s.unheard(func() { s.apply("ann") })
			s.settle(5 * time.Hour)
			s.apply("bea")
		}, nil},
		{"another kind of webhook comes", func(s *scene) {
			s.unheard(func() { s.apply("ann") })
			s.settle(5 * time.Hour)
			s.move("ann", "Assessment")
		}, []string{"applied"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.end()
				s.jobs = true
				s.start()
				s.settle(time.Minute)
				tt.play(s)
				s.settle(5 * time.Hour)
				var got []string
				for _, p := range s.host.Load().Silence(lever) {
					_, kind, _ := strings.Cut(p.Summary, "No webhook told that application ")
					got = append(got, strings.Fields(kind)[1])
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("missed: %q, not %q\n%s", got, tt.want, s.story("ann"))
				}
			})
		})
	}
}
