package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// The test vector of section 5.2.
const (
	vectorKey  = "00112233445566778899aabbccddeeff0011223344556677"
	vectorBody = `{"triggeredAt":1767225600123,"event":"candidateStageChange",` +
		`"data":{"opportunityId":"0f0e1111","candidateId":"9999","contactId":"c0c02222",` +
		`"fromStageId":"applicant-new","toStageId":"7b6a3333"},` +
		`"signature":"acd77a222fd751c9712f0b8d5f4b66cdadc7292f9b50c346d81f7a52789135e2",` +
		`"token":"a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718"}`
)

func hookConnection(t testing.TB, hired ...string) *connection {
	t.Helper()
	ats, err := open(config{HiredReasons: hired, KeepPostings: "1m"}, sdk.Conn{})
	if err != nil {
		t.Fatal(err)
	}
	return ats.(*connection)
}

func post(body string, secrets ...string) sdk.Request {
	return sdk.Request{Method: http.MethodPost, Body: []byte(body), Secrets: secrets}
}

// signed is a delivery as Lever would send it, under token and with the test vector's key.
func signed(event, data, token string, triggeredAt string) string {
	mac := hmac.New(sha256.New, []byte(vectorKey))
	mac.Write([]byte(token + triggeredAt))
	return fmt.Sprintf(`{"event":%q,"triggeredAt":%s,"token":%q,"signature":%q,"data":%s}`,
		event, triggeredAt, token, hex.EncodeToString(mac.Sum(nil)), data)
}

func TestTheTestVectorIsAMove(t *testing.T) {
	c := hookConnection(t)
	for _, secrets := range [][]string{{vectorKey}, {"another", vectorKey}, {vectorKey, "another"}, {" " + vectorKey + "\n"}} {
		got, err := c.Receive(t.Context(), post(vectorBody, secrets...))
		if err != nil || len(got.Events) != 1 || got.Response.Status != 0 {
			t.Fatalf("%v, %v; want one event and a plain 200", got, err)
		}
		e := got.Events[0]
		if e.ID == "" || e.Kind != sdk.KindMoved || e.At != at(1767225600123) || e.Application != "0f0e1111" || e.Person != "c0c02222" {
			t.Errorf("event %+v", e)
		}
	}
}

func TestOneByteChangedIsForged(t *testing.T) {
	c := hookConnection(t)
	change := func(field string) string {
		start := strings.Index(vectorBody, `"`+field+`":`) + len(field) + 3
		i := start + 2
		b := []byte(vectorBody)
		b[i] = '1' + (b[i]-'0'+1)%8
		if string(b) == vectorBody {
			t.Fatalf("%s was not changed", field)
		}
		return string(b)
	}
	for name, r := range map[string]sdk.Request{
		"signature":        post(change("signature"), vectorKey),
		"token":            post(change("token"), vectorKey),
		"triggeredAt":      post(change("triggeredAt"), vectorKey),
		"key":              post(vectorBody, vectorKey[:47]+"8"),
		"no key":           post(vectorBody),
		"an empty key":     post(signedWith("", "candidateHired", "tok", "1767225600123"), "", " "),
		"no signature":     post(`{"event":"candidateHired","triggeredAt":1767225600123,"token":"t","data":{}}`, vectorKey),
		"a short one":      post(strings.Replace(vectorBody, "135e2", "", 1), vectorKey),
		"a float for time": post(strings.Replace(vectorBody, "1767225600123", "1.767225600123e12", 1), vectorKey),
		"no JSON":          post(`event=candidateHired`, vectorKey),
		"no object":        post(`[]`, vectorKey),
		"nothing":          post(``, vectorKey),
		"too much":         post(vectorBody+strings.Repeat(" ", maxDelivery), vectorKey),
		// Token and time are signed without a mark between them: here the time took the token's last digits.
		"borrowed digits": post(strings.NewReplacer(`f60718"`, `f"`, `1767225600123`, `607181767225600123`).Replace(vectorBody), vectorKey),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Receive(t.Context(), r)
			if !errors.Is(err, sdk.ErrUnauthorized) || got.Events != nil {
				t.Errorf("%v, %v; want unauthorized", got, err)
			}
		})
	}
}

func signedWith(key, event, token, triggeredAt string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(token + triggeredAt))
	return fmt.Sprintf(`{"event":%q,"triggeredAt":%s,"token":%q,"signature":%q,"data":{"opportunityId":"o1"}}`,
		event, triggeredAt, token, hex.EncodeToString(mac.Sum(nil)))
}

