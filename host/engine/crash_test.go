package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

func TestACandidateComesAllTheWay(t *testing.T) {
	play(t, rules, func(s *scene) {
		road(s)
		s.shows("ann", happy)
	})
}

// ways are how an invitation can be kept from being sent twice.
var ways = map[string]sdk.Promise{
	"keyed": {Repeat: sdk.Keyed, KeptFor: 30 * 24 * time.Hour},
	"look":  {Repeat: sdk.Look, Settle: 10 * time.Second},
}

// The host dies at every commit that it makes, before it is durable and after, and what people see in the end is the same.
func TestTheHostDiesAtEveryCommit(t *testing.T) {
	for name, promise := range ways {
		dies := func(at crash) (commits int) {
			t.Run(fmt.Sprintf("%s/%d kept %t", name, at.at, at.kept), func(t *testing.T) {
				play(t, rules, func(s *scene) {
					s.promises[sdk.VerbInvite] = promise
					s.end()
					s.crash = at
					s.start()
					road(s)
					s.shows("ann", happy)
					commits = s.host.Load().disk.count()
					if died := s.hosts > 2; died != (at.at > 0) {
						t.Errorf("the host died: %t", died)
					}
				})
			})
			return commits
		}
		all := dies(crash{})
		for n := 1; n <= all; n++ {
			dies(crash{at: n})
			dies(crash{at: n, kept: true})
		}
	}
}

// As above, but the first attempt of every write is lost on its way as well: there, or back.
func TestTheHostDiesWhileAnswersAreLost(t *testing.T) {
	for _, first := range []fate{lost, vanished, overtaken} {
		dies := func(at crash) (commits int) {
			t.Run(fmt.Sprintf("%+v/%d", first, at.at), func(t *testing.T) {
				play(t, rules, func(s *scene) {
					s.writes(func(w write) fate {
						if w.attempt == 1 {
							return first
						}
						return well
					})
					s.end()
					s.crash = at
					s.start()
					road(s)
					s.shows("ann", happy)
					commits = s.host.Load().disk.count()
				})
			})
			return commits
		}
		for n, all := 1, dies(crash{}); n <= all; n++ {
			dies(crash{at: n, kept: n%2 == 0})
		}
	}
}

// A crowd comes all at once. Everything fails now and then, and the host is started again and again.
func TestACrowd(t *testing.T) {
	const people = 60
	fates := []fate{lost, vanished, overtaken, busy, disconnected, unsent}
	for seed := range uint64(3) {
		play(t, rules, func(s *scene) {
			random, luck := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
			s.writes(func(write) fate {
				if luck.IntN(4) == 0 {
					return fates[luck.IntN(len(fates))]
				}
				return well
			})
			id := func(i int) string { return fmt.Sprint("ann", i) }
			for i := range people {
				s.apply(id(i))
				s.move(id(i), "Assessment")
			}
			for range 5 {
				s.settle(time.Duration(random.Int64N(int64(3 * time.Second))))
				if random.IntN(2) == 0 {
					s.host.Load().disk.kill()
				} else {
					s.restart()
				}
			}
			s.settle(6 * time.Hour)
			for n := range s.mails() {
				s.says(n, sdk.KindStarted, nil)
				s.says(n, sdk.KindCompleted, score("1", 80))
			}
			s.settle(24 * time.Hour)
			for i := range people {
				got := s.see(id(i))
				if want := happy; !cmp.Equal(want, got, cmpopts.IgnoreFields(seen{}, "Links")) || len(got.Links) != 1 {
					t.Errorf("%s: %+v\n%s", id(i), got, s.story(id(i)))
				}
			}
		})
	}
}

// A commit fails, or another was faster, and the host lives on: what its products have done by then is found out, and nothing runs in
// circles.
func TestEveryCommitFailsOnce(t *testing.T) {
	for name, failure := range map[string]error{"conflict": store.ErrConflict, "disk full": errors.New("no space left on device")} {
		fails := func(at crash) (commits int) {
			t.Run(fmt.Sprintf("%s/%d", name, at.at), func(t *testing.T) {
				play(t, rules, func(s *scene) {
					s.end()
					s.crash = at
					s.start()
					road(s)
					s.shows("ann", happy)
					commits = s.host.Load().disk.count()
				})
			})
			return commits
		}
		for n, all := 1, fails(crash{}); n <= all; n++ {
			fails(crash{at: n, survives: failure})
		}
	}
}
