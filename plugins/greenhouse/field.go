package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// fieldWrite is one entry of an update's custom_fields.
type fieldWrite struct {
	Key   string `json:"name_key"`
	Value any    `json:"value"`
}

// Fields sets custom fields of an application. Whether Greenhouse keeps those that an update does not name is not known; of candidates it
// drops them (trap 7). So all that the application has goes back with ours. That is also why one write is done after the other: two at
// once would each send back what the other has just replaced.
func (h *harvest) Fields(ctx context.Context, _ sdk.Key, f sdk.Fields) error {
	select {
	case h.writing <- struct{}{}:
		defer func() { <-h.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	a, err := h.application(ctx, f.Application)
	if err != nil {
		return err
	}
	known, err := h.known(ctx, f.Values, a.Fields)
	if err != nil {
		return err
	}
	wanted := map[string]any{}
	for _, v := range f.Values {
		d, ok := named(known, v.Name)
		if !ok {
			if d, err = h.makeField(ctx, v); err != nil {
				return err
			}
			known = append(slices.Clip(known), d)
			h.fields.Put("", known)
		}
		if wanted[d.Key], err = d.value(v); err != nil {
			return err
		}
	}
	writes, err := merged(known, a.Fields, wanted)
	if err != nil || len(writes) == 0 {
		return err
	}
	body := map[string]any{"custom_fields": writes}
	err = h.api.Patch(ctx, rest.Path{"applications", f.Application}, nil, body, nil)
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusUnprocessableEntity {
		return h.outdated(ctx, known, refused)
	}
	return final(err, "harvest:applications:update")
}

// outdated finds out whether an update was refused because a field has changed since it was read (trap 24): then it is worth another try.
func (h *harvest) outdated(ctx context.Context, known []definition, refused *rest.StatusError) error {
	now, err := h.readFields(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(known, now) {
		return fmt.Errorf("the custom fields were changed meanwhile: %s", refused)
	}
	return sdk.Refuse("refused", fmt.Sprintf("Greenhouse refused the custom fields: %s", refused))
}

// known are the definitions as read lately, or just now if a value of ours or of the application's is of none of them.
func (h *harvest) known(ctx context.Context, ours []sdk.Field, theirs customFields) ([]definition, error) {
	all, err := h.fields.Get(ctx, "", h.listFields)
	if err != nil {
		return nil, err
	}
	for _, v := range ours {
		if _, ok := named(all, v.Name); !ok {
			return h.readFields(ctx)
		}
	}
	for key := range theirs {
		if !slices.ContainsFunc(all, func(d definition) bool { return d.Key == key }) {
			return h.readFields(ctx)
		}
	}
	return all, nil
}

func (h *harvest) readFields(ctx context.Context) ([]definition, error) {
	all, err := h.listFields(ctx)
	if err == nil {
		h.fields.Put("", all)
	}
	return all, err
}

// listFields reads the definitions of the application's fields: unless told otherwise Greenhouse lists archived ones, which cannot be
// written and may bear the same name (trap 25).
func (h *harvest) listFields(ctx context.Context) ([]definition, error) {
	all, err := collect[definition](ctx, h, "custom_fields", url.Values{"field_type": {"application"}, "active": {"true"}})
	return slices.DeleteFunc(all, func(d definition) bool { return !d.Active || cmp.Or(d.FieldType, "application") != "application" }), err
}

// named is the field of that name. One that we made is known by its description too, so that somebody may rename it.
func named(all []definition, name string) (definition, bool) {
	at := slices.IndexFunc(all, func(d definition) bool { return d.Name == name })
	if at < 0 {
		at = slices.IndexFunc(all, func(d definition) bool { return d.Description == describe(name) })
	}
	if at < 0 {
		return definition{}, false
	}
	return all[at], true
}

func describe(name string) string { return fmt.Sprintf("Written by Patchbay as %q.", name) }

// longestShort is the most bytes that surely are fewer than the 255 characters of a short_text.
const longestShort = 254

// makeField makes the field that v needs. Names are unique, so what another attempt has made, or somebody under a name that differs in its
// capitals, is refused, and taken as it is.
func (h *harvest) makeField(ctx context.Context, v sdk.Field) (definition, error) {
	kind := "number"
	switch {
	case v.Number == nil && len(v.Text) > longestShort:
		kind = "long_text"
	case v.Number == nil:
		kind = "short_text"
	}
	body := map[string]any{ // these five keys and no other are safe, section 5.6
		"name": v.Name, "field_type": "application", "value_type": kind, "private": false, "description": describe(v.Name),
	}
	var made definition
	err := h.api.Post(ctx, rest.Path{"custom_fields"}, nil, body, &made)
	if err == nil && made.Key != "" {
		return made, nil
	}
	refused, clash := errors.AsType[*rest.StatusError](err)
	if clash = clash && refused.Status == http.StatusUnprocessableEntity; err != nil && !clash {
		return definition{}, final(err, "harvest:custom_fields:create")
	}
	all, err := h.readFields(ctx)
	if err != nil {
		return definition{}, err
	}
	if at := slices.IndexFunc(all, func(d definition) bool { return strings.EqualFold(d.Name, v.Name) }); at >= 0 {
		return all[at], nil
	}
	if !clash {
		return definition{}, fmt.Errorf("the custom field %q was made and is not listed yet", v.Name)
	}
	return definition{}, sdk.Refuse("field", fmt.Sprintf("Greenhouse will not have the custom field %q made: make it by hand, for "+
		"applications, of the type %s; not every plan has fields of applications", v.Name, kind))
}

// value is what v is in the field d.
func (d definition) value(v sdk.Field) (any, error) {
	text := v.Text
	if v.Number != nil {
		if d.ValueType == "number" {
			return *v.Number, nil
		}
		text = strconv.FormatFloat(*v.Number, 'f', -1, 64)
	}
	link, err := url.Parse(text)
	switch {
	case d.ValueType == "long_text":
		return text, nil
	case d.ValueType == "short_text":
		return short(text), nil
	case d.ValueType == "url" && err == nil && link.Host != "" && (link.Scheme == "https" || link.Scheme == "http"):
		return text, nil
	}
	return nil, sdk.Refuse("field", fmt.Sprintf("the custom field %q is a %s, which takes no such value", d.Name, d.ValueType))
}

// short cuts text between two characters.
func short(text string) string {
	if len(text) <= longestShort {
		return text
	}
	end := longestShort - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// merged is what the application's fields are to be: those that it has, with ours. Nothing if it has ours already. A value that an update
// cannot carry would be lost by any update, so none is made.
func merged(known []definition, has customFields, wanted map[string]any) ([]fieldWrite, error) {
	var writes []fieldWrite
	news := false
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		news = news || !same(has[key].Value, wanted[key])
		writes = append(writes, fieldWrite{key, wanted[key]})
	}
	if !news {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(has)) {
		_, ours := wanted[key]
		active := slices.ContainsFunc(known, func(d definition) bool { return d.Key == key })
		if ours || !active || unset(has[key].Value) {
			continue
		}
		back, ok := has[key].writable()
		if !ok {
			return nil, sdk.Refuse("field", fmt.Sprintf("the application's custom field %s is a %s, which Greenhouse does not take back: "+
				"to write ours might erase it", key, has[key].Type))
		}
		writes = append(writes, fieldWrite{key, back})
	}
	return writes, nil
}

// same tells whether a field has the value already.
func same(raw json.RawMessage, value any) bool {
	var has any
	return json.Unmarshal(raw, &has) == nil && reflect.DeepEqual(has, value)
}

// unset values are written in three ways.
func unset(raw json.RawMessage) bool {
	return slices.Contains([]string{"", "null", "[]", `""`}, string(raw))
}

// writable is a value as an update takes it, section 5.2; of ranges, users and what else there is it takes none.
func (f customField) writable() (any, bool) {
	switch f.Type {
	case "short_text", "long_text", "url", "date", "boolean", "yes_no", "number", "single_select", "multi_select":
		return f.Value, true
	case "currency":
		var v struct {
			Amount json.RawMessage `json:"amount"`
			Unit   string          `json:"unit"`
			Code   string          `json:"currency_code"`
		}
		if json.Unmarshal(f.Value, &v) != nil || unset(v.Amount) {
			return nil, false
		}
		return map[string]any{"amount": v.Amount, "currency_code": cmp.Or(v.Code, v.Unit)}, true
	}
	return nil, false
}

// final makes the refusal of a write what it is: something that will not go away by itself.
func final(err error, scope string) error {
	if forbidden(err) {
		return sdk.Refuse("permission", lacking(scope))
	}
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status >= 400 {
		return sdk.Refuse("refused", fmt.Sprintf("Greenhouse refused %s", refused))
	}
	return err
}
