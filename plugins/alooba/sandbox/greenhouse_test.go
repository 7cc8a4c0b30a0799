package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	alooba "github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// greenhouse is a Greenhouse that Alooba calls back.
type greenhouse struct {
	*world
	url string // of callbacks, without the last segment

	mu       sync.Mutex
	statuses []int    // of the next answers; then 200
	came     []string // "METHOD path credential length" of each call
}

func newGreenhouse(t *testing.T) *greenhouse {
	t.Helper()
	g := &greenhouse{world: start(t, kit.Options{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.came = append(g.came, fmt.Sprintf("%s %s %s %d", r.Method, r.URL.Path, r.Header.Get("Authorization"), r.ContentLength))
		status := http.StatusOK
		if len(g.statuses) > 0 {
			status, g.statuses = g.statuses[0], g.statuses[1:]
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL + "/integrations/testing_partners/take_home_tests/"
	to, _ := url.Parse(server.URL)
	g.act("callback-host", object{"host": to.Host})
	return g
}

func (g *greenhouse) answers(statuses ...int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.statuses = statuses
}

func (g *greenhouse) calls() []string {
	g.advance("0s")
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.came...)
}

// call calls the partner endpoints as Greenhouse does.
func (g *greenhouse) call(method, path string, body any, headers ...string) answer {
	g.Helper()
	ours := []string{"Authorization", basic(alooba.DefaultGreenhouseKey, "")}
	return g.send(method, "/v1/greenhouse/"+path, body, append(ours, headers...)...)
}

// test is the id of the assessment with this name, from the drop-down.
func (g *greenhouse) test(name string) string {
	g.Helper()
	var tests []struct {
		ID   string `json:"partner_test_id"`
		Name string `json:"partner_test_name"`
	}
	if err := json.Unmarshal([]byte(g.call("GET", "list_tests", nil).raw), &tests); err != nil {
		g.Fatal(err)
	}
	for _, one := range tests {
		if one.Name == name {
			return one.ID
		}
	}
	return ""
}

// sending is the body of a send_test for candidate and application n, whose callback is also n.
func (g *greenhouse) sending(test string, n int, more ...object) object {
	candidate := object{
		"first_name": "Harry", "last_name": "Potter", "preferred_name": nil, "email": fmt.Sprintf("harry.%d@b.test", n),
		"phone_number": "123-456-7890", "resume_url": "https://cv.test/1",
		"greenhouse_profile_url": fmt.Sprintf("https://app.greenhouse.io/people/17%d?application_id=26%d", n, n),
	}
	body := object{"partner_test_id": test, "candidate": candidate, "sent_by": "r@b.test", "url": g.url + fmt.Sprint(n)}
	for _, m := range more {
		for name, value := range m {
			if _, ok := candidate[name]; ok {
				candidate[name] = value
			} else {
				body[name] = value
			}
		}
	}
	return body
}

func (g *greenhouse) sendTest(test string, n int, more ...object) answer {
	g.Helper()
	return g.call("POST", "send_test", g.sending(test, n, more...))
}

// webhook sends an event of Greenhouse's, signed with its key.
func (g *greenhouse) webhook(body string, headers ...string) answer {
	g.Helper()
	mac := hmac.New(sha256.New, []byte(alooba.DefaultGreenhouseKey))
	mac.Write([]byte(body))
	ours := []string{"Signature", "sha256 " + hex.EncodeToString(mac.Sum(nil)), "X-Organisation", alooba.DefaultOrganisation}
	return g.send("POST", "/v1/greenhouse/webhook", body, append(ours, headers...)...)
}

func TestGreenhousesKey(t *testing.T) {
	g := newGreenhouse(t)
	for name, header := range map[string]string{
		"none": "", "wrong": basic("other", ""), "with a password": basic(alooba.DefaultGreenhouseKey, "x"), "empty": basic("", ""),
		"the native key": basic(kit.DefaultAPIKey, ""), "as a bearer": "Bearer " + alooba.DefaultGreenhouseKey,
	} {
		g.expect(name, g.call("GET", "list_tests", nil, "Authorization", header).status, 401)
	}
	g.expect("right", g.call("GET", "list_tests", nil).status, 200)
	g.expect("it opens nothing else", g.api("GET", "/assessments", nil, "Authorization", "Bearer "+alooba.DefaultGreenhouseKey).status, 401)
	g.act("revoke-key", nil)
	g.expect("the native key is another", g.call("GET", "list_tests", nil).status, 200)
	fresh := g.act("greenhouse-key", nil).at("key")
	g.expect("replaced", g.call("GET", "list_tests", nil).status, 401)
	g.expect("the new one", g.call("GET", "list_tests", nil, "Authorization", basic(fresh, "")).status, 200)
	g.act("revoke-greenhouse-key", nil)
	g.expect("revoked", g.call("GET", "list_tests", nil, "Authorization", basic(fresh, "")).status, 401)
	g.expect("none at all", g.call("GET", "list_tests", nil, "Authorization", basic("", "")).status, 401)
	g.expect("too long", g.send("POST", "/_sandbox/acts/greenhouse-key", object{"key": strings.Repeat("k", 171)}).status, 422)
}

func TestTheDropDown(t *testing.T) {
	g := newGreenhouse(t)
	g.act("assessment", object{"name": "Draft", "status": "draft"})
	raw := g.call("GET", "list_tests", nil).raw
	g.expect("published ones", strings.Count(raw, "partner_test_id"), 3)
	if id := g.test("SQL Essentials"); !strings.Contains(raw, `{"partner_test_id":"`+id+`","partner_test_name":"SQL Essentials"}`) {
		t.Errorf("list_tests: %s", raw)
	}
	empty := start(t, kit.Options{Empty: true})
	g.expect("none", empty.send("GET", "/v1/greenhouse/list_tests", nil, "Authorization", basic(alooba.DefaultGreenhouseKey, "")).raw, "[]")
}

func TestSendTestThatIsRefused(t *testing.T) {
	g := newGreenhouse(t)
	test := g.test("SQL Essentials")
	for _, c := range []struct {
		name   string
		with   object
		status int
		code   string
	}{
		{"no test", object{"partner_test_id": ""}, 400, "malformed"},
		{"no name", object{"first_name": ""}, 400, "malformed"},
		{"no profile", object{"greenhouse_profile_url": ""}, 400, "malformed"},
		{"no callback", object{"url": ""}, 400, "malformed"},
		{"a test that is gone", object{"partner_test_id": "asm_99"}, 404, "not_found"},
		{"no address", object{"email": ""}, 422, "missing_email"},
		{"bad address", object{"email": "harry"}, 422, "invalid_email"},
		{"no URL", object{"url": "/1"}, 400, "malformed"},
		{"no http", object{"url": "ftp://" + strings.TrimPrefix(g.url, "http://") + "1"}, 400, "malformed"},
	} {
		got := g.sendTest(test, 1, c.with)
		g.expect(c.name, got.status, c.status)
		g.expect(c.name, got.at("error", "code"), c.code)
	}
	g.expect("no JSON", g.call("POST", "send_test", "{").status, 400)
	g.act("assessment-edit", object{"assessment": test, "status": "archived"})
	g.expect("archived since", g.sendTest(test, 1).status, 404)
	g.expect("mails", g.mails(""), 0)
}

func TestSendingTwice(t *testing.T) {
	g := newGreenhouse(t)
	test := g.test("SQL Essentials")
	first := g.sendTest(test, 1)
	g.expect("sent", first.status, 200)
	for range 9 {
		g.expect("the same press of the button", g.sendTest(test, 1).raw, first.raw)
	}
	g.expect("mails", g.mails("harry.1@b.test"), 1)
	again := object{"url": g.url + "again"}
	g.expect("a recruiter sends again", g.sendTest(test, 1, again).raw, first.raw)
	g.expect("mails", g.mails("harry.1@b.test"), 2)
	g.act("start", object{"application": "261"})
	g.expect("while she takes it", g.sendTest(test, 1, object{"url": g.url + "third"}).raw, first.raw)
	g.expect("mails", g.mails("harry.1@b.test"), 2)
	g.act("score", object{"application": "261"})
	g.expect("callbacks", len(g.calls()), 3)
	g.expect("taken once", g.sendTest(test, 1, object{"url": g.url + "fourth"}).at("error", "code"), "retake_not_allowed")
	g.sendTest(test, 2)
	g.act("expire", object{"application": "262"})
	g.expect("after the end, another attempt", g.sendTest(test, 2, object{"url": g.url + "2b"}).status, 200)
	if state := g.control("GET", "state/participants", nil).raw; !strings.Contains(state, `"attempt": 2`) ||
		!strings.Contains(state, `"candidate_id": "172"`) || !strings.Contains(state, `"application_id": "262"`) {
		t.Errorf("participants: %s", state)
	}
	foreign := g.sendTest(test, 3, object{"greenhouse_profile_url": "https://ats.test/c/3"})
	known := g.get(foreign.at("partner_interview_id")).at("external", "candidate_id")
	g.expect("a profile of another form is the person's id", known, "https://ats.test/c/3")
}

// TestTheScoreIsShownWhenAllIsGraded: nothing while evaluation is missing; then the callback, and what it makes Greenhouse ask.
func TestTheScoreIsShownWhenAllIsGraded(t *testing.T) {
	g := newGreenhouse(t)
	id := g.sendTest(g.test("Product Analytics"), 1).at("partner_interview_id")
	status := func() answer { g.Helper(); return g.call("GET", "test_status?partner_interview_id="+id, nil) }
	for _, c := range []struct{ act, want string }{
		{"open", "invited"}, {"start", "in_progress"}, {"submit", "evaluating"}, {"evaluate-part", "evaluating"},
	} {
		g.act(c.act, object{"participant": id})
		got := status()
		g.expect(c.act, got.at("partner_status"), c.want)
		g.expect("no score yet", got.at("partner_score")+got.at("partner_profile_url"), "")
	}
	g.expect("no callback yet", len(g.calls()), 0)
	g.act("evaluate", object{"participant": id, "score": 65.5})
	call := "PATCH /integrations/testing_partners/take_home_tests/1 " + basic(alooba.DefaultGreenhouseKey, "") + " 0"
	g.expect("callbacks", strings.Join(g.calls(), "\n"), call)
	got := status()
	g.expect("status", got.at("partner_status"), "complete")
	g.expect("score", got.at("partner_score"), 65.5)
	g.expect("report", got.at("partner_profile_url"), g.get(id).at("report_url"))
	g.expect("metadata", got.at("metadata", "Passing score")+" "+got.at("metadata", "Passed"), "60 true")
	g.expect("unknown", g.call("GET", "test_status?partner_interview_id=par_99", nil).status, 404)
	g.act("evaluate", object{"participant": id, "score": 50})
	g.expect("a correction is told too", len(g.calls()), 2)
}

// TestCallbacksGoToConfiguredHostsOnly: they carry the key, and the URL came from outside.
func TestCallbacksGoToConfiguredHostsOnly(t *testing.T) {
	g, stranger := newGreenhouse(t), listen(t)
	sent := g.sendTest(g.test("SQL Essentials"), 1, object{"url": stranger.url + "/1"})
	g.expect("it can be asked for all the same", sent.status, 200)
	g.act("score", object{"application": "261"})
	g.advance("100h")
	g.expect("the stranger", len(stranger.all()), 0)
	if refused := g.control("GET", "state/refused-callbacks", nil).raw; !strings.Contains(refused, stranger.url+"/1") {
		t.Errorf("refused: %s", refused)
	}
}

func TestCallbacksAreRepeated(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int
		calls    int
		state    string
	}{
		{"taken", nil, 1, "delivered"},
		{"busy, then taken", []int{500, 429, 503}, 4, "delivered"},
		{"never", []int{500, 500, 500, 500, 500, 500, 500, 500, 500}, 8, "failed"},
		{"another key", []int{401}, 1, "failed"},
		{"gone", []int{404}, 1, "failed"},
		{"a redirect is not followed", []int{302, 302}, 3, "delivered"},
	} {
		g := newGreenhouse(t)
		g.answers(c.statuses...)
		g.sendTest(g.test("SQL Essentials"), 1)
		g.act("score", object{"application": "261"})
		g.advance("100h")
		g.expect(c.name, len(g.calls()), c.calls)
		if sent := g.control("GET", "deliveries", nil).raw; !strings.Contains(sent, `"state": "`+c.state+`"`) {
			t.Errorf("%s: %s", c.name, sent)
		}
		if all := strings.Join(g.calls(), " "); strings.Contains(all, "elsewhere") {
			t.Errorf("%s: %s", c.name, all)
		}
	}
}

func TestResponseErrorsAreKept(t *testing.T) {
	g := newGreenhouse(t)
	g.sendTest(g.test("SQL Essentials"), 1)
	got := g.call("POST", "response_error", object{
		"api_call": "test_status", "errors": []string{"partner_profile_url is missing"}, "candidate_email": "harry.1@b.test",
	})
	g.expect("answer", got.raw, `{"status":200}`)
	if state := g.control("GET", "state/response-errors", nil).raw; !strings.Contains(state, "partner_profile_url is missing") {
		t.Errorf("errors: %s", state)
	}
	g.webhook(`{"action":"candidate_anonymized","payload":{"candidate_id":171,"anonymized_fields":["full_name"]}}`)
	g.expect("those about who is anonymous are not", g.control("GET", "state/response-errors", nil).raw, "[]\n")
}

// TestWebhooksOfGreenhouse are scenarios 4 and 5 of the sheet, and the status synchronisation of the guide.
func TestWebhooksOfGreenhouse(t *testing.T) {
	g := newGreenhouse(t)
	id := g.sendTest(g.test("SQL Essentials"), 1).at("partner_interview_id")
	event := func(action string) string {
		return `{"action":"` + action + `","payload":{"application":{"id":261,"candidate":{"id":171}}}}`
	}
	for _, c := range []struct{ action, want string }{
		{"hire_candidate", "hired"}, {"unhire_candidate", "unhired"}, {"reject_candidate", "rejected"}, {"unreject_candidate", "unrejected"},
		{"candidate_stage_change", "unrejected"},
	} {
		g.expect(c.action, g.webhook(event(c.action)).status, 200)
		g.expect(c.action, g.get(id).at("hiring_status"), c.want)
	}
	g.expect("ping", g.webhook(`{"action":"ping","payload":{"web_hook_id":1}}`).status, 200)
	g.expect("somebody else", g.webhook(`{"action":"candidate_anonymized","payload":{"candidate_id":999}}`).status, 200)
	for _, c := range []struct {
		name   string
		got    answer
		status int
	}{
		{"no JSON", g.webhook("{"), 400},
		{"organisation by case", g.webhook(event("hire_candidate"), "X-Organisation", "example analytics"), 403},
		{"no organisation", g.webhook(event("hire_candidate"), "X-Organisation", ""), 403},
		{"another body's signature", g.webhook(event("hire_candidate"), "Signature", "sha256 "+strings.Repeat("0", 64)), 401},
		{"no signature", g.webhook(event("hire_candidate"), "Signature", ""), 401},
	} {
		g.expect(c.name, c.got.status, c.status)
	}
	g.expect("nothing came of those", g.get(id).at("hiring_status"), "unrejected")
	g.act("score", object{"participant": id, "score": 80})
	anonymized := `{"action":"candidate_anonymized","payload":{"candidate_id":171,"anonymized_fields":["full_name"]}}`
	for range 2 {
		g.expect("anonymized", g.webhook(anonymized).status, 200)
	}
	g.expect("the score stays", g.get(id).at("status")+" "+g.get(id).at("result", "score"), "anonymised 80")
	g.expect("mails", g.mails("harry.1@b.test"), 0)
	if state := g.control("GET", "state/participants", nil).raw; strings.Contains(state, "Potter") || strings.Contains(state, "123-456") {
		t.Errorf("who it was is still there: %s", state)
	}
	g.expect("she is not invited again", g.sendTest(g.test("SQL Essentials"), 1).status, 410)
}

func TestGreenhousesLimit(t *testing.T) {
	w := start(t, kit.Options{Rate: 0.01, Burst: 1})
	list := func() answer {
		return w.send("GET", "/v1/greenhouse/list_tests", nil, "Authorization", basic(alooba.DefaultGreenhouseKey, ""))
	}
	w.expect("first", list().status, 200)
	second := list()
	w.expect("second", second.status, 429)
	w.expect("Retry-After", second.header.Get("Retry-After"), "100")
}
