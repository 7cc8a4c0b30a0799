package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// acts is what people do: candidates, graders, recruiters, the account's owner. The package's doc says what each takes.
func (p *product) acts() map[string]kit.Act {
	return map[string]kit.Act{
		"open":    on(p, func(t *participant, _ who) error { return p.read(t) }),
		"start":   on(p, func(t *participant, _ who) error { return p.start(t) }),
		"expire":  on(p, func(t *participant, _ who) error { return p.expire(t) }),
		"resend":  on(p, func(t *participant, _ who) error { return p.resend(t) }),
		"decline": on(p, func(t *participant, _ who) error { return p.cancel(t, declined) }),
		"cancel":  on(p, func(t *participant, a trouble) error { return p.cancel(t, a.Reason) }),
		"bounce": on(p, func(t *participant, a trouble) error {
			return p.bounce(t, cmp.Or(a.Type, "hard"), cmp.Or(a.Reason, "mailbox does not exist"))
		}),
		"extend":        on(p, p.moreTime),
		"submit":        on(p, p.submitted),
		"evaluate":      on(p, p.evaluated),
		"evaluate-part": on(p, p.partlyEvaluated),
		"score":         on(p, p.scored),

		"assessment":           do(p, func(a settings) (any, error) { return p.makeAssessment(a) }),
		"assessment-edit":      do(p, p.editAssessment),
		"assessment-duplicate": do(p, p.duplicateAssessment),

		"account":               do(p, p.changeAccount),
		"webhook":               do(p, func(a kernel.Subscription) (any, error) { return p.hooks.Add(a) }),
		"greenhouse-key":        do(p, p.greenhouse.NewKey),
		"revoke-greenhouse-key": do(p, p.greenhouse.Revoke),
		"callback-host":         do(p, p.allowHost),
		"revoke-key":            do(p, p.gate.Revoke),
		"restore-key":           do(p, p.gate.Restore),
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

// on makes an act about a participant, which answers with her state.
func on[A interface{ named() who }](p *product, f func(*participant, A) error) kit.Act {
	return do(p, func(a A) (any, error) {
		t, err := p.whom(a.named())
		if err == nil {
			err = f(t, a)
		}
		if err != nil {
			return nil, err
		}
		return p.view(t), nil
	})
}

// who names a participant; of several the newest is meant.
type who struct {
	Participant string `json:"participant"`
	Application string `json:"application"` // the ATS's id
	Assessment  string `json:"assessment"`  // id or name
	Email       string `json:"email"`
}

func (w who) named() who { return w }

func (w who) means(t *participant) bool {
	return (w.Participant == "" || w.Participant == t.ID) && (w.Application == "" || w.Application == t.External.ApplicationID) &&
		(w.Assessment == "" || w.Assessment == t.Assessment.ID || w.Assessment == t.Assessment.Name) &&
		(w.Email == "" || strings.EqualFold(w.Email, t.person.Email))
}

func (p *product) whom(w who) (*participant, error) {
	if w == (who{}) {
		return nil, errors.New("name the participant by participant, application, assessment or email")
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		if w.means(p.order[i]) {
			return p.order[i], nil
		}
	}
	return nil, fmt.Errorf("participant %+v: %w", w, kit.ErrNotFound)
}

// trouble is a bounce, or an end that somebody wants.
type trouble struct {
	who
	Type   string `json:"type"` // of a bounce: hard or soft
	Reason string `json:"reason"`
}

type moreTime struct {
	who
	Days json.Number `json:"days"` // absent: as many as the assessment gives
}

func (p *product) moreTime(t *participant, a moreTime) error {
	days := int64(t.of.DaysToComplete)
	if a.Days != "" {
		var err error
		if days, err = a.Days.Int64(); err != nil || days < 1 {
			return fmt.Errorf("days %s is no positive number", a.Days)
		}
	}
	return p.extend(t, p.Clock.Now().AddDate(0, 0, int(days)))
}

// marks is what an act says of a result.
type marks struct {
	who
	Score json.Number `json:"score"` // absent: what is there, or 50
	Tests []test      `json:"tests"` // those not named get the score
}

func (m marks) grading(t *participant, open bool) (grading, error) {
	g := grading{score: 50, tests: m.Tests, open: open}
	if t.Result != nil {
		g.score = t.Result.Score
	}
	if m.Score != "" {
		score, err := m.Score.Float64()
		if err != nil || score < 0 || score > 100 {
			return g, fmt.Errorf("score %s is not from 0 to 100", m.Score)
		}
		g.score = score
	}
	return g, nil
}

// attempt is all that a candidate does: her marks, and whether final is false, which leaves the grading open.
type attempt struct {
	marks
	Final *bool `json:"final"`
}

// read is a candidate who opens her mail.
func (p *product) read(t *participant) error {
	if !t.open() {
		return illegal(t, "open")
	}
	t.opened = true
	return nil
}

func (p *product) submitted(t *participant, m marks) error {
	return marked(t, m, t.of.Manual, p.submit)
}
func (p *product) evaluated(t *participant, m marks) error { return marked(t, m, false, p.evaluate) }
func (p *product) partlyEvaluated(t *participant, m marks) error {
	return marked(t, m, true, p.evaluate)
}

func (p *product) scored(t *participant, m attempt) error {
	return marked(t, m.marks, m.Final != nil && !*m.Final, p.finish)
}

func marked(t *participant, m marks, open bool, do func(*participant, grading) error) error {
	g, err := m.grading(t, open)
	if err != nil {
		return err
	}
	return do(t, g)
}

func (p *product) makeAssessment(s settings) (any, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Name == "" {
		return nil, errors.New("an assessment needs a name")
	}
	return *p.newAssessment(s), nil
}

// edit names an assessment, by id or by name, and what is to be otherwise.
type edit struct {
	Assessment string `json:"assessment"`
	settings
}

// meant is the assessment with this id, or the newest with this name.
func (p *product) meant(idOrName string) (*assessment, error) {
	for i := len(p.assessments) - 1; i >= 0; i-- {
		if a := p.assessments[i]; a.ID == idOrName || a.Name == idOrName {
			return a, nil
		}
	}
	return nil, fmt.Errorf("assessment %q: %w", idOrName, kit.ErrNotFound)
}

func (p *product) editAssessment(e edit) (any, error) {
	a, err := p.meant(e.Assessment)
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return nil, err
	}
	e.apply(a)
	return *a, nil
}

func (p *product) duplicateAssessment(a struct{ Assessment string }) (any, error) {
	from, err := p.meant(a.Assessment)
	if err != nil {
		return nil, err
	}
	twin := *from
	twin.ID, twin.CreatedAt = p.ids.Next("asm"), p.Clock.Now()
	p.assessments = append(p.assessments, &twin)
	return twin, nil
}

func (p *product) changeAccount(a struct {
	Organisation string `json:"organisation"`
	Owner        string `json:"owner"`
	Quota        *int   `json:"quota"`
}) (any, error) {
	p.account.Organisation, p.account.Owner = cmp.Or(a.Organisation, p.account.Organisation), cmp.Or(a.Owner, p.account.Owner)
	set(&p.account.Quota, a.Quota)
	return p.account, nil
}

func (p *product) allowHost(a struct{ Host string }) (any, error) {
	if u, err := url.Parse("//" + a.Host); err != nil || u.Host != a.Host || a.Host == "" {
		return nil, fmt.Errorf("%q is no host or host:port", a.Host)
	}
	p.greenhouse.hosts[a.Host] = true
	return map[string]string{"host": a.Host}, nil
}
