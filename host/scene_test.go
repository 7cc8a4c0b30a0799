package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scene is one row on a rig: its own postings and candidates, and the words to play and to watch them.
type scene struct {
	*testing.T
	*rig
	row  string
	made int // postings and people
}

// newApplicant is the stage that an application begins in.
const newApplicant = "New applicant"

// posting is a job at Lever.
type posting struct{ id, name, team string }

// candidate is one application: an opportunity at Lever.
type candidate struct {
	id, email string
	posting   posting
}

func list(of ...string) []string { return of }

// posting publishes a job.
func (s *scene) posting(tags ...string) posting {
	s.Helper()
	s.made++
	p := posting{name: fmt.Sprintf("%s job %d", s.row, s.made), team: "Crew"}
	p.id = s.lever.act(s, "posting", object{"text": p.name, "team": p.team, "tags": tags})["posting"]
	return p
}

func (s *scene) editPosting(p posting, to object) {
	s.Helper()
	to["posting"] = p.id
	s.lever.act(s, "posting-edit", to)
}

// address is an e-mail address that nobody has yet.
func (s *scene) address() string {
	s.made++
	return fmt.Sprintf("%s.%d@example.test", strings.ToLower(s.row), s.made)
}

// apply has somebody apply: by default a new person, who applied by herself. but says what is otherwise.
func (s *scene) apply(p posting, but ...object) candidate {
	s.Helper()
	return s.enter("apply", p, but...)
}

// enter makes an application by an act of Lever: apply, or add, which is what a recruiter does.
func (s *scene) enter(act string, p posting, but ...object) candidate {
	s.Helper()
	args := object{"posting": p.id, "name": fmt.Sprintf("Ann Example %d", s.made), "email": s.address(), "origin": "applied"}
	for _, b := range but {
		maps.Copy(args, b)
	}
	got := s.lever.act(s, act, args)
	return candidate{id: got["opportunity"], email: args["email"].(string), posting: p}
}

// invite has somebody apply and a recruiter move her into the trigger stage.
func (s *scene) invite(p posting) candidate {
	s.Helper()
	c := s.apply(p)
	s.move(c, "Assessment")
	return c
}

// move has a recruiter move somebody, a moment after what went before: Lever's times are milliseconds, and who moves in the one in which she
// applied looks as if she had been made there.
func (s *scene) move(c candidate, stage string) {
	s.Helper()
	s.lever.advance(s, 2*time.Millisecond)
	s.lever.act(s, "move", object{"opportunity": c.id, "stage": stage})
}

func (s *scene) tag(c candidate, tag string) {
	s.Helper()
	s.lever.act(s, "tag", object{"opportunity": c.id, "tags": list(tag)})
}

func (s *scene) untag(c candidate, tag string) {
	s.Helper()
	s.lever.act(s, "untag", object{"opportunity": c.id, "tags": list(tag)})
}

func (s *scene) edit(c candidate, to object) {
	s.Helper()
	to["opportunity"] = c.id
	s.lever.act(s, "edit", to)
}

// score has the candidate finish all tests with this role fit.
func (s *scene) score(c candidate, fit float64) {
	s.Helper()
	s.alva.act(s, "score", object{"application": c.id, "score": fit})
}

// settle waits until nothing is under way, and fails if a webhook was not taken.
func (s *scene) settle() {
	s.Helper()
	s.rig.settle(s)
	s.allTaken(s)
}

// view is what the two products show of one candidate. A row compares all of it, so that nothing else may have happened either.
type view struct {
	Mails int      // in Alva's mailbox, for the candidate's address
	Alva  string   // where the invitation stands; empty when Alva does not know the application
	Tags  []string // at Lever, the candidate's own that begin with "Alva: ", sorted, without that beginning
	Notes []string // at Lever, the first line of each
	Links []string // at Lever; Alva's page of the candidate is "alva"
	Stage string   // at Lever
}

