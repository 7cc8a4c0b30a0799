package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The words of rows between Lever and Alooba.

// skillsTest publishes an assessment of the scene's own at Alooba and gives its name. Who scores 60 passes; but says what is otherwise.
func (s *scene) skillsTest(but ...object) string {
	s.Helper()
	s.made++
	args := object{"name": fmt.Sprintf("%s test %d", s.row, s.made), "passing_score": 60}
	for _, b := range but {
		maps.Copy(args, b)
	}
	s.alooba.act(s, "assessment", args)
	return args["name"].(string)
}

// testing is a posting where everybody who applies is invited to these assessments.
func (s *scene) testing(names ...string) posting {
	s.Helper()
	var tags []string
	for _, name := range names {
		tags = append(tags, inviting(name))
	}
	return s.posting(tags...)
}

// inviting is the tag of a posting that has everybody who applies invited to an assessment.
func inviting(name string) string { return "Alooba Assessment - " + name }

// atTest has a candidate or a grader do something at Alooba about her newest assessment.
func (s *scene) atTest(do string, c candidate, args ...object) {
	s.Helper()
	all := object{"application": c.id}
	for _, a := range args {
		maps.Copy(all, a)
	}
	s.alooba.act(s, do, all)
}

// aloobaView is what Lever and Alooba show of one candidate. A row compares all of it, so that nothing else may have happened either.
type aloobaView struct {
	Mails    int      // from Alooba, to the candidate's address
	Alooba   []string // her assessments there, in order, and where each stands: "LA3 test 1: invited"
	Tags     []string // at Lever, the candidate's own that begin with "Alooba ", sorted
	Links    []string // at Lever; Alooba's page of the candidate is the assessment's name
	Feedback []string // at Lever, oldest first: score, rating and the text's first line
	Notes    int      // at Lever
}

// aloobaInvited is what is shown of somebody who was invited, and has not begun.
func aloobaInvited(name string) aloobaView {
	return aloobaView{Mails: 1, Alooba: list(name + ": invited"), Tags: list("Alooba - Invited"), Links: list(name)}
}

// aloobaScored is what is shown of somebody who has finished, with what stands in her only feedback.
func aloobaScored(name, feedback string) aloobaView {
	return aloobaView{
		Mails: 1, Alooba: list(name + ": completed"), Tags: list("Alooba - Completed"), Links: list(name), Feedback: list(feedback),
	}
}

func (s *scene) showsAlooba(c candidate, want aloobaView) {
	s.Helper()
	if diff := cmp.Diff(want, s.seeAlooba(c)); diff != "" {
		s.Errorf("candidate %s (-want +got):\n%s\n%s", c.email, diff, s.why(c))
	}
}

func (s *scene) seeAlooba(c candidate) aloobaView {
	s.Helper()
	v := aloobaView{Mails: len(s.alooba.mail(s, c.email))}
	pages := map[string]string{}
	for _, t := range s.sittings(c) {
		v.Alooba = append(v.Alooba, t.Assessment.Name+": "+t.Status)
		pages[t.URL] = t.Assessment.Name
	}
	o := s.assessed(c)
	for _, tag := range o.OwnTags {
		if strings.HasPrefix(tag, "Alooba ") {
			v.Tags = append(v.Tags, tag)
		}
	}
	slices.Sort(v.Tags)
	for _, l := range o.Links {
		if name, ours := pages[l]; ours {
			l = name
		}
		v.Links = append(v.Links, l)
	}
	slices.Sort(v.Links)
	for _, f := range o.Feedback {
		v.Feedback = append(v.Feedback, f.String())
	}
	v.Notes = len(o.Notes)
	return v
}

// assessed is what Lever shows of a candidate, as far as Alooba has a part in it.
type assessed struct {
	Tags     []string // all
	OwnTags  []string `json:"own_tags"` // without those it has from its posting
	Links    []string
	Notes    []struct{ Text string }
	Feedback []leverForm
}

type leverForm struct {
	ID       string
	Template string
	Author   string // e-mail
	Fields   struct{ Rating, Score, Result string }
}

func (f leverForm) String() string {
	text, _, _ := strings.Cut(f.Fields.Result, "\n")
	return fmt.Sprintf("%s, %s, %s", f.Fields.Score, f.Fields.Rating, text)
}

func (s *scene) assessed(c candidate) (o assessed) {
	s.Helper()
	s.lever.control(s, http.MethodGet, "state/opportunities/"+c.id, nil, &o)
	return o
}

// sitting is one attempt of a candidate at an assessment.
type sitting struct {
	Assessment struct{ ID, Name string }
	Status     string
	External   struct {
		Application string `json:"application_id"`
	}
	URL string `json:"profile_url"`
}

// sittings are those of an application, by the names of their assessments.
func (s *scene) sittings(c candidate) []sitting {
	s.Helper()
	var all []sitting
	s.alooba.control(s, http.MethodGet, "state/participants", nil, &all)
	all = slices.DeleteFunc(all, func(t sitting) bool { return t.External.Application != c.id })
	slices.SortFunc(all, func(a, b sitting) int { return strings.Compare(a.Assessment.Name, b.Assessment.Name) })
	return all
}

// alerts are the warnings about an application that Alooba mailed to its account's owner.
func (s *scene) alerts(c candidate) (texts []string) {
	s.Helper()
	var all []struct {
		Text     string
		External struct {
			Application string `json:"application_id"`
		}
	}
	s.alooba.control(s, http.MethodGet, "state/alerts", nil, &all)
	for _, a := range all {
		if a.External.Application == c.id {
			texts = append(texts, a.Text)
		}
	}
	return texts
}

// tells fails unless each of these words can be read in what is said.
func tells(t testing.TB, what, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%s does not tell %q:\n%s", what, w, said)
		}
	}
}

// shownAs is the e-mail address of the Lever user who is shown as the author of what the host writes.
func (s *scene) shownAs() string {
	s.Helper()
	var users []struct{ ID, Email string }
	s.lever.control(s, http.MethodGet, "state/users", nil, &users)
	for _, u := range users {
		if slices.Contains(s.host.env, "LEVER_PERFORM_AS="+u.ID) {
			return u.Email
		}
	}
	s.Fatal("the host writes as nobody")
	return ""
}
