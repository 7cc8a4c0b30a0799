package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const grace = `{"posting":"Data Analyst","name":"Grace","email":"grace@navy.example"}`

func TestStateTellsEverything(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("posting-tag", `{"posting":"Data Analyst","tags":["Alva: Screening"]}`)
	made := l.act("apply", `{"posting":"{analyst}","name":"Grace","email":"grace@navy.example","phone":"1","origin":"referred",
		"tags":["mine"]}`)
	for _, name := range []string{"opportunity", "contact", "application", "posting"} {
		if made[name] == "" {
			t.Errorf("apply answers %v, lacks %s", made, name)
		}
	}
	l.act("move", `{"opportunity":"{opportunity}","stage":"Assessment"}`)
	l.call("POST", "/v1/opportunities/{opportunity}/notes?perform_as={assessments}", `{"value":"Score 80","score":3}`)
	l.act("note", `{"opportunity":"{opportunity}","text":"by hand"}`)
	l.call("POST", "/v1/opportunities/{opportunity}/addLinks", `{"links":["https://vendor.example/1"]}`)
	l.act("untag", `{"opportunity":"{opportunity}","tags":["Product"]}`)
	l.act("hire", `{"opportunity":"{opportunity}"}`)
	l.act("add", `{"name":"Bob","stage":"Offer","posting":"Backend Engineer"}`, "bob_")
	var one, all json.RawMessage
	l.control("GET", "state/opportunities/"+made["opportunity"], "", &one)
	want := `{
		"id":"{opportunity}", "contact":"{contact}", "name":"Grace", "emails":["grace@navy.example"],
		"posting_id":"{analyst}", "posting":"Data Analyst", "stage_id":"{assessment}", "stage":"Assessment", "moves":["Assessment"],
		"origin":"referred", "tags":["mine"], "own_tags":["mine"], "sources":[], "links":["https://vendor.example/1"],
		"notes":[{"text":"Score 80","score":3,"author":"assessments@employer.example","secret":false}, {"text":"by hand"}],
		"archived":{"reason":"Hired","hired":true,"at":"*"}, "confidential":false, "created_at":"*"
	}`
	if diff := l.lacks(string(one), want); diff != "" {
		t.Errorf("%s\nin %s", diff, one)
	}
	l.control("GET", "state/opportunities", "", &all)
	want = `[{"id":"{opportunity}"}, {"id":"{bob_opportunity}","stage":"Offer","own_tags":[],"posting":"Backend Engineer"}]`
	if diff := l.lacks(string(all), want); diff != "" {
		t.Errorf("%s\nin %s", diff, all)
	}
}

func TestInheritedTagsAreLive(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", `{"posting":"Data Analyst","name":"Grace","email":"grace@navy.example","tags":["mine","Product"]}`)
	for _, tt := range []struct{ verb, args, tags, own string }{
		{"untag", `{"opportunity":"{opportunity}","tags":["none"]}`, "mine|Product|Data Analyst|Analytics|Stockholm|Full-time", "mine|Product"},
		{"posting-tag", `{"posting":"{analyst}","tags":["Screening"]}`, "mine|Product|Data Analyst|Analytics|Stockholm|Full-time|Screening",
			"mine|Product"},
		{"posting-edit", `{"posting":"{analyst}","text":"Analyst"}`, "mine|Product|Analytics|Stockholm|Full-time|Screening|Analyst",
			"mine|Product"},
		{"posting-edit", `{"posting":"{analyst}","department":"R&D"}`, "mine|Product|Analytics|Stockholm|Full-time|Screening|Analyst|R&D",
			"mine|Product"},
		{"posting-untag", `{"posting":"{analyst}","tags":["Screening"]}`, "mine|Product|Analytics|Stockholm|Full-time|Analyst|R&D",
			"mine|Product"},
		{"archive", `{"opportunity":"{opportunity}"}`, "mine|Product", "mine|Product"},
		{"unarchive", `{"opportunity":"{opportunity}"}`, "mine|Product|Analyst|R&D|Analytics|Stockholm|Full-time", "mine|Product"},
		{"tag", `{"opportunity":"{opportunity}","tags":["Analyst"]}`, "mine|Product|Analyst|R&D|Analytics|Stockholm|Full-time",
			"mine|Product|Analyst"},
		{"posting-edit", `{"posting":"{analyst}","text":"Sage"}`, "mine|Product|Analyst|R&D|Analytics|Stockholm|Full-time|Sage",
			"mine|Product|Analyst"},
	} {
		l.act(tt.verb, tt.args)
		if s := l.state("{opportunity}"); strings.Join(s.Tags, "|") != tt.tags || strings.Join(s.OwnTags, "|") != tt.own {
			t.Errorf("after %s %s:\ntags %v, want %s\nown %v, want %s", tt.verb, tt.args, s.Tags, tt.tags, s.OwnTags, tt.own)
		}
	}
}

