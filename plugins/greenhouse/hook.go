package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// webhook is one kind of webhook that we understand: Greenhouse's name of it, what its settings page calls it (where we know), what it
// needs to be made for, and how it is read.
type webhook struct {
	action string
	title  string
	kind   sdk.Kind
	read   func(payload) ([]sdk.Event, error)
}

// webhooks are the candidate and application events of section 7.5 that mean something to us. A merge means nothing by itself: who is read
// afterwards has another person. But unless somebody takes merges, Greenhouse tells of them as deletions (trap 23).
var webhooks = []webhook{
	{"new_candidate_application", "", sdk.KindApplied, changed(func(a told) time.Time { return a.AppliedAt.Time })},
	{"candidate_stage_change", "", sdk.KindMoved, changed(func(a told) time.Time { return a.LastActivityAt.Time })},
	{"hire_candidate", "Candidate has been hired", sdk.KindHired, changed(told.hired)},
	{"unhire_candidate", "Candidate has been unhired", sdk.KindUnhired, changed(func(a told) time.Time { return a.LastActivityAt.Time })},
	{"reject_candidate", "Candidate or Prospect rejected", sdk.KindRejected, changed(func(a told) time.Time { return a.RejectedAt.Time })},
	{"unreject_candidate", "Candidate or Prospect unrejected", sdk.KindUnrejected,
		changed(func(a told) time.Time { return a.LastActivityAt.Time })},
	{"delete_application", "", sdk.KindDeleted, payload.deletedApplication},
	{"delete_candidate", "", sdk.KindDeleted, payload.deletedPerson},
	{"merge_candidate", "", sdk.KindDeleted, nothing},
	{"candidate_anonymized", "Candidate anonymized", sdk.KindAnonymized, payload.anonymized},
}

// payload is what a webhook says of whom, in all its variants (sections 7.5 to 7.7).
type payload struct {
	Application told `json:"application"`
	Person      struct {
		ID           id   `json:"id"`
		Deleted      []id `json:"deleted_application_ids"`
		Applications []id `json:"application_ids"` // so says one table
	} `json:"person"`
	Candidate  id       `json:"candidate_id"`
	Anonymized []string `json:"anonymized_fields"`
}

// told is an application as webhooks tell of it.
type told struct {
	ID          id `json:"id"`
	CandidateID id `json:"candidate_id"` // of a deleted one
	Candidate   struct {
		ID id `json:"id"`
	} `json:"candidate"`
	Prospect bool `json:"prospect"`
	Stage    struct {
		ID id `json:"id"`
	} `json:"current_stage"`
	Offer struct {
		ID         id     `json:"id"`
		ResolvedAt moment `json:"resolved_at"`
	} `json:"offer"`
	AppliedAt      moment `json:"applied_at"`
	RejectedAt     moment `json:"rejected_at"`
	LastActivityAt moment `json:"last_activity_at"`
}

// hired: a hire is told without the times that the others have.
func (a told) hired() time.Time {
	if a.LastActivityAt.IsZero() {
		return a.Offer.ResolvedAt.Time
	}
	return a.LastActivityAt.Time
}

