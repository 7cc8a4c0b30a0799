package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// acts is what people do: candidates, recruiters, and Hired's own machines. The package's doc says what each takes.
func (p *product) acts() map[string]kit.Act {
	return map[string]kit.Act{
		"open":    on(p, func(i *invitation, _ who) error { return p.read(i) }),
		"start":   on(p, func(i *invitation, _ who) error { return p.start(i) }),
		"cancel":  on(p, func(i *invitation, _ who) error { return p.cancel(i, "by_employer") }),
		"decline": on(p, func(i *invitation, _ who) error { return p.cancel(i, "declined") }),
		"expire":  on(p, func(i *invitation, _ who) error { return p.expire(i) }),
		"bounce": on(p, func(i *invitation, a trouble) error {
			return p.bounce(i, cmp.Or(a.Type, "hard"), cmp.Or(a.Reason, "mailbox does not exist"))
		}),
		"submit": on(p, p.submit),
		"score":  on(p, p.scored),
		"extend": on(p, func(i *invitation, a moreTime) error {
			days, err := a.Days.Int64()
			if err != nil || days < 1 || days > mostDays {
				return fmt.Errorf("days are 1 to %d", mostDays)
			}
			return p.extend(i, p.Clock.Now().AddDate(0, 0, int(days)))
		}),
		"test":                  do(p, func(a newTest) (any, error) { return *p.addTest(a), nil }),
		"webhook":               do(p, func(a kernel.Subscription) (any, error) { return p.hooks.Add(a) }),
		"revoke-key":            do(p, p.gate.Revoke),
		"restore-key":           do(p, p.gate.Restore),
		"greenhouse-key":        do(p, p.greenhouse.NewKey),
		"revoke-greenhouse-key": do(p, p.greenhouse.Revoke),
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

// on makes an act about an invitation, which answers with its state.
func on[A interface{ named() who }](p *product, f func(*invitation, A) error) kit.Act {
	return do(p, func(a A) (any, error) {
		i, err := p.whom(a.named())
		if err == nil {
			err = f(i, a)
		}
		if err != nil {
			return nil, err
		}
		return view(i), nil
	})
}

// who names an invitation; of several the newest is meant.
type who struct {
	Invitation  string `json:"invitation"`
	Application string `json:"application"` // the ATS's id
	Test        string `json:"test"`        // its name
	Email       string `json:"email"`
}

func (w who) named() who { return w }

func (w who) means(i *invitation) bool {
	return (w.Invitation == "" || w.Invitation == i.ID) && (w.Application == "" || w.Application == i.external.ApplicationID) &&
		(w.Test == "" || w.Test == i.Test.Name) && (w.Email == "" || strings.EqualFold(w.Email, i.person.Email))
}

func (p *product) whom(w who) (*invitation, error) {
	if w == (who{}) {
		return nil, errors.New("name the invitation by invitation, application, test or email")
	}
	for n := len(p.order) - 1; n >= 0; n-- {
		if w.means(p.order[n]) {
			return p.order[n], nil
		}
	}
	return nil, fmt.Errorf("invitation %+v: %w", w, kit.ErrNotFound)
}

// trouble is a bounce.
type trouble struct {
	who
	Type   string `json:"type"` // hard or soft
	Reason string `json:"reason"`
}

type moreTime struct {
	who
	Days json.Number `json:"days"` // from now
}

// scoring is a result as an act gives it; what is absent is as it would be.
type scoring struct {
	who
	Score    json.Number `json:"score"` // in points
	Language string      `json:"language"`
	Seconds  int         `json:"seconds"`
	Revision int         `json:"revision"` // absent: the next
}

func (p *product) read(i *invitation) error {
	if !i.open() {
		return illegal(i, "open")
	}
	i.opened = true
	return nil
}

// submit finishes a test that is open.
func (p *product) submit(i *invitation, a scoring) error {
	if !i.open() {
		return illegal(i, "submit")
	}
	return p.scored(i, a)
}

// scored finishes a test, or corrects what came of it.
func (p *product) scored(i *invitation, a scoring) error {
	m := marks{score: i.of.MaxScore / 2, language: a.Language, seconds: a.Seconds, revision: a.Revision}
	if a.Score != "" {
		var err error
		if m.score, err = a.Score.Float64(); err != nil || m.score < 0 || m.score > i.of.MaxScore {
			return fmt.Errorf("score %s is not from 0 to %v", a.Score, i.of.MaxScore)
		}
	}
	return p.finish(i, m)
}
