package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// list gives the rows of a Harvest list that has to answer.
func (g *greenhouse) list(path string) []object {
	g.Helper()
	status, v, _ := g.call("GET", "/v3/"+path, "")
	if status != http.StatusOK {
		g.Fatalf("%s: %d %v", path, status, v)
	}
	rows := []object{}
	for _, row := range v.([]any) {
		rows = append(rows, row.(object))
	}
	return rows
}

// says fails unless a call is answered with a status and a text somewhere in the body.
func (g *greenhouse) says(method, path, body string, want int, piece string) {
	g.Helper()
	status, v, _ := g.call(method, path, body)
	if status != want || !strings.Contains(string(plain(v)), piece) {
		g.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, status, plain(v), want, piece)
	}
}

func TestTokens(t *testing.T) {
	g := start(t)
	g.says("GET", "/v3/nonsense", "", 404, "Resource not found")
	g.says("GET", "/v3/users", "", 401, "could not be decoded")
	g.says("GET", "/v1/users", "", 410, "")
	status, v, _ := g.askToken("grant_type=client_credentials")
	until, err := time.Parse(time.RFC3339, fmt.Sprint(v["expires_at"]))
	if status != 200 || err != nil || time.Until(until) > time.Hour || v["refresh_token"] != nil {
		t.Fatalf("%d %v", status, v)
	}
	g.connect("")
	first := g.token
	g.list("users")
	g.connect("")
	g.list("users")
	second := g.token
	g.token = first // trap 8: the new one killed it
	g.says("GET", "/v3/users", "", 401, "")
	g.token = second
	g.advance("61m")
	g.says("GET", "/v3/users", "", 401, "")
	for _, form := range []string{"", "grant_type=x", "grant_type=client_credentials&sub=1", "grant_type=refresh_token&refresh_token="} {
		if status, v, _ := g.askToken(form); status < 400 || v["error"] == "" {
			t.Errorf("%q: %d %v", form, status, v)
		}
	}
	g.connect("")
	g.control("POST", "acts/oauth_revoke", object{})
	g.says("GET", "/v3/users", "", 401, "")
}

// TestConsent is the partner's grant: a code for a minute, a pair that each refresh replaces.
func TestConsent(t *testing.T) {
	g := start(t)
	ask := "/authorize?response_type=code&client_id=" + clientID + "&redirect_uri=https://host.example/back&state=s&scope=harvest:users:list"
	consent := func() string {
		t.Helper()
		at, err := url.Parse(g.act("oauth_consent", object{"url": g.url + ask})["location"].(string))
		if err != nil || at.Query().Get("state") != "s" {
			t.Fatal(at, err)
		}
		return "grant_type=authorization_code&redirect_uri=https://host.example/back&code=" + at.Query().Get("code")
	}
	late := consent()
	g.advance("61s")
	if status, v, _ := g.askToken(late); status < 400 || v["error"] != "invalid_grant" {
		t.Errorf("a late code: %d %v", status, v)
	}
	status, v, _ := g.askToken(consent())
	if status != 200 || v["refresh_token"] == nil {
		t.Fatalf("%d %v", status, v)
	}
	old := "grant_type=refresh_token&refresh_token=" + v["refresh_token"].(string)
	status, next, _ := g.askToken(old)
	if status != 200 || next["refresh_token"] == v["refresh_token"] {
		t.Fatalf("%d %v", status, next)
	}
	if status, v, _ := g.askToken(old); status < 400 || v["error"] != "invalid_grant" {
		t.Errorf("an old refresh token: %d %v", status, v)
	}
	g.token = next["access_token"].(string)
	g.list("users")
	g.says("GET", "/v3/applications", "", 403, "harvest:applications:list")
	g.advance("25h")
	if status, v, _ := g.askToken("grant_type=refresh_token&refresh_token=" + next["refresh_token"].(string)); status < 400 {
		t.Errorf("a refresh token after a day: %d %v", status, v)
	}
}

func TestPermissionsAreNamed(t *testing.T) {
	g := start(t)
	g.connect("")
	g.says("GET", "/v3/jobs", "", 403, "harvest:jobs:list")
	g.permit("jobs:list")
	g.says("GET", "/v3/jobs", "", 403, "harvest:jobs:list") // this token was asked for without
	g.connect("")
	g.list("jobs")
	g.control("POST", "acts/permission", object{"scope": "harvest:jobs:list"})
	g.says("GET", "/v3/jobs", "", 403, "harvest:jobs:list") // at once
	_, made, _ := g.call("POST", "/v3/users", `{"first_name":"Patch","last_name":"Bay","primary_email":"p@b.example"}`)
	id := fmt.Sprint(int(made.(object)["id"].(float64)))
	g.connect(id)
	g.says("GET", "/v3/users", "", 403, "Site Admin")
	g.act("user-rights", object{"user": id, "site_admin": true})
	if rows := g.list("users?primary_email=P@b.example"); len(rows) != 1 || rows[0]["site_admin"] != true {
		t.Errorf("%v", rows)
	}
	g.act("user-rights", object{"user": id, "deactivated": true})
	g.says("GET", "/v3/users", "", 401, "")
}

