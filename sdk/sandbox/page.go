package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// Page is a product's page: tables of what there is, with a form for each act that a person can do. Everything is escaped.
type Page struct {
	Title  string
	Lede   string // one or two sentences under the title
	Forms  []Form // acts on nothing that is in a table, such as apply
	Tables []Table
}

// Table is one table of a Page.
type Table struct {
	Title   string
	Columns []string // of the cells; the forms stand in a column of their own
	Rows    []Row
}

// Row is one thing: a cell is a string, a []string shown as chips, or a [Link].
type Row struct {
	Cells []any
	Forms []Form
}

// Link is a cell that leads somewhere.
type Link struct{ Text, URL string }

// Form does an act. Field names may end in :list or :bool, since a form knows only strings.
type Form struct {
	Act    string // the verb
	Label  string // of the button
	Fields []Field
}

// Field is one argument of an act: fixed and hidden when it has no Label, chosen when it has Choices, a box to tick when its name ends
// in :bool, else typed.
type Field struct {
	Name, Label, Value string
	Choices            []Choice
}

// Choice is one value to choose.
type Choice struct{ Value, Label string }

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"chips": func(cell any) []string { chips, _ := cell.([]string); return chips },
	"link": func(cell any) *Link {
		link, ok := cell.(Link)
		if !ok {
			return nil
		}
		return &link
	},
	"ticked":  func(f Field) bool { return strings.HasSuffix(f.Name, ":bool") },
	"moment":  func(t time.Time) string { return t.Format("Mon 2 Jan 2006 15:04:05 MST") },
	"control": func() string { return controlPath },
}).Parse(pageText))

func servePage(rw http.ResponseWriter, p Page, now time.Time) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	rw.Header().Set("Cache-Control", "no-store")
	pageTemplate.Execute(rw, struct {
		Page
		Now time.Time
	}{p, now}) // an error means that the caller has left
}
