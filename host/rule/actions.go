package rule

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// argument is one argument of an action.
type argument struct {
	name     string
	expect   language.Want
	required bool // null or empty: the action is not done
}

// action is one thing that a rule can do.
type action struct {
	verb      sdk.Verb
	also      []sdk.Verb // what else the ATS must be able to do for it
	labelled  bool       // its label is its slot; without one it has the event's name
	arguments []argument
	write     func(application string, args map[string]cty.Value) sdk.Write
	slot      func(w sdk.Write, label string) string
}

// actions is what rules can do.
var actions = map[string]action{
	"invite": {
		verb:      sdk.VerbInvite,
		arguments: []argument{{name: "assessment", expect: language.TextOrTexts}},
	},
	"link": {
		verb:      sdk.VerbLink,
		arguments: []argument{{name: "url", expect: language.Text, required: true}, {name: "title", expect: language.Text}},
		write: func(application string, args map[string]cty.Value) sdk.Write {
			return sdk.Write{Link: &sdk.Link{
				Application: application, URL: language.TextOf(args["url"]), Title: language.TextOf(args["title"]),
			}}
		},
		slot: func(w sdk.Write, _ string) string { return "link " + w.Link.URL },
	},
	"note": {
		verb: sdk.VerbNote, labelled: true,
		arguments: []argument{{name: "text", expect: language.Text, required: true}, {name: "score", expect: language.Rating}},
		write: func(application string, args map[string]cty.Value) sdk.Write {
			return sdk.Write{Note: &sdk.Note{
				Application: application, Text: language.TextOf(args["text"]), Score: language.RatingOf(args["score"]),
			}}
		},
		slot: func(_ sdk.Write, label string) string { return "note " + label },
	},
	"move": {
		verb: sdk.VerbMove, also: []sdk.Verb{sdk.VerbStages},
		arguments: []argument{{name: "stage", expect: language.Text, required: true}},
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
var settled = map[sdk.Kind][]string{
	sdk.KindMoved: {"to"},
	sdk.KindFound: {"tag", "every"},
}

// outcomes is what mirror may follow.
var outcomes = []sdk.Kind{sdk.KindHired, sdk.KindUnhired, sdk.KindRejected, sdk.KindUnrejected}
