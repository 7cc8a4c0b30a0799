package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// attached is a file as a recruiter finds it.
type attached struct {
	ID, Name, Type, SHA256, Author string
	Size                           int64
}

func (l imitated) files(id string) []attached {
	l.t.Helper()
	var s struct{ Files []attached }
	l.call("GET", "/_sandbox/state/opportunities/"+id, "", &s)
	return s.Files
}

// user is the id of the Lever user whom writes are shown as.
func (l imitated) user() string {
	l.t.Helper()
	var users []struct{ ID, Email string }
	l.call("GET", "/_sandbox/state/users", "", &users)
	return users[1].ID
}

func TestSandboxFileArrivesAsItWasRead(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{PerformAs: lever.user()}, sandbox.DefaultAPIKey)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
	marker := key.Marker()
	content := bytes.Repeat([]byte("%PDF\x00\xff\r\n--"), 300_000)
	for _, f := range []struct{ name, media, want string }{
		{"Alex interview report.pdf", "application/pdf", "Alex interview report " + marker + ".pdf"},
		{"Bericht \"ä\" 1/2\r\n.PDF", "no type", "Bericht \"ä\" 1_2__ " + marker + ".PDF"},
		{strings.Repeat("long", 100) + ".pdf", "application/pdf", strings.Repeat("long", 37) + "l… " + marker + ".pdf"},
	} {
		before := len(lever.files(id))
		remote, err := c.File(t.Context(), key, sdk.File{Application: id, Name: f.name, Type: f.media, Size: int64(len(content))},
			iotest.HalfReader(bytes.NewReader(content)))
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		sum := sha256.Sum256(content)
		got := lever.files(id)[before:]
		if len(got) != 1 || got[0].ID != remote || got[0].Name != f.want || got[0].SHA256 != hex.EncodeToString(sum[:]) ||
			got[0].Size != int64(len(content)) || got[0].Author != "assessments@employer.example" {
			t.Errorf("%s: shown %+v", f.name, got)
		}
	}
	if got := lever.files(id)[0].Type; got != "application/pdf" {
		t.Errorf("of type %q", got)
	}
}

func TestFilesThatLeverDoesNotTake(t *testing.T) {
	named, calls := pretend(t, config{PerformAs: "u9"}, script{})
	anonymous, silence := pretend(t, config{}, script{})
	for _, c := range []struct {
		name   string
		c      *connection
		file   sdk.File
		reason string
	}{
		{"a web page", named, sdk.File{Name: "report.html", Size: 10}, "file_type"},
		{"no extension", named, sdk.File{Name: "report", Size: 10}, "file_type"},
		{"nothing in it", named, sdk.File{Name: "report.pdf"}, "file_size"},
		{"too large", named, sdk.File{Name: "report.pdf", Size: 30_000_001}, "file_size"},
		{"without an author", anonymous, sdk.File{Name: "report.pdf", Size: 10}, "no_author"},
	} {
		c.file.Application = "o1"
		_, err := c.c.File(t.Context(), key, c.file, strings.NewReader("%PDF"))
		if no, ok := errors.AsType[*sdk.Refusal](err); !ok || no.Reason != c.reason {
			t.Errorf("%s: %v, want refused as %s", c.name, err, c.reason)
		}
	}
	calls.wants(t)
	silence.wants(t)
}

func TestSandboxAFileThatBreaksOffLeavesNothing(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{PerformAs: lever.user()}, sandbox.DefaultAPIKey)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
	broken := errors.New("the vendor hung up")
	for name, content := range map[string]io.Reader{
		"at once":  iotest.ErrReader(broken),
		"half way": io.MultiReader(strings.NewReader(strings.Repeat("x", 50_000)), iotest.ErrReader(broken)),
	} {
		f := sdk.File{Application: id, Name: "report.pdf", Type: "application/pdf", Size: 100_000}
		if _, err := c.File(t.Context(), key, f, content); !errors.Is(err, broken) {
			t.Errorf("%s: %v, want what went wrong with the content", name, err)
		}
	}
	for name, size := range map[string]int{"shorter than said": 9_999, "longer than said": 10_001} {
		f := sdk.File{Application: id, Name: "report.pdf", Type: "application/pdf", Size: 10_000}
		if _, err := c.File(t.Context(), key, f, strings.NewReader(strings.Repeat("x", size))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if kept := lever.files(id); len(kept) != 0 {
		t.Errorf("Lever keeps %+v", kept)
	}
}

func TestSandboxLostAnswersOfFeedbackAndFilesAreFound(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{PerformAs: lever.user()}, sandbox.DefaultAPIKey)
	id := lever.act("apply", `{"posting":"Data Analyst","name":"Grace Hopper","email":"grace@example.com"}`)["opportunity"]
	if _, err := c.Prepare(t.Context(), sdk.Needs{Templates: []string{"Alooba Assessment"}}); err != nil {
		t.Fatal(err)
	}
	about, report := given, sdk.File{Application: id, Name: "report.pdf", Type: "application/pdf", Size: 4}
	about.Application = id
	for path, write := range map[string]func() error{
		"feedback$": func() error { _, err := c.Feedback(t.Context(), key, about); return err },
		"files$":    func() error { _, err := c.File(t.Context(), key, report, strings.NewReader("%PDF")); return err },
	} {
		lever.call("POST", "/_sandbox/faults", fmt.Sprintf(`[{"method":"POST","path":%q,"kind":"lost","count":1}]`, path), nil)
		if err := write(); err == nil {
			t.Errorf("%s: the answer was not lost", path)
		}
	}
	for name, want := range map[sdk.Key]sdk.Verdict{key: sdk.Present, sdk.NewKey("another"): sdk.Absent} {
		for verb, write := range map[string]sdk.Write{"feedback": {Key: name, Feedback: &about}, "file": {Key: name, File: &report}} {
			if found, err := c.Find(t.Context(), write); err != nil || found.Verdict != want || found.More != 0 {
				t.Errorf("%s: %+v, %v; want %s", verb, found, err, want)
			}
		}
	}
}
