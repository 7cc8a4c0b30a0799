package language

import (
	"strings"
	"unicode"

	"github.com/agext/levenshtein"
)

// Tagged tells whether a tag is in a list: outer blanks do not matter, every other byte does.
func Tagged(tag string, list []string) bool {
	tag = strings.TrimSpace(tag)
	for _, t := range list {
		if strings.TrimSpace(t) == tag {
			return true
		}
	}
	return false
}

// Nearest is the name that a misspelt one most likely means; empty if none is close.
func Nearest(given string, known []string) string {
	best, distance := "", len(given)/4+2
	for _, k := range known {
		if Fold(k) == Fold(given) {
			return k
		}
		if d := levenshtein.Distance(given, k, nil); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// Fold is a text without what people mistype in tags: case, kinds of dashes and quotes, blanks.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune("\u200b\ufeff\"'`´‘’‚‛“”„‟«»‹›", r):
			return -1
		case unicode.Is(unicode.Pd, r), r == '−':
			return '-'
		}
		return unicode.ToLower(r)
	}, s)
}
