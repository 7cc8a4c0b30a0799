package rule

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

const alva = "../../configs/alva-lever.hcl"

// TestRoleFit holds the tags to the vendor's own tables: fractions are floored, lower bounds belong to the band.
func TestRoleFit(t *testing.T) {
	p := compileFile(t, alva)
	for _, tt := range []struct {
		score float64
		want  string
	}{
		{0, "Very low"}, {24, "Very low"}, {24.9, "Very low"}, {25, "Low"}, {26, "Low"}, {49, "Low"}, {49.9, "Low"},
		{50, "Medium"}, {51, "Medium"}, {74, "Medium"}, {74.99, "Medium"}, {75, "High"}, {76, "High"}, {99, "High"}, {99.6, "High"},
		{100, "Very high"},
	} {
		inv, _ := invitation.Invitation{State: invitation.Planned}.Apply(sdk.Event{
			Kind: sdk.KindScored, At: time.UnixMilli(1), Result: &sdk.Result{Final: true, Revision: "1", Score: &tt.score},
		})
		got, _ := p.Tags(sdk.Application{}, []invitation.Invitation{inv})
		if want := []string{"Alva: Completed", "Alva: " + tt.want + " role fit"}; !slices.Equal(got, want) {
			t.Errorf("score %v: %q, want %q", tt.score, got, want)
		}
	}
}

// TestEmail holds the syntax of addresses to vendors.md, section 0.4.
func TestEmail(t *testing.T) {
	long := strings.Repeat("a", 64)
	for reason, emails := range map[string][]string{
		"":              {"a@b.c", " ann@example.test ", "ann+tag@sub.example.test", "änn@exämple.test", long + "@b.c"},
		"missing_email": {"", " ", "\t\n"},
		"invalid_email": {
			"ann", "ann@", "@example.test", "ann@example", "ann@@example.test", "a@b@c.d", "an n@example.test", "ann@exam\u00a0ple.test",
			"ann\x00@example.test", "ann@.test", "ann@example.", "a" + long + "@b.c", "a@" + strings.Repeat("b", 251) + ".c",
		},
	} {
		for _, email := range emails {
			got := ""
			if f := emailFailure(email); f != nil {
				got = f.Reason
			}
			if got != reason {
				t.Errorf("%q: %q, want %q", email, got, reason)
			}
		}
	}
}

// TestAgain holds Decide to its promise: it remembers nothing, so it says the same again, side by side too, and leaves what is known as it was.
func TestAgain(t *testing.T) {
	p := compileFile(t, alva)
	known := func() Known {
		s := newStory(t, p)
		for _, line := range []string{
			"stage s2 Assessment since 100", "tags Alva: Send Tests; X", "invitation 1 consuming applied@50", "was bounced at 60",
		} {
			word, rest, _ := strings.Cut(line, " ")
			s.tell(word, rest)
		}
		return s.known
	}
	k := known()
	first := p.Decide(sdk.Event{Kind: sdk.KindMoved}, k)
	if len(first.Invites) != 1 {
		t.Fatalf("%+v", first)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if again := p.Decide(sdk.Event{Kind: sdk.KindMoved}, k); !reflect.DeepEqual(first, again) {
				t.Errorf("first %+v, then %+v", first, again)
			}
		})
	}
	all.Wait()
	if !reflect.DeepEqual(k, known()) {
		t.Errorf("what is known was changed: %+v", k)
	}
}

// TestOff holds a pairing that is off: it refuses and skips all, and says so. What its tags would be stays the same.
func TestOff(t *testing.T) {
	p := compileFile(t, alva)
	p.Mode = Off
	s := newStory(t, p)
	s.tell("stage", "s2 Assessment since 100")
	s.tell("invitation", "1 consuming stage:s2@1")
	s.tell("when", "moved")
	s.tell("then", "failed at 110")
	want := `alva-lever.hcl:22 on moved: refused off
failed
alva-lever.hcl:55 on failed: skipped off
alva-lever.hcl:39 tags "status": shown failed Alva: Invitation Failed
tags Alva: Invitation Failed
`
	if s.out.String() != want {
		t.Errorf("got %s", &s.out)
	}
}

// TestBefore names the facts that lie before the host's first day.
func TestBefore(t *testing.T) {
	app := sdk.Application{Stage: sdk.Stage{ID: "s"}, StageSince: time.UnixMilli(200), Applied: time.UnixMilli(100)}
	for at, want := range map[int64][]string{
		100: nil, 101: {"applied@100"}, 200: {"applied@100"}, 201: {"stage:s@200", "applied@100"},
	} {
		if got := Before(app, time.UnixMilli(at)); !slices.Equal(got, want) {
			t.Errorf("before %d: %q, want %q", at, got, want)
		}
	}
	if got := Before(sdk.Application{}, time.Now()); got != nil {
		t.Errorf("an application without times: %q", got)
	}
}

