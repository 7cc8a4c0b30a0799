package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSignature is the known answer of section 7.3.
func TestSignature(t *testing.T) {
	body, err := os.ReadFile("../testdata/ping.json")
	if err != nil {
		t.Fatal(err)
	}
	got := sign("1uSUju2H6AohOE7OQVaxeLT3O8Uxxuas", body)
	if want := "sha256 395b1309fd37f0732d1ed11c15e03edd61b818918df6bf93be7c71bafb09c877"; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}

func sample(t *testing.T, name string) (v any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// shapeDiff tells in what keys and kinds of values got differs from a sample. Null fits anything, and so do the maps of custom fields,
// whose keys are an organization's own.
func shapeDiff(path string, want, got any) string {
	if want == nil || got == nil || strings.HasSuffix(path, ".custom_fields") {
		return ""
	}
	switch want := want.(type) {
	case object:
		got, ok := got.(object)
		if !ok {
			return fmt.Sprintf("%s is no object", path)
		}
		var diffs []string
		for key := range got {
			if _, ok := want[key]; !ok {
				diffs = append(diffs, path+"."+key+" is not in the sample")
			}
		}
		for key, inner := range want {
			v, ok := got[key]
			if !ok {
				diffs = append(diffs, path+"."+key+" is missing")
			} else if diff := shapeDiff(path+"."+key, inner, v); diff != "" {
				diffs = append(diffs, diff)
			}
		}
		return strings.Join(diffs, "\n")
	case []any:
		list, ok := got.([]any)
		if !ok {
			return fmt.Sprintf("%s is no list", path)
		}
		if len(want) > 0 && len(list) > 0 {
			return shapeDiff(path+"[]", want[0], list[0])
		}
		return ""
	}
	if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
		return fmt.Sprintf("%s is %v, in the sample %v", path, got, want)
	}
	return ""
}

// TestSamples has every event happen that there is a sample of, and compares its shape; the others are counted.
func TestSamples(t *testing.T) {
	g, in := start(t), receive(t)
	for event := range events {
		g.act("webhook", object{"event": event, "url": in.URL + "/hook", "secret": "s"})
	}
	if pings := in.take(g, "/hook"); len(pings) != 29 {
		t.Fatalf("%d pings, want 29", len(pings))
	} else if diff := shapeDiff("", sample(t, "ping"), any(pings[0].body)); diff != "" {
		t.Error(diff)
	}
	g.act("field", object{"name": "Score", "of": "application", "kind": "number"})
	a := g.apply(object{"source": "Referral", "resume": "cv.pdf"})
	app := object{"application": a["application"]}
	g.act("move", with(object{"stage": "Assessment"}, app))
	g.act("reject", app)
	g.act("unreject", app)
	g.act("hire", with(object{"start": "2026-12-01"}, app))
	g.act("unhire", app)
	g.act("value", with(object{"field": "score", "value": 7}, app))
	g.act("edit", object{"candidate": a["candidate"], "first_name": "G."})
	g.act("anonymize", object{"candidate": a["candidate"], "fields": []string{"full_name", "current_title"}})
	g.act("prospect", object{"first_name": "Pia", "last_name": "Prospect", "email": "pia@x.example", "jobs": []string{"Data Analyst"}})
	told := []string{}
	for _, file := range []string{"offer_created", "offer_approved", "offer_deleted", "job_updated", "job_approved", "job_deleted",
		"job_interview_stage_deleted", "job_post_created", "job_post_updated", "job_post_deleted", "interview_deleted", "scorecard_deleted",
		"department_deleted", "office_deleted"} {
		g.act("tell", with(object{"name": file}, app))
		told = append(told, file)
	}
	g.act("job", object{"name": "Third"})
	g.act("delete-application", app)
	b, c := g.apply(), g.apply()
	g.act("merge", object{"candidate": b["candidate"], "into": c["candidate"]})
	g.act("delete", object{"candidate": c["candidate"]})
	seen := map[string]object{}
	for _, h := range in.take(g, "/hook") {
		if h.body["organization_name"] != "Sandbox Organisation" || h.body["organization_id"] == nil {
			t.Errorf("root keys: %s", h.raw)
		}
		if got := h.header.Get("Signature"); got != sign("s", h.raw) || h.header.Get("Greenhouse-Event-ID") == "" {
			t.Errorf("headers %v", h.header)
		}
		seen[h.body["action"].(string)] = object{"action": h.body["action"], "payload": h.body["payload"]}
	}
	for event := range events {
		if seen[event] == nil {
			t.Errorf("%s did not come", event)
		} else if _, err := os.Stat("../testdata/" + event + ".json"); err == nil {
			if diff := shapeDiff(event, sample(t, event), any(seen[event])); diff != "" {
				t.Error(diff)
			}
		}
	}
	if slices.Contains(told, "hire_candidate") || g.refused("tell", with(object{"name": "hire_candidate"}, app)) == "" {
		t.Error("what people do can be told without doing it")
	}
	p := seen["merge_candidate"]["payload"].(object)["person"].(object)
	if fmt.Sprint(int(p["new_candidate_id"].(float64))) != c["candidate"] {
		t.Errorf("merge_candidate: %v", p)
	}
	if p := seen["delete_candidate"]["payload"].(object)["person"].(object); len(p["deleted_application_ids"].([]any)) != 1 {
		t.Errorf("delete_candidate: %v", p) // the duplicate for the same job went with the merge
	}
	if p := seen["candidate_anonymized"]["payload"].(object); fmt.Sprint(int(p["candidate_id"].(float64))) != a["candidate"] {
		t.Errorf("candidate_anonymized: %v", p)
	}
}