func TestWhatEachWebhookMeans(t *testing.T) {
	const who = `"opportunityId":"o1","contactId":"c1","candidateId":"x"`
	const hiredNow, rejectedNow = `{"reason":"r-hired","archivedAt":1}`, `{"reason":"r-other","archivedAt":1}`
	for _, c := range []struct {
		name, event, data string
		want              sdk.Kind
	}{
		{"applied", "applicationCreated", `{` + who + `,"applicationId":"a1"}`, sdk.KindApplied},
		{"moved", "candidateStageChange", `{` + who + `,"fromStageId":"lead-new","toStageId":"offer"}`, sdk.KindMoved},
		{"hired", "candidateHired", `{` + who + `}`, sdk.KindHired},
		{"deleted", "candidateDeleted", `{` + who + `}`, sdk.KindDeleted},
		{"rejected", "candidateArchiveChange", `{` + who + `,"fromArchived":null,"toArchived":` + rejectedNow + `}`, sdk.KindRejected},
		{"hired is told once, elsewhere", "candidateArchiveChange", `{` + who + `,"fromArchived":null,"toArchived":` + hiredNow + `}`, ""},
		{"unrejected", "candidateArchiveChange", `{` + who + `,"fromArchived":` + rejectedNow + `,"toArchived":null}`, sdk.KindUnrejected},
		{"unhired", "candidateArchiveChange", `{` + who + `,"fromArchived":` + hiredNow + `,"toArchived":null}`, sdk.KindUnhired},
		{"an archive change that does not say", "candidateArchiveChange", `{` + who + `}`, ""},
		{"unknown fields", "candidateHired", `{` + who + `,"new":{"deep":[1]}}`, sdk.KindHired},
		{"a contact of another type", "candidateHired", `{"contactId":7,"opportunityId":"o1"}`, sdk.KindHired},
		{"a test delivery", "candidateHired", `{}`, ""},
		{"no data", "candidateHired", `null`, ""},
		{"an id that is none", "candidateHired", `{"opportunityId":"../../x"}`, ""},
		{"an event of no interest", "interviewCreated", `{` + who + `,"interviewId":"i1"}`, ""},
		{"an unknown event", "candidateTeleported", `{` + who + `}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := hookConnection(t, "r-hired").Receive(t.Context(), post(signed(c.event, c.data, "tok", "1767225600123"), vectorKey))
			if err != nil || got.Response.Status != 0 {
				t.Fatalf("%v, %v; want a plain 200", got, err)
			}
			switch {
			case c.want == "" && len(got.Events) == 0:
			case len(got.Events) != 1 || got.Events[0].Kind != c.want || got.Events[0].Application != "o1":
				t.Errorf("events %+v, want %q", got.Events, c.want)
			}
		})
	}
}

func TestWithoutHiredReasonsArchivingSaysNothing(t *testing.T) {
	data := `{"opportunityId":"o1","fromArchived":null,"toArchived":{"reason":"r","archivedAt":1}}`
	got, err := hookConnection(t).Receive(t.Context(), post(signed("candidateArchiveChange", data, "tok", "1767225600123"), vectorKey))
	if err != nil || len(got.Events) != 0 {
		t.Errorf("%v, %v; want no events", got, err)
	}
}

func TestARetryIsTheSameEvent(t *testing.T) {
	c := hookConnection(t)
	id := func(event, data, token, at string) string {
		got, err := c.Receive(t.Context(), post(signed(event, data, token, at), vectorKey))
		if err != nil || len(got.Events) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
		return got.Events[0].ID
	}
	const moved, to = "candidateStageChange", `{"opportunityId":"o1","toStageId":"s1"}`
	first := id(moved, to, "token-1", "1767225600123")
	if again := id(moved, to, "token-2", "1767225600123"); again != first {
		t.Error("a new token made a new event")
	}
	for name, other := range map[string]string{
		"another time":        id(moved, to, "t", "1767225600124"),
		"another stage":       id(moved, `{"opportunityId":"o1","toStageId":"s2"}`, "t", "1767225600123"),
		"another opportunity": id(moved, `{"opportunityId":"o2","toStageId":"s1"}`, "t", "1767225600123"),
		"another event":       id("candidateHired", to, "t", "1767225600123"),
	} {
		if other == first {
			t.Errorf("%s is the same event", name)
		}
	}
}

func TestOnlyPostIsTaken(t *testing.T) {
	r := post(vectorBody, vectorKey)
	r.Method = http.MethodGet
	got, err := hookConnection(t).Receive(t.Context(), r)
	if err != nil || got.Response.Status != http.StatusMethodNotAllowed || got.Events != nil {
		t.Errorf("%v, %v; want 405", got, err)
	}
}

// FuzzReceive: nothing that was not signed yields an event, and whatever is signed yields well-formed ones.
func FuzzReceive(f *testing.F) {
	f.Add(vectorBody)
	f.Add(signed("candidateArchiveChange", `{"opportunityId":"o1","toArchived":{"reason":"r","archivedAt":"1"}}`, "t", "1767225600123"))
	f.Add(`{"event":"candidateHired","triggeredAt":"1767225600123","token":"","signature":"","data":[]}`)
	c := hookConnection(f, "r-hired")
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := c.Receive(t.Context(), post(body, "a key that signed nothing")); err == nil {
			t.Error("accepted without a signature")
		}
		for _, request := range []sdk.Request{
			post(body, vectorKey),
			post(signed("candidateArchiveChange", quoted(body), "t", "1767225600123"), vectorKey),
		} {
			got, err := c.Receive(t.Context(), request)
			if err != nil && !errors.Is(err, sdk.ErrUnauthorized) {
				t.Errorf("neither taken nor refused: %v", err)
			}
			for _, e := range got.Events {
				if e.ID == "" || e.Kind == "" || !idForm.MatchString(e.Application) || e.At.IsZero() {
					t.Errorf("event %+v", e)
				}
			}
		}
	})
}

// quoted is the data of a delivery made of any text.
func quoted(text string) string {
	return fmt.Sprintf(`{"opportunityId":"o1","toArchived":%q,"fromArchived":{"reason":%q}}`, text, text)
}
