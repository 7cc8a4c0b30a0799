package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// An event that makes the host panic ends neither the host nor what else it does: after three times it is refused, and stays in the story.
func TestAPoisonedEventIsSetAside(t *testing.T) {
	play(t, rules, func(s *scene) {
		s.apply("ann")
		s.settle(time.Hour)
		s.reads(func(_, what string) error {
			if what == "application" {
				panic("a candidate's secret")
			}
			return nil
		})
		log := &book{}
		s.end()
		s.log = log
		s.start()
		s.move("ann", "Assessment")
		s.settle(12 * time.Second) // it has failed twice
		s.apply("bob", screening)
		s.settle(time.Hour)
		if n := s.callsOf("ats.lever application"); n != 1+3+3 {
			t.Errorf("%d reads", n)
		}
		if story := s.story("ann"); !strings.Contains(story, "event moved refused fault") {
			t.Errorf("the story does not tell of it:\n%s", story)
		}
		if log.count("secret") > 0 {
			t.Error("what the panic carried is in the log")
		}
		s.reads(nil)
		s.move("ann", "Assessment")
		s.settle(time.Hour)
		s.shows("ann", seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"})
		s.restart()
		s.settle(time.Hour)
		if left := s.waiting(); len(left) > 0 {
			t.Errorf("events wait: %+v", left)
		}
	})
}

// waiting is the subjects whose events wait.
func (s *scene) waiting() (all []journal.Subject) {
	s.t.Helper()
	if err := s.host.Load().Journal.Subjects(s.t.Context(), func(of journal.Subject) { all = append(all, of) }); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// A write that makes the host panic is parked after three times, and its lane goes on; one that may have been made is found out about
// first.
func TestAPoisonedWriteIsSetAside(t *testing.T) {
	poison := fate{panics: true}
	for _, tt := range []struct {
		verb  sdk.Verb
		state effect.State // in which it is parked
		want  seen
	}{
		{sdk.VerbTags, effect.Dead, seen{Mails: 1, Notes: happy.Notes, Links: happy.Links, Stage: "Interview"}},
		{sdk.VerbInvite, "", happy},
		{sdk.VerbMove, effect.Dead, seen{Mails: 1, Notes: happy.Notes, Links: happy.Links, Tags: happy.Tags, Stage: "Assessment"}},
	} {
		t.Run(string(tt.verb), func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.meets(tt.verb, poison, poison, poison)
				road(s)
				s.shows("ann", tt.want)
				parked := s.parked()
				if tt.state == "" && len(parked) == 0 {
					return
				}
				if len(parked) != 1 || parked[0].State != tt.state || parked[0].Reason != "fault" {
					t.Errorf("parked: %+v", parked)
				}
			})
		})
	}
}

// A write that the product never takes is parked when its budget is used up. It is no refusal: an invitation has not failed.
func TestOutOfBudget(t *testing.T) {
	for _, v := range []sdk.Verb{sdk.VerbInvite, sdk.VerbNote, sdk.VerbTags} {
		t.Run(string(v), func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.writes(func(w write) fate {
					if w.Verb() == v {
						return unsent
					}
					return well
				})
				road(s)
				s.settle(10 * 24 * time.Hour)
				if parked := s.parked(); len(parked) == 0 || parked[0].Verb != v || parked[0].State != effect.Dead {
					t.Fatalf("parked: %+v", parked)
				}
				s.writes(nil)
				if got := s.see("ann"); len(got.Notes) > 0 && strings.HasPrefix(got.Notes[0], "not invited") {
					t.Errorf("people see %+v", got)
				}
				s.act1(v, effect.Retry{})
				switch v {
				case sdk.VerbInvite:
					s.says(0, sdk.KindCompleted, score("1", 80))
					s.settle(time.Hour)
				case sdk.VerbNote:
					s.act1(sdk.VerbMove, effect.Retry{})
				}
				s.shows("ann", happy)
			})
		})
	}
}

