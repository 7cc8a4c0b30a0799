package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is the definition of a custom field.
type field struct {
	id                   int
	name, key            string // the key is frozen when the field is made
	of, kind             string // of: field_type; kind: value_type
	description          string
	private, archived    bool
	createdAt, updatedAt time.Time
}

// values are custom fields' values by the id of the field. What JSON makes of them.
type values map[int]any

// fieldTypes and valueTypes are what a definition may be of (section 5.6).
var (
	fieldTypes = strings.Fields("candidate application job opening offer standard compensation_frequency referral_question " +
		"rejection_question form agency_question user_attribute")
	valueTypes = strings.Fields("short_text long_text yes_no single_select multi_select currency currency_range number number_range date " +
		"url user linked header statement attachment rich_text date_of_birth")
)

// readers turn what Harvest is sent into a value, by value_type. What is missing cannot be written there.
var readers = map[string]func(f *field, raw any) (any, error){
	"short_text": readText(func(s string) bool { return len(s) <= 255 }),
	"long_text":  readText(func(string) bool { return true }),
	"url": readText(func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
	}),
	"date": readText(func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }),
	"yes_no": func(_ *field, raw any) (any, error) {
		b, ok := raw.(bool)
		return b, as(ok, "a boolean")
	},
	"number": func(_ *field, raw any) (any, error) {
		n, ok := raw.(json.Number)
		return n, as(ok, "a number")
	},
}

func as(ok bool, what string) error {
	if !ok {
		return errors.New("is not " + what)
	}
	return nil
}

func readText(valid func(string) bool) func(*field, any) (any, error) {
	return func(f *field, raw any) (any, error) {
		s, ok := raw.(string)
		return s, as(ok && valid(s), "a "+f.kind)
	}
}

// keyed is the map of all active fields of a kind with their values.
func (o *organization) keyed(of string, v values, private bool) object {
	m := object{}
	for _, f := range o.fields {
		if f.of != of || f.archived || f.private && !private {
			continue
		}
		kind := f.kind
		if kind == "yes_no" {
			kind = "boolean" // the definition and the map disagree (section 5.6)
		}
		m[f.key] = object{"name": f.name, "type": kind, "value": v[f.id]}
	}
	return m
}

// customFields is the map as webhooks have it, private fields too. An empty one is written as a list (trap 34).
func (o *organization) customFields(of string, v values) any {
	m := o.keyed(of, v, true)
	if len(m) == 0 {
		return []any{}
	}
	return m
}

// write is one entry of custom_fields in a body.
type write struct {
	NameKey *string         `json:"name_key"`
	ID      *int            `json:"custom_field_id"`
	Value   json.RawMessage `json:"value"`
}

// assign gives the values that writes make of old ones: with merge the others stay, without they are gone (trap 7).
func (o *organization) assign(of string, old values, writes []write, merge bool, by *user) (values, error) {
	made := values{}
	for id, v := range old {
		f, ok := byID(o.fields, id)
		if merge || ok && (f.archived || f.private && !by.private) { // nobody loses what he could not name
			made[id] = v
		}
	}
	for i, w := range writes {
		if (w.NameKey == nil) == (w.ID == nil) {
			return nil, unprocessable("custom_fields[%d] needs exactly one of name_key and custom_field_id", i)
		}
		at := slices.IndexFunc(o.fields, func(f *field) bool {
			return f.of == of && !f.archived && (!f.private || by.private) &&
				(w.ID != nil && *w.ID == f.id || w.NameKey != nil && *w.NameKey == f.key)
		})
		if at < 0 {
			return nil, unprocessable("custom_fields[%d] is no active field of %ss", i, of)
		}
		f := o.fields[at]
		raw, err := generic(w.Value)
		switch read := readers[f.kind]; {
		case err != nil:
			return nil, unprocessable("custom_fields[%d] needs a value", i)
		case raw == nil:
			delete(made, f.id)
		case read == nil:
			return nil, unprocessable("custom_fields[%d]: a %s cannot be written here", i, f.kind)
		default:
			if made[f.id], err = read(f, raw); err != nil {
				return nil, unprocessable("custom_fields[%d].value %s", i, err)
			}
		}
	}
	return made, nil
}

// generic reads JSON with its numbers as they are.
func generic(b []byte) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	return v, d.Decode(&v)
}

// addField defines a field. Its label is unique among the active ones of its kind; its key is made of the label, and never used again.
func (o *organization) addField(f field) (*field, error) {
	switch {
	case strings.TrimSpace(f.name) == "":
		return nil, fmt.Errorf("name can't be blank")
	case !slices.Contains(fieldTypes, f.of):
		return nil, fmt.Errorf("field_type %q is not valid", f.of)
	case !slices.Contains(valueTypes, f.kind):
		return nil, fmt.Errorf("value_type %q is not valid", f.kind)
	case slices.ContainsFunc(o.fields, func(x *field) bool { return x.of == f.of && !x.archived && strings.EqualFold(x.name, f.name) }):
		return nil, fmt.Errorf("name %q has already been taken", f.name)
	}
	f.id, f.createdAt, f.updatedAt = o.nextID(), o.now(), o.now()
	key := slug(f.name)
	f.key = key
	for n := 1; slices.ContainsFunc(o.fields, func(x *field) bool { return x.of == f.of && x.key == f.key }); n++ {
		f.key = key + "_" + strconv.Itoa(n)
	}
	o.fields = append(o.fields, &f)
	return &f, nil
}

// slug is a label as a key: small letters and digits, all else an underscore.
func slug(label string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(label))
}