func TestPages(t *testing.T) {
	g := start(t)
	g.connect("")
	for range 5 {
		g.apply()
	}
	path, last, seen := "/v3/applications?per_page=2&status=active&fields=id,status", 1e18, 0
	for path != "" {
		status, v, header := g.call("GET", path, "")
		if status != 200 {
			t.Fatalf("%s: %d %v", path, status, v)
		}
		for _, row := range v.([]any) {
			row := row.(object)
			if row["id"].(float64) >= last || row["status"] != "in_process" || len(row) != 2 {
				t.Errorf("%v after %v", row, last)
			}
			last = row["id"].(float64)
			seen++
		}
		link, end, _ := strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"+g.url), ">")
		if path = link; path != "" && end != `; rel="next"` {
			t.Errorf("Link %s", header.Get("Link"))
		}
		if path != "" {
			g.says("GET", path+"&per_page=2", "", 422, "do not include other query params")
		}
	}
	if seen != 5 {
		t.Errorf("walked over %d", seen)
	}
	for query, piece := range map[string]string{
		"per_page=600": "number is greater than: 500", "per_page=0": "per_page", "cursor=x": "cursor", "nonsense=1": "nonsense",
		"ids=x": "ids", "ids=" + strings.Repeat("1,", 50) + "1": "50", "updated_at=2026-01-01": "updated_at",
		"updated_at=gte%7C2026-01-01": "updated_at", "fields=nonsense": "nonsense", "prospect=yes": "prospect",
	} {
		g.says("GET", "/v3/applications?"+query, "", 422, piece)
	}
}

// TestWords are traps 5, 6, 11 and 13: what the same thing is called elsewhere, and what is not there.
func TestWords(t *testing.T) {
	g := start(t)
	g.permit("candidates:list", "job_interview_stages:list", "application_stages:list", "jobs:list")
	g.connect("")
	a := g.apply(object{"stage": "Assessment"})
	g.apply(object{"private": true, "email": "secret@x.example"})
	g.act("prospect", object{"first_name": "Pia", "last_name": "P", "jobs": []string{"Data Analyst", "Backend Engineer"}})
	rows := g.list("applications?ids=" + a["application"].(string))
	stage := g.list("job_interview_stages?job_ids=" + a["job"].(string))
	if len(rows) != 1 || rows[0]["stage_name"] != "Assessment" || len(stage) != 4 {
		t.Fatalf("%v %v", rows, stage)
	}
	visit, of := fmt.Sprint(int(rows[0]["stage_id"].(float64))), fmt.Sprint(int(rows[0]["job_interview_stage_id"].(float64)))
	if of != a["stage"] || visit == of {
		t.Errorf("stage_id %s, job_interview_stage_id %s, stage %s", visit, of, a["stage"])
	}
	for query, want := range map[string]int{
		"applications?stage_ids=" + visit: 1, "applications?stage_ids=" + of: 0, "applications?status=active": 2,
		"applications?status=in_process": 0, "applications?prospect=true": 1, "candidates": 2, "candidates?email=GRACE@navy.example": 1,
		"candidates?email=secret@x.example": 0, "application_stages?current=true": 1, "jobs": 2,
		"applications?updated_at=gte%7C2020-01-01T00:00:00Z%7Clte%7C2020-02-01T00:00:00Z": 0,
		"applications?updated_at=gte%7C2020-01-01T00:00:00Z":                              2,
	} {
		if rows := g.list(query); len(rows) != want {
			t.Errorf("%s gives %d, want %d", query, len(rows), want)
		}
	}
	g.act("user-rights", object{"user": "ada@employer.example", "private": true})
	prospect := g.list("applications?prospect=true")[0]
	if prospect["job_id"] != nil || prospect["stage_id"] != nil || len(prospect["prospective_job_ids"].([]any)) != 2 {
		t.Errorf("%v", prospect)
	}
}

