package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Verify refuses, at its line, each rule of a pairing that needs a verb which its open connections lack. Optional is what the plugin of its
// ATS can do with settings that were left out: a rule that needs it rests, of which a warning tells.
func Verify(p *rule.Pairing, ats, vendor []sdk.Verb, optional ...sdk.Verb) hcl.Diagnostics {
	var diags hcl.Diagnostics
	needs := p.Needs()
	for _, side := range []struct {
		name string
		uses []rule.Use
		has  []sdk.Verb
	}{{p.ATS, needs.ATS.Verbs, ats}, {p.Vendor, needs.Vendor.Verbs, vendor}} {
		for _, use := range side.uses {
			switch {
			case slices.Contains(side.has, use.Verb):
			case side.name == p.ATS && slices.Contains(optional, use.Verb):
				diags = append(diags, language.Warning(use.Range, "Resting rule",
					"%s needs %q, which %s can do once a further setting allows it. Until then that is left out.", use.By, use.Verb, side.name))
			default:
				diags = append(diags, language.Problem(use.Range, "Not possible here",
					"%s needs %q, which %s cannot do as it is connected now.", use.By, use.Verb, side.name))
			}
		}
	}
	return Sort(diags)
}

// VerifyStages refuses, at its line, each stage that a pairing names and its ATS does not have.
func VerifyStages(p *rule.Pairing, stages []sdk.Stage) hcl.Diagnostics {
	var names []string
	for _, s := range stages {
		names = append(names, strings.TrimSpace(s.Name))
	}
	var diags hcl.Diagnostics
	for _, s := range p.Needs().Stages {
		is := func(stage sdk.Stage) bool { return strings.TrimSpace(stage.Name) == s.Name || stage.ID == s.Name }
		if !slices.ContainsFunc(stages, is) {
			diags = append(diags, language.Problem(s.Range, "Unknown stage", "%s has no stage %q.%s", p.ATS, s.Name,
				language.Meant(s.Name, names)))
		}
	}
	return Sort(diags)
}
