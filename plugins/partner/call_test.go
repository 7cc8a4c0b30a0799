package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sdktest"
)

// odd is a vendor that answers every call in its own way, and the requests that it got.
type odd struct {
	url string

	mu   sync.Mutex
	seen []string
}

func answering(t *testing.T, status int, body string) *odd {
	t.Helper()
	o := &odd{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen = append(o.seen, r.Method+" "+r.URL.RequestURI()+" "+string(text))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

var asked = sdk.Invitation{
	Key: "k1", Attempt: 1, Application: "opp/1?", Person: "cand 1", Assessment: "7",
	Candidate: sdk.Candidate{Name: "Cher", Email: "cher@b.test"},
}

// TestASend: every byte of it.
func TestASend(t *testing.T) {
	o := answering(t, 200, `{"partner_interview_id":"98765","new":1}`)
	c := settings(o.url + "/partner/")
	c.SendTest, c.CallbackURL = "v2/tests/send", "https://hooks.test/h/s/"
	invited, err := newPlugin(t, c).Invite(t.Context(), asked)
	if err != nil || invited != (sdk.Invited{Remote: "98765"}) {
		t.Fatalf("%+v %v", invited, err)
	}
	want := []string{`POST /partner/v2/tests/send {"partner_test_id":"7","candidate":{"first_name":"Cher","last_name":"Cher",` +
		`"preferred_name":null,"email":"cher@b.test","phone_number":null,"resume_url":null,` +
		`"greenhouse_profile_url":"https://app.greenhouse.io/people/cand%201?application_id=opp%2F1%3F"},` +
		`"sent_by":null,"url":"https://hooks.test/h/s/k1"}`}
	if diff := cmp.Diff(want, o.seen); diff != "" {
		t.Error(diff)
	}
}

// TestAnswersToASend: only an id as the contract has it is believed; she may have been mailed all the same.
func TestAnswersToASend(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   string
		told   bool // by response_error
	}{
		{"a number", 200, `{"partner_interview_id":98765}`, "unknown", true},
		{"empty", 200, `{"partner_interview_id":""}`, "unknown", true},
		{"absent", 201, `{}`, "unknown", true},
		{"nothing", 200, "", "unknown", true},
		{"a page", 200, "<html>", "unknown", false},
		{"elsewhere", 302, "", "unknown", false},
		{"refused", 422, `{"error":"do_not_email"}`, "refused (do_not_email): the vendor answered 422", false},
		{"refused without a word", 400, "no", "refused (refused): the vendor answered 400", false},
		{"no such test", 404, "", "refused (unknown_assessment)", false},
		{"no such key", 401, "", "disconnected", false},
		{"too slow", 408, "", "unknown", false},
		{"broken", 500, "", "unknown", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := answering(t, c.status, c.body)
			_, err := newPlugin(t, settings(o.url)).Invite(t.Context(), asked)
			if got := kindOf(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s (%v), want %s", got, err, c.want)
			}
			told := len(o.seen) == 2 && o.seen[1] == `POST /response_error {"api_call":"send_test",`+
				`"errors":["partner_interview_id is no string in the answer"],"partner_test_id":"7"}`
			if told != c.told || !told && len(o.seen) != 1 {
				t.Errorf("the vendor heard %q", o.seen)
			}
		})
	}
	// What the vendor says to the complaint says nothing of the send.
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/response_error" {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer busy.Close()
	_, err := newPlugin(t, settings(busy.URL)).Invite(t.Context(), asked)
	if kindOf(err) != "unknown" || !strings.Contains(err.Error(), "429") {
		t.Errorf("the vendor is too busy to hear of it: %v", err)
	}
}

