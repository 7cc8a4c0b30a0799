package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// TestEverySamplePassesTheDoor, signed with either live key, and none with a byte changed.
func TestEverySamplePassesTheDoor(t *testing.T) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".json") || strings.HasPrefix(name, "assessment_") || strings.HasPrefix(name, "custom_") {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			p, body := atNoon(t, config{}), read(t, name)
			for _, key := range []string{oldKey, newKey} {
				r := telling(body)
				r.Header.Set("Signature", sign(key, body))
				if got, err := p.Receive(t.Context(), r); err != nil || got.Response.Status != 0 || got.Question != nil {
					t.Fatalf("%+v, %v; want a plain 200", got, err)
				}
			}
			for i := range body {
				r := telling(body)
				r.Body = append([]byte(nil), body...)
				r.Body[i] ^= 1
				if _, err := p.Receive(t.Context(), r); !errors.Is(err, sdk.ErrUnauthorized) {
					t.Fatalf("with byte %d changed: %v, want unauthorized", i, err)
				}
			}
		})
	}
	if seen < 20 {
		t.Errorf("%d samples, want all of them", seen)
	}
}

// The known answer of section 7.3.
func TestTheKnownPing(t *testing.T) {
	r := telling(read(t, "ping.json"))
	r.Secrets = []string{"1uSUju2H6AohOE7OQVaxeLT3O8Uxxuas"}
	r.Header.Set("Signature", "sha256 395b1309fd37f0732d1ed11c15e03edd61b818918df6bf93be7c71bafb09c877")
	got, err := atNoon(t, config{}).Receive(t.Context(), r)
	if err != nil || got.Response.Status != 0 || got.Events != nil {
		t.Errorf("%+v, %v; want a plain 200 without events", got, err)
	}
}

func TestForgedWebhooks(t *testing.T) {
	body := read(t, "reject_candidate.json")
	good := strings.TrimPrefix(sign(newKey, body), "sha256 ")
	for name, change := range map[string]func(*sdk.Request){
		"no signature":              func(r *sdk.Request) { r.Header.Del("Signature") },
		"an equals sign (trap 1)":   func(r *sdk.Request) { r.Header.Set("Signature", "sha256="+good) },
		"another algorithm":         func(r *sdk.Request) { r.Header.Set("Signature", "sha1 "+good) },
		"no algorithm":              func(r *sdk.Request) { r.Header.Set("Signature", good) },
		"half a signature":          func(r *sdk.Request) { r.Header.Set("Signature", "sha256 "+good[:32]) },
		"two signatures":            func(r *sdk.Request) { r.Header.Add("Signature", "sha256 "+good) },
		"a stale key":               func(r *sdk.Request) { r.Secrets = []string{oldKey} },
		"no key":                    func(r *sdk.Request) { r.Secrets = nil },
		"an empty key":              func(r *sdk.Request) { r.Secrets = []string{""}; r.Header.Set("Signature", sign("", body)) },
		"the key itself":            func(r *sdk.Request) { r.Header.Set("Signature", "sha256 "+newKey) },
		"re-encoded":                func(r *sdk.Request) { r.Body = []byte(strings.ReplaceAll(string(body), "\n", "")) },
		"the key of a partner call": func(r *sdk.Request) { r.Header = http.Header{"Authorization": {basic(newKey, "")}} },
	} {
		t.Run(name, func(t *testing.T) {
			r := telling(body)
			change(&r)
			if got, err := atNoon(t, config{}).Receive(t.Context(), r); !errors.Is(err, sdk.ErrUnauthorized) || got.Events != nil {
				t.Errorf("%+v, %v; want unauthorized", got, err)
			}
		})
	}
}

