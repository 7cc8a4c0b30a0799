package rule

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

func (c *compiler) compileMirror(blocks hcl.Blocks) {
	block := c.single(blocks)
	if block == nil {
		return
	}
	content := c.content(block.Body, mirrors.Schema())
	c.Mirror.Postings = c.duration(content.Attributes["postings"])
	if attr := content.Attributes["outcomes"]; attr != nil {
		c.Mirror.Outcomes = c.outcomes(attr)
	}
	c.Mirror.Deletions = c.yes(content.Attributes["deletions"])
	c.Mirror.Anonymizations = c.yes(content.Attributes["anonymizations"])
	c.mirrorNeeds(content.Attributes)
}

// yes reads an argument that is true or false; false if it is left out.
func (c *compiler) yes(attr *hcl.Attribute) bool {
	if attr == nil {
		return false
	}
	v, ok := c.Known(attr, language.Condition)
	return ok && v.True()
}

func (c *compiler) outcomes(attr *hcl.Attribute) []sdk.Kind {
	list, diags := hcl.ExprList(attr.Expr)
	if diags.HasErrors() {
		c.Problem(attr.Expr.Range(), "Wrong type", "outcomes is a list of events: [hired, rejected].")
		return nil
	}
	var out []sdk.Kind
	for _, x := range list {
		if k := sdk.Kind(c.keyword(x, "outcome", language.Words(outcomes)...)); k != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
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
	if c.Mirror.Anonymizations {
		n.ATS.event(sdk.KindAnonymized)
		n.Vendor.verb("mirror", attrs["anonymizations"].Range, sdk.VerbAnonymize)
	}
}
