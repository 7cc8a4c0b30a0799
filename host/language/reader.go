package language

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Reader reads the expressions of one pairing. What is wrong is gathered in Diags.
type Reader struct {
	Diags     hcl.Diagnostics
	functions map[string]function.Function
	locals    map[string]*local
	matches   []*hclsyntax.FunctionCallExpr // calls of tagged and after
	checks    []check
}

// NewReader makes a reader. Functions from outside are env and file: they must answer the same each time.
func NewReader(outside map[string]function.Function) *Reader {
	all := maps.Clone(Functions)
	maps.Copy(all, outside)
	return &Reader{functions: all, locals: map[string]*local{}}
}

// Problem adds an error.
func (r *Reader) Problem(at hcl.Range, summary, format string, args ...any) {
	r.Diags = append(r.Diags, Problem(at, summary, format, args...))
}

// Done checks all that was read and returns what evaluates it.
func (r *Reader) Done(t Terms) *Evaluator {
	for _, c := range r.checks {
		for _, kind := range c.on() {
			r.check(c, kind, t)
		}
	}
	if !r.Diags.HasErrors() { // else what reads it may be what is wrong
		r.warnOfUnused()
	}
	for _, d := range r.Diags {
		d.Expression, d.EvalContext = nil, nil // HCL would show values
	}
	return &Evaluator{functions: r.functions, terms: t}
}

// local is one entry of a locals block. It is evaluated where it is used; one that reads no variable is evaluated once, at load, so that
// env and file are read once and deciding again gives the same.
type local struct {
	Expression
	name   string
	at     hcl.Range
	own    bool // the pairing's, not the folder's
	state  linking
	broken bool       // what is wrong has been told
	value  *cty.Value // of one that reads no variable
}

// linking is how far it is known what a local reads.
type linking int

const (
	unlinked linking = iota
	underway         // meeting it again means that it reads itself
	linked
)

// mostLocals bounds how many locals one expression may read, through others too.
const mostLocals = 200

// Declare collects the locals that the pairing sees. Its own hide the folder's, also where a local of the folder reads another.
func (r *Reader) Declare(blocks hcl.Blocks, own bool) {
	for _, block := range blocks {
		attrs, diags := block.Body.JustAttributes()
		r.Diags = append(r.Diags, diags...)
		for _, name := range Sorted(attrs) {
			attr := attrs[name]
			if other := r.locals[name]; other != nil && other.own == own {
				r.Problem(attr.NameRange, "Duplicate name", "Another local %q stands at %s.", name, Where(other.at))
				continue
			}
			r.locals[name] = &local{Expression: Expression{Expression: attr.Expr}, name: name, at: attr.NameRange, own: own}
		}
	}
}

// warnOfUnused tells of the pairing's locals that nothing reads: a misspelt one does not hide the folder's.
func (r *Reader) warnOfUnused() {
	for _, name := range Sorted(r.locals) {
		if l := r.locals[name]; l.own && l.state == unlinked {
			r.Diags = append(r.Diags, Warning(l.at, "Unused local", "Nothing in this pairing reads local.%s.", name))
		}
	}
}

// Read finds out what an expression reads; nil if that is unclear, which has been told then.
func (r *Reader) Read(x hcl.Expression) *Expression {
	out := &Expression{Expression: x}
	if !r.link(out) {
		return nil
	}
	return out
}

// link fills in the variables and locals that x reads, and tells whether all of them, and the functions, exist.
func (r *Reader) link(x *Expression) bool {
	sound := r.linkFunctions(x)
	for _, t := range x.Variables() {
		switch root := t.RootName(); {
		case root == "local":
			sound = r.linkLocal(x, t) && sound
		case variables[root] == nil:
			r.Problem(t.SourceRange(), "Unknown variable", "There is no variable %q.%s", root, Meant(root, append(Sorted(variables), "local")))
			sound = false
		default:
			x.Roots = With(x.Roots, root)
		}
	}
	return sound
}

func (r *Reader) linkFunctions(x *Expression) bool {
	sound := true
	for _, call := range Calls(x.Expression) {
		if _, ok := r.functions[call.Name]; !ok {
			r.Problem(call.NameRange, "Unknown function", "There is no function %q.%s", call.Name, Meant(call.Name, Sorted(r.functions)))
			sound = false
		} else if call.Name == "tagged" || call.Name == "after" {
			r.matches = append(r.matches, call)
		}
	}
	return sound
}

