package rule

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Folder is what all pairings of a folder share.
type Folder struct {
	Connections []string     // "ats.main", "vendor.toy"
	Pairings    []string     // labels
	Locals      []*hcl.Block // of every file
	Guards      []*hcl.Block
	Functions   []*hcl.Block
	// Outside is functions that reach outside: env and file. They are called at load only, but for a use that depends on a variable, so
	// they must answer the same each time.
	Outside map[string]function.Function
}

// compiler compiles one pairing.
type compiler struct {
	*Pairing
	*language.Reader
	folder  Folder
	named   bool // every invite names an assessment
	renames []rename
}

// terms is what holds of every invitation of the pairing, once its rules are read.
func (c *compiler) terms() language.Terms {
	return language.Terms{Named: c.named, Snapshot: c.Hears(sdk.KindRequested)}
}

// Compile turns a pairing block into a Pairing. The Pairing is nil if there is any error.
func Compile(block *hcl.Block, folder Folder) (*Pairing, hcl.Diagnostics) {
	c := &compiler{
		Pairing: &Pairing{Label: block.Labels[0], Mode: Live, Range: block.DefRange, rules: map[sdk.Kind][]*on{}},
		Reader:  language.NewReader(folder.Outside),
		folder:  folder, named: true,
	}
	content := c.content(block.Body, Frame.Schema())
	blocks := content.Blocks.ByType()
	c.Define(folder.Functions)
	c.Define(blocks["function"])
	c.Declare(folder.Locals, false)
	c.Declare(blocks["locals"], true)
	c.ATS = c.connection(content.Attributes["ats"], "ats")
	c.Vendor = c.connection(content.Attributes["vendor"], "vendor")
	if mode := content.Attributes["mode"]; mode != nil {
		c.Mode = Mode(c.keyword(mode.Expr, "mode", string(Live), string(Shadow), string(Off)))
	}
	for _, b := range blocks["assert"] {
		c.compileAssert(b)
	}
	c.compileLimit(blocks["limit"])
	for _, b := range blocks["moved"] {
		c.compileMoved(b)
	}
	for _, b := range slices.Concat(folder.Guards, blocks["guard"]) {
		c.compileGuard(b)
	}
	for _, b := range blocks["on"] {
		c.compileOn(b)
	}
	for _, b := range blocks["tags"] {
		c.compileTags(b)
	}
	c.compileMirror(blocks["mirror"])
	c.checkRenames()
	c.evaluator = c.Done(c.terms())
	if c.Diags.HasErrors() {
		return nil, c.Diags
	}
	c.ruleNeeds()
	c.findNear()
	return c.Pairing, c.Diags
}

func (c *compiler) content(body hcl.Body, schema *hcl.BodySchema) *hcl.BodyContent {
	content, diags := language.Content(body, schema)
	c.Diags = append(c.Diags, diags...)
	return content
}

// connection reads a reference like ats.main, without evaluating it.
func (c *compiler) connection(attr *hcl.Attribute, role string) string {
	if attr == nil {
		return "" // Content has complained
	}
	t, diags := hcl.AbsTraversalForExpr(attr.Expr)
	name, at, ok := language.SecondName(t)
	if diags.HasErrors() || !ok || len(t) != 2 || t.RootName() != role {
		c.Problem(attr.Expr.Range(), "Not a connection", "Name a connection here: %s.NAME, without quotes.", role)
		return ""
	}
	if full := role + "." + name; slices.Contains(c.folder.Connections, full) {
		return full
	}
	var known []string
	for _, connection := range c.folder.Connections {
		if k, ok := strings.CutPrefix(connection, role+"."); ok {
			known = append(known, k)
		}
	}
	c.Problem(at, "Unknown connection", "There is no block %s %q.%s", role, name, language.Meant(name, known))
	return ""
}

// keyword reads a bare word of a closed list.
func (c *compiler) keyword(x hcl.Expression, what string, known ...string) string {
	word := hcl.ExprAsKeyword(x)
	if slices.Contains(known, word) {
		return word
	}
	if v, diags := x.Value(nil); word == "" && !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		c.Problem(x.Range(), "Unknown word", "%s is a word without quotes: %s.", what, strings.Join(known, ", "))
		return ""
	}
	c.Problem(x.Range(), "Unknown word", "%q is no %s known here.%s", word, what, language.Meant(word, known))
	return ""
}

// shortest is how often a product may be searched at most.
const shortest = time.Minute

// duration reads a time like "1h"; 0 if it is none.
func (c *compiler) duration(attr *hcl.Attribute) time.Duration {
	if attr == nil {
		return 0
	}
	v, ok := c.Known(attr, language.Text)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(language.TextOf(v))
	if err != nil || d < shortest {
		c.Problem(attr.Expr.Range(), "Not a duration", "%s is a time of at least %v, such as \"30m\", \"1h\" or \"24h\".", attr.Name, shortest)
		return 0
	}
	return d
}

// single is the one block of its type that a pairing may have; nil if there is none.
func (c *compiler) single(blocks hcl.Blocks) *hcl.Block {
	if len(blocks) == 0 {
		return nil
	}
	for _, b := range blocks[1:] {
		c.Problem(b.DefRange, "Duplicate block", "A pairing has one %s; another stands at %s.", b.Type, language.Where(blocks[0].DefRange))
	}
	return blocks[0]
}

func (c *compiler) compileAssert(block *hcl.Block) {
	attr := c.content(block.Body, asserts.Schema()).Attributes["holds"]
	if attr == nil {
		return // content has complained
	}
	if v, ok := c.Known(attr, language.Condition); ok && v.False() {
		c.Problem(attr.Expr.Range(), "Assertion fails", "It does not hold that %s.", block.Labels[0])
	}
}

func (c *compiler) compileLimit(blocks hcl.Blocks) {
	block := c.single(blocks)
	if block == nil {
		return
	}
	attr := c.content(block.Body, limits.Schema()).Attributes["per_hour"]
	if attr == nil {
		return // content has complained
	}
	v, ok := c.Known(attr, language.Number)
	if !ok {
		return
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || n < 1 || n > mostPerHour {
		c.Problem(attr.Expr.Range(), "Invalid limit", "%s is how many invitations are sent an hour: a whole number from 1 to %d.",
			attr.Name, mostPerHour)
		return
	}
	c.Limit = int(n)
}

// mostPerHour is above what anybody sends and below what an int cannot hold.
const mostPerHour = 1_000_000
