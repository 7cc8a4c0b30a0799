package language

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Functions is what expressions may call, besides those that reach outside: env and file are given to [NewReader].
var Functions = map[string]function.Function{
	"after":    after,
	"coalesce": coalesce,
	"concat":   stdlib.ConcatFunc,
	"contains": contains,
	"distinct": stdlib.DistinctFunc,
	"first":    first,
	"floor":    stdlib.FloorFunc,
	"format":   stdlib.FormatFunc,
	"join":     stdlib.JoinFunc,
	"keys":     stdlib.KeysFunc,
	"length":   stdlib.LengthFunc,
	"lookup":   lookup,
	"lower":    stdlib.LowerFunc,
	"max":      stdlib.MaxFunc,
	"merge":    stdlib.MergeFunc,
	"min":      stdlib.MinFunc,
	"rating":   rating,
	"tagged":   tagged,
	"upper":    stdlib.UpperFunc,
}

// contains compares directly: the standard one converts and unifies, at half the speed of a whole guard.
var contains = function.New(&function.Spec{
	Description: "Tells whether a value is in a list.",
	Params: []function.Parameter{
		{Name: "list", Type: cty.DynamicPseudoType, AllowDynamicType: true},
		{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		if _, err := elementType(args[0]); err != nil {
			return cty.NilType, err
		}
		return cty.Bool, nil
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() || !args[1].IsWhollyKnown() {
			return cty.UnknownVal(cty.Bool), nil
		}
		for it := args[0].ElementIterator(); it.Next(); {
			if _, v := it.Element(); v.RawEquals(args[1]) {
				return cty.True, nil
			}
		}
		return cty.False, nil
	},
})

// tagged tells whether a tag is in a list, by [Tagged].
var tagged = function.New(&function.Spec{
	Description: "Tells whether a tag is in a list: outer blanks do not matter, all else does.",
	Params:      []function.Parameter{{Name: "tag", Type: cty.String}, {Name: "list", Type: cty.List(cty.String)}},
	Type:        function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[1].IsWhollyKnown() {
			return cty.UnknownVal(cty.Bool), nil
		}
		return cty.BoolVal(Tagged(args[0].AsString(), stringsOf(args[1]))), nil
	},
})

// after is what follows a prefix, in every element of the list that begins with it: none, one or several texts.
var after = function.New(&function.Spec{
	Description: "What follows the prefix, in every element of the list that begins with it: a list of none, one or several.",
	Params:      []function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "list", Type: cty.List(cty.String)}},
	Type:        function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[1].IsWhollyKnown() {
			return cty.UnknownVal(cty.List(cty.String)), nil
		}
		var found []string
		for _, tag := range stringsOf(args[1]) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(tag), args[0].AsString()); ok && rest != "" {
				found = append(found, rest)
			}
		}
		return listOf(found), nil
	},
})

// first is the first element of a list; null of an empty one.
var first = function.New(&function.Spec{
	Description: "The first element of a list; null of an empty one.",
	Params:      []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:        func(args []cty.Value) (cty.Type, error) { return elementType(args[0]) },
	Impl: func(args []cty.Value, typ cty.Type) (cty.Value, error) {
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			return convert.Convert(v, typ)
		}
		return cty.NullVal(typ), nil
	},
})

// coalesce is the first argument that is not null; null if all are, which the standard one refuses.
var coalesce = function.New(&function.Spec{
	Description: "The first argument that is not null; null if all are.",
	VarParam: &function.Parameter{
		Name: "values", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		var types []cty.Type
		for _, a := range args {
			if !a.RawEquals(cty.NullVal(cty.DynamicPseudoType)) {
				types = append(types, a.Type())
			}
		}
		if len(types) == 0 {
			return cty.DynamicPseudoType, nil
		}
		if typ, _ := convert.UnifyUnsafe(types); typ != cty.NilType {
			return typ, nil
		}
		return cty.NilType, function.NewArgErrorf(0, "all arguments must be of one type")
	},
	Impl: func(args []cty.Value, typ cty.Type) (cty.Value, error) {
		for _, a := range args {
			switch {
			case a.IsNull():
			case !a.IsKnown() && !a.Range().DefinitelyNotNull():
				return cty.UnknownVal(typ), nil
			default:
				return convert.Convert(a, typ)
			}
		}
		return cty.NullVal(typ), nil
	},
})

// lookup is the element of a map or object under a key, else the default, which may be null: the standard one refuses that.
var lookup = function.New(&function.Spec{
	Description: "The element of a map under a key, else the default.",
	Params: []function.Parameter{
		{Name: "map", Type: cty.DynamicPseudoType, AllowDynamicType: true},
		{Name: "key", Type: cty.String},
		{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch typ := args[0].Type(); {
		case typ == cty.DynamicPseudoType, typ.IsObjectType(): // its attributes may be of many types
			return cty.DynamicPseudoType, nil
		case typ.IsMapType():
			return typ.ElementType(), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "a map is required")
	},
	Impl: func(args []cty.Value, typ cty.Type) (cty.Value, error) {
		if !args[0].IsKnown() {
			return cty.UnknownVal(typ), nil
		}
		if v, ok := args[0].AsValueMap()[args[1].AsString()]; ok {
			return v, nil
		}
		return convert.Convert(args[2], typ)
	},
})

// rating puts a score on the scale of 1 to 4 by the score that passes.
var rating = function.New(&function.Spec{
	Description: "A score as 1 to 4. Who passes has 3, and 4 from the middle between the passing score and 100; who fails has 1, and 2 from " +
		"half of it. Null if either is.",
	Params: []function.Parameter{
		{Name: "score", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
		{Name: "passing_score", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		for i, a := range args {
			if Number(a) != "" {
				return cty.NilType, function.NewArgErrorf(i, "a number is required")
			}
		}
		return cty.Number, nil
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		score, passing := NumberOf(args[0]), NumberOf(args[1])
		if score == nil || passing == nil {
			return cty.NullVal(cty.Number), nil
		}
		n := int64(1)
		for _, from := range []float64{*passing / 2, *passing, (*passing + 100) / 2} {
			if *score >= from {
				n++
			}
		}
		return cty.NumberIntVal(n), nil
	},
})

// elementType is the type of the elements of a list, as far as it is one type.
func elementType(list cty.Value) (cty.Type, error) {
	switch typ := list.Type(); {
	case typ == cty.DynamicPseudoType:
		return cty.DynamicPseudoType, nil
	case typ.IsListType(), typ.IsSetType():
		return typ.ElementType(), nil
	case typ.IsTupleType():
		if unified, _ := convert.UnifyUnsafe(typ.TupleElementTypes()); unified != cty.NilType {
			return unified, nil
		}
		return cty.DynamicPseudoType, nil
	}
	return cty.NilType, function.NewArgErrorf(0, "a list is required")
}

// stringsOf is a known list of texts; nulls are left out.
func stringsOf(list cty.Value) []string {
	out := make([]string, 0, list.LengthInt())
	for it := list.ElementIterator(); it.Next(); {
		if _, v := it.Element(); !v.IsNull() {
			out = append(out, v.AsString())
		}
	}
	return out
}

func listOf(all []string) cty.Value {
	if len(all) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(all))
	for i, s := range all {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}
