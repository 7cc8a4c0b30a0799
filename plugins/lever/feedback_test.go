package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

const (
	templatesURI = "GET /feedback_templates?limit=100"
	feedbackURI  = "POST /opportunities/o1/feedback?perform_as=u9"

	// A template as it was recorded (section 4.5), with invented content.
	scaleJSON = `{"id":"f1","type":"score-system","text":"Rating","description":"","required":false,"prompt":"Hire?","options":[` +
		`{"text":"4 - Strong Hire"},{"text":"3 - Hire"},{"text":"2 - No Hire"},{"text":"1 - Strong No Hire"}]}`
	shortJSON    = `{"id":"f2","type":"text","text":"Score","description":"","required":false}`
	longJSON     = `{"id":"f3","type":"textarea","text":"Result","description":"","required":true}`
	templateJSON = `{"id":"t1","text":"Alooba Assessment","group":null,"instructions":"","createdAt":null,"updatedAt":null,"fields":[` +
		scaleJSON + `,` + shortJSON + `,` + longJSON + `]}`
	otherJSON = `{"id":"t0","text":"alooba assessment","fields":[` + scaleJSON + `]}`
)

func score(percent float64) *float64 { return &percent }

// given is a feedback as the Alooba pairing writes it.
var given = sdk.Feedback{Application: "o1", Template: "Alooba Assessment", Score: score(82.456), Rating: 3, Text: "Final score\n"}

