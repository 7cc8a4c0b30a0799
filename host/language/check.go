package language

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Want tells what is wrong with the value of an expression; empty if nothing is. The value may be unknown.
type Want func(v cty.Value) string

// Condition is exactly true or false.
func Condition(v cty.Value) string {
	switch {
	case v.Type() != cty.Bool && v.Type() != cty.DynamicPseudoType:
		return "A condition must be true or false; this is " + v.Type().FriendlyName() + "."
	case v.IsNull():
		return "A condition must be true or false; this is null."
	}
	return ""
}

// Text may be null: then the action is not done.
func Text(v cty.Value) string {
	if t := v.Type(); t != cty.DynamicPseudoType && !t.IsPrimitiveType() {
		return "A text is needed here; this is " + t.FriendlyName() + "."
	}
	return ""
}

// TextOrTexts may be null, a text, or a list of texts.
func TextOrTexts(v cty.Value) string {
	t := v.Type()
	if t == cty.DynamicPseudoType || t == cty.String {
		return ""
	}
	if element, err := elementType(v); err == nil && (element == cty.String || element == cty.DynamicPseudoType) {
		return ""
	}
	return "A text or a list of texts is needed here; this is " + t.FriendlyName() + "."
}

// Number may be null.
func Number(v cty.Value) string {
	if t := v.Type(); t != cty.Number && t != cty.DynamicPseudoType {
		return "A number is needed here; this is " + t.FriendlyName() + "."
	}
	return ""
}

// Rating is a whole number from 1 to 4, or null.
func Rating(v cty.Value) string {
	wrong := Number(v)
	if wrong == "" && v.IsKnown() && !v.IsNull() && RatingOf(v) == 0 {
		return "It must be 1, 2, 3 or 4."
	}
	return wrong
}

// Values may be null, or a map of texts and numbers, each of which may be null.
func Values(v cty.Value) string {
	t := v.Type()
	elements := map[string]cty.Type{}
	switch {
	case t == cty.DynamicPseudoType:
	case t.IsMapType():
		elements["any"] = t.ElementType()
	case t.IsObjectType():
		elements = t.AttributeTypes()
	default:
		return "A map of texts and numbers is needed here; this is " + t.FriendlyName() + "."
	}
	for _, name := range Sorted(elements) {
		if e := elements[name]; e != cty.DynamicPseudoType && !e.IsPrimitiveType() {
			return "A map of texts and numbers is needed here; in this one is " + e.FriendlyName() + "."
		}
	}
	return ""
}

// check is one expression that waits to be checked, on the events on which it will be evaluated.
type check struct {
	*Expression
	expect Want
	on     func() []sdk.Kind
}

// Expect has an expression checked when all is read; a nil one has been told of.
func (r *Reader) Expect(x *Expression, expect Want, on func() []sdk.Kind) {
	if x != nil {
		r.checks = append(r.checks, check{x, expect, on})
	}
}

// check evaluates an expression as on one event, in every way that its variables may be.
func (r *Reader) check(c check, kind sdk.Kind, t Terms) {
	nullable, ok := r.reads(c.Expression, kind, t)
	if !ok {
		return
	}
	for _, v := range variants(nullable) {
		s := newScope(r.functions, func(root string) cty.Value { return v.root(root, kind) })
		ctx, diags := s.context(c.Expression)
		for _, l := range c.locals {
			diags = append(diags, inspect(l.Expression.Expression, ctx)...)
		}
		value, more := c.Value(ctx)
		diags = append(append(diags, more...), inspect(c.Expression.Expression, ctx)...)
		if !diags.HasErrors() {
			if wrong := c.expect(value); wrong != "" {
				diags = append(diags, Problem(c.Range(), "Wrong type", "%s", wrong))
			}
		}
		r.tell(diags, v)
	}
}

// Keys is the keys of a map that are the same whatever happens, in order.
func (r *Reader) Keys(x *Expression, kind sdk.Kind) []string {
	v := variant{lists: emptyLists}
	ctx, _ := newScope(r.functions, func(root string) cty.Value { return v.root(root, kind) }).context(x)
	value, _ := x.Value(ctx)
	if typ := value.Type(); typ.IsObjectType() {
		return Sorted(typ.AttributeTypes())
	}
	if value.CanIterateElements() && value.Type().IsMapType() {
		return Sorted(value.AsValueMap())
	}
	return nil
}

// tell adds diagnostics. What an earlier variant has told already is not told again.
func (r *Reader) tell(diags hcl.Diagnostics, v variant) {
	for _, d := range diags {
		if slices.ContainsFunc(r.Diags, func(o *hcl.Diagnostic) bool { return o.Summary == d.Summary && *o.Subject == *d.Subject }) {
			continue
		}
		if when := v.String(); when != "" {
			d.Detail += " That is so when " + when + "."
		}
		r.Diags = append(r.Diags, d)
	}
}

// reads finds what an expression reads on an event: which of it may be null, and whether the event has all of it.
func (r *Reader) reads(x *Expression, kind sdk.Kind, terms Terms) (nullable []string, ok bool) {
	traversals := x.Variables()
	for _, l := range x.locals {
		traversals = append(traversals, l.Variables()...)
	}
	ok = true
	for _, t := range traversals {
		if root := t.RootName(); root != "local" {
			paths, sound := r.readsOne(t, kind, terms)
			ok = ok && sound
			for _, p := range paths {
				nullable = With(nullable, p)
			}
		}
	}
	return nullable, ok
}

func (r *Reader) readsOne(t hcl.Traversal, kind sdk.Kind, terms Terms) (nullable []string, ok bool) {
	root := t.RootName()
	if !slices.Contains(terms.variables(kind), root) {
		why := "It is there on " + Listed(Words(KindsWhere(func(_ sdk.Kind, e Event) bool { return slices.Contains(e.Variables, root) }))) + "."
		if terms.Snapshot {
			why = "Of whom a test is requested for, no more may be known than the candidate."
		}
		r.tell(hcl.Diagnostics{Problem(t.SourceRange(), "Not on this event", "On %q there is no %s. %s", kind, root, why)}, variant{})
		return nil, false
	}
	name, at, deep := SecondName(t)
	attributes := attributesOn(root, kind)
	var known []string
	for _, a := range attributes {
		known = append(known, a.name)
		if a.name == "" || !deep || a.name == name {
			nullable = append(nullable, a.nullable(path(root, a.name), kind, terms)...)
			ok = true
		}
	}
	if ok {
		return nullable, true
	}
	for _, a := range variables[root] {
		if a.name == name {
			r.tell(hcl.Diagnostics{Problem(at, "Not on this event", "On %q the %s has no %s. It has one on %s.", kind, root, name,
				Listed(Words(a.in)))}, variant{})
			return nil, false
		}
	}
	r.tell(hcl.Diagnostics{Problem(at, "Unknown attribute", "%s has no attribute %q.%s", root, name, Meant(name, known))}, variant{})
	return nil, false
}
