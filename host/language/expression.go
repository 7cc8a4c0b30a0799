package language

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Expression is one expression of the file with what it reads.
type Expression struct {
	hcl.Expression
	Roots  []string // the variables it reads, through locals too
	locals []*local // those it reads, each after those that it reads itself
}

// Scope is where expressions are evaluated on one event, by one goroutine: root makes the value of a variable when it is first read.
type Scope struct {
	root   func(variable string) cty.Value
	ctx    hcl.EvalContext
	locals map[string]cty.Value
}

func newScope(functions map[string]function.Function, root func(string) cty.Value) *Scope {
	return &Scope{
		root: root, locals: map[string]cty.Value{},
		ctx: hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{}},
	}
}

// context has every value that an expression reads.
func (s *Scope) context(x *Expression) (*hcl.EvalContext, hcl.Diagnostics) {
	for _, root := range x.Roots {
		if _, ok := s.ctx.Variables[root]; !ok {
			s.ctx.Variables[root] = s.root(root)
		}
	}
	var diags hcl.Diagnostics
	for _, l := range x.locals {
		if _, ok := s.locals[l.name]; ok {
			continue
		}
		if l.value != nil {
			s.locals[l.name] = *l.value
		} else {
			v, more := l.Value(&s.ctx)
			diags = append(diags, more...)
			s.locals[l.name] = v
		}
		s.ctx.Variables["local"] = cty.ObjectVal(s.locals)
	}
	return &s.ctx, diags
}

// Value evaluates an expression. Its error names a place and a kind of mistake, no value.
func (s *Scope) Value(x *Expression) (cty.Value, error) {
	ctx, diags := s.context(x)
	if diags.HasErrors() {
		return cty.NilVal, failure(diags)
	}
	v, diags := x.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, failure(diags)
	}
	return v, nil
}

// Holds is the value of a condition.
func (s *Scope) Holds(x *Expression) (bool, error) {
	v, err := s.Value(x)
	switch {
	case err != nil:
		return false, err
	case v.IsNull() || !v.IsKnown() || v.Type() != cty.Bool:
		return false, fmt.Errorf("%s: the condition is %s, not true or false", Where(x.Range()), v.Type().FriendlyName())
	}
	return v.True(), nil
}

// failure is the first error without the source and the values that HCL would show.
func failure(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			return fmt.Errorf("%s: %s", Where(*d.Subject), d.Summary)
		}
	}
	return nil
}

// Where is a place as people write it.
func Where(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// Seen is the values that mattered: what the expression reads, as it was.
func (s *Scope) Seen(x *Expression) string {
	ctx, diags := s.context(x)
	if diags.HasErrors() {
		return ""
	}
	var parts []string
	for _, t := range x.Variables() {
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() || !v.IsWhollyKnown() {
			continue
		}
		if part := fmt.Sprintf("%s = %s", pathOf(t), hclwrite.TokensForValue(v).Bytes()); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// pathOf is a traversal as it is written, as far as it goes by names.
func pathOf(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			fmt.Fprintf(&b, "[%s]", hclwrite.TokensForValue(step.Key).Bytes())
		}
	}
	return b.String()
}

// SecondName is the attribute that a traversal takes of its root.
func SecondName(t hcl.Traversal) (string, hcl.Range, bool) {
	if len(t) < 2 {
		return "", t.SourceRange(), false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, step.SrcRange, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), step.SrcRange, true
		}
	}
	return "", t.SourceRange(), false
}

// Calls is every function call in an expression.
func Calls(x hcl.Expression) []*hclsyntax.FunctionCallExpr {
	var out []*hclsyntax.FunctionCallExpr
	if node, ok := x.(hclsyntax.Node); ok {
		hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
			if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
				out = append(out, call)
			}
			return nil
		})
	}
	return out
}

// Problem is an error at a place.
func Problem(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at.Ptr()}
}

// Warning is something that may be meant otherwise.
func Warning(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := Problem(at, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// Content reads a body by its schema. What is unknown is told with what is known there.
func Content(body hcl.Body, schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := body.Content(schema)
	var blocks, arguments []string
	for _, b := range schema.Blocks {
		blocks = append(blocks, b.Type)
	}
	for _, a := range schema.Attributes {
		arguments = append(arguments, a.Name)
	}
	for _, d := range diags {
		known := map[string][]string{"Unsupported block type": blocks, "Unsupported argument": arguments}[d.Summary]
		if len(known) > 0 && !strings.Contains(d.Detail, "Did you mean") {
			slices.Sort(known)
			d.Detail += " Known here: " + Listed(known) + "."
		}
	}
	return content, diags
}

// Meant is the sentence that a misspelt name deserves.
func Meant(given string, known []string) string {
	if near := Nearest(given, known); near != "" {
		return fmt.Sprintf(" Did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return " Known here: " + Listed(known) + "."
}

// Listed is words with commas between.
func Listed(words []string) string { return strings.Join(words, ", ") }
