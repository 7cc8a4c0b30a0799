package config

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Connection is one account of one product: a block ats or vendor.
type Connection struct {
	Name   string // "ats.lever"
	Role   sdk.Role
	Label  string
	Plugin string  // the label, unless the block says otherwise
	Rate   float64 // requests a second that the operator allows; 0: what the plugin says
	// Timeout is how long one write may take, Settle how long after a call of unknown outcome the product is left to show what it made;
	// 0: what the plugin says.
	Timeout, Settle time.Duration
	Isolate         bool      // it has a process of the plugin to itself
	Range           hcl.Range // of the block's header
	PluginRange     hcl.Range // of what names the plugin

	settings  hcl.Attributes
	functions map[string]function.Function
}

// Decoded is what a connection's block says, with what the plugin must not see kept apart. It prints no secret.
type Decoded struct {
	Values     json.RawMessage // for the plugin: all settings but the secrets below
	BaseURL    string          // the setting base_url as the operator gave it; empty: the plugin's
	Auth       string          // how the credential goes into calls, as in [sdk.Setting]; empty: there is none
	Credential string          // for the egress; of Auth "oauth", the app's secret
	Keys       []string        // that the product calls us with, and wants to hear itself
	Signing    []string        // webhook secrets, for the hook: any one may have signed
}

// Format hides everything, whatever the verb.
func (Decoded) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[settings]") }

// mostRate is how many requests a second a connection may be allowed: what a rehearsal against a sandbox needs, and no typing slip.
const mostRate = 100_000

// meta is what the host itself knows of every connection; the rest is for the plugin.
var meta = schema.Block{Arguments: []schema.Argument{
	{Name: "plugin", About: "which plugin it runs, if that is not the label"},
	{Name: "rate", About: "requests a second at most, if less than the product allows"},
	{Name: "timeout", About: "how long one call may take, such as \"30s\", if not as the plugin says"},
	{Name: "isolate", About: "true: a process of the plugin for this connection alone, so that no other connection's trouble can be its own"},
	{Name: "settle", About: "how long after a call of unknown outcome the product may still show what it made, such as \"5s\""},
}}

// connection reads what the host knows of a connection by itself.
func (r *reader) connection(b *hcl.Block) *Connection {
	c := &Connection{
		Name: b.Type + "." + b.Labels[0], Role: sdk.Role(b.Type), Label: b.Labels[0], Plugin: b.Labels[0],
		Range: b.DefRange, PluginRange: b.DefRange, functions: r.outside.functions(),
	}
	if !plain(c.Label) {
		r.problem(b.LabelRanges[0], "Invalid name", "A connection's name is small letters, digits and _, and begins with a letter.")
		return nil
	}
	content, rest, diags := b.Body.PartialContent(meta.Schema())
	r.diags = append(r.diags, diags...)
	if attr := content.Attributes["plugin"]; attr != nil {
		c.PluginRange = attr.Range
		v, ok := r.literal(attr, cty.String, c.functions)
		if c.Plugin = language.TextOf(v); ok && !plain(c.Plugin) {
			r.problem(attr.Expr.Range(), "Invalid name", "A plugin's name is small letters, digits and _, and begins with a letter.")
		}
	}
	if attr := content.Attributes["rate"]; attr != nil {
		if v, ok := r.literal(attr, cty.Number, c.functions); ok {
			if c.Rate, _ = v.AsBigFloat().Float64(); c.Rate <= 0 || c.Rate > mostRate {
				r.problem(attr.Expr.Range(), "Invalid rate", "rate is how many requests a second are allowed: more than 0, at most %d.", mostRate)
			}
		}
	}
	c.Timeout = r.span(content.Attributes["timeout"], c.functions)
	c.Settle = r.span(content.Attributes["settle"], c.functions)
	if attr := content.Attributes["isolate"]; attr != nil {
		v, ok := r.literal(attr, cty.Bool, c.functions)
		c.Isolate = ok && v.True()
	}
	c.settings, diags = rest.JustAttributes()
	r.diags = append(r.diags, diags...)
	return c
}

// Process is what the process that runs the connection's plugin is called.
func (c *Connection) Process() string {
	if c.Isolate {
		return c.Plugin + ":" + c.Name
	}
	return c.Plugin
}

// span is an argument like timeout = "30s"; 0 if it is left out, or wrong, which is then told.
func (r *reader) span(attr *hcl.Attribute, functions map[string]function.Function) time.Duration {
	if attr == nil {
		return 0
	}
	v, ok := r.literal(attr, cty.String, functions)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d < time.Millisecond || d > 5*time.Minute {
		r.problem(attr.Expr.Range(), "Invalid duration", "%s is a length of time such as \"30s\", of at most \"5m\".", attr.Name)
		return 0
	}
	return d
}