func TestBodyIsEscapedAndHeadersAreAsPasted(t *testing.T) {
	g, in := start(t), receive(t)
	g.act("organisation", object{"name": "Åhléns & Co"})
	g.act("webhook", object{
		"event": "new_candidate_application", "url": in.URL + "/hook", "secret": "s", "headers": "X-Organisation: Åhléns & Co\nX-Other: 1",
		"user": "u", "password": "p",
	})
	in.take(g, "/hook") // the ping
	g.apply(object{"first_name": "<b>Zoë</b>"})
	heard := in.take(g, "/hook")
	if len(heard) != 1 || heard[0].key != "u" || heard[0].header.Get("X-Organisation") != "Åhléns & Co" ||
		heard[0].header.Get("X-Other") != "1" {
		t.Fatalf("%+v", heard)
	}
	for _, piece := range []string{`\u003cb\u003eZoë`, `"organization_name":"Åhléns \u0026 Co"`} {
		if !strings.Contains(string(heard[0].raw), piece) {
			t.Errorf("%s lacks %s", heard[0].raw, piece)
		}
	}
}

func TestWebhookForm(t *testing.T) {
	g := start(t)
	good := object{"event": "hire_candidate", "url": "https://x.example/h", "secret": "s"}
	for name, bad := range map[string]object{
		"plain http": {"url": "http://x.example/h"}, "no host": {"url": "https:///h"}, "no event": {"event": "interview_scheduled"},
		"no secret": {"secret": ""}, "our header": {"headers": "Signature: x"}, "no header": {"headers": "nonsense"}, "never": {"attempts": 0},
	} {
		if why := g.refused("webhook", with(with(object{}, good), bad)); why == "" {
			t.Errorf("%s: no reason", name)
		}
	}
}

