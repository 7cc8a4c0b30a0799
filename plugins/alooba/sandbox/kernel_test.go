package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	alooba "github.com/patchbay-dev/patchbay/plugins/alooba/sandbox"
	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func TestEveryRequestNeedsTheKey(t *testing.T) {
	w := start(t, kit.Options{})
	for name, header := range map[string]string{
		"none": "", "wrong": "Bearer other", "basic": "Basic c2FuZGJveC1rZXk6", "cut": "Bearer sandbox-ke",
	} {
		got := w.send("GET", "/v1/assessments", nil, "Authorization", header, "X-Organisation", alooba.DefaultOrganisation)
		w.expect(name, got.status, 401)
		w.expect(name, got.at("error", "code"), "unauthorized")
	}
	w.expect("right", w.api("GET", "/assessments", nil).status, 200)
	w.act("revoke-key", nil)
	w.expect("revoked", w.api("GET", "/assessments", nil).status, 401)
	w.act("restore-key", nil)
	w.expect("restored", w.api("GET", "/assessments", nil).status, 200)
}

// TestTheOrganisationIsNamedExactly is scenario 4 of the sheet.
func TestTheOrganisationIsNamedExactly(t *testing.T) {
	w := start(t, kit.Options{})
	for _, name := range []string{"", "example analytics", "Example Analytics Ltd", "EXAMPLE ANALYTICS"} {
		got := w.api("POST", "/participants", asking("ada@b.test", 1), "X-Organisation", name, "Idempotency-Key", "k")
		w.expect(name, got.status, 403)
		w.expect(name, got.at("error", "code"), "organisation_mismatch")
	}
	w.expect("mails", w.mails(""), 0)
	named := w.api("POST", "/participants", asking("ada@b.test", 1), "Idempotency-Key", "k")
	w.expect("a mismatch is no answer to the invite", named.status, 201)
	w.expect("the key comes first", w.api("GET", "/assessments", nil, "Authorization", "Bearer x", "X-Organisation", "x").status, 401)
	w.act("account", object{"organisation": "Äpfel & Birnen"})
	w.expect("the old name", w.api("GET", "/assessments", nil).status, 403)
	w.expect("the new name", w.api("GET", "/assessments", nil, "X-Organisation", "Äpfel & Birnen").status, 200)
}

func TestErrorsHaveOneEnvelope(t *testing.T) {
	w := start(t, kit.Options{})
	draft := w.act("assessment", object{"name": "Draft", "status": "draft"}).at("id")
	id := func(s string) object { return object{"assessment_name": "", "assessment_id": s} }
	for _, c := range []struct {
		name        string
		got         answer
		status      int
		code, field string
	}{
		{"no such path", w.api("GET", "/nothing", nil), 404, "not_found", ""},
		{"no such participant", w.get("par_99"), 404, "not_found", ""},
		{"no such assessment", w.api("GET", "/assessments/asm_99", nil), 404, "not_found", ""},
		{"nobody to anonymise", w.api("POST", "/candidates/cand_99/anonymise", nil), 404, "not_found", ""},
		{"participants of nobody", w.api("GET", "/participants", nil), 400, "malformed", "external_application_id"},
		{"no JSON", w.api("POST", "/participants", "{", "Idempotency-Key", "k"), 400, "malformed", ""},
		{"no external id", w.invite("a@b.test", 1, object{"external": object{}}), 400, "malformed", "external"},
		{"no assessment", w.invite("a@b.test", 1, id("")), 400, "malformed", "assessment_id"},
		{"two assessments", w.invite("a@b.test", 1, object{"assessment_id": "asm_1"}), 400, "malformed", "assessment_id"},
		{"no address", w.invite(" ", 1), 422, "missing_email", "candidate.email"},
		{"bad address", w.invite("a@b", 1), 422, "invalid_email", "candidate.email"},
		{"no such id", w.invite("a@b.test", 1, id("asm_99")), 422, "assessment_not_found", "assessment_id"},
		{"not published", w.invite("a@b.test", 1, id(draft)), 422, "assessment_not_published", "assessment_id"},
		{"too late", w.invite("a@b.test", 1, object{"expires_at": "2020-01-01T00:00:00Z"}), 422, "window_closed", "expires_at"},
		{"empty alert", w.api("POST", "/alerts", object{"text": " "}, "Idempotency-Key", "k1"), 400, "malformed", "text"},
		{"long alert", w.api("POST", "/alerts", object{"text": strings.Repeat("x", 5001)}, "Idempotency-Key", "k2"), 400, "malformed", "text"},
		{"alert without a key", w.api("POST", "/alerts", object{"text": "x"}), 400, "idempotency_key_required", ""},
	} {
		w.expect(c.name, c.got.status, c.status)
		w.expect(c.name, c.got.at("error", "code"), c.code)
		w.expect(c.name, c.got.at("error", "field"), c.field)
		if c.got.at("error", "message") == "" || c.got.at("error", "request_id") == "" {
			t.Errorf("%s: message or request_id is missing: %s", c.name, c.got.raw)
		}
	}
	w.expect("mails", w.mails(""), 0)
	w.act("account", object{"quota": 1})
	w.expect("the last invitation", w.invite("a@b.test", 1).status, 201)
	w.expect("none left", w.invite("b@b.test", 2).at("error", "code"), "quota_exhausted")
}

