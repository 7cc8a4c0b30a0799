package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// guard says who is not invited.
type guard struct {
	label  string
	at     hcl.Range
	deny   *language.Expression
	unless *language.Expression // nil: nothing overrides it
	fail   *language.Expression // nil: a denial is silent
}

func (g *guard) String() string { return fmt.Sprintf("guard %q", g.label) }

// on is one rule: when a condition holds, do these actions.
type on struct {
	kind    sdk.Kind
	at      hcl.Range
	when    *language.Expression // nil: always
	to      []string             // of moved: names or ids of stages
	toAt    hcl.Range
	scan    Scan // of found
	actions []*act
}

func (r *on) String() string { return "on " + string(r.kind) }

// act is one action of a rule.
type act struct {
	action
	name  string
	label string
	slot  string // of one that is labelled
	at    hcl.Range
	args  map[string]*language.Expression
}

// group is a tag group.
type group struct {
	label   string
	at      hcl.Range
	entries map[sdk.Kind]*language.Expression
}

func (g *group) String() string { return fmt.Sprintf("tags %q", g.label) }

// judged is the events on which guards are judged: those that may invite.
func (c *compiler) judged() []sdk.Kind {
	return language.KindsWhere(func(k sdk.Kind, e language.Event) bool { return e.ATS && c.Hears(k) })
}

func (c *compiler) compileGuard(block *hcl.Block) {
	content := c.content(block.Body, Guards.Schema())
	g := &guard{label: block.Labels[0], at: block.DefRange}
	if i := slices.IndexFunc(c.guards, func(o *guard) bool { return o.label == g.label }); i >= 0 {
		c.Problem(block.LabelRanges[0], "Duplicate name", "Another guard %q stands at %s.", g.label, language.Where(c.guards[i].at))
	}
	g.deny = c.optional(content, "deny", language.Condition, c.judged)
	g.unless = c.optional(content, "unless", language.Condition, c.judged)
	g.fail = c.optional(content, "fail", language.Text, c.judged)
	c.guards = append(c.guards, g)
}

// optional compiles an argument that may be left out; nil then.
func (c *compiler) optional(content *hcl.BodyContent, name string, expect language.Want, on func() []sdk.Kind) *language.Expression {
	attr := content.Attributes[name]
	if attr == nil {
		return nil
	}
	x := c.Read(attr.Expr)
	c.Expect(x, expect, on)
	return x
}

func (c *compiler) compileOn(block *hcl.Block) {
	kind := sdk.Kind(block.Labels[0])
	if _, ok := language.Events[kind]; !ok {
		hint := language.Meant(string(kind), language.Words(language.KindsWhere(func(sdk.Kind, language.Event) bool { return true })))
		if mirrored(kind) {
			hint = " What follows it is said in mirror."
		}
		c.Problem(block.LabelRanges[0], "Unknown event", "No rule can wait for %q.%s", kind, hint)
		return
	}
	content := c.content(labelled(block.Body, string(kind)), waiting(kind).Schema())
	r := &on{kind: kind, at: block.DefRange}
	r.when = c.optional(content, "when", language.Condition, r.only)
	if to := content.Attributes["to"]; to != nil {
		r.to, r.toAt = c.stages(to), to.Expr.Range()
	}
	r.scan.Tag = c.tag(content.Attributes["tag"])
	r.scan.Every = c.duration(content.Attributes["every"])
	for _, b := range content.Blocks {
		c.compileAct(r, b)
	}
	if native, ok := block.Body.(*hclsyntax.Body); ok && len(native.Blocks) == 0 { // else one is not known here, which has been told
		c.Problem(r.at, "Nothing to do", "This rule has no action that is known here: %s.", language.Listed(doable(kind)))
	}
	c.rules[kind] = append(c.rules[kind], r)
}

func (r *on) only() []sdk.Kind { return []sdk.Kind{r.kind} }

// labelled gives the blocks that may have a label and have none the event's name.
func labelled(body hcl.Body, label string) hcl.Body {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return body
	}
	copied := *native
	copied.Blocks = slices.Clone(native.Blocks)
	for i, b := range copied.Blocks {
		if actions[b.Type].labelled && len(b.Labels) == 0 {
			block := *b
			block.Labels, block.LabelRanges = []string{label}, []hcl.Range{b.TypeRange}
			copied.Blocks[i] = &block
		}
	}
	return &copied
}

