package hearing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Complete makes a planned write what it should be now. A drop is why it is not made after all.
func (h *Hearing) Complete(ctx context.Context, f *journal.Effect, stages []sdk.Stage) (w sdk.Write, drop effect.Input, err error) {
	w = f.Write
	switch {
	case h.ending() != "" && !farewell(f.Verb):
		drop = effect.Drop{Reason: h.ending()}
	case f.Verb == sdk.VerbMove:
		w.Move, drop = h.forward(f, stages)
	case f.Durable() && f.Attempt > 0:
		// What was sent under a key stays what it was.
	case f.Verb == sdk.VerbTags:
		w.Tags, drop = h.swapOf(f)
	case f.Verb == sdk.VerbInvite:
		invite := *w.Invite
		w.Invite = &invite
		var kept journal.Kept
		kept, err = h.Journal.Kept(ctx, f.Conn, invite.Posting.ID)
		invite.PostingAt = kept.Remote
	case f.Verb == sdk.VerbPosting:
		var kept journal.Kept
		if kept, err = h.Journal.Kept(ctx, f.Conn, w.Posting.ID); kept.Digest == journal.PostingDigest(*w.Posting) {
			drop = effect.Drop{Reason: "the vendor's copy is as it should be"}
		}
	case f.Verb == sdk.VerbReport:
		if w.Report = (&sdk.Report{Callbacks: h.callbacks(f.Invitation)}); len(w.Report.Callbacks) == 0 {
			drop = effect.Drop{Reason: "nobody asked to be told"}
		}
	case f.Verb == sdk.VerbDelete:
		gone := *w.Delete
		w.Delete = &gone
		gone.Everywhere, err = h.last(ctx)
	}
	return w, drop, err
}

// forward resolves a move's stage and keeps it from leading backwards, or from leaving the evidence behind.
func (h *Hearing) forward(f *journal.Effect, stages []sdk.Stage) (*sdk.Move, effect.Input) {
	app := h.Case.Last.Application
	to, ok := Stage(stages, f.Write.Move.Stage)
	at, known := Stage(stages, app.Stage.ID)
	missing := slices.ContainsFunc(h.Case.Effects, func(o journal.Effect) bool {
		return o.Pairing == f.Pairing && o.Invitation == f.Invitation && o.Parked() && slices.Contains(evidence, o.Verb)
	})
	switch {
	case !ok:
		names := slices.Sorted(maps.Keys(byName(stages)))
		return nil, effect.Refused{
			Reason: "unknown_stage", Detail: fmt.Sprintf("no stage is named %q; there are: %s", f.Write.Move.Stage, strings.Join(names, ", ")),
		}
	case app.Stage.ID != "" && !known:
		return nil, effect.Refused{Reason: "unknown_stage", Detail: fmt.Sprintf("it is in %q, which is not in the pipeline", app.Stage.Name)}
	case missing:
		return nil, effect.Refused{Reason: "evidence_missing", Detail: "a link, note, feedback or file that belongs to it is parked; retry the move after that"}
	case !app.Active:
		return nil, effect.Drop{Reason: "the application is no longer active"}
	case at.Index >= to.Index:
		return nil, effect.Drop{Reason: fmt.Sprintf("it is in %q already, which does not lie before %q", app.Stage.Name, to.Name)}
	}
	return &sdk.Move{Application: h.Case.Application, Stage: to.ID}, nil
}

func byName(stages []sdk.Stage) map[string]sdk.Stage {
	out := map[string]sdk.Stage{}
	for _, s := range stages {
		out[s.Name] = s
	}
	return out
}

// evidence is what a move waits for.
var evidence = []sdk.Verb{sdk.VerbLink, sdk.VerbNote, sdk.VerbFeedback, sdk.VerbFile}
