package config

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// TestErrors reads every file of testdata/errors as a folder of its own. A line that ends in "# ERROR: CODE Summary: part of the detail"
// (or WARNING) expects that diagnostic there, and no line expects another.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hcl"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, diags := Read(folder(t, string(text)))
			expected := expectations(text)
			for _, d := range diags {
				took := slices.IndexFunc(expected, func(e expectation) bool { return e.meets(d) })
				if took < 0 {
					t.Errorf("not expected: line %d: %s", d.Subject.Start.Line, said(d))
					continue
				}
				expected = slices.Delete(expected, took, took+1)
			}
			for _, e := range expected {
				t.Errorf("missing: line %d: %s", e.line, e.text)
			}
		})
	}
}

// expectation is what one line says will be said of it.
type expectation struct {
	line int
	text string // SEVERITY: CODE Summary: detail
}

var expects = regexp.MustCompile(`# (ERROR|WARNING): .*`)

func expectations(text []byte) []expectation {
	var out []expectation
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		if found := expects.FindString(lines.Text()); found != "" && !strings.HasPrefix(lines.Text(), "#") {
			out = append(out, expectation{n, strings.TrimPrefix(found, "# ")})
		}
	}
	return out
}

// meets tells whether the diagnostic is at the line and says, in this order, each part of the text that colons divide.
func (e expectation) meets(d *hcl.Diagnostic) bool {
	rest := said(d)
	for part := range strings.SplitSeq(e.text, ": ") {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return d.Subject.Start.Line == e.line
}

func said(d *hcl.Diagnostic) string {
	severity := "ERROR"
	if d.Severity == hcl.DiagWarning {
		severity = "WARNING"
	}
	return fmt.Sprintf("%s: %s %s: %s", severity, CodeOf(d).ID, d.Summary, d.Detail)
}

// folder is a configuration of one file.
func folder(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestConfigs reads what an operator copies: it is sound and formatted.
func TestConfigs(t *testing.T) {
	f, diags := Read("../../configs")
	for _, d := range diags {
		t.Errorf("%s:%d: %s", d.Subject.Filename, d.Subject.Start.Line, said(d))
	}
	if len(f.Connections) < 2 || len(f.Pairings) < 1 {
		t.Errorf("%d connections and %d pairings", len(f.Connections), len(f.Pairings))
	}
	for name, file := range f.Files {
		if !bytes.Equal(hclwrite.Format(file.Bytes), file.Bytes) {
			t.Errorf("%s is not formatted", name)
		}
	}
}
