package sdk

import (
	"errors"
	"fmt"
	"time"
)

// Errors an author can tell apart. Any other error of a write leaves its outcome unknown, and the host finds out or tries again. The text of
// every error, plain ones too, is logged and shown by `patchbay why`: it holds no personal data and no secret.
var (
	// ErrUnauthorized: the webhook is forged or signed by no live secret. It is answered 401 and nothing is stored.
	ErrUnauthorized = errors.New("signed by no live secret")
	// ErrDisconnected: the credential is revoked. The connection rests and its work waits. A 403 or 404 on one record is not that.
	ErrDisconnected = errors.New("the credential is no longer accepted")
	// ErrNotFound: there is no such record. One that this credential may not see is a [Refuse] with reason not_visible: after a deleted event
	// ErrNotFound is what makes the host forget a person.
	ErrNotFound = errors.New("not found")
)

// Refusal is an error that will never go away by itself: the write becomes a failed event or is parked for a person.
type Refusal struct {
	Reason string // one word: missing_email, invalid_email, unknown_assessment, …
	Detail string // for a person; names no candidate
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused (%s): %s", r.Reason, r.Detail) }

// Refuse makes a Refusal.
func Refuse(reason, detail string) error { return &Refusal{reason, detail} }

// Delay is an error that surely did nothing and asks to come back: a rate limit, a maintenance window.
type Delay struct {
	After time.Duration // 0: the product did not say
	Err   error
}

func (d *Delay) Error() string { return fmt.Sprintf("later (after %v): %v", d.After, d.Err) }
func (d *Delay) Unwrap() error { return d.Err }

// Later makes a Delay.
func Later(after time.Duration, err error) error { return &Delay{after, err} }

// SettingError is how open refuses one setting: the operator sees it at that setting's line. Detail never holds the value.
type SettingError struct {
	Setting string // its name
	Detail  string // what is wrong with it
}

func (e *SettingError) Error() string { return fmt.Sprintf("setting %s: %s", e.Setting, e.Detail) }
