package hearing

import (
	"context"
	"fmt"
	"net/url"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// invite plans an invitation, or one that failed before the vendor was asked. What a person requested is not held back by a limit.
func (h *Hearing) invite(ctx context.Context, p *rule.Pairing, in rule.Invite, requested bool) error {
	app := h.Case.Last.Application
	v := invitation.Invitation{
		Key: invitation.NewKey(h.Case.ATS, p.Vendor, h.Case.Application, in.Assessment, in.Attempt),
		ATS: h.Case.ATS, Vendor: p.Vendor, Pairing: p.Label, Application: h.Case.Application, Person: app.Person, Posting: app.Posting.ID,
		Assessment: in.Assessment, AssessmentID: in.AssessmentID, Attempt: in.Attempt, State: invitation.Planned, Facts: in.Facts,
	}
	if h.Case.Invitation(v.Key) != nil {
		return nil
	}
	if in.Failed == nil {
		claimed, err := h.claim(ctx, v)
		if err != nil {
			return err
		}
		if !claimed {
			h.Note(journal.Entry{What: "decision", Name: "invite", Pairing: p.Label, Verdict: "refused", Reason: "already_invited",
				Detail: "through another application of the same person to the same posting"})
			return nil
		}
	}
	h.Case.Invitations = append(h.Case.Invitations, v)
	if in.Failed != nil {
		h.Tell(&h.Case.Invitations[len(h.Case.Invitations)-1], sdk.Event{
			ID: sdk.ContentID(string(v.Key), "failed"), Kind: sdk.KindFailed, At: h.Now, Reason: in.Failed.Reason, Detail: in.Failed.Detail,
		})
		return nil
	}
	if _, keeps := h.Verbs(p.Vendor)[sdk.VerbPosting]; keeps {
		if err := h.posting(ctx, p); err != nil {
			return err
		}
	}
	h.add(journal.Effect{
		Effect: effect.Effect{Key: v.Key}, Pairing: p.Label, Conn: p.Vendor, Verb: sdk.VerbInvite, Invitation: v.Key,
		Write: sdk.Write{Invite: &sdk.Invitation{
			Key: v.Key, Attempt: v.Attempt, Application: v.Application, Person: v.Person, Candidate: app.Candidate, Posting: app.Posting,
			Assessment: v.AssessmentID,
		}},
	})
	f := h.Case.Effect(v.Key)
	if p.Limit == 0 || requested || f == nil || f.State != effect.Ready {
		return nil
	}
	free, err := h.quota(ctx, p)
	if err == nil && !free {
		detail := fmt.Sprintf("%s sends at most %d invitations an hour; retry this one if it is meant", p.Label, p.Limit)
		if err = h.Refuse(f, effect.Refused{Reason: "limit", Detail: detail}); err == nil {
			h.TellEffect(f)
		}
	}
	return err
}

// claim takes the guard on (person, posting, assessment). Another application of the person holds it while its invitation is live or final.
func (h *Hearing) claim(ctx context.Context, v invitation.Invitation) (bool, error) {
	o, err := h.Journal.Once(ctx, v)
	if err != nil {
		return false, err
	}
	if o.Application != "" && o.Application != v.Application {
		other, err := h.Journal.Load(ctx, h.Case.ATS, o.Application)
		if err != nil {
			return false, err
		}
		if held := other.Invitation(o.Invitation); held != nil && !held.Repeatable() {
			return false, nil
		}
	}
	o.Application, o.Invitation = v.Application, v.Key
	h.Change.Onces = append(h.Change.Onces, o)
	return true, nil
}

// Tell applies an event to an invitation and plans what follows from each step of it.
func (h *Hearing) Tell(v *invitation.Invitation, ev sdk.Event) {
	after, steps := v.Apply(ev)
	*v = after
	p := h.Follower(after)
	for _, step := range steps {
		h.Note(journal.Entry{
			What: "event", Name: string(step.Event.Kind), Pairing: v.Pairing, Reason: step.Event.Reason, Detail: step.Event.Detail,
		})
		if p == nil {
			continue
		}
		plan := p.Follow(step, after, h.Case.Last.Application)
		h.record(p, step.Event, plan.Decisions)
		for _, w := range plan.Writes {
			if p.Mode == rule.Shadow {
				h.Note(journal.Entry{What: "effect", Name: w.Slot, Pairing: p.Label, Verdict: "not done", Reason: inShadow})
				continue
			}
			h.follow(p, after, step, w)
		}
	}
}

// follow plans one write to the ATS. Its key is the invitation, the slot and the occurrence: never the rule.
func (h *Hearing) follow(p *rule.Pairing, v invitation.Invitation, step invitation.Step, w rule.Write) {
	conn, application := p.ATS, h.Case.Application
	switch write := &w.Write; {
	case write.Link != nil:
		if u, err := url.Parse(write.Link.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" {
			h.Note(journal.Entry{
				What: "effect", Name: "link", Pairing: p.Label, Verdict: "not done", Detail: "its URL is no http or https address",
			})
			return
		}
		write.Link.Application = application
	case write.Note != nil:
		write.Note.Application = application
	case write.Feedback != nil:
		write.Feedback.Application = application
	case write.Fields != nil:
		write.Fields.Application = application
	case write.File != nil:
		write.File.Application, write.File.Invitation = application, v.Remote
	case write.Report != nil:
		h.Case.Invitation(v.Key).Report = w.Report // the ATS is answered so from this commit on
	case write.Move != nil:
		write.Move.Application = application
	case write.Alert != nil:
		conn, write.Alert.Application = p.Vendor, application
	}
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("follow", string(v.Key), w.Slot, step.Occurrence)},
		Pairing: p.Label, Conn: conn, Verb: w.Write.Verb(), Slot: w.Slot, Invitation: v.Key, Write: w.Write,
	})
}

// outcome plans to tell the vendor what the ATS decided about the person, if it knows her.
func (h *Hearing) outcome(p *rule.Pairing, ev sdk.Event) {
	remotes := h.remotes(p.Vendor)
	if len(remotes) == 0 {
		return
	}
	person := h.Case.Last.Application.Person
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("outcome", p.Vendor, h.Case.ATS, person, h.Case.Application, string(ev.Kind), ev.At.UTC().String())},
		Pairing: p.Label, Conn: p.Vendor, Verb: sdk.VerbOutcome,
		Write: sdk.Write{Outcome: &sdk.Outcome{Kind: ev.Kind, At: ev.At, Person: person, Invitations: remotes}},
	})
}

func (h *Hearing) remotes(vendor string) []string {
	var out []string
	for _, v := range h.Case.With(vendor) {
		if v.Remote != "" {
			out = append(out, v.Remote)
		}
	}
	return out
}

// posting plans to bring the vendor's copy of the posting up to date, if it is not.
func (h *Hearing) posting(ctx context.Context, p *rule.Pairing) error {
	posting := h.Case.Last.Application.Posting
	if posting.ID == "" {
		return nil
	}
	kept, err := h.Journal.Kept(ctx, p.Vendor, posting.ID)
	if err != nil || kept.Digest == journal.PostingDigest(posting) {
		return err
	}
	h.add(journal.Effect{
		Effect:  effect.Effect{Key: sdk.NewKey("posting", p.Vendor, h.Case.ATS, posting.ID, journal.PostingDigest(posting), kept.At.UTC().String())},
		Pairing: p.Label, Conn: p.Vendor, Verb: sdk.VerbPosting, Write: sdk.Write{Posting: &posting},
	})
	return nil
}
