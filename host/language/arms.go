package language

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// arms walks an expression and evaluates what HCL passes over when what decides is unknown: both arms of a conditional, the right side of
// && and ||, the body of a for over an unknown list. What cannot be reached is passed over here as well.
type arms struct {
	scopes []*hcl.EvalContext // the innermost last
	bodies []*hcl.EvalContext // of the fors being walked: where their bodies are evaluated
	dead   map[hclsyntax.Expression]bool
	depth  int // within how many nodes that cannot be reached
	diags  hcl.Diagnostics
}

// inspect is the mistakes in the parts of x that its Value passes over.
func inspect(x hcl.Expression, ctx *hcl.EvalContext) hcl.Diagnostics {
	node, ok := x.(hclsyntax.Expression)
	if !ok {
		return nil
	}
	w := &arms{scopes: []*hcl.EvalContext{ctx}, dead: map[hclsyntax.Expression]bool{}}
	hclsyntax.Walk(node, w)
	return w.diags
}

// Enter implements [hclsyntax.Walker].
func (w *arms) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if x, ok := n.(hclsyntax.Expression); w.depth > 0 || ok && w.dead[x] {
		w.depth++
		return nil
	}
	ctx := w.scopes[len(w.scopes)-1]
	switch x := n.(type) {
	case hclsyntax.ChildScope:
		w.scopes = append(w.scopes, w.bodies[len(w.bodies)-1])
	case *hclsyntax.ConditionalExpr:
		w.conditional(x, ctx)
	case *hclsyntax.BinaryOpExpr:
		w.logical(x, ctx)
	case *hclsyntax.ForExpr:
		w.loop(x, ctx)
	case *hclsyntax.TemplateWrapExpr:
		w.wrapped(x, ctx)
	}
	return nil
}

// Exit implements [hclsyntax.Walker].
func (w *arms) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if w.depth > 0 {
		w.depth--
		return nil
	}
	switch n.(type) {
	case hclsyntax.ChildScope:
		w.scopes = w.scopes[:len(w.scopes)-1]
	case *hclsyntax.ForExpr:
		w.bodies = w.bodies[:len(w.bodies)-1]
	}
	return nil
}

func (w *arms) evaluate(x hclsyntax.Expression, ctx *hcl.EvalContext) {
	_, diags := x.Value(ctx)
	w.diags = append(w.diags, diags...)
}

// wrapped is a template of nothing but one ${…}, which HCL lets be null.
func (w *arms) wrapped(x *hclsyntax.TemplateWrapExpr, ctx *hcl.EvalContext) {
	if v, _ := x.Wrapped.Value(ctx); v.IsNull() {
		w.diags = append(w.diags, Problem(x.Range(), "Invalid template interpolation value", "What stands in ${…} is null."))
	}
}

func (w *arms) conditional(x *hclsyntax.ConditionalExpr, ctx *hcl.EvalContext) {
	decides, _ := x.Condition.Value(ctx)
	switch {
	case !decides.IsKnown():
		w.evaluate(x.TrueResult, ctx)
		w.evaluate(x.FalseResult, ctx)
	case decides.IsNull() || decides.Type() != cty.Bool: // Value has complained
		w.dead[x.TrueResult], w.dead[x.FalseResult] = true, true
	default:
		w.dead[x.TrueResult], w.dead[x.FalseResult] = decides.False(), decides.True()
	}
}

func (w *arms) logical(x *hclsyntax.BinaryOpExpr, ctx *hcl.EvalContext) {
	if x.Op != hclsyntax.OpLogicalAnd && x.Op != hclsyntax.OpLogicalOr {
		return
	}
	decides, _ := x.LHS.Value(ctx)
	switch {
	case !decides.IsKnown():
		w.evaluate(x.RHS, ctx)
	case !decides.IsNull() && decides.Type() == cty.Bool:
		w.dead[x.RHS] = decides.True() == (x.Op == hclsyntax.OpLogicalOr)
	}
}

func (w *arms) loop(x *hclsyntax.ForExpr, ctx *hcl.EvalContext) {
	list, _ := x.CollExpr.Value(ctx)
	body := ctx.NewChild()
	body.Variables = map[string]cty.Value{x.ValVar: cty.DynamicVal}
	if x.KeyVar != "" {
		body.Variables[x.KeyVar] = cty.DynamicVal
	}
	w.bodies = append(w.bodies, body)
	parts := []hclsyntax.Expression{x.ValExpr}
	for _, part := range []hclsyntax.Expression{x.KeyExpr, x.CondExpr} {
		if part != nil {
			parts = append(parts, part)
		}
	}
	if list.IsNull() || !list.IsKnown() || !list.CanIterateElements() {
		if typ := list.Type(); typ.IsCollectionType() {
			body.Variables[x.ValVar] = cty.UnknownVal(typ.ElementType())
		}
		for _, part := range parts {
			w.evaluate(part, body)
		}
		return
	}
	it := list.ElementIterator()
	if !it.Next() {
		for _, part := range parts {
			w.dead[part] = true
		}
		return
	}
	key, value := it.Element()
	body.Variables[x.ValVar] = value
	if x.KeyVar != "" {
		body.Variables[x.KeyVar] = key
	}
}
