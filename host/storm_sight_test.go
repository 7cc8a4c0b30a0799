package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// traces is what all products show of one candidate of a storm. All of it is compared, so that nothing else may have happened either. Lists
// are sorted.
type traces struct {
	At       []string // the vendors where she has an invitation, and how it stands
	Mails    []string // that vendors sent her: their subjects
	Alerts   int      // that the account's owner at Alooba got because of her
	Tags     []string // at Lever, her own
	Notes    []string // at Lever: the first line of each, and its score
	Feedback []string // at Lever: rating, score, and the first line
	Files    []string // at Lever: their names
	Links    []string // at Lever: the vendors whose page of her they lead to
	Stage    string   // at Lever
	Kit      string   // at Greenhouse: how her test stands, and its score
}

func (t traces) sorted() traces {
	for _, l := range []*[]string{&t.At, &t.Mails, &t.Tags, &t.Notes, &t.Feedback, &t.Files, &t.Links} {
		if *l = slices.Sorted(slices.Values(*l)); len(*l) == 0 {
			*l = nil
		}
	}
	return t
}

// seat is one invitation at a vendor.
type seat struct {
	vendor, status string
	urls           []string // pages about it
}

func (s seat) String() string { return s.vendor + " " + s.status }

// stormSight is all that the products show at one time.
type stormSight struct {
	lever  map[string]leverTraces
	kits   map[string]string
	seats  map[string][]seat   // by application, sorted by vendor
	mails  map[string][]string // subjects, by address
	mailed int
	alerts map[string]int // by application
}

// leverTraces is what Lever shows of a candidate.
type leverTraces struct {
	ID    string
	Stage string
	Tags  []string `json:"own_tags"`
	Links []string
	Notes []struct {
		Text  string
		Score *int
	}
	Feedback []struct {
		Template string
		Fields   map[string]string
	}
	Files []struct {
		Name string
		Type string
		Size int
	}
}

// invitationState is an invitation as any of the vendors shows it.
type invitationState struct {
	External struct {
		Application string `json:"application_id"`
		Apriora     string `json:"applicationId"`
	}
	Status     string
	Evaluation string                  // at Alooba
	Invitation struct{ Status string } // at Alva
	Alva       string                  `json:"candidate_url"`
	Alooba     string                  `json:"profile_url"`
	Hired      string                  `json:"report_url"`
}

// vendors are those of the rig, by name.
func (r *rig) vendors() map[string]*sandbox {
	all := map[string]*sandbox{}
	for name, s := range map[string]*sandbox{"alooba": r.alooba, "alva": r.alva, "apriora": r.apriora, "hired": r.hired} {
		if s != nil {
			all[name] = s
		}
	}
	return all
}

// invitationsOf is where a vendor's control plane shows its invitations.
var invitationsOf = map[string]string{"alooba": "participants", "alva": "candidates", "apriora": "invites", "hired": "invitations"}

func (s *scene) sight() stormSight {
	s.Helper()
	at := stormSight{map[string]leverTraces{}, map[string]string{}, map[string][]seat{}, map[string][]string{}, 0, map[string]int{}}
	var all []leverTraces
	s.lever.control(s, http.MethodGet, "state/opportunities", nil, &all)
	for _, o := range all {
		at.lever[o.ID] = o
	}
	vendors := s.vendors()
	for _, name := range slices.Sorted(maps.Keys(vendors)) {
		var invitations []invitationState
		vendors[name].control(s, http.MethodGet, "state/"+invitationsOf[name], nil, &invitations)
		for _, i := range invitations {
			at.sit(name, i)
		}
		for _, m := range vendors[name].mail(s, "") {
			at.mails[m.To] = append(at.mails[m.To], m.Subject)
			at.mailed++
		}
	}
	if s.alooba != nil {
		s.lookAround(at)
	}
	return at
}

