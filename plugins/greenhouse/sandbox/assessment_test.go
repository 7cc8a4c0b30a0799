package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// nudge is the partner's PATCH; it answers the status.
func (g *greenhouse) nudge(callback any, key string) int {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), "PATCH", callback.(string), nil)
	if err != nil {
		g.Fatal(err)
	}
	req.SetBasicAuth(key, "")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestAssessmentFromSendToReport(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	if heard := p.take(g, "/list"); len(heard) != 1 || heard[0].method != "GET" || heard[0].key != partnerKey {
		t.Errorf("choosing a test asked %+v", heard)
	}
	a := g.apply(object{"resume": "cv.pdf"})
	if why := g.refused("send-test", object{"application": a["application"]}); !strings.Contains(why, "no take-home test") {
		t.Errorf("before the stage: %s", why)
	}
	g.act("move", object{"application": a["application"], "stage": "Assessment"})
	if k := g.kit(a["application"]); k["status"] != "To Be Sent" || len(p.take(g, "/send")) != 0 {
		t.Errorf("before Send Test: %v", k)
	}
	made := g.act("send-test", object{"application": a["application"]})
	heard := p.take(g, "/send")
	if len(heard) != 1 || heard[0].key != partnerKey {
		t.Fatalf("send_test: %+v", heard)
	}
	c := heard[0].body["candidate"].(object)
	profile := "https://app.greenhouse.io/people/" + a["candidate"].(string) + "?application_id=" + a["application"].(string)
	if heard[0].body["partner_test_id"] != "t1" || heard[0].body["url"] != made["callback"] || c["greenhouse_profile_url"] != profile ||
		c["email"] != "grace@navy.example" || c["id"] != nil || heard[0].body["sent_by"] != "ada@employer.example" {
		t.Errorf("send_test says %s", heard[0].raw)
	}
	if diff := shapeDiff("", sample(t, "assessment_send_test_request"), any(heard[0].body)); diff != "" {
		t.Error(diff)
	}
	if k := g.kit(a["application"]); k["status"] != "Waiting" || k["score"] != nil {
		t.Errorf("after Send Test: %v", k)
	}
	for key, want := range map[string]int{"wrong": 401, "": 401, partnerKey: 200} {
		if got := g.nudge(made["callback"], key); got != want {
			t.Errorf("PATCH with key %q: %d, want %d", key, got, want)
		}
	}
	if got := g.nudge(made["callback"].(string)+"0", partnerKey); got != 404 {
		t.Errorf("PATCH of an unknown send: %d", got)
	}
	if early := p.take(g, "/status"); len(early) != 0 {
		t.Errorf("test_status at once: %+v", early)
	}
	p.set("/status", 0, `{"partner_status":"complete","partner_profile_url":"https://acme.example/r","partner_score":81.5,
		"metadata":{"Level":"B"}}`)
	g.advance("1s")
	if asked := p.take(g, "/status"); len(asked) != 1 || asked[0].query != "partner_interview_id=i1" {
		t.Errorf("test_status: %+v", asked)
	}
	k := g.kit(a["application"])
	if k["status"] != "To be graded" || k["score"] != 81.5 || k["report"] != "https://acme.example/r" ||
		k["metadata"].(object)["Level"] != "B" {
		t.Errorf("the kit shows %v", k)
	}
	if errs := p.take(g, "/error"); len(errs) != 0 {
		t.Errorf("response_error: %+v", errs)
	}
}

// TestResponseError is a table of answers that Greenhouse refuses (sections 2.2 to 2.6).
func TestResponseError(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	a := g.apply(object{"stage": "Assessment"})["application"]
	for _, tt := range []struct {
		call, answer string
		status       int
	}{
		{"list_tests", `[{"partner_test_id":1,"partner_test_name":"n"}]`, 0},
		{"list_tests", `[{"partner_test_id":"1"}]`, 0},
		{"list_tests", `{"tests":[]}`, 0},
		{"list_tests", `null`, 0},
		{"list_tests", `[]`, 500},
		{"send_test", `{"partner_interview_id":98765}`, 0},
		{"send_test", `{"id":"1"}`, 0},
		{"send_test", `{"partner_interview_id":"1","extra":true}`, 0},
		{"send_test", `<html>`, 0},
		{"send_test", `{"partner_interview_id":"1"}`, 422},
		{"send_test", `{"partner_interview_id":"1"}`, 302},
		{"test_status", `{"partner_status":"complete"}`, 0},
		{"test_status", `{"partner_score":1}`, 0},
		{"test_status", `{"partner_status":"complete","partner_profile_url":"/relative"}`, 0},
		{"test_status", `{"partner_status":"complete","partner_profile_url":"https://r.example","partner_score":"81"}`, 0},
		{"test_status", `{"partner_status":"complete","partner_profile_url":"https://r.example","metadata":{"a":{"b":1}}}`, 0},
		{"test_status", `{"partner_status":"complete","partner_profile_url":"https://r.example"}`, 404},
	} {
		path := map[string]string{"list_tests": "/list", "send_test": "/send", "test_status": "/status"}[tt.call]
		p.set("/send", 0, `{"partner_interview_id":"i1"}`)
		p.set(path, tt.status, tt.answer)
		switch tt.call {
		case "list_tests":
			g.refused("tests", object{})
		case "send_test":
			g.act("send-test", object{"application": a})
			g.advance("0s")
			if k := g.kit(a); k["status"] != "To Be Sent" {
				t.Errorf("%s %d %s: the kit shows %v", tt.call, tt.status, tt.answer, k)
			}
		case "test_status":
			made := g.act("send-test", object{"application": a})
			g.nudge(made["callback"], partnerKey)
			g.advance("1s")
			if k := g.kit(a); k["status"] != "Waiting" || k["report"] != "" {
				t.Errorf("%s %d %s: the kit shows %v", tt.call, tt.status, tt.answer, k)
			}
		}
		errs := p.take(g, "/error")
		if len(errs) != 1 || errs[0].body["api_call"] != tt.call || len(errs[0].body["errors"].([]any)) != 1 || errs[0].key != partnerKey {
			t.Errorf("%s %d %s: response_error %+v", tt.call, tt.status, tt.answer, errs)
		}
		if tt.call == "test_status" && (errs[0].body["partner_interview_id"] != "i1" || errs[0].body["candidate_email"] != "grace@navy.example") {
			t.Errorf("response_error knows %v", errs[0].body)
		}
	}
}