func TestPeople(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	l.act("apply", `{"posting":"Backend Engineer","name":"G. Hopper","email":" GRACE@navy.example"}`, "second_")
	l.act("apply", `{"posting":"Backend Engineer","name":"Alan","email":"alan@park.example"}`, "alan_")
	if l.ids["contact"] != l.ids["second_contact"] || l.ids["opportunity"] == l.ids["second_opportunity"] {
		t.Errorf("one address made %v", l.ids)
	}
	l.follow(`
POST /v1/opportunities/{opportunity}/addLinks {"links":["https://a.example"]}
    200
GET /v1/opportunities/{second_opportunity}
    200 {"data":{"name":"Grace","links":["https://a.example"]}}
GET /v1/contacts/{contact}
    200 {"data":{"name":"Grace","emails":["grace@navy.example"],"location":{"name":""},"isAnonymized":false}}
PUT /v1/contacts/{contact} {"name":"Grace Hopper","location":"Arlington"}
    200 {"data":{"name":"Grace Hopper","location":{"name":"Arlington"},"isAnonymized":"-"}}
GET /v1/opportunities/{second_opportunity}
    200 {"data":{"name":"Grace Hopper","location":"Arlington","emails":["grace@navy.example"]}}
PUT /v1/contacts/{contact} {"emails":["nonsense"]}
    400
GET /v1/contacts/{none}
    404
GET /v1/opportunities?contact_id={contact}
    200 {"data":["*","*"]}
`)
	l.act("edit", `{"opportunity":"{opportunity}","name":"Grace H.","email":""}`)
	if s := l.state("{second_opportunity}"); s.Name != "Grace H." || len(s.Emails) != 0 {
		t.Errorf("after editing: %+v", s)
	}
	l.act("merge", `{"from":"{contact}","into":"{alan_contact}"}`)
	l.follow(`
GET /v1/contacts/{alan_contact}
    200 {"data":{"name":"Alan"}}
GET /v1/opportunities/{second_opportunity}
    200 {"data":{"contact":"{alan_contact}","name":"Alan"}}
`)
	if status, _, _ := l.call("GET", "/v1/contacts/"+l.ids["second_contact"], ""); status != 404 {
		t.Errorf("the merged contact is answered %d", status)
	}
}

func TestSettingsOfTheAccount(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("add", `{"name":"Grace","imported":true}`)
	l.act("stage-rename", `{"stage":"Assessment","text":"Test"}`)
	l.act("user", `{"name":"Bot","email":"bot@employer.example","role":"interviewer"}`)
	l.act("user-deactivate", `{"user":"bot@employer.example"}`, "gone_")
	l.act("posting", `{"text":"Chef","team":"Kitchen","tags":["Hot"],"hiringManager":"mona@employer.example","state":"closed"}`)
	l.control("POST", "acts/settings", `{"blank_writes":false}`, nil)
	l.follow(`
GET /v1/opportunities/{opportunity}
    200 {"data":{"updatedAt":null}}
GET /v1/opportunities?updated_at_start=0
    200 {"data":[]}
PUT /v1/opportunities/{opportunity}/stage {"stage":"{assessment}"}
    200 {"data":{"updatedAt":"*","name":"Grace"}}
GET /v1/opportunities/{opportunity}?expand=stage
    200 {"data":{"stage":{"id":"{assessment}","text":"Test"}}}
PUT /v1/opportunities/{opportunity}/stage?perform_as={user} {"stage":"offer"}
    400
GET /v1/users?email=bot@employer.example
    200 {"data":[]}
GET /v1/users?email=bot@employer.example&includeDeactivated=true
    200 {"data":[{"deactivatedAt":"*"}]}
GET /v1/postings/{posting}
    200 {"data":{"urls":null,"state":"closed","tags":["Hot"],"hiringManager":"{mona}","distributionChannels":null}}
POST /v1/postings/{posting}/apply {"personalInformation":[{"name":"fullName","value":"A"},{"name":"email","value":"a@b.example"}]}
    400
`)
	l.act("posting-edit", `{"posting":"Chef","state":"published","channels":["internal"]}`)
	l.follow(`
GET /v1/postings?state=published
    200 {"data":["*","*"]}
GET /v1/postings?state=published&distributionChannel=public&distributionChannel=internal
    200 {"data":["*","*",{"text":"Chef"}]}
PUT /v1/opportunities/{opportunity}/stage {"stage":"{none}"}
    404
`)
	var sent []sandbox.Sent
	if l.control("GET", "deliveries", "", &sent); len(sent) != 0 {
		t.Errorf("sent without a webhook: %v", sent)
	}
}

