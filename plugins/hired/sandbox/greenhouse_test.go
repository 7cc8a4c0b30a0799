package sandbox_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

const partnerKey = "greenhouse-" + kit.DefaultAPIKey

// greenhouse makes one of the contract's calls with Greenhouse's key.
func (w *world) greenhouse(method, call string, body any) answer {
	w.Helper()
	return w.send(partnerKey, method, "/api/v1/greenhouse/"+call, body)
}

// tests are the ids that Greenhouse is told, by name.
func (w *world) tests() map[string]string {
	w.Helper()
	var list []struct {
		ID   string `json:"partner_test_id"`
		Name string `json:"partner_test_name"`
	}
	if err := json.Unmarshal([]byte(w.greenhouse("GET", "list_tests", nil).raw), &list); err != nil {
		w.Fatal(err)
	}
	ids := map[string]string{}
	for _, t := range list {
		ids[t.Name] = t.ID
	}
	return ids
}

// press is a recruiter's Send Test, with its callback.
func (w *world) press(callback string, but ...object) object {
	body := object{
		"partner_test_id": w.tests()["Frontend"], "url": callback, "sent_by": nil,
		"candidate": object{
			"first_name": "Bo", "last_name": "Lind", "preferred_name": nil, "email": "bo@b.test", "phone_number": nil, "resume_url": nil,
			"greenhouse_profile_url": "https://app.greenhouse.io/people/17?application_id=42",
		},
	}
	for _, b := range but {
		maps.Copy(body, b)
	}
	return body
}

func TestGreenhouseHasAKeyOfItsOwn(t *testing.T) {
	w := start(t, kit.Options{})
	for name, key := range map[string]string{"none": "", "the API's": kit.DefaultAPIKey, "another": "x"} {
		w.expect(name, w.send(key, "GET", "/api/v1/greenhouse/list_tests", nil).status, 401)
	}
	w.expect("right", w.greenhouse("GET", "list_tests", nil).status, 200)
	made := w.act("greenhouse-key", object{"key": "new"}).at("key")
	w.expect("replaced", w.greenhouse("GET", "list_tests", nil).status, 401)
	w.expect("the new one", w.send(made, "GET", "/api/v1/greenhouse/list_tests", nil).status, 200)
	w.act("revoke-greenhouse-key", nil)
	w.expect("revoked", w.send(made, "GET", "/api/v1/greenhouse/list_tests", nil).status, 401)
	none := w.send("", "GET", "/api/v1/greenhouse/list_tests", nil, "Authorization", "Basic Og==") // an empty user name
	w.expect("no key is not the revoked one", none.status, 401)
}

func TestSendingATestByGreenhouse(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	sent := w.greenhouse("POST", "send_test", w.press(e.url+"/a"))
	id := sent.at("partner_interview_id")
	w.expect("sent", sent.raw, `{"partner_interview_id":"`+id+`"}`)
	w.expect("the same press", w.greenhouse("POST", "send_test", w.press(e.url+"/a")).at("partner_interview_id"), id)
	w.expect("mails", w.mails("bo@b.test"), 1)
	w.expect("waiting", w.greenhouse("GET", "test_status?partner_interview_id="+id, nil).raw, `{"partner_status":"sent"}`)

	state := w.act("start", object{"application": "42"})
	w.expect("who she is", state.at("external", "candidate_id"), "17")
	w.expect("another press joins", w.greenhouse("POST", "send_test", w.press(e.url+"/b")).at("partner_interview_id"), id)
	w.act("submit", object{"application": "42", "score": 45, "language": "javascript", "seconds": 60})
	w.advance("0s")
	all := e.all()
	w.expect("calls, one for each press", len(all), 2)
	for _, h := range all {
		w.expect("a PATCH of nothing with Greenhouse's key", h.method+h.body+" "+h.header.Get("Authorization"),
			"PATCH Basic Z3JlZW5ob3VzZS1zYW5kYm94LWtleTo=")
	}
	status := w.greenhouse("GET", "test_status?partner_interview_id="+id, nil)
	w.expect("status", status.at("partner_status")+" "+status.at("partner_score"), "complete 75")
	w.expect("report", status.at("partner_profile_url"), w.url+"/reports/"+id)
	w.expect("metadata", status.at("metadata"), "map[Language:javascript Seconds:60 Test:Frontend]")

	again := w.greenhouse("POST", "send_test", w.press(e.url+"/c"))
	w.expect("a press after that is another attempt", again.at("partner_interview_id") != id && again.status == 200, true)
	w.expect("mails", w.mails("bo@b.test"), 2)

	w.api("DELETE", "/candidates/17", nil)
	w.expect("whom Hired has erased nobody sends a test", w.greenhouse("POST", "send_test", w.press(e.url+"/a")).status, 410)
	w.expect("nor asks about", w.greenhouse("GET", "test_status?partner_interview_id="+id, nil).status, 404)
}

