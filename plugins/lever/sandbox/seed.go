package sandbox

import (
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/access"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/form"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/hook"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// pipeline is the account's stages in order. Those without an id of their own get a UUID, as stages do that a customer adds (sheet 4.3).
var pipeline = []stage{
	{ID: "lead-new", Text: "New lead"}, {ID: "lead-reached-out", Text: "Reached out"}, {ID: "lead-responded", Text: "Responded"},
	{ID: "applicant-new", Text: "New applicant"}, {Text: "Phone Screen"}, {Text: "Assessment"}, {Text: "Take-home"},
	{Text: "On-site Interview"}, {Text: "Interview"}, {ID: "offer", Text: "Offer"},
}

// newAccount is an account with its settings, and unless it is to be empty with people and postings to play with.
func newAccount(w *sandbox.World) *account {
	a := &account{
		world: w, scale: form.DefaultScale, settings: settings{BlankWrites: true},
		contacts: map[string]*contact{}, addresses: map[string]*contact{}, opportunities: map[string]*opportunity{},
		tags: map[string]bool{}, sources: map[string]bool{},
	}
	a.doors = access.New(w, a.superAdmins)
	a.hooks = hook.New(w, a.mu.RLocker())
	for i, s := range pipeline {
		if s.rank = i; s.ID == "" {
			s.ID = w.UUID()
		}
		a.stages = append(a.stages, &s)
	}
	for _, r := range []reason{
		{Text: "Hired", Type: "hired"}, {Text: "Underqualified", Type: "non-hired"}, {Text: "Withdrew", Type: "non-hired"},
	} {
		r.ID, r.Status = w.UUID(), "active"
		a.reasons = append(a.reasons, &r)
	}
	admin := a.addUser("Ada Admin", "ada@employer.example", "super admin")
	if w.Empty {
		return a
	}
	a.addUser("Assessments", "assessments@employer.example", "interviewer")
	manager := a.addUser("Mona Manager", "mona@employer.example", "team member")
	for _, p := range []posting{
		{text: "Data Analyst", team: "Analytics", department: "Product", location: "Stockholm", commitment: "Full-time",
			description: "Turn questions into queries, and answers into decisions.", lists: []section{
				{"You bring", "<li>SQL that others can read</li><li>Doubt &amp; patience</li>"}}, closing: "Everybody is welcome to apply.",
			salaryText: "According to our open salary table."},
		{text: "Backend Engineer", team: "Platform", department: "Engineering", location: "Berlin", commitment: "Full-time",
			description: "Keep what others build on running.", salary: &salary{70_000, 90_000, "EUR", "per-year-salary"}},
	} {
		p.owner, p.hiringManager = admin, manager
		a.addPosting(p)
	}
	return a
}

// addPosting publishes a posting.
func (a *account) addPosting(p posting) *posting {
	p.id, p.createdAt, p.updatedAt = a.world.UUID(), a.now(), a.now()
	if p.state == "" {
		p.state = "published"
	}
	if p.open() && p.channels == nil {
		p.channels = []string{"internal", "public"}
	}
	a.postings = append(a.postings[:len(a.postings):len(a.postings)], &p)
	for _, t := range p.inherited() {
		a.tags[t] = true
	}
	return &p
}
