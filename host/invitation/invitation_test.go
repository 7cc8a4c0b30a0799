package invitation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/sdk"
)

// A life is a row of what a vendor told, hour after hour, and what it amounts to. A final score of 70 is "final70", a partial one
// "partial40"; "@n" says that the vendor dates the event to hour n.
func TestLives(t *testing.T) {
	for _, life := range []struct{ told, steps, state string }{
		{"invited started submitted final70 completed", "invited started submitted scored completed", "completed"},
		{"invited final70", "invited submitted scored completed", "completed"}, // valid earlier results: no start
		{"invited started partial40 final65", "invited started submitted scored scored completed", "completed"},
		{"invited partial40 partial40 partial40", "invited submitted scored", "scored"}, // the same revision
		{"invited final70 final80", "invited submitted scored completed scored", "completed"},
		{"invited final70 partial40", "invited submitted scored completed", "completed"}, // a late partial one
		{"invited completed started@2", "invited submitted completed", "completed"},      // fills in the start
		{"invited started invited started", "invited started", "started"},
		{"invited completed", "invited submitted completed", "completed"}, // the vendor's word that no result comes
		{"invited bounced", "invited bounced", "bounced"},
		{"invited bounced started final70", "invited bounced", "bounced"}, // left only by another attempt
		{"failed invited", "failed", "failed"},
		{"invited failed", "invited failed", "failed"}, // the vendor took it and could not send it after all
		{"invited expired", "invited expired", "expired"},
		{"invited expired started", "invited expired started", "started"},                      // extended
		{"invited expired started@1", "invited expired", "expired"},                            // late news of before
		{"invited expired final70", "invited expired submitted scored completed", "completed"}, // submitted at the deadline
		{"invited final70 expired", "invited submitted scored completed expired", "expired"},
		{"invited final70 expired@1", "invited submitted scored completed", "completed"},
		{"invited declined", "invited declined", "declined"},
		{"invited started cancelled", "invited started cancelled", "cancelled"},
		{"started invited", "started", "started"}, // the answer to the invite comes after the webhook
		{"applied moved", "", "planned"},          // no events of an invitation
	} {
		v := invitation.Invitation{State: invitation.Planned}
		var steps []string
		for hour, told := range strings.Fields(life.told) {
			after, took := v.Apply(event(told, hour))
			for _, s := range took {
				steps = append(steps, string(s.Event.Kind))
			}
			v = after
		}
		if got := strings.Join(steps, " "); got != life.steps || string(v.State) != life.state {
			t.Errorf("%s:\n got %s, in the end %s\nwant %s, in the end %s", life.told, got, v.State, life.steps, life.state)
		}
	}
}

func event(told string, hour int) sdk.Event {
	told, at, dated := strings.Cut(told, "@")
	if dated {
		fmt.Sscan(at, &hour)
	}
	ev := sdk.Event{ID: fmt.Sprint(told, hour), Kind: sdk.Kind(told), At: time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)}
	for word, final := range map[string]bool{"final": true, "partial": false} {
		var score float64
		if n, _ := fmt.Sscanf(told, word+"%f", &score); n == 1 {
			ev.Kind, ev.Result = sdk.KindScored, &sdk.Result{Final: final, Score: &score}
		}
	}
	return ev
}

func TestApplyLeavesTheInvitationAsItWas(t *testing.T) {
	before, _ := invitation.Invitation{State: invitation.Planned}.Apply(event("invited", 0))
	before.Apply(event("final70", 1))
	if before.State != invitation.State(sdk.KindInvited) || len(before.Times) != 1 || len(before.Revisions) != 0 {
		t.Fatalf("%+v", before)
	}
}

func TestHistoryBeginsWithTheFurthest(t *testing.T) {
	v := invitation.Invitation{State: invitation.Planned}
	for hour, told := range []string{"invited", "final70", "started"} {
		v, _ = v.Apply(event(told, hour))
	}
	if got := fmt.Sprint(v.History()); got != "[completed scored submitted started invited]" {
		t.Fatal(got)
	}
}

func TestOccurrencesOfAResultDiffer(t *testing.T) {
	v := invitation.Invitation{State: invitation.Planned}
	seen := map[string]bool{}
	for hour, told := range []string{"invited", "partial40", "final70", "final80"} {
		var steps []invitation.Step
		v, steps = v.Apply(event(told, hour))
		for _, s := range steps {
			if seen[s.Occurrence] {
				t.Errorf("%s occurs twice", s.Occurrence)
			}
			seen[s.Occurrence] = true
		}
	}
}

func TestKeysSayWhatTheyAre(t *testing.T) {
	keys := map[sdk.Key]bool{}
	for _, part := range [][4]string{{"l", "a", "1", "x"}, {"l", "a", "1", "y"}, {"l", "a", "2", "x"}, {"l", "b", "1", "x"}, {"m", "a", "1", "x"}} {
		for attempt := 1; attempt <= 12; attempt++ {
			keys[invitation.NewKey(part[0], part[1], part[2], part[3], attempt)] = true
		}
	}
	if len(keys) != 5*12 {
		t.Fatalf("%d keys of %d invitations", len(keys), 5*12)
	}
}
