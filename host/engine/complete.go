package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// complete makes a planned write what it should be now. A drop is why it is not made after all.
func (h *hearing) complete(ctx context.Context, f *journal.Effect, stages []sdk.Stage) (w sdk.Write, drop effect.Input, err error) {
	w = f.Write
	switch f.Verb {
	case sdk.VerbTags:
		p := h.pairings[f.Pairing]
		if p == nil {
			return w, effect.Drop{Reason: "its pairing is no longer configured"}, nil
		}
		add, remove := swap(h.wanted(p), h.c.Shown[p.Label], h.c.Last.Application.Tags)
		if len(add)+len(remove) == 0 {
			return w, effect.Drop{Reason: "the tags are as they should be"}, nil
		}
		w.Tags = &sdk.Tags{Application: h.c.Application, Add: add, Remove: remove}
	case sdk.VerbMove:
		w.Move, drop = h.forward(f, stages)
	case sdk.VerbInvite:
		if f.Attempt > 0 {
			return w, nil, nil // the body of a key never changes
		}
		invite := *w.Invite
		w.Invite = &invite
		kept, err := h.Journal.Kept(ctx, f.Conn, invite.Posting.ID)
		invite.PostingAt = kept.Remote
		return w, nil, err
	}
	return w, drop, nil
}

// forward resolves a move's stage and keeps it from leading backwards, or from leaving the evidence behind.
func (h *hearing) forward(f *journal.Effect, stages []sdk.Stage) (*sdk.Move, effect.Input) {
	app := h.c.Last.Application
	to, ok := stage(stages, f.Write.Move.Stage)
	at, _ := stage(stages, app.Stage.ID)
	missing := slices.ContainsFunc(h.c.Effects, func(o journal.Effect) bool {
		return o.Pairing == f.Pairing && o.Invitation == f.Invitation && o.Parked() && slices.Contains(evidence, o.Verb)
	})
	switch {
	case !ok:
		names := slices.Sorted(maps.Keys(byName(stages)))
		return nil, effect.Refused{Reason: "unknown_stage", Detail: fmt.Sprintf("no stage is named %q; there are: %s", f.Write.Move.Stage, strings.Join(names, ", "))}
	case missing:
		return nil, effect.Refused{Reason: "evidence_missing", Detail: "a link or note that belongs to it is parked; retry the move after that"}
	case !app.Active:
		return nil, effect.Drop{Reason: "the application is no longer active"}
	case at.Index >= to.Index:
		return nil, effect.Drop{Reason: fmt.Sprintf("it is in %q already, which does not lie before %q", app.Stage.Name, to.Name)}
	}
	return &sdk.Move{Application: h.c.Application, Stage: to.ID}, nil
}

func byName(stages []sdk.Stage) map[string]sdk.Stage {
	out := map[string]sdk.Stage{}
	for _, s := range stages {
		out[s.Name] = s
	}
	return out
}

// stage finds a stage by id or by name.
func stage(stages []sdk.Stage, name string) (sdk.Stage, bool) {
	i := slices.IndexFunc(stages, func(s sdk.Stage) bool { return s.ID == name || s.Name == strings.TrimSpace(name) })
	if i < 0 {
		return sdk.Stage{Index: -1}, false
	}
	return stages[i], true
}

// giveUp ends, or parks, an effect without a call.
func (h *hearing) giveUp(ctx context.Context, f *journal.Effect, why effect.Input) error {
	if _, parks := why.(effect.Refused); parks {
		// Only a call can be refused: this one is over before it began.
		if err := h.on(f, effect.Calling{SendBy: h.now.Add(time.Second)}); err != nil {
			return err
		}
	}
	if err := h.on(f, why); err != nil {
		return err
	}
	return h.ended(ctx, f, sdk.Done{})
}

// catalog keeps what products list, for a while: calls are the scarce good.
type catalog struct {
	mu          sync.Mutex
	stages      map[string]listed[sdk.Stage]
	assessments map[string]listed[sdk.Assessment]
}

type listed[T any] struct {
	all []T
	at  time.Time
}

// catalogAge is how old a list may be. One that lacks a name in use is read again at once.
const catalogAge = 10 * time.Minute

