package schedule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// product is an ATS and a vendor as the jobs see them; calls is what it was asked.
type product struct {
	mu       sync.Mutex
	tagged   []string
	changed  []string
	postings []sdk.Posting
	polled   []sdk.Event
	broken   func(call string) error // nil: nothing is
	since    time.Time
	calls    []string
}

func (p *product) Verbs() map[sdk.Verb]sdk.Promise {
	return map[sdk.Verb]sdk.Promise{sdk.VerbSearch: {}, sdk.VerbPoll: {}}
}

func (p *product) ask(call string) { p.set(func() { p.calls = append(p.calls, call) }) }

// set changes what the product knows.
func (p *product) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// list is a list of the product's, as it is now.
func list[T any](p *product, all *[]T) iter.Seq2[T, error] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return each(slices.Clone(*all))
}

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (p *product) Tagged(_ context.Context, tag string) iter.Seq2[string, error] {
	p.ask("tagged")
	return list(p, &p.tagged)
}

func (p *product) Changed(_ context.Context, since time.Time) iter.Seq2[string, error] {
	p.ask("changed")
	p.set(func() { p.since = since })
	return list(p, &p.changed)
}

func (p *product) Postings(context.Context) iter.Seq2[sdk.Posting, error] {
	p.ask("postings")
	return list(p, &p.postings)
}

func (p *product) Poll(_ context.Context, remote string) ([]sdk.Event, error) {
	p.ask("poll " + remote)
	return p.polled, p.fails("poll " + remote)
}

func (p *product) KeepPosting(_ context.Context, _ sdk.Key, posting sdk.Posting) (string, error) {
	p.ask("keep " + posting.Name)
	return "r-" + posting.ID, p.fails("keep " + posting.Name)
}

func (p *product) fails(call string) (err error) {
	p.set(func() {
		if p.broken != nil {
			err = p.broken(call)
		}
	})
	return err
}

// asked takes the calls that begin so, and forgets them.
func (p *product) asked(call string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = slices.DeleteFunc(p.calls, func(c string) bool {
		if c == call {
			n++
		}
		return c == call
	})
	return n
}

type bubbleClock struct{}

func (bubbleClock) Now() time.Time { return time.Now() }
func (bubbleClock) Handled()       {}
func (bubbleClock) Until(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// during runs a schedule with the Lever × Alva rules while f looks.
func during(t *testing.T, dir string, p *product, f func(*journal.Journal)) {
	t.Helper()
	folder, diags := config.Read("../../configs")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	pairings := slices.DeleteFunc(folder.Pairings, func(p *rule.Pairing) bool { return p.Label != "alva-lever" })
	st, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	j := journal.New(st, seal)
	s := &Schedule{
		Journal: j, Pairings: pairings, Connections: map[string]Connection{"ats.lever": p, "vendor.alva": p}, Clock: bubbleClock{},
		News: func(journal.Subject) {}, Busy: func(int) {}, Inspect: func(context.Context) error { p.ask("inspect"); return nil },
		Log: slog.New(slog.DiscardHandler),
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	f(j)
	cancel()
	running.Wait()
}

// heard is what waits for an application, as kind and reason.
func heard(t *testing.T, j *journal.Journal, id string) (all []string) {
	t.Helper()
	arrivals, err := j.Waiting(t.Context(), journal.Subject{Conn: "ats.lever", ID: id}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range arrivals {
		all = append(all, string(a.Event.Kind)+" "+a.Event.Reason)
	}
	return all
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

const sendTests = "Alva: Send Tests"

func TestTheFirstScanIsTheBaselineAndEachHourFindsWhatCame(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &product{tagged: []string{"old"}}
		during(t, dir, p, func(j *journal.Journal) {
			expect(t, "there before us", heard(t, j, "old"), []string{"found " + rule.ReasonBaseline})
			p.set(func() { p.tagged = append(p.tagged, "new") })
			wait(59 * time.Minute)
			expect(t, "scans within the hour", p.asked("tagged"), 1)
			wait(2 * time.Minute)
			expect(t, "came since", heard(t, j, "new"), []string{"found "})
		})
		p.asked("tagged")
		during(t, dir, p, func(*journal.Journal) {
			expect(t, "scans of a restart within the hour", p.asked("tagged"), 0)
		})
	})
}

func TestAScanAsksNoMoreOfWhatIsSettledAndReadsWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &product{}
		during(t, dir, p, func(j *journal.Journal) {
			for id, used := range map[string]bool{"invited": true, "waiting": false, "gone": true, "archived": true} {
				c, err := j.Load(t.Context(), "ats.lever", id)
				if err != nil {
					t.Fatal(err)
				}
				c.Last.Application.Active = id != "archived"
				c.Appearances = map[string]journal.Appearance{sendTests: {N: 2, Present: true}}
				if used {
					c.Used = []string{rule.TagFact(sendTests, 2)}
				}
				if err := j.Save(t.Context(), c, journal.Change{}); err != nil {
					t.Fatal(err)
				}
			}
			p.set(func() { p.tagged = []string{"invited", "waiting"} })
			wait(61 * time.Minute)
			expect(t, "settled", heard(t, j, "invited"), []string{})
			expect(t, "refused so far, so judged again", heard(t, j, "waiting"), []string{"found "})
			expect(t, "no longer found, so read to be sure", heard(t, j, "gone"), []string{"found "})
			expect(t, "left out of every search, so not read each hour", heard(t, j, "archived"), []string{})
		})
	})
}

