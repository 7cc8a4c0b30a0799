package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// value is what a feedback says in one field of its template.
type value struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Feedback fills in the template that f names: the rating into its score-system or score, the score into its text field, the text with the
// key's marker into its textarea. A template that is gone, renamed or lacks a field is a refusal that says so: a person has to mend it.
func (c *connection) Feedback(ctx context.Context, key sdk.Key, f sdk.Feedback) (string, error) {
	if c.as.Get("perform_as") == "" {
		return "", sdk.Refuse("no_author", "Lever wants an author for feedback: set perform_as")
	}
	t, values, err := c.filled(ctx, key, f)
	if err != nil {
		return "", err
	}
	body := struct {
		BaseTemplateID string  `json:"baseTemplateId"`
		FieldValues    []value `json:"fieldValues"`
	}{t.ID, values}
	var made answer[written]
	err = c.api.Post(ctx, feedback(f.Application), c.as, body, &made)
	if refused(err, http.StatusBadRequest) && c.changed(ctx, t) {
		return "", sdk.Later(0, fmt.Errorf("the feedback template %q was edited since it was read", t.Text))
	}
	return made.Data.ID, c.final(err)
}

// filled is the template that f names, filled in. One that is not among those kept, or does not fit, may have been made or mended just now:
// they are read again.
func (c *connection) filled(ctx context.Context, key sdk.Key, f sdk.Feedback) (template, []value, error) {
	all, err := c.templates.Get(ctx, "", c.readTemplates)
	if err != nil {
		return template{}, nil, err
	}
	if t, ok := named(all, f.Template); ok {
		if values, err := t.fill(key, f); err == nil {
			return t, values, nil
		}
	}
	if all, err = c.freshTemplates(ctx); err != nil {
		return template{}, nil, err
	}
	if t, ok := named(all, f.Template); ok {
		values, err := t.fill(key, f)
		return t, values, err
	}
	near := ""
	for _, t := range all {
		if strings.EqualFold(strings.TrimSpace(t.Text), strings.TrimSpace(f.Template)) {
			near = fmt.Sprintf("; it has %q", t.Text)
		}
	}
	return template{}, nil, sdk.Refuse("unknown_template",
		fmt.Sprintf("Lever has no feedback template %q: somebody renamed or removed it%s", f.Template, near))
}

func named(all []template, name string) (template, bool) {
	i := slices.IndexFunc(all, func(t template) bool { return strings.TrimSpace(t.Text) == strings.TrimSpace(name) })
	if i < 0 {
		return template{}, false
	}
	return all[i], true
}

// freshTemplates reads the templates now, and keeps them.
func (c *connection) freshTemplates(ctx context.Context) ([]template, error) {
	all, err := c.readTemplates(ctx)
	if err == nil {
		c.templates.Put("", all)
	}
	return all, err
}

func (c *connection) readTemplates(ctx context.Context) ([]template, error) {
	var all []template
	for t, err := range list[template](ctx, c, rest.Path{"feedback_templates"}, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// changed tells whether a template is another one now than t: its fields get new ids when it is edited (trap 20).
func (c *connection) changed(ctx context.Context, t template) bool {
	all, err := c.freshTemplates(ctx)
	if err != nil {
		return false
	}
	now, ok := named(all, t.Text)
	return !ok || now.ID != t.ID || !slices.EqualFunc(now.Fields, t.Fields, func(a, b field) bool { return a.ID == b.ID })
}

// fill says f in the template's fields, each by its type (section 4.6). The template has to have a place for the text, which carries the
// marker, one for a rating, if there is one, and no other field that must be filled in.
func (t template) fill(key sdk.Key, f sdk.Feedback) ([]value, error) {
	places := map[string]field{} // by type the first, as they stand in the template
	for _, at := range slices.Backward(t.Fields) {
		places[at.Type] = at
	}
	said, values := f.Text, []value{}
	put := func(at field, v any) { values = append(values, value{at.ID, v}) }

	if rating, ok := places["score-system"]; ok && f.Rating > 0 {
		option, err := rating.option(f.Rating)
		if err != nil {
			return nil, t.unfit(err.Error())
		}
		put(rating, option)
	} else if rating, ok := places["score"]; ok && f.Rating > 0 {
		put(rating, f.Rating)
	} else if f.Rating > 0 {
		return nil, t.unfit("has no field for a rating (score-system)")
	}
	long, ok := places["textarea"]
	score, short := places["text"]
	if !ok {
		if long, short = score, false; score.ID == "" {
			return nil, t.unfit("has no field for text (textarea)")
		}
	}
	switch {
	case f.Score == nil:
	case short:
		put(score, percent(*f.Score))
	default:
		said = "Score: " + percent(*f.Score) + "\n\n" + said
	}
	put(long, marked(said, key))
	for _, at := range t.Fields {
		if at.Required && !slices.ContainsFunc(values, func(v value) bool { return v.ID == at.ID }) {
			return nil, t.unfit(fmt.Sprintf("requires its field %q (%s), for which there is nothing", at.Text, at.Type))
		}
	}
	return values, nil
}

func (t template) unfit(why string) error {
	return sdk.Refuse("unfit_template", fmt.Sprintf("the feedback template %q in Lever %s", t.Text, why))
}

// option is the option of a score-system that means rating. Accounts word the options as they like (trap 21): the number that one begins
// with decides, and where none has a number, the order, which Lever gives from the best to the worst.
func (f field) option(rating int) (string, error) {
	digit, numbered := strconv.Itoa(rating), false
	for _, o := range f.Options {
		head := strings.TrimSpace(o.Text)
		digits := head[:len(head)-len(strings.TrimLeft(head, "0123456789"))]
		if digits == digit {
			return o.Text, nil
		}
		numbered = numbered || digits != ""
	}
	if at := len(f.Options) - rating; !numbered && len(f.Options) == 4 && at >= 0 {
		return f.Options[at].Text, nil
	}
	return "", fmt.Errorf("has a field %q without an option for the rating %d", f.Text, rating)
}

// percent is a score as people read it: "82.5%".
func percent(score float64) string {
	return strconv.FormatFloat(math.Round(score*100)/100, 'f', -1, 64) + "%"
}
