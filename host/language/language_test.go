package language

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/sdk"
)

func parse(t testing.TB, text string) hcl.Expression {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return x
}

func TestFunctions(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`tagged("a", ["b", " a "])`, `true`},
		{`tagged(" a", ["a\t"])`, `true`},
		{`tagged("a", ["A", "a b", "“a”"])`, `false`},
		{`tagged("a", [])`, `false`},
		{`after("Test - ", ["Test - Go", " Test - SQL ", "test - x", "Test – y", "Test - ", "Test"])`, `["Go", "SQL"]`},
		{`after("x", [])`, `[]`},
		{`first(["a", "b"])`, `"a"`},
		{`first([])`, `null`},
		{`coalesce(null, null)`, `null`},
		{`coalesce(null, "a", "b")`, `"a"`},
		{`coalesce(first([]), null, 3)`, `3`},
		{`contains(["a", "b"], "b")`, `true`},
		{`contains(["a", "b"], "B")`, `false`},
		{`contains([1, 2.5], 2.5)`, `true`},
		{`contains(["1"], 1)`, `false`},
		{`contains([], "b")`, `false`},
		{`lookup({ a = "x", b = null }, "a", null)`, `"x"`},
		{`lookup({ a = "x", b = null }, "b", "y")`, `null`},
		{`lookup({ a = "x" }, "c", null)`, `null`},
		{`lookup({}, "c", 3)`, `3`},
		{`keys({ b = 1, a = 2 })`, `["a", "b"]`},
		{`length(concat(["a"], distinct(["b", "b"])))`, `2`},
		{`join(", ", [for k, v in merge({ a = 1 }, { b = 2 }) : "${k}${v}"])`, `"a1, b2"`},
		{`[for s in [0, 29.99, 30, 59.99, 60, 79.99, 80, 100] : rating(s, 60)]`, `[1, 1, 2, 2, 3, 3, 4, 4]`},
		{`[rating(0, 0), rating(50, 0), rating(99, 100), rating(100, 100)]`, `[3, 4, 2, 4]`},
		{`rating(null, 60)`, `null`},
		{`rating(60, null)`, `null`},
		{`format("%s is %d", lower("ANN"), floor(2.9))`, `"ann is 2"`},
		{`"${upper("a")}${min(3, 2)}${max(3, 2)}"`, `"A23"`},
	} {
		r := NewReader(nil)
		v, ok := r.Constant(&Expression{Expression: parse(t, tt.text)})
		if !ok {
			t.Errorf("%s: %v", tt.text, r.Diags)
			continue
		}
		if got := string(hclwrite.TokensForValue(v).Bytes()); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestFunctionsRefuse is what functions cannot take. A null must not make the result unknown, or it would pass for anything.
func TestFunctionsRefuse(t *testing.T) {
	for _, text := range []string{
		`tagged(null, ["a"])`, `tagged("a", null)`, `after(null, [])`, `first(null)`, `first("a")`, `contains(null, "a")`,
		`contains("ab", "a")`, `contains(["a"], null)`, `coalesce("a", ["b"])`, `lower(null)`, `floor(null)`, `lookup(null, "a", 1)`,
		`lookup(["a"], "a", 1)`, `join(null, [])`, `rating("60", 60)`, `rating(60, ["60"])`,
	} {
		if v, diags := parse(t, text).Value(&hcl.EvalContext{Functions: Functions}); !diags.HasErrors() {
			t.Errorf("%s is %#v", text, v)
		}
	}
}

// TestTable holds the table of variables together: each event's variables exist, in order, and nothing that cannot be null reads as null.
func TestTable(t *testing.T) {
	for kind, e := range Events {
		if !slices.IsSorted(e.Variables) {
			t.Errorf("%s: %q", kind, e.Variables)
		}
		s := (&Evaluator{terms: Terms{Named: true}}).On(&Facts{Event: sdk.Event{Kind: kind}})
		for _, name := range e.Variables {
			v := s.root(name)
			for _, a := range attributesOn(name, kind) {
				if at := attributeOf(v, a.name); a.null == nil && at.IsNull() || !at.Type().Equals(a.typ) {
					t.Errorf("%s: %s is %#v, not a %s", kind, path(name, a.name), at, a.typ.FriendlyName())
				}
			}
			if want := (variant{}).root(name, kind).Type(); !v.Type().Equals(want) {
				t.Errorf("%s: %s is checked as %#v and read as %#v", kind, name, want, v.Type())
			}
		}
	}
}

func attributeOf(v cty.Value, name string) cty.Value {
	if name == "" {
		return v
	}
	return v.GetAttr(name)
}

// TestReached holds the check to the parts that HCL passes over while what decides is unknown, and away from what is never reached.
func TestReached(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`result.final ? result.score + 1 : 0`, "result.score is null"},
		{`result.final || result.score > 1`, "result.score is null"},
		{`result.final && result.score > 1`, "result.score is null"},
		{`[for t in result.tests : result.final ? t.score + 1 : 0]`, "result.tests.score is null"},
		{`[for t in result.tests : t.score if t.score > 1]`, "result.tests.score is null"},
		{`result.final ? [for t in result.tests : t.nam] : []`, "attribute named"},
		{`application.tags[0]`, "lists are empty"},
		{`result.score == null ? result.max + 1 : 0`, "result.max is null and result.score is null"},
		{`{ for t in result.tests : "test" => t.name }`, "Two different items produced the key"},
		{`{ for t in result.tests : t.name => t.name }`, ""},
		{`"%{for t in result.tests}${t.score}%{endfor}"`, "result.tests.score is null"},
		{`result.tests[*].nam`, "attribute named"},
		{`result.score == null ? 0 : result.score + 1`, ""},
		{`result.score != null && result.score > 1`, ""},
		{`result.score == null || result.score > 1`, ""},
		{`!result.final || result.score == null ? null : floor(result.score)`, ""},
		{`length(application.tags) > 0 ? application.tags[0] : null`, ""},
		{`[for t in result.tests : t.score == null ? "" : "${t.score}"]`, ""},
		{`"%{for t in result.tests}${t.name}%{endfor}"`, ""},
		{`coalesce(result.score, result.max, 0) + 1`, ""},
		{`true ? 1 : result.score + 1`, ""},
	} {
		r := NewReader(nil)
		r.Expect(r.Read(parse(t, tt.text)), func(cty.Value) string { return "" }, func() []sdk.Kind { return []sdk.Kind{sdk.KindScored} })
		r.Done(Terms{Named: true})
		switch said := r.Diags.Error(); {
		case tt.want == "" && r.Diags.HasErrors():
			t.Errorf("%s: %v", tt.text, r.Diags)
		case !strings.Contains(said, tt.want):
			t.Errorf("%s: %s, want %s", tt.text, said, tt.want)
		}
	}
}

