package main_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLanguage asks for the reference as operators do; host/config/testdata/language.txt is the whole of it.
func TestLanguage(t *testing.T) {
	for _, tt := range []struct {
		args string
		exit int
		want string
	}{
		{"language", 0, "\nTag groups\n"},
		{"language --md", 0, "\n## Tag groups\n"},
		{"language PB302", 0, "PB302 Unknown attribute\n  A variable has no such attribute.\n"},
		{"language PB999", 2, `there is no code "PB999"`},
	} {
		c := exec.Command(binary(t, "patchbay"), strings.Fields(tt.args)...)
		out, _ := c.CombinedOutput() // its exit code tells
		if code := c.ProcessState.ExitCode(); code != tt.exit || !strings.Contains(string(out), tt.want) {
			t.Errorf("patchbay %s: exit code %d, want %d; it prints, without %q:\n%s", tt.args, code, tt.exit, tt.want, out)
		}
	}
}
