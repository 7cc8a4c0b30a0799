package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

const (
	fieldsURI = "GET /custom_fields?active=true&field_type=application&per_page=500"
	makeURI   = "POST /custom_fields"
	updateURI = "PATCH /applications/11"
)

// field is a definition as Greenhouse lists it.
func field(id, name, key, kind, more string) string {
	return fmt.Sprintf(`{"id":%s,"name":%q,"name_key":%q,"field_type":"application","active":true,"value_type":%q%s}`,
		id, name, key, kind, more)
}

// having is a Greenhouse whose application has these fields, and which defines these.
func having(values string, definitions ...string) script {
	return script{
		applicationURI: `200 [{"id":11,"candidate_id":22,"job_id":3,"status":"in_process","custom_fields":` + values + `}]`,
		fieldsURI:      "200 [" + strings.Join(definitions, ",") + "]",
		updateURI:      `200 {"id":11}`,
	}
}

func number(name string, f float64) sdk.Field { return sdk.Field{Name: name, Number: &f} }

func wroteFields(values string) string { return updateURI + ` {"custom_fields":[` + values + `]}` }

func made(name, kind string) string {
	return fmt.Sprintf(`%s {"description":%q,"field_type":"application","name":%q,"private":false,"value_type":%q}`,
		makeURI, describe(name), name, kind)
}

// write has a connection set fields of application 11.
func write(t *testing.T, ats sdk.ATS, values ...sdk.Field) error {
	return ats.(sdk.FieldWriter).Fields(t.Context(), sdk.NewKey("f"), sdk.Fields{Application: "11", Values: values})
}

func TestFields(t *testing.T) {
	score := field("7", "Alooba score", "alooba_score", "number", "")
	twin := field("9", "Alooba score", "alooba_score_1", "number", "")
	renamed := field("7", "Score (Alooba)", "alooba_score", "number", `,"description":"Written by Patchbay as \"Alooba score\"."`)
	level := field("8", "Level", "level", "short_text", "")
	makes, wrote := made("Alooba score", "number"), wroteFields(`{"name_key":"alooba_score","value":1}`)
	one := number("Alooba score", 1)
	for _, c := range []struct {
		name   string
		script script
		value  sdk.Field
		want   string
		calls  []string // behind the reads of the application and the definitions
	}{
		{"the only one", having(`null`, score), one, "", []string{wrote}},
		{"there already: nothing is written (trap 36)", having(`{"alooba_score":{"type":"number","value":1}}`, score), one, "", nil},
		{"another result", having(`{"alooba_score":{"type":"number","value":40}}`, score), one, "", []string{wrote}},
		{"missing: made first", having(`[]`).but(makeURI, "201 "+score), one, "", []string{fieldsURI, makes, wrote}},
		{"made, and the answer does not say as what", having(`[]`).but(makeURI, "201 {}").but(fieldsURI, "200 []\n200 []\n200 ["+score+"]"),
			one, "", []string{fieldsURI, makes, fieldsURI, wrote}},
		{"a text", having(`{}`).but(makeURI, "201 "+level), sdk.Field{Name: "Level", Text: "Senior"}, "",
			[]string{fieldsURI, made("Level", "short_text"), wroteFields(`{"name_key":"level","value":"Senior"}`)}},
		{"made by another attempt, or in other capitals",
			having(`{}`).but(makeURI, "422").but(fieldsURI, "200 []\n200 []\n200 ["+strings.Replace(score, "Alooba", "ALOOBA", 1)+"]"),
			one, "", []string{fieldsURI, makes, fieldsURI, wrote}},
		{"ours, renamed by somebody", having(`{}`, renamed), one, "", []string{wrote}},
		{"a number into a text", having(`{}`, field("7", "Alooba score", "s", "short_text", "")), number("Alooba score", 62.5), "",
			[]string{wroteFields(`{"name_key":"s","value":"62.5"}`)}},
		{"an archived twin is not ours (trap 25)",
			having(`{}`, strings.Replace(score, `"active":true`, `"active":false`, 1)).but(makeURI, "201 "+twin), one, "",
			[]string{fieldsURI, makes, wroteFields(`{"name_key":"alooba_score_1","value":1}`)}},

		{"a field that takes no number", having(`{}`, field("7", "Alooba score", "s", "single_select", "")), one, "single_select", nil},
		{"a text for a number", having(`{}`, score), sdk.Field{Name: "Alooba score", Text: "high"}, "is a number", nil},
		{"fields may not be listed", having(`{}`).but(fieldsURI, "403"), one, "harvest:custom_fields:list", nil},
		{"fields may not be made", having(`{}`).but(makeURI, "403"), one, "harvest:custom_fields:create", []string{fieldsURI, makes}},
		{"no fields of applications in this plan (trap 26)", having(`{}`).but(makeURI, "422"), one, "make it by hand",
			[]string{fieldsURI, makes, fieldsURI}},
		{"applications may not be updated", having(`{}`, score).but(updateURI, "403"), one, "harvest:applications:update", []string{wrote}},
		{"refused for good", having(`{}`, score).but(updateURI, "422"), one, "refused: ", []string{wrote, fieldsURI}},
		{"refused because a field has changed (trap 24)",
			having(`{}`, score).but(updateURI, "422").but(fieldsURI, "200 ["+score+"]\n200 ["+twin+"]"), one, "again", []string{wrote, fieldsURI}},
		{"down", having(`{}`, score).but(updateURI, "500"), one, "again", []string{wrote}},
		{"a limit", having(`{}`, score).but(updateURI, "429"), one, "later", []string{wrote}},
		{"a revoked token", having(`{}`, score).but(updateURI, "401"), one, "disconnected", []string{wrote}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ats, calls := pretend(t, withHarvest, c.script)
			if err := write(t, ats, c.value); !is(err, c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
			calls.wants(t, append([]string{applicationURI, fieldsURI}, c.calls...)...)
		})
	}
}