// TestRetries is section 7.4: seven attempts within 15 hours 16 minutes, only 200 counts, then a mail.
func TestRetries(t *testing.T) {
	for _, status := range []int{500, 202, 204, 301, 401} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			g, in := start(t), receive(t)
			g.act("webhook", object{"event": "hire_candidate", "url": in.URL + "/hook", "secret": "s", "recipient": "it@employer.example"})
			in.take(g, "/hook")
			in.set("/hook", status, "")
			g.act("hire", object{"application": g.apply()["application"]})
			ids := map[string]bool{}
			count := func(want int) {
				t.Helper()
				heard := in.take(g, "/hook")
				for _, h := range heard {
					ids[h.header.Get("Greenhouse-Event-ID")] = true
				}
				if len(heard) != want {
					t.Fatalf("%d attempts, want %d", len(heard), want)
				}
			}
			count(1)
			for _, wait := range []string{"1m", "15m", "1h", "2h", "4h", "8h"} {
				g.advance(wait)
				count(1)
			}
			g.advance("100h")
			count(0)
			if mails := g.control("GET", "mailbox?to=it@employer.example", object{}).([]any); len(mails) != 1 {
				t.Errorf("mails: %v", mails)
			}
			if len(ids) != 1 {
				t.Errorf("event ids %v", ids)
			}
			sent := g.control("GET", "deliveries", object{}).([]any)[1].(object)
			if sent["state"] != "failed" || len(sent["tries"].([]any)) != 7 {
				t.Errorf("it is listed as %v after %d tries", sent["state"], len(sent["tries"].([]any)))
			}
		})
	}
}

func TestFailedPingDisables(t *testing.T) {
	g, in := start(t), receive(t)
	in.set("/hook", 202, "")
	made := g.act("webhook", object{"event": "reject_candidate", "url": in.URL + "/hook", "secret": "s"})
	g.advance("1h")
	if pings := in.take(g, "/hook"); len(pings) != 1 || pings[0].body["action"] != "ping" {
		t.Fatalf("pings %+v", pings)
	}
	in.set("/hook", 200, "")
	a := object{"application": g.apply()["application"]}
	g.act("reject", a)
	if heard := in.take(g, "/hook"); len(heard) != 0 {
		t.Fatalf("a disabled webhook sent %+v", heard)
	}
	g.act("webhook", object{"webhook": made["webhook"], "active": true})
	in.take(g, "/hook") // the ping
	g.act("unreject", a)
	g.act("reject", a)
	if heard := in.take(g, "/hook"); len(heard) != 1 || heard[0].body["action"] != "reject_candidate" {
		t.Errorf("enabled: %+v", heard)
	}
	g.act("webhook-remove", object{"webhook": made["webhook"]})
	g.act("unreject", a)
	g.act("reject", a)
	if heard := in.take(g, "/hook"); len(heard) != 0 {
		t.Errorf("removed: %+v", heard)
	}
}

// TestMergeWithoutItsWebhook is trap 23: a deletion without applications.
func TestMergeWithoutItsWebhook(t *testing.T) {
	g, in := start(t), receive(t)
	g.act("webhook", object{"event": "delete_candidate", "url": in.URL + "/hook", "secret": "s"})
	in.take(g, "/hook") // the ping
	from, into := g.apply(), g.apply(object{"job": "Backend Engineer"})
	g.act("merge", object{"candidate": from["candidate"], "into": into["candidate"]})
	heard := in.take(g, "/hook")
	if len(heard) != 1 || len(heard[0].body["payload"].(object)["person"].(object)["deleted_application_ids"].([]any)) != 0 {
		t.Errorf("%+v", heard)
	}
	if a := g.application(from["application"]); a["candidate"] != into["candidate"] {
		t.Errorf("the application moved to %v", a["candidate"])
	}
}

func TestAnonymize(t *testing.T) {
	g := start(t)
	a := g.apply()
	g.act("move", object{"application": a["application"], "stage": "Offer"})
	g.refused("anonymize", object{"candidate": a["candidate"], "fields": []string{"nonsense"}})
	g.act("anonymize", object{"candidate": a["candidate"], "fields": []string{"full_name", "email_addresses", "candidate_stage_data"}})
	s := g.application(a["application"])
	if s["name"] != "Anonymized "+a["candidate"].(string) || s["email"] != "" || s["stage"] != "Application Review" {
		t.Errorf("%v", s)
	}
}
