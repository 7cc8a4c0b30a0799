package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is one word of the language as the reference tells it, or a section of such words.
type Entry struct {
	Term    string // as it is written; of a section, its title
	About   string // lines, for a person to read
	Example string // HCL
	Parts   []Entry
}

// listed tells whether entries have nothing below them, so that each is one line of a list.
func listed(all []Entry) bool {
	return !slices.ContainsFunc(all, func(e Entry) bool { return len(e.Parts) > 0 })
}

// WriteText writes sections for a terminal.
func WriteText(b *strings.Builder, sections []Entry) {
	for i, s := range sections {
		if i > 0 {
			b.WriteString("\n")
		}
		writeText(b, s, "")
	}
}

func writeText(b *strings.Builder, e Entry, indent string) {
	fmt.Fprintf(b, "%s%s\n", indent, e.Term)
	indent += "  "
	for line := range strings.Lines(e.About) {
		fmt.Fprintf(b, "%s\n", wrapped(indent+strings.TrimSpace(line), indent))
	}
	if e.Example != "" {
		fmt.Fprintf(b, "\n%s%s\n", indent, strings.ReplaceAll(e.Example, "\n", "\n"+indent))
	}
	if !listed(e.Parts) {
		for _, part := range e.Parts {
			b.WriteString("\n")
			writeText(b, part, indent)
		}
		return
	}
	width := 0
	for _, part := range e.Parts {
		width = max(width, len(part.Term)+2)
	}
	for _, part := range e.Parts {
		fmt.Fprintf(b, "%s\n", wrapped(fmt.Sprintf("%s%-*s%s", indent, width, part.Term, part.About), indent+strings.Repeat(" ", width)))
	}
}

// wrapped breaks a line that is too long for a terminal.
func wrapped(line, indent string) string {
	const most = 120
	if len(line) <= most {
		return line
	}
	i := strings.LastIndex(line[:most+1], " ")
	if i <= len(indent) {
		return line
	}
	return line[:i] + "\n" + wrapped(indent+line[i+1:], indent)
}

// WriteMarkdown writes sections as a page.
func WriteMarkdown(b *strings.Builder, sections []Entry) {
	for i, s := range sections {
		if i > 0 {
			b.WriteString("\n")
		}
		writeMarkdown(b, s, "##")
	}
}

func writeMarkdown(b *strings.Builder, e Entry, level string) {
	title := e.Term
	if level != "##" {
		title = "`" + title + "`"
	}
	fmt.Fprintf(b, "%s %s\n", level, title)
	if e.About != "" {
		fmt.Fprintf(b, "\n%s\n", strings.ReplaceAll(e.About, "\n", "\\\n"))
	}
	if e.Example != "" {
		fmt.Fprintf(b, "\n```hcl\n%s\n```\n", e.Example)
	}
	if len(e.Parts) > 0 && listed(e.Parts) {
		b.WriteString("\n")
	}
	for _, part := range e.Parts {
		if listed(e.Parts) {
			fmt.Fprintf(b, "- `%s`: %s\n", part.Term, part.About)
			continue
		}
		b.WriteString("\n")
		writeMarkdown(b, part, level+"#")
	}
}
