package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDescriptionsAndSalariesArePlainText(t *testing.T) {
	for _, c := range []struct{ name, json, description, salary string }{
		{"nothing", `{}`, "", ""},
		{"all of it, in the order of the page", `{"content":{"description":"Keep it running.\n","descriptionHtml":"<div>other</div>",
			"lists":[{"text":"You bring","content":"<li>Go &amp; <b>SQL</b></li><li class=\"x\">Patience</li>"},{"text":"","content":""}],
			"closing":"","closingHtml":"<div>Apply&nbsp;now!<br/>We<br>wait.</div>"}}`,
			"Keep it running.\n\nYou bring\n- Go & SQL\n- Patience\n\nApply\u00a0now!\nWe\nwait.", ""},
		{"markup alone, with what is no markup", `{"content":{"descriptionHtml":"<p>1 &lt; 2 < 3</p><!-- <li>no</li> --><p>end</p>"}}`,
			"1 < 2 < 3\nend", ""},
		{"a range", `{"salaryRange":{"min":60000,"max":80000,"currency":"EUR","interval":"per-year-salary"}}`, "", "EUR 60,000 to 80,000 a year"},
		{"an hour's wage, in strings", `{"salaryRange":{"min":"17.50","max":"17.5","currency":"USD","interval":"per-hour-wage"}}`, "",
			"USD 17.50 an hour"},
		{"from", `{"salaryRange":{"min":1234567,"max":null,"currency":"JPY","interval":"new-interval"}}`, "", "JPY from 1,234,567"},
		{"up to", `{"salaryRange":{"min":0,"max":900,"currency":"EUR","interval":"per-week-salary"}}`, "", "EUR up to 900 a week"},
		{"in words", `{"salaryRange":null,"salaryDescription":"","salaryDescriptionHtml":"<div>By our <i>table</i></div>"}`, "", "By our table"},
		{"no numbers", `{"salaryRange":{"min":"much","max":"more","currency":"EUR"},"salaryDescription":"ask us"}`, "", "ask us"},
		{"without end", `{"salaryDescription":"` + strings.Repeat("ä", 1000) + `"}`, "", strings.Repeat("ä", 299) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p posting
			if err := json.Unmarshal([]byte(c.json), &p); err != nil {
				t.Fatal(err)
			}
			if got := p.translate(); got.Description != c.description || got.Salary != c.salary {
				t.Errorf("description %q, want %q\nsalary %q, want %q", got.Description, c.description, got.Salary, c.salary)
			}
		})
	}
	p := posting{}
	p.Content.Description = strings.Repeat("x", 1_000_000)
	if got := p.translate().Description; len([]rune(got)) != 20_000 || !strings.HasSuffix(got, "x…") {
		t.Errorf("an endless advertisement is %d characters", len(got))
	}
}