// TestOrganisation is row GA6: the header must equal the organisation's name exactly, also that of a ping.
func TestOrganisation(t *testing.T) {
	for _, c := range []struct {
		setting string
		said    []string
		taken   bool
	}{
		{"", nil, true},
		{"", []string{"Anybody"}, true},
		{"Hogwarts Ltd", []string{"Hogwarts Ltd"}, true},
		{"Hogwarts Ltd", nil, false},
		{"Hogwarts Ltd", []string{""}, false},
		{"Hogwarts Ltd", []string{"hogwarts ltd"}, false},
		{"Hogwarts Ltd", []string{"Hogwarts Ltd "}, false},
		{"Hogwarts Ltd", []string{"Hogwarts Ltd", "Hogwarts Ltd"}, false},
	} {
		for _, sample := range []string{"ping.json", "reject_candidate.json"} {
			r := telling(read(t, sample))
			if c.said != nil {
				r.Header["X-Organisation"] = c.said
			}
			_, err := atNoon(t, config{Organisation: c.setting}).Receive(t.Context(), r)
			if taken := err == nil; taken != c.taken || !taken && !errors.Is(err, sdk.ErrUnauthorized) {
				t.Errorf("setting %q, header %q, %s: %v", c.setting, c.said, sample, err)
			}
		}
	}
}

// of makes a webhook's body.
func of(action, payload string) []byte {
	return fmt.Appendf(nil, `{"action":%q,"payload":%s,"organization_id":7,"organization_name":"Hogwarts"}`, action, payload)
}

func TestWhatEachWebhookMeans(t *testing.T) {
	const app = `"id":11,"candidate":{"id":22},"prospect":false,"current_stage":{"id":33,"name":"Assessment","interviews":[]},` +
		`"applied_at":"2026-11-01T08:00:00Z","rejected_at":"2026-11-03T08:00:00Z","last_activity_at":"2026-11-04T08:00:00.123Z"`
	day := func(d, ms int) time.Time { return time.Date(2026, 11, d, 8, 0, 0, ms*int(time.Millisecond), time.UTC) }
	one := func(kind sdk.Kind, at time.Time, application, person, stage string) []sdk.Event {
		return []sdk.Event{{Kind: kind, At: at, Application: application, Person: person, Stage: stage}}
	}
	for _, c := range []struct {
		name, action, payload string
		want                  []sdk.Event
	}{
		{"applied", "new_candidate_application", `{"application":{` + app + `}}`, one(sdk.KindApplied, day(1, 0), "11", "22", "")},
		{"moved", "candidate_stage_change", `{"application":{` + app + `}}`, one(sdk.KindMoved, day(4, 123), "11", "22", "33")},
		{"rejected", "reject_candidate", `{"application":{` + app + `}}`, one(sdk.KindRejected, day(3, 0), "11", "22", "")},
		{"unrejected", "unreject_candidate", `{"application":{` + app + `}}`, one(sdk.KindUnrejected, day(4, 123), "11", "22", "")},
		{"hired, with an offer and no times", "hire_candidate",
			`{"application":{"id":11,"candidate":{"id":22},"offer":{"id":5,"resolved_at":"2026-11-03T08:00:00Z","starts_at":"2027-01-01"}}}`,
			one(sdk.KindHired, day(3, 0), "11", "22", "")},
		{"unhired", "unhire_candidate", `{"application":{` + app + `}}`, one(sdk.KindUnhired, day(4, 123), "11", "22", "")},
		{"an application is deleted", "delete_application", `{"application":{"id":11,"candidate_id":22,"job_id":3}}`,
			one(sdk.KindDeleted, noon, "11", "22", "")},
		{"a person is deleted, with her applications", "delete_candidate", `{"person":{"id":22,"deleted_application_ids":[12,11,12]}}`,
			append(one(sdk.KindDeleted, noon, "11", "22", ""), one(sdk.KindDeleted, noon, "12", "22", "")...)},
		{"the same under the other name", "delete_candidate", `{"person":{"id":22,"application_ids":[11]}}`,
			one(sdk.KindDeleted, noon, "11", "22", "")},
		{"a person is deleted, maybe by a merge", "delete_candidate", `{"person":{"id":22,"deleted_application_ids":[]}}`,
			one(sdk.KindDeleted, noon, "", "22", "")},
		{"a person is merged away", "merge_candidate", `{"person":{"id":22,"new_candidate_id":23}}`, nil},
		{"anonymized", "candidate_anonymized", `{"candidate_id":22,"anonymized_fields":["notes","email_addresses"]}`,
			one(sdk.KindAnonymized, noon, "", "22", "")},
		{"anonymized, it does not say what", "candidate_anonymized", `{"candidate_id":22}`, one(sdk.KindAnonymized, noon, "", "22", "")},
		{"anonymized, but nothing that names her", "candidate_anonymized", `{"candidate_id":22,"anonymized_fields":["rejection_notes"]}`, nil},
		{"a prospect", "new_prospect_application", `{"application":{"id":11,"prospect":true}}`, nil},
		{"a prospect is rejected", "reject_candidate", `{"application":{"id":11,"candidate":{"id":22},"prospect":true}}`, nil},
		{"other forms of the same", "reject_candidate",
			`{"application":{"id":"11","candidate":{"id":22,"custom_fields":[]},"rejected_at":"11/03/2026","current_stage":null,"offer":[]}}`,
			one(sdk.KindRejected, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), "11", "22", "")},
		{"a person is edited", "update_candidate", `{"candidate":{"id":22}}`, nil},
		{"an application is edited", "application_updated", `{"application":{` + app + `}}`, nil},
		{"an event of tomorrow", "candidate_teleported", `{"application":{` + app + `}}`, nil},
		{"an event without a payload", "office_deleted", `null`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := atNoon(t, config{}).Receive(t.Context(), telling(of(c.action, c.payload)))
			if err != nil || got.Response.Status != 0 {
				t.Fatalf("%+v, %v; want a plain 200", got, err)
			}
			ids := map[string]bool{}
			for i := range got.Events {
				ids[got.Events[i].ID] = true
				got.Events[i].ID = ""
			}
			if fmt.Sprintf("%+v", got.Events) != fmt.Sprintf("%+v", c.want) || len(ids) != len(c.want) || ids[""] {
				t.Errorf("events %+v\nwant   %+v", got.Events, c.want)
			}
		})
	}
}

