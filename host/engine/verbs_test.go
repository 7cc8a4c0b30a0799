package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

// everyVerb is a pairing that writes with what the other scenes leave out.
const everyVerb = `
ats "lever" {}
vendor "alva" {}

pairing "every" {
  ats    = ats.lever
  vendor = vendor.alva

  on moved {
    to = "Assessment"
    invite { assessment = "Go" }
  }
  on applied {
    when = tagged("Typing", posting.tags)
    invite { assessment = "Typing" }
  }
  on failed {
    alert { text = "not invited: ${event.reason}" }
  }
  tags "status" {
    completed = "Completed"
  }
  on completed {
    feedback {
      template = "Alva"
      score    = result.score
      rating   = 3
      text     = "well done"
    }
    fields { values = { "Score" = result.score } }
    file {
      name = "report.pdf"
      from = "report_pdf"
    }
    move { stage = "Interview" }
  }

  mirror {
    anonymizations = true
  }
}
`

// pdf is the least that a browser takes for one.
var pdf = []byte("%PDF-1.7\n")

// leaves fails unless the products have exactly this of the other verbs.
func (s *scene) leaves(want ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []string
	for _, l := range s.left {
		got = append(got, l.text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("left at the products (-want +got):\n%s", diff)
	}
}

// Each of these is written once, whatever becomes of its first attempt, before the move; the file when there is one.
func TestEvidenceOfEveryKind(t *testing.T) {
	for name, tt := range map[string]struct {
		verb sdk.Verb
		fate fate
	}{
		"all goes well": {"", well}, "feedback lost": {sdk.VerbFeedback, lost}, "feedback vanished": {sdk.VerbFeedback, vanished},
		"file lost": {sdk.VerbFile, lost}, "file vanished": {sdk.VerbFile, vanished}, "fields lost": {sdk.VerbFields, unsent},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, everyVerb, func(s *scene) {
				s.document = pdf
				s.meets(tt.verb, tt.fate)
				road(s)
				s.settle(time.Hour)
				s.leaves(`feedback "Alva": 80 percent, 3 of 4, "well done"`, "fields Score=80",
					`file "report.pdf" of application/pdf, 9 bytes, of inv0`)
				s.shows("ann", seen{Mails: 1, Tags: []string{"Completed"}, Stage: "Interview"})
			})
		})
	}
}

// A file that the vendor has not made yet holds back neither tags nor move; one that will never be waits for a person.
func TestFilesThatAreNotThere(t *testing.T) {
	t.Run("late", func(t *testing.T) {
		play(t, everyVerb, func(s *scene) {
			road(s)
			s.shows("ann", seen{Mails: 1, Tags: []string{"Completed"}, Stage: "Interview"})
			s.leaves(`feedback "Alva": 80 percent, 3 of 4, "well done"`, "fields Score=80")
			s.mu.Lock()
			s.document = pdf
			s.mu.Unlock()
			s.settle(2 * time.Hour)
			s.leaves(`feedback "Alva": 80 percent, 3 of 4, "well done"`, "fields Score=80",
				`file "report.pdf" of application/pdf, 9 bytes, of inv0`)
		})
	})
	for name, tt := range map[string]struct {
		document []byte
		reason   string
	}{
		"never":       {nil, notReady},
		"no PDF":      {[]byte("<!doctype html><html>"), "file_type"},
		"40 MB of it": {append(pdf, make([]byte, 40<<20)...), "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, everyVerb, func(s *scene) {
				s.document = tt.document
				road(s)
				s.settle(8 * 24 * time.Hour)
				var reasons []string
				for _, f := range s.parked() {
					reasons = append(reasons, string(f.Verb)+" "+f.Reason)
				}
				if len(reasons) == 0 || reasons[0] != "file "+tt.reason {
					t.Errorf("parked: %q\n%s", reasons, s.story("ann"))
				}
			})
		})
	}
}

// The vendor tells its customer what only she can mend: once, and not by way of the ATS.
func TestAlert(t *testing.T) {
	for name, f := range map[string]fate{"well": well, "lost": lost, "vanished": vanished} {
		t.Run(name, func(t *testing.T) {
			play(t, everyVerb, func(s *scene) {
				s.meets(sdk.VerbAlert, f)
				s.apply("ann", func(a *sdk.Application) { a.Posting.Tags = []string{"Typing"} })
				s.settle(time.Hour)
				s.leaves("alert not invited: unknown_assessment")
				s.shows("ann", seen{Stage: "New"})
			})
		})
	}
}

