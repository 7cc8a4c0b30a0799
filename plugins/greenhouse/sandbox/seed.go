package sandbox

import (
	"net/http"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// mostCalls are calls to the partner under way at once: a bulk of hundreds comes in seconds (trap 20).
const mostCalls = 16

// newOrganization is a Greenhouse with its service account and one Site Admin, and unless it is to be empty with jobs to play with.
func newOrganization(w *sandbox.World) *organization {
	w.Outbox.Schedule(patience, gaps()...)
	start, err := strconv.ParseInt(w.Hex(4), 16, 64) // ids differ between worlds, and stay exact as a JSON number
	if err != nil {
		panic(err) // eight digits
	}
	o := &organization{
		world: w, slots: make(chan struct{}, mostCalls), name: "Sandbox Organisation", settings: usual, made: int(start) * 1000,
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: mostCalls, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		windows: map[string]*window{},
	}
	o.id = o.nextID()
	o.made += 2 // the department and the office
	if _, err := o.addUser(user{first: "Service", last: "Account", service: true, siteAdmin: true}); err != nil {
		panic(err) // it is the first
	}
	doors := http.NewServeMux()
	o.oauth = o.newAuthorization()
	o.oauth.Mount(doors)
	o.doors = doors
	if _, err := o.oauth.Acts()["oauth_app"](plain(object{"client_id": clientID})); err != nil {
		panic(err) // it is well-formed
	}
	o.reasons = []*reason{{o.nextID(), 2, "Too junior", "We rejected them"}, {o.nextID(), 3, "Hired elsewhere", "They rejected us"}}
	for _, name := range []string{"Careers page", "Referral"} {
		o.sources = append(o.sources, &source{o.nextID(), name})
	}
	admin := user{first: "Ada", last: "Admin", email: "ada@employer.example", employeeID: "A-1", siteAdmin: true, private: true}
	if _, err := o.addUser(admin); err != nil {
		panic(err) // she is the first
	}
	if !w.Empty {
		o.furnish()
	}
	return o
}

// furnish makes jobs, a recruiter who is no Site Admin, and a field with its archived twin (trap 24).
func (o *organization) furnish() {
	o.users = append(o.users, &user{id: o.nextID(), first: "Rita", last: "Recruiter", email: "rita@employer.example", createdAt: o.now(),
		updatedAt: o.now()})
	for _, name := range []string{"Data Analyst", "Backend Engineer"} {
		o.addJob(name)
	}
	for _, f := range []field{
		{name: "Notice period", of: "application", kind: "short_text", archived: true},
		{name: "Notice period", of: "application", kind: "short_text"},
		{name: "Favourite colour", of: "candidate", kind: "short_text"},
	} {
		archived := f.archived
		made, err := o.addField(f)
		if err != nil {
			panic(err) // its twin is archived
		}
		made.archived = archived
	}
}

// addJob opens a job with the usual plan.
func (o *organization) addJob(name string) *job {
	j := &job{id: o.nextID(), post: o.nextID(), opening: o.nextID(), department: o.id + 1, office: o.id + 2, name: name, createdAt: o.now()}
	for _, s := range []struct{ name, kind string }{
		{"Application Review", "none"}, {"Assessment", takeHome}, {"Phone Interview", "needs_scheduling"}, {"Offer", "offer"},
	} {
		made := &stage{id: o.nextID(), name: s.name, job: j, step: &step{id: o.nextID(), kind: s.kind}, createdAt: j.createdAt}
		j.stages = append(j.stages, made)
	}
	o.jobs = append(o.jobs, j)
	return j
}
