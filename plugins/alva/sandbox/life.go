package sandbox

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// validFor is how long a result counts for every position of the organisation.
const validFor = 24

// test is one finished test, on its own scale.
type test struct {
	Kind        string    `json:"kind"`
	Score       float64   `json:"score"`
	ScaleMin    float64   `json:"scale_min"`
	ScaleMax    float64   `json:"scale_max"`
	Sten        int       `json:"sten,omitempty"`
	Reused      bool      `json:"reused"`
	CompletedAt time.Time `json:"completed_at"`
}

type roleFit struct {
	Score     float64   `json:"score"`
	Label     string    `json:"label"`
	Finality  string    `json:"finality"`
	CreatedAt time.Time `json:"created_at"`
}

// label names a role fit by Alva's table (decision 1): the lower bound belongs to the band, fractions are floored.
func label(score float64) string {
	switch floor := math.Floor(score); {
	case floor >= 100:
		return "very_high"
	case floor >= 75:
		return "high"
	case floor >= 50:
		return "medium"
	case floor >= 25:
		return "low"
	}
	return "very_low"
}

var testKinds = []string{"logic", "personality"}

func checkTests(kinds []string) error {
	for i, kind := range kinds {
		if !slices.Contains(testKinds, kind) || slices.Contains(kinds[:i], kind) {
			return kernel.Malformed("tests", "tests are logic and personality, each once")
		}
	}
	return nil
}

// newTest is the test that somebody with this role fit would have finished: logic lies on 1 to 10, personality on 0 to 100.
func newTest(kind string, fit float64, at time.Time) test {
	if kind == "logic" {
		sten := 1 + int(math.Round(fit*9/100))
		return test{Kind: kind, Score: float64(sten), ScaleMin: 1, ScaleMax: 10, Sten: sten, CompletedAt: at}
	}
	return test{Kind: kind, Score: fit, ScaleMin: 0, ScaleMax: 100, CompletedAt: at}
}

// fitOf is the sandbox's test profile: personality decides, logic does where it is alone.
func fitOf(tests []test) float64 {
	fit := 0.0
	for _, t := range tests {
		if t.Kind == "personality" {
			return t.Score
		}
		fit = math.Round(100 * (t.Score - t.ScaleMin) / (t.ScaleMax - t.ScaleMin))
	}
	return fit
}

// start opens the tests, or resumes them.
func (p *product) start(c *candidate) error {
	switch c.Invitation.Status {
	case started:
		c.paused = false
		return nil
	case sent:
		c.opened = true
		c.Invitation.Status, c.Invitation.StartedAt = started, p.Clock.Now()
		p.emit("test.started", c, nil)
		return nil
	}
	return illegal(c, "start")
}

// finish adds finished tests that are not in yet, and tells of each.
func (p *product) finish(c *candidate, tests ...test) {
	for _, t := range tests {
		if c.has(t.Kind) {
			continue
		}
		c.Tests = append(c.Tests, t)
		if c.allFinished() && c.Invitation.SubmittedAt.IsZero() {
			c.Invitation.SubmittedAt = p.Clock.Now()
		}
		if !t.Reused {
			p.store(c.person.Email, t)
		}
		p.emit("test_result.created", c, map[string]any{"test": t})
	}
}

// score tells a role fit: of partial finality, final, or corrected when there was a final one. revision 0 is the next one.
func (p *product) score(c *candidate, fit float64, final bool, revision int) {
	now := p.Clock.Now()
	finality := "partial"
	switch {
	case final && !c.Invitation.CompletedAt.IsZero():
		finality = "corrected"
	case final:
		finality = "final"
		c.Invitation.Status, c.Invitation.CompletedAt = completed, now
	}
	if revision == 0 {
		revision = c.Revision + 1
	}
	c.Revision, c.RoleFit = revision, &roleFit{Score: fit, Label: label(fit), Finality: finality, CreatedAt: now}
	p.emit("role_fit.created", c, nil)
	if c.Invitation.Status == completed {
		for _, to := range c.callbacks {
			p.greenhouse.Nudge(to)
		}
	}
}

// bounce has the mail come back; never while the invite is answered.
func (p *product) bounce(c *candidate, kind, reason string) error {
	if c.Invitation.Status != sent {
		return illegal(c, "bounce")
	}
	i := &c.Invitation
	i.Status, i.BouncedAt, i.BounceType, i.Reason = bounced, p.Clock.Now(), kind, reason
	p.emit("invitation.bounced", c, map[string]any{"bounce_type": kind, "reason": reason})
	return nil
}

func (p *product) fail(c *candidate, reason string) error {
	if s := c.Invitation.Status; s != sent && s != notSent {
		return illegal(c, "fail")
	}
	c.Invitation.Status, c.Invitation.FailedAt, c.Invitation.Reason = failed, p.Clock.Now(), reason
	p.emit("invitation.failed", c, map[string]any{"reason": reason})
	return nil
}

