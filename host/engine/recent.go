package engine

import (
	"context"
	"sync"

	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
)

// recent keeps cases as they are on record, for the task that is about to take them up again: to read one back costs more than to decide on
// it. Only who holds an application's lock takes or keeps its case, and whoever took it keeps it again only if it is as it is on record.
type recent struct {
	mu    sync.Mutex
	cases map[journal.Subject]*journal.Case
}

// recentCases is how many are kept: those of the tasks that may be in flight, and of the answers that follow soon. What is beyond is read back.
const recentCases = 1024

// take gives the case of an application away; nil if it is not kept.
func (r *recent) take(s journal.Subject) *journal.Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.cases[s]
	delete(r.cases, s)
	return c
}

// keep keeps a case, in the place of any other if there are too many.
func (r *recent) keep(c *journal.Case) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cases == nil {
		r.cases = map[journal.Subject]*journal.Case{}
	}
	for s := range r.cases {
		if len(r.cases) < recentCases {
			break
		}
		delete(r.cases, s)
	}
	r.cases[journal.Subject{Conn: c.ATS, ID: c.Application}] = c
}

// open takes up the case of an application, which is locked.
func (e *Engine) open(ctx context.Context, s journal.Subject) (*hearing.Hearing, error) {
	c := e.recent.take(s)
	if c == nil {
		var err error
		if c, err = e.Journal.Load(ctx, s.Conn, s.ID); err != nil {
			return nil, err
		}
	}
	return e.hearings.Open(c), nil
}

// see shows the case of an application, which is not locked, to look: what look keeps of it must not be what a later hearing changes.
func (e *Engine) see(ctx context.Context, s journal.Subject, look func(*journal.Case)) error {
	defer e.locks.Take(s)()
	h, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	look(h.Case)
	e.recent.keep(h.Case)
	return nil
}
