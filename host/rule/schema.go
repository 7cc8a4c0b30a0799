package rule

import (
	"slices"
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
		Arguments: []schema.Argument{{Name: "when", About: "a condition; without it, always"}},
	}
	groups  = schema.Block{Type: "tags", Label: "group", About: "Which tags show where an invitation stands: see tag groups."}
	mirrors = schema.Block{
		Type: "mirror", About: "What the vendor's copy follows.",
		Arguments: []schema.Argument{
			{Name: "postings", About: "how often they are looked through, such as \"24h\"; one is also looked at when somebody applies"},
			{Name: "outcomes", About: "a list of " + language.Listed(language.Words(outcomes))},
			{Name: "deletions", About: "true: who is deleted in the ATS is deleted at the vendor"},
		},
	}
	Frame = schema.Block{
		Type: "pairing", Label: "name", About: "One connection of an ATS and one of a vendor, and what to do on which event.",
		Arguments: []schema.Argument{
			{Name: "ats", Required: true, About: "a connection, as ats.NAME"},
			{Name: "vendor", Required: true, About: "a connection, as vendor.NAME"},
			{Name: "mode", About: "live or off, without quotes; live if left out"},
		},
		Blocks: []schema.Block{Locals, Guards, rules, groups, mirrors},
	}
)

// waiting is a rule that waits for an event.
func waiting(kind sdk.Kind) schema.Block {
	b := rules
	b.Arguments = slices.Concat(rules.Arguments, settled[kind])
	for _, name := range doable(kind) {
		b.Blocks = append(b.Blocks, actions[name].block(name))
	}
	return b
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
	events := schema.Entry{Term: "Events", About: "What on waits for. Those of the ATS say whom to invite, those of an invitation what to write."}
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
	needs := language.Listed(language.Words(append([]sdk.Verb{a.verb}, a.also...)))
	entry.About += "\nOn events of an invitation. Needs of the ATS's plugin: " + needs + "."
	return entry
}
