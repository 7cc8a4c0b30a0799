// Package schema is what may stand in a file, said once: for the parser and for the reference that people read.
//
// A [Block] is read by its [Block.Schema] and told by its [Block.Entry]. The reference is a tree of such entries; [WriteText] and
// [WriteMarkdown] print it.
//
// # Why
//
// A reference that is written beside the checker is wrong after the first change, and nobody sees it.
package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Argument is one argument of a block.
type Argument struct {
	Name     string
	Expect   func(cty.Value) string // of an action: what is wrong with its value; empty if nothing is
	Required bool
	Settled  bool // of an action: it must be known when the file is read
	Words    bool // it is made of words without quotes, which JSON has in quotes: names of blocks, and of closed lists
	About    string
}

// Block is one kind of block. The schema that it is read by and its entry in the reference are made of it.
type Block struct {
	Type      string
	Label     string // what its name says; empty: it has none
	About     string
	Arguments []Argument
	Blocks    []Block
}

// Schema is what the body of such a block is read by.
func (b Block) Schema() *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for _, a := range b.Arguments {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.Name, Required: a.Required})
	}
	for _, inner := range b.Blocks {
		header := hcl.BlockHeaderSchema{Type: inner.Type}
		if inner.Label != "" {
			header.LabelNames = []string{inner.Label}
		}
		s.Blocks = append(s.Blocks, header)
	}
	return s
}

// Entry tells of the block and its arguments.
func (b Block) Entry() Entry {
	e := Entry{Term: b.Type, About: b.About, Parts: ArgumentEntries(b.Arguments)}
	if b.Label != "" {
		e.Term += ` "` + b.Label + `"`
	}
	return e
}

// Entries tells of blocks.
func Entries(all []Block) []Entry {
	out := make([]Entry, len(all))
	for i, b := range all {
		out[i] = b.Entry()
	}
	return out
}

// ArgumentEntries tells of arguments.
func ArgumentEntries(all []Argument) []Entry {
	var out []Entry
	for _, a := range all {
		about := a.About + "."
		if a.Required {
			about = "required: " + about
		}
		out = append(out, Entry{Term: a.Name, About: about})
	}
	return out
}
