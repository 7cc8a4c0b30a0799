// Package form is the feedback of an imitated Lever: templates, and the forms that are filled in with them (sheet 4.5, 4.6).
//
// A [Body] says what a template is to be; [Body.Template] checks it and makes a [Template], whose fields get ids and whose score-system
// gets the account's scale. [Template.Fill] makes a [Form]: the fields as they were, each with a value that fits its type. Templates and
// forms are replaced when they change, never written.
//
// # Why
//
// A form keeps its own copy of the fields, because templates are edited and removed while forms stay.
package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Scale is what Lever puts into a score-system of its own accord: account settings that a template cannot choose.
type Scale struct {
	Prompt  string
	Options []string // from the best to the worst
}

// DefaultScale is what an account has before anybody changes it.
var DefaultScale = Scale{"Would you hire this candidate?", []string{"4 - Strong Hire", "3 - Hire", "2 - No Hire", "1 - Strong No Hire"}}

// Option is one of the answers to choose from.
type Option struct {
	Text string `json:"text"`
}

// Field is one field of a template.
type Field struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Text        string   `json:"text"`
	Description string   `json:"description"`
	Required    bool     `json:"required"`
	Prompt      string   `json:"prompt,omitempty"`
	Options     []Option `json:"options,omitempty"`
	Scores      []Option `json:"scores,omitempty"` // of a scorecard: what is scored
}

// Template is a feedback template.
type Template struct {
	ID           string  `json:"id"`
	Text         string  `json:"text"`
	Group        any     `json:"group"`
	Instructions string  `json:"instructions"`
	Fields       []Field `json:"fields"`
	CreatedAt    int64   `json:"createdAt"`
	UpdatedAt    int64   `json:"updatedAt"`
	Stage        any     `json:"stage"`
	ByAPI        bool    `json:"-"` // only such a one can be deleted through the API
}

// Body is what a template is made or changed with.
type Body struct {
	Text         string  `json:"text"`
	Instructions string  `json:"instructions"`
	Fields       []Field `json:"fields"`
}

// Template makes the template of b. Fields without an id get a new one each, also when the template had them before (sheet 4.5).
func (b Body) Template(id func() string, scale Scale, at int64) (*Template, error) {
	t := &Template{ID: id(), Text: b.Text, Instructions: b.Instructions, CreatedAt: at, UpdatedAt: at}
	systems := 0
	for _, f := range b.Fields {
		_, ok := checks[f.Type]
		switch {
		case !ok:
			return nil, fmt.Errorf("field type %s is not valid", f.Type)
		case f.Text == "":
			return nil, fmt.Errorf("a field needs a text")
		case chosen[f.Type] && len(f.Options) == 0:
			return nil, fmt.Errorf("field %s needs options", f.Text)
		case f.Type == "score-system":
			systems++
			f.Prompt, f.Options = scale.Prompt, nil
			for _, text := range scale.Options {
				f.Options = append(f.Options, Option{text})
			}
		}
		if f.ID == "" {
			f.ID = id()
		}
		t.Fields = append(t.Fields, f)
	}
	if b.Text == "" {
		return nil, fmt.Errorf("text is required")
	}
	if systems != 1 {
		return nil, fmt.Errorf("a template has exactly one score-system field, not %d", systems)
	}
	return t, nil
}

// chosen are the types whose value is one of options that the template lists.
var chosen = map[string]bool{"dropdown": true, "multiple-choice": true, "multiple-select": true}

// checks are, by the type of a field, what a value must be (sheet 4.6). null is left out: it is nothing yet.
var checks = map[string]func(Field, any) bool{
	"score-system":    oneOf,
	"dropdown":        oneOf,
	"multiple-choice": oneOf,
	"multiple-select": func(f Field, v any) bool {
		all, ok := v.([]any)
		return ok && !slices.ContainsFunc(all, func(v any) bool { return !oneOf(f, v) })
	},
	"score": func(_ Field, v any) bool {
		n, ok := v.(float64)
		return ok && slices.Contains([]float64{1, 2, 3, 4}, n)
	},
	"scorecard": func(f Field, v any) bool {
		all, ok := v.([]any)
		return ok && len(all) == len(f.Scores)
	},
	"yes-no":   func(_ Field, v any) bool { return v == "yes" || v == "no" },
	"text":     written,
	"textarea": written,
	"code":     written,
	"date":     func(_ Field, v any) bool { n, ok := v.(float64); return ok && n == float64(int64(n)) },
}

func written(_ Field, v any) bool { _, ok := v.(string); return ok }

func oneOf(f Field, v any) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Text == v })
}

// Value is what is said in one field.
type Value struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Filled is a field with its value.
type Filled struct {
	Field
	Value any `json:"value"`
}

// Form is a template that was filled in about an opportunity. User is who did.
type Form struct {
	ID             string   `json:"id"`
	Type           string   `json:"type"`
	Text           string   `json:"text"`
	Instructions   string   `json:"instructions"`
	Fields         []Filled `json:"fields"`
	BaseTemplateID string   `json:"baseTemplateId"`
	Interview      *string  `json:"interview"`
	Panel          *string  `json:"panel"`
	User           string   `json:"user"`
	CreatedAt      int64    `json:"createdAt"`
	CompletedAt    int64    `json:"completedAt"`
	UpdatedAt      *int64   `json:"updatedAt"`
	DeletedAt      *int64   `json:"deletedAt"`
}

// Fill makes a form. What is required must be there, what is unknown or does not fit is refused.
func (t *Template) Fill(id, user string, values []Value, at int64) (*Form, error) {
	f := &Form{
		ID: id, Type: "interview", Text: t.Text, Instructions: t.Instructions, BaseTemplateID: t.ID, User: user, CreatedAt: at, CompletedAt: at,
	}
	for _, field := range t.Fields {
		f.Fields = append(f.Fields, Filled{Field: field})
	}
	return f.With(values)
}

// With is f with other values in the fields that are named.
func (f *Form) With(values []Value) (*Form, error) {
	changed := *f
	changed.Fields = slices.Clone(f.Fields)
	for _, v := range values {
		i := slices.IndexFunc(changed.Fields, func(field Filled) bool { return field.ID == v.ID })
		if i < 0 {
			return nil, fmt.Errorf("field %s is not a field of the template", v.ID)
		}
		if field := changed.Fields[i]; v.Value != nil && !checks[field.Type](field.Field, v.Value) {
			return nil, fmt.Errorf("the value of field %s is not valid for a %s", v.ID, field.Type)
		}
		changed.Fields[i].Value = v.Value
	}
	for _, field := range changed.Fields {
		if field.Required && (field.Value == nil || field.Value == "") {
			return nil, fmt.Errorf("field %s is required", field.ID)
		}
	}
	return &changed, nil
}

// Internal is how Lever answers a PUT: another shape than it reads with (sheet 4.6).
func (f *Form) Internal(account, opportunity string) map[string]any {
	raw, _ := json.Marshal(f) // plain data: cannot fail
	var v map[string]any
	_ = json.Unmarshal(raw, &v)
	maps.DeleteFunc(v, func(name string, _ any) bool { return slices.Contains([]string{"user", "interview", "panel"}, name) })
	v["accountId"], v["userId"], v["profileId"], v["isCompleted"] = account, f.User, opportunity, true
	for _, field := range v["fields"].([]any) {
		if field := field.(map[string]any); field["type"] == "score-system" {
			field["type"], field["overall"] = "score", true
		}
	}
	return v
}
