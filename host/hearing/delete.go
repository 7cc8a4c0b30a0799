package hearing

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

// Deleted begins the end of a case: the ATS says that the application is gone, and a read confirms it.
func (h *Hearing) Deleted(ctx context.Context) error {
	h.Case.Deleted = true
	h.Note(journal.Entry{What: "event", Name: string(sdk.KindDeleted)})
	return h.erase(ctx)
}

// deletions plans one deletion at each vendor that knows the person, or, when no other application of hers is left, that may know her.
func (h *Hearing) deletions(ctx context.Context) error {
	last, err := h.last(ctx)
	if err != nil {
		return err
	}
	for _, p := range h.Pairings {
		remotes := h.remotes(p.Vendor)
		maybe := last && slices.ContainsFunc(h.Case.Effects, func(f journal.Effect) bool {
			return f.Conn == p.Vendor && f.Verb == sdk.VerbInvite && f.State == effect.Cancelled && f.Doubt > 0
		})
		if p.ATS != h.Case.ATS || p.Mode == rule.Off || !p.Mirror.Deletions || len(remotes) == 0 && !maybe {
			continue
		}
		h.add(journal.Effect{
			Effect:  effect.Effect{Key: sdk.NewKey("delete", p.Vendor, h.Case.ATS, h.Case.Application, strconv.Itoa(len(remotes)))},
			Pairing: p.Label, Conn: p.Vendor, Verb: sdk.VerbDelete,
			Write: sdk.Write{Delete: &sdk.Deletion{Person: h.Case.Last.Application.Person, Invitations: remotes}},
		})
	}
	return nil
}

// last tells whether no other application of the person is left.
func (h *Hearing) last(ctx context.Context) (bool, error) {
	others, err := h.Journal.Applications(ctx, h.Case.ATS, h.Case.Last.Application.Person)
	for _, id := range others {
		if err != nil || id == h.Case.Application {
			continue
		}
		var other *journal.Case
		if other, err = h.Journal.Load(ctx, h.Case.ATS, id); err == nil && !other.New() && !other.Deleted {
			return false, nil
		}
	}
	return true, err
}

// erase drops what is not wanted any more, plans the vendors' deletions, and ends a deleted case once nothing is left to do for it; until
// then it saves it. An invitation that may be on its way comes to its end first: whom it reaches is to be deleted at the vendor.
func (h *Hearing) erase(ctx context.Context) error {
	for i := range h.Case.Effects {
		f := &h.Case.Effects[i]
		onItsWay := f.Verb == sdk.VerbInvite && f.State == effect.Unknown && (f.Promise.Repeat == sdk.Look || h.Now.Before(f.Due))
		if f.Verb == sdk.VerbDelete || f.State == effect.Intent || onItsWay || !f.Open() {
			continue
		}
		if err := h.On(f, effect.Drop{Reason: deletedReason}); err != nil {
			return err
		}
	}
	if err := h.deletions(ctx); err != nil {
		return err
	}
	h.Over = !slices.ContainsFunc(h.Case.Effects, func(f journal.Effect) bool { return f.Open() })
	return nil
}
