package main_test

import (
	"strings"
	"testing"
)

// Lever allows ten calls a second for everything, so what a candidate costs is a promise: with her posting read lately, at most two calls
// to invite her (one read, one write of tags), and at most six more when she has finished (read, link, note, tags added, tags removed, move).
func TestWhatACandidateCosts(t *testing.T) {
	fast := list(`ats "lever" {`, "ats \"lever\" {\n  rate = 1000", `vendor "alva" {`, "vendor \"alva\" {\n  rate = 1000") // and postings are kept
	s := &scene{T: t, row: "calls", rig: newRig(t, "virtual", fast...)}
	ann := s.apply(s.posting())
	s.settle()
	for _, step := range []struct {
		name string
		do   func()
		most int
	}{
		{"invited", func() { s.move(ann, "Assessment") }, 2},
		{"finished", func() { s.score(ann, 80) }, 6},
	} {
		before := s.lever.called(t)
		step.do()
		s.settle()
		var calls []string
		for _, c := range s.lever.calls(t, before) {
			if strings.HasPrefix(c.Path, "/v1/stages") {
				continue // the pipeline is read once in ten minutes, for everybody
			}
			calls = append(calls, c.Method+" "+c.Path)
		}
		if len(calls) == 0 || len(calls) > step.most {
			t.Errorf("%s costs %d calls, more than %d:\n%s", step.name, len(calls), step.most, strings.Join(calls, "\n"))
		}
	}
	s.shows(ann, view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 80 of 100"), Links: list("alva"), Stage: "Interview",
	})
}
