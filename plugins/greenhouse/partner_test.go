package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestWhoMayCall(t *testing.T) {
	for who, c := range map[string]struct {
		change func(*sdk.Request)
		may    bool
	}{
		"the new key":             {func(*sdk.Request) {}, true},
		"the old key":             {func(r *sdk.Request) { r.Header.Set("Authorization", basic(oldKey, "")) }, true},
		"a stale key":             {func(r *sdk.Request) { r.Secrets = []string{oldKey} }, false},
		"no live key":             {func(r *sdk.Request) { r.Secrets = nil }, false},
		"an empty key":            {func(r *sdk.Request) { r.Secrets = []string{""}; r.Header.Set("Authorization", basic("", "")) }, false},
		"a password":              {func(r *sdk.Request) { r.Header.Set("Authorization", basic(newKey, "x")) }, false},
		"the key as the password": {func(r *sdk.Request) { r.Header.Set("Authorization", basic("", newKey)) }, false},
		"half a key":              {func(r *sdk.Request) { r.Header.Set("Authorization", basic(newKey[:9], "")) }, false},
		"the key as a bearer":     {func(r *sdk.Request) { r.Header.Set("Authorization", "Bearer "+newKey) }, false},
		"two keys at once":        {func(r *sdk.Request) { r.Header.Add("Authorization", basic(oldKey, "")) }, false},
		"a key in the URL": {func(r *sdk.Request) {
			r.Header.Del("Authorization")
			r.Query = url.Values{"key": {newKey}, "api_key": {newKey}, "Authorization": {basic(newKey, "")}}
		}, false},
		"a webhook's signature": {func(r *sdk.Request) { r.Header = telling(r.Body).Header }, false},
	} {
		for name, call := range calls {
			r := calling(call.method, name, string(read(t, "assessment_send_test_request.json")))
			c.change(&r)
			got, err := atNoon(t, config{}).Receive(t.Context(), r)
			if may := err == nil; may != c.may || !may && (!errors.Is(err, sdk.ErrUnauthorized) || got.Events != nil) {
				t.Errorf("%s, %s: %+v, %v", who, name, got, err)
			}
			if err != nil && strings.Contains(err.Error(), newKey) {
				t.Errorf("%s: the error shows the key", who)
			}
		}
	}
}

func TestCallsAreQuestions(t *testing.T) {
	asked := strings.Repeat("0123456789abcdef", 2)
	for _, c := range []struct {
		method, name string
		query        url.Values
		question     sdk.Question
		status       int
	}{
		{"GET", "list_tests", nil, sdk.Question{About: sdk.AboutTests}, 0},
		{"GET", "test_status", url.Values{"partner_interview_id": {asked}}, sdk.Question{About: sdk.AboutStatus, ID: asked}, 0},
		{"GET", "test_status", nil, sdk.Question{}, 404},
		{"GET", "test_status", url.Values{"partner_interview_id": {asked, asked}}, sdk.Question{}, 404},
		{"GET", "test_status", url.Values{"partner_interview_id": {"98765"}}, sdk.Question{}, 404},
		{"GET", "test_status", url.Values{"partner_interview_id": {strings.Repeat("0", 1<<20)}}, sdk.Question{}, 404},
		{"POST", "test_status", url.Values{"partner_interview_id": {asked}}, sdk.Question{}, 405},
		{"GET", "send_test", nil, sdk.Question{}, 405},
		{"GET", "tests", nil, sdk.Question{}, 404},
		{"GET", "", nil, sdk.Question{}, 404},
	} {
		r := calling(c.method, c.name, "")
		r.Query = c.query
		got, err := atNoon(t, config{}).Receive(t.Context(), r)
		if err != nil || got.Response.Status != c.status || got.Events != nil {
			t.Errorf("%s %s: %+v, %v; want status %d", c.method, c.name, got, err, c.status)
		}
		if c.status == 0 && (got.Question == nil || *got.Question != c.question) {
			t.Errorf("%s %s asks %+v, want %+v", c.method, c.name, got.Question, c.question)
		}
	}
}

