package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Kept is a vendor's copy of a posting: what it was told last, as a hash, and what it calls it.
type Kept struct {
	Digest string    `json:"digest"`
	Remote string    `json:"remote"`
	At     time.Time `json:"at"`
}

// PostingDigest is the content of a posting as far as a vendor's copy shows it.
func PostingDigest(p sdk.Posting) string {
	return sdk.ContentID(p.ID, p.Name, p.Team, p.HiringManager)
}

// Kept tells what vendor knows of a posting; the zero Kept if nothing.
func (j *Journal) Kept(ctx context.Context, vendor, posting string) (k Kept, err error) {
	_, err = j.get(ctx, key(kept, vendor, posting), &k)
	return k, err
}

// Keep remembers what vendor knows of a posting.
func (j *Journal) Keep(ctx context.Context, vendor, posting string, k Kept) error {
	b := batch{j: j}
	b.put(key(kept, vendor, posting), k)
	return b.commit(ctx)
}

// Mark is when the named thing was last done; zero: never.
func (j *Journal) Mark(ctx context.Context, name string) (at time.Time, err error) {
	_, err = j.get(ctx, key(marks, name), &at)
	return at, err
}

// SetMark remembers when the named thing was last done.
func (j *Journal) SetMark(ctx context.Context, name string, at time.Time) error {
	b := batch{j: j}
	b.put(key(marks, name), at)
	return b.commit(ctx)
}

// Sweep is the Reason of an event that the host made of what it read, in a sweep or before a write, and no webhook told.
const Sweep = "sweep"

// FirstSweep names the mark of when an ATS was first swept: what lies before is the baseline.
func FirstSweep(ats string) string { return "first sweep " + ats }

// HookSecret is the secret part of a connection's webhook address, 128 bits, made at the first call and the same ever after.
func (j *Journal) HookSecret(ctx context.Context, conn string) (string, error) {
	k := key(hooks, conn)
	for {
		var secret string
		ver, err := j.get(ctx, k, &secret)
		if err != nil || ver != 0 {
			return secret, err
		}
		b := batch{j: j}
		b.guard(k, 0)
		b.put(k, rand.Text())
		if err := b.commit(ctx); err != nil && !errors.Is(err, ErrChanged) {
			return "", err
		}
	}
}
