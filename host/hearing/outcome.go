package hearing

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Step takes one input into an effect, tells the story of it and plans what it leads to; and, once the case is ending, carries its
// end on.
func (h *Hearing) Step(ctx context.Context, f *journal.Effect, in effect.Input, done sdk.Done) error {
	why, refused := in.(effect.Refused)
	var err error
	if refused && f.State != effect.Intent {
		err = h.Refuse(f, why)
	} else {
		err = h.On(f, in)
	}
	if err != nil {
		return err
	}
	h.TellEffect(f)
	switch {
	case f.State == effect.Done:
		w := f.Write
		f.Write = sdk.Write{Key: f.Key}
		err = h.done(ctx, f.Effect.Key, w, done)
	case f.State == effect.Dead && refused && f.Verb == sdk.VerbInvite:
		// The invitation has failed, for all to see; nobody need look at the effect.
		if err = h.On(f, effect.Drop{Reason: f.Reason}); err == nil {
			h.ends(f, sdk.KindFailed)
		}
	case f.State == effect.Cancelled:
		h.dropped(f)
	}
	if err == nil && h.ending() != "" {
		err = h.end(ctx)
	}
	return err
}

// TellEffect tells where an effect stands.
func (h *Hearing) TellEffect(f *journal.Effect) {
	h.Note(f.Tell())
	if f.Parked() {
		h.Log.Warn("parked: it waits for a person", "connection", f.Conn, "application", h.Case.Application, "write", f.Verb, "key", f.Key,
			"state", f.State, "reason", f.Reason)
	}
}

// ends tells an invitation that it ends without having been sent.
func (h *Hearing) ends(f *journal.Effect, kind sdk.Kind) {
	if v := h.Case.Invitation(f.Invitation); v != nil {
		h.Tell(v, sdk.Event{ID: sdk.ContentID(string(v.Key), string(kind)), Kind: kind, At: h.Now, Reason: f.Reason, Detail: f.Detail})
	}
}

// dropped is what it means that a write is not wanted: an invitation is cancelled, and tags stay as they are until others are wanted.
func (h *Hearing) dropped(f *journal.Effect) {
	switch f.Verb {
	case sdk.VerbInvite:
		h.ends(f, sdk.KindCancelled)
	case sdk.VerbTags:
		if p := h.Pairing(f.Pairing); p != nil {
			add, remove := h.swap(p)
			h.tagged(p, sdk.Tags{Add: add, Remove: remove})
		}
	}
}

// done is what an effect that is done means for the case. It may add effects, so it takes the key and not the effect.
func (h *Hearing) done(ctx context.Context, k sdk.Key, w sdk.Write, done sdk.Done) error {
	switch {
	case w.Invite != nil:
		h.invited(h.Case.Invitation(w.Invite.Key), done)
	case w.Tags != nil:
		if p := h.Pairing(h.Case.Effect(k).Pairing); p != nil {
			h.tagged(p, *w.Tags)
		}
	case w.Move != nil:
		h.Case.Moved, h.Case.Last.Application.StageSince = w.Move.Stage, time.Time{}
		h.Case.Last.Application.Stage, _ = Stage(h.Stages(h.Case.ATS), w.Move.Stage)
	case w.Posting != nil:
		f := h.Case.Effect(k)
		return h.Journal.Keep(ctx, f.Conn, w.Posting.ID, journal.Kept{Digest: journal.PostingDigest(*w.Posting), Remote: f.Remote, At: h.Now})
	}
	return nil
}

// invited takes the vendor's word for an invitation into the case: events that came before it can be heard now.
func (h *Hearing) invited(v *invitation.Invitation, done sdk.Done) {
	if v == nil {
		return
	}
	v.Remote = done.Remote
	if done.Invited != nil {
		v.Remote, v.URL, v.PassingScore = done.Invited.Remote, done.Invited.URL, done.Invited.PassingScore
	}
	if v.Remote != "" {
		h.News = append(h.News, journal.Subject{Conn: v.Vendor, ID: v.Remote})
	}
	if done.Invited != nil && done.Invited.Pending {
		return // the vendor tells when it is sent
	}
	h.Tell(v, sdk.Event{ID: sdk.ContentID(string(v.Key), "invited"), Kind: sdk.KindInvited, At: h.Now})
}
