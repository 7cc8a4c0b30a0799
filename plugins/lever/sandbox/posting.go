package sandbox

import (
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// postingView is a posting as the API shows it (sheet 4.2).
type postingView struct {
	ID                   string            `json:"id"`
	Text                 string            `json:"text"`
	State                string            `json:"state"`
	DistributionChannels []string          `json:"distributionChannels"`
	User                 any               `json:"user"`
	Owner                any               `json:"owner"`
	HiringManager        any               `json:"hiringManager"`
	Categories           categories        `json:"categories"`
	Tags                 []string          `json:"tags"`
	Content              content           `json:"content"`
	Country              *string           `json:"country"`
	Followers            any               `json:"followers"`
	ReqCode              *string           `json:"reqCode"`
	RequisitionCodes     []string          `json:"requisitionCodes"`
	URLs                 map[string]string `json:"urls"` // null: not on any site
	Confidentiality      string            `json:"confidentiality"`
	CreatedAt            int64             `json:"createdAt"`
	UpdatedAt            int64             `json:"updatedAt"`
	WorkplaceType        string            `json:"workplaceType"`
	SalaryRange          *salary           `json:"salaryRange,omitempty"`
	SalaryDescription    string            `json:"salaryDescription,omitempty"`
	SalaryHTML           string            `json:"salaryDescriptionHtml,omitempty"`
}

type categories struct {
	Team         string   `json:"team"`
	Department   string   `json:"department"`
	Location     string   `json:"location"`
	AllLocations []string `json:"allLocations"`
	Commitment   string   `json:"commitment"`
	Level        string   `json:"level"`
}

type content struct {
	Description     string    `json:"description"`
	DescriptionHTML string    `json:"descriptionHtml"`
	Lists           []section `json:"lists"`
	Closing         string    `json:"closing"`
	ClosingHTML     string    `json:"closingHtml"`
}

// section is a list of a posting's advertisement.
type section struct {
	Text    string `json:"text"`
	Content string `json:"content"` // HTML: <li> elements
}

// open tells whether people can apply.
func (p *posting) open() bool { return p.state == "published" || p.state == "internal" }

func viewPosting(p *posting) *postingView {
	v := &postingView{
		ID: p.id, Text: p.text, State: p.state, DistributionChannels: p.channels, User: p.owner.id(), Owner: p.owner.id(),
		HiringManager: p.hiringManager.id(), Tags: list(p.tags), Followers: []string{}, RequisitionCodes: []string{},
		Categories:      categories{p.team, p.department, p.location, []string{p.location}, p.commitment, ""},
		Content:         content{p.description, htmlOf(p.description), list(p.lists), p.closing, htmlOf(p.closing)},
		Confidentiality: confidentiality(p.confidential), CreatedAt: p.createdAt, UpdatedAt: p.updatedAt, WorkplaceType: "unspecified",
		SalaryRange: p.salary, SalaryDescription: p.salaryText,
	}
	if p.salaryText != "" {
		v.SalaryHTML = htmlOf(p.salaryText)
	}
	if p.open() {
		site := "https://jobs.lever.co/sandbox/" + p.id
		v.URLs = map[string]string{"list": "https://jobs.lever.co/sandbox", "show": site, "apply": site + "/apply"}
	}
	return v
}

func htmlOf(text string) string {
	return "<div>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>").Replace(text) + "</div>"
}

var expandablePosting = map[string]func(*posting, *postingView){
	"user":          func(p *posting, v *postingView) { v.User = p.owner.object() },
	"owner":         func(p *posting, v *postingView) { v.Owner = p.owner.object() },
	"hiringManager": func(p *posting, v *postingView) { v.HiringManager = p.hiringManager.object() },
	"followers":     func(p *posting, v *postingView) { v.Followers = []any{} },
}

func (a *account) presentPosting(q *request, p *posting) any {
	v := viewPosting(p)
	expand := q.Values("expand")
	for _, field := range expand {
		expandablePosting[field](p, v)
	}
	return q.Included(v, expand)
}

