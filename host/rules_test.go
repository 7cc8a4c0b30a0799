package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/sdk"
)

// call runs one of the commands about rules: check, fmt, explain.
func call(c *cobra.Command, stdin string, args ...string) (string, error) {
	var out bytes.Buffer
	c.SetIn(strings.NewReader(stdin))
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.Execute()
	return out.String(), err
}

// can is a describer of plugins that can do this.
func can(ats, vendor []sdk.Verb, stages ...string) describer {
	return func(_ context.Context, _ string, _ *config.Folder, online bool) (described, error) {
		got := described{verbs: map[string][]sdk.Verb{"ats.lever": ats, "vendor.alva": vendor}}
		if online {
			got.stages = map[string][]sdk.Stage{"ats.lever": nil}
			for _, s := range stages {
				got.stages["ats.lever"] = append(got.stages["ats.lever"], sdk.Stage{ID: s, Name: s})
			}
		}
		return got, nil
	}
}

func TestCheck(t *testing.T) {
	ats := []sdk.Verb{"tags", "link", "note", "move", "search", "stages", "postings"}
	vendor := []sdk.Verb{"posting", "outcome", "delete"}
	unset := func(context.Context, string, *config.Folder, bool) (described, error) {
		return described{diags: hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Environment variable not set",
			Subject: &hcl.Range{Filename: "connections.hcl", Start: hcl.Pos{Line: 1}},
		}}}, nil
	}
	dead := func(context.Context, string, *config.Folder, bool) (described, error) {
		return described{}, errors.New("plugin lever ended at its start")
	}
	for _, tt := range []struct {
		name     string
		describe describer
		args     []string
		says     string
		err      error
	}{
		{"all is well", can(ats, vendor), nil, "6 connections, 5 pairings: nothing to mend\n", nil},
		{"a verb is missing", can(ats[:3], vendor), nil, `on completed needs "move"`, errFindings},
		{"offline stages are not asked for", can(ats, vendor, "Other"), nil, "nothing to mend", nil},
		{"a stage is missing", can(ats, vendor, "Assesment", "Interview"), []string{"--online"}, `Did you mean "Assesment"?`, errFindings},
		{"an environment for another machine", unset, nil, "0 errors, 1 warning\n", nil},
		{"a plugin is broken", dead, nil, "", errors.New("plugin lever ended at its start")},
		{"no plugins are asked", dead, []string{"--no-plugins"}, "nothing to mend", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := call(newCheckCmd(tt.describe), "", append(tt.args, "../configs")...)
			if !strings.Contains(got, tt.says) {
				t.Errorf("says\n%s\nnot %q", got, tt.says)
			}
			if (err == nil) != (tt.err == nil) || err != nil && err.Error() != tt.err.Error() {
				t.Errorf("error %v, want %v", err, tt.err)
			}
		})
	}
}

