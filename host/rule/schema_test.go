package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/schema"
)

// TestReference holds the reference to the tables: every event with what it reads and needs, and every action with its arguments.
func TestReference(t *testing.T) {
	sections := Reference()
	events, doing, tags := section(t, sections, "Events"), section(t, sections, "Actions"), section(t, sections, "Tag groups")
	for kind, e := range language.Events {
		told := section(t, events, string(kind))
		checkArguments(t, string(kind), told, settled[kind])
		for _, i := range events {
			if want := language.Listed(e.Variables); i.Term == string(kind) && (e.About == "" || !strings.Contains(i.About, want)) {
				t.Errorf("%s is told as %q, without %q", kind, i.About, want)
			}
		}
		if shown := slices.ContainsFunc(tags, func(i schema.Entry) bool { return i.Term == string(kind) }); shown == e.ATS {
			t.Errorf("%s in tag groups: %v", kind, shown)
		}
	}
	for name, a := range actions {
		checkArguments(t, name, section(t, doing, a.block(name).Entry().Term), a.arguments)
	}
	if len(doing) != len(actions) {
		t.Errorf("%d actions are told of %d", len(doing), len(actions))
	}
	if last := tags[len(tags)-1].Term; last != "invited" {
		t.Errorf("the nearest event is %s", last)
	}
}

// section is the parts of the entry of that name.
func section(t *testing.T, all []schema.Entry, term string) []schema.Entry {
	t.Helper()
	i := slices.IndexFunc(all, func(e schema.Entry) bool { return e.Term == term })
	if i < 0 {
		t.Fatalf("%q is not told", term)
	}
	return all[i].Parts
}

func checkArguments(t *testing.T, of string, told []schema.Entry, want []schema.Argument) {
	t.Helper()
	if len(told) != len(want) {
		t.Errorf("%s is told with %d arguments and has %d", of, len(told), len(want))
		return
	}
	for i, a := range want {
		if told[i].Term != a.Name || strings.HasPrefix(told[i].About, "required") != a.Required || a.About == "" {
			t.Errorf("%s: %s is told as %s: %q", of, a.Name, told[i].Term, told[i].About)
		}
	}
}
