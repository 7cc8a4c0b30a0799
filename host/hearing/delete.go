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

// ending is why nothing but farewells is done for a case any more; it is empty while the case goes on.
func (h *Hearing) ending() string {
	switch {
	case h.Case.Deleted:
		return "the application was deleted"
	case h.Case.Anonymized:
		return "the person was anonymized"
	}
	return ""
}

// Deleted begins the end of a case: the ATS says that the application is gone, and a read confirms it.
func (h *Hearing) Deleted(ctx context.Context) error {
	h.Case.Deleted = true
	h.Note(journal.Entry{What: "event", Name: string(sdk.KindDeleted)})
	return h.end(ctx)
}

// Anonymized begins to forget who a case is about: the ATS says that what names the person was removed.
func (h *Hearing) Anonymized(ctx context.Context) error {
	h.Case.Anonymized = true
	h.Note(journal.Entry{What: "event", Name: string(sdk.KindAnonymized)})
	return h.end(ctx)
}

// farewells plans one last write at each vendor that knows the person, or, when no other application of hers is left, that may know her.
func (h *Hearing) farewells(ctx context.Context) error {
	last, err := h.last(ctx)
	if err != nil {
		return err
	}
	for _, p := range h.Pairings {
		remotes := h.remotes(p.Vendor)
		maybe := last && slices.ContainsFunc(h.Case.Effects, func(f journal.Effect) bool {
			return f.Conn == p.Vendor && f.Verb == sdk.VerbInvite && f.State == effect.Cancelled && f.Doubt > 0
		})
		if p.ATS != h.Case.ATS || p.Mode != rule.Live || len(remotes) == 0 && !maybe {
			continue
		}
		person, w := h.Case.Last.Application.Person, sdk.Write{}
		switch {
		case h.Case.Deleted && p.Mirror.Deletions:
			w.Delete = &sdk.Deletion{Person: person, Invitations: remotes}
		case !h.Case.Deleted && p.Mirror.Anonymizations:
			w.Anonymize = &sdk.Anonymization{Person: person, Invitations: remotes}
		default:
			continue
		}
		h.add(journal.Effect{
			Effect:  effect.Effect{Key: sdk.NewKey(string(w.Verb()), p.Vendor, h.Case.ATS, h.Case.Application, strconv.Itoa(len(remotes)))},
			Pairing: p.Label, Conn: p.Vendor, Verb: w.Verb(), Write: w,
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

// farewell tells whether an effect is one of those that a case ends with.
func farewell(v sdk.Verb) bool { return v == sdk.VerbDelete || v == sdk.VerbAnonymize }

// end drops what is not wanted any more, plans the last writes at the vendors, and, once nothing is left to do, has a deleted case erased
// and an anonymized one forget who it is about. An invitation that may be on its way comes to its end first: whom it reaches is to be
// removed at the vendor.
func (h *Hearing) end(ctx context.Context) error {
	for i := range h.Case.Effects {
		f := &h.Case.Effects[i]
		onItsWay := f.Verb == sdk.VerbInvite && f.State == effect.Unknown && (f.Promise.Repeat == sdk.Look || h.Now.Before(f.Due))
		if farewell(f.Verb) || f.State == effect.Intent || onItsWay || !f.Open() {
			continue
		}
		if err := h.On(f, effect.Drop{Reason: h.ending()}); err != nil {
			return err
		}
	}
	if err := h.farewells(ctx); err != nil {
		return err
	}
	left := slices.ContainsFunc(h.Case.Effects, func(f journal.Effect) bool { return f.Open() })
	switch {
	case left:
	case h.Case.Deleted:
		h.Over = true
	default:
		h.forget()
	}
	return nil
}

// forget takes out of a case what names or describes the person. What she scored stays, under the ids that the ATS gave her.
func (h *Hearing) forget() {
	app := &h.Case.Last.Application
	app.Candidate, app.URL, app.Tags, app.OwnTags, app.Origin = sdk.Candidate{}, "", nil, nil, ""
	for i := range h.Case.Effects {
		f := &h.Case.Effects[i]
		f.Write, f.Detail = sdk.Write{Key: f.Key}, ""
	}
	for i := range h.Case.Invitations {
		v := &h.Case.Invitations[i]
		if v.Detail = ""; v.Result != nil {
			scores := *v.Result
			scores.Summary, v.Result = "", &scores
		}
	}
	for id, r := range h.Case.Requests {
		r.Detail = ""
		h.Case.Requests[id] = r
	}
	h.Change.Retold = true
	for i := range h.Change.Entries {
		h.Change.Entries[i].Detail = ""
	}
	h.Note(journal.Entry{What: "finding", Name: "anonymized", Verdict: "done", Detail: "what names the person is removed here and at the vendors"})
}
