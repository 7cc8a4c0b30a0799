package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// unfinishedAfter is when an interview that was begun and not finished is given up, counted from its first start (documented).
const unfinishedAfter = 96 * time.Hour

// noShowAfter is how late a candidate may come to her slot.
const noShowAfter = 10 * time.Minute

// from says in which states each thing may happen to an invite.
var from = map[string][]status{
	"send":    {triggered},
	"open":    {sent, scheduled, missed, inProgress, paused},
	"book":    {sent, scheduled, missed},
	"miss":    {scheduled},
	"start":   {sent, scheduled, missed, paused},
	"pause":   {inProgress},
	"end":     {inProgress, paused},
	"bounce":  {sent, scheduled, missed},
	"fail":    {triggered, sent},
	"abandon": {inProgress, paused},
	"expire":  {triggered, sent, scheduled, missed, inProgress, paused},
	"cancel":  {triggered, sent, scheduled, missed, inProgress, paused, ended},
	"resend":  {sent, scheduled, missed},
	"extend":  {triggered, sent, scheduled, missed, inProgress, paused, incomplete},
	"mark":    {ended}, // an evaluation
}

// may refuses what cannot happen to an invite as it stands.
func (i *invite) may(verb string) error {
	if slices.Contains(from[verb], i.Status) {
		return nil
	}
	message := fmt.Sprintf("%s is not possible while the invite is %s", verb, i.Status)
	return kernel.Refuse(http.StatusConflict, "invalid_transition", message, "")
}

// Subjects of the mail that goes out.
const (
	first  = "Alex invites you to an interview"
	again  = "Your invitation, once more"
	thanks = "Thank you for talking to Alex"
)

// mail sends one message to the candidate: the only place that does.
func (p *product) mail(i *invite, subject string) {
	i.mails++
	c := p.candidate(i.CandidateID)
	p.Mail.Send(kit.Mail{
		To: c.Email, Subject: subject, Link: i.InviteURL,
		Text: "Dear " + c.FirstName + ", this is about your interview for " + p.position(i.PositionID).Title + ".",
	})
}

// send mails the invitation. A magic address is looked at only then.
func (p *product) send(i *invite, subject string) {
	if i.may("send") != nil {
		return
	}
	i.Status, i.SentAt = sent, p.now()
	p.mail(i, subject)
	p.emit("invite.sent", i, nil)
	p.magic(i)
}

func (p *product) open(i *invite) error {
	err := i.may("open")
	i.opened = i.opened || err == nil
	return err
}

func (p *product) book(i *invite, at time.Time) error {
	switch err := i.may("book"); {
	case err != nil:
		return err
	case at.Before(p.Clock.Now()):
		return fmt.Errorf("a slot lies ahead, and %s does not", at)
	}
	i.Status, i.ScheduledFor = scheduled, at.Unix()
	p.emit("session.scheduled", i, map[string]any{"scheduledFor": i.ScheduledFor})
	p.after(at.Add(noShowAfter).Sub(p.Clock.Now()), func() {
		if i.ScheduledFor == at.Unix() {
			_ = p.miss(i) // unless it has begun
		}
	})
	return nil
}

func (p *product) miss(i *invite) error {
	if err := i.may("miss"); err != nil {
		return err
	}
	i.Status = missed
	p.emit("session.missed", i, nil)
	return nil
}

// start begins the interview, or goes on with it: the same event tells both.
func (p *product) start(i *invite) error {
	if err := i.may("start"); err != nil {
		return err
	}
	i.opened, i.Status = true, inProgress
	if i.StartedAt == 0 {
		i.StartedAt, i.reportID = p.now(), p.ids.Next("rep")
		p.after(unfinishedAfter, func() {
			if !i.extended {
				_ = p.abandon(i) // unless it has ended
			}
		})
	}
	p.emit("session.started", i, nil)
	return nil
}

func (p *product) pause(i *invite) error {
	if err := i.may("pause"); err != nil {
		return err
	}
	i.Status = paused
	p.emit("session.paused", i, nil)
	return nil
}

func (p *product) end(i *invite) error {
	if err := i.may("end"); err != nil {
		return err
	}
	i.Status, i.EndedAt = ended, p.now()
	p.emit("session.ended", i, nil)
	return nil
}

