package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
)

// A file in JSON is translated into the native syntax when it is read, so that it is checked as deeply as any other: the library's own
// expressions of JSON do not show what is in them.

// parseJSON reads a *.hcl.json. Its text has passed [scanJSON].
func parseJSON(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	file, diags := hcljson.Parse(text, name)
	if diags.HasErrors() {
		return file, diags
	}
	body, diags := nativeBody(file.Body, top)
	file.Body = body
	return file, diags
}

// nativeBody translates a body, of which the schema says what in it is a block and what an argument.
func nativeBody(body hcl.Body, b schema.Block) (*hclsyntax.Body, hcl.Diagnostics) {
	content, rest, diags := body.PartialContent(&hcl.BodySchema{Blocks: b.Schema().Blocks})
	attributes, more := rest.JustAttributes()
	diags = append(diags, more...)
	at := body.MissingItemRange()
	out := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: at, EndRange: at}
	for _, name := range language.Sorted(attributes) {
		a := attributes[name]
		words := slices.ContainsFunc(b.Arguments, func(known schema.Argument) bool { return known.Name == name && known.Words })
		x, more := nativeExpression(a.Expr, words)
		diags = append(diags, more...)
		out.Attributes[name] = &hclsyntax.Attribute{Name: name, Expr: x, SrcRange: a.Range, NameRange: a.NameRange, EqualsRange: a.NameRange}
	}
	for _, block := range content.Blocks {
		i := slices.IndexFunc(b.Blocks, func(known schema.Block) bool { return known.Type == block.Type })
		inner, more := nativeBody(block.Body, b.Blocks[i])
		diags = append(diags, more...)
		out.Blocks = append(out.Blocks, &hclsyntax.Block{
			Type: block.Type, Labels: block.Labels, Body: inner, TypeRange: block.TypeRange, LabelRanges: block.LabelRanges,
			OpenBraceRange: block.DefRange, CloseBraceRange: block.DefRange,
		})
	}
	return out, diags
}

// nativeExpression translates a value. A text is a template, or, where words without quotes are needed, what stands in it.
func nativeExpression(x hcl.Expression, words bool) (hclsyntax.Expression, hcl.Diagnostics) {
	at := x.Range()
	if pairs, diags := hcl.ExprMap(x); !diags.HasErrors() {
		object := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: at}
		for _, pair := range pairs {
			key, diags := nativeExpression(pair.Key, false)
			value, more := nativeExpression(pair.Value, words)
			if diags = append(diags, more...); diags.HasErrors() {
				return nothing(at), diags
			}
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
		}
		return object, nil
	}
	if list, diags := hcl.ExprList(x); !diags.HasErrors() {
		tuple := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: at}
		for _, e := range list {
			element, diags := nativeExpression(e, words)
			if diags.HasErrors() {
				return nothing(at), diags
			}
			tuple.Exprs = append(tuple.Exprs, element)
		}
		return tuple, nil
	}
	v, diags := x.Value(nil) // without a context a text is as it is written
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
		return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}, diags
	}
	text, start := []byte(v.AsString()), at.Start
	start.Column, start.Byte = start.Column+1, start.Byte+1 // after the quote
	if words {
		return hclsyntax.ParseExpression(text, at.Filename, start)
	}
	template, diags := hclsyntax.ParseTemplate(text, at.Filename, start)
	if only, ok := template.(*hclsyntax.TemplateWrapExpr); ok {
		return only.Wrapped, diags // here ${…} is how an expression is written, so it may be null
	}
	return template, diags
}

// nothing stands for an expression that is wrong, which has been told.
func nothing(at hcl.Range) hclsyntax.Expression {
	return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: at}
}

// scanJSON looks, without recursion, for what is no JSON, and for what would overflow the stack of a parser; nil if there is nothing.
func scanJSON(name string, text []byte) *hcl.Diagnostic {
	dec := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; ; {
		token, err := dec.Token()
		at := hcl.Range{Filename: name, Start: position(text, dec.InputOffset())}
		at.End = at.Start
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return nil
		case err != nil:
			return language.Problem(at, "Invalid JSON", "%v.", err)
		}
		switch t := token.(type) {
		case json.Delim:
			if depth++; t == ']' || t == '}' {
				depth -= 2
			}
			if depth > mostNesting {
				return tooDeep(at)
			}
		case string:
			tokens, _ := hclsyntax.LexTemplate([]byte(t), name, at.Start) // what is wrong with them the parser tells
			if d := scan(tokens); d != nil {
				return d
			}
			if tokens, _ = hclsyntax.LexExpression([]byte(t), name, at.Start); scan(tokens) != nil {
				return scan(tokens)
			}
		}
	}
}

// position is a place in a text as people count.
func position(text []byte, offset int64) hcl.Pos {
	before := text[:min(int(offset), len(text))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return hcl.Pos{Line: bytes.Count(before, []byte("\n")) + 1, Column: len(before) - line + 1, Byte: len(before)}
}
