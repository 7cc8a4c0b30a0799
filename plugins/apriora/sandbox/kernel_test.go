package sandbox_test

import (
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
	for name, header := range map[string][]string{
		"none": nil, "wrong": {"X-API-Key", "other"}, "empty": {"X-API-Key", ""}, "cut": {"X-API-Key", "sandbox-ke"},
		"as a bearer": {"Authorization", "Bearer " + kit.DefaultAPIKey}, "as a basic one": {"Authorization", "Basic c2FuZGJveC1rZXk6"},
	} {
		got := w.send("GET", "/v1/api/positions", nil, header...)
		w.expect(name, fmt.Sprint(got.status, got.at("error", "code")), "401unauthorized")
	}
	w.expect("right", w.api("GET", "/positions", nil).status, 200)
	w.act("revoke-key", nil)
	w.expect("revoked", w.api("GET", "/positions", nil).status, 401)
	w.act("restore-key", nil)
	w.expect("restored", w.api("GET", "/positions", nil).status, 200)
}

func TestErrorsHaveOneEnvelope(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	put := func(body any) answer { return w.api("PUT", "/positions/external/p", body) }
	withSalary := func(salary object) object { return object{"title": "A", "modality": "VIDEO", "salary": salary} }
	for _, c := range []struct {
		name        string
		got         answer
		status      int
		code, field string
	}{
		{"no such path", w.api("GET", "/nothing", nil), 404, "not_found", ""},
		{"no such invite", w.api("POST", "/invites/ivt_9/cancel", nil), 404, "not_found", ""},
		{"no such candidate", w.api("DELETE", "/candidates/cnd_9", nil), 404, "not_found", ""},
		{"reports of nobody", w.api("GET", "/reports", nil), 400, "malformed", "reportId"},
		{"invites of nobody", w.api("GET", "/invites", nil), 400, "malformed", "inviteId"},
		{"no JSON", put("{"), 400, "malformed", ""},
		{"no title", put(object{"modality": "VIDEO"}), 400, "malformed", "title"},
		{"no modality", put(object{"title": "A"}), 400, "malformed", "modality"},
		{"no currency", put(withSalary(object{"min": 1, "interval": "YEAR"})), 400, "malformed", "salary.currency"},
		{"no interval", put(withSalary(object{"min": 1, "currency": "EUR"})), 400, "malformed", "salary.interval"},
		{"no amount", put(withSalary(object{"currency": "EUR", "interval": "YEAR"})), 400, "malformed", "salary"},
		{"min above max", put(withSalary(object{"min": 2, "max": 1, "currency": "EUR", "interval": "YEAR"})), 400, "malformed", "salary"},
		{"no such position", w.invite("pos_9", "a@b.test", 1), 422, "assessment_not_found", "positionId"},
		{"no external id", w.invite(pos, "a@b.test", 1, object{"external": object{}}), 400, "malformed", "external"},
		{"no address", w.invite(pos, " ", 1), 422, "missing_email", "candidate.email"},
		{"bad address", w.invite(pos, "a@b", 1), 422, "invalid_email", "candidate.email"},
		{"closed window", w.invite(pos, "a@b.test", 1, object{"expiresAt": 1}), 422, "window_closed", "expiresAt"},
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

func TestTheRateIsLimited(t *testing.T) {
	w := start(t, kit.Options{Rate: 10, Burst: 2})
	w.control("POST", "limit", object{"per_second": 0.1, "burst": 2})
	for _, left := range []string{"1", "0"} {
		got := w.api("GET", "/positions", nil)
		w.expect("allowed", got.status, 200)
		w.expect("limit", got.header.Get("RateLimit-Limit"), "2")
		w.expect("left", got.header.Get("RateLimit-Remaining"), left)
	}
	got := w.api("GET", "/positions", nil)
	w.expect("refused", fmt.Sprint(got.status, got.at("error", "code")), "429rate_limited")
	w.expect("when to come back", got.header.Get("Retry-After"), "10")
	w.advance("10s")
	w.expect("allowed again", w.api("GET", "/positions", nil).status, 200)
}

func TestIdempotencyKeys(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	post := func(email string, headers ...string) answer {
		w.Helper()
		return w.api("POST", "/invites", object{
			"positionId": pos, "candidate": object{"email": email}, "external": object{"opportunityId": "o", "applicationId": "a"},
		}, headers...)
	}
	key := func(k string) []string { return []string{"Idempotency-Key", k} }
	w.expect("without", post("cy@b.test").at("error", "code"), "idempotency_key_required")
	w.expect("with blanks", post("cy@b.test", key("a b")...).at("error", "code"), "malformed")
	w.expect("too long", post("cy@b.test", key(strings.Repeat("k", 256))...).at("error", "code"), "malformed")

	made := post("cy@b.test", key("k")...)
	w.expect("first", made.status, 201)
	w.expect("first is no replay", made.header.Get("Idempotent-Replayed"), "")
	repeated := post("cy@b.test", key("k")...)
	w.expect("again", repeated.status, 201)
	w.expect("again", repeated.raw, made.raw)
	w.expect("again is a replay", repeated.header.Get("Idempotent-Replayed"), "true")
	another := post("other@b.test", key("k")...)
	w.expect("another body", fmt.Sprint(another.status, another.at("error", "code")), "422idempotency_key_reused")
	refused := post("", key("k2")...)
	w.expect("a refusal is kept too", post("", key("k2")...).raw, refused.raw)

	w.advance("719h")
	w.expect("on day 29", post("cy@b.test", key("k")...).header.Get("Idempotent-Replayed"), "true")
	w.advance("2h")
	late := post("cy@b.test", key("k")...)
	w.expect("after 30 days it is another invite", late.status, 200)
	w.expect("but the natural key holds", late.at("inviteId"), made.at("inviteId"))
	w.expect("mails", w.mails("cy@b.test"), 1)
}

func TestAKeyInFlightIsAConflict(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	slow, rest := io.Pipe()
	req, _ := http.NewRequest("POST", w.url+"/v1/api/invites", slow)
	req.Header.Set("X-API-Key", kit.DefaultAPIKey)
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
	_, _ = io.WriteString(rest, `{"positionId":"`+pos+`","candidate":{"email":"cy@b.test"},`)
	got := w.api("POST", "/invites", "another body", "Idempotency-Key", "k")
	w.expect("meanwhile", fmt.Sprint(got.status, got.at("error", "code")), "409idempotency_in_progress")
	_, _ = io.WriteString(rest, `"external":{"opportunityId":"o","applicationId":"a"}}`)
	rest.Close()
	w.expect("the first", <-first, 201)
	w.expect("mails", w.mails("cy@b.test"), 1)
}

func TestALostAnswerIsRepeatedNotRedone(t *testing.T) {
	w := start(t, kit.Options{})
	pos := w.position("post_1")
	w.control("POST", "faults", []object{{"method": "POST", "path": "/invites$", "kind": "lost", "count": 1}})
	body := `{"positionId":"` + pos + `","candidate":{"email":"cy@b.test"},"external":{"opportunityId":"o","applicationId":"a"}}`
	req, _ := http.NewRequest("POST", w.url+"/v1/api/invites", io.NopCloser(strings.NewReader(body)))
	req.Header.Set("X-API-Key", kit.DefaultAPIKey)
	req.Header["idempotency-key"] = []string{"k"} // in these letters net/http does not repeat it by itself
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Fatal("the answer was not lost")
	}
	got := w.api("POST", "/invites", body, "Idempotency-Key", "k")
	w.expect("again", fmt.Sprint(got.status, got.header.Get("Idempotent-Replayed")), "201true")
	w.expect("mails", w.mails("cy@b.test"), 1)
}