// finish brings the interview from wherever it stands to its end.
func (p *product) finish(i *invite) error {
	if slices.Contains(from["start"], i.Status) {
		if err := p.start(i); err != nil {
			return err
		}
	}
	if i.Status == ended {
		return nil
	}
	return p.end(i)
}

// abandon gives an interview up that the candidate left for good.
func (p *product) abandon(i *invite) error {
	if err := i.may("abandon"); err != nil {
		return err
	}
	p.giveUp(i, "abandoned")
	return nil
}

// expire is the end of the window.
func (p *product) expire(i *invite) error {
	switch err := i.may("expire"); {
	case err != nil:
		return err
	case i.StartedAt != 0:
		p.giveUp(i, "abandoned")
	default:
		p.giveUp(i, "not_started")
	}
	return nil
}

func (p *product) giveUp(i *invite, why string) {
	i.Status, i.IncompleteAt, i.Reason = incomplete, p.now(), why
	p.emit("session.incomplete", i, map[string]any{"reason": why})
}

// setWindow sets or removes the moment at which the invite expires.
func (p *product) setWindow(i *invite, until *int64) {
	if i.ExpiresAt = until; until == nil {
		return
	}
	p.after(time.Unix(*until, 0).Sub(p.Clock.Now()), func() {
		if i.ExpiresAt == until {
			_ = p.expire(i) // unless it is over
		}
	})
}

// extend gives more time, also after the end: the attempt goes on where it stood.
func (p *product) extend(i *invite, until int64) error {
	switch err := i.may("extend"); {
	case err != nil:
		return err
	case until <= p.now():
		return kernel.Unprocessable("window_closed", "expiresAt has passed", "expiresAt")
	}
	i.extended = true
	p.setWindow(i, &until)
	if i.Status != incomplete {
		return nil
	}
	i.IncompleteAt, i.Reason = 0, ""
	if i.StartedAt != 0 {
		i.Status = paused
		return nil
	}
	i.Status = triggered
	p.send(i, again)
	return nil
}

func (p *product) cancel(i *invite) error {
	if err := i.may("cancel"); err != nil {
		return err
	}
	i.Status, i.CancelledAt = cancelled, p.now()
	return nil
}

func (p *product) resend(i *invite) error {
	if err := i.may("resend"); err != nil {
		return err
	}
	p.mail(i, again)
	return nil
}

// bounce has the mail come back; never while the invite is answered.
func (p *product) bounce(i *invite, kind, reason string) error {
	if err := i.may("bounce"); err != nil {
		return err
	}
	i.Status, i.BouncedAt, i.BounceType, i.Reason = bounced, p.now(), kind, reason
	p.emit("invite.bounced", i, map[string]any{"bounceType": kind, "reason": reason})
	return nil
}

func (p *product) fail(i *invite, reason string) error {
	if err := i.may("fail"); err != nil {
		return err
	}
	i.Status, i.FailedAt, i.Reason = failed, p.now(), reason
	p.emit("invite.failed", i, map[string]any{"reason": reason})
	return nil
}

// magic plans what the address of a candidate asks for; whatever cannot happen by then, does not. Alex knows no declining, and marks
// nothing by hand: decline does here what slow does, which is nothing, and manual ends with its final score.
func (p *product) magic(i *invite) {
	email := p.candidate(i.CandidateID).Email
	switch m := kernel.ReadMagic(email); {
	case m.Word == "bounce":
		p.after(5*time.Second, func() { _ = p.bounce(i, "hard", "mailbox does not exist") })
	case m.Word == "soft" && len(p.Mail.Of(email)) == 1:
		p.after(5*time.Second, func() { _ = p.bounce(i, "soft", "mailbox is full") })
	case m.Word == "noshow":
		p.after(5*time.Second, func() { _ = p.book(i, p.Clock.Now().Add(5*time.Second)) })
	case m.Word == "score", m.Word == "manual":
		p.after(5*time.Second, func() { _ = p.start(i) })
		p.after(10*time.Second, func() { _ = p.complete(i, evaluation{Score: json.Number(fmt.Sprint(m.Final))}) })
	}
}
