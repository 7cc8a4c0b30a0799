package hearing

import (
	"strconv"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Retag plans, for each pairing whose tags are not what they should be, the write that makes them so.
func (h *Hearing) Retag() {
	for _, p := range h.Pairings {
		if p.ATS != h.Case.ATS || p.Mode != rule.Live || h.ending() != "" || len(h.Case.Invitations) == 0 {
			continue
		}
		h.inherit(p)
		add, remove := h.swap(p)
		if len(add)+len(remove) == 0 {
			continue
		}
		// From here on a crash may leave them there.
		shown := h.Case.Shown[p.Label]
		shown.Maybe = journal.Union(shown.Maybe, add)
		h.show(p, shown)
		h.planTags(p)
	}
}

func (h *Hearing) show(p *rule.Pairing, s journal.Shown) {
	if h.Case.Shown == nil {
		h.Case.Shown = map[string]journal.Shown{}
	}
	h.Case.Shown[p.Label] = s
}

// inherit hands a pairing the tags that were written under its former names.
func (h *Hearing) inherit(p *rule.Pairing) {
	for _, v := range h.Case.With(p.Vendor) {
		former, shown := h.Case.Shown[v.Pairing]
		if !shown || v.Pairing == p.Label || h.Follower(v) != p {
			continue
		}
		delete(h.Case.Shown, v.Pairing)
		now := h.Case.Shown[p.Label]
		h.show(p, journal.Shown{Sure: journal.Union(now.Sure, former.Sure), Maybe: journal.Union(now.Maybe, former.Maybe)})
	}
}

// planTags plans the write, unless one waits already: that one will see what is wanted when it runs, be it after a person's word.
func (h *Hearing) planTags(p *rule.Pairing) {
	n := 0
	for _, f := range h.Case.Effects {
		if f.Verb != sdk.VerbTags {
			continue
		}
		if n++; f.Pairing == p.Label && f.Open() {
			return
		}
	}
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("tags", h.Case.ATS, h.Case.Application, strconv.Itoa(n))},
		Pairing: p.Label, Conn: p.ATS, Verb: sdk.VerbTags, Write: sdk.Write{Tags: &sdk.Tags{Application: h.Case.Application}},
	})
}

// wanted is what a pairing's tag groups show of its invitations.
func (h *Hearing) wanted(p *rule.Pairing) []string {
	all := h.Case.With(p.Vendor)
	mine := all[:0:0]
	for _, v := range all {
		if h.Follower(v) == p {
			mine = append(mine, v)
		}
	}
	wanted, _ := p.Tags(h.Case.Last.Application, mine)
	return wanted
}

// swapOf is what a planned write of tags is to do now.
func (h *Hearing) swapOf(f *journal.Effect) (*sdk.Tags, effect.Input) {
	p := h.Pairing(f.Pairing)
	if p == nil {
		return nil, effect.Drop{Reason: "its pairing is no longer configured"}
	}
	add, remove := h.swap(p)
	if len(add)+len(remove) == 0 {
		return nil, effect.Drop{Reason: "the tags are as they should be"}
	}
	return &sdk.Tags{Application: h.Case.Application, Add: add, Remove: remove}, nil
}

// swap is what to add and what to take away now.
func (h *Hearing) swap(p *rule.Pairing) (add, remove []string) {
	return h.Case.Shown[p.Label].Swap(h.wanted(p), h.Case.Last.Application.Tags)
}

// tagged takes a swap that was made into the case.
func (h *Hearing) tagged(p *rule.Pairing, t sdk.Tags) {
	h.show(p, h.Case.Shown[p.Label].Swapped(t))
	h.Case.Last.Application.Tags = journal.Swapped(h.Case.Last.Application.Tags, t)
}
