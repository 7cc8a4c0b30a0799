package main_test

import (
	"slices"
	"strings"
	"time"
)

// The rows of Lever × Alva that say what follows an invitation, and what Alva's copy follows.

func completedMovesForward(s *scene) {
	p := s.posting()
	ann, bea, cyd := s.invite(p), s.invite(p), s.invite(p)
	s.settle()
	s.move(bea, "Offer")
	s.lever.act(s, "archive", object{"opportunity": cyd.id, "reason": "Underqualified"})
	s.advance(s, 2*time.Minute) // what was read before is too old to move anybody by
	for _, c := range []candidate{ann, bea, cyd} {
		s.score(c, 80)
	}
	s.settle()
	done := view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 80 of 100"), Links: list("alva"),
	}
	for c, stage := range map[candidate]string{ann: "Interview", bea: "Offer", cyd: "Assessment"} { // bea is further, cyd not active
		done.Stage = stage
		s.shows(c, done)
	}
	writes := s.writes(ann)
	if len(writes) == 0 || !strings.HasSuffix(writes[len(writes)-1], "/stage") {
		s.Errorf("the move is not the last write: %q", writes)
	}
}

func appliedSyncsPosting(s *scene) {
	ann := s.apply(s.posting())
	s.settle()
	s.keeps(ann.posting, "Alva has the posting")
	s.shows(ann, view{Stage: newApplicant})
}