// hear answers 200, which is the only success to Greenhouse, to everything that is signed and can be read: also to a ping, without which
// the webhook is not switched on, and to what means nothing to us.
func (p *partner) hear(r sdk.Request) (sdk.Received, error) {
	if r.Method != http.MethodPost {
		return sdk.Received{Response: notAllowed(http.MethodPost)}, nil
	}
	if !signed(r) {
		return sdk.Received{}, fmt.Errorf("a webhook: %w", sdk.ErrUnauthorized)
	}
	if said := r.Header.Values("X-Organisation"); p.organisation != "" && !slices.Equal(said, []string{p.organisation}) {
		return sdk.Received{}, fmt.Errorf("a webhook of another organisation than the setting's: %w", sdk.ErrUnauthorized)
	}
	var d struct {
		Action  string          `json:"action"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(r.Body, &d); err != nil || d.Action == "" {
		return sdk.Received{}, sdk.Refuse("malformed", "a webhook without an action")
	}
	i := slices.IndexFunc(webhooks, func(w webhook) bool { return w.action == d.Action })
	if i < 0 {
		return sdk.Received{}, nil
	}
	var about payload
	err := json.Unmarshal(d.Payload, &about)
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mistyped {
		return sdk.Received{}, sdk.Refuse("malformed", fmt.Sprintf("a webhook %s that cannot be read", d.Action))
	}
	events, err := webhooks[i].read(about)
	for n := range events {
		p.complete(&events[n], webhooks[i], r)
	}
	return sdk.Received{Events: events}, err
}

// complete fills in what all events of a webhook have. Deletions and anonymizations are told without a time: theirs is when they came.
// What makes the ID is what a repeated delivery says again. The delivery's own id, of which nobody knows whether a repetition keeps it, is
// in it only where the content would not tell a second event from a repetition of the first.
func (p *partner) complete(e *sdk.Event, w webhook, r sdk.Request) {
	e.Kind = w.kind
	which := e.At.Format(time.RFC3339Nano)
	if e.At.IsZero() {
		e.At, which = p.now().UTC(), r.Header.Get("Greenhouse-Event-ID")
	}
	if w.kind == sdk.KindDeleted {
		which = "" // once, for ever
	}
	e.ID = sdk.ContentID(w.action, e.Application, e.Person, e.Stage, which)
	if w.kind != sdk.KindMoved {
		e.Stage = ""
	}
}

// changed reads a webhook of one application. A prospect's is nothing to us until it is made a candidate, under another id (trap 13).
func changed(at func(told) time.Time) func(payload) ([]sdk.Event, error) {
	return func(about payload) ([]sdk.Event, error) {
		a := about.Application
		if a.ID == "" {
			return nil, sdk.Refuse("malformed", "a webhook about an application that is not named")
		}
		if a.Prospect {
			return nil, nil
		}
		return []sdk.Event{{At: at(a), Application: string(a.ID), Person: string(a.Candidate.ID), Stage: string(a.Stage.ID)}}, nil
	}
}

func (about payload) deletedApplication() ([]sdk.Event, error) {
	a := about.Application
	if a.ID == "" {
		return nil, sdk.Refuse("malformed", "a webhook about a deleted application that is not named")
	}
	return []sdk.Event{{Application: string(a.ID), Person: string(cmp.Or(a.CandidateID, a.Candidate.ID))}}, nil
}

// deletedPerson is an event of each application that went with the person. A deletion that comes of a merge often names none (trap 23): it
// is an event of the person alone, and the host looks whether her applications are still there.
func (about payload) deletedPerson() ([]sdk.Event, error) {
	who := about.Person
	if who.ID == "" {
		return nil, sdk.Refuse("malformed", "a webhook about a deleted person who is not named")
	}
	named := slices.DeleteFunc(append(who.Deleted, who.Applications...), func(a id) bool { return a == "" })
	slices.Sort(named)
	named = slices.Compact(named)
	if len(named) == 0 {
		named = []id{""}
	}
	var events []sdk.Event
	for _, a := range named {
		events = append(events, sdk.Event{Application: string(a), Person: string(who.ID)})
	}
	return events, nil
}

// handedOn are the anonymized_fields that name the person or lead to her, which is what we and a vendor have of her (section 7.7). To lose
// any other field, such as a note on a rejection, does not make her anonymous.
var handedOn = []string{"full_name", "email_addresses", "phone_numbers", "attachments"}

func (about payload) anonymized() ([]sdk.Event, error) {
	if about.Candidate == "" {
		return nil, sdk.Refuse("malformed", "a webhook about an anonymized candidate who is not named")
	}
	if len(about.Anonymized) > 0 && !slices.ContainsFunc(about.Anonymized, func(f string) bool { return slices.Contains(handedOn, f) }) {
		return nil, nil
	}
	return []sdk.Event{{Person: string(about.Candidate)}}, nil
}

func nothing(payload) ([]sdk.Event, error) { return nil, nil }

// signed checks the signature, "sha256", a blank and 64 hexadecimal digits, over the body's bytes as they came, against every live secret,
// none left out, so that the time it takes tells nothing.
func signed(r sdk.Request) bool {
	given := r.Header.Values("Signature")
	if len(given) != 1 {
		return false
	}
	algorithm, digits, _ := strings.Cut(given[0], " ")
	sum, err := hex.DecodeString(strings.TrimSpace(digits))
	if algorithm != "sha256" || err != nil || len(sum) != sha256.Size {
		return false
	}
	found := false
	for _, secret := range r.Secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(r.Body)
		match := hmac.Equal(mac.Sum(nil), sum)
		found = found || match && secret != ""
	}
	return found
}
