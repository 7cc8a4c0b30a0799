package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestContract holds the API to the sections of testdata/contract.txt.
func TestContract(t *testing.T) {
	text, err := os.ReadFile("testdata/contract.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range strings.Split(string(text), "\n# ")[1:] {
		name, steps, _ := strings.Cut(section, "\n")
		t.Run(name, func(t *testing.T) { start(t, sandbox.Options{}).follow(steps) })
	}
}

func TestDoor(t *testing.T) {
	l := start(t, sandbox.Options{})
	for name, auth := range map[string]string{
		"no credential":    "",
		"an unknown key":   "Basic " + base64.StdEncoding.EncodeToString([]byte("other:")),
		"a password":       "Basic " + base64.StdEncoding.EncodeToString([]byte(sandbox.DefaultAPIKey+":x")),
		"another scheme":   "Bearer " + sandbox.DefaultAPIKey,
		"a malformed head": "Basic ?",
	} {
		req, _ := http.NewRequest("GET", l.url+"/v1/stages", nil)
		req.Header.Set("Authorization", auth)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 401 {
			t.Errorf("%s: %v %v", name, resp, err)
			continue
		}
		resp.Body.Close()
	}
	want := `{"code":"UnauthorizedError","message":"The request requires authentication."}` + "\n"
	if _, body, _ := l.as("", "GET", "/v1/stages", ""); body != want {
		t.Errorf("401 says %s", body)
	}
	_, _, header := l.call("GET", "/v1/stages", "")
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Server": "lever-data-api", "X-Lever-Region": "global", "Retry-After": "",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("key", `{"key":"narrow","without":["notes:write","webhooks:read"]}`)
	l.act("add", `{"name":"Grace"}`)
	l.call("POST", "/v1/webhooks", `{"url":"https://a.example","event":"candidateHired"}`)
	for call, want := range map[string]int{
		"GET /v1/opportunities/{opportunity}/notes": 200, "POST /v1/opportunities/{opportunity}/notes": 403,
		"GET /v1/webhooks": 403, "POST /v1/webhooks": 403, "GET /v1/stages": 200,
	} {
		method, path, _ := strings.Cut(call, " ")
		if status, body, _ := l.as("narrow", method, path, `{"value":"x"}`); status != want {
			t.Errorf("%s: %d %s, want %d", call, status, body, want)
		}
	}
	l.act("key", `{"key":"narrow"}`)
	if _, body, _ := l.as("narrow", "GET", "/v1/webhooks", ""); l.lacks(body, `{"data":[]}`) != "" {
		t.Errorf("a key sees another's webhooks: %s", body)
	}
	l.act("key-remove", `{"key":"narrow"}`)
	if status, _, _ := l.as("narrow", "GET", "/v1/stages", ""); status != 401 {
		t.Errorf("a removed key is answered %d", status)
	}
}

func TestRateLimit(t *testing.T) {
	l := start(t, sandbox.Options{Rate: 10, Burst: 20})
	l.act("key", `{"key":"other"}`)
	statuses := map[int]int{}
	for range 30 {
		status, _, _ := l.call("GET", "/v1/stages", "")
		statuses[status]++
	}
	if statuses[200] < 20 || statuses[429] == 0 || statuses[200]+statuses[429] != 30 {
		t.Errorf("30 requests at once were answered %v", statuses)
	}
	for { // the bucket refills while we look
		if status, body, header := l.call("GET", "/v1/stages", ""); status == 429 {
			if header.Get("Retry-After") != "" || l.lacks(body, `{"code":"TooManyRequests","message":"*"}`) != "" {
				t.Errorf("429 says %s, Retry-After %q", body, header.Get("Retry-After"))
			}
			break
		}
	}
	if status, _, _ := l.as("other", "GET", "/v1/stages", ""); status != 200 {
		t.Errorf("another key shares the bucket: %d", status)
	}
	l.act("key-remove", `{"key":"other"}`)
	l.control("POST", "acts/settings", `{"retry_after":true}`, nil)
	for {
		if status, _, header := l.call("GET", "/v1/stages", ""); status == 429 {
			if header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After is %q", header.Get("Retry-After"))
			}
			break
		}
	}
}

