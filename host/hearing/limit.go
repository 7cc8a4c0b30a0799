package hearing

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// quotas count the invitations of the last hour of each pairing that has a limit. What a host before this one sent is counted at the first
// question.
type quotas struct {
	mu   sync.Mutex
	sent map[string][]time.Time // by pairing, the oldest first
}

// quota tells whether a pairing may send one more invitation within this hour, and counts it if so.
func (h *Hearing) quota(ctx context.Context, p *rule.Pairing) (bool, error) {
	q := &h.quotas
	q.mu.Lock()
	defer q.mu.Unlock()
	sent, counted := q.sent[p.Label]
	if !counted {
		err := h.Journal.Cases(ctx, func(c *journal.Case) error {
			for _, f := range c.Effects {
				if f.Pairing == p.Label && f.Verb == sdk.VerbInvite && !f.Parked() {
					sent = append(sent, f.Born)
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		slices.SortFunc(sent, time.Time.Compare)
	}
	sent = slices.DeleteFunc(sent, func(at time.Time) bool { return h.Now.Sub(at) >= time.Hour })
	free := len(sent) < p.Limit
	if free {
		sent = append(sent, h.Now)
	}
	if q.sent == nil {
		q.sent = map[string][]time.Time{}
	}
	q.sent[p.Label] = sent
	return free, nil
}