func TestFieldsOfNobody(t *testing.T) {
	ats, _ := pretend(t, withHarvest, script{applicationURI: `200 []`, anyURI: `200 [{"id":1}]`})
	if err := write(t, ats, number("Alooba score", 1)); !is(err, "gone") {
		t.Errorf("%v; want it gone", err)
	}
}

// TestOtherFieldsGoBackAsTheyAre takes every form of a value, of the sample and of Harvest.
func TestOtherFieldsGoBackAsTheyAre(t *testing.T) {
	var definitions []string
	def := func(key, kind string) { definitions = append(definitions, field("1", key, key, kind, "")) }
	values := []string{}
	for _, v := range []struct{ key, kind, value string }{
		{"a_text", "short_text", `"Ä < B"`}, {"b_long", "long_text", `"x"`}, {"c_yes", "boolean", `false`},
		{"d_one", "single_select", `"Remote"`},
		{"e_many", "multi_select", `["SQL","R"]`}, {"f_money", "currency", `{"amount":80000,"unit":"USD"}`}, {"g_number", "number", `1e21`},
		{"h_date", "date", `"2026-11-20"`}, {"i_url", "url", `"https://x.example"`},
		{"j_null", "number", `null`}, {"k_none", "multi_select", `[]`},
		{"l_blank", "short_text", `""`}, {"m_archived", "short_text", `"old"`}, {"n_code", "currency", `{"amount":"1.5","currency_code":"EUR"}`},
	} {
		if v.key != "m_archived" {
			def(v.key, v.kind)
		}
		values = append(values, `"`+v.key+`":{"name":"x","type":"`+v.kind+`","value":`+v.value+`}`)
	}
	def("z_score", "number")
	ats, calls := pretend(t, withHarvest, having("{"+strings.Join(values, ",")+"}", definitions...))
	if err := write(t, ats, number("z_score", 3)); err != nil {
		t.Fatal(err)
	}
	calls.wants(t, applicationURI, fieldsURI, fieldsURI, wroteFields(strings.Join([]string{
		`{"name_key":"z_score","value":3}`, `{"name_key":"a_text","value":"Ä \u003c B"}`, `{"name_key":"b_long","value":"x"}`,
		`{"name_key":"c_yes","value":false}`, `{"name_key":"d_one","value":"Remote"}`, `{"name_key":"e_many","value":["SQL","R"]}`,
		`{"name_key":"f_money","value":{"amount":80000,"currency_code":"USD"}}`, `{"name_key":"g_number","value":1e21}`,
		`{"name_key":"h_date","value":"2026-11-20"}`, `{"name_key":"i_url","value":"https://x.example"}`,
		`{"name_key":"n_code","value":{"amount":"1.5","currency_code":"EUR"}}`,
	}, ",")))
}

// What an update cannot carry would be lost by one.
func TestWhatCannotGoBackIsNotRisked(t *testing.T) {
	for _, kind := range []string{"number_range", "currency_range", "user", "hologram"} {
		ats, calls := pretend(t, withHarvest, having(`{"pay":{"name":"Pay","type":"`+kind+`","value":{"min_value":"1","max_value":"2"}}}`,
			field("1", "Pay", "pay", kind, ""), field("2", "Score", "score", "number", "")))
		err := write(t, ats, number("Score", 3))
		if !is(err, "pay is a "+kind) {
			t.Errorf("%s: %v", kind, err)
		}
		calls.wants(t, applicationURI, fieldsURI)
	}
}

func TestLongTextsAreCutBetweenCharacters(t *testing.T) {
	ats, calls := pretend(t, withHarvest, having(`{}`, field("1", "Summary", "summary", "short_text", "")))
	text := strings.Repeat("é", 200)
	if err := write(t, ats, sdk.Field{Name: "Summary", Text: text}); err != nil {
		t.Fatal(err)
	}
	calls.wants(t, applicationURI, fieldsURI, wroteFields(`{"name_key":"summary","value":"`+strings.Repeat("é", 125)+`…"}`))
}

// TestFieldsOneAtATime: writes that come at once are not mixed, so none sends back what another has just replaced.
func TestFieldsOneAtATime(t *testing.T) {
	ats, calls := pretend(t, withHarvest, having(`{}`, field("1", "Score", "score", "number", "")))
	var writers sync.WaitGroup
	for i := range 5 {
		writers.Go(func() {
			err := write(t, ats, number("Score", float64(i+1)))
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	came := slices.DeleteFunc(calls.came, func(c string) bool { return c == fieldsURI })
	for i, c := range came {
		if reads := i%2 == 0; len(came) != 10 || (c == applicationURI) != reads {
			t.Fatalf("mixed: %q", came)
		}
	}
}
