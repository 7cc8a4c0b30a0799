package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

const connections = "ats \"lever\" {}\nvendor \"alooba\" {}\n"

// inJSON is a folder of two connections and a file in JSON.
func inJSON(t *testing.T, text string) string {
	t.Helper()
	dir := folder(t, connections)
	if err := os.WriteFile(filepath.Join(dir, "rules.hcl.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestJSON reads one pairing in both syntaxes: it decides the same.
func TestJSON(t *testing.T) {
	native, diags := Read(folder(t, connections+`
locals { prefix = "Test - " }
pairing "p" {
  ats    = ats.lever
  vendor = vendor.alooba
  mode   = off
  function "shown" {
    params = [score]
    result = score == null ? "none" : "${score}"
  }
  guard "confidential" { deny = application.confidential }
  on applied {
    when = length(posting.tags) > 0
    invite { assessment = after(local.prefix, posting.tags) }
  }
  on scored {
    note "first" { text = "Score: ${shown(result.score)}" }
    note "second" { text = result.url }
  }
  mirror { outcomes = [hired, rejected] }
}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	translated, diags := Read(inJSON(t, `{
		"locals": {"prefix": "Test - "},
		"pairing": {"p": {
			"//": "Written by a program.",
			"ats": "ats.lever", "vendor": "vendor.alooba", "mode": "off",
			"function": {"shown": {"params": ["score"], "result": "${score == null ? \"none\" : \"${score}\"}"}},
			"guard": {"confidential": {"deny": "${application.confidential}"}},
			"on": [
				{"applied": {"when": "${length(posting.tags) > 0}", "invite": {"assessment": "${after(local.prefix, posting.tags)}"}}},
				{"scored": {"note": {"first": {"text": "Score: ${shown(result.score)}"}, "second": {"text": "${result.url}"}}}}
			],
			"mirror": {"outcomes": ["hired", "rejected"]}
		}}
	}`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	p, q := native.Pairings[0], translated.Pairings[0]
	if p.Mode != q.Mode || !reflect.DeepEqual(p.Mirror, q.Mirror) || !reflect.DeepEqual(p.Needs().ATS.Events, q.Needs().ATS.Events) {
		t.Errorf("%+v, in JSON %+v", p, q)
	}
	p.Mode, q.Mode = rule.Live, rule.Live
	ev := sdk.Event{Kind: sdk.KindApplied}
	known := rule.Known{
		Application: sdk.Application{Active: true, Applied: ev.At.AddDate(2020, 0, 0), Posting: sdk.Posting{Tags: []string{"Test - Go"}}},
		Assessments: []sdk.Assessment{{ID: "t1", Name: "Go"}},
	}
	known.Application.Candidate.Email = "ann@example.test"
	got, want := q.Decide(ev, known).Invites, p.Decide(ev, known).Invites
	if len(want) != 1 || want[0].AssessmentID != "t1" || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, in JSON %+v", want, got)
	}
}

// TestJSONRefused is what a file in JSON is refused for, as any other is, and where.
func TestJSONRefused(t *testing.T) {
	in := func(body string) string {
		return "{\"pairing\": {\"p\": {\"ats\": \"ats.lever\", \"vendor\": \"vendor.alooba\",\n" + body + "}}}"
	}
	for name, tt := range map[string]struct {
		text, want string
		line       int
	}{
		"no JSON":             {"{\n\"locals\": x}", "PB107", 2},
		"JSON that ends":      {"{\"locals\": {", "PB107", 1},
		"brackets":            {`{"locals": {"x": ` + strings.Repeat("[", 20_000), "PB105", 1},
		"templates":           {`{"locals": {"x": "` + strings.Repeat("${[", 20_000) + `"}}`, "PB105", 1},
		"words":               {`{"pairing": {"p": {"ats": "` + strings.Repeat("!", 20_000) + `a"}}}`, "PB106", 1},
		"an unknown block":    {in(`"gard": {"x": {"deny": true}}`), "PB202", 2},
		"a misspelt name":     {in(`"guard": {"x": {"deny": "${aplication.confidential}"}}`), "PB301", 2},
		"an unknown function": {in(`"guard": {"x": {"deny": "${taged(\"a\", posting.tags)}"}}`), "PB308", 2},
		"what may be null":    {in(`"on": {"scored": {"note": {"x": {"text": "${result.final ? lower(result.url) : null}"}}}}`), "PB312", 2},
		"a null in a text":    {in(`"on": {"scored": {"note": {"x": {"text": "at ${result.url}"}}}}`), "PB311", 2},
		"no connection":       {`{"pairing": {"p": {"ats": "ats.levr", "vendor": "vendor.alooba"}}}`, "PB212", 1},
		"a key twice":         {in(`"locals": {"x": 1, "x": 2}`), "PB221", 2},
		"no list of words":    {in(`"mirror": {"outcomes": "hired"}`), "PB309", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := Read(inJSON(t, tt.text))
			if len(diags) != 1 || CodeOf(diags[0]).ID != tt.want || diags[0].Subject.Start.Line != tt.line {
				t.Errorf("%v, want %s at line %d", diags, tt.want, tt.line)
			}
		})
	}
}

// TestJSONSettings holds settings in JSON to the same: a secret comes from outside.
func TestJSONSettings(t *testing.T) {
	t.Setenv("PATCHBAY_TEST_KEY", "k")
	secret := []sdk.Setting{{Name: "api_key", Type: sdk.TypeString, Secret: true, Auth: "bearer"}}
	for text, want := range map[string]string{
		`"${env(\"PATCHBAY_TEST_KEY\")}"`: "", `"k"`: "PB404", `"${local.x}"`: "PB100", `{"k": 1}`: "PB309",
	} {
		f, diags := Read(inJSON(t, `{"vendor": {"json": {"api_key": `+text+`}}}`))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		decoded, diags := f.Connection("vendor.json").Decode(secret)
		switch {
		case want == "" && (len(diags) > 0 || decoded.Credential != "k"):
			t.Errorf("%s: %v", text, diags)
		case want != "" && (len(diags) != 1 || CodeOf(diags[0]).ID != want):
			t.Errorf("%s: %v, want %s", text, diags, want)
		}
	}
}

// FuzzReadJSON holds Read to its promise for files in JSON as well: none ends the process, and what it says has a place.
func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"pairing": {"p": {"ats": "ats.lever", "on": [{"applied": {"when": "${true}", "invite": [{}, {"assessment": ["a"]}]}}]}}}`))
	f.Add([]byte(`{"locals": [{"a": {"b": [1, null, "${c}"]}}], "function": {"f": {"params": ["x"], "result": "${x}"}}, "//": 1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &reader{Folder: &Folder{Files: map[string]*hcl.File{}}, outside: newOutside(f.Name())}
		if r.parse("fuzz.hcl.json", text); !r.diags.HasErrors() {
			r.compile()
		}
		for _, d := range r.finish() {
			if d.Subject.Filename != "fuzz.hcl.json" || d.Summary == "" {
				t.Errorf("no place or no summary: %+v", d)
			}
		}
	})
}