// stagesFor is the ATS's pipeline, for an effect that needs it.
func (e *Engine) stagesFor(ctx context.Context, f journal.Effect) ([]sdk.Stage, error) {
	if f.Verb != sdk.VerbMove {
		return nil, nil
	}
	e.catalog.mu.Lock()
	defer e.catalog.mu.Unlock()
	had := e.catalog.stages[f.Conn]
	if _, ok := stage(had.all, f.Write.Move.Stage); ok && e.Clock.Now().Sub(had.at) < catalogAge {
		return had.all, nil
	}
	all, err := collect(e.Connections[f.Conn].Stages(ctx))
	if err != nil {
		return nil, err
	}
	if e.catalog.stages == nil {
		e.catalog.stages = map[string]listed[sdk.Stage]{}
	}
	e.catalog.stages[f.Conn] = listed[sdk.Stage]{all, e.Clock.Now()}
	return all, nil
}

// catalogs is the assessments of each vendor that a pairing of the ATS chooses from by name.
func (e *Engine) catalogs(ctx context.Context, ats string) (map[string][]sdk.Assessment, error) {
	out := map[string][]sdk.Assessment{}
	for _, p := range e.Pairings {
		if p.ATS != ats || !p.Needs().Assessments || out[p.Vendor] != nil {
			continue
		}
		all, err := e.assessments(ctx, p.Vendor)
		if err != nil {
			return nil, err
		}
		out[p.Vendor] = all
	}
	return out, nil
}

func (e *Engine) assessments(ctx context.Context, vendor string) ([]sdk.Assessment, error) {
	e.catalog.mu.Lock()
	defer e.catalog.mu.Unlock()
	had, ok := e.catalog.assessments[vendor]
	if ok && e.Clock.Now().Sub(had.at) < catalogAge {
		return had.all, nil
	}
	all, err := collect(e.Connections[vendor].Assessments(ctx))
	if err != nil {
		return nil, err
	}
	if e.catalog.assessments == nil {
		e.catalog.assessments = map[string]listed[sdk.Assessment]{}
	}
	e.catalog.assessments[vendor] = listed[sdk.Assessment]{all, e.Clock.Now()}
	return all, nil
}

// stageOf is a stage by its id, as the pipeline was read last.
func (e *Engine) stageOf(ats, id string) sdk.Stage {
	e.catalog.mu.Lock()
	defer e.catalog.mu.Unlock()
	if s, ok := stage(e.catalog.stages[ats].all, id); ok {
		return s
	}
	return sdk.Stage{ID: id, Index: -1}
}

func collect[T any](seq func(func(T, error) bool)) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// resting is the connections whose credential is no longer accepted: their work waits.
type resting struct {
	mu     sync.Mutex
	untils map[string]time.Time
}

// restTime is how long a connection is left alone before it is tried again.
const restTime = time.Minute

// disconnected puts a connection to rest and tells until when.
func (e *Engine) disconnected(conn string) time.Time {
	until := e.Clock.Now().Add(restTime)
	e.rest.mu.Lock()
	defer e.rest.mu.Unlock()
	if e.rest.untils == nil {
		e.rest.untils = map[string]time.Time{}
	}
	if _, known := e.rest.untils[conn]; !known {
		e.Log.Error("disconnected: the credential is no longer accepted; its work waits", "connection", conn)
	}
	e.rest.untils[conn] = until
	return until
}

// connected ends the rest of a connection that was disconnected.
func (e *Engine) connected(conn string) {
	e.rest.mu.Lock()
	defer e.rest.mu.Unlock()
	if _, known := e.rest.untils[conn]; known {
		delete(e.rest.untils, conn)
		e.Log.Info("connected again: the credential is accepted", "connection", conn)
	}
}

// Disconnected tells whether the credential of a connection was refused when it was last used.
func (e *Engine) Disconnected(conn string) bool {
	e.rest.mu.Lock()
	defer e.rest.mu.Unlock()
	_, known := e.rest.untils[conn]
	return known
}

// until tells whether a connection rests.
func (r *resting) until(conn string, now time.Time) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, ok := r.untils[conn]
	return until, ok && now.Before(until)
}