func TestConfidential(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("key", `{"key":"sees","confidential":true}`)
	l.act("apply", `{"posting":"Data Analyst","name":"Open","email":"open@x.example"}`)
	l.act("apply", `{"posting":"Data Analyst","name":"Secret","email":"secret@x.example","confidential":true}`, "secret_")
	l.act("posting", `{"text":"Next CEO","confidential":true}`, "ceo_")
	l.act("apply", `{"posting":"Next CEO","name":"Heir","email":"heir@x.example"}`, "heir_")
	for _, tt := range []struct {
		path         string
		blind, sees  int
		blindN, sawN int // in lists
	}{
		{"/v1/opportunities", 200, 200, 1, 1},
		{"/v1/opportunities?confidentiality=non-confidential", 200, 200, 1, 1},
		{"/v1/opportunities?confidentiality=all", 403, 200, 0, 3},
		{"/v1/opportunities?confidentiality=confidential", 403, 200, 0, 2},
		{"/v1/opportunities?confidentiality=some", 400, 400, 0, 0},
		{"/v1/opportunities/{opportunity}", 200, 200, 0, 0},
		{"/v1/opportunities/{secret_opportunity}", 403, 200, 0, 0},
		{"/v1/opportunities/{heir_opportunity}", 403, 200, 0, 0},
		{"/v1/opportunities/{secret_opportunity}/notes", 403, 200, 0, 0},
		{"/v1/contacts/{secret_contact}", 403, 200, 0, 0},
		{"/v1/postings", 200, 200, 2, 2},
		{"/v1/postings?confidentiality=all", 403, 200, 0, 3},
		{"/v1/postings/{ceo_posting}", 403, 200, 0, 0},
	} {
		for key, want := range map[string][2]int{sandbox.DefaultAPIKey: {tt.blind, tt.blindN}, "sees": {tt.sees, tt.sawN}} {
			status, body, _ := l.as(key, "GET", tt.path, "")
			if status != want[0] || want[1] > 0 && strings.Count(body, `"confidentiality":`) != want[1] {
				t.Errorf("%s with %s: %d %s, want %d and %d", tt.path, key, status, body, want[0], want[1])
			}
		}
	}
}

func TestWalk(t *testing.T) {
	l := start(t, sandbox.Options{})
	for i := range 7 {
		l.act("add", fmt.Sprintf(`{"name":"n%d","stage":"%s"}`, i, []string{"lead-new", "applicant-new", "offer"}[i%3]), fmt.Sprintf("%d_", i))
		l.advance("1m")
	}
	// By stage, within a stage who advanced last comes first.
	walk := func(encode func(string) string, midway func()) (names []string) {
		offset := ""
		for {
			var page []struct{ Name string }
			next, more := l.get("/v1/opportunities?limit=2"+offset, &page)
			for _, o := range page {
				names = append(names, o.Name)
			}
			if !more {
				return names
			}
			offset = "&offset=" + encode(next)
			if midway != nil {
				midway()
				midway = nil
			}
		}
	}
	twice := func(s string) string { return strings.ReplaceAll(s, "%", "%25") }
	for name, encode := range map[string]func(string) string{"as it is": func(s string) string { return s }, "encoded again": twice} {
		if got := fmt.Sprint(walk(encode, nil)); got != "[n6 n3 n0 n4 n1 n5 n2]" {
			t.Errorf("token %s: walked %s", name, got)
		}
	}
	var page []struct{ ID string }
	next, _ := l.get("/v1/opportunities?limit=2", &page)
	if !strings.HasPrefix(next, "%5B0%2C1") || !strings.HasSuffix(next, "%2C%22"+l.ids["0_opportunity"]+"%22%5D") {
		t.Errorf("the token %s does not name n0", next)
	}
	if got := fmt.Sprint(walk(twice, func() {
		l.act("move", `{"opportunity":"{6_opportunity}",
		"stage":"Offer"}`)
	})); got != "[n6 n3 n0 n4 n1 n6 n5 n2]" {
		t.Errorf("who moves ahead is seen twice: %s", got)
	}
	if got := fmt.Sprint(walk(twice, func() {
		l.act("move", `{"opportunity":"{5_opportunity}",
		"stage":"New lead"}`)
	})); got != "[n3 n0 n4 n1 n6 n2]" {
		t.Errorf("who moves back is skipped: %s", got)
	}
}
