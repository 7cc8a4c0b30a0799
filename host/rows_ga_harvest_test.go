package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The rows of Greenhouse and Alooba that need Harvest.

func scoresAsFields(s *scene) {
	s.rig = newPair(s, "virtual", harvest, mirrored)
	job := s.job(byItself)
	ann, bea, cyd := s.arrive(job), s.arrive(job), s.arrive(job)
	s.greenhouse.act(s, "value", object{"application": ann.id, "field": "notice_period_1", "value": "a month"})
	s.send(ann, bea, cyd)
	tests := []object{{"name": "SQL", "score": 80, "skills": []object{{"name": "Joins", "score": 90}}}}
	s.alooba.act(s, "score", object{"application": ann.id, "score": 80, "tests": tests})
	s.marks(bea, 55)
	s.filtered(ann, object{
		"alooba_score": 80.0, "alooba_test__sql": 80.0, "alooba_test__statistics": 80.0, "alooba_skill__joins": 90.0,
		"alooba_skill__probability": 80.0, "notice_period_1": "a month",
	})
	s.filtered(bea, object{
		"alooba_score": 55.0, "alooba_test__sql": 55.0, "alooba_test__statistics": 55.0, "alooba_skill__joins": 55.0,
		"alooba_skill__aggregation": 55.0, "alooba_skill__probability": 55.0,
	})
	s.greenhouse.act(s, "field-edit", object{"field": "alooba_score", "name": "Score of Alooba's"}) // a person renames it
	s.host.proc.stop(s)
	s.host.start(s)

	// Tokens that are revoked, and permissions that are taken away, while there is work.
	s.advance(s, 2*time.Minute)
	s.greenhouse.act(s, "oauth_revoke", object{})
	s.greenhouse.act(s, "permission", object{"scope": "harvest:applications:update", "on": false})
	s.marks(cyd, 65)
	s.advance(s, 2*time.Minute)
	s.told()
	if got := s.atGreenhouse(cyd); got.Fields["alooba_score"] != nil || got.Kit.Score == nil {
		s.Errorf("without the permission: %v, score %v", got.Fields, got.Kit.Score)
	}
	parked, _, _ := s.host.command(s, "parked", "list", "--state", s.host.state)
	s.says(parked, "fields", "harvest:applications:update")
	key := strings.Fields(strings.Split(parked, "\n")[1])[0]
	s.greenhouse.act(s, "permission", object{"scope": "harvest:applications:update", "on": true})
	s.advance(s, 2*time.Hour) // through a token's end: a new one has the permission
	for _, full := range s.parkedKeys() {
		if strings.HasPrefix(full, key) {
			s.host.command(s, "parked", "retry", full, "--reason", "the permission is there", "--state", s.host.state)
		}
	}
	s.advance(s, time.Minute)
	if got := s.atGreenhouse(cyd).Fields["alooba_score"]; got != 65.0 {
		s.Errorf("cyd has %v\n%s", s.atGreenhouse(cyd).Fields, s.whyOf(cyd))
	}
	var all struct{ Fields []struct{ Name string } }
	s.greenhouse.control(s, http.MethodGet, "state/", nil, &all)
	names := map[string]int{}
	for _, f := range all.Fields {
		if names[f.Name]++; names[f.Name] > 1 && strings.Contains(f.Name, "Alooba") {
			s.Errorf("field %q is there twice", f.Name)
		}
	}
	if names["Score of Alooba's"] != 1 || names["Alooba score"] != 0 {
		s.Errorf("a renamed field was made again: %v", names)
	}
}

// filtered compares all custom fields of an applicant that are filled in.
func (s *scene) filtered(a applicant, want object) {
	s.Helper()
	if diff := cmp.Diff(want, s.atGreenhouse(a).Fields); diff != "" {
		s.Errorf("custom fields of %s (-want +got):\n%s\n%s", a.email, diff, s.whyOf(a))
	}
}

func integrationUser(s *scene) {
	const address = "patchbay@employer.example"
	s.rig = newPair(s, "virtual", append(slices.Clone(harvest), "GREENHOUSE_INTEGRATION_USER="+address), nil)
	s.settle()
	made := s.users(address)
	if len(made) != 1 {
		s.Fatalf("%d users %s", len(made), address)
	}
	id := fmt.Sprint(made[0])
	s.says(s.connectSays(), "Greenhouse user "+id, "is not Site Admin", "on_behalf_of = \""+id+"\"")

	s.greenhouse.act(s, "user-rights", object{"user": address, "site_admin": true})
	s.host.env = append(s.host.env, "GREENHOUSE_ON_BEHALF_OF="+id)
	s.host.proc.stop(s)
	s.host.start(s)
	said := s.connectSays()
	s.hides(said, "Site Admin", "on_behalf_of")
	if again := s.users(address); len(again) != 1 {
		s.Errorf("the user was made %d times", len(again))
	}
	if acted := s.actors(); acted[len(acted)-1] != id {
		s.Errorf("%q act for us, not %s", acted, id)
	}

	s.greenhouse.act(s, "permission", object{"scope": "harvest:custom_fields:list", "on": false})
	s.says(s.connectSays(), "lacks the permission harvest:custom_fields:list")
	s.greenhouse.act(s, "permission", object{"scope": "harvest:custom_fields:list", "on": true})
	s.greenhouse.act(s, "user-rights", object{"user": address, "site_admin": false})
	s.says(s.connectSays(), "harvest:users:list", "is not Site Admin")
}

// users are the ids of Greenhouse's users with that address.
func (s *scene) users(address string) (ids []int) {
	s.Helper()
	var all struct {
		Users []struct {
			ID    int
			Email string `json:"primary_email"`
		}
	}
	s.greenhouse.control(s, http.MethodGet, "state/", nil, &all)
	for _, u := range all.Users {
		if u.Email == address {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// actors are for whom Greenhouse has given tokens, the latest last.
func (s *scene) actors() (ids []string) {
	s.Helper()
	var all struct {
		OAuth struct{ Grants []struct{ User string } }
	}
	s.greenhouse.control(s, http.MethodGet, "state/", nil, &all)
	for _, g := range all.OAuth.Grants {
		ids = append(ids, g.User)
	}
	return ids
}

// parkedKeys are the keys of the writes that wait for a person.
func (s *scene) parkedKeys() (keys []string) {
	s.Helper()
	stdout, _, _ := s.host.command(s, "parked", "list", "--json", "--state", s.host.state)
	for _, line := range strings.Split(stdout, "\n") {
		if _, after, found := strings.Cut(line, `"key": "`); found {
			keys = append(keys, strings.TrimRight(after, `",`))
		}
	}
	return keys
}