func TestFeedbackFillsTheTemplateByTypes(t *testing.T) {
	marker := key.Marker()
	scale := func(texts string) string {
		return strings.Replace(scaleJSON, `{"text":"4 - Strong Hire"},{"text":"3 - Hire"},{"text":"2 - No Hire"},{"text":"1 - Strong No Hire"}`,
			texts, 1)
	}
	for _, c := range []struct {
		name     string
		fields   string
		feedback sdk.Feedback
		want     map[string]any // values by field
		refused  string         // words of the refusal
	}{
		{"as we make it", scaleJSON + "," + shortJSON + "," + longJSON, given,
			map[string]any{"f1": "3 - Hire", "f2": "82.46%", "f3": "Final score\n\n" + marker}, ""},
		{"no rating", scaleJSON + "," + shortJSON + "," + longJSON, sdk.Feedback{Score: score(7), Text: "x"},
			map[string]any{"f2": "7%", "f3": "x\n\n" + marker}, ""},
		{"no score and no text", scaleJSON + "," + shortJSON + "," + longJSON, sdk.Feedback{Rating: 1},
			map[string]any{"f1": "1 - Strong No Hire", "f3": marker}, ""},
		{"no field for the score: it goes before the text", scaleJSON + "," + longJSON, given,
			map[string]any{"f1": "3 - Hire", "f3": "Score: 82.46%\n\nFinal score\n\n" + marker}, ""},
		{"one short field for everything", scaleJSON + "," + shortJSON, given,
			map[string]any{"f1": "3 - Hire", "f2": "Score: 82.46%\n\nFinal score\n\n" + marker}, ""},
		{"the first of several", scaleJSON + "," + longJSON + `,{"id":"f4","type":"textarea","text":"More"}`, sdk.Feedback{Text: "x"},
			map[string]any{"f3": "x\n\n" + marker}, ""},
		{"a rating that is a number", `{"id":"f5","type":"score","text":"Stars"},` + longJSON, sdk.Feedback{Rating: 4, Text: "x"},
			map[string]any{"f5": 4, "f3": "x\n\n" + marker}, ""},
		{"a scale in other words, numbered from below", scale(`{"text":"1: never"},{"text":"2: hm"},{"text":"3: good"},{"text":"4: superb"}`) +
			"," + longJSON, sdk.Feedback{Rating: 4, Text: "x"}, map[string]any{"f1": "4: superb", "f3": "x\n\n" + marker}, ""},
		{"a scale without numbers is told by its order", scale(`{"text":"Superb"},{"text":"Good"},{"text":"Poor"},{"text":"Never"}`) + "," +
			longJSON, sdk.Feedback{Rating: 3, Text: "x"}, map[string]any{"f1": "Good", "f3": "x\n\n" + marker}, ""},
		{"a scale that cannot be told", scale(`{"text":"Yes"},{"text":"No"}`) + "," + longJSON, given, nil, `a field "Rating" without an option`},
		{"a scale with other numbers", scale(`{"text":"5 stars"},{"text":"10 stars"},{"text":"30 stars"},{"text":"40 stars"}`) + "," + longJSON,
			given, nil, `without an option for the rating 3`},
		{"nothing for a rating", longJSON, given, nil, "has no field for a rating"},
		{"nothing for a text", scaleJSON, given, nil, "has no field for text"},
		{"something else is required", scaleJSON + "," + longJSON + `,{"id":"f6","type":"yes-no","text":"Culture fit","required":true}`,
			given, nil, `requires its field "Culture fit" (yes-no)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var made template
			if err := json.Unmarshal([]byte(`{"id":"t1","text":"Alooba Assessment","fields":[`+c.fields+`]}`), &made); err != nil {
				t.Fatal(err)
			}
			values, err := made.fill(key, c.feedback)
			if no, ok := errors.AsType[*sdk.Refusal](err); c.refused != "" {
				if !ok || no.Reason != "unfit_template" || !strings.Contains(no.Detail, `"Alooba Assessment"`) ||
					!strings.Contains(no.Detail, c.refused) {
					t.Errorf("%v, want a refusal: %s", err, c.refused)
				}
				return
			}
			got := map[string]any{}
			for _, v := range values {
				got[v.ID] = v.Value
			}
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestFeedbackAsLeverGetsIt(t *testing.T) {
	c, calls := pretend(t, config{PerformAs: "u9"}, script{
		templatesURI: `200 {"data":[` + otherJSON + `,` + templateJSON + `],"hasNext":false}`, feedbackURI: `201 {"data":{"id":"fb1"}}`,
	})
	body := ` {"baseTemplateId":"t1","fieldValues":[{"id":"f1","value":"3 - Hire"},{"id":"f2","value":"82.46%"},` +
		`{"id":"f3","value":"Final score\n\n` + key.Marker() + `"}]}`
	for range 2 {
		if remote, err := c.Feedback(t.Context(), key, given); err != nil || remote != "fb1" {
			t.Errorf("%q, %v", remote, err)
		}
	}
	calls.wants(t, templatesURI, feedbackURI+body, feedbackURI+body) // templates are read once
}

func TestFeedbackAndTemplatesThatChange(t *testing.T) {
	all := func(templates ...string) string {
		return `200 {"data":[` + strings.Join(templates, ",") + `],"hasNext":false}`
	}
	edited := strings.NewReplacer(`"f1"`, `"g1"`, `"f2"`, `"g2"`, `"f3"`, `"g3"`).Replace(templateJSON)
	unfit := `{"id":"t1","text":"Alooba Assessment","fields":[` + scaleJSON + `]}`
	renamed := strings.Replace(templateJSON, "Alooba Assessment", "Alooba Result", 1)
	refusal := func(reason, says string) func(error) bool {
		return func(err error) bool {
			no, ok := errors.AsType[*sdk.Refusal](err)
			return ok && no.Reason == reason && strings.Contains(no.Detail, says)
		}
	}
	for _, c := range []struct {
		name      string
		config    config
		templates string
		answer    string
		want      func(error) bool
		calls     int
	}{
		{"gone", config{PerformAs: "u9"}, all(), "", refusal("unknown_template", `no feedback template "Alooba Assessment"`), 2},
		{"renamed", config{PerformAs: "u9"}, all(renamed), "", refusal("unknown_template", `no feedback template "Alooba Assessment"`), 2},
		{"of other capitals", config{PerformAs: "u9"}, all(otherJSON), "", refusal("unknown_template", `it has "alooba assessment"`), 2},
		{"made just now", config{PerformAs: "u9"}, all() + "\n" + all(templateJSON), `201 {"data":{"id":"fb1"}}`,
			func(err error) bool { return err == nil }, 3},
		{"mended since it was read", config{PerformAs: "u9"}, all(unfit) + "\n" + all(templateJSON), `201 {"data":{"id":"fb1"}}`,
			func(err error) bool { return err == nil }, 3},
		{"unfit", config{PerformAs: "u9"}, all(unfit), "", refusal("unfit_template", "has no field for text"), 2},
		{"edited since it was read", config{PerformAs: "u9"}, all(templateJSON) + "\n" + all(edited), "400",
			func(err error) bool {
				later, ok := errors.AsType[*sdk.Delay](err)
				return ok && strings.Contains(later.Error(), "Alooba Assessment")
			}, 3},
		{"refused for another reason", config{PerformAs: "u9"}, all(templateJSON), "400", refusal("refused", "perform_as"), 3},
		{"forbidden", config{PerformAs: "u9"}, all(templateJSON), "403", refusal("refused", "API key"), 2},
		{"without an author", config{}, all(templateJSON), "", refusal("no_author", "perform_as"), 0},
		{"outcome unknown", config{PerformAs: "u9"}, all(templateJSON), "503", func(err error) bool {
			_, no := errors.AsType[*sdk.Refusal](err)
			_, later := errors.AsType[*sdk.Delay](err)
			return err != nil && !no && !later
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, calls := pretend(t, c.config, script{templatesURI: c.templates, feedbackURI: c.answer})
			if _, err := connection.Feedback(t.Context(), key, given); !c.want(err) {
				t.Errorf("%T %v", err, err)
			}
			if came := calls.take(); len(came) != c.calls {
				t.Errorf("%d calls, want %d: %q", len(came), c.calls, came)
			}
		})
	}
}

func TestFindFeedbackAndFiles(t *testing.T) {
	const feedbacks, attached = "GET /opportunities/o1/feedback?limit=100", "GET /opportunities/o1/files?limit=100"
	marker := key.Marker()
	connection, _ := pretend(t, config{}, script{
		feedbacks: `200 {"data":[{"id":"fb1","fields":[{"type":"score","value":3},{"type":"multiple-select","value":["a"]},{"value":null},` +
			`{"type":"textarea","value":"Final score\n\n` + marker + `"}]},{"id":"fb2","fields":[{"value":"see ` + marker + ` there"}]}]}`,
		attached: `200 [{"id":"x1","name":"other.pdf","size":"12"},` +
			`{"id":"x2","name":"Alex report ` + strings.Replace(marker, ":", "_", 1) + `.pdf"},` +
			`{"id":"x3","name":"Alex report ` + marker + `.pdf"}]`,
	})
	for _, c := range []struct {
		name  string
		write sdk.Write
		want  sdk.Finding
	}{
		{"feedback", sdk.Write{Key: key, Feedback: &given}, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "fb1"}}},
		{"another feedback", sdk.Write{Key: sdk.NewKey("other"), Feedback: &given}, sdk.Finding{Verdict: sdk.Absent}},
		{"a file, twice, once with its colon lost", sdk.Write{Key: key, File: &sdk.File{Application: "o1"}},
			sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "x2"}, More: 1}},
		{"another file", sdk.Write{Key: sdk.NewKey("other"), File: &sdk.File{Application: "o1"}}, sdk.Finding{Verdict: sdk.Absent}},
	} {
		if got, err := connection.Find(t.Context(), c.write); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}