func TestAddressesAreCheckedForSyntaxOnly(t *testing.T) {
	w := start(t, kit.Options{})
	long := strings.Repeat("a", 64)
	for i, c := range []struct {
		address string
		status  int
	}{
		{"bo@example.test", 201}, {"  bo.lind@example.test ", 201}, {"bo+x@sub.example.test", 201}, {"björn@exämple.test", 201},
		{long + "@example.test", 201}, {long + "a@example.test", 422}, {"bo@" + strings.Repeat("d", 246) + ".test", 201},
		{"bo@" + strings.Repeat("d", 247) + ".test", 422}, {"bo", 422}, {"bo@example", 422}, {"@example.test", 422}, {"bo@a@example.test", 422},
		{"bo lind@example.test", 422}, {"bo@exam\u0007ple.test", 422}, {"bo@example\u00a0.test", 422},
	} {
		w.expect(c.address, w.invite(c.address, i).status, c.status)
	}
}

func TestListsComeInPages(t *testing.T) {
	w := start(t, kit.Options{Empty: true})
	for n := range 30 {
		w.act("assessment", object{"name": fmt.Sprint("Assessment ", n)})
	}
	var all []string
	path, pages := "/assessments?limit=10", 0
	for cursor := ""; ; pages++ {
		var page struct {
			Data []struct{ Name string }
			Next string `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(w.api("GET", path+cursor, nil).raw), &page); err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Data {
			all = append(all, p.Name)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	w.expect("pages behind the first", pages, 2)
	w.expect("assessments", len(all), 30)
	w.expect("the last", all[29], "Assessment 29")
	w.expect("25 unless told", strings.Count(w.api("GET", "/assessments", nil).raw, `"created_at"`), 25)
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=nonsense"} {
		w.expect(query, w.api("GET", "/assessments?"+query, nil).at("error", "code"), "malformed")
	}
}

func TestRateLimitIsAnnouncedAndKept(t *testing.T) {
	w := start(t, kit.Options{Rate: 0.01, Burst: 3})
	for left := 2; left >= 0; left-- {
		got := w.api("GET", "/assessments", nil)
		w.expect("status", got.status, 200)
		w.expect("RateLimit-Limit", got.header.Get("RateLimit-Limit"), "3")
		w.expect("RateLimit-Remaining", got.header.Get("RateLimit-Remaining"), left)
	}
	got := w.api("GET", "/assessments", nil)
	w.expect("status", got.status, 429)
	w.expect("code", got.at("error", "code"), "rate_limited")
	w.expect("Retry-After", got.header.Get("Retry-After"), "100")
	w.expect("RateLimit-Reset", got.header.Get("RateLimit-Reset"), "100")
	w.advance("100s")
	w.expect("after that", w.api("GET", "/assessments", nil).status, 200)
}

func TestAnInviteHappensOnceForItsKey(t *testing.T) {
	w := start(t, kit.Options{})
	body := func(email string) object { return asking(email, 1) }
	const path = "/participants"
	w.expect("without", w.api("POST", path, body("bo@b.test")).at("error", "code"), "idempotency_key_required")
	w.expect("with blanks", w.api("POST", path, body("bo@b.test"), "Idempotency-Key", "a b").at("error", "code"), "malformed")
	w.expect("too long", w.api("POST", path, body("bo@b.test"), "Idempotency-Key", strings.Repeat("k", 256)).at("error", "code"), "malformed")

	made := w.api("POST", path, body("bo@b.test"), "Idempotency-Key", "k")
	w.expect("first", made.status, 201)
	w.expect("first is no replay", made.header.Get("Idempotent-Replayed"), "")
	again := w.api("POST", path, body("bo@b.test"), "Idempotency-Key", "k")
	w.expect("again", again.status, 201)
	w.expect("again", again.raw, made.raw)
	w.expect("again is a replay", again.header.Get("Idempotent-Replayed"), "true")
	other := w.api("POST", path, body("other@b.test"), "Idempotency-Key", "k")
	w.expect("another body", other.status, 422)
	w.expect("another body", other.at("error", "code"), "idempotency_key_reused")
	w.expect("mails", w.mails("bo@b.test"), 1)

	refused := w.api("POST", path, body(""), "Idempotency-Key", "k2")
	w.expect("a refusal is kept too", w.api("POST", path, body(""), "Idempotency-Key", "k2").raw, refused.raw)

	w.advance("719h")
	w.expect("on day 29", w.api("POST", path, body("bo@b.test"), "Idempotency-Key", "k").header.Get("Idempotent-Replayed"), "true")
	w.advance("2h")
	late := w.api("POST", path, body("bo@b.test"), "Idempotency-Key", "k")
	w.expect("after 30 days it is another invite", late.status, 200)
	w.expect("of the same participant", late.at("id"), made.at("id"))
	w.expect("mails", w.mails("bo@b.test"), 1)
}

func TestAKeyInFlightIsAConflict(t *testing.T) {
	w := start(t, kit.Options{})
	slow, rest := io.Pipe()
	req, _ := http.NewRequest("POST", w.url+"/v1/participants", slow)
	req.Header.Set("Authorization", "Bearer "+kit.DefaultAPIKey)
	req.Header.Set("X-Organisation", alooba.DefaultOrganisation)
	req.Header.Set("Idempotency-Key", "k")
	req.Header.Set("Expect", "100-continue") // the body is sent once the server reads it, and it has the key by then
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	first := make(chan int, 1)
	go func() {
		defer client.CloseIdleConnections()
		resp, err := client.Do(req)
		if err != nil {
			first <- 0
			return
		}
		resp.Body.Close()
		first <- resp.StatusCode
	}()
	io.WriteString(rest, `{"candidate":{"email":"bo@b.test"},"external":{"candidate_id":"c",`)
	got := w.api("POST", "/participants", "another body", "Idempotency-Key", "k")
	w.expect("meanwhile", got.status, 409)
	w.expect("meanwhile", got.at("error", "code"), "idempotency_in_progress")
	io.WriteString(rest, `"application_id":"a"},"assessment_name":"SQL Essentials"}`)
	rest.Close()
	w.expect("the first", <-first, 201)
	w.expect("mails", w.mails("bo@b.test"), 1)
}

func TestALostAnswerIsRepeatedNotRedone(t *testing.T) {
	w := start(t, kit.Options{})
	w.control("POST", "faults", []object{{"method": "POST", "path": "/participants$", "kind": "lost", "count": 1}})
	body := `{"candidate":{"email":"bo@b.test"},"external":{"candidate_id":"c","application_id":"a"},"assessment_name":"SQL Essentials"}`
	req, _ := http.NewRequest("POST", w.url+"/v1/participants", io.NopCloser(strings.NewReader(body)))
	req.Header.Set("Authorization", "Bearer "+kit.DefaultAPIKey)
	req.Header.Set("X-Organisation", alooba.DefaultOrganisation)
	req.Header["idempotency-key"] = []string{"k"} // in these letters net/http does not repeat it by itself
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Fatal("the answer was not lost")
	}
	got := w.api("POST", "/participants", body, "Idempotency-Key", "k")
	w.expect("again", got.status, 201)
	w.expect("again", got.header.Get("Idempotent-Replayed"), "true")
	w.expect("mails", w.mails("bo@b.test"), 1)
}
