package sandbox

import (
	"slices"
	"sort"
	"sync"
	"time"
)

// Entry is one request that reached the product, or a fault in front of it.
type Entry struct {
	N      int       `json:"n"`  // counts from 1, in the order of answering
	At     time.Time `json:"at"` // when it came in
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Status int       `json:"status"`          // what the product answered, also when the answer was lost; 0: it was not asked
	Fault  string    `json:"fault,omitempty"` // the kind of the fault that struck
}

// Log remembers the newest requests. Entries are written before the caller has the whole answer.
type Log struct {
	mu        sync.Mutex
	entries   []Entry
	last      int
	forgotten int
}

const logKeeps = 500_000

func (l *Log) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.N = l.last
	l.entries = append(l.entries, e)
	if len(l.entries) >= 2*logKeeps { // forgetting half at once keeps adding cheap
		l.forgotten += logKeeps
		l.entries = slices.Clone(l.entries[logKeeps:])
	}
}

// Since gives the entries after number n, the number of the last one, and how many were forgotten since the start because they were many.
func (l *Log) Since(n int) (entries []Entry, last, forgotten int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := sort.Search(len(l.entries), func(i int) bool { return l.entries[i].N > n })
	return slices.Clone(l.entries[from:]), l.last, l.forgotten
}

// Clear forgets all entries; numbers go on.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.forgotten = nil, 0
}
