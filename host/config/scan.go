package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/patchbay-dev/patchbay/host/language"
)

const (
	mostNesting = 100    // brackets, braces and templates within each other
	mostTokens  = 10_000 // of one expression, with those around it: the parser recurses over operators, too
)

// opens and closes are the tokens that nest.
var (
	opens = map[hclsyntax.TokenType]bool{
		hclsyntax.TokenOBrace: true, hclsyntax.TokenOBrack: true, hclsyntax.TokenOParen: true,
		hclsyntax.TokenTemplateInterp: true, hclsyntax.TokenTemplateControl: true,
	}
	closes = map[hclsyntax.TokenType]bool{
		hclsyntax.TokenCBrace: true, hclsyntax.TokenCBrack: true, hclsyntax.TokenCParen: true, hclsyntax.TokenTemplateSeqEnd: true,
	}
)

// silent is the tokens that no expression grows by.
var silent = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenQuotedLit: true, hclsyntax.TokenStringLit: true, hclsyntax.TokenComment: true,
}

// Scan looks, without recursion, for what would overflow the parser's stack; nil if nothing would.
func Scan(name string, text []byte) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos) // what is wrong with them the parser tells
	return scan(tokens)
}

func scan(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	levels := []int{0} // how many tokens since the last separator, on each level
	total := 0
	for _, t := range tokens {
		top := len(levels) - 1
		switch {
		case opens[t.Type]:
			levels[top]++
			total++
			levels = append(levels, 0)
		case closes[t.Type]:
			if top > 0 {
				total -= levels[top]
				levels = levels[:top]
			}
		case t.Type == hclsyntax.TokenNewline, t.Type == hclsyntax.TokenComma:
			total -= levels[top]
			levels[top] = 0
		case !silent[t.Type]:
			levels[top]++
			total++
		}
		if len(levels) > mostNesting {
			return tooDeep(t.Range)
		}
		if total > mostTokens {
			return language.Problem(t.Range, "Expression too long", "An expression may have %d words and signs.", mostTokens)
		}
	}
	return nil
}

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return language.Problem(at, "Nested too deeply", "Brackets may stand %d deep within each other.", mostNesting)
}
