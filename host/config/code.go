package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Code is one kind of mistake: a number that never changes its meaning, the summary it is shown with, and what it says about the file.
// A summary may be a beginning.
type Code struct{ ID, Summary, About string }

// EnvironmentNotSet is the code of an env that finds nothing, which may be right on a machine that only checks.
const EnvironmentNotSet = "PB403"

// Codes is every kind of mistake. PB1 is about files, PB2 about blocks, PB3 about expressions, PB4 about connections, PB5 about what the
// products can do.
var Codes = []Code{
	{"PB101", "Folder not readable", "The folder does not exist or may not be read."},
	{"PB102", "Nothing to read", "The folder has no *.hcl or *.hcl.json file."},
	{"PB103", "File not readable", "A file may not be read."},
	{"PB104", "File too large", "A file is longer than 1 MiB."},
	{"PB105", "Nested too deeply", "Brackets, braces or templates stand more than 100 deep within each other."},
	{"PB106", "Expression too long", "An expression has more than 10,000 words and signs."},
	{"PB107", "Invalid JSON", "A *.hcl.json is no JSON."},

	{"PB201", "Unsupported block type", "A block that is not known at this place."},
	{"PB202", "Unsupported argument", "An argument that is not known at this place."},
	{"PB203", "Missing required argument", "An argument that a block cannot do without."},
	{"PB204", "Missing ", "A block that needs a name has none."},
	{"PB205", "Extraneous label", "A block has more names than it can have."},
	{"PB206", "Unexpected ", "A block stands where only arguments may."},
	{"PB207", "Attribute redefined", "An argument is given twice."},
	{"PB208", "Duplicate name", "Two things of one kind have one name."},
	{"PB209", "Duplicate block", "A block of which there can be only one."},
	{"PB210", "Invalid name", "A name that cannot be part of a reference, a path and a URL."},
	{"PB211", "Not a connection", "A pairing names its connections as ats.NAME and vendor.NAME."},
	{"PB212", "Unknown connection", "A pairing names a connection that no block makes."},
	{"PB213", "Unknown event", "No rule can wait for that event, or no tag be shown at it."},
	{"PB214", "Unknown word", "A word of a closed list is needed, without quotes."},
	{"PB215", "Nothing to do", "A rule without an action, or a group without a tag."},
	{"PB216", "Not a duration", "A time such as \"1h\" is needed."},
	{"PB217", "Missing value", "A value that must be there is null or empty."},
	{"PB218", "Assertion fails", "An assert of the file does not hold of its settings."},
	{"PB219", "Not a rename", "A moved block leads from a name that is in use, or to none that is."},
	{"PB220", "Invalid limit", "A limit that is no whole number, or none at all."},
	{"PB221", "Duplicate attribute definition", "A key stands twice in an object of JSON."},

	{"PB301", "Unknown variable", "A variable that no event has."},
	{"PB302", "Unknown attribute", "A variable has no such attribute."},
	{"PB303", "Not on this event", "Other events have this variable or attribute."},
	{"PB304", "Unknown local", "No locals block has that name."},
	{"PB305", "Locals in a circle", "A local reads itself, by way of others."},
	{"PB306", "Too many locals", "An expression reads more locals than an operator can follow."},
	{"PB307", "Unused local", "A local that nothing reads: perhaps misspelt."},
	{"PB308", "Unknown function", "A function that is not known."},
	{"PB309", "Wrong type", "An expression comes to something else than is needed here."},
	{"PB310", "Not known at load", "A value that must be known when the file is read depends on an event."},
	{"PB311", "Invalid template interpolation value", "Something in ${…} may be null, or is no text."},
	{"PB312", "Invalid function argument", "A function is given what it cannot take; it may be null."},
	{"PB313", "Not enough function arguments", "A function is given too little."},
	{"PB314", "Too many function arguments", "A function is given too much."},
	{"PB315", "Error in function call", "A function cannot do this."},
	{"PB316", "Invalid operand", "An operator is given what it cannot take."},
	{"PB317", "Operation failed", "An operator is given what it cannot take; it may be null."},
	{"PB318", "Null condition", "What decides between two arms may be null."},
	{"PB319", "Incorrect condition type", "What decides between two arms is not true or false."},
	{"PB320", "Inconsistent conditional result types", "The two arms of a conditional are of two types."},
	{"PB321", "Unsupported attribute", "A value has no such attribute."},
	{"PB322", "Invalid index", "A list or map may not have that element."},
	{"PB323", "Attempt to ", "What an attribute or element is taken of may be null."},
	{"PB324", "Iteration over ", "What a for goes through may be null, or is no list."},
	{"PB325", "Invalid 'for' ", "A for that cannot be."},
	{"PB326", "Duplicate object key", "Two elements of a map have one key."},

	{"PB401", "Unknown setting", "The plugin has no such setting."},
	{"PB402", "Missing setting", "The plugin cannot do without this setting."},
	{EnvironmentNotSet, "Environment variable not set", "env(…) finds nothing."},
	{"PB404", "Secret in the file", "A secret is written out where everybody reads it."},
	{"PB405", "Invalid rate", "A rate of requests that cannot be."},
	{"PB406", "Plugin not available", "The plugin of a connection does not start, or is not there."},
	{"PB407", "Refused setting", "The plugin cannot work with the value of a setting."},
	{"PB408", "Invalid duration", "A length of time that cannot be."},
	{"PB409", "Invalid URL", "An http or https URL of a host is needed."},
	{"PB410", "No webhook secret", "A connection refuses every webhook, since none can be believed."},
	{"PB411", "Two credentials", "A connection gets access in one way, not in two."},

	{"PB501", "Not possible here", "A rule needs what the connection cannot do."},
	{"PB502", "Unknown stage", "The ATS has no stage of that name."},
	{"PB503", "Connection not open", "The product does not answer, or not to this credential."},
	{"PB504", "Resting rule", "A rule needs what the connection can do only with a further setting."},
}

