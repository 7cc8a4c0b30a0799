package rule

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

func (s *Side) event(k sdk.Kind) { s.Events = language.With(s.Events, k) }

func (s *Side) verb(by string, at hcl.Range, verbs ...sdk.Verb) {
	for _, v := range verbs {
		s.Verbs = append(s.Verbs, Use{Verb: v, By: by, Range: at})
	}
}

// ruleNeeds finds what the rules and tag groups ask of the two products.
func (c *compiler) ruleNeeds() {
	for _, kind := range language.Sorted(c.rules) {
		for _, r := range c.rules[kind] {
			c.onNeeds(r)
		}
	}
	for _, g := range c.groups {
		c.needs.ATS.verb(g.String(), g.at, sdk.VerbTags)
		for _, kind := range language.Sorted(g.entries) {
			c.needs.Vendor.event(kind)
		}
	}
	for _, g := range c.guards {
		for _, x := range []*language.Expression{g.deny, g.unless, g.fail} {
			c.catalogNeed(g.String(), x)
		}
	}
}

func (c *compiler) onNeeds(r *on) {
	n := &c.needs
	switch {
	case r.kind == sdk.KindFound: // made by the host
		n.ATS.verb(r.String(), r.at, sdk.VerbSearch)
		n.Scans = append(n.Scans, r.scan)
	case language.Events[r.kind].ATS:
		n.ATS.event(r.kind)
	default:
		n.Vendor.event(r.kind)
	}
	for _, stage := range r.to {
		n.Stages = append(n.Stages, Stage{stage, r.toAt})
	}
	c.catalogNeed(r.String(), r.when)
	for _, a := range r.actions {
		c.actNeeds(r, a)
	}
}

func (c *compiler) actNeeds(r *on, a *act) {
	n := &c.needs
	switch a.verb {
	case sdk.VerbInvite:
		if a.args["assessment"] == nil { // the vendor chooses by the posting, which is made there first
			n.Vendor.verb(r.String(), a.at, sdk.VerbPosting)
			return
		}
		n.Assessments = true
		n.Vendor.verb(r.String(), a.at, sdk.VerbAssessments)
		return
	case sdk.VerbMove:
		if x := a.args["stage"]; x != nil && len(x.Roots) == 0 {
			if v, ok := c.Constant(x); ok && language.TextOf(v) != "" {
				n.Stages = append(n.Stages, Stage{language.TextOf(v), x.Range()})
			}
		}
	}
	n.ATS.verb(r.String(), a.at, append(a.also, a.verb)...)
}

// catalogNeed notes an expression that reads the vendor's catalogue.
func (c *compiler) catalogNeed(by string, x *language.Expression) {
	if x != nil && !c.needs.Assessments && slices.Contains(x.Roots, "assessments") {
		c.needs.Assessments = true
		c.needs.Vendor.verb(by, x.Range(), sdk.VerbAssessments)
	}
}

func (c *compiler) mirrorNeeds(attrs hcl.Attributes) {
	n := &c.needs
	if c.Mirror.Postings > 0 {
		at := attrs["postings"].Range
		n.ATS.event(sdk.KindApplied) // a posting is looked at again whenever somebody applies
		n.ATS.verb("mirror", at, sdk.VerbPostings)
		n.Vendor.verb("mirror", at, sdk.VerbPosting)
	}
	for _, k := range c.Mirror.Outcomes {
		n.ATS.event(k)
	}
	if len(c.Mirror.Outcomes) > 0 {
		n.Vendor.verb("mirror", attrs["outcomes"].Range, sdk.VerbOutcome)
	}
	if c.Mirror.Deletions {
		n.ATS.event(sdk.KindDeleted)
		n.Vendor.verb("mirror", attrs["deletions"].Range, sdk.VerbDelete)
	}
}

// findNear notes the tags, and beginnings of tags, that the pairing names, to tell of near misses.
func (c *compiler) findNear() {
	for _, s := range c.needs.Scans {
		c.near = language.With(c.near, wanted{text: s.Tag, folded: language.Fold(s.Tag)})
	}
	for _, m := range c.Matches() {
		w := wanted{text: m.Text, folded: language.Fold(m.Text), prefix: m.Prefix}
		if !m.Prefix {
			w.text = strings.TrimSpace(m.Text)
		}
		c.near = language.With(c.near, w)
	}
}
