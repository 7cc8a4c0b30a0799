package sandbox

import (
	"fmt"
	"maps"
	"math"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// result is what a finished test amounts to, at one revision.
type result struct {
	Revision  int       `json:"revision"`
	Finality  string    `json:"finality"` // final; corrected after that
	Score     float64   `json:"score"`
	MaxScore  float64   `json:"max_score"`
	Seconds   int       `json:"time_spent_seconds"`
	Language  string    `json:"language"`
	Sections  []section `json:"sections"`
	CreatedAt time.Time `json:"created_at"`
}

type section struct {
	Name     string  `json:"name"`
	Score    float64 `json:"score"`
	MaxScore float64 `json:"max_score"`
}

// marks is a result as it is ordered; what is left out is as it would be.
type marks struct {
	score    float64
	language string
	seconds  int
	revision int
}

// start opens the test, or finds it open.
func (p *product) start(i *invitation) error {
	switch i.Status {
	case inProgress:
		return nil
	case sent:
		i.opened = true
		i.Status, i.StartedAt = inProgress, p.Clock.Now()
		p.emit("test.started", i, nil)
		return nil
	}
	return illegal(i, "start")
}

// finish has the candidate finish the test, which a program marks at once; what is finished already is corrected.
func (p *product) finish(i *invitation, m marks) error {
	finality := "corrected"
	if i.Status != completed {
		if err := p.start(i); err != nil {
			return err
		}
		finality = "final"
		i.Status, i.CompletedAt = completed, p.Clock.Now()
	}
	made := &result{
		Revision: m.revision, Finality: finality, Score: m.score, MaxScore: i.of.MaxScore, Seconds: m.seconds, Language: m.language,
		Sections: sections(m.score, i.of.MaxScore), CreatedAt: p.Clock.Now(),
	}
	if made.Revision == 0 {
		made.Revision = 1
		if i.Result != nil {
			made.Revision += i.Result.Revision
		}
	}
	if made.Language == "" {
		made.Language = i.of.Languages[0]
	}
	if made.Seconds == 0 {
		made.Seconds = int(i.CompletedAt.Sub(i.StartedAt).Seconds())
	}
	i.Result, i.ReportURL = made, i.base+"/reports/"+i.ID
	p.emit("test.completed", i, map[string]any{"result": made, "report_url": i.ReportURL})
	for _, to := range i.callbacks {
		p.greenhouse.Nudge(to)
	}
	return nil
}

// sections splits points evenly over the two halves of every test.
func sections(score, most float64) []section {
	half := math.Round(score*50) / 100
	return []section{{"Arrays", half, most / 2}, {"Graphs", math.Round((score-half)*100) / 100, most / 2}}
}

// bounce has the mail come back; never while the invite is answered.
func (p *product) bounce(i *invitation, kind, reason string) error {
	if i.Status != sent {
		return illegal(i, "bounce")
	}
	i.Status, i.BouncedAt, i.BounceType, i.Reason = bounced, p.Clock.Now(), kind, reason
	p.emit("invitation.bounced", i, map[string]any{"bounce_type": kind, "reason": reason})
	return nil
}

// expire ends the time for an invitation that is open.
func (p *product) expire(i *invitation) error {
	if !i.open() {
		return illegal(i, "expiring")
	}
	i.Reason = "not_started"
	if i.Status == inProgress {
		i.Reason = "abandoned"
	}
	i.Status, i.ExpiredAt, i.ExpiresAt = expired, p.Clock.Now(), p.Clock.Now()
	p.emit("invitation.expired", i, map[string]any{"reason": i.Reason})
	return nil
}

func (p *product) cancel(i *invitation, reason string) error {
	if !i.open() {
		return illegal(i, "cancelling")
	}
	i.Status, i.CancelledAt, i.Reason = cancelled, p.Clock.Now(), reason
	p.emit("invitation.cancelled", i, map[string]any{"reason": reason})
	return nil
}

// extend gives an open invitation other time, and an expired one time again. Nobody is mailed or told.
func (p *product) extend(i *invitation, until time.Time) error {
	if !i.open() && i.Status != expired {
		return illegal(i, "extending")
	}
	if i.Status == expired {
		i.Status, i.Reason, i.ExpiredAt = sent, "", time.Time{}
		if !i.StartedAt.IsZero() {
			i.Status = inProgress
		}
	}
	p.openUntil(i, until)
	return nil
}

// openUntil sets the window. What is then still open expires.
func (p *product) openUntil(i *invitation, until time.Time) {
	i.window++
	window := i.window
	i.ExpiresAt = until
	p.Clock.After(until.Sub(p.Clock.Now()), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i.window == window && i.open() {
			p.expire(i) // it is open, so it can
		}
	})
}

// Subjects of the mail that goes out.
const (
	first = "Invitation to your test"
	again = "Your invitation, once more"
)

// emit tells what happened to an invitation just now. extra is what this event says beyond what all say.
func (p *product) emit(event string, i *invitation, extra map[string]any) {
	data := map[string]any{"invitation_id": i.ID, "test": i.Test, "attempt": i.Attempt}
	maps.Copy(data, extra)
	p.hooks.Emit(event, data)
}

// mail sends one message to the candidate: the only place that does.
func (p *product) mail(i *invitation, subject string) {
	i.mails++
	p.Mail.Send(kit.Mail{
		To: i.person.Email, Subject: subject, Link: i.base + "/tests/" + i.ID,
		Text: fmt.Sprintf("Dear %s, please take the test %s. It takes %d minutes.", i.person.FirstName, i.of.Name, i.of.Minutes),
	})
}

// magic plans what the address of a newly invited candidate asks for. Hired marks a test at once and knows no slots, so of manual only the
// final score is told, and noshow does what slow does: nothing.
func (p *product) magic(i *invitation) {
	switch m := kernel.ReadMagic(i.person.Email); {
	case m.Word == "bounce":
		p.later(i, 5*time.Second, func() { p.bounce(i, "hard", "mailbox does not exist") })
	case m.Word == "soft" && i.Attempt == 1:
		p.later(i, 5*time.Second, func() { p.bounce(i, "soft", "mailbox is full") })
	case m.Word == "decline":
		p.later(i, 5*time.Second, func() { p.cancel(i, "declined") })
	case m.Word == "score", m.Word == "manual":
		p.later(i, 5*time.Second, func() { p.start(i) })
		p.later(i, 10*time.Second, func() { p.finish(i, marks{score: m.Final * i.of.MaxScore / 100}) })
	}
}

// later does something to an invitation after a while, unless it has ended by then.
func (p *product) later(i *invitation, d time.Duration, do func()) {
	p.Clock.After(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i.open() {
			do()
		}
	})
}
