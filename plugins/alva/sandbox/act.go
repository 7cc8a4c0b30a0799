package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// acts is what people do: candidates, recruiters, and Alva's own machines. The package's doc says what each takes.
func (p *product) acts() map[string]kit.Act {
	return map[string]kit.Act{
		"open":     on(p, func(c *candidate, _ who) error { return p.open(c) }),
		"start":    on(p, func(c *candidate, _ who) error { return p.start(c) }),
		"pause":    on(p, func(c *candidate, _ who) error { return p.pause(c) }),
		"submit":   on(p, p.submit),
		"score":    on(p, p.scored),
		"evaluate": on(p, p.evaluate),
		"remove":   on(p, func(c *candidate, _ who) error { p.remove(c); return nil }),
		"bounce": on(p, func(c *candidate, a trouble) error {
			return p.bounce(c, cmp.Or(a.Type, "hard"), cmp.Or(a.Reason, "mailbox does not exist"))
		}),
		"fail":          on(p, func(c *candidate, a trouble) error { return p.fail(c, cmp.Or(a.Reason, "vendor_error")) }),
		"stored-result": do(p, p.storeEarlier),
		"known-user": do(p, func(a struct{ Email string }) (any, error) {
			p.users[strings.ToLower(a.Email)] = true
			return map[string]string{"email": a.Email}, nil
		}),
		"test-profile": do(p, func(a struct{ Name string }) (any, error) { return *p.addProfile(a.Name), nil }),
		"webhook":      do(p, func(a kernel.Subscription) (any, error) { return p.hooks.Add(a) }),
		"revoke-key":   do(p, p.gate.Revoke),
		"restore-key":  do(p, p.gate.Restore),

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

// on makes an act about a candidate, which answers with her state.
func on[A interface{ named() who }](p *product, f func(*candidate, A) error) kit.Act {
	return do(p, func(a A) (any, error) {
		c, err := p.whom(a.named())
		if err == nil {
			err = f(c, a)
		}
		if err != nil {
			return nil, err
		}
		return p.view(c), nil
	})
}

// who names a candidate; of several the newest is meant.
type who struct {
	Candidate   string `json:"candidate"`
	Application string `json:"application"` // the ATS's id
	Posting     string `json:"posting"`     // the ATS's id
	Email       string `json:"email"`
}

func (w who) named() who { return w }

func (p *product) whom(w who) (*candidate, error) {
	matches := func(c *candidate) bool {
		return (w.Candidate == "" || w.Candidate == c.ID) && (w.Application == "" || w.Application == c.external.ApplicationID) &&
			(w.Posting == "" || w.Posting == p.positions[c.PositionID].ExternalID) &&
			(w.Email == "" || strings.EqualFold(w.Email, c.person.Email))
	}
	if w == (who{}) {
		return nil, errors.New("name the candidate by candidate, application, posting or email")
	}
	if c := p.candidates[w.Candidate]; c != nil && matches(c) {
		return c, nil
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		if matches(p.order[i]) {
			return p.order[i], nil
		}
	}
	return nil, fmt.Errorf("candidate %+v: %w", w, kit.ErrNotFound)
}

// trouble is a bounce or a failure.
type trouble struct {
	who
	Type   string `json:"type"` // of a bounce: hard or soft
	Reason string `json:"reason"`
}

// scoring is a role fit, and the tests it rests on.
type scoring struct {
	who
	Score    json.Number `json:"score"`    // absent: what the tests amount to
	Tests    []test      `json:"tests"`    // those not named get a score that fits
	Final    *bool       `json:"final"`    // absent: true
	Revision int         `json:"revision"` // 0: the next
}

// fit is a role fit as an act gives it; or without one, the other.
func fit(n json.Number, other float64) (float64, error) {
	if n == "" {
		return other, nil
	}
	score, err := n.Float64()
	if err != nil || score < 0 || score > 100 {
		return 0, fmt.Errorf("score %s is not from 0 to 100", n)
	}
	return score, nil
}

func (p *product) open(c *candidate) error {
	if c.Invitation.Status != sent && c.Invitation.Status != started {
		return illegal(c, "open")
	}
	c.opened = true
	return nil
}

func (p *product) pause(c *candidate) error {
	if c.Invitation.Status != started {
		return illegal(c, "pause")
	}
	c.paused = true
	return nil
}

// submit finishes every test, and leaves the role fit open.
func (p *product) submit(c *candidate, a scoring) error {
	score, err := fit(a.Score, 50)
	if err == nil {
		err = p.start(c)
	}
	if err == nil {
		p.finishAll(c, score)
	}
	return err
}

// scored has the candidate take the tests, if she has not, and tells the role fit.
func (p *product) scored(c *candidate, a scoring) error {
	if err := checkTests(kit.Each(a.Tests, func(t test) string { return t.Kind })); err != nil {
		return err
	}
	tests := kit.Each(a.Tests, p.onScale)
	score, err := fit(a.Score, fitOf(slices.Concat(c.Tests, tests)))
	if err == nil && c.Invitation.Status != completed {
		err = p.start(c)
	}
	if err != nil {
		return err
	}
	final := a.Final == nil || *a.Final
	p.finish(c, tests...)
	if final {
		p.finishAll(c, score)
	}
	p.score(c, score, final, a.Revision)
	return nil
}

// onScale completes a test that an act gives: scale and time are as Alva's if it does not say.
func (p *product) onScale(t test) test {
	usual := newTest(t.Kind, 0, p.Clock.Now())
	if t.ScaleMax <= t.ScaleMin {
		t.ScaleMin, t.ScaleMax = usual.ScaleMin, usual.ScaleMax
	}
	if t.CompletedAt.IsZero() {
		t.CompletedAt = usual.CompletedAt
	}
	return t
}

// evaluate recalculates a role fit that is there.
func (p *product) evaluate(c *candidate, a scoring) error {
	if c.RoleFit == nil {
		return illegal(c, "evaluate")
	}
	return p.scored(c, a)
}

// earlier is what a person finished before, at another position.
type earlier struct {
	Email       string      `json:"email"`
	Score       json.Number `json:"score"`
	Tests       []string    `json:"tests"`        // none: all
	CompletedAt time.Time   `json:"completed_at"` // absent: now
}

func (p *product) storeEarlier(a earlier) (any, error) {
	score, err := fit(a.Score, 50)
	if err == nil {
		err = checkTests(a.Tests)
	}
	if err != nil {
		return nil, err
	}
	if len(a.Tests) == 0 {
		a.Tests = testKinds
	}
	if a.CompletedAt.IsZero() {
		a.CompletedAt = p.Clock.Now()
	}
	var kept []test
	for _, kind := range a.Tests {
		kept = append(kept, newTest(kind, score, a.CompletedAt))
		p.store(a.Email, kept[len(kept)-1])
	}
	return kept, nil
}