func (r *Reader) linkLocal(x *Expression, t hcl.Traversal) bool {
	name, at, ok := SecondName(t)
	if !ok {
		r.Problem(at, "Unknown local", "Name one of the locals: local.NAME.")
		return false
	}
	l := r.locals[name]
	switch {
	case l == nil:
		r.Problem(at, "Unknown local", "There is no local %q.%s", name, Meant(name, Sorted(r.locals)))
		return false
	case l.state == underway:
		r.Problem(at, "Locals in a circle", "local.%s reads itself.", name)
		return false
	case l.state == unlinked:
		l.state = underway
		l.broken = !r.link(&l.Expression) || len(l.Roots) == 0 && !r.settle(l)
		l.state = linked
	}
	for _, other := range append(slices.Clone(l.locals), l) {
		x.locals = With(x.locals, other)
	}
	for _, root := range l.Roots {
		x.Roots = With(x.Roots, root)
	}
	if len(x.locals) > mostLocals {
		r.Problem(at, "Too many locals", "An expression may read %d locals, those that they read included.", mostLocals)
		return false
	}
	return !l.broken
}

// settle evaluates a local that reads no variable.
func (r *Reader) settle(l *local) bool {
	v, ok := r.Constant(&l.Expression)
	if ok {
		l.value = &v
	}
	return ok
}

// Constant evaluates an expression that reads no variable.
func (r *Reader) Constant(x *Expression) (cty.Value, bool) {
	ctx, diags := newScope(r.functions, nil).context(x)
	v, more := x.Value(ctx)
	if diags = append(diags, more...); diags.HasErrors() {
		r.Diags = append(r.Diags, diags...)
		return cty.NilVal, false
	}
	if !v.IsWhollyKnown() {
		r.Problem(x.Range(), "Not known at load", "This must be known when the file is read.")
		return cty.NilVal, false
	}
	return v, true
}

// Known is the value of an argument that must be known when the file is read; false if it is not.
func (r *Reader) Known(attr *hcl.Attribute, expect Want) (cty.Value, bool) {
	x := r.Read(attr.Expr)
	if x == nil {
		return cty.NilVal, false
	}
	if len(x.Roots) > 0 {
		r.Problem(x.Range(), "Not known at load", "%s must be known when the file is read, so it may not read %s.",
			attr.Name, Listed(x.Roots))
		return cty.NilVal, false
	}
	v, ok := r.Constant(x)
	if !ok {
		return cty.NilVal, false
	}
	if wrong := expect(v); wrong != "" {
		r.Problem(x.Range(), "Wrong type", "%s", wrong)
		return cty.NilVal, false
	}
	if v.IsNull() {
		r.Problem(x.Range(), "Missing value", "%s must not be null.", attr.Name)
		return cty.NilVal, false
	}
	return v, true
}

// Match is a tag that some expression looks for, or the beginning of one.
type Match struct {
	Text   string
	Prefix bool
}

// Matches is the tags that expressions look for, as far as they are known when the file is read.
func (r *Reader) Matches() []Match {
	var out []Match
	for _, call := range r.matches {
		if tag := r.literal(call.Args); strings.TrimSpace(tag) != "" {
			out = With(out, Match{tag, call.Name == "after"})
		}
	}
	return out
}

// literal is the first argument of a call, if no variable is in it.
func (r *Reader) literal(args []hclsyntax.Expression) string {
	if len(args) == 0 {
		return ""
	}
	x := &Expression{Expression: args[0]}
	for _, t := range x.Variables() {
		name, _, _ := SecondName(t)
		l := r.locals[name]
		if t.RootName() != "local" || l == nil || l.value == nil {
			return ""
		}
		x.locals = With(x.locals, l)
	}
	ctx, _ := newScope(r.functions, nil).context(x)
	v, diags := x.Value(ctx)
	if diags.HasErrors() || Text(v) != "" {
		return ""
	}
	return TextOf(v)
}

// With is a list with one more entry, unless it is there.
func With[E comparable](list []E, e E) []E {
	if slices.Contains(list, e) {
		return list
	}
	return append(list, e)
}