// Anonymized at the ATS: removed at the vendor, and nothing here names the person. What she scored stays; she is never invited again.
func TestAnonymized(t *testing.T) {
	play(t, everyVerb, func(s *scene) {
		s.document = pdf
		road(s)
		s.tell(sdk.Event{ID: "anonymized", Kind: sdk.KindAnonymized, Person: "person of ann"})
		s.settle(time.Hour)
		s.move("ann", "New")
		s.move("ann", "Assessment")
		s.settle(time.Hour)
		if diff := cmp.Diff([]string{"anonymize person of ann [inv0]"}, s.told); diff != "" {
			t.Errorf("told to the vendor (-want +got):\n%s", diff)
		}
		c, err := s.host.Load().Journal.Load(context.Background(), lever, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if c.Last.Application.Candidate != (sdk.Candidate{}) || s.mails() != 1 || len(c.Invitations) != 1 || *c.Invitations[0].Result.Score != 80 || c.Invitations[0].Result.Summary != "" {
			t.Errorf("what is left: %+v; %d mails", c, s.mails())
		}
		if story := s.story("ann"); strings.Contains(story, "Go") || !strings.Contains(story, "anonymized") {
			t.Errorf("the story is still told:\n%s", story)
		}
	})
}

// requests is a pairing whose ATS calls its partners for tests.
const requests = `
ats "lever" {}
vendor "alva" {}

pairing "tests" {
  ats    = ats.lever
  vendor = vendor.alva

  on requested {
    invite { assessment = event.assessment }
  }
  on completed {
    report {
      score = result.score
      url   = result.url
    }
  }
  mirror {
    outcomes       = [hired]
    anonymizations = true
  }
}
`

// request is somebody's wish for a test of ann, from a callback of that name.
func (s *scene) request(test, callback string) (refused *sdk.Refusal) {
	s.t.Helper()
	ev := sdk.Event{
		ID: callback, Kind: sdk.KindRequested, Application: "ann", Person: "person of ann", Assessment: test,
		Snapshot: &sdk.Snapshot{Candidate: sdk.Candidate{Name: "Ann", Email: "ann@example.test"}, Callback: "https://ats.test/" + callback},
	}
	s.tell(ev)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	refused, err := s.host.Load().Decided(ctx, lever, callback)
	if err != nil {
		s.t.Fatalf("request %s is not decided: %v\n%s", callback, err, s.story("ann"))
	}
	return refused
}

// status is what the ATS is answered about a request.
func (s *scene) status(callback string) *sdk.TestStatus {
	s.t.Helper()
	a, err := s.host.Load().Answer(context.Background(), lever, sdk.Question{About: sdk.AboutStatus, ID: callback})
	if err != nil {
		s.t.Fatal(err)
	}
	return a.Status
}

// An ATS that cannot be read asks for tests: each wish is decided before it is answered, from what it tells; the same person is invited
// once, and all who asked are told when there is something to ask for.
func TestRequests(t *testing.T) {
	play(t, requests, func(s *scene) {
		s.reads(func(conn, what string) error {
			if conn == lever {
				return sdk.Refuse("not_visible", "this ATS cannot be read")
			}
			return nil
		})
		offered, err := s.host.Load().Answer(context.Background(), lever, sdk.Question{About: sdk.AboutTests})
		if diff := cmp.Diff([]sdk.Test{{ID: "tests/go", Name: "Go"}}, offered.Tests); err != nil || diff != "" {
			t.Fatalf("offered: %v (-want +got):\n%s", err, diff)
		}
		for _, tt := range []struct{ test, callback, refused string }{
			{"tests/go", "one", ""}, {"tests/go", "one", ""}, {"tests/go", "two", ""},
			{"tests/typing", "three", "unknown_assessment"}, {"tests/typing", "three", "unknown_assessment"}, {"others/go", "four", "unknown_assessment"},
		} {
			if no := s.request(tt.test, tt.callback); (no == nil) != (tt.refused == "") || no != nil && no.Reason != tt.refused {
				t.Errorf("request of %s by %s: %v, want %q", tt.test, tt.callback, no, tt.refused)
			}
		}
		s.settle(time.Hour)
		if s.mails() != 1 {
			t.Fatalf("%d mails", s.mails())
		}
		if got := []*sdk.TestStatus{s.status("one"), s.status("two"), s.status("three"), s.status("nobody's")}; got[0] == nil || got[0].Complete ||
			got[1] == nil || got[2] != nil || got[3] != nil {
			t.Errorf("status: %+v", got)
		}
		s.restart()
		result := score("1", 80)
		result.URL = "https://alva.test/report"
		s.says(0, sdk.KindCompleted, result)
		s.settle(time.Hour)
		s.leaves("report to [https://ats.test/one https://ats.test/two]")
		if got := s.status("two"); got == nil || !got.Complete || *got.Score != 80 || got.URL != result.URL {
			t.Errorf("status of a completed one: %+v", got)
		}
		s.tell(sdk.Event{ID: "hired", Kind: sdk.KindHired, Application: "ann"})
		s.settle(time.Hour)
		s.tell(sdk.Event{ID: "gone", Kind: sdk.KindAnonymized, Person: "person of ann"})
		s.settle(time.Hour)
		if diff := cmp.Diff([]string{"hired [inv0]", "anonymize person of ann [inv0]"}, s.told); diff != "" {
			t.Errorf("told to the vendor (-want +got):\n%s", diff)
		}
		if no := s.request("tests/go", "five"); no == nil || no.Reason != "anonymized" {
			t.Errorf("asked for somebody anonymized: %v", no)
		}
	})
}

// A limit holds what is beyond it for a person, who may let it go; what a person requested is not held back.
func TestLimit(t *testing.T) {
	text := strings.Replace(everyVerb, "  mirror {", "  limit { per_hour = 2 }\n\n  mirror {", 1)
	play(t, text, func(s *scene) {
		for _, id := range []string{"ann", "bob", "cat", "dan"} {
			s.apply(id)
			s.settle(time.Minute)
			s.move(id, "Assessment")
			s.settle(time.Minute)
			if id == "bob" {
				s.restart()
			}
		}
		if n := len(s.parked()); s.mails() != 2 || n != 2 {
			t.Fatalf("%d mails, %d parked", s.mails(), n)
		}
		held := s.parked()[0]
		if held.Reason != "limit" {
			t.Errorf("parked: %s", held.Reason)
		}
		if _, err := s.host.Load().Act(context.Background(), held.Key, "retry", retry, "they are meant"); err != nil {
			t.Fatal(err)
		}
		s.settle(time.Hour)
		s.apply("eve")
		s.move("eve", "Assessment")
		s.settle(time.Minute)
		if n := len(s.parked()); s.mails() != 4 || n != 1 {
			t.Errorf("an hour later: %d mails, %d parked", s.mails(), n)
		}
	})
}
