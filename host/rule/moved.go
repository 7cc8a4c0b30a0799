package rule

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/language"
)

// name is what a moved block speaks of: a pairing, or the slot of an action with a label.
type name struct {
	of    string // pairing, or the action
	label string
}

func (n name) String() string { return n.of + " " + n.label }

// rename is one moved block.
type rename struct {
	from, to name
	at       hcl.Range
}

// compileMoved reads what something was called and is called now. A slot keeps its oldest name in what is planned, so that nothing is
// written again because somebody found a better word.
func (c *compiler) compileMoved(block *hcl.Block) {
	content := c.content(block.Body, renames.Schema())
	from, sound := c.name(content.Attributes["from"])
	to, alsoSound := c.name(content.Attributes["to"])
	if !sound || !alsoSound {
		return
	}
	again := slices.IndexFunc(c.renames, func(o rename) bool { return o.from == from || o.to == to })
	switch {
	case from.of != to.of:
		c.Problem(block.DefRange, "Not a rename", "A %s cannot become a %s.", from.of, to.of)
	case again >= 0:
		c.Problem(block.DefRange, "Duplicate block", "It was told already what became of it, at %s.", language.Where(c.renames[again].at))
	default:
		c.renames = append(c.renames, rename{from, to, block.DefRange})
	}
}

// name reads a reference like pairing.toy or note["why not"], without evaluating it.
func (c *compiler) name(attr *hcl.Attribute) (name, bool) {
	if attr == nil {
		return name{}, false // content has complained
	}
	t, diags := hcl.AbsTraversalForExpr(attr.Expr)
	label, _, ok := language.SecondName(t)
	if known := named(); diags.HasErrors() || !ok || len(t) != 2 || !slices.Contains(known, t.RootName()) {
		c.Problem(attr.Expr.Range(), "Not a rename", "Name a pairing or a slot here, without quotes: WHAT.NAME, where WHAT is one of %s.",
			language.Listed(known))
		return name{}, false
	}
	return name{t.RootName(), label}, true
}

// named is what can be renamed.
func named() []string {
	out := []string{"pairing"}
	for _, action := range writing {
		if actions[action].labelled {
			out = append(out, action)
		}
	}
	return out
}

// oldest is what something was called first.
func (c *compiler) oldest(n name) name {
	if before := c.former(n); len(before) > 0 {
		return before[len(before)-1]
	}
	return n
}

// former is what something was called before, the newest name first.
func (c *compiler) former(n name) []name {
	var out []name
	for range c.renames { // as many steps as there can be: a circle has no end
		i := slices.IndexFunc(c.renames, func(r rename) bool { return r.to == n })
		if i < 0 {
			break
		}
		n = c.renames[i].from
		out = append(out, n)
	}
	return out
}

// checkRenames refuses what leads from a name that is still in use, or to none that is.
func (c *compiler) checkRenames() {
	present := []name{{"pairing", c.Label}}
	for _, rules := range c.rules {
		for _, r := range rules {
			for _, a := range r.actions {
				present = append(present, name{a.name, a.label})
			}
		}
	}
	for _, r := range c.renames {
		used := slices.Contains(present, r.from) || r.from.of == "pairing" && slices.Contains(c.folder.Pairings, r.from.label)
		leads := slices.ContainsFunc(present, func(n name) bool { return slices.Contains(c.former(n), r.from) })
		switch {
		case used:
			c.Problem(r.at, "Not a rename", "%s %q is still there.", r.from.of, r.from.label)
		case !leads:
			c.Problem(r.at, "Not a rename", "It leads to no %s that is here: %q.", r.to.of, r.to.label)
		}
	}
	for _, n := range c.former(present[0]) {
		c.Former = append(c.Former, n.label)
	}
}
