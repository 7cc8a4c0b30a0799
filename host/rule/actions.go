package rule

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// action is one thing that a rule can do.
type action struct {
	about     string
	verb      sdk.Verb
	also      []sdk.Verb        // what else the ATS must be able to do for it
	labelled  bool              // its label is its slot; without one it has the event's name
	arguments []schema.Argument // a required one that is null or empty: the action is not done
	write     func(application string, args map[string]cty.Value) sdk.Write
	slot      func(w sdk.Write, label string) string
}

// actions is what rules can do.
var actions = map[string]action{
	"invite": {
		verb:  sdk.VerbInvite,
		about: "Have the vendor invite the candidate, once an assessment. Nobody is invited again while that lives or has a result.",
		arguments: []schema.Argument{
			{Name: "assessment", Expect: language.TextOrTexts, About: "a name, some names or an id; else the vendor chooses by the posting"},
		},
	},
	"link": {
		verb:  sdk.VerbLink,
		about: "Put a link on the application. Its slot is its url.",
		arguments: []schema.Argument{
			{Name: "url", Expect: language.Text, Required: true, About: "where it leads"},
			{Name: "title", Expect: language.Text, About: "what it is shown as"},
		},
		write: func(application string, args map[string]cty.Value) sdk.Write {
			return sdk.Write{Link: &sdk.Link{
				Application: application, URL: language.TextOf(args["url"]), Title: language.TextOf(args["title"]),
			}}
		},
		slot: func(w sdk.Write, _ string) string { return "link " + w.Link.URL },
	},
	"note": {
		verb: sdk.VerbNote, labelled: true,
		about: "Write a note on the application. Its slot is its label, by default the event: two notes on one event need two labels.",
		arguments: []schema.Argument{
			{Name: "text", Expect: language.Text, Required: true, About: "what it says"},
			{Name: "score", Expect: language.Rating, About: "1, 2, 3 or 4, if the note is a rating as well"},
		},
		write: func(application string, args map[string]cty.Value) sdk.Write {
			return sdk.Write{Note: &sdk.Note{
				Application: application, Text: language.TextOf(args["text"]), Score: language.RatingOf(args["score"]),
			}}
		},
		slot: func(_ sdk.Write, label string) string { return "note " + label },
	},
	"move": {
		verb: sdk.VerbMove, also: []sdk.Verb{sdk.VerbStages},
		about:     "Move the application forward, never back, once the other writes have arrived. There is one slot.",
		arguments: []schema.Argument{{Name: "stage", Expect: language.Text, Required: true, About: "a stage of the ATS, by its name or id"}},
		write: func(application string, args map[string]cty.Value) sdk.Write {
			return sdk.Write{Move: &sdk.Move{Application: application, Stage: language.TextOf(args["stage"])}}
		},
		slot: func(sdk.Write, string) string { return "move" },
	},
}

// What rules of an ATS's event can do, and those of an invitation's, in the order in which their writes arrive: evidence first, so that
// nobody moves without it.
var (
	inviting = []string{"invite"}
	writing  = []string{"link", "note", "move"}
)

// settled is what else must be said of an event, known when the file is read.
var settled = map[sdk.Kind][]schema.Argument{
	sdk.KindMoved: {{Name: "to", Required: true, About: "a stage or a list of stages, by name or id"}},
	sdk.KindFound: {{Name: "tag", Required: true, About: "what to look for"}, {Name: "every", Required: true, About: "how often, such as \"1h\""}},
}

// outcomes is what mirror may follow.
var outcomes = []sdk.Kind{sdk.KindHired, sdk.KindUnhired, sdk.KindRejected, sdk.KindUnrejected}
