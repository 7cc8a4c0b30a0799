package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcled"
	"github.com/mitchellh/go-wordwrap"
	"golang.org/x/sys/unix"
)

// Print shows diagnostics for people: code, summary, place, the line with its mistake marked, and what to do. It never shows values. A
// terminal is shown colours.
func Print(w io.Writer, f *Folder, diags hcl.Diagnostics) {
	width, colours := terminal(w)
	var b strings.Builder
	for _, d := range diags {
		severity, colour := "Error", "\x1b[31m"
		if d.Severity == hcl.DiagWarning {
			severity, colour = "Warning", "\x1b[33m"
		}
		if colours {
			severity = colour + severity + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s %s: %s\n", severity, CodeOf(d).ID, d.Summary)
		fmt.Fprintf(&b, "  at %s\n", place(d, f.Files))
		if line, mark := excerpt(d, f.Files); line != "" {
			number := fmt.Sprintf("%4d", d.Subject.Start.Line)
			fmt.Fprintf(&b, "\n%s | %s\n%s | %s\n", number, line, strings.Repeat(" ", len(number)), mark)
		}
		detail := d.Detail
		if width > 0 {
			detail = wordwrap.WrapString(detail, width)
		}
		fmt.Fprintf(&b, "\n%s\n\n", detail)
	}
	_, _ = io.WriteString(w, b.String()) // a closed terminal has no reader
}

// terminal tells how wide a line of prose may be, 0 for any, and whether colours are shown.
func terminal(w io.Writer) (width uint, colours bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return uint(size.Col), os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// place is file, line and column, and the block around it.
func place(d *hcl.Diagnostic, files map[string]*hcl.File) string {
	at := d.Subject
	if at.Start.Line == 0 {
		return at.Filename
	}
	place := fmt.Sprintf("%s:%d:%d", at.Filename, at.Start.Line, at.Start.Column)
	if f := files[at.Filename]; f != nil {
		if block := hcled.ContextString(f, at.Start.Byte); block != "" {
			place += ", in " + block
		}
	}
	return place
}

// excerpt is the line of the mistake, and what marks it below.
func excerpt(d *hcl.Diagnostic, files map[string]*hcl.File) (line, mark string) {
	f := files[d.Subject.Filename]
	from := d.Subject.Start.Byte
	if f == nil || hides(d) || d.Subject.Start.Line == 0 || from > len(f.Bytes) {
		return "", ""
	}
	begin := bytes.LastIndexByte(f.Bytes[:from], '\n') + 1
	end := len(f.Bytes)
	if i := bytes.IndexByte(f.Bytes[begin:], '\n'); i >= 0 {
		end = begin + i
	}
	to := min(max(d.Subject.End.Byte, from+1), max(end, from+1))
	before := strings.Map(func(c rune) rune {
		if c == '\t' {
			return c
		}
		return ' '
	}, string(f.Bytes[begin:from]))
	marked := 1
	if to <= end {
		marked = max(1, utf8.RuneCount(f.Bytes[from:to]))
	}
	return strings.TrimRight(string(f.Bytes[begin:end]), "\r"), before + strings.Repeat("^", marked)
}
