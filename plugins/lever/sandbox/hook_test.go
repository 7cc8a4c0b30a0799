package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/hook"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// inbox is a receiver of webhooks: it answers with its statuses one after another, the last one for ever.
type inbox struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	messages []hook.Message
	headers  []http.Header
}

func receive(t *testing.T, statuses ...int) *inbox {
	i := &inbox{statuses: statuses}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m hook.Message
	body, _ := io.ReadAll(r.Body)
	err := json.Unmarshal(body, &m)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages, i.headers = append(i.messages, m), append(i.headers, r.Header)
	status := i.statuses[0]
	if len(i.statuses) > 1 {
		i.statuses = i.statuses[1:]
	}
	if err != nil {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
}

// take gives what has come since the last take, once all that is due has been sent.
func (i *inbox) take(l *lever) []hook.Message {
	l.advance("0s")
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.messages
	i.messages, i.headers = nil, nil
	return taken
}

// subscribe makes a webhook through the API and returns its token.
func (l *lever) subscribe(url, event, configuration string) (token string) {
	l.Helper()
	var answer struct {
		Data struct {
			ID            string
			Configuration struct{ SignatureToken string }
		}
	}
	status, body, _ := l.call("POST", "/v1/webhooks", `{"url":"`+url+`","event":"`+event+`","configuration":`+configuration+`}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 201 {
		l.Fatalf("%d %s", status, body)
	}
	l.ids[event] = answer.Data.ID
	return answer.Data.Configuration.SignatureToken
}

func TestEventsOfALife(t *testing.T) {
	l, in := start(t, sandbox.Options{}), receive(t, 200)
	for event := range hook.Events {
		l.subscribe(in.URL, event, `{}`)
	}
	text, err := os.ReadFile("testdata/life.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, life, _ := strings.Cut(string(text), "\n\n")
	lines := rows(life)
	for i := 0; i+1 < len(lines); i += 2 {
		does, args, _ := strings.Cut(lines[i], " ")
		l.act(does, args)
		came := in.take(l)
		slices.SortFunc(came, func(a, b hook.Message) int { // sent side by side: the order is not promised
			order := []string{"contactCreated", "contactUpdated", "candidateArchiveChange"}
			return slices.Index(order, b.Event) - slices.Index(order, a.Event)
		})
		body, _ := json.Marshal(came)
		if came == nil {
			body = []byte("[]")
		}
		if diff := l.lacks(string(body), lines[i+1]); diff != "" {
			t.Errorf("%s: %s\nin %s", lines[i], diff, body)
		}
		for _, m := range came {
			if m.Data["candidateId"] == m.Data["opportunityId"] && m.Data["candidateId"] != nil {
				t.Errorf("%s: candidateId equals opportunityId", m.Event)
			}
		}
	}
}

func TestDeliveryIsSignedAndTriedSixTimes(t *testing.T) {
	for name, reuse := range map[string]bool{"a new token for each try": false, "the same token": true} {
		t.Run(name, func(t *testing.T) {
			l, in := start(t, sandbox.Options{}), receive(t, 500, 302, 404, 500, 500, 500, 200)
			if reuse {
				l.control("POST", "acts/settings", `{"reuse_token":true}`, nil)
			}
			secret := l.subscribe(in.URL, "applicationCreated", `{}`)
			l.act("apply", `{"posting":"Data Analyst","name":"Grace","email":"grace@navy.example"}`)
			l.advance("72h")
			var log []sandbox.Sent
			l.control("GET", "deliveries", "", &log)
			if len(log) != 1 || log[0].State != "failed" {
				t.Fatalf("deliveries: %+v", log)
			}
			var between []time.Duration
			for i := range log[0].Tries[1:] {
				between = append(between, log[0].Tries[i+1].At.Sub(log[0].Tries[i].At).Round(time.Minute))
			}
			if !slices.Equal(between, hook.Gaps) {
				t.Errorf("tried after %v, want %v", between, hook.Gaps)
			}
			header := in.headers[0]
			if header.Get("User-Agent") != "Lever-Webhooks" || header.Get("Content-Type") != "application/json" {
				t.Errorf("header %v", header)
			}
			tokens := map[string]bool{}
			came := in.take(l)
			for _, m := range came {
				tokens[m.Token] = true
				if m.Signature != hook.Sign(secret, m.Token, m.TriggeredAt) || len(m.Token) != 48 || len(secret) != 48 {
					t.Errorf("badly signed: %+v with %s", m, secret)
				}
				if m.ID != came[0].ID || m.ID == "" || m.TriggeredAt != came[0].TriggeredAt {
					t.Errorf("a try changed the event: %+v", m)
				}
			}
			if want := map[bool]int{true: 1, false: 6}[reuse]; len(tokens) != want || len(came) != 6 {
				t.Errorf("%d tries with %d tokens, want 6 with %d", len(came), len(tokens), want)
			}
			l.control("POST", "deliveries/1/rerun", "", nil)
			if again := in.take(l); len(again) != 1 || again[0].ID != came[0].ID {
				t.Errorf("rerun sent %+v", again)
			}
		})
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	l, applied, all, hand := start(t, sandbox.Options{}), receive(t, 200), receive(t, 200), receive(t, 200)
	l.subscribe(applied.URL, "candidateStageChange", `{"conditions":{"origins":["applied"]}}`)
	l.subscribe(all.URL, "candidateStageChange", `{}`)
	l.act("webhook", `{"url":"`+hand.URL+`","event":"candidateStageChange"}`)
	l.act("add", `{"name":"Sourced"}`)
	move := func(stage string) (a, b int, c []hook.Message) {
		l.act("move", `{"opportunity":"{opportunity}","stage":"`+stage+`"}`)
		return len(applied.take(l)), len(all.take(l)), hand.take(l)
	}
	if a, b, c := move("Offer"); a != 0 || b != 1 || len(c) != 1 || c[0].Signature != "" {
		t.Errorf("of a sourced one %d, %d and %+v heard; want none, one, and one that is not signed", a, b, c)
	}
	if _, body, _ := l.call("GET", "/v1/webhooks", ""); l.lacks(body, `{"data":["*","*"]}`) != "" {
		t.Errorf("the API shows the webhook made by hand: %s", body)
	}
	l.act("webhook-token", `{"webhook":"{webhook}","token":"new"}`)
	if _, _, c := move("Assessment"); c[0].Signature != hook.Sign("new", c[0].Token, c[0].TriggeredAt) {
		t.Errorf("not signed with the new token: %+v", c[0])
	}
	l.control("POST", "acts/settings", `{"silent":{"candidateStageChange":true}}`, nil)
	if a, b, c := move("Offer"); a+b+len(c) != 0 {
		t.Error("an event that is switched off was sent")
	}
	l.control("POST", "acts/settings", `{"silent":{}}`, nil)
	l.act("webhook-remove", `{"webhook":"{webhook}"}`)
	if _, b, c := move("Assessment"); b != 1 || len(c) != 0 {
		t.Errorf("after removing one, %d and %d heard", b, len(c))
	}
	if status, _, _ := l.call("DELETE", "/v1/webhooks/{candidateStageChange}", ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if _, b, _ := move("Offer"); b != 0 {
		t.Error("a deleted webhook was sent to")
	}
}

func TestVerifyConnection(t *testing.T) {
	l, in := start(t, sandbox.Options{}), receive(t, 200)
	secret := l.subscribe(in.URL, "candidateHired", `{"verifyConnection":true}`)
	l.call("PUT", "/v1/webhooks", `{"data":[{"id":"{candidateHired}","configuration":{"verifyConnection":true}}]}`)
	l.act("webhook-test", `{"webhook":"{candidateHired}"}`)
	came := in.take(l)
	for _, m := range came {
		if m.Event != "candidateHired" || len(m.Data) != 0 || m.Data == nil || m.Signature != hook.Sign(secret, m.Token, m.TriggeredAt) {
			t.Errorf("test delivery %+v", m)
		}
	}
	if len(came) != 3 {
		t.Errorf("%d test deliveries, want 3", len(came))
	}
}

func TestEveryEventHasADoor(t *testing.T) {
	l := start(t, sandbox.Options{})
	for _, event := range slices.Sorted(maps.Keys(hook.Events)) {
		status, body, _ := l.call("POST", "/v1/webhooks", `{"url":"https://a.example","event":"`+event+`"}`)
		if status != 201 || strings.Contains(body, "origins") != hook.Events[event] {
			t.Errorf("%s: %d %s", event, status, body)
		}
	}
}
