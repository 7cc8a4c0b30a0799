package rule

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/sdk"
)

var update = flag.Bool("update", false, "write what the rules say into testdata/*.txt")

// TestScenarios holds the rules to testdata/*.txt. A file begins with "rules PATH", the pairing; each case is a headline, lines that say
// what is known and what happens (see story.tell), a line of dashes, and the plan.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScenarios(t, file) })
	}
}

func runScenarios(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "\n\n")
	path, ok := strings.CutPrefix(lastLine(head), "rules ")
	if !ok {
		t.Fatalf("%s does not begin with its rules", file)
	}
	p := compileFile(t, filepath.Join("testdata", path))
	out := head + "\n"
	for chunk := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
		given, want, _ := strings.Cut(chunk, "\n----\n")
		lines := strings.Split(given, "\n")
		t.Run(lines[0], func(t *testing.T) {
			s := newStory(t, p)
			for _, line := range lines[1:] {
				s.tell(strings.Fields(line)[0], strings.TrimSpace(strings.TrimPrefix(line, strings.Fields(line)[0])))
			}
			got := cmp.Or(strings.TrimRight(s.out.String(), "\n"), "nothing")
			out += "\n" + given + "\n----\n" + got + "\n"
			if diff := gocmp.Diff(strings.TrimRight(want, "\n"), got); diff != "" && !*update {
				t.Errorf("%s\n%s", given, diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

func compileFile(t testing.TB, path string) *Pairing {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, diags := hclsyntax.ParseConfig(text, filepath.Base(path), hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, diags := file.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "pairing", LabelNames: []string{"name"}}}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p, diags := Compile(content.Blocks[0], Folder{Connections: []string{
		"ats.greenhouse", "ats.lever", "vendor.alooba", "vendor.alva", "vendor.apriora", "vendor.hired",
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// story is one case as it is told, line by line.
type story struct {
	testing.TB
	*Pairing
	known Known
	out   bytes.Buffer
}

func newStory(t testing.TB, p *Pairing) *story {
	return &story{TB: t, Pairing: p, known: Known{
		Application: sdk.Application{
			ID: "app1", Person: "ann", Candidate: sdk.Candidate{Name: "Ann", Email: "ann@example.test"},
			Posting: sdk.Posting{ID: "p1", Name: "Engineer"}, Stage: sdk.Stage{ID: "new", Name: "New"},
			Applied: time.UnixMilli(50), Origin: "applied", Active: true,
		},
		Appearances: map[string]int{},
	}}
}

// tell takes one line. Times are milliseconds.
func (s *story) tell(word, rest string) {
	app := &s.known.Application
	args := strings.Fields(rest)
	switch word {
	case "stage": // stage ID NAME [since MS]
		name, since, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(rest, args[0])), " since ")
		app.Stage, app.StageSince = sdk.Stage{ID: args[0], Name: name}, time.Time{}
		if ok {
			app.StageSince = time.UnixMilli(s.number(since))
		}
	case "email":
		app.Candidate.Email = rest
	case "origin":
		app.Origin = rest
	case "confidential":
		app.Confidential = true
	case "inactive":
		app.Active = false
	case "snapshot": // all that a request tells
		*app = sdk.Application{ID: app.ID, Candidate: app.Candidate, Active: true}
	case "never-applied":
		app.Applied = time.Time{}
	case "tags": // tags A; B
		app.Tags = list(rest)
	case "own-tags":
		app.OwnTags = list(rest)
	case "posting-tags":
		app.Posting.Tags = list(rest)
	case "assessment": // assessment ID MS NAME
		s.known.Assessments = append(s.known.Assessments,
			sdk.Assessment{ID: args[0], Created: time.UnixMilli(s.number(args[1])), Name: strings.Join(args[2:], " ")})
	case "used":
		s.known.Used = append(s.known.Used, rest)
	case "appeared": // appeared N TAG
		s.known.Appearances[strings.Join(args[1:], " ")] = int(s.number(args[0]))
	case "invitation": // invitation ATTEMPT consuming FACT; FACT [for ASSESSMENT]
		facts, assessment, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, args[0]), " consuming "), " for ")
		s.known.Invitations = append(s.known.Invitations, invitation.Invitation{
			Attempt: int(s.number(args[0])), Facts: list(facts), Assessment: assessment, State: invitation.Planned, URL: "https://vendor.test/ann",
		})
	case "passing": // passing SCORE: of the last invitation before
		score := float64(s.number(rest))
		s.known.Invitations[len(s.known.Invitations)-1].PassingScore = &score
	case "was": // was EVENT: it happened to the last invitation before
		s.happen(rest)
	case "then": // then EVENT: it happens, and rules follow
		s.follow(rest)
	case "when": // when EVENT [TAG]: an ATS's event; or when requested ID ASSESSMENT
		kind, tag, _ := strings.Cut(rest, " ")
		ev := sdk.Event{Kind: sdk.Kind(kind), Tag: tag, Application: app.ID}
		if ev.Kind == sdk.KindRequested {
			ev.ID, ev.Assessment, _ = strings.Cut(tag, " ")
		}
		s.show(s.Decide(ev, s.known))
	default:
		s.Fatalf("no such word: %s", word)
	}
}

func list(s string) []string {
	var out []string
	for e := range strings.SplitSeq(s, "; ") {
		if e != "" {
			out = append(out, e)
		}
	}
	return out
}

func (s *story) number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// happen applies "KIND at MS JSON" to the last invitation; the JSON is of the event.
func (s *story) happen(text string) (invitation.Invitation, []invitation.Step) {
	fields, extra, _ := strings.Cut(text, " {")
	args := strings.Fields(fields)
	ev := sdk.Event{ID: text, Kind: sdk.Kind(args[0]), At: time.UnixMilli(s.number(args[2])).UTC()}
	if extra != "" {
		if err := json.Unmarshal([]byte("{"+extra), &ev); err != nil {
			s.Fatal(err)
		}
	}
	last := &s.known.Invitations[len(s.known.Invitations)-1]
	after, steps := last.Apply(ev)
	*last = after
	return after, steps
}

func (s *story) follow(text string) {
	inv, steps := s.happen(text)
	for _, step := range steps {
		fmt.Fprintf(&s.out, "%s\n", step.Event.Kind)
		s.show(s.Follow(step, inv, s.known.Application))
	}
	tags, decisions := s.Tags(s.known.Application, s.known.Invitations)
	s.decisions(decisions)
	fmt.Fprintf(&s.out, "tags %s\n", strings.Join(tags, "; "))
}

func (s *story) show(plan Plan) {
	s.decisions(plan.Decisions)
	for _, in := range plan.Invites {
		fmt.Fprintf(&s.out, "invite attempt %d consuming %s", in.Attempt, strings.Join(in.Facts, "; "))
		if in.Assessment != "" {
			fmt.Fprintf(&s.out, " for %q (%s)", in.Assessment, in.AssessmentID)
		}
		if in.Failed != nil {
			fmt.Fprintf(&s.out, " failed %s: %s", in.Failed.Reason, in.Failed.Detail)
		}
		fmt.Fprintln(&s.out)
	}
	for _, w := range plan.Writes {
		text, err := json.Marshal(w.Write)
		if err != nil {
			s.Fatal(err)
		}
		fmt.Fprintf(&s.out, "write %s %s\n", w.Slot, strings.Replace(string(text), `{"key":"",`, "{", 1))
		if w.Report != nil {
			text, err := json.Marshal(w.Report)
			if err != nil {
				s.Fatal(err)
			}
			fmt.Fprintf(&s.out, "report %s\n", text)
		}
	}
	for _, n := range plan.Near {
		fmt.Fprintf(&s.out, "near %q for %q\n", n.Tag, n.Wanted)
	}
}

// decisions shows them without guards that let pass.
func (s *story) decisions(all []Decision) {
	for _, d := range slices.DeleteFunc(slices.Clone(all), func(d Decision) bool { return d.Verdict == Passed && d.Detail == "" }) {
		fmt.Fprintf(&s.out, "%s:%d %s: %s\n", d.File, d.Line, d.Rule, strings.Join(strings.Fields(string(d.Verdict)+" "+d.Reason+" "+d.Detail), " "))
	}
}