func (s *scene) shows(c candidate, want view) {
	s.Helper()
	if diff := cmp.Diff(want, s.see(c)); diff != "" {
		s.Errorf("candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

// why is what the host has to say about a candidate, for whoever mends a failing row.
func (s *scene) why(c candidate) string {
	s.Helper()
	stdout, stderr, _ := s.host.command(s, "why", c.id, "--state", s.host.state)
	return stdout + stderr
}

func (s *scene) tagged(c candidate, want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, s.see(c).Tags); diff != "" {
		s.Errorf("tags of candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

func (s *scene) see(c candidate) view {
	s.Helper()
	return s.look(s).of(c)
}

// sight is all that the two products show at one time.
type sight struct {
	lever map[string]opportunity
	alva  map[string]alvaCandidate // by opportunity
	mails map[string]int           // by address
}

func (r *rig) look(t testing.TB) sight {
	t.Helper()
	at := sight{map[string]opportunity{}, map[string]alvaCandidate{}, map[string]int{}}
	var opportunities []opportunity
	r.lever.control(t, http.MethodGet, "state/opportunities", nil, &opportunities)
	for _, o := range opportunities {
		at.lever[o.ID] = o
	}
	var candidates []alvaCandidate
	r.alva.control(t, http.MethodGet, "state/candidates", nil, &candidates)
	for _, a := range candidates {
		at.alva[a.External.Opportunity] = a
	}
	for _, m := range r.alva.mail(t, "") {
		at.mails[m.To]++
	}
	return at
}

func (at sight) of(c candidate) view {
	o, a := at.lever[c.id], at.alva[c.id]
	v := view{Mails: at.mails[c.email], Alva: a.Invitation.Status, Stage: o.Stage}
	for _, tag := range o.Tags {
		if ours, ok := strings.CutPrefix(tag, "Alva: "); ok {
			v.Tags = append(v.Tags, ours)
		}
	}
	slices.Sort(v.Tags)
	for _, n := range o.Notes {
		first, _, _ := strings.Cut(n.Text, "\n")
		v.Notes = append(v.Notes, first)
	}
	for _, l := range o.Links {
		if l == a.URL {
			l = "alva"
		}
		v.Links = append(v.Links, l)
	}
	return v
}

// opportunity is what Lever shows of a candidate.
type opportunity struct {
	ID    string
	Stage string   // by name
	Tags  []string `json:"own_tags"` // without those it has from its posting
	Links []string
	Notes []struct{ Text string }
}

func (s *scene) opportunity(c candidate) opportunity { s.Helper(); return s.look(s).lever[c.id] }

// alvaCandidate is what Alva shows of an application.
type alvaCandidate struct {
	Candidate struct{ Email string }
	External  struct {
		Opportunity string `json:"opportunity_id"`
	}
	Stage      string
	Invitation struct {
		Status    string
		StartedAt string `json:"started_at"`
	}
	URL    string `json:"candidate_url"`
	Erased bool
}

// atAlva is the zero value when Alva does not know the application.
func (s *scene) atAlva(c candidate) alvaCandidate { s.Helper(); return s.look(s).alva[c.id] }

// at compares the stage of a candidate in Alva.
func (s *scene) at(c candidate, stage string) {
	s.Helper()
	if got := s.atAlva(c).Stage; got != stage {
		s.Errorf("candidate %s is at stage %q in Alva, not %q", c.email, got, stage)
	}
}

// gone fails unless nothing that identifies the candidate is left in Alva.
func (s *scene) gone(c candidate) {
	s.Helper()
	if got := s.atAlva(c); got.Candidate.Email != "" || got.Invitation.Status != "" && got.Invitation.Status != "removed" {
		s.Errorf("candidate %s is still in Alva: %+v", c.email, got)
	}
	if mails := s.alva.mail(s, c.email); len(mails) != 0 {
		s.Errorf("Alva still has %d mails to %s", len(mails), c.email)
	}
}

// keeps fails unless Alva has a copy of the posting.
func (s *scene) keeps(p posting, why string) {
	s.Helper()
	s.position(p, p.name, p.team, "")
	if s.Failed() {
		s.Log(why)
	}
}

// position compares Alva's copy of a posting.
func (s *scene) position(p posting, name, team, manager string) {
	s.Helper()
	type position struct {
		ExternalID string `json:"external_id"`
		Name, Team string
		Manager    string `json:"hiring_manager_email"`
	}
	var all []position
	s.alva.control(s, http.MethodGet, "state/positions", nil, &all)
	all = slices.DeleteFunc(all, func(got position) bool { return got.ExternalID != p.id })
	if diff := cmp.Diff([]position{{p.id, name, team, manager}}, all); diff != "" {
		s.Errorf("Alva's copy of posting %s (-want +got):\n%s", p.name, diff)
	}
}

// writes are the paths of what was written to a candidate at Lever, in order.
func (s *scene) writes(c candidate) (paths []string) {
	s.Helper()
	for _, call := range s.lever.calls(s, 0) {
		if call.Method != http.MethodGet && strings.Contains(call.Path, c.id) {
			paths = append(paths, call.Path)
		}
	}
	return paths
}

func pathOf(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}
