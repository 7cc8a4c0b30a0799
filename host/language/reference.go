package language

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Entry is one word of the language as the reference tells it, or a section of such words.
type Entry struct {
	Term    string // as it is written; of a section, its title
	About   string // lines, for a person to read
	Example string // HCL
	Parts   []Entry
}

// EventEntry tells what an event means and what expressions may read on it.
func EventEntry(kind sdk.Kind) Entry {
	side, nulls := "Of an invitation: ", []string{}
	if Events[kind].ATS {
		side = "Of the ATS: "
	}
	for _, variable := range Events[kind].Variables {
		for _, a := range attributesOn(variable, kind) {
			nulls = append(nulls, a.nullable(path(variable, a.name), kind, false)...)
		}
	}
	return Entry{Term: string(kind), About: side + Events[kind].About + ".\n" +
		"Variables: " + Listed(Events[kind].Variables) + ".\nMay be null: " + Listed(nulls) + "."}
}

// VariableEntries tells the variables with their attributes.
func VariableEntries() []Entry {
	var out []Entry
	for _, variable := range Sorted(variables) {
		kinds := KindsWhere(func(_ sdk.Kind, e Event) bool { return slices.Contains(e.Variables, variable) })
		e := Entry{Term: variable, About: "On " + on(kinds) + "."}
		for _, a := range variables[variable] {
			e.Parts = append(e.Parts, a.entry(variable, kinds))
		}
		out = append(out, e)
	}
	return out
}

// entry tells an attribute of a variable that is there on some events.
func (a attribute) entry(variable string, kinds []sdk.Kind) Entry {
	at, about := path(variable, a.name), typeName(a.typ)
	if a.in != nil {
		kinds, about = a.in, about+", on "+on(a.in)
	}
	null := slices.DeleteFunc(slices.Clone(kinds), func(k sdk.Kind) bool { return a.null == nil || !a.null(k, false) })
	switch {
	case len(null) == len(kinds):
		about += ", may be null"
	case len(null) > 0:
		about += ", may be null on " + on(null)
	}
	return Entry{Term: at, About: about + ": " + a.about + "."}
}

func on(kinds []sdk.Kind) string {
	if len(kinds) == len(Events) {
		return "every event"
	}
	return Listed(Words(kinds))
}

// typeName is a type as operators know it.
func typeName(t cty.Type) string {
	switch {
	case t == cty.String:
		return "text"
	case t.IsListType():
		return "list of " + typeName(t.ElementType())
	case t.IsObjectType():
		return "{" + Listed(Sorted(t.AttributeTypes())) + "}"
	}
	return t.FriendlyName()
}

// FunctionEntries tells the functions, with those from outside, and which of their arguments may be null.
func FunctionEntries(outside map[string]function.Function) []Entry {
	all := NewReader(outside).functions
	var out []Entry
	for _, name := range Sorted(all) {
		var args []string
		for _, p := range all[name].Params() {
			args = append(args, argumentName(p, ""))
		}
		if p := all[name].VarParam(); p != nil {
			args = append(args, argumentName(*p, "..."))
		}
		out = append(out, Entry{Term: name + "(" + strings.Join(args, ", ") + ")", About: all[name].Description()})
	}
	return out
}

func argumentName(p function.Parameter, more string) string {
	if p.AllowNull {
		return p.Name + "?" + more
	}
	return p.Name + more
}
