package rule

import (
	"slices"
	"strings"
	"unicode"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Tagged tells whether a tag is in a list: outer blanks do not matter, every other byte does.
func Tagged(tag string, list []string) bool { return language.Tagged(tag, list) }

// wanted is a tag that the file names, or the beginning of one.
type wanted struct {
	text   string
	folded string
	prefix bool
}

// nearMisses is the tags of the application and its posting that match one of the pairing's only when folded.
func (p *Pairing) nearMisses(app sdk.Application) []Near {
	var out []Near
	for _, tag := range slices.Concat(app.Tags, app.Posting.Tags) {
		trimmed, folded := strings.TrimSpace(tag), language.Fold(tag)
		for _, w := range p.near {
			exact, close := trimmed == w.text, folded == w.folded
			if w.prefix {
				exact, close = strings.HasPrefix(trimmed, w.text), strings.HasPrefix(folded, w.folded)
			}
			if miss := (Near{Tag: tag, Wanted: w.text}); close && !exact && !slices.Contains(out, miss) {
				out = append(out, miss)
			}
		}
	}
	return out
}

// emailFailure is what is wrong with a candidate's address, by the syntax that all vendors share; nil if nothing is.
func emailFailure(email string) *Failure {
	email = strings.TrimSpace(email)
	local, domain, at := strings.Cut(email, "@")
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	switch {
	case email == "":
		return &Failure{"missing_email", "the candidate has no email address"}
	case !at, strings.Contains(domain, "@"), local == "", len(local) > 64, len(email) > 254,
		!strings.Contains(strings.Trim(domain, "."), "."), strings.ContainsFunc(email, odd):
		return &Failure{"invalid_email", "the candidate's email address is not valid"}
	}
	return nil
}

// assess finds the assessment that a rule named: of several with one name the newest, else the one with that id.
func assess(name string, catalog []sdk.Assessment) (id string, failed *Failure) {
	var found *sdk.Assessment
	for i, a := range catalog {
		if strings.TrimSpace(a.Name) == name && (found == nil || a.Created.After(found.Created)) {
			found = &catalog[i]
		}
	}
	if found != nil {
		return found.ID, nil
	}
	if slices.ContainsFunc(catalog, func(a sdk.Assessment) bool { return a.ID == name }) {
		return name, nil
	}
	detail := "there is no assessment named " + quoted(name)
	if near := language.Nearest(name, language.Names(catalog)); near != "" {
		detail += "; the nearest is " + quoted(near)
	}
	return "", &Failure{"unknown_assessment", detail}
}

func quoted(s string) string { return `"` + s + `"` }
