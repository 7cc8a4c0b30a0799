package kernel

import (
	"crypto/sha256"
	"sync"
	"time"
)

// answers remembers what each idempotency key was answered.
type answers struct {
	now func() time.Time

	mu    sync.Mutex
	byKey map[string]*answered
	order []*answered // as they were made
}

// answered is immutable once done.
type answered struct {
	key     string
	at      time.Time
	done    bool
	request [sha256.Size]byte
	status  int
	body    []byte
}

func newAnswers(now func() time.Time) *answers {
	return &answers{now: now, byKey: map[string]*answered{}}
}

// take claims a key; mine is false if it was answered before. It is nil while another request has it.
func (a *answers) take(key string) (kept *answered, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for len(a.order) > 0 && a.order[0].at.Add(keysKeptFor).Before(now) {
		if old := a.order[0]; a.byKey[old.key] == old {
			delete(a.byKey, old.key)
		}
		a.order[0] = nil
		a.order = a.order[1:]
	}
	switch kept := a.byKey[key]; {
	case kept == nil:
		kept = &answered{key: key, at: now}
		a.byKey[key] = kept
		return kept, true
	case !kept.done:
		return nil, false
	default:
		return kept, false
	}
}

func (a *answers) keep(k *answered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k.done = true
	a.order = append(a.order, k)
}

func (a *answers) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byKey, key)
}