// plain tells whether a name can be part of a reference, a path and a URL.
func plain(name string) bool {
	odd := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }
	return name != "" && len(name) <= 40 && name[0] >= 'a' && name[0] <= 'z' && !strings.ContainsFunc(name, odd)
}

// literal is an argument that the host itself must know.
func (r *reader) literal(attr *hcl.Attribute, typ cty.Type, functions map[string]function.Function) (cty.Value, bool) {
	v, diags := attr.Expr.Value(&hcl.EvalContext{Functions: functions})
	if r.diags = append(r.diags, diags...); diags.HasErrors() {
		return cty.NilVal, false
	}
	if v, err := convert.Convert(v, typ); err == nil && !v.IsNull() && v.IsKnown() {
		return v, true
	}
	r.problem(attr.Expr.Range(), "Wrong type", "%s is a %s.", attr.Name, typ.FriendlyName())
	return cty.NilVal, false
}

// Decode holds the connection's block against the settings of its plugin and evaluates it: only here are env and file asked for secrets.
func (c *Connection) Decode(settings []sdk.Setting) (Decoded, hcl.Diagnostics) {
	d := &decoder{Connection: c, plugin: map[string]cty.Value{}}
	var known []string
	for _, s := range settings {
		known = append(known, s.Name)
		d.take(s)
	}
	d.credentials(settings)
	for _, name := range language.Sorted(c.settings) {
		if !slices.Contains(known, name) {
			d.problem(c.settings[name].NameRange, "Unknown setting", "The plugin %q has no setting %q.%s", c.Plugin, name,
				language.Meant(name, append(known, "plugin", "rate", "timeout", "isolate", "settle")))
		}
	}
	if d.diags = Sort(d.diags); d.diags.HasErrors() {
		return Decoded{}, d.diags
	}
	object := cty.ObjectVal(d.plugin)
	text, err := ctyjson.Marshal(object, object.Type())
	if err != nil {
		d.problem(c.Range, "Wrong type", "The settings cannot be written as JSON.")
		return Decoded{}, d.diags
	}
	d.decoded.Values = text
	return d.decoded, d.diags
}

// Refuse is a plugin's refusal of a setting, at its line.
func (c *Connection) Refuse(e *sdk.SettingError) hcl.Diagnostics {
	d := language.Problem(c.at(e.Setting), "Refused setting", "The plugin %q cannot work with %s: %s.", c.Plugin, e.Setting,
		strings.TrimSuffix(e.Detail, "."))
	hide(d)
	return hcl.Diagnostics{d}
}

// decoder is one call of Decode.
type decoder struct {
	*Connection
	decoded Decoded
	plugin  map[string]cty.Value
	given   []string // settings that the block has a value for
	diags   hcl.Diagnostics
}

func (d *decoder) problem(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	p := language.Problem(at, summary, format, args...)
	d.diags = append(d.diags, p)
	return p
}

// types is what a setting's type is in HCL.
var types = map[sdk.SettingType]cty.Type{
	sdk.TypeString: cty.String, sdk.TypeNumber: cty.Number, sdk.TypeBool: cty.Bool,
	sdk.TypeStrings: cty.List(cty.String), sdk.TypeMap: cty.Map(cty.String),
}

// take evaluates one setting and puts it where it belongs.
func (d *decoder) take(s sdk.Setting) {
	v, given, ok := d.evaluate(s)
	if given || !ok && d.settings[s.Name] != nil { // what stands there and cannot be had was meant all the same
		d.given = append(d.given, s.Name)
	}
	if !ok {
		return
	}
	if s.Name == "base_url" && given {
		d.baseURL(language.TextOf(v))
	}
	if s.Auth == "" && !s.Verify {
		if !v.IsNull() {
			d.plugin[s.Name] = v
		}
		return
	}
	texts := language.TextsOf(v)
	if s.Verify {
		d.decoded.Signing = append(d.decoded.Signing, texts...)
		if attr := d.settings[s.Name]; attr != nil && len(texts) == 0 {
			d.diags = append(d.diags, language.Warning(attr.NameRange, "No webhook secret",
				"%s takes no webhook until %s has the secret that the product signs with.", d.Name, s.Name))
		}
	}
	if s.Auth == "" || len(texts) == 0 {
		return
	}
	if s.Auth == "basic" && s.Verify {
		d.decoded.Keys = append(d.decoded.Keys, texts...)
	}
	if d.decoded.Auth != "oauth" {
		d.decoded.Auth, d.decoded.Credential = s.Auth, texts[0]
	}
}

// baseURL keeps the operator's URL, if it is one.
func (d *decoder) baseURL(text string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		wrong := d.problem(d.settings["base_url"].NameRange, "Invalid URL",
			"base_url is an http or https URL of a host, such as https://api.example.com.")
		if strings.Contains(text, "@") { // its line may show a password
			hide(wrong)
		}
	}
	d.decoded.BaseURL = text
}