func (c *compiler) compileAct(r *on, block *hcl.Block) {
	a := &act{action: actions[block.Type], name: block.Type, at: block.DefRange, args: map[string]*language.Expression{}}
	if a.labelled {
		a.label = block.Labels[0]
		a.slot = c.oldest(name{a.name, a.label}).String()
	}
	content := c.content(block.Body, a.block(a.name).Schema())
	for _, arg := range a.arguments {
		if attr := content.Attributes[arg.Name]; attr != nil && arg.Settled {
			if _, known := c.Known(attr, arg.Expect); !known {
				continue
			}
		}
		if x := c.optional(content, arg.Name, arg.Expect, r.only); x != nil {
			a.args[arg.Name] = x
		}
	}
	if a.name == "invite" && content.Attributes["assessment"] == nil {
		c.named = false
		if r.kind == sdk.KindRequested {
			c.Problem(a.at, "Missing required argument", "Who is requested is invited to what was chosen: assessment = event.assessment.")
		}
	}
	c.refuseTwins(r, a)
	r.actions = append(r.actions, a)
}

// refuseTwins refuses a second action in one slot of an event, and a second invite in one rule.
func (c *compiler) refuseTwins(r *on, a *act) {
	others, wayOut := r.actions, "name several assessments in a list"
	if a.labelled {
		for _, rule := range c.rules[r.kind] {
			others = slices.Concat(rule.actions, others)
		}
		wayOut = fmt.Sprintf("tell them apart by labels: %s \"why\" { … }", a.name)
	}
	twin := slices.IndexFunc(others, func(o *act) bool { return o.name == a.name && o.label == a.label })
	if twin >= 0 && (a.labelled || a.name == "invite") {
		c.Problem(a.at, "Duplicate block", "Another %s of this event stands at %s; %s.", a.name, language.Where(others[twin].at), wayOut)
	}
}

// stages reads the names or ids of stages.
func (c *compiler) stages(attr *hcl.Attribute) []string {
	v, ok := c.Known(attr, language.TextOrTexts)
	if !ok {
		return nil
	}
	names := language.TextsOf(v)
	if len(names) == 0 {
		c.Problem(attr.Expr.Range(), "Missing value", "%s names no stage.", attr.Name)
	}
	return names
}

// tag reads a tag that must be known at load.
func (c *compiler) tag(attr *hcl.Attribute) string {
	if attr == nil {
		return ""
	}
	v, ok := c.Known(attr, language.Text)
	if !ok {
		return ""
	}
	tag := strings.TrimSpace(language.TextOf(v))
	if tag == "" {
		c.Problem(attr.Expr.Range(), "Missing value", "%s is empty.", attr.Name)
	}
	return tag
}

func (c *compiler) compileTags(block *hcl.Block) {
	g := &group{label: block.Labels[0], at: block.DefRange, entries: map[sdk.Kind]*language.Expression{}}
	if i := slices.IndexFunc(c.groups, func(o *group) bool { return o.label == g.label }); i >= 0 {
		c.Problem(block.LabelRanges[0], "Duplicate name", "Another group %q stands at %s.", g.label, language.Where(c.groups[i].at))
	}
	attrs, diags := block.Body.JustAttributes()
	c.Diags = append(c.Diags, diags...)
	known := language.KindsWhere(func(_ sdk.Kind, e language.Event) bool { return !e.ATS })
	for _, name := range language.Sorted(attrs) {
		kind := sdk.Kind(name)
		if !slices.Contains(known, kind) {
			c.Problem(attrs[name].NameRange, "Unknown event", "No invitation is ever %q.%s", name, language.Meant(name, language.Words(known)))
			continue
		}
		if x := c.Read(attrs[name].Expr); x != nil {
			g.entries[kind] = x
			c.Expect(x, language.TextOrTexts, func() []sdk.Kind { return []sdk.Kind{kind} })
		}
	}
	if len(attrs) == 0 && !diags.HasErrors() {
		c.Problem(g.at, "Nothing to do", "This group has no tags.")
	}
	c.groups = append(c.groups, g)
}