// TestNeeds tells what each pairing asks of its two products.
func TestNeeds(t *testing.T) {
	for file, want := range map[string]asked{
		alva: {
			events: "applied deleted hired moved", ats: "link move note postings search stages tags", vendor: "delete outcome posting",
			stages: "Assessment Interview",
		},
		"testdata/tests.hcl": {
			events: "applied moved", ats: "link note tags", vendor: "assessments", stages: "Phone Screen Take-home", assessments: true,
		},
		"../../configs/alooba-lever.hcl": {
			events: "applied", ats: "feedback link tags", vendor: "alert assessments", templates: "Alooba Assessment", assessments: true,
		},
		"../../configs/alooba-greenhouse.hcl": {
			events: "anonymized deleted hired rejected requested unhired unrejected", ats: "fields report",
			vendor: "anonymize assessments delete outcome", fields: "Alooba score", assessments: true, requests: true,
		},
		"../../configs/apriora-lever.hcl": {
			events: "applied deleted moved", ats: "file note tags", vendor: "delete documents posting", stages: "On-site Interview",
		},
		"../../configs/hired-lever.hcl": {
			events: "moved", ats: "link note tags", vendor: "assessments", stages: "Phone Screen Take-home", assessments: true,
		},
		"testdata/actions.hcl": {
			events: "applied", ats: "feedback fields file note report tags", vendor: "alert assessments documents",
			templates: "Result", fields: "Attempt Final Page Points Score Summary", assessments: true,
		},
	} {
		if got := asks(t, compileFile(t, file).Needs()); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", file, got, want)
		}
	}
	if got, want := compileFile(t, alva).Needs().Scans, []Scan{{"Alva: Send Tests", time.Hour}}; !slices.Equal(got, want) {
		t.Errorf("scans %v, want %v", got, want)
	}
}

// asked is what a pairing asks, each list in order and without repeats.
type asked struct {
	events, ats, vendor, stages, templates, fields string
	assessments, requests                          bool
}

func asks(t *testing.T, n Needs) asked {
	t.Helper()
	list := func(words []string) string {
		slices.Sort(words)
		return strings.Join(slices.Compact(words), " ")
	}
	verbs := func(s Side) string {
		var out []string
		for _, u := range s.Verbs {
			if u.By == "" || u.Range.Start.Line == 0 {
				t.Errorf("%s is needed by nobody", u.Verb)
			}
			out = append(out, string(u.Verb))
		}
		return list(out)
	}
	var stages []string
	for _, s := range n.Stages {
		stages = append(stages, s.Name)
	}
	return asked{
		events: list(language.Words(n.ATS.Events)), ats: verbs(n.ATS), vendor: verbs(n.Vendor), stages: list(stages),
		templates: list(n.Templates), fields: list(n.Fields), assessments: n.Assessments, requests: n.Requests,
	}
}

// TestSettings is what a pairing says of itself besides its rules.
func TestSettings(t *testing.T) {
	p := compileFile(t, "testdata/actions.hcl")
	if p.Limit != 20 || !slices.Equal(p.Former, []string{"older", "oldest"}) || !reflect.DeepEqual(p.Mirror, Mirror{}) {
		t.Errorf("limit %d, former %q, mirror %+v", p.Limit, p.Former, p.Mirror)
	}
	got := compileFile(t, "../../configs/alooba-greenhouse.hcl").Mirror
	want := Mirror{Outcomes: outcomes, Deletions: true, Anonymizations: true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("mirror %+v, want %+v", got, want)
	}
}

// BenchmarkDecide is an event through the rules of alva-lever: an entry into the trigger stage, three guards judged.
func BenchmarkDecide(b *testing.B) {
	p := compileFile(b, alva)
	s := newStory(b, p)
	s.tell("stage", "s2 Assessment since 100")
	s.tell("posting-tags", "Remote; Engineering; Alva: Screening")
	for b.Loop() {
		if plan := p.Decide(sdk.Event{Kind: sdk.KindMoved}, s.known); len(plan.Invites) != 1 {
			b.Fatal(plan)
		}
	}
}

// BenchmarkElsewhere is the commonest event: moved to a stage that is nobody's trigger. No expression is evaluated.
func BenchmarkElsewhere(b *testing.B) {
	p := compileFile(b, alva)
	s := newStory(b, p)
	s.tell("stage", "s3 Interview since 100")
	for b.Loop() {
		p.Decide(sdk.Event{Kind: sdk.KindMoved}, s.known)
	}
}

// BenchmarkTags is the level of a finished invitation.
func BenchmarkTags(b *testing.B) {
	p := compileFile(b, alva)
	s := newStory(b, p)
	s.tell("invitation", "1 consuming stage:s2@100")
	s.tell("was", `completed at 90 {"result":{"final":true,"revision":"1","score":75}}`)
	for b.Loop() {
		p.Tags(s.known.Application, s.known.Invitations)
	}
}