// A vendor's events about what we did not send wait, however many, and not for ever; they cost nothing meanwhile.
func TestStrayEvents(t *testing.T) {
	play(t, rules, func(s *scene) {
		for i := range 3 * together {
			s.hook(alva, sdk.Event{ID: fmt.Sprint(i), Kind: sdk.KindStarted, At: time.Now(), Invitation: "not ours"})
		}
		s.settle(29 * 24 * time.Hour)
		if left := s.waiting(); len(left) != 1 {
			t.Errorf("events wait: %+v", left)
		}
		s.restart()
		s.settle(2 * 24 * time.Hour)
		if left := s.waiting(); len(left) != 0 {
			t.Errorf("events wait: %+v", left)
		}
	})
}

// What the configuration does not know any more waits for the day when it does; what it says is off does nothing.
func TestConfigurationsChange(t *testing.T) {
	gone := `ats "lever" {}`
	off := strings.Replace(rules, "vendor = vendor.alva\n", "vendor = vendor.alva\n  mode = off\n", 1)
	for name, changed := range map[string]string{"removed": gone, "off": off} {
		t.Run(name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.writes(func(w write) fate {
					if w.conn == alva || w.Verb() == sdk.VerbTags {
						return unsent
					}
					return well
				})
				s.apply("ann")
				s.move("ann", "Assessment")
				s.settle(time.Minute)
				s.writes(nil)
				s.end()
				s.pairings = s.compiled(changed)
				s.without = map[bool]string{true: alva}[name == "removed"]
				s.start()
				before := s.callsOf("")
				s.settle(24 * time.Hour)
				if n := s.callsOf("") - before; n > 0 {
					t.Errorf("%d calls", n)
				}
				s.end()
				s.pairings, s.without = s.compiled(rules), ""
				s.start()
				s.settle(time.Hour)
				s.says(0, sdk.KindCompleted, score("1", 80))
				s.settle(time.Hour)
				s.shows("ann", happy)
			})
		})
	}
}

// More come at once than a product takes at a time. Those whose intent is committed and whose turn comes late, or not before the host is
// stopped, were surely not called: nobody has to wait until that is found out.
func TestMoreThanAProductTakes(t *testing.T) {
	for name, slow := range map[string]time.Duration{"stopped": 10 * time.Second, "late": 40 * time.Second} {
		t.Run(name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				const people = 2*inFlight + 10
				s.apply("the first, with whom the posting is made", screening)
				for i := range people {
					s.apply(fmt.Sprint("ann", i))
				}
				s.settle(time.Minute)
				s.writes(func(w write) fate {
					f := well
					if w.Verb() == sdk.VerbInvite {
						f.slow = slow
					}
					return f
				})
				for i := range people {
					s.move(fmt.Sprint("ann", i), "Assessment")
				}
				s.settle(2 * time.Second)
				if name == "stopped" {
					s.restart()
				}
				s.settle(40*time.Second + 2*slow)
				if n := s.mails() - 1; n != people {
					t.Errorf("%d of %d mails", n, people)
				}
				s.settle(time.Hour)
				for i := range people {
					id := fmt.Sprint("ann", i)
					s.shows(id, seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"})
					if strings.Contains(s.story(id), "unknown") {
						t.Errorf("somebody had to find out:\n%s", s.story(id))
					}
				}
			})
		})
	}
}

// A host dies when it has moved her, before it has written that down, and a recruiter moves her on: the next one reads before it moves.
func TestAMoveOfADeadHostIsNotRepeatedBlindly(t *testing.T) {
	play(t, rules, func(s *scene) {
		s.apply("ann", screening)
		s.settle(time.Hour)
		s.writes(func(w write) fate {
			if w.Verb() == sdk.VerbMove && w.attempt == 1 {
				s.host.Load().disk.kill()
				s.flying.Go(func() {
					time.Sleep(500 * time.Millisecond)
					s.change("ann", func(a *sdk.Application) { s.enter(a, "Offer") })
				})
			}
			return well
		})
		s.says(0, sdk.KindCompleted, score("1", 80))
		s.settle(time.Hour)
		if got := s.see("ann"); got.Stage != "Offer" || len(s.moves) != 1 {
			t.Errorf("she is in %s after %q", got.Stage, s.moves)
		}
	})
}