// TestSendTest takes the documented sample.
func TestSendTest(t *testing.T) {
	p := atNoon(t, config{})
	got, err := p.Receive(t.Context(), calling("POST", "send_test", string(read(t, "assessment_send_test_request.json"))))
	if err != nil || len(got.Events) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	e := got.Events[0]
	want := sdk.Snapshot{
		Candidate: sdk.Candidate{Name: "Harry Potter", Email: "hpotter@hogwarts.edu"},
		Callback:  "https://app.greenhouse.io/integrations/testing_partners/take_home_tests/12345",
		URL:       "https://app.greenhouse.io/people/17681532?application_id=26234709",
	}
	if e.Kind != sdk.KindRequested || e.At != noon || e.Application != "26234709" || e.Person != "17681532" || e.Assessment != "12345" ||
		e.Snapshot == nil || *e.Snapshot != want {
		t.Errorf("event %+v, snapshot %+v", e, e.Snapshot)
	}
	if body := string(got.Response.Body); got.Response.Status != 200 || body != fmt.Sprintf(`{"partner_interview_id":%q}`, e.ID) {
		t.Errorf("answered %d %s", got.Response.Status, body)
	}
	if !ours.MatchString(e.ID) {
		t.Errorf("the id %q is none that test_status takes", e.ID)
	}
}

