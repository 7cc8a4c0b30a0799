package rule

import (
	"cmp"

	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// action is one thing that a rule can do.
type action struct {
	about       string
	ats, vendor []sdk.Verb        // what the two products must be able to do for it
	labelled    bool              // its label is its slot; without one it has the event's name
	arguments   []schema.Argument // a required one that is null or empty: the action is not done
	write       func(o occasion, a values) Write
}

// occasion is what an action is about besides its arguments.
type occasion struct {
	application string
	page        string // the invitation's, at the vendor
	slot        string // of an action that is labelled
}

// values is the arguments of an action as they came out; one that was left out is null.
type values map[string]cty.Value

func (v values) text(name string) string { return language.TextOf(v[name]) }

// actions is what rules can do. A write's slot is written once for each event, so it is never changed for another.
var actions = map[string]action{
	"invite": {
		about: "Have the vendor invite the candidate, once an assessment. Nobody is invited again while that lives or has a result.",
		arguments: []schema.Argument{
			{Name: "assessment", Expect: language.TextOrTexts, About: "a name, some names or an id; else the vendor chooses by the posting"},
		},
	},
	"link": {
		ats:   []sdk.Verb{sdk.VerbLink},
		about: "Put a link on the application. Its slot is its url.",
		arguments: []schema.Argument{
			{Name: "url", Expect: language.Text, Required: true, About: "where it leads"},
			{Name: "title", Expect: language.Text, About: "what it is shown as"},
		},
		write: func(o occasion, a values) Write {
			link := sdk.Link{Application: o.application, URL: a.text("url"), Title: a.text("title")}
			return Write{Slot: "link " + link.URL, Write: sdk.Write{Link: &link}}
		},
	},
	"note": {
		ats: []sdk.Verb{sdk.VerbNote}, labelled: true,
		about: "Write a note on the application. Its slot is its label, by default the event: two notes on one event need two labels.",
		arguments: []schema.Argument{
			{Name: "text", Expect: language.Text, Required: true, About: "what it says"},
			{Name: "score", Expect: language.Rating, About: "1, 2, 3 or 4, if the note is a rating as well"},
		},
		write: func(o occasion, a values) Write {
			note := sdk.Note{Application: o.application, Text: a.text("text"), Score: language.RatingOf(a["score"])}
			return Write{Slot: o.slot, Write: sdk.Write{Note: &note}}
		},
	},
	"feedback": {
		ats: []sdk.Verb{sdk.VerbFeedback}, labelled: true,
		about: "Fill in a feedback form on the application; one that is missing is made. Its slot is its label, by default the event.",
		arguments: []schema.Argument{
			{Name: "template", Expect: language.Text, Required: true, Settled: true, About: "the form's name, known when the file is read"},
			{Name: "score", Expect: language.Number, About: "percent"},
			{Name: "rating", Expect: language.Rating, About: "1, 2, 3 or 4"},
			{Name: "text", Expect: language.Text, About: "what else is to be said"},
		},
		write: func(o occasion, a values) Write {
			feedback := sdk.Feedback{
				Application: o.application, Template: a.text("template"), Score: language.NumberOf(a["score"]),
				Rating: language.RatingOf(a["rating"]), Text: a.text("text"),
			}
			return Write{Slot: o.slot, Write: sdk.Write{Feedback: &feedback}}
		},
	},
	"fields": {
		ats: []sdk.Verb{sdk.VerbFields},
		about: "Set custom fields of the application; others stay as they are. A field's slot is its name: of two rules that set it on one " +
			"event the first in the file counts.",
		arguments: []schema.Argument{{
			Name: "values", Expect: language.Values, Required: true,
			About: "a map: names, each with a number or a text; null leaves a field as it is. Fields that are missing are made",
		}},
		write: func(o occasion, a values) Write {
			return Write{Slot: "fields", Write: sdk.Write{Fields: &sdk.Fields{Application: o.application, Values: fieldsOf(a["values"])}}}
		},
	},
	"file": {
		ats: []sdk.Verb{sdk.VerbFile}, vendor: []sdk.Verb{sdk.VerbDocuments},
		about: "Attach a document of the vendor's to the application, when it is ready: nothing else waits for it. Its slot is its role.",
		arguments: []schema.Argument{
			{Name: "name", Expect: language.Text, Required: true, About: "what the file is called, with its extension"},
			{Name: "from", Expect: language.Text, Required: true, About: "the document's role, in the vendor's word: \"report_pdf\""},
		},
		write: func(o occasion, a values) Write {
			file := sdk.File{Application: o.application, Name: a.text("name"), Role: a.text("from")}
			return Write{Slot: "file " + file.Role, Write: sdk.Write{File: &file}}
		},
	},
	"report": {
		ats:   []sdk.Verb{sdk.VerbReport},
		about: "Tell an ATS that requested the test that it is complete, and how it went. There is one slot.",
		arguments: []schema.Argument{
			{Name: "score", Expect: language.Number, About: "percent"},
			{Name: "url", Expect: language.Text, About: "the report; else the invitation's page"},
		},
		write: func(o occasion, a values) Write {
			report := invitation.Report{Score: language.NumberOf(a["score"]), URL: cmp.Or(a.text("url"), o.page)}
			return Write{Slot: "report", Write: sdk.Write{Report: &sdk.Report{}}, Report: &report}
		},
	},
	"alert": {
		vendor: []sdk.Verb{sdk.VerbAlert}, labelled: true,
		about: "Have the vendor tell the owner of its account what only a person can mend. Its slot is its label, by default the event.",
		arguments: []schema.Argument{
			{Name: "text", Expect: language.Text, Required: true, About: "what is wrong"},
		},
		write: func(o occasion, a values) Write {
			return Write{Slot: o.slot, Write: sdk.Write{Alert: &sdk.Alert{Application: o.application, Text: a.text("text")}}}
		},
	},
	"move": {
		ats:       []sdk.Verb{sdk.VerbStages, sdk.VerbMove},
		about:     "Move the application forward, never back, once the other writes have arrived. There is one slot.",
		arguments: []schema.Argument{{Name: "stage", Expect: language.Text, Required: true, About: "a stage of the ATS, by its name or id"}},
		write: func(o occasion, a values) Write {
			return Write{Slot: "move", Write: sdk.Write{Move: &sdk.Move{Application: o.application, Stage: a.text("stage")}}}
		},
	},
}

// What rules of an ATS's event can do, and those of an invitation's, in the order in which their writes arrive: evidence first, so that
// nobody moves without it.
var (
	inviting = []string{"invite"}
	writing  = []string{"link", "note", "feedback", "fields", "file", "report", "alert", "move"}
)

// fieldsOf is a map as custom fields, in the order of their names.
func fieldsOf(v cty.Value) []sdk.Field {
	var out []sdk.Field
	for it := v.ElementIterator(); it.Next(); {
		switch name, e := it.Element(); {
		case e.IsNull():
		case e.Type() == cty.Number:
			out = append(out, sdk.Field{Name: name.AsString(), Number: language.NumberOf(e)})
		default:
			out = append(out, sdk.Field{Name: name.AsString(), Text: language.TextOf(e)})
		}
	}
	return out
}

// settled is what else must be said of an event, known when the file is read.
var settled = map[sdk.Kind][]schema.Argument{
	sdk.KindMoved: {{Name: "to", Required: true, About: "a stage or a list of stages, by name or id"}},
	sdk.KindFound: {{Name: "tag", Required: true, About: "what to look for"}, {Name: "every", Required: true, About: "how often, such as \"1h\""}},
}

// outcomes is what mirror may follow.
var outcomes = []sdk.Kind{sdk.KindHired, sdk.KindUnhired, sdk.KindRejected, sdk.KindUnrejected}