// Nobody is moved backwards, out of where a recruiter put her, or out of a stage that nobody knows.
func TestMoves(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stage string // where she is when the result comes
		also  func(*scene)
		want  string
		moves int
	}{
		{"forwards", "Assessment", nil, "Interview", 1},
		{"there already", "Interview", nil, "Interview", 0},
		{"further already", "Offer", nil, "Offer", 0},
		{"back to the beginning by a recruiter", "New", nil, "Interview", 1},
		{"no longer active", "Assessment", func(s *scene) { s.change("ann", func(a *sdk.Application) { a.Active = false }) }, "Assessment", 0},
		{"moved on by a recruiter while the move is tried again", "Assessment", func(s *scene) {
			s.meets(sdk.VerbMove, busy)
			s.says(0, sdk.KindCompleted, score("1", 80))
			s.settle(10 * time.Second)
			s.change("ann", func(a *sdk.Application) { s.enter(a, "Offer") })
		}, "Offer", 0},
		{"moved on by a recruiter while the evidence waits", "Assessment", func(s *scene) {
			s.meets(sdk.VerbNote, busy, busy, busy, busy)
			s.says(0, sdk.KindCompleted, score("1", 80))
			s.settle(time.Second)
			s.change("ann", func(a *sdk.Application) { s.enter(a, "Offer") })
		}, "Offer", 0},
		{"in a stage that is not in the pipeline", "Assessment", func(s *scene) {
			s.change("ann", func(a *sdk.Application) { a.Stage = sdk.Stage{ID: "odd", Name: "Odd", Index: -1} })
		}, "Odd", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				s.apply("ann", screening)
				s.settle(time.Hour)
				s.change("ann", func(a *sdk.Application) { s.enter(a, tt.stage) })
				if tt.also != nil {
					tt.also(s)
				}
				s.says(0, sdk.KindCompleted, score("1", 80))
				s.settle(3 * time.Hour)
				if got := s.see("ann"); got.Stage != tt.want || len(s.moves) != tt.moves {
					t.Errorf("she is in %s after %q\n%s", got.Stage, s.moves, s.story("ann"))
				}
			})
		})
	}
}

// A recruiter who moves somebody while our own move is on its way goes first: we never move back whom she moved on, and a rule that waits for
// the stage she chose is heard before we move on.
func TestARecruiterMovesInBetween(t *testing.T) {
	for name, tt := range map[string]struct {
		to, want string
		mails    int
	}{
		"past our stage":                {"Offer", "Offer", 1},
		"to one that a rule waits for":  {"Phone", "Interview", 2},
		"away, to one before, and back": {"New", "Interview", 1},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(rules, "  on applied {", "  on moved {\n    to = \"Phone\"\n    invite { assessment = \"Go\" }\n  }\n  on applied {", 1)
			play(t, text, func(s *scene) {
				s.stages = slices.Insert(s.stages, 2, sdk.Stage{ID: "phone", Name: "Phone"})
				for i := range s.stages {
					s.stages[i].Index = i
				}
				s.meets(sdk.VerbLink, fate{reaches: true, slow: 20 * time.Second, status: 201})
				s.apply("ann")
				s.settle(time.Minute)
				s.move("ann", "Assessment")
				s.settle(time.Hour)
				s.says(0, sdk.KindCompleted, score("1", 80))
				time.Sleep(10 * time.Second) // the link is on its way, the move comes after it
				s.change("ann", func(a *sdk.Application) { s.enter(a, tt.to) })
				s.settle(time.Hour)
				if got := s.see("ann"); got.Stage != tt.want || got.Mails != tt.mails {
					t.Errorf("stage %q, %d mails, want %q and %d\n%s", got.Stage, got.Mails, tt.want, tt.mails, s.story("ann"))
				}
			})
		})
	}
}