func TestDeleted(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	l.act("delete", `{"opportunity":"{opportunity}"}`)
	l.follow(`
GET /v1/opportunities/{opportunity}
    404 {"message":"opportunities {opportunity} was not found"}
GET /v1/opportunities
    200 {"data":[]}
GET /v1/opportunities/deleted?deleted_at_start=1&deleted_at_end=99999999999999
    200 {"data":[{"id":"{opportunity}","deletedAt":"*","deletedBy":"{ada}"}]}
GET /v1/opportunities/deleted?deleted_at_end=1
    200 {"data":[]}
`)
}

func TestNotesMadeByHandAreSafe(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	l.act("note", `{"opportunity":"{opportunity}","text":"mine"}`)
	var notes []struct{ ID string }
	l.get("/v1/opportunities/"+l.ids["opportunity"]+"/notes", &notes)
	l.ids["note"] = notes[0].ID
	l.follow(`
DELETE /v1/opportunities/{opportunity}/notes/{note}
    403
PUT /v1/opportunities/{opportunity}/notes/{note} {"values":[{"value":"x"}]}
    403
`)
}

func TestActsRefuse(t *testing.T) {
	l := start(t, sandbox.Options{Empty: true})
	l.act("posting", `{"text":"Chef","state":"draft"}`)
	for call, want := range map[string]string{
		`apply {"posting":"Nobody"}`:                          `404 posting`,
		`apply {"posting":"Chef"}`:                            `422 posting`,
		`add {"stage":"Nowhere"}`:                             `404 stage`,
		`add {"origin":"stork"}`:                              `422 origin`,
		`move {"opportunity":"x","stage":"Offer"}`:            `404 opportunity`,
		`merge {"from":"x","into":"x"}`:                       `422 from and into`,
		`posting {"team":"x"}`:                                `422 a new posting`,
		`posting-edit {"posting":"Chef","hiringManager":"x"}`: `404 user`,
		`posting-edit {"posting":"Chef","state":"lost"}`:      `422 state`,
		`webhook {"url":"ftp://x","event":"candidateHired"}`:  `422 url`,
		`webhook-remove {"webhook":"x"}`:                      `404 webhook`,
		`key-remove {"key":"x"}`:                              `404 key`,
		`tag {"opportunity":"x","tag":"y"}`:                   `400 malformed`,
	} {
		verb, args, _ := strings.Cut(call, " ")
		resp, err := http.Post(l.url+"/_sandbox/acts/"+verb, "application/json", strings.NewReader(args))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Error string }
		json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		if got := fmt.Sprint(resp.StatusCode, " ", answer.Error); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", call, got, want)
		}
	}
}

// TestLostAnswers is why a client must look before it repeats: the sandbox has written what it did not answer.
func TestLostAnswers(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	l.control("POST", "faults", `[{"method":"POST","path":"/notes$","kind":"lost","count":1},{"method":"PUT","path":"/stage$",
		"kind":"status","status":503}]`, nil)
	for range 2 {
		l.call("POST", "/v1/opportunities/{opportunity}/notes", `{"value":"once?"}`)
	}
	if status, body, _ := l.call("PUT", "/v1/opportunities/{opportunity}/stage", `{"stage":"offer"}`); status != 503 || l.lacks(body,
		`{"code":"ServiceUnavailable","message":"*"}`) != "" {
		t.Errorf("fault answered %d %s", status, body)
	}
	if s := l.state("{opportunity}"); len(s.Notes) != 2 || s.Stage != "New applicant" {
		t.Errorf("%d notes in %s, want 2 in New applicant", len(s.Notes), s.Stage)
	}
}

func TestSeedRepeatsIDs(t *testing.T) {
	first, again := start(t, sandbox.Options{}), start(t, sandbox.Options{})
	first.act("apply", grace)
	again.act("apply", grace)
	again.control("POST", "reset", "", nil)
	if first.ids["opportunity"] != again.ids["opportunity"] || first.ids["assessment"] != again.ids["assessment"] {
		t.Error("the same seed and acts made other ids")
	}
	var all []opportunityState
	again.control("GET", "state/opportunities", "", &all)
	again.act("apply", grace)
	if len(all) != 0 || first.ids["opportunity"] != again.ids["opportunity"] {
		t.Error("reset did not start over")
	}
}

