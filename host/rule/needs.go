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
	if r.kind == sdk.KindRequested {
		n.Requests = true
		n.ATS.verb(r.String(), r.at, sdk.VerbReport) // who never asks how a test stands requests none
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
	n.ATS.verb(r.String(), a.at, a.ats...)
	n.Vendor.verb(r.String(), a.at, a.vendor...)
	switch a.name {
	case "invite":
		verb := sdk.VerbPosting // the vendor chooses by the posting, which is made there first
		if a.args["assessment"] != nil {
			verb, n.Assessments = sdk.VerbAssessments, true
		}
		n.Vendor.verb(r.String(), a.at, verb)
	case "move":
		if stage := c.fixed(a.args["stage"]); stage != "" {
			n.Stages = append(n.Stages, Stage{stage, a.args["stage"].Range()})
		}
	case "feedback":
		n.Templates = language.With(n.Templates, c.fixed(a.args["template"]))
	case "fields":
		for _, field := range c.Keys(a.args["values"], r.kind) {
			n.Fields = language.With(n.Fields, field)
		}
	}
}

// fixed is the text of an argument that reads no variable; empty if it reads one.
func (c *compiler) fixed(x *language.Expression) string {
	if x == nil || len(x.Roots) > 0 {
		return ""
	}
	v, _ := c.Constant(x)
	return language.TextOf(v)
}

// catalogNeed notes an expression that reads the vendor's catalogue.
func (c *compiler) catalogNeed(by string, x *language.Expression) {
	if x != nil && !c.needs.Assessments && slices.Contains(x.Roots, "assessments") {
		c.needs.Assessments = true
		c.needs.Vendor.verb(by, x.Range(), sdk.VerbAssessments)
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
