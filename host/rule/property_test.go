package rule

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/sdk"
)

// TestSoundness holds the check at load to its promise: rules that pass it have no error at run time, whatever is known and happens.
func TestSoundness(t *testing.T) {
	pairings, err := filepath.Glob("../../configs/*-*.hcl")
	if err != nil || len(pairings) != 5 {
		t.Fatalf("%q, %v", pairings, err)
	}
	for _, file := range append(pairings, "testdata/tests.hcl", "testdata/actions.hcl") {
		p := compileFile(t, file)
		for seed := range uint64(1000) {
			c := chance{rand.New(rand.NewPCG(seed, 1))}
			app := c.application()
			plan := p.Decide(
				sdk.Event{
					Kind: pick(c, sdk.KindApplied, sdk.KindMoved, sdk.KindFound, sdk.KindRequested), At: c.time(),
					Tag: "Alva: Send Tests", Assessment: c.text("t1"),
				},
				Known{Application: app, Assessments: []sdk.Assessment{{ID: "t1", Name: "Go"}, {ID: "g", Name: "General Programming"}}},
			)
			said := plan.Decisions
			inv := invitation.Invitation{State: invitation.Planned, Assessment: c.text("Go"), URL: c.text("https://x.test"), PassingScore: c.score()}
			for range 4 {
				after, steps := inv.Apply(c.vendorEvent())
				for _, s := range steps {
					said = append(said, p.Follow(s, after, app).Decisions...)
				}
				_, shown := p.Tags(app, []invitation.Invitation{after})
				inv, said = after, append(said, shown...)
			}
			for _, d := range said {
				if d.Reason == ReasonError {
					t.Fatalf("seed %d: %+v", seed, d)
				}
			}
		}
	}
}

// chance makes what a product may say.
type chance struct{ *rand.Rand }

func pick[E any](c chance, of ...E) E { return of[c.IntN(len(of))] }

func (c chance) text(of ...string) string { return pick(c, append(of, "")...) }

func (c chance) texts(of ...string) []string {
	var out []string
	for range c.IntN(3) {
		out = append(out, c.text(of...))
	}
	return out
}

func (c chance) time() time.Time { return pick(c, time.Time{}, time.UnixMilli(c.Int64N(1000))) }

func (c chance) score() *float64 {
	if c.IntN(3) == 0 {
		return nil
	}
	score := 99 * c.Float64()
	return &score
}

func (c chance) application() sdk.Application {
	tags := []string{"Go", "SQL", "Alva: Send Tests", "Alva: Screening", "Assessment - Go", "Assessment - ", "Alooba Assessment - Go"}
	return sdk.Application{
		Candidate: sdk.Candidate{Name: c.text("Ann"), Email: c.text("ann@example.test", "ann")},
		Posting:   sdk.Posting{Name: c.text("Engineer"), Tags: c.texts(tags...)},
		Stage:     sdk.Stage{ID: "s", Name: c.text("Assessment", "Phone Screen", " Take-home")}, StageSince: c.time(), Applied: c.time(),
		Origin: c.text("sourced", "agency"), Tags: c.texts(tags...), OwnTags: c.texts(tags...),
		Confidential: c.IntN(4) == 0, Active: c.IntN(4) > 0,
	}
}

func (c chance) vendorEvent() sdk.Event {
	ev := sdk.Event{At: c.time(), Reason: c.text("missing_email", "other"), Detail: c.text("why"), Kind: pick(c,
		sdk.KindInvited, sdk.KindFailed, sdk.KindBounced, sdk.KindStarted, sdk.KindSubmitted, sdk.KindScored, sdk.KindCompleted,
		sdk.KindExpired, sdk.KindDeclined, sdk.KindCancelled)}
	if ev.Kind == sdk.KindScored || ev.Kind == sdk.KindCompleted && c.IntN(2) == 0 {
		ev.Result = &sdk.Result{
			Revision: c.text("1", "2"), Final: c.IntN(2) == 0, Score: c.score(), Points: c.score(), Max: c.score(), URL: c.text("https://r.test"),
			Summary: c.text("good"), Tests: []sdk.Score{{Name: "a", Score: c.score()}, {Name: "a"}}[:c.IntN(3)],
			Skills: []sdk.Score{{Name: "b (2)"}, {Name: "b"}, {Name: "b", Score: c.score()}}[:c.IntN(4)],
		}
	}
	return ev
}