func TestPageEscapes(t *testing.T) {
	l, in := start(t, sandbox.Options{}), receive(t, 200)
	l.act("webhook", `{"url":"`+in.URL+`","event":"candidateHired","token":"hush hush"}`)
	l.act("apply", `{"posting":"Data Analyst","name":"<script>alert(1)</script>","email":"\"><i>@x.example","tags":["<b>"]}`)
	l.act("note", `{"opportunity":"{opportunity}","text":"</td>"}`)
	resp, err := http.Get(l.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	page := string(b)
	for _, wanted := range []string{"&lt;script&gt;", "&lt;b&gt;", "&lt;/td&gt;", "New applicant", l.ids["opportunity"], "acts/hire",
		"acts/delete", "acts/apply", in.URL} {
		if !strings.Contains(page, wanted) {
			t.Errorf("the page lacks %q", wanted)
		}
	}
	for _, unwanted := range []string{"<script", "<b>", "<i>", "hush hush"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page contains %q", unwanted)
		}
	}
}

// TestManyAtOnce has recruiters, candidates and a connector work side by side; every note must be there once.
func TestManyAtOnce(t *testing.T) {
	l, in := start(t, sandbox.Options{}), receive(t, 200)
	l.subscribe(in.URL, "candidateStageChange", `{}`)
	made := make([]string, 8)
	for i := range made {
		made[i] = l.act("apply", fmt.Sprintf(`{"posting":"Data Analyst","name":"n%d","email":"n%d@x.example"}`, i, i))["opportunity"]
	}
	var work sync.WaitGroup
	for _, id := range made {
		work.Go(func() {
			for i, stage := range []string{"offer", "lead-new", "offer", "lead-new"} {
				l.follow(strings.NewReplacer("ID", id, "STAGE", stage, "TEXT", fmt.Sprint(i)).Replace(`
PUT /v1/opportunities/ID/stage {"stage":"STAGE"}
    200
POST /v1/opportunities/ID/notes {"value":"TEXT"}
    201
POST /v1/opportunities/ID/addTags {"tags":["STAGE"]}
    200
GET /v1/opportunities/ID?expand=applications&expand=contact
    200
GET /v1/opportunities?tag=STAGE
    200
GET /v1/tags
    200
`))
			}
		})
		work.Go(func() {
			for i := range 4 {
				l.control("POST", "acts/posting-edit", fmt.Sprintf(`{"posting":"{analyst}","team":"t%d"}`, i), nil)
				l.control("GET", "state/opportunities", "", nil)
			}
		})
	}
	work.Wait()
	for _, id := range made {
		s := l.state(id)
		var texts []string
		for _, n := range s.Notes {
			texts = append(texts, n.Text)
		}
		if !slices.Equal(texts, []string{"0", "1", "2", "3"}) || len(s.Moves) != 4 {
			t.Errorf("notes %v and moves %v", texts, s.Moves)
		}
	}
	if came := in.take(l); len(came) != 4*len(made) {
		t.Errorf("%d webhooks, want %d", len(came), 4*len(made))
	}
}

func BenchmarkLever(b *testing.B) {
	s := sandbox.New(sandbox.Options{Rate: -1, Seed: 1}, New)
	defer s.Close()
	send := func(method, path, body string) int {
		req, _ := http.NewRequest(method, path, strings.NewReader(body))
		req.SetBasicAuth(sandbox.DefaultAPIKey, "")
		var w status
		s.ServeHTTP(&w, req)
		return int(w)
	}
	var made map[string]string
	apply := s.World().Act("apply")
	for i := range 10_000 {
		answer, err := apply(fmt.Appendf(nil, `{"posting":"Data Analyst","name":"n","email":"n%d@x.example"}`, i))
		if err != nil {
			b.Fatal(err)
		}
		made = answer.(ids)
	}
	for name, call := range map[string][3]string{
		"get": {"GET", "", ""}, "tag": {"POST", "/addTags", `{"tags":["x"]}`}, "list": {"GET", "?", ""},
	} {
		b.Run(name, func(b *testing.B) {
			path := "/v1/opportunities/" + made["opportunity"] + call[1]
			if name == "list" {
				path = "/v1/opportunities?limit=100"
			}
			for b.Loop() {
				if status := send(call[0], path, call[2]); status != 200 {
					b.Fatal(status)
				}
			}
		})
	}
}

// status is a ResponseWriter that keeps the status alone.
type status int

func (s *status) Header() http.Header         { return http.Header{} }
func (s *status) Write(b []byte) (int, error) { return len(b), nil }
func (s *status) WriteHeader(code int)        { *s = status(code) }
