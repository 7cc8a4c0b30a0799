package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// products is the little of Lever and Alva that a lifecycle touches: a candidate was moved, is read, invited, tagged and linked. It answers any
// application that is asked for, keeps nothing of what it is sent but when, and takes as long over an answer as it is told to.
//
// It stands in for the sandboxes, which judge, remember and log all that they are asked, and send their webhooks when they like: their
// work would be measured too.
type products struct {
	*httptest.Server

	mu       sync.Mutex
	delay    time.Duration
	ats      int                  // calls to Lever
	invited  map[string]time.Time // by application: when Alva was first asked
	shown    map[string]int       // by application: how many of tag and link came; with both its lifecycle is complete
	missing  int                  // lifecycles until complete is closed
	complete chan struct{}
}

func newProducts(tb testing.TB) *products {
	p := &products{invited: map[string]time.Time{}, shown: map[string]int{}}
	lever, alva := http.NewServeMux(), http.NewServeMux()
	for pattern, answer := range map[string]string{
		"GET /v1/opportunities":         `{"data":[],"hasNext":false}`,
		"GET /v1/opportunities/deleted": `{"data":[],"hasNext":false}`,
		"GET /v1/postings":              `{"data":[],"hasNext":false}`,
		"GET /v1/webhooks":              `{"data":[]}`,
		"GET /v1/stages":                `{"data":[{"id":"new","text":"New applicant"},{"id":"test","text":"Assessment"}],"hasNext":false}`,
		"GET /v1/postings/job":          `{"data":{"id":"job","text":"Data engineer","tags":["Remote"],"categories":{"team":"Engineering"}}}`,
	} {
		lever.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { say(w, answer) })
	}
	lever.HandleFunc("GET /v1/opportunities/{id}", func(w http.ResponseWriter, r *http.Request) { say(w, opportunityText(r.PathValue("id"))) })
	for _, write := range []string{"addTags", "addLinks"} {
		lever.HandleFunc("POST /v1/opportunities/{id}/"+write, func(w http.ResponseWriter, r *http.Request) {
			p.show(r.PathValue("id"))
			say(w, `{"data":{}}`)
		})
	}
	alva.HandleFunc("PUT /api/v1/job-positions/external/job", func(w http.ResponseWriter, _ *http.Request) { say(w, `{"id":"position"}`) })
	alva.HandleFunc("POST /api/v1/job-positions/position/candidates", func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			External struct {
				Opportunity string `json:"opportunity_id"`
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		id := asked.External.Opportunity
		p.invite(id)
		say(w, fmt.Sprintf(`{"id":%q,"position_id":"position","candidate_url":"https://alva.test/%[1]s","invitation":{"attempt":1}}`, id))
	})
	all := http.NewServeMux()
	all.Handle("/v1/", p.paced(lever, func() { p.ats++ }))
	all.Handle("/api/", p.paced(alva, func() {}))
	p.Server = httptest.NewServer(all)
	tb.Cleanup(p.Close)
	return p
}

func say(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text))
}

// opportunityText is an application in the trigger stage, as large as Lever's are.
func opportunityText(id string) string {
	return fmt.Sprintf(`{"data":{"id":%q,"name":"Ann Example","headline":"Example Ltd, Sample Inc","contact":"person-%[1]s",`+
		`"emails":["%[1]s@example.test"],"phones":[{"type":"mobile","value":"+46 70 000 00 00"}],"confidentiality":"non-confidential",`+
		`"location":"Stockholm","links":[],"archived":null,"tags":["Engineering","Remote"],"sources":["Careers page"],`+
		`"stageChanges":[{"toStageId":"test","toStageIndex":1,"userId":"user","updatedAt":1750000000000}],"origin":"applied","owner":null,`+
		`"followers":[],"createdAt":1740000000000,"updatedAt":1750000000000,"lastInteractionAt":1750000000000,`+
		`"stage":{"id":"test","text":"Assessment"},"urls":{"show":"https://hire.lever.test/candidates/%[1]s"},"isAnonymized":false,`+
		`"applications":[{"id":"application-%[1]s","type":"posting","posting":"job","createdAt":1740000000000}]}}`, id)
}

// paced counts a call and lets it take its time.
func (p *products) paced(h http.Handler, count func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		count()
		delay := p.delay
		p.mu.Unlock()
		h.ServeHTTP(w, r)
		time.Sleep(delay) // the answer leaves when this returns
	})
}

func (p *products) invite(id string) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.invited[id]; !again {
		p.invited[id] = now
	}
}

func (p *products) show(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown[id]++; p.shown[id] != 2 {
		return
	}
	if p.missing--; p.missing == 0 {
		close(p.complete)
	}
}

// expect sets how long answers take, and returns what is closed when n more lifecycles are complete.
func (p *products) expect(n int, delay time.Duration) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay, p.missing, p.complete = delay, n, make(chan struct{})
	return p.complete
}

func (p *products) atsCalls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ats
}

// invitedAt is when Alva was asked for the application's invitation.
func (p *products) invitedAt(id string) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.invited[id]
	return at, ok
}