func TestCustomFields(t *testing.T) {
	g := start(t)
	g.connect("")
	a := g.apply()["application"].(string)
	g.says("POST", "/v3/custom_fields", `{"name":"Alooba score","field_type":"application","value_type":"number"}`, 201, "alooba_score")
	for body, piece := range map[string]string{
		`{"name":"alooba Score","field_type":"application","value_type":"number"}`:            "taken",
		`{"name":"x","field_type":"application","value_type":"number","generate_email":true}`: "unknown field",
		`{"name":"x","field_type":"nonsense","value_type":"number"}`:                          "field_type",
		`{"name":"x","field_type":"application","value_type":"integer"}`:                      "value_type",
		`{"field_type":"application","value_type":"number"}`:                                  "name",
	} {
		g.says("POST", "/v3/custom_fields", body, 422, piece)
	}
	g.act("field", object{"name": "Report", "of": "application", "kind": "url"})
	twins := g.list("custom_fields?name=" + url.QueryEscape("Notice period"))
	if len(twins) != 2 || twins[0]["name_key"] == twins[1]["name_key"] || twins[0]["active"] == twins[1]["active"] {
		t.Errorf("twins %v", twins)
	}
	live := g.list("custom_fields?active=true&name=" + url.QueryEscape("Notice period"))[0]["name_key"].(string)
	patch := func(body string, want int, piece string) {
		t.Helper()
		g.says("PATCH", "/v3/applications/"+a, `{"custom_fields":`+body+`}`, want, piece)
	}
	patch(`[{"name_key":"alooba_score","value":81.5},{"name_key":"`+live+`","value":"a month"}]`, 200, `"value":81.5`)
	for body, piece := range map[string]string{
		`[{"name_key":"alooba_score","value":"81"}]`: "not a number", `[{"name_key":"alooba_score"}]`: "needs a value",
		`[{"name_key":"none","value":1}]`: "no active field", `[{"value":1}]`: "exactly one",
		`[{"name_key":"report","value":"not a url"}]`: "not a url", `[{"name_key":"alooba_score","value":1,"unit":"x"}]`: "unknown field",
	} {
		patch(body, 422, piece)
	}
	archived, _, _ := strings.Cut(live, "_1")
	patch(`[{"name_key":"`+archived+`","value":"x"}]`, 422, "no active field") // trap 25
	if f := g.application(a)["fields"].(object); f["alooba_score"] != 81.5 || f[live] != "a month" {
		t.Errorf("after what was refused: %v", f)
	}
	patch(`[{"name_key":"report","value":"https://r.example/1"}]`, 200, "") // trap 7: replaces the whole set
	if f := g.application(a)["fields"].(object); len(f) != 1 {
		t.Errorf("after a partial write: %v", f)
	}
	g.act("settings", object{"merge_fields": true})
	patch(`[{"name_key":"alooba_score","value":7}]`, 200, "")
	patch(`[{"name_key":"report","value":null}]`, 200, "")
	if f := g.application(a)["fields"].(object); len(f) != 1 || f["alooba_score"] != 7.0 {
		t.Errorf("merged: %v", f)
	}
	g.says("PATCH", "/v3/applications/1", `{}`, 404, "")
	g.says("PATCH", "/v3/applications/"+a, `{"status":"hired"}`, 422, "unknown field")
}

func TestUsers(t *testing.T) {
	g := start(t)
	g.connect("")
	body := `{"first_name":"Alooba","last_name":"Integration","primary_email":"a@alooba.example"}`
	g.says("POST", "/v3/users", body, 201, `"site_admin":false`)
	g.says("POST", "/v3/users", body, 422, "taken")
	g.says("POST", "/v3/users", `{"first_name":"A","last_name":"B","email":"x@y.example"}`, 422, "unknown field")
	g.says("POST", "/v3/users", `{"first_name":"A","last_name":"B"}`, 422, "primary_email")
	if rows := g.list("users"); len(rows) != 3 {
		t.Errorf("%d users, want 3: the service account is hidden", len(rows))
	}
	if rows := g.list("users?show_service_accounts=true"); len(rows) != 4 {
		t.Errorf("%d users with service accounts", len(rows))
	}
}

func TestRateLimit(t *testing.T) {
	g := start(t)
	g.connect("")
	g.act("settings", object{"rate_limit": 3})
	for left := 2; left >= 0; left-- {
		status, _, header := g.call("GET", "/v3/users", "")
		if status != 200 || header.Get("X-RateLimit-Remaining") != fmt.Sprint(left) || header.Get("X-RateLimit-Limit") != "3" {
			t.Errorf("%d %v", status, header)
		}
	}
	status, _, header := g.call("GET", "/v3/users", "")
	if status != 429 || header.Get("Retry-After") == "" || header.Get("X-RateLimit-Reset") == "" {
		t.Errorf("%d %v", status, header)
	}
	g.advance("30s")
	g.list("users")
	g.control("POST", "limit", object{"per_second": 0})
	for range 10 {
		g.list("users")
	}
}

func TestPage(t *testing.T) {
	g := start(t)
	g.apply(object{"first_name": "<script>"})
	status, v, _ := g.call("GET", "/", "")
	if text := fmt.Sprint(v); status != 200 || !strings.Contains(text, "&lt;script&gt; Hopper") || !strings.Contains(text, "Interview kit") {
		t.Errorf("%d %s", status, text)
	}
}
