package engine

import (
	"slices"
	"strconv"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Tags are a level: what the application should show is computed from its invitations whenever they change, and again when it is written.
// So no order of events can leave a wrong tag, and one write serves however many events came before it.

// retag plans, for each pairing whose tags are not what they should be, the write that makes them so.
func (h *hearing) retag() {
	for _, p := range h.Pairings {
		if p.ATS != h.c.ATS || h.c.Deleted || len(h.c.Invitations) == 0 {
			continue
		}
		wanted := h.wanted(p)
		shown := h.c.Shown[p.Label]
		if add, remove := swap(wanted, shown, h.c.Last.Application.Tags); len(add)+len(remove) == 0 {
			continue
		} else {
			// From here on a crash may leave them there.
			shown.Maybe = union(shown.Maybe, add)
		}
		if h.c.Shown == nil {
			h.c.Shown = map[string]journal.Shown{}
		}
		h.c.Shown[p.Label] = shown
		h.planTags(p)
	}
}

// planTags plans the write, unless one waits already: that one will see what is wanted when it runs.
func (h *hearing) planTags(p *rule.Pairing) {
	n := 0
	for _, f := range h.c.Effects {
		if f.Pairing == p.Label && f.Verb == sdk.VerbTags {
			if n++; f.Active() {
				return
			}
		}
	}
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("tags", h.c.ATS, p.Vendor, h.c.Application, strconv.Itoa(n))},
		Pairing: p.Label, Conn: p.ATS, Verb: sdk.VerbTags, Write: sdk.Write{Tags: &sdk.Tags{Application: h.c.Application}},
	})
}

// wanted is what a pairing's tag groups show of its invitations.
func (h *hearing) wanted(p *rule.Pairing) []string {
	all := h.c.With(p.Vendor)
	mine := all[:0:0]
	for _, v := range all {
		if h.follower(v) == p {
			mine = append(mine, v)
		}
	}
	wanted, _ := p.Tags(h.c.Last.Application, mine)
	return wanted
}

// swap is what to add and what to take away. A tag that is there and not ours is left alone, in both directions.
func swap(wanted []string, shown journal.Shown, there []string) (add, remove []string) {
	ours := union(shown.Sure, shown.Maybe)
	for _, t := range wanted {
		foreign := slices.Contains(there, t) && !slices.Contains(ours, t)
		if !foreign && !slices.Contains(shown.Sure, t) {
			add = append(add, t)
		}
	}
	for _, t := range ours {
		if !slices.Contains(wanted, t) {
			remove = append(remove, t)
		}
	}
	return add, remove
}

// tagged takes a swap that was made into the case.
func (h *hearing) tagged(p *rule.Pairing, t sdk.Tags) {
	shown := h.c.Shown[p.Label]
	without := func(tags []string) []string {
		return slices.DeleteFunc(slices.Clone(tags), func(s string) bool { return slices.Contains(t.Remove, s) })
	}
	shown.Sure = without(union(shown.Sure, t.Add))
	shown.Maybe = without(union(shown.Maybe, t.Add))
	if h.c.Shown == nil {
		h.c.Shown = map[string]journal.Shown{}
	}
	h.c.Shown[p.Label] = shown
	h.c.Last.Application.Tags = without(union(h.c.Last.Application.Tags, t.Add))
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
