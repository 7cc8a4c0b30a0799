package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// acts is what people do: candidates, recruiters, and Alex himself. The package's doc says what each takes.
func (p *product) acts() map[string]kit.Act {
	return map[string]kit.Act{
		"open":     on(p, func(i *invite, _ who) error { return p.open(i) }),
		"book":     on(p, p.bookSlot),
		"miss":     on(p, func(i *invite, _ who) error { return p.miss(i) }),
		"start":    on(p, func(i *invite, _ who) error { return p.start(i) }),
		"pause":    on(p, func(i *invite, _ who) error { return p.pause(i) }),
		"end":      on(p, func(i *invite, _ who) error { return p.finish(i) }),
		"complete": on(p, p.complete),
		"abandon":  on(p, func(i *invite, _ who) error { return p.abandon(i) }),
		"expire":   on(p, func(i *invite, _ who) error { return p.expire(i) }),
		"cancel":   on(p, func(i *invite, _ who) error { return p.cancel(i) }),
		"report":   on(p, p.serveReport),
		"bounce": on(p, func(i *invite, a trouble) error {
			return p.bounce(i, cmp.Or(a.Type, "hard"), cmp.Or(a.Reason, "mailbox does not exist"))
		}),
		"fail":          on(p, func(i *invite, a trouble) error { return p.fail(i, cmp.Or(a.Reason, "vendor_error")) }),
		"webhook":       do(p, p.setHook),
		"rotate-secret": do(p, p.rotate),
		"invitation-delay": do(p, func(a struct{ By kit.Duration }) (any, error) {
			p.delay = time.Duration(a.By)
			return a, nil
		}),
		"retakes":     do(p, func(a struct{ Allowed bool }) (any, error) { p.retakes = a.Allowed; return a, nil }),
		"revoke-key":  do(p, p.gate.Revoke),
		"restore-key": do(p, p.gate.Restore),
	}
}

// do makes an act that runs under the lock. What it returns is written after that, so it must be a copy.
func do[A any](p *product, f func(A) (any, error)) kit.Act {
	return kit.Do(func(a A) (any, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return f(a)
	})
}

// on makes an act about an invite, which answers with its state.
func on[A interface{ named() who }](p *product, f func(*invite, A) error) kit.Act {
	return do(p, func(a A) (any, error) {
		i, err := p.whose(a.named())
		if err == nil {
			err = f(i, a)
		}
		if err != nil {
			return nil, err
		}
		return p.view(i), nil
	})
}

// who names an invite; of several the newest is meant.
type who struct {
	Invite      string `json:"invite"`
	Candidate   string `json:"candidate"`
	Application string `json:"application"` // the ATS's id
	Posting     string `json:"posting"`     // the ATS's id
	Email       string `json:"email"`
}

func (w who) named() who { return w }

func (p *product) whose(w who) (*invite, error) {
	if w == (who{}) {
		return nil, errors.New("name the invite by invite, candidate, application, posting or email")
	}
	i := p.newest(func(i *invite) bool {
		return (w.Invite == "" || w.Invite == i.InviteID) && (w.Candidate == "" || w.Candidate == i.CandidateID) &&
			(w.Application == "" || w.Application == i.external.ApplicationID) &&
			(w.Posting == "" || w.Posting == p.position(i.PositionID).ExternalID) &&
			(w.Email == "" || strings.EqualFold(w.Email, p.candidate(i.CandidateID).Email))
	})
	if i == nil {
		return nil, fmt.Errorf("invite %+v: %w", w, kit.ErrNotFound)
	}
	return i, nil
}

// trouble is a bounce or a failure.
type trouble struct {
	who
	Type   string `json:"type"` // of a bounce: hard or soft
	Reason string `json:"reason"`
}

// slot is when a candidate wants to be interviewed.
type slot struct {
	who
	At time.Time `json:"at"` // absent: the same time tomorrow
}

func (p *product) bookSlot(i *invite, a slot) error {
	if a.At.IsZero() {
		a.At = p.Clock.Now().Add(24 * time.Hour)
	}
	return p.book(i, a.At)
}

// serving is how the PDF of a report is served from now on.
type serving struct {
	who
	Serve string `json:"serve"`
}

func (p *product) serveReport(i *invite, a serving) error {
	q := find(p.reports, func(q *report) bool { return q.InviteID == i.InviteID })
	if q == nil {
		return errors.New("there is no report yet")
	}
	if err := checkServe(a.Serve); err != nil {
		return err
	}
	q.serve = a.Serve
	return nil
}