// reset makes tests disappear, for the whole organisation, so that they can be taken again under the old link. It mails nobody, and it is
// the same attempt: the ATS did not ask for another. The next role fit is the next revision.
func (p *product) reset(c *candidate, kinds []string) error {
	if c.Invitation.Status != completed && c.Invitation.Status != started {
		return illegal(c, "reset")
	}
	gone := func(t test) bool { return slices.Contains(kinds, t.Kind) }
	email := strings.ToLower(c.person.Email)
	p.stored[email] = slices.DeleteFunc(p.stored[email], gone)
	c.Tests = slices.DeleteFunc(c.Tests, gone)
	i := &c.Invitation
	c.RoleFit, i.Status, i.StartedAt, i.SubmittedAt, i.CompletedAt = nil, sent, time.Time{}, time.Time{}, time.Time{}
	return nil
}

// store keeps a result for the person's other positions.
func (p *product) store(email string, t test) {
	email = strings.ToLower(email)
	kept := slices.DeleteFunc(p.stored[email], func(old test) bool { return old.Kind == t.Kind })
	p.stored[email] = append(kept, t)
}

// reuse counts the valid results that the person has already; if none is missing she is done without a start.
func (p *product) reuse(c *candidate) {
	for _, t := range p.stored[strings.ToLower(c.person.Email)] {
		if slices.Contains(c.Requested, t.Kind) && t.CompletedAt.AddDate(0, validFor, 0).After(p.Clock.Now()) {
			t.Reused = true
			p.finish(c, t)
		}
	}
	if len(c.Tests) > 0 && c.allFinished() {
		p.score(c, fitOf(c.Tests), true, 0)
	}
}

func (p *product) retakeAllowed(c *candidate) bool {
	now := p.Clock.Now()
	return !slices.ContainsFunc(c.Tests, func(t test) bool { return t.CompletedAt.AddDate(0, validFor, 0).After(now) })
}

// Subjects of the mail that goes out.
const (
	first    = "Invitation to your tests"
	again    = "Your invitation, once more"
	reminder = "A reminder of your tests"
)

// emit tells what happened to a candidate just now. extra is what this event says beyond what all say.
func (p *product) emit(event string, c *candidate, extra map[string]any) {
	data := map[string]any{
		"candidate_id": c.ID, "position_id": c.PositionID, "attempt": c.Invitation.Attempt, "candidate_url": c.URL,
		"requested_tests": c.Requested, "tests": c.Tests, "revision": c.Revision,
	}
	if event == "role_fit.created" {
		data["role_fit"] = c.RoleFit
	}
	maps.Copy(data, extra)
	p.hooks.Emit(event, data)
}

// mail sends one message to the candidate: the only place that does.
func (p *product) mail(c *candidate, subject string) {
	c.mails++
	p.Mail.Send(kit.Mail{
		To: c.person.Email, Subject: subject, Link: c.URL + "/tests",
		Text: "Dear " + c.person.FirstName + ", please take your tests for " + p.positions[c.PositionID].Name + ".",
	})
}

// magic plans what the address of a newly invited candidate asks for. Alva knows neither declining nor slots, so decline and noshow do
// here what slow does: nothing.
func (p *product) magic(c *candidate) {
	switch m := kernel.ReadMagic(c.person.Email); {
	case m.Word == "bounce":
		p.later(c, 5*time.Second, func() { p.bounce(c, "hard", "mailbox does not exist") })
	case m.Word == "soft" && c.mails == 1:
		p.later(c, 5*time.Second, func() { p.bounce(c, "soft", "mailbox is full") })
	case m.Word == "score":
		p.later(c, 5*time.Second, func() { p.start(c) })
		p.later(c, 10*time.Second, func() { p.finishAll(c, m.Final); p.score(c, m.Final, true, 0) })
	case m.Word == "manual":
		p.later(c, 5*time.Second, func() { p.start(c) })
		p.later(c, 10*time.Second, func() {
			p.finish(c, newTest(c.Requested[0], m.Partial, p.Clock.Now()))
			p.score(c, m.Partial, false, 0)
		})
		p.later(c, 15*time.Second, func() { p.finishAll(c, m.Final); p.score(c, m.Final, true, 0) })
	}
}

// finishAll finishes every requested test that is open.
func (p *product) finishAll(c *candidate, fit float64) {
	for _, kind := range c.Requested {
		p.finish(c, newTest(kind, fit, p.Clock.Now()))
	}
}

// later does something to a candidate after a while, unless her invitation has ended or been replaced by then.
func (p *product) later(c *candidate, d time.Duration, do func()) {
	invited := c.Invitation.ID
	p.Clock.After(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if s := c.Invitation.Status; c.Invitation.ID == invited && (s == sent || s == started) {
			do()
		}
	})
}