// anyCode is for what the parser says of broken syntax, in many words.
var anyCode = Code{"PB100", "", "The text is not HCL."}

// CodeOf is the code of a diagnostic of this package: the longest summary that it begins with.
func CodeOf(d *hcl.Diagnostic) Code {
	found := anyCode
	for _, c := range Codes {
		if strings.HasPrefix(d.Summary, c.Summary) && len(c.Summary) > len(found.Summary) {
			found = c
		}
	}
	return found
}

// CodeNamed is the code with that number.
func CodeNamed(id string) (Code, bool) {
	all := append([]Code{anyCode}, Codes...)
	if i := slices.IndexFunc(all, func(c Code) bool { return strings.EqualFold(c.ID, id) }); i >= 0 {
		return all[i], true
	}
	return Code{}, false
}

// hidden marks a diagnostic whose line may show a secret: its source is not printed.
type hidden struct{ extra any }

func (h hidden) UnwrapDiagnosticExtra() any { return h.extra }
func (hidden) hides()                       {}

func hide(diags ...*hcl.Diagnostic) {
	for _, d := range diags {
		d.Extra = hidden{d.Extra}
	}
}

func hides(d *hcl.Diagnostic) bool {
	_, hidden := hcl.DiagnosticExtra[interface{ hides() }](d)
	return hidden
}

// tidy takes from a diagnostic what would show values, and says plainly what is wrong with the environment.
func tidy(d *hcl.Diagnostic) {
	d.Expression, d.EvalContext = nil, nil
	if d.Subject == nil {
		d.Subject = &hcl.Range{}
	}
	sayUnset(d, "")
}

// sayUnset says plainly that env found nothing, if that is what is wrong. Need is what cannot do without it; empty: null may stand for it.
func sayUnset(d *hcl.Diagnostic, need string) {
	call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
	if !ok {
		return
	}
	missing, ok := call.FunctionCallError().(unset)
	if !ok {
		return
	}
	advice := fmt.Sprintf("Set it, or say what stands for it: env(%q, null).", missing.name)
	if need != "" {
		advice = "Set it: " + need
	}
	d.Summary, d.Detail = "Environment variable not set", fmt.Sprintf("The environment variable %s is not set. %s", missing.name, advice)
	d.Extra = nil
}
