package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty/function"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// top is what may stand in a folder.
var top = schema.Block{Blocks: []schema.Block{
	{
		Type: string(sdk.RoleATS), Label: "name", Arguments: meta.Arguments,
		About: "One account of an applicant tracking system. Further arguments are the settings of its plugin.",
	},
	{
		Type: string(sdk.RoleVendor), Label: "name", Arguments: meta.Arguments,
		About: "One account of an assessment vendor. Further arguments are the settings of its plugin.",
	},
	rule.Frame, rule.Guards, rule.Locals, language.Definition,
}}

// Reference tells the whole language in sections, made of the tables that files are checked by.
func Reference() []schema.Entry {
	folder := schema.Entry{
		Term: "Blocks of a folder", About: "They stand in any *.hcl of the folder, in any order. What a program writes may be a *.hcl.json: " +
			"JSON in which names are keys and an expression is \"${…}\".", Parts: schema.Entries(top.Blocks),
	}
	functions := schema.Entry{Term: "Functions", About: "What expressions call. An argument with ? may be null, one with ... may be repeated."}
	all := maps.Clone(language.Functions)
	maps.Copy(all, newOutside("").functions())
	for _, name := range language.Sorted(all) {
		functions.Parts = append(functions.Parts, schema.Entry{Term: signature(name, all[name]), About: description(all[name])})
	}
	return slices.Concat([]schema.Entry{folder}, rule.Reference(), []schema.Entry{
		functions, {Term: "Example", About: "A rule of a pairing that takes the assessments from tags of the posting.", Example: example},
	})
}

// signature is a function as it is called.
func signature(name string, f function.Function) string {
	var args []string
	argument := func(p function.Parameter, more string) {
		if p.AllowNull {
			more = "?" + more
		}
		args = append(args, p.Name+more)
	}
	for _, p := range f.Params() {
		argument(p, "")
	}
	if p := f.VarParam(); p != nil {
		argument(*p, "...")
	}
	return name + "(" + language.Listed(args) + ")"
}

// description is what a function tells of itself. One of the library's has backslashes where quotes are meant.
func description(f function.Function) string { return strings.ReplaceAll(f.Description(), `\"`, `"`) }

// example invites by name from a tag.
const example = `# A posting tagged "Assessment: Logic Test" has its candidates invited to Logic Test, one tagged twice to both.
# Who wrote the tag decides: no rule changes when a posting is added. Without such a tag nobody is invited.
on moved {
  to = "Assessment"
  invite {
    assessment = after("Assessment: ", posting.tags) # ["Logic Test"]
  }
}`
