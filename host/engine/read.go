package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/reach"
	"github.com/patchbay-dev/patchbay/sdk"
)

// ask makes a call that reads, unless the connection rests.
func ask[T any](e *Engine, conn string, read func(Connection) (T, error)) (out T, err error) {
	c := e.Connections[conn]
	if c == nil {
		return out, fmt.Errorf("%s: %w", conn, errAbsent)
	}
	if err := e.rest.Ask(conn); err != nil {
		return out, err
	}
	out, err = read(c)
	return out, e.rest.Learn(conn, err)
}

// stale is how old a reading may be before rules are asked; moveStale before an application is moved, which recruiters do as well.
const (
	stale     = time.Minute
	moveStale = 5 * time.Second
)

// read reads an application now.
func (e *Engine) read(ctx context.Context, s journal.Subject) (*journal.Reading, error) {
	at := e.Clock.Now()
	app, err := ask(e, s.Conn, func(c Connection) (sdk.Application, error) { return c.Application(ctx, s.ID) })
	return &journal.Reading{Application: app, At: at}, err
}

// learn is what there is to know of an application that events are about: what the ATS says now; where it cannot be read, or need not,
// what events told.
func (e *Engine) learn(ctx context.Context, s journal.Subject, arrivals []journal.Arrival) (*journal.Reading, error) {
	var last journal.Reading
	if err := e.see(ctx, s, func(c *journal.Case) { last = c.Last }); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(arrivals, isAnonymization) {
		return &last, nil // whom it is about is known, and gone
	}
	news := false
	for _, a := range arrivals {
		if a.Event.Snapshot != nil {
			last, news = told(last, a), true
		}
	}
	if news {
		return &last, nil
	}
	r, err := e.read(ctx, s)
	if last.Told && refusal(err) != nil && !slices.ContainsFunc(arrivals, isDeletion) {
		return &last, nil
	}
	return r, err
}

// told is a reading with what an event tells of its application: somebody asks for her test, so she is there.
func told(r journal.Reading, a journal.Arrival) journal.Reading {
	app, s := &r.Application, a.Event.Snapshot
	app.ID, app.Candidate, app.URL, app.Active = a.Event.Application, s.Candidate, s.URL, true
	app.Person = cmp.Or(a.Event.Person, app.Person)
	r.At, r.Told = a.Received, true
	return r
}

// reread reads the application of a case again if the last reading is of that age, or of an earlier run of the host, which may have died in
// the middle of a change. It is nil if not, or if the application is not there: what was read last will do.
func (e *Engine) reread(ctx context.Context, s journal.Subject, last time.Time, age time.Duration) (*journal.Reading, error) {
	if e.Clock.Now().Sub(last) < age && !last.Before(e.since) {
		return nil, nil
	}
	r, err := e.read(ctx, s)
	if errors.Is(err, sdk.ErrNotFound) || refusal(err) != nil {
		return nil, nil
	}
	return r, err
}

func isAnonymization(a journal.Arrival) bool { return a.Event.Kind == sdk.KindAnonymized }

func isDeletion(a journal.Arrival) bool { return a.Event.Kind == sdk.KindDeleted }

// early tells whether a read contradicts what was told only just: gone what something happened to, there what is said to be deleted, or
// where it was before it is said to have moved. A product may take a moment to show everywhere what its webhook tells.
func (e *Engine) early(arrivals []journal.Arrival, app sdk.Application, missing bool) bool {
	latest := arrivals[len(arrivals)-1].Received
	moved := func(a journal.Arrival) bool {
		return a.Event.Stage != "" && a.Event.Stage != app.Stage.ID && app.StageSince.Before(a.Event.At)
	}
	contradicted := missing != slices.ContainsFunc(arrivals, isDeletion) || !missing && slices.ContainsFunc(arrivals, moved)
	return contradicted && e.Clock.Now().Sub(latest) < stale
}

// list is what a connection lists, not necessarily now.
func list[T any](
	ctx context.Context, e *Engine, shelf *reach.Shelf[T], conn string, read func(Connection, context.Context) iter.Seq2[T, error],
) ([]T, error) {
	return shelf.List(ctx, conn, func() ([]T, error) {
		return ask(e, conn, func(c Connection) (all []T, err error) {
			for v, err := range read(c, ctx) {
				if err != nil {
					return nil, err
				}
				all = append(all, v)
			}
			return all, nil
		})
	})
}

// stages is an ATS's pipeline, with the stages of these names or ids in it if there are such.
func (e *Engine) stages(ctx context.Context, ats string, names ...string) ([]sdk.Stage, error) {
	for {
		all, err := list(ctx, e, &e.pipelines, ats, Connection.Stages)
		missing := func(name string) bool { _, ok := hearing.Stage(all, name); return name != "" && !ok }
		if err != nil || !slices.ContainsFunc(names, missing) || !e.pipelines.Lacks(ats) {
			return all, err
		}
	}
}

// assessments is what each vendor lists that a pairing of the ATS chooses from by name.
func (e *Engine) assessments(ctx context.Context, ats string) (map[string][]sdk.Assessment, error) {
	out := map[string][]sdk.Assessment{}
	for _, p := range e.Pairings {
		if p.ATS != ats || !p.Needs().Assessments || out[p.Vendor] != nil {
			continue
		}
		all, err := list(ctx, e, &e.catalogs, p.Vendor, Connection.Assessments)
		if err != nil {
			return nil, err
		}
		out[p.Vendor] = all
	}
	return out, nil
}
