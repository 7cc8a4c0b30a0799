package language

import (
	"slices"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"

	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Nullable is what may be null on an event.
func Nullable(kind sdk.Kind) []string {
	var out []string
	for _, variable := range Events[kind].Variables {
		for _, a := range attributesOn(variable, kind) {
			out = append(out, a.nullable(path(variable, a.name), kind, Terms{})...)
		}
	}
	return out
}

// VariableEntries tells the variables with their attributes.
func VariableEntries() []schema.Entry {
	var out []schema.Entry
	for _, variable := range Sorted(variables) {
		kinds := KindsWhere(func(_ sdk.Kind, e Event) bool { return slices.Contains(e.Variables, variable) })
		e := schema.Entry{Term: variable, About: "On " + on(kinds) + "."}
		for _, a := range variables[variable] {
			e.Parts = append(e.Parts, a.entry(variable, kinds))
		}
		out = append(out, e)
	}
	return out
}

// entry tells an attribute of a variable that is there on some events.
func (a attribute) entry(variable string, kinds []sdk.Kind) schema.Entry {
	at, about := path(variable, a.name), typeexpr.TypeString(a.typ)
	if a.in != nil {
		kinds, about = a.in, about+", on "+on(a.in)
	}
	null := slices.DeleteFunc(slices.Clone(kinds), func(k sdk.Kind) bool { return a.null == nil || !a.null(k, Terms{}) })
	if len(null) == len(kinds) {
		about += ", may be null"
	} else if len(null) > 0 {
		about += ", may be null on " + on(null)
	}
	return schema.Entry{Term: at, About: about + ": " + a.about + "."}
}

func on(kinds []sdk.Kind) string {
	if len(kinds) == len(Events) {
		return "every event"
	}
	return Listed(Words(kinds))
}
