package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

func TestEveryRequestNeedsTheKey(t *testing.T) {
	w := start(t, kit.Options{})
	for name, header := range map[string]string{
		"none": "", "wrong": "Bearer other", "basic": "Basic c2FuZGJveC1rZXk6", "cut": "Bearer sandbox-ke",
	} {
		got := w.send("GET", "/api/v1/test-profiles", nil, "Authorization", header)
		w.expect(name, got.status, 401)
		w.expect(name, got.at("error", "code"), "unauthorized")
	}
	w.expect("right", w.api("GET", "/test-profiles", nil).status, 200)
	w.act("revoke-key", nil)
	w.expect("revoked", w.api("GET", "/test-profiles", nil).status, 401)
	w.act("restore-key", nil)
	w.expect("restored", w.api("GET", "/test-profiles", nil).status, 200)
}

func TestErrorsHaveOneEnvelope(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	for _, c := range []struct {
		name        string
		got         answer
		status      int
		code, field string
	}{
		{"no such path", w.api("GET", "/nothing", nil), 404, "not_found", ""},
		{"no such position", w.invite("pos_99", "a@b.test", 1), 404, "not_found", ""},
		{"no such candidate", w.api("GET", "/job-positions/"+pos+"/candidates/alc_99", nil), 404, "not_found", ""},
		{"no JSON", w.api("PUT", "/job-positions/external/p", "{"), 400, "malformed", ""},
		{"no name", w.api("PUT", "/job-positions/external/p", object{}), 400, "malformed", "name"},
		{"no external id", w.invite(pos, "a@b.test", 1, object{"external": object{}}), 400, "malformed", "external"},
		{"no address", w.invite(pos, " ", 1), 422, "missing_email", "candidate.email"},
		{"bad address", w.invite(pos, "a@b", 1), 422, "invalid_email", "candidate.email"},
		{"no such profile", w.invite(pos, "a@b.test", 1, object{"test_profile_id": "tp_99"}), 422, "assessment_not_found", "test_profile_id"},
		{"no such test", w.invite(pos, "a@b.test", 1, object{"tests": []string{"memory"}}), 400, "malformed", "tests"},
	} {
		w.expect(c.name, c.got.status, c.status)
		w.expect(c.name, c.got.at("error", "code"), c.code)
		w.expect(c.name, c.got.at("error", "field"), c.field)
		if c.got.at("error", "message") == "" || c.got.at("error", "request_id") == "" {
			t.Errorf("%s: message or request_id is missing: %s", c.name, c.got.raw)
		}
	}
	w.expect("mails", w.mails(""), 0)
}

func TestAddressesAreCheckedForSyntaxOnly(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
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
		w.expect(c.address, w.invite(pos, c.address, i).status, c.status)
	}
}

func TestListsComeInPages(t *testing.T) {
	w := start(t, kit.Options{Empty: true})
	for n := range 29 {
		w.act("test-profile", object{"name": fmt.Sprint("Profile ", n)})
	}
	var all []string
	path, pages := "/test-profiles?limit=10", 0
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
	w.expect("profiles", len(all), 30)
	w.expect("the last", all[29], "Profile 28")
	w.expect("25 unless told", strings.Count(w.api("GET", "/test-profiles", nil).raw, `"id"`), 25)
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=nonsense"} {
		w.expect(query, w.api("GET", "/test-profiles?"+query, nil).at("error", "code"), "malformed")
	}
}

func TestRateLimitIsAnnouncedAndKept(t *testing.T) {
	w := start(t, kit.Options{Rate: 0.01, Burst: 3})
	for left := 2; left >= 0; left-- {
		got := w.api("GET", "/test-profiles", nil)
		w.expect("status", got.status, 200)
		w.expect("RateLimit-Limit", got.header.Get("RateLimit-Limit"), "3")
		w.expect("RateLimit-Remaining", got.header.Get("RateLimit-Remaining"), left)
	}
	got := w.api("GET", "/test-profiles", nil)
	w.expect("status", got.status, 429)
	w.expect("code", got.at("error", "code"), "rate_limited")
	w.expect("Retry-After", got.header.Get("Retry-After"), "100")
	w.expect("RateLimit-Reset", got.header.Get("RateLimit-Reset"), "100")
	w.advance("100s")
	w.expect("after that", w.api("GET", "/test-profiles", nil).status, 200)
}

func TestAnInviteHappensOnceForItsKey(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	body := func(email string) object {
		return object{
			"candidate": object{"first_name": "Bo", "email": email}, "send_invitation": true,
			"external": object{"candidate_id": "c", "application_id": "a"},
		}
	}
	path := "/job-positions/" + pos + "/candidates"
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
	w.expect("of the same candidate", late.at("id"), made.at("id"))
	w.expect("mails", w.mails("bo@b.test"), 1)
}

func TestAKeyInFlightIsAConflict(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	path := "/api/v1/job-positions/" + pos + "/candidates"
	slow, rest := io.Pipe()
	req, _ := http.NewRequest("POST", w.url+path, slow)
	req.Header.Set("Authorization", "Bearer "+kit.DefaultAPIKey)
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
	got := w.api("POST", "/job-positions/"+pos+"/candidates", "another body", "Idempotency-Key", "k")
	w.expect("meanwhile", got.status, 409)
	w.expect("meanwhile", got.at("error", "code"), "idempotency_in_progress")
	io.WriteString(rest, `"application_id":"a"},"send_invitation":true}`)
	rest.Close()
	w.expect("the first", <-first, 201)
	w.expect("mails", w.mails("bo@b.test"), 1)
}

func TestALostAnswerIsRepeatedNotRedone(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	w.control("POST", "faults", []object{{"method": "POST", "path": "/candidates$", "kind": "lost", "count": 1}})
	body := `{"candidate":{"email":"bo@b.test"},"external":{"candidate_id":"c","application_id":"a"},"send_invitation":true}`
	req, _ := http.NewRequest("POST", w.url+"/api/v1/job-positions/"+pos+"/candidates", io.NopCloser(strings.NewReader(body)))
	req.Header.Set("Authorization", "Bearer "+kit.DefaultAPIKey)
	req.Header["idempotency-key"] = []string{"k"} // in these letters net/http does not repeat it by itself
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Fatal("the answer was not lost")
	}
	got := w.api("POST", "/job-positions/"+pos+"/candidates", body, "Idempotency-Key", "k")
	w.expect("again", got.status, 201)
	w.expect("again", got.header.Get("Idempotent-Replayed"), "true")
	w.expect("mails", w.mails("bo@b.test"), 1)
}