// evaluate is a setting's value, or its default; null if it has neither. False if that is an error, which has been told.
func (d *decoder) evaluate(s sdk.Setting) (v cty.Value, given, ok bool) {
	typ, ok := types[s.Type]
	if !ok {
		d.problem(d.Range, "Wrong type", "The plugin %q has a setting %s of a type that this host does not know: %s.", d.Plugin, s.Name, s.Type)
		return cty.NilVal, false, false
	}
	attr := d.settings[s.Name]
	if attr != nil {
		if v, ok = d.argument(s, attr, typ); !ok {
			return cty.NilVal, false, false
		}
		if !v.IsNull() && !blank(v) {
			return v, true, true
		}
	}
	if s.Required {
		at := d.Range
		if attr != nil {
			at = attr.NameRange
		}
		d.problem(at, "Missing setting", "%s needs %s.%s", d.Name, s.Name, doc(s))
		return cty.NilVal, false, false
	}
	v, err := byDefault(s, typ)
	if err != nil {
		d.problem(d.Range, "Wrong type", "The plugin %q has a default for %s that is no %s.", d.Plugin, s.Name, s.Type)
		return cty.NilVal, false, false
	}
	return v, false, true
}

// argument is what the block says for a setting.
func (d *decoder) argument(s sdk.Setting, attr *hcl.Attribute, typ cty.Type) (cty.Value, bool) {
	v, diags := attr.Expr.Value(&hcl.EvalContext{Functions: d.functions})
	if s.Secret {
		hide(diags...)
	}
	if s.Required {
		for _, diag := range diags {
			sayUnset(diag, fmt.Sprintf("%s needs %s.%s", d.Name, s.Name, doc(s)))
		}
	}
	if d.diags = append(d.diags, diags...); diags.HasErrors() {
		return cty.NilVal, false
	}
	converted, err := convert.Convert(v, typ)
	if err != nil || !converted.IsWhollyKnown() {
		wrong := d.problem(attr.Expr.Range(), "Wrong type", "%s is a %s.%s", s.Name, s.Type, doc(s))
		if s.Secret {
			hide(wrong)
		}
		return cty.NilVal, false
	}
	if s.Secret && d.refuseLiteral(s, attr) {
		return cty.NilVal, false
	}
	return withoutNulls(converted), true
}

// byDefault is the value that the plugin gives a setting that is left out.
func byDefault(s sdk.Setting, typ cty.Type) (cty.Value, error) {
	if s.Default == "" {
		return cty.NullVal(typ), nil
	}
	written := cty.StringVal(s.Default)
	if s.Type == sdk.TypeStrings || s.Type == sdk.TypeMap {
		x, diags := hclsyntax.ParseExpression([]byte(s.Default), s.Name, hcl.InitialPos)
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		if written, diags = x.Value(nil); diags.HasErrors() {
			return cty.NilVal, diags
		}
	}
	return convert.Convert(written, typ)
}

// refuseLiteral tells of a secret that stands in the file: of each part of a list by itself. What is null or empty is none.
func (d *decoder) refuseLiteral(s sdk.Setting, attr *hcl.Attribute) bool {
	parts, diags := hcl.ExprList(attr.Expr)
	if diags.HasErrors() {
		parts = []hcl.Expression{attr.Expr}
	}
	for _, x := range parts {
		outside := slices.ContainsFunc(language.Calls(x), func(c *hclsyntax.FunctionCallExpr) bool { return c.Name == "env" || c.Name == "file" })
		if v, _ := x.Value(&hcl.EvalContext{Functions: d.functions}); outside || v.IsNull() || v.RawEquals(cty.StringVal("")) {
			continue
		}
		hide(d.problem(x.Range(), "Secret in the file", "%s is a secret. Let env(%q) or file(…) say it.", s.Name,
			strings.ToUpper(d.Label+"_"+s.Name)))
		return true
	}
	return false
}

func doc(s sdk.Setting) string {
	if s.Doc == "" {
		return ""
	}
	return fmt.Sprintf(" It is: %s.", strings.TrimSuffix(s.Doc, "."))
}

func blank(v cty.Value) bool {
	if v.Type() == cty.String {
		return v.AsString() == ""
	}
	return v.Type().IsCollectionType() && v.LengthInt() == 0
}

// withoutNulls leaves out the elements of a list or map that are null: those whose env has nothing.
func withoutNulls(v cty.Value) cty.Value {
	if v.IsNull() || !v.Type().IsCollectionType() {
		return v
	}
	list, dict := []cty.Value{}, map[string]cty.Value{}
	for it := v.ElementIterator(); it.Next(); {
		if key, e := it.Element(); !e.IsNull() {
			list = append(list, e)
			if v.Type().IsMapType() {
				dict[key.AsString()] = e
			}
		}
	}
	switch {
	case len(list) == 0:
		return cty.NullVal(v.Type())
	case v.Type().IsMapType():
		return cty.MapVal(dict)
	}
	return cty.ListVal(list)
}