// TestKeys finds the names that are known before anything happens.
func TestKeys(t *testing.T) {
	for text, want := range map[string]string{
		`{ "Score" = result.score, b = null }`:                                       "Score b",
		`merge({ "Score" = result.score }, { for t in result.tests : t.name => 1 })`: "Score",
		`result.final ? { a = 1 } : { a = 2 }`:                                       "a",
		`{ (result.revision) = 1 }`:                                                  "",
		`result.final ? null : { a = 1 }`:                                            "a",
		`null`:                                                                       "",
	} {
		r := NewReader(nil)
		if got := strings.Join(r.Keys(r.Read(parse(t, text)), sdk.KindScored), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestUnique gives every score a name of its own, and none the name of another.
func TestUnique(t *testing.T) {
	for given, want := range map[string]string{
		"Go;SQL": "Go;SQL", "Go;Go;Go": "Go;Go (2);Go (3)", "Go;Go (2);Go": "Go;Go (2);Go (3)", "Go;Go;Go (2)": "Go;Go (3);Go (2)",
		"Go (2);Go (2);Go;Go": "Go (2);Go (2) (2);Go;Go (3)",
	} {
		var all []sdk.Score
		for name := range strings.SplitSeq(given, ";") {
			all = append(all, sdk.Score{Name: name})
		}
		var got []string
		for _, s := range unique(all) {
			got = append(got, s.Name)
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%s: %q, want %s", given, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"applied", "moved", "found", "Data Analyst"}
	for given, want := range map[string]string{
		"aplied": "applied", "move": "moved", "mvoed": "moved", "data  analyst": "Data Analyst", "hired": "", "x": "", "": "",
	} {
		if got := Nearest(given, known); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, tag := range []string{
		"Alex - On Application", "“Alex – On Application”", "alex-on application ", "ALEX\u00a0— ON APPLICATION", "Alex−On Application",
	} {
		if got := Fold(tag); got != "alex-onapplication" {
			t.Errorf("%q: %q", tag, got)
		}
	}
}

// TestVariableEntries holds the reference to the tables: every attribute is told, and every event that has it.
func TestVariableEntries(t *testing.T) {
	told := map[string]string{}
	for _, variable := range VariableEntries() {
		for _, a := range variable.Parts {
			told[a.Term] = variable.About + a.About
		}
	}
	for _, variable := range Sorted(variables) {
		for _, a := range variables[variable] {
			about := told[path(variable, a.name)]
			if a.about == "" || !strings.Contains(about, a.about) {
				t.Errorf("%s.%s is told as %q", variable, a.name, about)
			}
			for _, kind := range a.in {
				if !strings.Contains(about, string(kind)) {
					t.Errorf("%s.%s is told as %q, without %s", variable, a.name, about, kind)
				}
			}
		}
	}
	for term, want := range map[string]string{"result.score": "may be null:", "invitation.url": "may be null on failed:"} {
		if !strings.Contains(told[term], want) {
			t.Errorf("%s is told as %q, without %q", term, told[term], want)
		}
	}
	if strings.Contains(told["posting.name"], "null") {
		t.Errorf("posting.name is told as %q", told["posting.name"])
	}
}
