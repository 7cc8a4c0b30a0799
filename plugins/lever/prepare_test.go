package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// alvaNeeds is what the pairing of Lever and Alva needs of Lever.
var alvaNeeds = sdk.Needs{
	HookURL: "https://patchbay.example/hooks/lever/5ec2e7",
	Events:  []sdk.Kind{sdk.KindMoved, sdk.KindApplied, sdk.KindFound, sdk.KindHired, sdk.KindDeleted},
}

const hooksURI = "GET /webhooks?limit=100"

// ready is a Lever where nothing is missing.
func ready() script {
	hook := func(event, url string) string { return `{"id":"w","event":"` + event + `","url":"` + url + `"}` }
	ours := alvaNeeds.HookURL
	return script{
		"GET /opportunities?limit=1": `200 {"data":[],"hasNext":false}`,
		"GET /postings?limit=1":      `200 {"data":[],"hasNext":false}`,
		"GET /stages?limit=1":        `200 {"data":[{"id":"lead-new","text":"New lead"}],"hasNext":true,"next":"x"}`,
		"GET /users/u9":              `200 {"data":{"id":"u9","name":"Patchbay","email":"p@example.com","deactivatedAt":null}}`,
		hooksURI: `200 {"data":[` + strings.Join([]string{
			hook("applicationCreated", ours), hook("candidateStageChange", ours+"/"),
			hook("candidateHired", ours), hook("candidateDeleted", ours),
		}, ",") + `]}`,
		"GET /archive_reasons?limit=100&type=hired": `200 {"data":[{"id":"r1","text":"Hired","type":"hired"},` +
			`{"id":"r2","text":"Joined","type":"hired"}]}`,
	}
}

func TestPrepareNamesWhatIsMissing(t *testing.T) {
	rejected := alvaNeeds
	rejected.Events = append(rejected.Events[:5:5], sdk.KindRejected)
	anywhere := alvaNeeds
	anywhere.HookURL = ""
	for _, c := range []struct {
		name      string
		uri, says string // what is different at Lever
		config    config
		needs     sdk.Needs
		want      []string // words of each problem, summary and fix together; empty: nothing is missing
	}{
		{"nothing", "", "", config{PerformAs: "u9"}, alvaNeeds, nil},
		{"the right to postings", "GET /postings?limit=1", "403", config{}, alvaNeeds, []string{"read postings"}},
		{"the user is unknown", "GET /users/u9", "", config{PerformAs: "u9"}, alvaNeeds, []string{"user u9, whom Lever does not know"}},
		{"the user is deactivated", "GET /users/u9", `200 {"data":{"id":"u9","deactivatedAt":1735689600000}}`, config{PerformAs: "u9"}, alvaNeeds,
			[]string{"user u9, who is deactivated"}},
		{"the right to users", "GET /users/u9", "403", config{PerformAs: "u9"}, alvaNeeds, []string{"read users"}},
		{"the right to webhooks: by hand, all four", hooksURI, "403", config{}, alvaNeeds, []string{
			"Application Created, Candidate Stage Change, Candidate Hired, Candidate Deleted: switch the event on, add a webhook with the URL " +
				"https://patchbay.example/hooks/lever/5ec2e7"}},
		{"two webhooks: somebody else's do not count", hooksURI, `200 {"data":[{"event":"applicationCreated","url":"https://other.example"},` +
			`{"event":"candidateStageChange","url":"https://patchbay.example/hooks/lever/5ec2e7"},{"event":"candidateDeleted","url":` +
			`"https://patchbay.example/hooks/lever/5ec2e7"}]}`, config{}, alvaNeeds,
			[]string{"no webhook of ours for applicationCreated, candidateHired"}},
		{"webhooks, while our URL is not known", hooksURI, `200 [{"event":"applicationCreated","url":"https://x.example"}]`, config{}, anywhere,
			[]string{"no webhook of ours for candidateStageChange, candidateHired, candidateDeleted"}},
		{"no webhooks are needed", hooksURI, "503", config{}, sdk.Needs{}, nil},
		{"a hired reason", hooksURI, `200 {"data":[]}`, config{HiredReasons: []string{"r1"}}, rejected, []string{
			"candidateArchiveChange", `hired_reasons lacks Joined: their archiving would pass for a rejection`}},
		{"all hired reasons", "", "", config{}, sdk.Needs{Events: []sdk.Kind{sdk.KindUnhired}}, []string{
			"candidateArchiveChange", `Set hired_reasons = ["r1", "r2"]`}},
		{"the right to archive reasons", "GET /archive_reasons?limit=100&type=hired", "403", config{}, rejected, []string{
			"candidateArchiveChange", "read archive reasons"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := ready()
			if c.uri != "" {
				s[c.uri] = c.says
			}
			connection, calls := pretend(t, c.config, s)
			prepared, err := connection.Prepare(t.Context(), c.needs)
			if err != nil {
				t.Fatal(err)
			}
			problems := prepared.Problems
			if len(problems) != len(c.want) {
				t.Fatalf("problems %q, want %d", problems, len(c.want))
			}
			for i, p := range problems {
				if p.Fix == "" || !strings.Contains(p.Summary+" "+p.Fix, c.want[i]) {
					t.Errorf("problem %q, want %q", p, c.want[i])
				}
			}
			for _, request := range calls.take() {
				if !strings.HasPrefix(request, "GET ") {
					t.Errorf("a check wrote: %s", request)
				}
			}
		})
	}
}

func TestPrepareWhileDisconnected(t *testing.T) {
	c, _ := pretend(t, config{}, script{"GET /opportunities?limit=1": "401"})
	if _, err := c.Prepare(t.Context(), alvaNeeds); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("%v, want disconnected", err)
	}
}
