package engine

import (
	"cmp"
	"context"
	"sync"

	"github.com/patchbay-dev/patchbay/host/hearing"
	"github.com/patchbay-dev/patchbay/host/journal"
)

// recent keeps cases as they are on record, for the task that is about to take them up again: to read one back costs more than to decide on
// it. Only who holds an application's lock takes or keeps its case, and whoever took it keeps it again only if it is as it is on record.
type recent struct {
	mu         sync.Mutex
	young, old map[journal.Subject]*journal.Case // when the young are many they become the old, and the old are let go
}

// recentCases is how many are kept at least, those that were kept last; twice as many at most. That is enough for the tasks that may be in
// flight. What is beyond is read back.
const recentCases = 512

// take gives the case of an application away; nil if it is not kept.
func (r *recent) take(s journal.Subject) *journal.Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := cmp.Or(r.young[s], r.old[s])
	delete(r.young, s)
	delete(r.old, s)
	return c
}

// keep keeps a case.
func (r *recent) keep(c *journal.Case) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil || len(r.young) == recentCases {
		r.young, r.old = make(map[journal.Subject]*journal.Case, recentCases), r.young
	}
	r.young[journal.Subject{Conn: c.ATS, ID: c.Application}] = c
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