// What is no folder is not checked: that is no finding.
func TestCheckOfNoFolder(t *testing.T) {
	var usage *usageError
	check := newCheckCmd(can(nil, nil))
	if _, err := call(check, "", "../configs/connections.hcl"); !errors.As(err, &usage) || !strings.Contains(err.Error(), "name its folder") {
		t.Errorf("a file: %v", err)
	}
	if _, err := call(check, "", filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func TestCheckForMachines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.hcl", "ats \"lever\" {}\npairing \"x\" {\n  ats    = ats.levr\n  vendor = vendor.alva\n}\n")
	out, err := call(newCheckCmd(can(nil, nil)), "", "--json", dir)
	var got []finding
	if jsonErr := json.Unmarshal([]byte(out), &got); jsonErr != nil || !errors.Is(err, errFindings) {
		t.Fatalf("%v, %v: %s", err, jsonErr, out)
	}
	want := []finding{
		{"PB212", "error", "Unknown connection", `There is no block ats "levr". Did you mean "lever"?`, filepath.Join(dir, "a.hcl"), 3, 15},
		{"PB212", "error", "Unknown connection", `There is no block vendor "alva".`, filepath.Join(dir, "a.hcl"), 4, 18},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFmt(t *testing.T) {
	const ugly, pretty = "a   = 1\nlonger = 2\n", "a      = 1\nlonger = 2\n"
	if got, err := call(newFmtCmd(), ugly, "-"); got != pretty || err != nil {
		t.Errorf("from standard input: %q, %v", got, err)
	}
	dir := t.TempDir()
	path := write(t, dir, "a.hcl", ugly)
	write(t, dir, "b.hcl", pretty)
	write(t, dir, "c.txt", ugly)
	if got, err := call(newFmtCmd(), "", "--check", dir); got != path+"\n" || !errors.Is(err, errFindings) {
		t.Errorf("--check: %q, %v", got, err)
	}
	if got, err := call(newFmtCmd(), "", dir); got != path+"\n" || err != nil {
		t.Errorf("a folder: %q, %v", got, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != pretty {
		t.Errorf("the file is %q, %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode: %v, %v", info.Mode(), err)
	}
	if got, err := call(newFmtCmd(), "", "--check", dir); got != "" || err != nil {
		t.Errorf("--check again: %q, %v", got, err)
	}
	for _, broken := range []string{"a = \n", "a = " + strings.Repeat("[", 1000)} {
		if _, err := call(newFmtCmd(), broken, "-"); err == nil || !strings.HasPrefix(err.Error(), "standard input:1: ") {
			t.Errorf("%.10q: %v", broken, err)
		}
	}
}

const moved = `{
  "event": {"id": "1", "kind": "moved", "at": "2025-03-01T09:00:00Z"},
  "application": {
    "id": "opp1", "person": "c1", "candidate": {"name": "Ann", "email": "ann@example.test"},
    "posting": {"id": "p1", "name": "Engineer", "tags": ["alva: screening"]}, "stage": {"id": "s2", "name": "Assessment", "index": 2},
    "stage_since": "2025-03-01T09:00:00Z", "origin": "sourced", "confidential": false, "active": true
  }
}`

func TestExplain(t *testing.T) {
	got, err := call(newExplainCmd(), moved, "--config", "../configs", "-")
	want := `pairing "alooba-greenhouse", event moved
  no rule waits for it

pairing "alooba-lever", event moved
  no rule waits for it

pairing "alva-lever", event moved
  ../configs/alva-lever.hcl:12  guard "confidential candidate"    passed
  ../configs/alva-lever.hcl:13  guard "posting skips assessment"  passed
  ../configs/alva-lever.hcl:17  guard "blocked origin"            denied         local.blocked_origins = ["sourced", "referred"], ` +
		`application.origin = "sourced"; unless: local.send_tests = false
  ../configs/alva-lever.hcl:22  on moved                          refused guard  guard "blocked origin" at ../configs/alva-lever.hcl:17
  note: the tag "alva: screening" is nearly "Alva: Screening", but does not match

pairing "apriora-lever", event moved
  ../configs/apriora-lever.hcl:15  on moved  refused not_here  the application is in stage "Assessment", not in On-site Interview

pairing "hired-lever", event moved
  ../configs/hired-lever.hcl:36  on moved  refused not_here  the application is in stage "Assessment", not in Phone Screen, Take-home

`
	if got != want || err != nil {
		t.Errorf("%v, got:\n%s", err, got)
	}
	example, err := os.ReadFile("../configs/moved.json")
	if err != nil || string(example) != exampleEvent+"\n" {
		t.Errorf("%v: the help shows another event than configs/moved.json", err)
	}
	got, err = call(newExplainCmd(), "", "--config", "../configs", "../configs/moved.json")
	if !strings.Contains(got, `application.origin = "referred"`) || err != nil {
		t.Errorf("configs/moved.json: %v, got:\n%s", err, got)
	}
	got, err = call(newExplainCmd(), strings.Replace(moved, `"moved"`, `"scored"`, 1), "--config", "../configs", "-")
	if !strings.Contains(got, `"scored" is an event of an invitation, and the file has none of this pairing`) || err != nil {
		t.Errorf("without an invitation: %v, got:\n%s", err, got)
	}
	got, err = call(newExplainCmd(), strings.Replace(moved, "sourced", "applied", 1), "--config", "../configs", "-")
	if !strings.Contains(got, "would invite, attempt 1\n") || err != nil {
		t.Errorf("%v, got:\n%s", err, got)
	}
	completed := strings.Replace(moved, `"moved"`, `"completed"`, 1)
	completed = strings.Replace(completed, "{", `{"invitations": [{"remote": "a", "attempt": 1, "url": "https://alva.test"}],`, 1)
	got, err = call(newExplainCmd(), completed, "--config", "../configs", "-")
	if want := "  would link to https://alva.test, as \"Alva\"\n  would move to \"Interview\"\n"; !strings.Contains(got, want) || err != nil {
		t.Errorf("%v, got:\n%s", err, got)
	}
	got, err = call(newExplainCmd(), completed, "--config", "../configs", "--json", "-")
	var all []explanation
	if jsonErr := json.Unmarshal([]byte(got), &all); jsonErr != nil || err != nil {
		t.Fatalf("%v, %v: %s", err, jsonErr, got)
	}
	alva := slices.IndexFunc(all, func(x explanation) bool { return x.Pairing == "alva-lever" })
	if len(all) != 5 || alva < 0 || len(all[alva].Writes) != 2 || !slices.Equal(all[alva].Tags, []string{"Alva: Completed"}) {
		t.Errorf("%+v", all)
	}
}

// Each verb of a rule is told with what it would write, not only by its slot.
func TestExplainTellsWhatIsWritten(t *testing.T) {
	const scored = `{
  "event": {"kind": "scored", "result": {
    "final": true, "score": 55, "url": "https://vendor.test/report", "summary": "Good.", "tests": [{"name": "SQL", "score": 50}]
  }},
  "application": {"candidate": {"name": "Ann"}},
  "invitations": [{"remote": "a", "attempt": 1, "vendor": "VENDOR", "passing_score": 60, "url": "https://vendor.test/ann"}]
}`
	failed := strings.Replace(scored, `"kind": "scored"`, `"kind": "failed", "reason": "unknown_assessment", "detail": "no \"Art\"."`, 1)
	for _, tt := range []struct{ happening, vendor, says string }{
		{scored, "vendor.alooba", "  would set the fields:\n    Alooba score = 55\n    Alooba test: SQL = 50\n"},
		{scored, "vendor.alooba", "  would report the test complete, 55 percent, with the link https://vendor.test/report\n"},
		{scored, "vendor.alooba", "  would fill in the feedback form \"Alooba Assessment\", 55 percent, rating 2:\n    Final score\n"},
		{scored, "vendor.apriora", "  would write the note \"completed\", with the score 3:\n    Alex's score: 55 of 100\n    Good.\n"},
		{scored, "vendor.apriora", "  would attach the vendor's report_pdf as \"Alex interview report.pdf\", once it is there\n"},
		{scored, "vendor.hired", "  would link to https://vendor.test/report, as \"Hired Assessments report\"\n"},
		{failed, "vendor.alooba", "  would have the vendor alert its account's owner, as \"failed\":\n    Ann was not invited: no \"Art\".\n"},
	} {
		got, err := call(newExplainCmd(), strings.Replace(tt.happening, "VENDOR", tt.vendor, 1), "--config", "../configs", "-")
		if !strings.Contains(got, tt.says) || err != nil {
			t.Errorf("%v, got:\n%s\nnot:\n%s", err, got, tt.says)
		}
	}
}

func TestExplainRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":                 "moved",
		"a misspelt name":         strings.Replace(moved, "origin", "orgin", 1),
		"no kind":                 strings.Replace(moved, `"kind": "moved"`, `"tag": "x"`, 1),
		"nobody's invitation":     `{"event": {"kind": "scored", "invitation": "x"}, "invitations": [{"remote": "a"}, {"remote": "b"}]}`,
		"a kind that is no event": strings.Replace(moved, `"moved"`, `"mooved"`, 1),
	} {
		if got, err := call(newExplainCmd(), text, "--config", "../configs", "-"); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}
