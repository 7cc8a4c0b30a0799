package config

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// TestTooMuch holds Read to its caps: more of any of these ends the process, in the parser or later.
func TestTooMuch(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"brackets", "x = " + strings.Repeat("[", 20_000), "PB105"},
		{"blocks", strings.Repeat("a {\n", 20_000), "PB105"},
		{"templates", "x = " + strings.Repeat(`"${`, 20_000), "PB105"},
		{"negations", "x = " + strings.Repeat("!", 20_000) + "true", "PB106"},
		{"conditionals", "x = " + strings.Repeat("a ? b : ", 20_000) + "c", "PB106"},
		{"sums", "x = " + strings.Repeat("1 + ", 20_000) + "1", "PB106"},
		{"indices", "x = a" + strings.Repeat("[b]", 20_000), "PB106"},
		{"levels of negations", "x = " + strings.Repeat("["+strings.Repeat("!", 1000), 99) + strings.Repeat("]", 99), "PB106"},
		{"directives", "x = \"" + strings.Repeat("%{if a}", 20_000) + "\"", "PB106"},
		{"bytes", strings.Repeat("# comment\n", 120_000), "PB104"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, diags := Read(folder(t, tt.text))
			if len(diags) != 1 || CodeOf(diags[0]).ID != tt.want {
				t.Errorf("%v, want %s", diags, tt.want)
			}
		})
	}
}

// TestNotTooMuch is what an operator may well write.
func TestNotTooMuch(t *testing.T) {
	list := "locals {\n  list = [\n" + strings.Repeat("    \"((( ${\"a\"} [[[\",\n", 3_000) + "  ]\n}\n"
	for name, text := range map[string]string{
		"a long list":    list,
		"a long comment": strings.Repeat("# ((([[[{{{\n", 10_000),
		"a long heredoc": "locals {\n  x = <<-EOT\n" + strings.Repeat("    one ((( line\n", 12_000) + "  EOT\n}\n",
	} {
		if _, diags := Read(folder(t, text)); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func TestFolders(t *testing.T) {
	if _, diags := Read(filepath.Join(t.TempDir(), "none")); len(diags) != 1 || CodeOf(diags[0]).ID != "PB101" {
		t.Errorf("a folder that is not there: %v", diags)
	}
	if _, diags := Read(t.TempDir()); len(diags) != 1 || CodeOf(diags[0]).ID != "PB102" {
		t.Errorf("an empty folder: %v", diags)
	}
	odd := filepath.Join(t.TempDir(), "[a]*")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(odd, "a.hcl"), []byte("ats \"lever\" {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, diags := Read(odd); len(diags) > 0 || f.Connection("ats.lever") == nil || f.Connection("ats.x") != nil {
		t.Errorf("a folder with an odd name: %v", diags)
	}
}

// TestOneText reads a folder of several files: order has no meaning, and what they share is shared.
func TestOneText(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"1.hcl": "pairing \"a\" {\n  ats = ats.lever\n  vendor = vendor.alva\n  locals { blocked = [\"sourced\"] }\n" +
			"  on applied {\n    invite {}\n  }\n}\n",
		"2.hcl":       "locals { blocked = [] }\nguard \"origin\" { deny = contains(local.blocked, application.origin) }\n",
		"3.hcl":       "vendor \"alva\" {}\nats \"lever\" { plugin = \"lever2\" }\n",
		".hidden.hcl": "nonsense",
		"notes.txt":   "nonsense",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, diags := Read(dir)
	if len(diags) > 0 || len(f.Pairings) != 1 || f.Connection("ats.lever").Plugin != "lever2" || f.Connection("vendor.alva").Plugin != "alva" {
		t.Errorf("%+v, %v", f, diags)
	}
}

// TestPrint is what an operator sees.
func TestPrint(t *testing.T) {
	dir := folder(t, "ats \"lever\" {}\nvendor \"alva\" {}\npairing \"x\" {\n\tats = ats.lever\n\tvendor = vendor.alva\n"+
		"\ton applied {\n\t\twhen = contains(posting.tagz, \"Ä\")\n\t\tinvite {}\n\t}\n}\n")
	f, diags := Read(dir)
	var got bytes.Buffer
	Print(&got, f, diags)
	want := `Error PB302: Unknown attribute
  at main.hcl:7:26, in pairing "x"

   7 | 		when = contains(posting.tagz, "Ä")
     | 		                       ^^^^^

posting has no attribute "tagz". Did you mean "tags"?

`
	if got := strings.ReplaceAll(got.String(), dir+string(filepath.Separator), ""); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestCodes holds the table together: each number once, and each summary that the code of this folder and of the rules uses is in it.
func TestCodes(t *testing.T) {
	ids, form := map[string]bool{}, regexp.MustCompile(`^PB[1-5]\d\d$`)
	for _, c := range Codes {
		if ids[c.ID] || !form.MatchString(c.ID) || c.Summary == "" || c.About == "" {
			t.Errorf("%+v", c)
		}
		ids[c.ID] = true
	}
	for _, dir := range []string{".", "../rule", "../language"} {
		for _, summary := range summaries(t, dir) {
			if CodeOf(&hcl.Diagnostic{Summary: summary}) == anyCode {
				t.Errorf("%s: %q has no code", dir, summary)
			}
		}
	}
}

// summaries is the second argument of every call of a function that makes a diagnostic.
func summaries(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 2 {
				if text, ok := call.Args[1].(*ast.BasicLit); ok && makes.MatchString(named(call.Fun)) {
					summary, _ := strconv.Unquote(text.Value)
					out = append(out, summary)
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Errorf("%s has no diagnostics", dir)
	}
	return out
}

var makes = regexp.MustCompile(`^([Pp]roblem|[Ww]arning)$`)

func named(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// FuzzRead holds Read to its promise that no file ends the process, and that what it says has a place.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/errors/*.hcl", "../../configs/*.hcl", "../rule/testdata/*.hcl"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &reader{Folder: &Folder{Files: map[string]*hcl.File{}}, outside: newOutside(dir)}
		r.parse("fuzz.hcl", append([]byte("ats \"lever\" {}\nvendor \"alva\" {}\n"), text...))
		if !r.diags.HasErrors() {
			r.compile()
		}
		diags := r.finish()
		for _, c := range r.Connections {
			_, more := c.Decode(settings)
			diags = append(diags, more...)
		}
		var out bytes.Buffer
		Print(&out, r.Folder, diags)
		for _, d := range diags {
			if d.Subject.Filename != "fuzz.hcl" || d.Summary == "" {
				t.Errorf("no place or no summary: %+v", d)
			}
		}
	})
}
