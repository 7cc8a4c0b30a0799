package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
	"github.com/patchbay-dev/patchbay/sdk"
)

// What may stand in a pairing, and [Guards] and [Locals] in a folder as well.
var (
	Guards = schema.Block{
		Type: "guard", Label: "why", About: "Who is not invited. In the folder: for all pairings.",
		Arguments: []schema.Argument{
			{Name: "deny", Required: true, About: "the condition on which nobody is invited"},
			{Name: "unless", About: "the condition on which it does not count"},
			{Name: "fail", About: "a text: the denial is the event failed with this detail; without it, it is only recorded"},
		},
	}
	Locals = schema.Block{Type: "locals", About: "NAME = expression, evaluated where local.NAME is read. A pairing's hide the folder's."}
	rules  = schema.Block{
		Type: "on", Label: "event", About: "When the event comes and the condition holds, do the actions. Several may wait for one event.",
		Arguments: []schema.Argument{{Name: "when", About: "a condition; without it, always"}}, Blocks: blocks(slices.Concat(inviting, writing)),
	}
	groups  = schema.Block{Type: "tags", Label: "group", About: "Which tags show where an invitation stands: see tag groups."}
	mirrors = schema.Block{
		Type: "mirror", About: "What the vendor's copy follows.",
		Arguments: []schema.Argument{
			{Name: "postings", About: "how often they are looked through, such as \"24h\"; one is also looked at when somebody applies"},
			{Name: "outcomes", Words: true, About: "a list of " + language.Listed(language.Words(outcomes))},
			{Name: "deletions", About: "true: who is deleted in the ATS is deleted at the vendor"},
			{Name: "anonymizations", About: "true: who is anonymized in the ATS is anonymized at the vendor; results stay"},
		},
	}
	asserts = schema.Block{
		Type: "assert", Label: "sentence", About: "What must hold of the settings, or the file is refused.",
		Arguments: []schema.Argument{{Name: "holds", Required: true, About: "a condition that reads no variable; nor do the locals in it"}},
	}
	limits = schema.Block{
		Type: "limit", About: "How much at most. What is more waits, oldest first, for a person; who is requested waits for none.",
		Arguments: []schema.Argument{{Name: "per_hour", Required: true, About: "how many invitations are sent an hour"}},
	}
	renames = schema.Block{
		Type: "moved", About: "What was called otherwise before, so that nothing is done again: this pairing, or a slot by its action and label.",
		Arguments: []schema.Argument{
			{Name: "from", Required: true, Words: true, About: "its former name: pairing.NAME, note.LABEL, feedback.LABEL or alert.LABEL"},
			{Name: "to", Required: true, Words: true, About: "its name now"},
		},
	}
	Frame = schema.Block{
		Type: "pairing", Label: "name", About: "One connection of an ATS and one of a vendor, and what to do on which event.",
		Arguments: []schema.Argument{
			{Name: "ats", Required: true, Words: true, About: "a connection, as ats.NAME"},
			{Name: "vendor", Required: true, Words: true, About: "a connection, as vendor.NAME"},
			{Name: "mode", Words: true, About: "live, shadow (decides and tells, and does nothing) or off, without quotes; live if left out"},
		},
		Blocks: []schema.Block{Locals, language.Definition, asserts, Guards, rules, groups, mirrors, limits, renames},
	}
)

// waiting is a rule that waits for an event.
func waiting(kind sdk.Kind) schema.Block {
	b := rules
	b.Arguments, b.Blocks = slices.Concat(rules.Arguments, settled[kind]), blocks(doable(kind))
	return b
}

// blocks is how actions are written.
func blocks(names []string) []schema.Block {
	out := make([]schema.Block, len(names))
	for i, name := range names {
		out[i] = actions[name].block(name)
	}
	return out
}

func doable(kind sdk.Kind) []string {
	if language.Events[kind].ATS {
		return inviting
	}
	return writing
}

func (a action) block(name string) schema.Block {
	b := schema.Block{Type: name, About: a.about, Arguments: a.arguments}
	if a.labelled {
		b.Label = "slot"
	}
	return b
}

// Reference tells what may stand in a pairing, made of the tables that pairings are checked by.
func Reference() []schema.Entry {
	lived := furthest()
	events := schema.Entry{Term: "Events", About: "What on waits for. Those of the ATS say whom to invite, those of an " +
		"invitation what to write. In a pairing that waits for requested, rules for an invitation read no application and no posting: of " +
		"who is requested, no more may be known than the candidate."}
	tags := schema.Entry{
		Term: "Tag groups",
		About: "In tags \"group\", EVENT = a tag or a list of tags. The entry of the furthest event of the newest attempt shows. Where it is " +
			"null or missing the one before it shows, [] shows none. Several invitations show all of theirs. Only tags that Patchbay " +
			"added are ever taken away.\nFurthest first:",
	}
	for _, kind := range lived {
		tags.Parts = append(tags.Parts, schema.Entry{Term: string(kind), About: language.Events[kind].About + "."})
	}
	slices.Reverse(lived)
	for _, kind := range append(language.KindsWhere(func(_ sdk.Kind, e language.Event) bool { return e.ATS }), lived...) {
		events.Parts = append(events.Parts, eventEntry(kind))
	}
	doing := schema.Entry{
		Term: "Actions",
		About: "What a rule does. A slot is written once for each event, on scored once for each revision of the result. " +
			"An action whose required argument comes to null is not done, which is recorded.",
	}
	for _, name := range slices.Concat(inviting, writing) {
		doing.Parts = append(doing.Parts, actionEntry(name))
	}
	return []schema.Entry{
		{Term: "Blocks of a pairing", Parts: schema.Entries(Frame.Blocks)}, events,
		{Term: "Variables", About: "What expressions read.", Parts: language.VariableEntries()}, doing, tags,
	}
}

// furthest is the events of an invitation, the furthest first, by the order in which tags are shown.
func furthest() []sdk.Kind {
	times := map[sdk.Kind]time.Time{}
	for kind, e := range language.Events {
		if !e.ATS {
			times[kind] = time.Time{}
		}
	}
	return invitation.Invitation{Times: times}.History()
}

func eventEntry(kind sdk.Kind) schema.Entry {
	e := language.Events[kind]
	side := map[bool]string{true: "Of the ATS: ", false: "Of an invitation: "}[e.ATS]
	return schema.Entry{
		Term: string(kind), Parts: schema.ArgumentEntries(settled[kind]),
		About: side + e.About + ".\nReads " + language.Listed(e.Variables) + ".\nMay be null: " + language.Listed(language.Nullable(kind)) + ".",
	}
}

func actionEntry(name string) schema.Entry {
	a := actions[name]
	entry := a.block(name).Entry()
	if slices.Contains(inviting, name) {
		entry.About += "\nOn events of the ATS."
		return entry
	}
	var needs []string
	if len(a.ats) > 0 {
		needs = append(needs, "of the ATS's plugin: "+language.Listed(language.Words(a.ats)))
	}
	if len(a.vendor) > 0 {
		needs = append(needs, "of the vendor's plugin: "+language.Listed(language.Words(a.vendor)))
	}
	entry.About += "\nOn events of an invitation. Needs " + strings.Join(needs, "; ") + "."
	return entry
}