// sending is the sample with changes: of a path such as candidate.email to a value, or to nothing if that is nil.
func sending(t *testing.T, changes map[string]any) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(read(t, "assessment_send_test_request.json"), &body); err != nil {
		t.Fatal(err)
	}
	for path, value := range changes {
		in := body
		within, name, nested := strings.Cut(path, ".")
		if nested {
			if body[within] == nil {
				body[within] = map[string]any{}
			}
			in = body[within].(map[string]any)
		} else {
			name = within
		}
		if in[name] = value; value == nil {
			delete(in, name)
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestSendTestTwice(t *testing.T) {
	id := func(changes map[string]any) string {
		got, err := atNoon(t, config{}).Receive(t.Context(), calling("POST", "send_test", sending(t, changes)))
		if err != nil || len(got.Events) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Events[0].ID
	}
	first := id(nil)
	if again := id(map[string]any{"candidate.resume_url": "https://hogwarts.com/new", "sent_by": nil}); again != first {
		t.Error("the same send, repeated, is another")
	}
	resent := map[string]any{"url": "https://app.greenhouse.io/integrations/testing_partners/take_home_tests/12346"}
	if id(resent) == first {
		t.Error("a send anew is the same as the first (trap 19)")
	}
}

func TestSendTestAsItMayCome(t *testing.T) {
	type change = map[string]any
	for name, c := range map[string]struct {
		change change
		check  func(sdk.Event) bool
	}{
		"no e-mail address: the host says so by name": {change{"candidate.email": nil},
			func(e sdk.Event) bool { return e.Snapshot.Candidate.Email == "" }},
		"ids beside the profile": {change{"candidate.id": 5, "application.id": 6},
			func(e sdk.Event) bool { return e.Application == "6" && e.Person == "5" }},
		"ids instead of the profile": {change{"application.id": 6, "candidate.greenhouse_profile_url": "n/a"},
			func(e sdk.Event) bool { return e.Application == "6" && e.Person == "" && e.Snapshot.URL == "" }},
		"a profile elsewhere is not shown": {change{"candidate.greenhouse_profile_url": "https://evil.example/people/5?application_id=6"},
			func(e sdk.Event) bool { return e.Application == "6" && e.Snapshot.URL == "" }},
		"a new property":      {change{"job.id": 5}, func(e sdk.Event) bool { return e.Application == "26234709" }},
		"a test that was":     {change{"partner_test_id": "alooba/gone"}, func(e sdk.Event) bool { return e.Assessment == "alooba/gone" }},
		"another data centre": {change{"url": "https://app2.greenhouse.io/take_home_tests/1"}, func(e sdk.Event) bool { return e.ID != "" }},
	} {
		got, err := atNoon(t, config{}).Receive(t.Context(), calling("POST", "send_test", sending(t, c.change)))
		if err != nil || len(got.Events) != 1 || !c.check(got.Events[0]) {
			t.Errorf("%s: %+v, %v", name, got.Events, err)
		}
	}
}

func TestSendTestRefused(t *testing.T) {
	type change = map[string]any
	callback := func(url any) change { return change{"url": url} }
	for name, c := range map[string]struct {
		body, want string
	}{
		"no JSON":                    {"partner_test_id=1", "malformed"},
		"nothing":                    {"", "malformed"},
		"deep":                       {`{"candidate":` + strings.Repeat(`{"a":`, 200_000), "malformed"},
		"a number for the test":      {sending(t, change{"partner_test_id": 12345}), "malformed"},
		"no test":                    {sending(t, change{"partner_test_id": nil}), "malformed"},
		"a test that is an object":   {sending(t, change{"partner_test_id": change{"id": "1"}}), "malformed"},
		"a test of many words":       {sending(t, change{"partner_test_id": strings.Repeat("x", 256)}), "malformed"},
		"a test with a line break":   {sending(t, change{"partner_test_id": "a\nb"}), "malformed"},
		"no application":             {sending(t, change{"candidate.greenhouse_profile_url": "https://app.greenhouse.io/people/5"}), "malformed"},
		"a name without end":         {sending(t, change{"candidate.last_name": strings.Repeat("x", 301)}), "malformed"},
		"no callback":                {sending(t, callback(nil)), "foreign_callback"},
		"a foreign host":             {sending(t, callback("https://evil.example/take_home_tests/1")), "foreign_callback"},
		"our host as a label":        {sending(t, callback("https://app.greenhouse.io.evil.example/1")), "foreign_callback"},
		"our host as another's end":  {sending(t, callback("https://evilgreenhouse.io/1")), "foreign_callback"},
		"two labels":                 {sending(t, callback("https://a.b.greenhouse.io/1")), "foreign_callback"},
		"the bare domain":            {sending(t, callback("https://greenhouse.io/1")), "foreign_callback"},
		"our host as a user":         {sending(t, callback("https://app.greenhouse.io@evil.example/1")), "foreign_callback"},
		"a user at our host":         {sending(t, callback("https://key@app.greenhouse.io/1")), "foreign_callback"},
		"plain http":                 {sending(t, callback("http://app.greenhouse.io/1")), "foreign_callback"},
		"another port":               {sending(t, callback("https://app.greenhouse.io:8443/1")), "foreign_callback"},
		"a loopback address":         {sending(t, callback("https://127.0.0.1/1")), "foreign_callback"},
		"no path":                    {sending(t, callback("https://app.greenhouse.io/")), "foreign_callback"},
		"an escaped path":            {sending(t, callback("https://app.greenhouse.io/a%2F..%2Fb")), "foreign_callback"},
		"a callback without end":     {sending(t, callback("https://app.greenhouse.io/"+strings.Repeat("x", 2000))), "foreign_callback"},
		"the sandbox of another day": {sending(t, callback("http://127.0.0.1:9999/1")), "foreign_callback"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := atNoon(t, config{}).Receive(t.Context(), calling("POST", "send_test", c.body))
			why, detail := reason(err)
			if why != c.want || got.Events != nil || strings.Contains(detail, "Potter") || strings.Contains(detail, "evil") {
				t.Errorf("%+v, %v; want it refused as %s, without a word of what was sent", got, err, c.want)
			}
		})
	}
}

// TestResponseError is row GA10: the operator gets to see it, bounded and without addresses, whatever it is.
func TestResponseError(t *testing.T) {
	for name, c := range map[string]struct {
		body       string
		want, hide []string
	}{
		"the sample": {string(read(t, "assessment_response_error_request.json")),
			[]string{"our answer to test_status: ", "partner_profile url is missing", "299506"}, []string{"hpotter"}},
		"an address within": {`{"api_call":"send_test","errors":["could not mail <ada@example.org>, sorry"]}`,
			[]string{"could not mail <[address]>, sorry"}, []string{"ada@"}},
		"a flood": {`{"api_call":"x","errors":["` + strings.Repeat(`y","`, 5000) + strings.Repeat("z", 50_000) + `"]}`,
			[]string{"our answer to x: y"}, []string{"zzz"}},
		"a long one": {`{"api_call":"x","errors":["` + strings.Repeat("z", 50_000) + `"]}`,
			[]string{"zzz…"}, []string{strings.Repeat("z", 301)}},
		"forged lines": {`{"api_call":"a\nlevel=INFO","errors":["b\u001b[2J"]}`, []string{"a level=INFO"}, []string{"\nlevel=INFO", "\x1b"}},
		"another form": {`{"api_call":7,"errors":"all","partner_test_id":"5"}`, []string{"our answer to a call: it does not say why (about 5)"}, nil},
		"no JSON":      {"?", []string{"it does not say why"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := atNoon(t, config{}).Receive(t.Context(), calling("POST", "response_error", c.body))
			if err != nil || got.Response.Status != 200 || string(got.Response.Body) != `{"status":200}` || got.Events != nil {
				t.Errorf("%+v, %v; never an error", got, err)
			}
			told := strings.Join(got.Notices, "\n")
			for _, w := range c.want {
				if !strings.Contains(told, w) {
					t.Errorf("what is told lacks %q: %.500s", w, told)
				}
			}
			for _, h := range c.hide {
				if strings.Contains(told, h) {
					t.Errorf("what is told shows %.40q", h)
				}
			}
			if len(told) > 6000 {
				t.Errorf("%d bytes", len(told))
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	score := func(f float64) *float64 { return &f }
	status := func(s *sdk.TestStatus) (sdk.Question, sdk.Answer) {
		return sdk.Question{About: sdk.AboutStatus, ID: "ab"}, sdk.Answer{Status: s}
	}
	link := "https://app.alooba.com/report?id=1&tab=2"
	for _, c := range []struct {
		name   string
		ask    func() (sdk.Question, sdk.Answer)
		status int
		body   string
	}{
		{"tests", func() (sdk.Question, sdk.Answer) {
			tests := []sdk.Test{{ID: "alooba/1", Name: "Numeracy"}, {ID: "alooba/2", Name: "SQL"}}
			return sdk.Question{About: sdk.AboutTests}, sdk.Answer{Tests: tests}
		}, 200, `[{"partner_test_id":"alooba/1","partner_test_name":"Numeracy"},{"partner_test_id":"alooba/2","partner_test_name":"SQL"}]`},
		{"no tests", func() (sdk.Question, sdk.Answer) { return sdk.Question{About: sdk.AboutTests}, sdk.Answer{} }, 200, `[]`},
		{"an unknown test", func() (sdk.Question, sdk.Answer) { return status(nil) }, 404, `{"message":"no such test was requested"}`},
		{"under way", func() (sdk.Question, sdk.Answer) { return status(&sdk.TestStatus{}) }, 200, `{"partner_status":"in_progress"}`},
		{"evaluation is missing: nothing is shown", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Score: score(40), URL: link})
		}, 200, `{"partner_status":"in_progress"}`},
		{"complete", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Complete: true, Score: score(81.5), URL: link})
		}, 200, `{"partner_profile_url":"https://app.alooba.com/report?id=1\u0026tab=2","partner_score":81.5,"partner_status":"complete"}`},
		{"complete with a score of nothing", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Complete: true, Score: score(0), URL: link})
		}, 200, `{"partner_profile_url":"https://app.alooba.com/report?id=1\u0026tab=2","partner_score":0,"partner_status":"complete"}`},
		{"complete without a score", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Complete: true, Score: score(math.NaN()), URL: link})
		}, 200, `{"partner_profile_url":"https://app.alooba.com/report?id=1\u0026tab=2","partner_status":"complete"}`},
		{"complete without a link is malformed", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Complete: true, Score: score(9)})
		}, 200, `{"partner_status":"in_progress"}`},
		{"a link that is a script", func() (sdk.Question, sdk.Answer) {
			return status(&sdk.TestStatus{Complete: true, URL: "javascript:alert(1)"})
		}, 200, `{"partner_status":"in_progress"}`},
		{"refused: the test is gone", func() (sdk.Question, sdk.Answer) {
			return sdk.Question{About: sdk.AboutRequest, ID: "ab"}, sdk.Answer{Refused: &sdk.Refusal{Reason: "unknown_assessment", Detail: "gone"}}
		}, 404, `{"message":"refused (unknown_assessment): gone"}`},
		{"refused: no address", func() (sdk.Question, sdk.Answer) {
			return sdk.Question{About: sdk.AboutRequest, ID: "ab"}, sdk.Answer{Refused: &sdk.Refusal{Reason: "missing_email", Detail: "none"}}
		}, 422, `{"message":"refused (missing_email): none"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, a := c.ask()
			got, err := atNoon(t, config{}).Answer(t.Context(), q, a)
			if err != nil || got.Status != c.status || string(got.Body) != c.body || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s, %v\nwant %d %s", got.Status, got.Body, err, c.status, c.body)
			}
		})
	}
	for _, q := range []sdk.Question{{About: "weather"}, {About: sdk.AboutRequest}} {
		if got, err := atNoon(t, config{}).Answer(t.Context(), q, sdk.Answer{}); err == nil {
			t.Errorf("%q is answered %+v", q.About, got)
		}
	}
}

func TestAnswersOwnSampleTests(t *testing.T) {
	got, err := atNoon(t, config{}).Answer(t.Context(), sdk.Question{About: sdk.AboutTests}, sdk.Answer{Tests: []sdk.Test{
		{ID: "12345", Name: "My First Test"}, {ID: "54321", Name: "My Second Test"},
	}})
	var is, want []map[string]string
	if err != nil || json.Unmarshal(got.Body, &is) != nil || json.Unmarshal(read(t, "assessment_list_tests_response.json"), &want) != nil {
		t.Fatalf("%s, %v", got.Body, err)
	}
	if fmt.Sprint(is) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", is, want)
	}
}

func TestReport(t *testing.T) {
	const one, two = "PATCH /integrations/take_home_tests/1", "PATCH /integrations/take_home_tests/2"
	for _, c := range []struct {
		name   string
		script script
		want   string // the refusal's reason; "later", "again" for other errors
	}{
		{"both take it", script{one: "200", two: "204"}, ""},
		{"one is over", script{one: "404", two: "200"}, ""},
		{"both are over", script{one: "404", two: "410"}, "not_found"},
		{"the key is refused", script{one: "401", two: "403"}, "key_refused"},
		{"one is down", script{one: "500", two: "200"}, "again"},
		{"one says later, one is over", script{one: "429", two: "404"}, "later"},
		{"a redirect is not followed", script{one: "302", two: "302"}, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ats, calls := pretend(t, config{}, c.script)
			err := ats.(sdk.TestPartner).Report(t.Context(), sdk.NewKey("r"), sdk.Report{Callbacks: []string{
				calls.url + "/integrations/take_home_tests/1", calls.url + "/integrations/take_home_tests/2",
			}})
			why, _ := reason(err)
			delay, later := errors.AsType[*sdk.Delay](err)
			switch {
			case later:
				if why = "later"; delay.After.Seconds() != 17 {
					t.Errorf("later after %v", delay.After)
				}
			case err != nil && why == "":
				why = "again"
			}
			if why != c.want || errors.Is(err, sdk.ErrDisconnected) {
				t.Errorf("%v; want %q", err, c.want)
			}
			calls.wants(t, one, two) // without a body, both, each once
			if calls.auth[0] != "Basic" {
				t.Errorf("authorization %q: the host is to be told that it is the partner key", calls.auth[0])
			}
		})
	}
}

func TestReportGoesNowhereElse(t *testing.T) {
	ats, calls := pretend(t, config{}, script{"PATCH /1": "200"})
	foreign := strings.Replace(calls.url, "127.0.0.1", "localhost", 1)
	for _, callback := range []string{foreign + "/1", "https://evil.example/1", "http://app.greenhouse.io/1", "", "::"} {
		err := ats.(sdk.TestPartner).Report(t.Context(), sdk.NewKey("r"), sdk.Report{Callbacks: []string{callback}})
		if why, _ := reason(err); why != "foreign_callback" {
			t.Errorf("%s: %v", callback, err)
		}
	}
	calls.wants(t)
}
