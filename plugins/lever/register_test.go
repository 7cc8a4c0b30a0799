package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// registered is a webhook as Lever's settings page shows it.
type registered struct {
	ID, URL, Event, Token string
	ByAPI                 bool `json:"by_api"`
}

// hooks are those of the account, each as "EVENT URL".
func (l imitated) hooks() (all []registered, told string) {
	l.t.Helper()
	l.call("GET", "/_sandbox/state/webhooks", "", &all)
	var lines []string
	for _, h := range all {
		lines = append(lines, h.Event+" "+h.URL)
	}
	slices.Sort(lines)
	return all, strings.Join(lines, ", ")
}

// remember is what the host does with what Prepare made.
func remember(n *sdk.Needs, p sdk.Prepared) {
	for _, h := range p.Hooks {
		n.Hooks = append(n.Hooks, h.ID)
	}
}

func TestSandboxRegistersItsWebhooksOnce(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{RegisterHooks: true}, sandbox.DefaultAPIKey)
	const ours, moved = "https://patchbay.example/hooks/lever/5ec2e7", "https://new.example/hooks/lever/5ec2e7"
	lever.act("webhook", `{"url":%q,"event":"applicationCreated","token":"by hand"}`, ours)
	lever.call("POST", "/v1/webhooks", `{"url":"https://other.example","event":"candidateHired"}`, nil)
	lever.call("POST", "/v1/webhooks", fmt.Sprintf(`{"url":%q,"event":"candidateHired"}`, ours), nil)
	const others = "applicationCreated " + ours + ", candidateHired " + ours + ", candidateHired https://other.example"
	lines := func(more ...string) string {
		all := append(strings.Split(others, ", "), more...)
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	needs := sdk.Needs{HookURL: ours, Events: []sdk.Kind{sdk.KindApplied, sdk.KindMoved}}
	prepare := func(made int, want string) []registered {
		t.Helper()
		p, err := c.Prepare(t.Context(), needs)
		if err != nil || len(p.Hooks) != made || len(p.Problems) != 0 {
			t.Fatalf("prepared %d webhooks, %q, %v; want %d", len(p.Hooks), p.Problems, err, made)
		}
		all, told := lever.hooks()
		if told != want {
			t.Errorf("Lever has %s\nwant %s", told, want)
		}
		for _, h := range p.Hooks {
			if !slices.ContainsFunc(all, func(r registered) bool { return r.ID == h.ID && r.Token == h.Secret && r.ByAPI }) {
				t.Errorf("the token of webhook %s is another one", h.ID)
			}
		}
		remember(&needs, p)
		return all
	}
	prepare(2, lines("applicationCreated "+ours, "candidateStageChange "+ours))
	prepare(0, lines("applicationCreated "+ours, "candidateStageChange "+ours))

	needs.Events = []sdk.Kind{sdk.KindMoved} // nobody waits for applicants any more
	prepare(0, lines("candidateStageChange "+ours))

	needs.HookURL = moved
	prepare(1, lines("candidateStageChange "+moved))

	all, _ := lever.hooks() // somebody removes ours
	lever.act("webhook-remove", `{"webhook":%q}`, all[slices.IndexFunc(all, func(r registered) bool { return r.URL == moved })].ID)
	prepare(1, lines("candidateStageChange "+moved))

	needs.Events = nil
	prepare(0, lines())
}

