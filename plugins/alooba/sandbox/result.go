package sandbox

import (
	"slices"
	"time"
)

// result is what a participant scored, at one revision. It is not changed once made.
type result struct {
	Revision     int       `json:"revision"`
	Finality     string    `json:"finality"` // partial, final, or corrected: a final one after a final one
	Score        float64   `json:"score"`
	MaxScore     float64   `json:"max_score"`
	PassingScore float64   `json:"passing_score"`
	Tests        []test    `json:"tests"`
	ScoredAt     time.Time `json:"scored_at"`
}

func (r *result) final() bool { return r != nil && r.Finality != "partial" }

// test is one test of a result; without a score while a grader has not seen it.
type test struct {
	Name       string   `json:"name"`
	Score      *float64 `json:"score"`
	MaxScore   float64  `json:"max_score"`
	Evaluation string   `json:"evaluation,omitempty"`
	Skills     []skill  `json:"skills,omitempty"`
}

type skill struct {
	Name  string  `json:"name"`
	Score float64 `json:"score"` // percent
}

// grading is what a participant gets: all tests not named get the score.
type grading struct {
	score float64
	tests []test
	open  bool // some of it is still to be graded
}

// submit is the candidate's finish. A partial score is told unless nothing is left to grade.
func (p *product) submit(t *participant, g grading) error {
	if err := p.start(t); err != nil {
		return err
	}
	t.Status, t.CompletedAt = completed, p.Clock.Now()
	t.ReportURL = t.ProfileURL + "/report"
	p.grade(t, g)
	p.emit("participant.completed", t)
	if t.Result.final() {
		p.nudge(t)
	}
	return nil
}

// evaluate is a grader's work on what a candidate has submitted.
func (p *product) evaluate(t *participant, g grading) error {
	if t.Status != completed {
		return illegal(t, "evaluate")
	}
	if g.open && t.Result.final() {
		return illegal(t, "leaving a final evaluation open")
	}
	p.grade(t, g)
	p.emit("participant.evaluated", t)
	if t.Result.final() {
		p.nudge(t)
	}
	return nil
}

// finish does what is left to do until there is a final score.
func (p *product) finish(t *participant, g grading) error {
	if t.Status != completed {
		needsGrader := t.of.Manual && !g.open
		err := p.submit(t, grading{score: g.score, tests: g.tests, open: g.open || needsGrader})
		if err != nil || !needsGrader {
			return err
		}
	}
	return p.evaluate(t, g)
}

// grade makes the next revision.
func (p *product) grade(t *participant, g grading) {
	next := &result{Revision: 1, Finality: "final", Score: g.score, MaxScore: 100, PassingScore: t.PassingScore, ScoredAt: p.Clock.Now()}
	if t.Result != nil {
		next.Revision = t.Result.Revision + 1
	}
	switch {
	case g.open:
		next.Finality, t.Evaluation = "partial", pending
	case t.Result.final():
		next.Finality = "corrected"
	case t.Evaluation == pending:
		t.Evaluation = done
	}
	for _, o := range t.of.Tests {
		next.Tests = append(next.Tests, o.taken(g))
	}
	for _, named := range g.tests {
		if !slices.ContainsFunc(t.of.Tests, func(o outline) bool { return o.Name == named.Name }) {
			next.Tests = append(next.Tests, withMax(named))
		}
	}
	t.Result = next
}

// taken is a test as it was graded.
func (o outline) taken(g grading) test {
	if i := slices.IndexFunc(g.tests, func(t test) bool { return t.Name == o.Name }); i >= 0 {
		return withMax(g.tests[i])
	}
	if o.Manual && g.open {
		return test{Name: o.Name, MaxScore: 100, Evaluation: pending}
	}
	t := test{Name: o.Name, Score: &g.score, MaxScore: 100}
	for _, name := range o.Skills {
		t.Skills = append(t.Skills, skill{name, g.score})
	}
	return t
}

func withMax(t test) test {
	if t.MaxScore <= 0 {
		t.MaxScore = 100
	}
	return t
}