func TestNobodyIsSentATest(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	for name, differs := range map[string]object{
		"no e-mail": {"email": ""}, "bad e-mail": {"email": "nonsense"}, "do not e-mail": {"do_not_email": true},
		"no test chosen": {"job": "Backend Engineer"},
	} {
		a := g.apply(object{"stage": "Assessment"}, differs)
		g.refused("send-test", object{"application": a["application"]})
		if heard := p.take(g, "/send"); len(heard) != 0 {
			t.Errorf("%s: %+v", name, heard)
		}
	}
	a := g.apply(object{"stage": "Assessment"})["application"]
	g.act("reject", object{"application": a})
	g.refused("send-test", object{"application": a})
	g.refused("send-test", object{})
}

// TestRejectedMeanwhile is trap 16: the result of who is no longer active is never shown.
func TestRejectedMeanwhile(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	p.set("/status", 0, `{"partner_status":"complete","partner_profile_url":"https://acme.example/r"}`)
	for _, decision := range []string{"reject", "hire"} {
		a := g.apply(object{"stage": "Assessment"})["application"]
		made := g.act("send-test", object{"application": a})
		g.advance("0s")
		g.act(decision, object{"application": a})
		if status := g.nudge(made["callback"], partnerKey); status != 200 {
			t.Errorf("%s: PATCH %d", decision, status)
		}
		g.advance("1m")
		if k := g.kit(a); k["report"] != "" || len(p.take(g, "/status")) != 0 {
			t.Errorf("%s: the kit shows %v", decision, k)
		}
	}
}

func TestBulkResendAndRule(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	var all []string
	for range 40 {
		all = append(all, g.apply(object{"stage": "Assessment"})["application"].(string))
	}
	if first := g.act("send-test", object{"application": all[0]}); first["callback"] == "" {
		t.Error("no callback")
	}
	g.advance("0s")
	if sends := g.act("send-test", object{"applications": all}); len(sends) != 39 || sends[all[0]] != nil {
		t.Errorf("bulk sent %d, the first again: %v", len(sends), sends[all[0]])
	}
	urls := map[any]bool{}
	for _, h := range p.take(g, "/send") {
		urls[h.body["url"]] = true
	}
	g.act("send-test", object{"application": all[0]})
	for _, h := range p.take(g, "/send") {
		urls[h.body["url"]] = true
	}
	if len(urls) != 41 {
		t.Errorf("%d callbacks, want one for each of 41 sends", len(urls))
	}
	g.act("stage-test", object{"job": "Data Analyst", "stage": "Assessment", "test": "t1", "auto": true})
	a := g.apply()["application"]
	g.act("move", object{"application": a, "stage": "Assessment"})
	if heard := p.take(g, "/send"); len(heard) != 1 || heard[0].body["sent_by"] != nil {
		t.Errorf("the rule sent %+v", heard)
	}
}

// TestPolling is hourly, ends with a result, and after eight weeks.
func TestPolling(t *testing.T) {
	g, p := start(t), receive(t)
	g.enable(p)
	g.act("settings", object{"polling": true})
	for range 2 {
		g.act("send-test", object{"application": g.apply(object{"stage": "Assessment"})["application"]})
	}
	g.advance("3h1s")
	if n := len(p.take(g, "/status")); n != 6 {
		t.Errorf("asked %d times in three hours, want 6", n)
	}
	p.set("/status", 0, `{"partner_status":"complete","partner_profile_url":"https://acme.example/r"}`)
	g.advance("1h")
	p.take(g, "/status")
	g.advance("5h")
	if n := len(p.take(g, "/status")); n != 0 {
		t.Errorf("asked %d times after the results", n)
	}
	p.set("/status", 0, `{"partner_status":"sent"}`)
	g.act("send-test", object{"application": g.apply(object{"stage": "Assessment"})["application"]})
	g.advance("1343h")
	p.take(g, "/status")
	g.advance("48h")
	if n := len(p.take(g, "/status")); n > 2 {
		t.Errorf("asked %d times after eight weeks", n)
	}
}
