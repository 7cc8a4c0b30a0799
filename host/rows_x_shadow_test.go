package main_test

import (
	"net/http"
	"strings"
	"time"
)

// The same configuration, first in shadow mode: it reads and decides and tells, and nobody outside notices. Then live: what was there before is
// the baseline, and what happens from now on is acted on.
func shadowBeforeLive(s *scene) {
	s.host.proc.kill()
	s.host.flags = list("--mode", "shadow")
	s.host.start(s)
	p := s.posting()
	ann, sky := s.invite(p), s.apply(s.posting("Alva: Screening"), object{"email": ""})
	s.settle()
	for _, c := range []candidate{ann, sky} {
		if why := s.why(c); !strings.Contains(why, "not done") || !strings.Contains(why, "shadow") {
			s.Errorf("why does not tell what would have been done about %s:\n%s", c.email, why)
		}
	}
	for _, box := range s.all {
		for _, call := range box.calls(s, 0) {
			if call.Method != http.MethodGet && !strings.HasPrefix(call.Path, "/_sandbox/") {
				s.Errorf("written in shadow mode: %s %s", call.Method, call.Path)
			}
		}
	}
	s.shows(ann, view{Stage: "Assessment"})
	s.shows(sky, view{Stage: newApplicant})

	s.host.proc.kill()
	s.host.flags = nil
	s.host.start(s)
	s.advance(s, 25*time.Hour) // scans, sweeps and the night
	s.shows(ann, view{Stage: "Assessment"})
	s.shows(sky, view{Stage: newApplicant})

	bob := s.invite(p)
	s.settle()
	s.shows(bob, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
	s.move(ann, "Phone Screen")
	s.settle()
	s.move(ann, "Assessment") // she enters anew: that is news
	s.settle()
	s.shows(ann, view{Mails: 1, Alva: "sent", Tags: list("Invitation Sent"), Stage: "Assessment"})
}
