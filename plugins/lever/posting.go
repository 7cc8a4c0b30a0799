package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// What an advertisement and a salary may be long, in characters; ten times what people write.
const (
	maxDescription = 20_000
	maxSalary      = 300
)

// advert is a posting as it is kept: translated once, with the tags that opportunities inherit from it.
type advert struct {
	sdk.Posting
	inherited map[string]bool
}

// posting reads a posting, or remembers it. One that is gone or hidden makes the application unfit to act on, for its tags may forbid what
// a rule is about to do; but it does not make the application itself gone, so this is no ErrNotFound.
func (c *connection) posting(ctx context.Context, id string) (advert, error) {
	p, err := c.postings.Get(ctx, id, func(ctx context.Context) (advert, error) {
		var got answer[posting]
		err := c.api.Get(ctx, rest.Path{"postings", id}, url.Values{"expand": {"hiringManager"}}, &got)
		if err == nil && got.Data.ID == "" {
			err = fmt.Errorf("posting %s: the answer has no id", id)
		}
		return got.Data.translate(), err
	})
	if forbidden(err) || errors.Is(err, sdk.ErrNotFound) {
		return p, sdk.Refuse("not_visible", fmt.Sprintf("posting %s is gone, or %s may not read it", id, c.us()))
	}
	return p, err
}

// translate says what a posting is to us. An opportunity inherits its title, team, department, location and commitment, and the posting's
// own tags (section 3.3).
func (p posting) translate() advert {
	a := advert{inherited: map[string]bool{}, Posting: sdk.Posting{
		ID: p.ID, Name: p.Text, Team: p.Categories.Team, HiringManager: p.HiringManager.Value.Email, Tags: p.Tags,
		Description: p.description(), Salary: p.salary(),
	}}
	for _, t := range []string{p.Text, p.Categories.Team, p.Categories.Department, p.Categories.Location, p.Categories.Commitment} {
		a.inherited[strings.TrimSpace(t)] = true
	}
	for _, t := range p.Tags {
		a.inherited[strings.TrimSpace(t)] = true
	}
	return a
}

// without leaves out of tags those that an opportunity inherits. A tag that both have counts as inherited.
func (a advert) without(tags []string) []string {
	var own []string
	for _, t := range tags {
		if !a.inherited[strings.TrimSpace(t)] {
			own = append(own, t)
		}
	}
	return own
}

// description is the whole advertisement in the order of Lever's page: the opening, the lists, the closing.
func (p posting) description() string {
	parts := []string{eitherOf(p.Content.Description, p.Content.DescriptionHTML)}
	for _, l := range p.Content.Lists {
		parts = append(parts, strings.TrimSpace(l.Text+"\n"+plain(l.Content)))
	}
	parts = append(parts, eitherOf(p.Content.Closing, p.Content.ClosingHTML))
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return cut(strings.Join(said, "\n\n"), maxDescription)
}

// intervals are Lever's words for how often a salary is paid.
var intervals = map[string]string{
	"per-year-salary": " a year", "per-month-salary": " a month", "semi-month-salary": " twice a month",
	"bi-month-salary": " every two months", "bi-week-salary": " every two weeks", "per-week-salary": " a week", "per-day-wage": " a day",
	"per-hour-wage": " an hour", "one-time-salary": " once",
}

// salary is the range, or where there is none what the posting says of it: "EUR 60,000 to 80,000 a year".
func (p posting) salary() string {
	r := p.SalaryRange
	if r == nil || r.Min <= 0 && r.Max <= 0 {
		return cut(eitherOf(p.SalaryDescription, p.SalaryDescriptionHTML), maxSalary)
	}
	amount := grouped(r.Min) + " to " + grouped(r.Max)
	switch {
	case r.Min <= 0:
		amount = "up to " + grouped(r.Max)
	case r.Max <= 0:
		amount = "from " + grouped(r.Min)
	case r.Min == r.Max:
		amount = grouped(r.Min)
	}
	return cut(strings.TrimSpace(r.Currency+" "+amount+intervals[r.Interval]), maxSalary)
}

// grouped is a sum with commas between its thousands, and with cents if it has any.
func grouped(amount sum) string {
	s := strings.TrimSuffix(strconv.FormatFloat(float64(amount), 'f', 2, 64), ".00")
	whole, cents, found := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		return whole + "." + cents
	}
	return whole
}

// eitherOf is the plain text of what Lever gives in two forms, of which one may be missing.
func eitherOf(text, markup string) string {
	if text = strings.TrimSpace(text); text != "" {
		return text
	}
	return plain(markup)
}

var (
	item     = regexp.MustCompile(`(?i)<li[^>]*>`)
	lineEnd  = regexp.MustCompile(`(?i)<br\s*/?>|</(?:p|div|li|ul|ol|h[1-6]|tr)>`)
	anyTag   = regexp.MustCompile(`(?s)<!--.*?-->|</?[a-zA-Z][^>]*>`)
	manyEnds = regexp.MustCompile(`[ \t\r\f\x{a0}]*\n\s*`)
)

// plain is what a reader sees of markup, a line for each of its lines.
func plain(markup string) string {
	s := item.ReplaceAllString(markup, "\n- ")
	s = lineEnd.ReplaceAllString(s, "\n")
	s = html.UnescapeString(anyTag.ReplaceAllString(s, ""))
	return strings.TrimSpace(manyEnds.ReplaceAllString(s, "\n"))
}

// cut bounds a text in characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