func deletedIsRemoved(s *scene) {
	p := s.posting()
	ann, bea, cyd := s.invite(p), s.invite(p), s.apply(p)
	s.settle()
	for _, c := range []candidate{ann, cyd} { // cyd was never added
		s.lever.act(s, "delete", object{"opportunity": c.id})
	}
	s.settle()
	s.gone(ann)
	s.gone(cyd)
	if said, _, _ := s.host.command(s, "why", ann.email, "--state", s.host.state); strings.Contains(said, ann.posting.name) {
		s.Errorf("the host still knows her:\n%s", said)
	}
	s.shows(bea, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

func hiredIsHired(s *scene) {
	p := s.posting()
	ann, bea := s.invite(p), s.invite(p)
	s.settle()
	s.lever.act(s, "hire", object{"opportunity": ann.id})
	s.settle()
	s.at(ann, "hired")
	s.at(bea, "in_process")
}

func results(s *scene) {
	ann := s.invite(s.posting())
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"}) // no link, no note before
	s.score(ann, 75)
	s.settle()
	first := view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 75 of 100"),
		Links: list("alva"), Stage: "Interview",
	}
	s.shows(ann, first)
	note := s.opportunity(ann).Notes[0]
	for _, detail := range []string{"logic: ", "personality: 75", s.atAlva(ann).URL, "Result revision 1"} {
		if !strings.Contains(note.Text, detail) {
			s.Errorf("the note lacks %q:\n%s", detail, note.Text)
		}
	}
	s.alva.act(s, "evaluate", object{"application": ann.id, "score": 40})
	s.settle()
	second := first
	second.Tags, second.Notes = list("Completed", "Low role fit"), append(first.Notes, "Alva role fit: 40 of 100")
	s.shows(ann, second)
}

func statusTags(s *scene) {
	p := s.posting()
	ann, bea, cyd, dee := s.invite(p), s.invite(p), s.apply(p, object{"email": ""}), s.invite(p)
	s.move(cyd, "Assessment")
	s.settle()
	s.tagged(ann, "Invitation Sent")
	s.tagged(bea, "Invitation Sent")
	s.tagged(cyd, "Invitation Failed")
	s.alva.act(s, "start", object{"application": ann.id})
	s.alva.act(s, "bounce", object{"application": bea.id})
	s.alva.act(s, "fail", object{"application": dee.id})
	s.settle()
	s.tagged(ann, "Invitation Sent") // Alva has no tag for a test under way
	s.tagged(bea, "Invitation Bounced")
	s.tagged(dee, "Invitation Failed")
	s.score(ann, 10)
	s.settle()
	s.tagged(ann, "Completed", "Very low role fit")
}

func roleFitTags(s *scene) {
	bands := []struct {
		score float64
		tag   string
	}{
		{100, "Very high role fit"},
		{99.6, "High role fit"}, {99, "High role fit"}, {76, "High role fit"}, {75, "High role fit"},
		{74.9, "Medium role fit"}, {74, "Medium role fit"}, {51, "Medium role fit"}, {50, "Medium role fit"},
		{49.9, "Low role fit"}, {49, "Low role fit"}, {26, "Low role fit"}, {25, "Low role fit"},
		{24.9, "Very low role fit"}, {24, "Very low role fit"}, {1, "Very low role fit"}, {0, "Very low role fit"},
	}
	p := s.posting()
	var all []candidate
	for range bands {
		all = append(all, s.invite(p))
	}
	s.settle()
	for i, band := range bands {
		s.score(all[i], band.score)
	}
	s.settle()
	for i, band := range bands {
		s.tagged(all[i], "Completed", band.tag)
	}
	s.alva.act(s, "evaluate", object{"application": all[0].id, "score": 30})
	s.settle()
	s.tagged(all[0], "Completed", "Low role fit") // one at a time
}

func postingsFollow(s *scene) {
	for _, email := range list("hilda@example.test", "hugo@example.test", "stranger@example.test") {
		s.lever.act(s, "user", object{"name": email, "email": email})
		if email != "stranger@example.test" {
			s.alva.act(s, "known-user", object{"email": email})
		}
	}
	p, quiet := s.posting(), s.posting()
	s.apply(p)
	s.apply(quiet)
	s.settle()
	s.editPosting(p, object{"text": "Head of " + s.row, "team": "Engines", "hiringManager": "hilda@example.test"})
	s.apply(p)
	s.settle()
	s.position(p, "Head of "+s.row, "Engines", "hilda@example.test") // on an application

	s.editPosting(p, object{"text": "Chief of " + s.row, "team": "Rockets", "hiringManager": "stranger@example.test"})
	s.settle()
	s.position(p, "Head of "+s.row, "Engines", "hilda@example.test") // nobody applied, and the night is not over
	before := s.alva.called(s)
	s.advance(s, 24*time.Hour)
	s.position(p, "Chief of "+s.row, "Rockets", "hilda@example.test") // a manager whom Alva does not know changes nothing
	s.editPosting(p, object{"hiringManager": "hugo@example.test"})    // which changes no application, so the night alone tells
	s.advance(s, 24*time.Hour)
	s.position(p, "Chief of "+s.row, "Rockets", "hugo@example.test")

	if others := slices.DeleteFunc(s.alva.calls(s, before), func(c call) bool { return strings.HasSuffix(c.Path, p.id) }); len(others) != 0 {
		s.Errorf("one posting changed; Alva was called for others too: %+v", others)
	}
	before = s.alva.called(s)
	s.advance(s, 24*time.Hour)
	if calls := s.alva.calls(s, before); len(calls) != 0 {
		s.Errorf("nothing changed; Alva was called all the same: %+v", calls)
	}
}

func bouncedMail(s *scene) {
	p := s.posting()
	ann, bea := s.invite(p), s.invite(p)
	s.settle()
	s.alva.act(s, "bounce", object{"application": ann.id})
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "bounced", Tags: list("Invitation Bounced"), Stage: "Assessment"})
	s.shows(bea, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}

func earlierResults(s *scene) {
	p := s.posting()
	ann, bea := s.apply(p), s.apply(p)
	s.alva.act(s, "stored-result", object{"email": ann.email, "score": 90})
	s.settle()
	s.move(ann, "Assessment")
	s.move(bea, "Assessment")
	s.settle()
	s.shows(ann, view{
		Mails: 1, Alva: "completed", Tags: list("Completed", "High role fit"), Notes: list("Alva role fit: 90 of 100"),
		Links: list("alva"), Stage: "Interview",
	})
	if started := s.atAlva(ann).Invitation.StartedAt; started != "" {
		s.Errorf("she started at %s", started)
	}
	s.shows(bea, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}