func TestSweeps(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &product{changed: []string{"a"}}
		first := time.Now()
		during(t, dir, p, func(j *journal.Journal) {
			expect(t, "the first sweep is the baseline", p.asked("changed"), 0)
			wait(4*time.Hour + time.Minute)
			expect(t, "what changed", heard(t, j, "a"), []string{"applied sweep", "moved sweep"})
			p.set(func() { expect(t, "since", p.since.Equal(first.Add(-overlap)), true) })
		})
		p.asked("changed")
		during(t, dir, p, func(*journal.Journal) {
			expect(t, "sweeps after a start", p.asked("changed"), 1)
			expect(t, "inspections, of two starts and none between", p.asked("inspect"), 2)
		})
	})
}

// One that fails holds up no other; when nothing goes, the job is put off and not driven through.
func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &product{}
		for i := range 6 {
			p.postings = append(p.postings, sdk.Posting{ID: fmt.Sprint(i), Name: fmt.Sprint(i)})
		}
		poison := func(call string) error {
			if call == "keep 1" || call == "keep 2" || call == "poll r1" {
				return errors.New("500")
			}
			return nil
		}
		p.set(func() { p.broken = poison })
		during(t, dir, p, func(j *journal.Journal) {
			for i, posting := range p.postings {
				if err := j.Keep(t.Context(), "vendor.alva", posting.ID, journal.Kept{Digest: "old", Remote: "r"}); err != nil {
					t.Fatal(err)
				}
				c, err := j.Load(t.Context(), "ats.lever", posting.ID)
				if err != nil {
					t.Fatal(err)
				}
				c.Invitations = []invitation.Invitation{{Vendor: "vendor.alva", Remote: fmt.Sprint("r", i), State: invitation.State(sdk.KindInvited)}}
				if err := j.Save(t.Context(), c, journal.Change{}); err != nil {
					t.Fatal(err)
				}
			}
			wait(24*time.Hour + 10*time.Minute)
			expect(t, "the last posting", p.asked("keep 5"), 1)
			expect(t, "the poisoned posting, until tomorrow", p.asked("keep 1"), 1)
			expect(t, "the last invitation, every 6 hours", p.asked("poll r5"), 4)
			expect(t, "the poisoned invitation, every 6 hours", p.asked("poll r1"), 4)
			p.set(func() { p.calls, p.broken = nil, func(string) error { return errors.New("500") } })
			wait(6 * time.Hour)
			expect(t, "beyond the third failure", p.asked("poll r3"), 0)
			expect(t, "again after a minute each", p.asked("poll r0"), 11)
			p.set(func() { p.broken = nil })
			wait(2 * time.Minute)
			expect(t, "when it goes again", p.asked("poll r3"), 1)
		})
	})
}

func TestPostingsCostNothingUntilTheyChange(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		kept, unknown := sdk.Posting{ID: "1", Name: "Kept"}, sdk.Posting{ID: "2", Name: "Unknown"}
		p := &product{postings: []sdk.Posting{kept, unknown}}
		during(t, dir, p, func(j *journal.Journal) {
			if err := j.Keep(t.Context(), "vendor.alva", "1", journal.Kept{Digest: journal.PostingDigest(kept), Remote: "r"}); err != nil {
				t.Fatal(err)
			}
			wait(25 * time.Hour)
			expect(t, "kept again", p.asked("keep Kept")+p.asked("keep Unknown"), 0)
			p.set(func() { p.postings[0].Name = "Renamed" })
			wait(24 * time.Hour)
			expect(t, "told of the change", p.asked("keep Renamed"), 1)
			wait(24 * time.Hour)
			expect(t, "told again", p.asked("keep Renamed"), 0)
		})
	})
}
