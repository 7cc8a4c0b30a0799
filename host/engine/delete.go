package engine

import (
	"context"
	"slices"
	"strconv"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

const deletedReason = "the application was deleted"

// deleted begins the end of a case: the ATS says that the application is gone, and a read confirms it.
func (h *hearing) deleted(ctx context.Context) error {
	h.c.Deleted = true
	h.tellStory(journal.Entry{What: "event", Name: string(sdk.KindDeleted)})
	return h.erase(ctx)
}

// deletions plans one deletion at each vendor that knows the person, or, when no other application of hers is left, that may know her.
func (h *hearing) deletions(ctx context.Context) error {
	last, err := h.last(ctx)
	if err != nil {
		return err
	}
	for _, p := range h.Pairings {
		remotes := h.remotes(p.Vendor)
		maybe := last && slices.ContainsFunc(h.c.Effects, func(f journal.Effect) bool {
			return f.Conn == p.Vendor && f.Verb == sdk.VerbInvite && f.State == effect.Cancelled && f.Doubt > 0
		})
		if p.ATS != h.c.ATS || p.Mode == rule.Off || !p.Mirror.Deletions || len(remotes) == 0 && !maybe {
			continue
		}
		h.add(journal.Effect{
			Effect:  effect.Effect{Key: sdk.NewKey("delete", p.Vendor, h.c.ATS, h.c.Application, strconv.Itoa(len(remotes)))},
			Pairing: p.Label, Conn: p.Vendor, Verb: sdk.VerbDelete,
			Write: sdk.Write{Delete: &sdk.Deletion{Person: h.c.Last.Application.Person, Invitations: remotes}},
		})
	}
	return nil
}

// last tells whether no other application of the person is left.
func (h *hearing) last(ctx context.Context) (bool, error) {
	others, err := h.Journal.Applications(ctx, h.c.ATS, h.c.Last.Application.Person)
	for _, id := range others {
		if err != nil || id == h.c.Application {
			continue
		}
		var other *journal.Case
		if other, err = h.Journal.Load(ctx, h.c.ATS, id); err == nil && !other.New() && !other.Deleted {
			return false, nil
		}
	}
	return true, err
}

// erase drops what is not wanted any more, plans the vendors' deletions, and ends a deleted case once nothing is left to do for it; until
// then it saves it. An invitation that may be on its way comes to its end first: whom it reaches is to be deleted at the vendor.
func (h *hearing) erase(ctx context.Context) error {
	for i := range h.c.Effects {
		f := &h.c.Effects[i]
		onItsWay := f.Verb == sdk.VerbInvite && f.State == effect.Unknown && (f.Promise.Repeat == sdk.Look || h.now.Before(f.Due))
		if f.Verb == sdk.VerbDelete || f.State == effect.Intent || onItsWay || !f.Open() {
			continue
		}
		if err := h.on(f, effect.Drop{Reason: deletedReason}); err != nil {
			return err
		}
	}
	if err := h.deletions(ctx); err != nil {
		return err
	}
	if slices.ContainsFunc(h.c.Effects, func(f journal.Effect) bool { return f.Open() }) {
		return h.save(ctx)
	}
	h.Log.Info("erased", "connection", h.c.ATS, "application", h.c.Application)
	return h.Journal.Erase(ctx, h.c, h.change.Taken)
}
