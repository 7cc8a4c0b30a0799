package engine

import (
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
		if p.ATS != h.c.ATS || p.Mode == rule.Off || h.c.Deleted || len(h.c.Invitations) == 0 {
			continue
		}
		h.inherit(p)
		add, remove := h.swap(p)
		if len(add)+len(remove) == 0 {
			continue
		}
		// From here on a crash may leave them there.
		shown := h.c.Shown[p.Label]
		shown.Maybe = journal.Union(shown.Maybe, add)
		h.show(p, shown)
		h.planTags(p)
	}
}

func (h *hearing) show(p *rule.Pairing, s journal.Shown) {
	if h.c.Shown == nil {
		h.c.Shown = map[string]journal.Shown{}
	}
	h.c.Shown[p.Label] = s
}

// inherit hands a pairing the tags that were written under its former names.
func (h *hearing) inherit(p *rule.Pairing) {
	for _, v := range h.c.With(p.Vendor) {
		former, shown := h.c.Shown[v.Pairing]
		if !shown || v.Pairing == p.Label || h.follower(v) != p {
			continue
		}
		delete(h.c.Shown, v.Pairing)
		now := h.c.Shown[p.Label]
		h.show(p, journal.Shown{Sure: journal.Union(now.Sure, former.Sure), Maybe: journal.Union(now.Maybe, former.Maybe)})
	}
}

// planTags plans the write, unless one waits already: that one will see what is wanted when it runs, be it after a person's word.
func (h *hearing) planTags(p *rule.Pairing) {
	n := 0
	for _, f := range h.c.Effects {
		if f.Verb != sdk.VerbTags {
			continue
		}
		if n++; f.Pairing == p.Label && f.Open() {
			return
		}
	}
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("tags", h.c.ATS, h.c.Application, strconv.Itoa(n))},
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

// swapOf is what a planned write of tags is to do now.
func (h *hearing) swapOf(f *journal.Effect) (*sdk.Tags, effect.Input) {
	p := h.pairings[f.Pairing]
	if p == nil {
		return nil, effect.Drop{Reason: "its pairing is no longer configured"}
	}
	add, remove := h.swap(p)
	if len(add)+len(remove) == 0 {
		return nil, effect.Drop{Reason: "the tags are as they should be"}
	}
	return &sdk.Tags{Application: h.c.Application, Add: add, Remove: remove}, nil
}

// swap is what to add and what to take away now.
func (h *hearing) swap(p *rule.Pairing) (add, remove []string) {
	return h.c.Shown[p.Label].Swap(h.wanted(p), h.c.Last.Application.Tags)
}

// tagged takes a swap that was made into the case.
func (h *hearing) tagged(p *rule.Pairing, t sdk.Tags) {
	h.show(p, h.c.Shown[p.Label].Swapped(t))
	h.c.Last.Application.Tags = journal.Swapped(h.c.Last.Application.Tags, t)
}
