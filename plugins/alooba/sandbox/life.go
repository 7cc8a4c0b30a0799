package sandbox

import (
	"net/http"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// softly is how much later than told a soft expiration is.
const softly = 30 * 24 * time.Hour

func illegal(t *participant, verb string) error {
	if t.Status == anonymised {
		return erased()
	}
	return kernel.Refuse(http.StatusConflict, "invalid_transition", verb+" is not possible while the participant is "+string(t.Status), "")
}

// open tells whether the participant can still begin or finish.
func (t *participant) open() bool { return t.Status == invited || t.Status == inProgress }

// schedule plans the sending; the last plan counts.
func (p *product) schedule(t *participant, at time.Time) {
	t.Status, t.SendAt = scheduled, &at
	p.later(at, func() {
		if t.Status == scheduled && t.SendAt.Equal(at) {
			p.send(t)
		}
	})
}

// reschedule takes over the dates of an invite for somebody who has not begun.
func (p *product) reschedule(t *participant, in invite) {
	if in.ExpiresAt != nil {
		t.told = *in.ExpiresAt
		if t.Status == invited {
			p.limit(t, t.told)
		}
	}
	if in.SendAt != nil && t.Status == scheduled {
		p.schedule(t, *in.SendAt)
	}
}

// send mails the invitation.
func (p *product) send(t *participant) {
	now := p.Clock.Now()
	t.Status, t.InvitedAt = invited, now
	told := t.told
	if told.IsZero() {
		told = now.AddDate(0, 0, t.of.DaysToComplete)
	}
	p.limit(t, told)
	p.mail(t, "Invitation to your assessment")
	p.emit("participant.invited", t)
	p.magic(t)
}

// mailNow sends what was not sent yet, or repeats the mail.
func (p *product) mailNow(t *participant) {
	if t.Status == scheduled {
		p.send(t)
		return
	}
	p.mail(t, "Your invitation, once more")
}

// limit sets the deadline told to the candidate, and the true one.
func (p *product) limit(t *participant, told time.Time) {
	due := told
	if t.of.SoftExpiration {
		due = told.Add(softly)
	}
	t.VisibleExpiresAt, t.ExpiresAt = told, due
	p.later(due, func() {
		if t.open() && t.ExpiresAt.Equal(due) {
			p.expire(t)
		}
	})
}

func (p *product) expire(t *participant) error {
	if !t.open() {
		return illegal(t, "expire")
	}
	t.Status, t.ExpiredAt = expired, p.Clock.Now()
	p.emit("participant.expired", t)
	return nil
}

// extend sets another deadline. Who had expired is back where she was.
func (p *product) extend(t *participant, told time.Time) error {
	switch {
	case !t.open() && t.Status != expired:
		return illegal(t, "extend")
	case !told.After(p.Clock.Now()):
		return kernel.Unprocessable("window_closed", "the new deadline has passed", "expires_at")
	}
	if t.Status == expired {
		t.Status, t.ExpiredAt = invited, time.Time{}
		if !t.StartedAt.IsZero() {
			t.Status = inProgress
		}
	}
	t.ExtendedAt = p.Clock.Now()
	p.limit(t, told)
	p.emit("participant.extended", t)
	return nil
}

func (p *product) extraTime(t *participant, percent int) error {
	switch {
	case t.Status != scheduled && !t.open():
		return illegal(t, "extra time")
	case percent < 1 || percent > 300:
		return kernel.Malformed("percent", "percent is 1 to 300")
	}
	t.ExtraTime = percent
	return nil
}

func (p *product) resend(t *participant) error {
	if !t.open() {
		return illegal(t, "resend")
	}
	p.mailNow(t)
	return nil
}

// cancel ends what is open. The reason of a candidate who does not want to is "declined": Alooba has no status for that.
func (p *product) cancel(t *participant, reason string) error {
	if t.Status != scheduled && !t.open() {
		return illegal(t, "cancel")
	}
	t.Status, t.CancelledAt, t.Reason = cancelled, p.Clock.Now(), reason
	p.emit("participant.cancelled", t)
	return nil
}

// bounce has the mail come back; never while the invite is answered.
func (p *product) bounce(t *participant, kind, reason string) error {
	if t.Status != invited {
		return illegal(t, "bounce")
	}
	t.Status, t.BouncedAt, t.BounceType, t.Reason = bounced, p.Clock.Now(), kind, reason
	p.emit("participant.bounced", t)
	return nil
}

// start opens the assessment, or resumes it. Alooba notes where from.
func (p *product) start(t *participant) error {
	switch t.Status {
	case inProgress:
		return nil
	case invited:
		t.opened, t.collected = true, "192.0.2.7"
		t.Status, t.StartedAt = inProgress, p.Clock.Now()
		p.emit("participant.started", t)
		return nil
	}
	return illegal(t, "start")
}

// emit tells what happened to a participant just now.
func (p *product) emit(event string, t *participant) {
	data := struct {
		ID         string     `json:"participant_id"`
		Assessment string     `json:"assessment_id"`
		Attempt    int        `json:"attempt"`
		Status     status     `json:"status"`
		Evaluation string     `json:"evaluation"`
		Reason     string     `json:"reason,omitempty"`
		BounceType string     `json:"bounce_type,omitempty"`
		ExpiresAt  *time.Time `json:"expires_at,omitempty"`
		Result     *result    `json:"result,omitempty"`
		ReportURL  string     `json:"report_url,omitempty"`
	}{
		ID: t.ID, Assessment: t.Assessment.ID, Attempt: t.Attempt, Status: t.Status, Evaluation: t.Evaluation, Reason: t.Reason,
		BounceType: t.BounceType, Result: t.Result, ReportURL: t.ReportURL,
	}
	if !t.ExpiresAt.IsZero() {
		data.ExpiresAt = &t.ExpiresAt
	}
	p.hooks.Emit(event, data)
}

// mail sends one message to the candidate: the only place that does.
func (p *product) mail(t *participant, subject string) {
	t.mails++
	p.Mail.Send(kit.Mail{
		To: t.person.Email, Subject: subject, Link: t.ProfileURL + "/assessment",
		Text: "Dear " + t.person.FirstName + ", please take " + t.Assessment.Name + " until " + t.VisibleExpiresAt.Format("2 January 2006") + ".",
	})
}

func (p *product) mailOwner(subject, text string) {
	p.Mail.Send(kit.Mail{To: p.account.Owner, Subject: subject, Text: text})
}

// later does something at a moment.
func (p *product) later(at time.Time, do func()) {
	p.Clock.After(at.Sub(p.Clock.Now()), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		do()
	})
}

// magic plans what the address of a newly invited candidate asks for. slow never starts, and slots, which noshow would miss, Alooba has
// none: both do nothing.
func (p *product) magic(t *participant) {
	first := len(p.people[t.External.CandidateID].participants) == 1
	switch m := kernel.ReadMagic(t.person.Email); {
	case m.Word == "bounce":
		p.soon(5, func() { p.bounce(t, "hard", "mailbox does not exist") })
	case m.Word == "soft" && first:
		p.soon(5, func() { p.bounce(t, "soft", "mailbox is full") })
	case m.Word == "decline":
		p.soon(5, func() { p.cancel(t, declined) })
	case m.Word == "score":
		p.soon(5, func() { p.start(t) })
		p.soon(10, func() { p.finish(t, grading{score: m.Final}) })
	case m.Word == "manual":
		p.soon(5, func() { p.start(t) })
		p.soon(10, func() { p.submit(t, grading{score: m.Partial, open: true}) })
		p.soon(15, func() { p.evaluate(t, grading{score: m.Final}) })
	}
}

// soon does something after some seconds. What is not possible by then does not happen.
func (p *product) soon(seconds int, do func()) {
	p.later(p.Clock.Now().Add(time.Duration(seconds)*time.Second), do)
}

const declined = "declined"