func TestSandboxALostAnswerLeavesNoWebhookBehind(t *testing.T) {
	lever := imitate(t)
	c := lever.open(config{RegisterHooks: true}, sandbox.DefaultAPIKey)
	needs := sdk.Needs{HookURL: "https://patchbay.example/hooks/lever/5ec2e7", Events: []sdk.Kind{sdk.KindApplied, sdk.KindMoved}}
	for _, fault := range []string{`"kind":"lost"`, `"kind":"status","status":503`, `"kind":"reset"`} {
		lever.call("POST", "/_sandbox/faults", `[{"method":"POST","path":"webhooks$","count":1,`+fault+`}]`, nil)
		if p, err := c.Prepare(t.Context(), needs); err == nil || len(p.Hooks) != 0 {
			t.Fatalf("%s: %+v, %v; want an error", fault, p, err)
		}
		if all, told := lever.hooks(); len(all) != 0 {
			t.Errorf("%s: Lever has %s, with a token that nobody knows", fault, told)
		}
	}
	p, err := c.Prepare(t.Context(), needs)
	if all, _ := lever.hooks(); err != nil || len(p.Hooks) != 2 || len(all) != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestRegisteringThatLeverRefuses(t *testing.T) {
	needs := sdk.Needs{HookURL: "http://patchbay.example/hooks", Events: []sdk.Kind{sdk.KindApplied}}
	for name, answers := range map[string]script{
		"no right to read": {hooksURI: "403"},
		"no right to make": {hooksURI: `200 {"data":[]}`, "POST /webhooks": "403"},
		"not https":        {hooksURI: `200 {"data":[]}`, "POST /webhooks": "400"},
	} {
		s := ready()
		for uri, answer := range answers {
			s[uri] = answer
		}
		c, _ := pretend(t, config{RegisterHooks: true}, s)
		p, err := c.Prepare(t.Context(), needs)
		if err != nil || len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Fix, "Application Created: switch the event on") {
			t.Errorf("%s: %q, %v", name, p.Problems, err)
		}
	}
	s := ready()
	s[hooksURI], s["POST /webhooks"] = `200 {"data":[]}`, "401"
	c, _ := pretend(t, config{RegisterHooks: true}, s)
	if _, err := c.Prepare(t.Context(), needs); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("disconnected meanwhile: %v", err)
	}
}

func TestSandboxTemplatesAreMadeOnce(t *testing.T) {
	lever := imitate(t)
	lever.act("key", `{"key":"reader","without":["feedback_templates:write"]}`)
	needs := sdk.Needs{Templates: []string{"Alooba Assessment"}, Verbs: []sdk.Verb{sdk.VerbFeedback}}
	by := func(key, author string) string {
		t.Helper()
		p, err := lever.open(config{PerformAs: author}, key).Prepare(t.Context(), needs)
		if err != nil || len(p.Problems) > 1 {
			t.Fatalf("%q, %v", p.Problems, err)
		}
		for _, problem := range p.Problems {
			return problem.Summary + " " + problem.Fix
		}
		return ""
	}
	templates := func() (all []struct{ ID, Text string }) {
		lever.call("GET", "/_sandbox/state/templates", "", &all)
		return all
	}
	author := lever.user()
	if said := by("reader", author); !strings.Contains(said, `Add a form with the name "Alooba Assessment", exactly so`) {
		t.Errorf("a key that may not make it: %q", said)
	}
	for range 2 {
		if said := by(sandbox.DefaultAPIKey, author); said != "" {
			t.Errorf("made: %q", said)
		}
	}
	all := templates()
	if len(all) != 1 || all[0].Text != "Alooba Assessment" {
		t.Fatalf("Lever has %v", all)
	}
	lever.act("template-edit", `{"template":%q,"fields":[{"type":"score-system","text":"Rating"}]}`, all[0].ID)
	if said := by(sandbox.DefaultAPIKey, author); !strings.Contains(said, "has no field for text") {
		t.Errorf("edited: %q", said)
	}
	lever.act("template-edit", `{"template":%q,"text":"Something else"}`, all[0].ID)
	if said := by(sandbox.DefaultAPIKey, author); said != "" || len(templates()) != 2 {
		t.Errorf("renamed: %q, %v; want it made anew", said, templates())
	}
	if said := by(sandbox.DefaultAPIKey, ""); !strings.Contains(said, "perform_as is not set") ||
		!strings.Contains(said, fmt.Sprintf("%q is Assessments", author)) {
		t.Errorf("without an author: %q", said)
	}
}
