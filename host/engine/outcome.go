package engine

import (
	"context"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// ended tells the story of a step and, if it was the last, what it leads to; then it saves.
func (h *hearing) ended(ctx context.Context, f *journal.Effect, done sdk.Done) error {
	w := f.Write
	detail := describe(w)
	if why := strings.TrimSpace(f.Reason + " " + f.Detail); why != "" {
		detail = strings.TrimSpace(detail + "\n" + why)
	}
	h.tellStory(journal.Entry{What: "effect", Name: string(f.Verb), Pairing: f.Pairing, Verdict: told[f.State], Detail: detail})
	if f.Parked() {
		h.Log.Warn("parked: it waits for a person", "connection", f.Conn, "application", h.c.Application, "write", f.Verb, "key", f.Key,
			"state", f.State, "reason", f.Reason)
	}
	switch f.State {
	case effect.Done:
		f.Write = sdk.Write{Key: f.Key}
		if err := h.done(ctx, f.Effect.Key, w, done); err != nil {
			return err
		}
	case effect.Dead:
		if f.Verb == sdk.VerbInvite && f.Reason != "" {
			if err := h.refused(f); err != nil {
				return err
			}
		}
	}
	if h.c.Deleted {
		return h.erase(ctx)
	}
	return h.save(ctx)
}

// told is what the states of an effect are called in a story.
var told = map[effect.State]string{
	effect.Ready: "to be tried again", effect.Wait: "put off", effect.Unknown: "outcome unknown", effect.Held: "parked, outcome unknown",
	effect.Dead: "parked", effect.Done: "done", effect.Cancelled: "not done", effect.Intent: "under way",
}

// describe says what a write does, without what a person may not want to read again.
func describe(w sdk.Write) string {
	switch {
	case w.Tags != nil:
		var all []string
		for _, t := range w.Tags.Add {
			all = append(all, "+ "+t)
		}
		for _, t := range w.Tags.Remove {
			all = append(all, "- "+t)
		}
		return strings.Join(all, "\n")
	case w.Link != nil:
		return w.Link.URL
	case w.Move != nil:
		return "to stage " + w.Move.Stage
	case w.Outcome != nil:
		return string(w.Outcome.Kind)
	}
	return ""
}

// refused makes of an invitation that the vendor refuses one that failed; nobody need look at the effect.
func (h *hearing) refused(f *journal.Effect) error {
	v := h.c.Invitation(f.Invitation)
	if v == nil {
		return nil
	}
	ev := sdk.Event{ID: sdk.ContentID(string(v.Key), "failed"), Kind: sdk.KindFailed, At: h.now, Reason: f.Reason, Detail: f.Detail}
	if err := h.on(f, effect.Drop{Reason: f.Reason}); err != nil {
		return err
	}
	h.tell(v, ev)
	return nil
}

// done is what an effect that is done means for the case. It may add effects, so it takes the key and not the effect.
func (h *hearing) done(ctx context.Context, k sdk.Key, w sdk.Write, done sdk.Done) error {
	switch {
	case w.Invite != nil:
		return h.invited(ctx, h.c.Invitation(w.Invite.Key), done)
	case w.Tags != nil:
		if p := h.pairings[h.c.Effect(k).Pairing]; p != nil {
			h.tagged(p, *w.Tags)
		}
	case w.Move != nil:
		h.c.Moved = w.Move.Stage
		h.c.Last.Application.Stage, h.c.Last.Application.StageSince = h.stageOf(h.c.ATS, w.Move.Stage), time.Time{}
	case w.Posting != nil:
		f := h.c.Effect(k)
		return h.Journal.Keep(ctx, f.Conn, w.Posting.ID, journal.Kept{Digest: journal.PostingDigest(*w.Posting), Remote: f.Remote, At: h.now})
	}
	return nil
}

// invited takes the vendor's word for an invitation into the case: events that came before it can be heard now.
func (h *hearing) invited(ctx context.Context, v *invitation.Invitation, done sdk.Done) error {
	if v == nil {
		return nil
	}
	v.Remote = done.Remote
	if done.Invited != nil {
		v.Remote, v.URL, v.PassingScore = done.Invited.Remote, done.Invited.URL, done.Invited.PassingScore
	}
	if v.Remote != "" {
		h.news = append(h.news, journal.Subject{Conn: v.Vendor, ID: v.Remote})
	}
	h.tell(v, sdk.Event{ID: sdk.ContentID(string(v.Key), "invited"), Kind: sdk.KindInvited, At: h.now})
	if h.c.Deleted {
		return h.deletions(ctx)
	}
	return nil
}