func TestLists(t *testing.T) {
	for body, want := range map[string]string{
		`[{"partner_test_id":"1","partner_test_name":"Numeracy"},{"partner_test_id":"2","partner_test_name":"SQL","x":{}}]`: "1 Numeracy, 2 SQL",
		`[]`: "", `null`: "",
		`[{"partner_test_id":1,"partner_test_name":"Numeracy"}]`: "unknown",
		`[{"partner_test_id":"1"}]`:                              "unknown",
		`[{"partner_test_name":"SQL"}]`:                          "unknown",
		`{"data":[]}`:                                            "unknown", "": "unknown",
	} {
		var got []string
		for a, err := range newPlugin(t, settings(answering(t, 200, body).url)).Assessments(t.Context()) {
			if err != nil {
				got = []string{kindOf(err)}
				break
			}
			got = append(got, a.ID+" "+a.Name)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestStatuses(t *testing.T) {
	const url = `"partner_profile_url":"https://v.test/r/1"`
	number := func(f float64) *float64 { return &f }
	for _, c := range []struct {
		name, body, want string // want is an error's kind; empty: none
		result           *sdk.Result
	}{
		{"sent", `{"partner_status":"sent"}`, "", nil},
		{"a word of its own", `{"partner_status":"Complete","partner_score":3,` + url + `}`, "", nil},
		{"nothing said", `{}`, "", nil},
		{"scored", `{"partner_status":"complete","partner_score":45,` + url + `}`, "", &sdk.Result{
			Final: true, Score: number(75), Points: number(45), Max: number(60), URL: "https://v.test/r/1",
		}},
		{"nought", `{"partner_status":"complete","partner_score":0,` + url + `}`, "", &sdk.Result{
			Final: true, Score: number(0), Points: number(0), Max: number(60), URL: "https://v.test/r/1",
		}},
		{"no score", `{"partner_status":"complete","partner_score":null,` + url + `}`, "", &sdk.Result{Final: true, URL: "https://v.test/r/1"}},
		{
			"metadata",
			`{"partner_status":"complete",` + url + `,"metadata":{"Started":"10:15","Passed":true,"Points":1200000,"x":null,"y":{"z":1}}}`, "",
			&sdk.Result{Final: true, URL: "https://v.test/r/1", Summary: "Passed: true\nPoints: 1200000\nStarted: 10:15"},
		},
		{
			"a novel", `{"partner_status":"complete",` + url + `,"metadata":{"a":"` + strings.Repeat("é", 5000) + `"}}`, "",
			&sdk.Result{Final: true, URL: "https://v.test/r/1", Summary: "a: " + strings.Repeat("é", 1998)},
		},
		{"too much", `{"partner_status":"complete","partner_score":61,` + url + `}`, "refused (malformed): test_status: score 61", nil},
		{"too little", `{"partner_status":"complete","partner_score":-1,` + url + `}`, "refused (malformed): test_status: score -1", nil},
		{"no report", `{"partner_status":"complete","partner_score":50}`, "refused (malformed): test_status: complete without", nil},
		{"a report that is none", `{"partner_status":"complete","partner_profile_url":"javascript:alert(1)"}`, "refused (malformed)", nil},
		{"a score in quotes", `{"partner_status":"complete","partner_score":"50",` + url + `}`, "unknown", nil},
		{"a page", `<html>`, "unknown", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := answering(t, 200, c.body)
			conf := settings(o.url)
			conf.MaxScore = 60
			events, err := newPlugin(t, conf).Poll(t.Context(), "a b&c")
			if got := kindOf(err); c.want == "" && err != nil || !strings.HasPrefix(got, c.want) {
				t.Fatalf("got %s (%v), want %s", got, err, c.want)
			}
			if o.seen[0] != "GET /test_status?partner_interview_id=a+b%26c " {
				t.Errorf("it was asked %q", o.seen)
			}
			var got *sdk.Result
			for _, ev := range events {
				got = ev.Result
			}
			if diff := cmp.Diff(c.result, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := newPlugin(t, settings(answering(t, 404, "").url)).Poll(t.Context(), "1"); !errors.Is(err, sdk.ErrNotFound) {
		t.Errorf("no such interview: %v", err)
	}
}

func TestACallbackIsAPatch(t *testing.T) {
	p := new(partner)
	const no = "refused (malformed)"
	for method, want := range map[string]string{"PATCH": "done", "POST": no, "GET": no, "": no} {
		got, err := p.Receive(t.Context(), sdk.Request{Method: method, Path: "/k1", Body: []byte(`{"partner_status":"complete"}`)})
		if !strings.HasPrefix(kindOf(err), want) || len(got.Events) > 0 {
			t.Errorf("%s: %+v %v", method, got, err)
		}
	}
}

func TestThePluginKeepsItsPromises(t *testing.T) {
	c := settings("https://vendor.test")
	if err := sdktest.Check(sdktest.Plugin{About: about, Open: func(conn sdk.Conn) (any, error) { return open(c, conn) }}); err != nil {
		t.Error(err)
	}
	if got := new(partner).Promise(sdk.VerbInvite); got != (sdk.Promise{Repeat: sdk.Never}) {
		t.Errorf("a send is promised to repeat %v", got)
	}
}

func TestSettings(t *testing.T) {
	made, err := sdk.Settings(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "basic"},
		{Name: "base_url", Type: sdk.TypeString, Required: true},
		{Name: "list_tests", Type: sdk.TypeString, Default: "/list_tests"},
		{Name: "send_test", Type: sdk.TypeString, Default: "/send_test"},
		{Name: "test_status", Type: sdk.TypeString, Default: "/test_status"},
		{Name: "response_error", Type: sdk.TypeString, Default: "/response_error"},
		{Name: "callback_url", Type: sdk.TypeString},
		{Name: "max_score", Type: sdk.TypeNumber, Default: "100"},
	}
	for i := range made {
		made[i].Doc = ""
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	for setting, change := range map[string]func(*config){
		"base_url":       func(c *config) { c.BaseURL = "vendor.test" },
		"callback_url":   func(c *config) { c.CallbackURL = "/hooks" },
		"list_tests":     func(c *config) { c.ListTests = "/a//b" },
		"send_test":      func(c *config) { c.SendTest = "/a/../b" },
		"test_status":    func(c *config) { c.TestStatus = "/status?x=1" },
		"response_error": func(c *config) { c.ResponseError = "/" },
		"max_score":      func(c *config) { c.MaxScore = 0 },
	} {
		c := settings("https://vendor.test")
		change(&c)
		var wrong *sdk.SettingError
		if _, err := open(c, sdk.Conn{}); !errors.As(err, &wrong) || wrong.Setting != setting {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
