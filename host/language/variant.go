package language

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/sdk"
)

// variant is one way that the variables may be: how long lists are, and which of the attributes that may be null are so.
type variant struct {
	lists listing
	nulls map[string]bool // "result.score"; "result.tests.score" for the scores within
}

type listing int

const (
	unknownLists listing = iota
	twoElements          // unknown themselves, so that what is inside a for is looked at, and a key that comes twice is found
	emptyLists
)

// mostNulls is how many attributes are made null in every combination; further ones go with the last.
const mostNulls = 6

// variants is every way that what an expression reads may be.
func variants(nullable []string) []variant {
	var out []variant
	for mask := range 1 << min(len(nullable), mostNulls) {
		nulls := map[string]bool{}
		for i, path := range nullable {
			nulls[path] = mask&(1<<min(i, mostNulls-1)) != 0
		}
		for _, lists := range []listing{unknownLists, twoElements, emptyLists} {
			out = append(out, variant{lists, nulls})
		}
	}
	return out
}

// String says in which case a mistake shows: empty when in every one.
func (v variant) String() string {
	var parts []string
	for _, path := range Sorted(v.nulls) {
		if v.nulls[path] {
			parts = append(parts, path+" is null")
		}
	}
	if v.lists == emptyLists {
		parts = append(parts, "lists are empty")
	}
	return strings.Join(parts, " and ")
}

// root is a variable's value in this variant.
func (v variant) root(name string, kind sdk.Kind) cty.Value {
	values := map[string]cty.Value{}
	for _, a := range attributesOn(name, kind) {
		values[a.name] = v.of(path(name, a.name), a.typ)
	}
	if only, ok := values[""]; ok {
		return only
	}
	return cty.ObjectVal(values)
}

func (v variant) of(at string, typ cty.Type) cty.Value {
	switch {
	case v.nulls[at]:
		return cty.NullVal(typ)
	case typ.IsListType() && v.lists == emptyLists:
		return cty.ListValEmpty(typ.ElementType())
	case typ.IsListType() && v.lists == twoElements:
		element := v.of(at, typ.ElementType())
		return cty.ListVal([]cty.Value{element, element})
	case typ.IsObjectType():
		values := map[string]cty.Value{}
		for name, t := range typ.AttributeTypes() {
			values[name] = v.of(path(at, name), t)
		}
		return cty.ObjectVal(values)
	}
	return cty.UnknownVal(typ).RefineNotNull()
}

// nullable is what may be null of an attribute: itself, and the scores within it.
func (a attribute) nullable(at string, kind sdk.Kind, t Terms) []string {
	var out []string
	if a.null != nil && a.null(kind, t) {
		out = append(out, at)
	}
	if a.typ.Equals(scores) {
		out = append(out, path(at, "score"))
	}
	return out
}

func path(variable, attribute string) string { return strings.TrimSuffix(variable+"."+attribute, ".") }
