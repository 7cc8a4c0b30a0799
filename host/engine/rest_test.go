package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// A product that accepts our credential no longer is left alone but for a call a minute, whoever else goes on, and all that waited is done
// when it accepts it again.
func TestDisconnectedRestsAndGoesOn(t *testing.T) {
	for _, conn := range []string{lever, alva} {
		t.Run(conn, func(t *testing.T) {
			play(t, rules, func(s *scene) {
				log := &book{}
				s.end()
				s.log = log
				s.start()
				const people = 40
				for i := range people {
					s.apply(fmt.Sprint("ann", i))
				}
				s.settle(time.Hour)
				s.revoke(conn)
				for i := range people {
					s.move(fmt.Sprint("ann", i), "Assessment")
				}
				s.settle(time.Minute)
				before := s.callsOf(conn)
				s.settle(30 * time.Minute)
				if n := s.callsOf(conn) - before; n < 20 || n > 40 {
					t.Errorf("%d calls in half an hour of rest", n)
				}
				s.restart()
				s.settle(time.Minute)
				s.revoke("")
				s.settle(3 * time.Minute)
				for i := range people {
					id := fmt.Sprint("ann", i)
					s.shows(id, seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"})
				}
				// Once in each run of the host, not once an effect or a minute.
				if n := log.count("no longer accepted; its work waits"); n != 2 {
					t.Errorf("told %d times", n)
				}
				s.revoke(conn)
				s.says(0, sdk.KindCompleted, score("1", 80))
				s.apply("bob", screening)
				s.settle(time.Hour)
				if n := log.count("no longer accepted; its work waits"); n != 3 {
					t.Errorf("told %d times, and it was accepted in between", n)
				}
			})
		})
	}
}

// revoke has a product accept its credential no longer; the others accept theirs.
func (w *world) revoke(conn string) {
	w.reads(func(c, _ string) error {
		if c == conn {
			return sdk.ErrDisconnected
		}
		return nil
	})
	w.writes(func(w write) fate {
		if w.conn == conn {
			return disconnected
		}
		return well
	})
}

// callsOf counts what reached a product, in all or of one verb.
func (w *world) callsOf(conn string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, c := range w.calls {
		if strings.HasPrefix(name, conn) {
			n += c
		}
	}
	return n
}

// Who waits alone does not wait the longer the longer it takes.
func TestARestLeavesTheBackoffAlone(t *testing.T) {
	play(t, rules, func(s *scene) {
		s.apply("ann")
		s.settle(time.Minute)
		s.revoke(alva)
		s.move("ann", "Assessment")
		s.settle(5 * time.Hour)
		s.revoke("")
		s.settle(2 * time.Minute)
		s.shows("ann", seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"})
	})
}

// The ATS's credential is revoked while the vendor's results come in, and the other way round: neither is taken for the other.
func TestOneConnectionRestsForItselfAlone(t *testing.T) {
	play(t, rules, func(s *scene) {
		s.apply("ann", screening)
		s.apply("bob")
		s.settle(time.Hour)
		s.revoke(lever)
		s.says(0, sdk.KindCompleted, score("1", 80)) // needs a read of the ATS
		s.settle(time.Second)
		if s.host.Load().Disconnected(alva) || !s.host.Load().Disconnected(lever) {
			t.Error("it is the ATS that rests, and not the vendor")
		}
		s.revoke("")
		s.settle(time.Hour)
		s.shows("ann", happy)
	})
}

const named = `
ats "lever" {}
vendor "alva" {}

pairing "alva-lever" {
  ats    = ats.lever
  vendor = vendor.alva
  on moved {
    to = "Assessment"
    invite { assessment = "SQL" }
  }
  tags "status" {
    invited = "Invited"
    failed  = "Failed"
  }
}
`

// Lists are kept: read again after a while, or when they lack a name, and an old one is better than none.
func TestCatalogs(t *testing.T) {
	sql := sdk.Assessment{ID: "sql", Name: "SQL"}
	for _, tt := range []struct {
		name  string
		play  func(*scene)
		want  seen
		reads int
	}{
		{"a new assessment is found though the list is young", func(s *scene) {
			s.enters("bob") // reads the list, which has no SQL
			s.settle(time.Minute)
			s.tests = append(s.tests, sql)
			s.enters("ann")
		}, seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"}, 2},
		{"an unknown one is looked for once", func(s *scene) {
			s.enters("bob")
			for _, id := range []string{"ann", "carl", "dora", "emil"} {
				s.enters(id)
				s.settle(time.Second)
			}
		}, seen{Tags: []string{"Failed"}, Stage: "Assessment"}, 1},
		{"the vendor fails when the list is old", func(s *scene) {
			s.tests = append(s.tests, sql)
			s.enters("bob")
			s.settle(time.Hour)
			s.reads(func(_, what string) error {
				if what == "assessments" {
					return errors.New("500")
				}
				return nil
			})
			s.enters("ann")
		}, seen{Mails: 1, Tags: []string{"Invited"}, Stage: "Assessment"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, named, func(s *scene) {
				tt.play(s)
				s.settle(time.Minute)
				s.shows("ann", tt.want)
				if n := s.callsOf("vendor.alva assessments"); n != tt.reads {
					t.Errorf("%d reads of the list, want %d", n, tt.reads)
				}
			})
		})
	}
}

// enters has somebody apply who is in the trigger stage at once.
func (s *scene) enters(id string) {
	s.apply(id)
	s.move(id, "Assessment")
}
