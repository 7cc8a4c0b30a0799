package language

import (
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Evaluator evaluates the expressions of one pairing. It is immutable and may be used concurrently.
type Evaluator struct {
	functions map[string]function.Function
	terms     Terms
}

// On is where expressions are evaluated on one event.
func (e *Evaluator) On(f *Facts) *Scope {
	return newScope(e.functions, func(root string) cty.Value {
		values := map[string]cty.Value{}
		for _, a := range attributesOn(root, f.Event.Kind) {
			v := valueOf(a.read(f), a.typ)
			if v.IsNull() && (a.null == nil || !a.null(f.Event.Kind, e.terms)) {
				v = cty.StringVal("")
			}
			values[a.name] = v
		}
		if only, ok := values[""]; ok {
			return only
		}
		return cty.ObjectVal(values)
	})
}

// valueOf is what an attribute has read, as HCL knows it.
func valueOf(v any, typ cty.Type) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case int:
		return cty.NumberIntVal(int64(v))
	case *float64:
		if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
			return cty.NumberFloatVal(*v)
		}
	case time.Time:
		if !v.IsZero() {
			return cty.StringVal(v.UTC().Format(time.RFC3339))
		}
	case []string:
		return listOf(v)
	case []sdk.Score:
		return scoresOf(v)
	}
	return cty.NullVal(typ)
}

func scoresOf(all []sdk.Score) cty.Value {
	if len(all) == 0 {
		return cty.ListValEmpty(scores.ElementType())
	}
	values := make([]cty.Value, len(all))
	for i, s := range unique(all) {
		values[i] = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(s.Name), "score": valueOf(s.Score, cty.Number)})
	}
	return cty.ListVal(values)
}

// given is a text, or nil for one that is missing.
func given(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// TextOf is a known value as text; empty if it is null or none.
func TextOf(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return ""
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() {
		return ""
	}
	return s.AsString()
}

// TextsOf is a text or a list of texts, outer blanks trimmed, without empty ones and repeats.
func TextsOf(v cty.Value) []string {
	if v.IsNull() {
		return nil
	}
	list := []cty.Value{v}
	if v.CanIterateElements() {
		list = v.AsValueSlice()
	}
	var out []string
	for _, e := range list {
		if t := strings.TrimSpace(TextOf(e)); t != "" {
			out = With(out, t)
		}
	}
	return out
}

// NumberOf is a known number; nil if it is null or none.
func NumberOf(v cty.Value) *float64 {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || v.Type() != cty.Number {
		return nil
	}
	n, _ := v.AsBigFloat().Float64()
	return &n
}

// Empty tells whether a known value says nothing: null, blank, or a list or map in which every element is null.
func Empty(v cty.Value) bool {
	if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
		return strings.TrimSpace(TextOf(v)) == ""
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); !e.IsNull() {
			return false
		}
	}
	return true
}

// RatingOf is a known number from 1 to 4; 0 if it is null or none.
func RatingOf(v cty.Value) int {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || v.Type() != cty.Number {
		return 0
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || n < 1 || n > 4 {
		return 0
	}
	return int(n)
}