func TestSignedButSenseless(t *testing.T) {
	deep := strings.Repeat("[", 500_000)
	for name, body := range map[string]string{
		"no JSON":                "action=ping",
		"nothing":                "",
		"a list":                 `[]`,
		"no action":              `{"payload":{}}`,
		"no application":         `{"action":"reject_candidate","payload":{}}`,
		"no payload":             `{"action":"reject_candidate"}`,
		"an id that is none":     `{"action":"reject_candidate","payload":{"application":{"id":"../../11"}}}`,
		"nobody deleted":         `{"action":"delete_candidate","payload":{"person":{}}}`,
		"nothing deleted":        `{"action":"delete_application","payload":{"application":[]}}`,
		"nobody anonymized":      `{"action":"candidate_anonymized","payload":{"anonymized_fields":["full_name"]}}`,
		"deep":                   deep,
		"deep below the payload": `{"action":"reject_candidate","payload":` + deep,
		"deep and closed":        `{"action":"reject_candidate","payload":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := atNoon(t, config{}).Receive(t.Context(), telling([]byte(body)))
			if why, _ := reason(err); why != "malformed" || got.Events != nil {
				t.Errorf("%+v, %v; want it refused as malformed", got, err)
			}
		})
	}
}

func TestARepeatedWebhookIsTheSameEvent(t *testing.T) {
	id := func(action, payload, delivery string) string {
		r := telling(of(action, payload))
		r.Header.Set("Greenhouse-Event-Id", delivery)
		got, err := atNoon(t, config{}).Receive(t.Context(), r)
		if err != nil || len(got.Events) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Events[0].ID
	}
	moved := func(stage, at, resume string) string {
		return fmt.Sprintf(`{"application":{"id":11,"candidate":{"id":22,"attachments":[{"url":%q}]},"current_stage":{"id":%s},`+
			`"last_activity_at":%q}}`, resume, stage, at)
	}
	const gone = `{"candidate_id":22,"anonymized_fields":["full_name"]}`
	const change, morning = "candidate_stage_change", "2026-11-04T08:00:00Z"
	first := id(change, moved("33", morning, "https://files/1"), "e-1")
	for name, c := range map[string]struct {
		id   string
		same bool
	}{
		"a new delivery id and a new link to a file": {id(change, moved("33", morning, "https://files/2"), "e-2"), true},
		"another stage": {id(change, moved("34", morning, "https://files/1"), "e-1"), false},
		"another time":  {id(change, moved("33", "2026-11-04T09:00:00Z", "https://files/1"), "e-1"), false},
		"another event": {id("unreject_candidate", moved("33", morning, "https://files/1"), "e-1"), false},
	} {
		if (c.id == first) != c.same {
			t.Errorf("%s: is the same event: %v, want %v", name, c.id == first, c.same)
		}
	}
	if once, again := id("candidate_anonymized", gone, "e-1"), id("candidate_anonymized", gone, "e-1"); once != again {
		t.Error("an anonymization repeated is another")
	}
	if id("candidate_anonymized", gone, "e-1") == id("candidate_anonymized", gone, "e-2") {
		t.Error("who is anonymized again, after somebody has named her again, is not")
	}
}

func TestOnlyPostTellsOfAnything(t *testing.T) {
	r := telling(read(t, "reject_candidate.json"))
	r.Method = http.MethodPut
	got, err := atNoon(t, config{}).Receive(t.Context(), r)
	if err != nil || got.Response.Status != http.StatusMethodNotAllowed || got.Events != nil {
		t.Errorf("%+v, %v; want 405", got, err)
	}
}

// FuzzReceive: what is not signed yields nothing, and what is yields well-formed events or a refusal, at either door.
func FuzzReceive(f *testing.F) {
	f.Add(string(of("reject_candidate", `{"application":{"id":11,"candidate":{"id":22},"rejected_at":"11/03/2026","offer":[]}}`)))
	f.Add(string(of("delete_candidate", `{"person":{"id":22,"deleted_application_ids":[12,"11",null]}}`)))
	f.Add(string(of("candidate_anonymized", `{"candidate_id":22,"anonymized_fields":["full_name"]}`)))
	f.Add(`{"partner_test_id":"1","url":"https://app.greenhouse.io/1","candidate":{"greenhouse_profile_url":"/people/5?application_id=6"}}`)
	p := atNoon(f, config{})
	f.Fuzz(func(t *testing.T, body string) {
		forged := telling([]byte(body))
		forged.Header.Set("Signature", sign("a key that is not live", []byte(body)))
		if _, err := p.Receive(t.Context(), forged); !errors.Is(err, sdk.ErrUnauthorized) {
			t.Errorf("taken without a signature: %v", err)
		}
		for _, r := range []sdk.Request{telling([]byte(body)), calling(http.MethodPost, "send_test", body)} {
			got, err := p.Receive(t.Context(), r)
			if why, _ := reason(err); err != nil && why == "" {
				t.Errorf("neither taken nor refused: %v", err)
			}
			for _, e := range got.Events {
				named := e.Application == "" || idForm.MatchString(e.Application)
				if e.ID == "" || e.Kind == "" || e.At.IsZero() || !named || e.Application == "" && e.Person == "" {
					t.Errorf("event %+v", e)
				}
			}
			if _, err := json.Marshal(got.Events); err != nil {
				t.Error(err)
			}
		}
	})
}