// postingFilters are the parameters of GET /postings, all case sensitive.
var postingFilters = map[string]func(p *posting, value string) bool{
	"state":               func(p *posting, v string) bool { return p.state == v },
	"distributionChannel": func(p *posting, v string) bool { return slices.Contains(p.channels, v) },
	"group":               func(p *posting, v string) bool { return p.department == v }, // the old word for department
	"team":                func(p *posting, v string) bool { return p.team == v },
	"department":          func(p *posting, v string) bool { return p.department == v },
	"location":            func(p *posting, v string) bool { return p.location == v },
	"commitment":          func(p *posting, v string) bool { return p.commitment == v },
	"level":               func(*posting, string) bool { return false }, // no posting here has one
	"tag":                 func(p *posting, v string) bool { return slices.Contains(p.inherited(), v) },
}

func (a *account) listPostings(q *request) (any, error) {
	if err := api.CheckExpand(q.Request, expandablePosting); err != nil {
		return nil, err
	}
	visible, err := q.visible()
	if err != nil {
		return nil, err
	}
	within, err := q.Within("updated_at")
	if err != nil {
		return nil, err
	}
	asked := map[string][]string{}
	for name := range postingFilters {
		if values := q.Values(name); len(values) > 0 {
			asked[name] = values
		}
	}
	if within != nil && len(asked) > 0 {
		return nil, api.BadRequest("updated_at_start and updated_at_end can be combined with confidentiality only")
	}
	if slices.Contains(asked["state"], "published") && len(asked["distributionChannel"]) == 0 {
		asked["distributionChannel"] = []string{"public"} // the public site alone, unless told otherwise (sheet 6, trap 16)
	}
	found := []any{}
	for _, p := range a.postings {
		fits := visible(p.confidential) && (within == nil || within(p.updatedAt))
		for name, values := range asked {
			fits = fits && slices.ContainsFunc(values, func(v string) bool { return postingFilters[name](p, v) })
		}
		if fits {
			found = append(found, a.presentPosting(q, p))
		}
	}
	return api.Page(q.Request, found)
}

// posting is the one that the path names, if the key may see it.
func (a *account) posting(q *request) (*posting, error) {
	p, ok := byID(a.postings, q.PathValue("id"))
	if !ok {
		return nil, api.Unknown("postings", q.PathValue("id"))
	}
	return p, q.mayAccess(p.confidential)
}

func (a *account) getPosting(q *request) (any, error) {
	p, err := a.posting(q)
	if err != nil {
		return nil, err
	}
	if err := api.CheckExpand(q.Request, expandablePosting); err != nil {
		return nil, err
	}
	return api.Envelope{Data: a.presentPosting(q, p)}, nil
}

// getApply is the form that a candidate fills in.
func (a *account) getApply(q *request) (any, error) {
	p, err := a.posting(q)
	if err != nil {
		return nil, err
	}
	field := func(name, text string, required bool) any {
		return map[string]any{"name": name, "text": text, "type": "text", "required": required}
	}
	return api.Envelope{Data: map[string]any{
		"text": p.text, "customQuestions": []any{}, "urls": []any{},
		"personalInformation": []any{
			field("fullName", "Full name", true), field("email", "Email", true), field("phone", "Phone", false),
		},
	}}, nil
}

func (a *account) postApply(q *request) (any, error) {
	p, err := a.posting(q)
	if err != nil {
		return nil, err
	}
	if !p.open() {
		return nil, api.BadRequest("posting %s does not accept applications", p.id)
	}
	var body struct {
		PersonalInformation []struct{ Name, Value string }
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	filled := map[string]string{}
	for _, f := range body.PersonalInformation {
		filled[f.Name] = f.Value
	}
	if _, ok := api.Canonical(filled["email"]); !ok {
		return nil, api.BadRequest("Email address is not valid")
	}
	if filled["fullName"] == "" {
		return nil, api.BadRequest("fullName is required")
	}
	o := a.apply(p, person(filled["fullName"], filled["email"], filled["phone"]), candidacy{})
	return api.Envelope{Data: map[string]string{"applicationId": o.app.id}}, nil
}

func person(name, email, number string) contact {
	c := contact{name: name}
	if email != "" {
		c.emails = []string{email}
	}
	if number != "" {
		c.phones = []phone{{Type: "mobile", Value: number}}
	}
	return c
}

// apply is what a candidate does on the job site: she enters the pipeline as an applicant. The rest of n is kept.
func (a *account) apply(p *posting, who contact, n candidacy) *opportunity {
	n.person, n.posting, n.kind, n.owner, n.followers = who, p, "posting", p.owner, []*user{p.owner}
	n.stage, _ = byID(a.stages, "applicant-new")
	if n.origin == "" {
		n.origin = "applied"
	}
	o, _ := a.open(n)
	return o
}