func TestWhatGreenhouseIsRefused(t *testing.T) {
	w := start(t, kit.Options{})
	who := func(change object) object {
		candidate := w.press("")["candidate"].(object)
		maps.Copy(candidate, change)
		return object{"candidate": candidate}
	}
	for name, c := range map[string]struct {
		body   any
		status int
	}{
		"no such test":     {w.press("https://g.test/1", object{"partner_test_id": "t_99"}), 404},
		"no test":          {w.press("https://g.test/1", object{"partner_test_id": nil}), 400},
		"no address":       {w.press("https://g.test/1", who(object{"email": ""})), 422},
		"bad address":      {w.press("https://g.test/1", who(object{"email": "bo"})), 422},
		"no last name":     {w.press("https://g.test/1", who(object{"last_name": ""})), 400},
		"no profile":       {w.press("https://g.test/1", who(object{"greenhouse_profile_url": nil})), 400},
		"no callback":      {w.press(""), 400},
		"callback is none": {w.press("file:///etc/passwd"), 400},
		"no JSON":          {"{", 400},
	} {
		w.expect(name, w.greenhouse("POST", "send_test", c.body).status, c.status)
	}
	w.expect("mails", w.mails(""), 0)
	w.expect("no such interview", w.greenhouse("GET", "test_status?partner_interview_id=hin_99", nil).status, 404)
	w.expect("an unreadable profile names her too", w.greenhouse("POST", "send_test",
		w.press("https://g.test/1", who(object{"greenhouse_profile_url": "https://ats.test/1"}))).status, 200)
	w.expect("external", w.act("open", object{"email": "bo@b.test"}).at("external", "candidate_id"), "https://ats.test/1")
}

func TestACallbackIsRepeatedUntilItIsTaken(t *testing.T) {
	w, e := start(t, kit.Options{}), listen(t)
	e.answers(503)
	w.greenhouse("POST", "send_test", w.press(e.url+"/a"))
	w.act("submit", object{"application": "42"})
	w.advance("1m")
	w.expect("calls", len(e.all()), 2)
	e.answers(204)
	w.advance("1h")
	w.advance("100h")
	w.expect("calls", len(e.all()), 3)
	e.answers(404)
	w.act("score", object{"application": "42", "score": 10})
	w.advance("100h")
	w.expect("a 404 ends it", len(e.all()), 4)
	sent := w.control("GET", "deliveries", nil).raw
	w.expect("states", []int{strings.Count(sent, `"delivered"`), strings.Count(sent, `"failed"`)}, "[1 1]")
}

func TestGreenhouseReportsErrors(t *testing.T) {
	w := start(t, kit.Options{})
	got := w.greenhouse("POST", "response_error", object{"api_call": "test_status", "errors": []string{"no url"}})
	w.expect("answer", got.raw, `{"status":200}`)
	if state := w.control("GET", "state/greenhouse", nil).raw; !strings.Contains(state, "no url") {
		t.Errorf("it is not kept: %s", state)
	}
	w.expect("no JSON", w.greenhouse("POST", "response_error", "x").status, 400)
}
