package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

var at = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func opened(t *testing.T) *Journal {
	t.Helper()
	dir := t.TempDir()
	seal, err := OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return New(st, seal)
}

func moved(id, application string) sdk.Event {
	return sdk.Event{ID: id, Kind: sdk.KindMoved, At: at, Application: application}
}

func TestAnEventIsAcceptedOnce(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	first := must(j.Append(ctx, "ats.lever", []sdk.Event{moved("e1", "a/1"), moved("e2", "a/1")}, at))
	if want := (Subject{"ats.lever", "a/1"}); !slices.Equal(first, []Subject{want, want}) {
		t.Fatalf("news: %v", first)
	}
	for _, again := range [][]sdk.Event{{moved("e1", "a/1")}, {moved("e2", "a/1"), moved("e1", "a/1")}} {
		if news := must(j.Append(ctx, "ats.lever", again, at)); len(news) != 0 {
			t.Fatalf("a repeat is news: %v", news)
		}
	}
	if news := must(j.Append(ctx, "ats.other", []sdk.Event{moved("e1", "a/1")}, at)); len(news) != 1 {
		t.Fatal("another connection's event of the same id is no news")
	}
	waiting := must(j.Waiting(ctx, Subject{"ats.lever", "a/1"}, 10))
	if len(waiting) != 2 || waiting[0].Event.ID != "e1" || waiting[1].Event.ID != "e2" {
		t.Fatalf("waiting: %+v", waiting)
	}
}

func TestARequestOfManyEventsIsAcceptedWhole(t *testing.T) {
	j := opened(t)
	var events []sdk.Event
	for i := range 100 {
		events = append(events, moved(fmt.Sprint(i), "a"))
	}
	if news := must(j.Append(t.Context(), "ats.lever", events, at)); len(news) != 100 {
		t.Fatalf("%d of 100 are news", len(news))
	}
	if waiting := must(j.Waiting(t.Context(), Subject{"ats.lever", "a"}, 1000)); len(waiting) != 100 {
		t.Fatalf("%d of 100 wait", len(waiting))
	}
}

func TestAnEventThatCannotBeKeptIsToldApart(t *testing.T) {
	j := opened(t)
	huge := moved("e1", "a")
	huge.Detail = strings.Repeat("x", 2<<20)
	if _, err := j.Append(t.Context(), "ats.lever", []sdk.Event{huge}, at); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	if news := must(j.Append(t.Context(), "ats.lever", []sdk.Event{moved("e2", "a")}, at)); len(news) != 1 {
		t.Fatal("the next event is not accepted")
	}
}

