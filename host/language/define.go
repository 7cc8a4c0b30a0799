package language

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/patchbay-dev/patchbay/host/schema"
)

// Definition is a function of the file's own.
var Definition = schema.Block{
	Type: "function", Label: "name",
	About: "What several expressions say alike. It reads its parameters alone. One of a pairing can call those of the folder.",
	Arguments: []schema.Argument{
		{Name: "params", Required: true, Words: true, About: "a list of names, without quotes"},
		{Name: "result", Required: true, About: "what it comes to"},
	},
}

// Define adds functions of the file. They call those that were there before, so none can call itself.
func (r *Reader) Define(blocks hcl.Blocks) {
	before := maps.Clone(r.functions)
	places := map[string]hcl.Range{}
	for _, b := range blocks {
		name := b.Labels[0]
		other, again := places[name]
		places[name] = b.DefRange
		switch {
		case again:
			r.Problem(b.LabelRanges[0], "Duplicate name", "Another function %q stands at %s.", name, Where(other))
		case before[name] != function.Function{}:
			r.Problem(b.LabelRanges[0], "Duplicate name", "There is a function %q already.", name)
		case !hclsyntax.ValidIdentifier(name):
			r.Problem(b.LabelRanges[0], "Invalid name", "A function's name is letters, digits, - and _, and begins with a letter.")
		default:
			if d := r.definition(b, before); d != nil {
				r.functions[name] = d.function()
			}
		}
	}
}

// definition is a function of the file's own.
type definition struct {
	params []string
	result hcl.Expression
	calls  map[string]function.Function // what it can call
}

// definition reads a function and holds its result against parameters that may be anything; nil if it is wrong, which has been told.
func (r *Reader) definition(b *hcl.Block, calls map[string]function.Function) *definition {
	content, diags := Content(b.Body, Definition.Schema())
	if r.Diags = append(r.Diags, diags...); diags.HasErrors() {
		return nil
	}
	params, diags := hcl.ExprList(content.Attributes["params"].Expr)
	if r.Diags = append(r.Diags, diags...); diags.HasErrors() {
		return nil
	}
	d := &definition{result: content.Attributes["result"].Expr, calls: calls}
	anything := make([]cty.Value, len(params))
	for i, p := range params {
		name := hcl.ExprAsKeyword(p)
		if name == "" || slices.Contains(d.params, name) {
			r.Problem(p.Range(), "Invalid name", "A parameter is a name without quotes, and each another.")
			return nil
		}
		d.params, anything[i] = append(d.params, name), cty.DynamicVal
	}
	sound := r.linkFunctions(&Expression{Expression: d.result})
	for _, t := range d.result.Variables() {
		if name := t.RootName(); !slices.Contains(d.params, name) {
			r.Problem(t.SourceRange(), "Unknown variable", "A function reads its parameters alone.%s", Meant(name, d.params))
			sound = false
		}
	}
	if !sound {
		return nil
	}
	_, diags = d.evaluate(anything)
	if r.tell(diags, variant{}); diags.HasErrors() {
		return nil
	}
	return d
}

// evaluate looks into every arm of the result while it is not known what the arguments are.
func (d *definition) evaluate(args []cty.Value) (cty.Value, hcl.Diagnostics) {
	ctx := &hcl.EvalContext{Functions: d.calls, Variables: map[string]cty.Value{}}
	known := true
	for i, name := range d.params {
		ctx.Variables[name] = args[i]
		known = known && args[i].IsWhollyKnown()
	}
	v, diags := d.result.Value(ctx)
	if !known {
		diags = append(diags, inspect(d.result, ctx)...)
	}
	return v, diags
}

// function makes it callable. The library's own user functions take no null, and fill in what they call while others run.
func (d *definition) function() function.Function {
	call := func(args []cty.Value) (cty.Value, error) {
		v, diags := d.evaluate(args)
		if diags.HasErrors() {
			return cty.DynamicVal, failure(diags)
		}
		return v, nil
	}
	spec := &function.Spec{
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := call(args)
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return call(args) },
	}
	for _, name := range d.params {
		spec.Params = append(spec.Params, function.Parameter{
			Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		})
	}
	return function.New(spec)
}
