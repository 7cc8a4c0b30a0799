// Package config reads the HCL folder into connections and pairings; every error has a source range.
//
// [Read] takes every *.hcl of a folder, and every *.hcl.json, for programs that write rules. It needs nothing else: no plugin, no network,
// and no secret, since the settings of a [Connection] stay unevaluated. When a plugin has told its settings, [Connection.Decode] holds the
// block against them, evaluates it, and keeps apart what the plugin must not see. [Verify] then refuses rules that need a verb which the
// open connection lacks. All three answer with diagnostics; each has a place and, by [CodeOf], a code that never changes its meaning.
// [Print] shows them. [Reference] tells people what may stand in a folder.
//
// # Why
//
// The parser recurses: a hundred thousand brackets end the process and not the parse. So a file is capped, and its nesting scanned, first.
package config

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/rule"
)

// Folder is a configuration as read.
type Folder struct {
	Connections []*Connection        // by name
	Pairings    []*rule.Pairing      // by label
	Files       map[string]*hcl.File // what Print shows lines of
}

// Connection is the connection of that name ("ats.lever"); nil if there is none.
func (f *Folder) Connection(name string) *Connection {
	for _, c := range f.Connections {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// mostBytes is how long a file may be.
const mostBytes = 1 << 20

// Read reads every *.hcl and *.hcl.json of a folder. What has errors is left out of the Folder, which is never nil.
func Read(dir string) (*Folder, hcl.Diagnostics) {
	r := &reader{Folder: &Folder{Files: map[string]*hcl.File{}}, outside: newOutside(dir)}
	names, err := ending(dir, ".hcl", ".hcl.json")
	if err != nil {
		r.problem(hcl.Range{Filename: dir}, "Folder not readable", "%v.", err)
		return r.Folder, r.finish()
	}
	if len(names) == 0 {
		r.problem(hcl.Range{Filename: dir}, "Nothing to read", "The folder has no file whose name ends in .hcl or .hcl.json.")
	}
	for _, name := range names {
		text, err := head(name, mostBytes+1)
		if err != nil {
			r.problem(hcl.Range{Filename: name}, "File not readable", "%v.", err)
			continue
		}
		r.parse(name, text)
	}
	if !r.diags.HasErrors() { // else half of it would be missing, and that be told as well
		r.compile()
	}
	return r.Folder, r.finish()
}

// Names is the paths of the files of a configuration that people write, in order. Hidden files are none.
func Names(dir string) ([]string, error) { return ending(dir, ".hcl") }

// ending is the paths of the files in a folder whose names end so.
func ending(dir string, ends ...string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		name := e.Name()
		is := func(end string) bool { return strings.HasSuffix(name, end) }
		if !e.IsDir() && name[0] != '.' && slices.ContainsFunc(ends, is) {
			names = append(names, filepath.Join(dir, name))
		}
	}
	return names, err
}

// head is the first bytes of a file.
func head(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// reader reads one folder.
type reader struct {
	*Folder
	outside *outside
	blocks  []*hcl.Block
	diags   hcl.Diagnostics
}

func (r *reader) problem(at hcl.Range, summary, format string, args ...any) {
	r.diags = append(r.diags, language.Problem(at, summary, format, args...))
}

// parse takes one file apart, unless it is too much for the parser.
func (r *reader) parse(name string, text []byte) {
	if len(text) > mostBytes {
		r.problem(hcl.Range{Filename: name}, "File too large", "A file may have %d bytes.", mostBytes)
		return
	}
	look, parse := Scan, parseNative
	if strings.HasSuffix(name, ".json") {
		look, parse = scanJSON, parseJSON
	}
	if d := look(name, text); d != nil {
		r.diags = append(r.diags, d)
		return
	}
	file, diags := parse(text, name)
	r.Files[name] = file
	if diags.HasErrors() {
		r.diags = append(r.diags, diags[0]) // what follows a quote that is missing is nonsense to the parser
		return
	}
	content, diags := language.Content(file.Body, top.Schema())
	r.diags = append(r.diags, diags...)
	r.blocks = append(r.blocks, content.Blocks...)
}

func parseNative(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	return hclsyntax.ParseConfig(text, name, hcl.InitialPos)
}

// compile makes connections and pairings of the blocks of all files.
func (r *reader) compile() {
	shared := rule.Folder{Outside: r.outside.functions()}
	first := map[string]hcl.Range{}
	var pairings []*hcl.Block
	for _, b := range r.blocks {
		if len(b.Labels) > 0 && b.Type != "guard" && b.Type != "function" && !r.fresh(b, first) {
			continue
		}
		switch b.Type {
		case "locals":
			shared.Locals = append(shared.Locals, b)
		case "guard":
			shared.Guards = append(shared.Guards, b)
		case "function":
			shared.Functions = append(shared.Functions, b)
		case "pairing":
			pairings = append(pairings, b)
			shared.Pairings = append(shared.Pairings, b.Labels[0])
		default:
			if c := r.connection(b); c != nil {
				r.Connections = append(r.Connections, c)
				shared.Connections = append(shared.Connections, c.Name)
			}
		}
	}
	for _, b := range pairings {
		p, diags := rule.Compile(b, shared)
		if r.diags = append(r.diags, diags...); p != nil {
			r.Pairings = append(r.Pairings, p)
		}
	}
	slices.SortFunc(r.Connections, func(a, b *Connection) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Pairings, func(a, b *rule.Pairing) int { return cmp.Compare(a.Label, b.Label) })
}

// fresh tells whether a block's name is new among those of its type.
func (r *reader) fresh(b *hcl.Block, first map[string]hcl.Range) bool {
	name := b.Type + " " + b.Labels[0]
	at, again := first[name]
	if again {
		r.problem(b.LabelRanges[0], "Duplicate name", "Another %s %q stands at %s.", b.Type, b.Labels[0], language.Where(at))
		return false
	}
	first[name] = b.DefRange
	return true
}

func (r *reader) finish() hcl.Diagnostics { return Sort(r.diags) }

// Sort puts diagnostics in the order of their places, leaves out repeats, and takes from them what would show values.
func Sort(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		tidy(d)
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Subject.Filename, b.Subject.Filename), cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
			cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return *a.Subject == *b.Subject && a.Summary == b.Summary && a.Detail == b.Detail // a guard of the folder, once for each pairing
	})
}
