package config

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
)

var update = flag.Bool("update", false, "write the reference into testdata/language.*")

// TestReference shows the reference as people see it.
func TestReference(t *testing.T) {
	for name, write := range map[string]func(*strings.Builder, []schema.Entry){
		"testdata/language.txt": schema.WriteText, "testdata/language.md": schema.WriteMarkdown,
	} {
		var got strings.Builder
		write(&got, Reference())
		if *update {
			if err := os.WriteFile(name, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (write it with -update):\n%s", name, diff)
		}
	}
}

// TestReferenceTellsAll holds the reference to the tables: every function that a file may call, every block of a folder, a line for each.
func TestReferenceTellsAll(t *testing.T) {
	var terms []string
	var look func(e schema.Entry)
	look = func(e schema.Entry) {
		if terms = append(terms, e.Term); e.About == "" && len(e.Parts) == 0 {
			t.Errorf("%q is told without a word", e.Term)
		}
		for _, part := range e.Parts {
			look(part)
		}
	}
	for _, section := range Reference() {
		look(section)
	}
	want := language.Sorted(newOutside("").functions())
	for _, name := range append(want, language.Sorted(language.Functions)...) {
		if !slices.ContainsFunc(terms, func(term string) bool { return strings.HasPrefix(term, name+"(") }) {
			t.Errorf("the function %s is not told", name)
		}
	}
	for _, b := range top.Blocks {
		if !slices.ContainsFunc(terms, func(term string) bool { return strings.HasPrefix(term, b.Type) }) {
			t.Errorf("the block %s is not told", b.Type)
		}
	}
}

// TestExample reads what the reference shows as a pairing would.
func TestExample(t *testing.T) {
	frame := "ats \"lever\" {}\nvendor \"alooba\" {}\npairing \"p\" {\nats = ats.lever\nvendor = vendor.alooba\n" + example + "\n}\n"
	if _, diags := Read(folder(t, frame)); len(diags) > 0 {
		t.Error(diags)
	}
	if formatted := string(hclwrite.Format([]byte(example))); formatted != example {
		t.Errorf("formatted it is\n%s", formatted)
	}
}

func TestCodeNamed(t *testing.T) {
	for id, want := range map[string]string{"PB302": "PB302", "pb100": "PB100", "PB999": "", "": "", "PB": ""} {
		if got, ok := CodeNamed(id); got.ID != want || ok != (want != "") {
			t.Errorf("%q: %+v", id, got)
		}
	}
}