func TestASubjectSeesOnlyItsOwnEvents(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	for _, id := range []string{"a", "a/b", "a0", "a%2F"} {
		must(j.Append(ctx, "ats.lever", []sdk.Event{moved("of "+id, id)}, at))
	}
	var subjects []string
	if err := j.Subjects(ctx, func(s Subject) { subjects = append(subjects, s.ID) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(subjects)
	if !slices.Equal(subjects, []string{"a", "a%2F", "a/b", "a0"}) {
		t.Fatalf("subjects: %q", subjects)
	}
	for _, id := range subjects {
		if waiting := must(j.Waiting(ctx, Subject{"ats.lever", id}, 10)); len(waiting) != 1 || waiting[0].Event.Application != id {
			t.Fatalf("%s: %+v", id, waiting)
		}
	}
}

// A host whose clock went back begins to count where the last one did: no event of that one is written over.
func TestAClockThatWentBackLosesNoEvent(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	began := j.seq.Load()
	for i := range 3 {
		j.seq.Store(began)
		must(j.Append(ctx, "ats.lever", []sdk.Event{moved(fmt.Sprint(i), "a")}, at))
	}
	if n := len(must(j.Waiting(ctx, Subject{"ats.lever", "a"}, 10))); n != 3 {
		t.Fatalf("%d of 3 events wait", n)
	}
}

// A case that somebody else wrote since it was saved is not saved again with the other's blessing.
func TestACaseIsSavedAgainOnlyByItsLastWriter(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	mine := must(j.Load(ctx, "ats.lever", "a"))
	overtake := &racing{Store: j.store, after: func() {
		theirs := must(New(j.store.(*racing).Store, j.seal).Load(ctx, "ats.lever", "a"))
		theirs.Used = []string{"theirs"}
		if err := New(j.store.(*racing).Store, j.seal).Save(ctx, theirs, Change{}); err != nil {
			t.Fatal(err)
		}
	}}
	j.store = overtake
	if err := j.Save(ctx, mine, Change{}); err != nil {
		t.Fatal(err)
	}
	if err := j.Save(ctx, mine, Change{}); !errors.Is(err, ErrChanged) {
		t.Fatalf("what another wrote is written over: %v", err)
	}
}

// racing has something happen right after its first commit.
type racing struct {
	store.Store
	after func()
}

func (r *racing) Commit(ctx context.Context, b store.Batch) (int64, error) {
	ver, err := r.Store.Commit(ctx, b)
	if after := r.after; after != nil {
		r.after = nil
		after()
	}
	return ver, err
}

// A case is saved with the events it took, or neither is.
func TestSaveIsAllOrNothing(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	s := Subject{"ats.lever", "a"}
	must(j.Append(ctx, s.Conn, []sdk.Event{moved("e1", s.ID)}, at))
	arrivals := must(j.Waiting(ctx, s, 10))
	mine, theirs := must(j.Load(ctx, s.Conn, s.ID)), must(j.Load(ctx, s.Conn, s.ID))
	theirs.Used = []string{"theirs"}
	if err := j.Save(ctx, theirs, Change{}); err != nil {
		t.Fatal(err)
	}
	mine.Used = []string{"mine"}
	if err := j.Save(ctx, mine, Change{Taken: arrivals, Entries: []Entry{{What: "event"}}}); !errors.Is(err, ErrChanged) {
		t.Fatalf("a stale case was saved: %v", err)
	}
	if n := len(must(j.Waiting(ctx, s, 10))); n != 1 {
		t.Fatalf("%d events wait", n)
	}
	theirs.Used = append(theirs.Used, "again")
	if err := j.Save(ctx, theirs, Change{Taken: arrivals, Entries: []Entry{{What: "event"}}}); err != nil {
		t.Fatalf("a case cannot be saved twice: %v", err)
	}
	if n := len(must(j.Waiting(ctx, s, 10))); n != 0 {
		t.Fatalf("%d events wait", n)
	}
	if got := must(j.Load(ctx, s.Conn, s.ID)); !slices.Equal(got.Used, []string{"theirs", "again"}) {
		t.Fatalf("used: %q", got.Used)
	}
	if story := must(j.Story(ctx, s.Conn, s.ID)); len(story) != 1 {
		t.Fatalf("story: %+v", story)
	}
}

func invited(application, remote string) invitation.Invitation {
	return invitation.Invitation{
		Key: invitation.NewKey("ats.lever", "vendor.alva", application, "", 1), ATS: "ats.lever", Vendor: "vendor.alva",
		Application: application, Person: "p", Posting: "job", State: invitation.State(sdk.KindInvited), Remote: remote,
	}
}

func TestTwoApplicationsCannotBothTakeTheSameOnce(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	take := func(application string) (*Case, Change) {
		c, v := must(j.Load(ctx, "ats.lever", application)), invited(application, "")
		o := must(j.Once(ctx, v))
		o.Application, o.Invitation = application, v.Key
		return c, Change{Onces: []Once{o}}
	}
	c1, ch1 := take("a1")
	c2, ch2 := take("a2")
	if err := j.Save(ctx, c1, ch1); err != nil {
		t.Fatal(err)
	}
	if err := j.Save(ctx, c2, ch2); !errors.Is(err, ErrChanged) {
		t.Fatalf("both took it: %v", err)
	}
	if o := must(j.Once(ctx, invited("a2", ""))); o.Application != "a1" {
		t.Fatalf("held by %q", o.Application)
	}
}

func TestWhatLeadsToACaseFollowsIt(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	c := must(j.Load(ctx, "ats.lever", "a"))
	c.Last.Application.Person = "p"
	c.Invitations = []invitation.Invitation{invited("a", "pos/1")}
	c.Appearances = map[string]Appearance{"Send Tests": {N: 1, Present: true}}
	c.Effects = []Effect{{Effect: effect.New("k", sdk.Promise{Repeat: sdk.Safe}, at), Pairing: "x", Conn: "ats.lever", Verb: sdk.VerbTags}}
	if err := j.Save(ctx, c, Change{Entries: []Entry{{What: "event"}}}); err != nil {
		t.Fatal(err)
	}
	leads := func() []any {
		s, ok, err := j.Whose(ctx, "vendor.alva", "pos/1")
		var unfinished []Subject
		if err := errors.Join(err, j.Unfinished(ctx, func(s Subject) { unfinished = append(unfinished, s) })); err != nil {
			t.Fatal(err)
		}
		return []any{s.ID, ok, must(j.Tagged(ctx, "ats.lever", "Send Tests")), must(j.Applications(ctx, "ats.lever", "p")), unfinished}
	}
	if got, want := fmt.Sprint(leads()), "[a true [a] [a] [{ats.lever a}]]"; got != want {
		t.Fatalf("leads: %s", got)
	}
	c = must(j.Load(ctx, "ats.lever", "a"))
	c.Last.Application.Person = "merged"
	if err := j.Save(ctx, c, Change{}); err != nil {
		t.Fatal(err)
	}
	if before, after := must(j.Applications(ctx, "ats.lever", "p")), must(j.Applications(ctx, "ats.lever", "merged")); len(before) != 0 || len(after) != 1 {
		t.Fatalf("a merge leads to %v and %v", before, after)
	}
	c.Last.Application.Person = "p"
	c.Appearances["Send Tests"] = Appearance{N: 1}
	c.Effects[0].State = effect.Done
	if err := j.Save(ctx, c, Change{}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(leads()), "[a true [] [a] []]"; got != want {
		t.Fatalf("leads: %s", got)
	}
	if err := j.Erase(ctx, c, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(leads()), "[ false [] [] []]"; got != want {
		t.Fatalf("leads after the end: %s", got)
	}
	if got := must(j.Load(ctx, "ats.lever", "a")); !got.New() || len(must(j.Story(ctx, "ats.lever", "a"))) != 0 {
		t.Fatal("something of the case is left")
	}
	if !must(j.Gone(ctx, "ats.lever", "a")) {
		t.Fatal("it is not known to be gone")
	}
}

func TestAHookSecretIsMadeOnce(t *testing.T) {
	j := opened(t)
	first := must(j.HookSecret(t.Context(), "ats.lever"))
	if len(first) < 26 || must(j.HookSecret(t.Context(), "ats.lever")) != first || must(j.HookSecret(t.Context(), "vendor.alva")) == first {
		t.Fatalf("secret %q", first)
	}
}

func TestOldEventsAreForgotten(t *testing.T) {
	j := opened(t)
	ctx := t.Context()
	for i := range 150 {
		when := at
		if i%2 == 0 {
			when = at.Add(-40 * 24 * time.Hour)
		}
		must(j.Append(ctx, "ats.lever", []sdk.Event{moved(fmt.Sprint(i), "a")}, when))
	}
	if err := j.Forget(ctx, at.Add(-30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i, news := range map[int]int{0: 1, 1: 0, 148: 1, 149: 0} {
		if got := must(j.Append(ctx, "ats.lever", []sdk.Event{moved(fmt.Sprint(i), "a")}, at)); len(got) != news {
			t.Errorf("event %d: %d news, want %d", i, len(got), news)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