func (at stormSight) sit(vendor string, i invitationState) {
	s := seat{vendor: vendor, status: i.Status, urls: list(i.Alva, i.Alooba, i.Hired)}
	switch {
	case vendor == "alva":
		s.status = i.Invitation.Status
	case vendor == "alooba" && i.Status == "completed":
		s.status += ", " + i.Evaluation
	}
	id := i.External.Application + i.External.Apriora
	at.seats[id] = append(at.seats[id], s)
}

// lookAround adds what only a house has: alerts at Alooba and kits at Greenhouse.
func (s *scene) lookAround(at stormSight) {
	var alerts []struct {
		External struct {
			Application string `json:"application_id"`
		}
	}
	s.alooba.control(s, http.MethodGet, "state/alerts", nil, &alerts)
	for _, a := range alerts {
		at.alerts[a.External.Application]++
	}
	var applications []struct {
		ID  string
		Kit kit
	}
	s.greenhouse.control(s, http.MethodGet, "state/applications", nil, &applications)
	for _, a := range applications {
		at.kits[a.ID] = a.Kit.Status
		if a.Kit.Score != nil && a.Kit.Report != "" {
			at.kits[a.ID] += fmt.Sprintf(": %v", *a.Kit.Score)
		}
	}
}

// taken counts the invitations at all vendors.
func (at stormSight) taken() (n int) {
	for _, seats := range at.seats {
		n += len(seats)
	}
	return n
}

// marker is what the host leaves in the name of a file, to find it again.
var marker = regexp.MustCompile(` \S+(\.\w+)$`)

func (at stormSight) of(c candidate) traces {
	o := at.lever[c.id]
	t := traces{Mails: slices.Clone(at.mails[c.email]), Alerts: at.alerts[c.id], Tags: slices.Clone(o.Tags), Stage: o.Stage, Kit: at.kits[c.id]}
	for _, s := range at.seats[c.id] {
		t.At = append(t.At, s.String())
	}
	for _, n := range o.Notes {
		first, _, _ := strings.Cut(n.Text, "\n")
		if n.Score != nil {
			first += fmt.Sprintf(" (%d)", *n.Score)
		}
		t.Notes = append(t.Notes, first)
	}
	for _, f := range o.Feedback {
		rating, _, _ := strings.Cut(f.Fields["Rating"], " ")
		first, _, _ := strings.Cut(f.Fields["Result"], "\n")
		t.Feedback = append(t.Feedback, fmt.Sprintf("%s: %s, %s", rating, f.Fields["Score"], first))
	}
	for _, f := range o.Files {
		if f.Type == "application/pdf" && f.Size > 0 {
			f.Name = marker.ReplaceAllString(f.Name, "$1")
		}
		t.Files = append(t.Files, f.Name)
	}
	for _, l := range o.Links {
		for _, s := range at.seats[c.id] {
			if slices.Contains(s.urls, l) {
				l = s.vendor
			}
		}
		t.Links = append(t.Links, l)
	}
	return t.sorted()
}

// furnish makes what the house's fates need: an assessment at Alooba whose essay a person marks, and a job at Greenhouse that sends it.
func (st *storm) furnish() {
	st.Helper()
	if st.alooba == nil {
		return
	}
	st.alooba.act(st, "assessment", object{"name": stormAssessment, "passing_score": 60, "manual": true})
	st.enlist(st, partnerKey)
	st.greenhouse.act(st, "job", object{"name": stormJob})
	st.greenhouse.act(st, "stage-test", object{"job": stormJob, "stage": "Assessment", "test": stormAssessment})
}

// onlyOne fails if what the host makes once for everybody was made twice.
func (st *storm) onlyOne() {
	st.Helper()
	if st.alooba == nil {
		return
	}
	var templates []struct{ Text string }
	st.lever.control(st, http.MethodGet, "state/templates", nil, &templates)
	made := 0
	for _, t := range templates {
		if t.Text == "Alooba Assessment" {
			made++
		}
	}
	if made != 1 {
		st.Errorf("Lever has the feedback template of Alooba's %d times", made)
	}
}
