// Package journal remembers, in the words of the domain: events, effects, cases, people, audit; seals what it keeps.
//
// A [Case] is everything known of one application: its invitations, the effects decided for it, the tags it shows. Events wait in an inbox
// under their [Subject] until a case takes them: [Journal.Append] puts them there, [Journal.Save] takes them out in the same transaction
// that writes what they led to. [Entry] values tell the story of a case for the operator's "why".
//
// # Why
//
// One record for each application, guarded by its version, because every promise is about one application: that an effect's key is new, that
// an invitation is not live, that a trigger fact was not used before are then plain look-ups in one value, and one commit decides them all.
// Only what crosses applications has a record of its own: the guard on (person, posting, assessment), and what a vendor calls an invitation.
//
// Record keys hold only product ids and hashes; values are sealed with their key as associated data, so a value moved to another record
// is refused as a damaged one would be.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/patchbay-dev/patchbay/host/store"
)

// Journal is the memory of one host. Methods may be called concurrently.
type Journal struct {
	store store.Store
	seal  *Seal
	seq   atomic.Int64 // orders arrivals and entries; starts at the wall clock, so that it rises over restarts
}

// New opens the journal kept in st under seal's key.
func New(st store.Store, seal *Seal) *Journal {
	j := &Journal{store: st, seal: seal}
	j.seq.Store(time.Now().UnixNano())
	return j
}

// Check opens one record, whichever, to see whether the seal is that of the store: [ErrSeal]. An empty store takes any.
func (j *Journal) Check(ctx context.Context) error {
	recs, err := j.store.Scan(ctx, "", "", 1)
	if err != nil || len(recs) == 0 {
		return err
	}
	_, err = j.seal.Open(recs[0].Key, recs[0].Val)
	return err
}

// ErrChanged: somebody else wrote a record since it was read. Nothing was written: read again and decide again.
var ErrChanged = errors.New("the record changed since it was read")

// ErrTooLarge: what was to be kept is more than one transaction can keep. Nothing was written, nor would be another time.
var ErrTooLarge = errors.New("too large to be kept")

// The kinds of record, by the first part of their key.
const (
	inbox    = "in"      // in/<connection>/<id>/<seq>: an event that waits
	seen     = "seen"    // seen/<connection>/<event>: an event that was accepted once
	cases    = "case"    // case/<ats>/<application>
	open     = "open"    // open/<ats>/<application>: the case has effects to work
	story    = "story"   // story/<ats>/<application>/<seq>: entries
	remotes  = "remote"  // remote/<vendor>/<id>: whose invitation the vendor means
	live     = "live"    // live/<vendor>/<id>: an invitation that has not ended
	once     = "once"    // once/<hash>: who of a person's applications was invited
	tagged   = "tagged"  // tagged/<ats>/<hash of the tag>/<application>: shows a tag that rules look for
	people   = "person"  // person/<ats>/<person>/<application>
	gone     = "gone"    // gone/<ats>/<application>: deleted; says nothing but that
	requests = "request" // request/<ats>/<event>: for whom an ATS asked for an invitation
	kept     = "posting" // posting/<vendor>/<posting>: the vendor's copy of a posting
	marks    = "mark"    // mark/<name>: when something was last done
	hooks    = "hook"    // hook/<connection>: the secret in the path of its webhooks
	secrets  = "secret"  // secret/<connection>: what else its product and we know of each other and nobody else may
)

// key joins parts that may hold any byte into a record's key.
func key(kind string, parts ...string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// parts undoes key.
func parts(k string) []string {
	out := strings.Split(k, "/")[1:]
	for i, p := range out {
		if s, err := url.PathUnescape(p); err == nil {
			out[i] = s
		}
	}
	return out
}

func (j *Journal) next() string { return fmt.Sprintf("%016x", j.seq.Add(1)) }

// get reads one record into v; its version is 0 if there is none.
func (j *Journal) get(ctx context.Context, k string, v any) (ver int64, err error) {
	rec, ok, err := j.store.Get(ctx, k)
	if err != nil || !ok {
		return 0, err
	}
	return rec.Ver, j.unseal(rec, v)
}

func (j *Journal) unseal(rec store.Rec, v any) error {
	plain, err := j.seal.Open(rec.Key, rec.Val)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("state: record %s: %w", rec.Key, err)
	}
	return nil
}

// put makes the sealed change that writes v under k.
func (j *Journal) put(k string, v any) (store.Op, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return store.Op{}, fmt.Errorf("state: record %s: %w", k, err)
	}
	sealed, err := j.seal.Seal(k, plain)
	if err != nil {
		return store.Op{}, fmt.Errorf("state: %w", err)
	}
	return store.Op{Key: k, Val: sealed}, nil
}

// batch gathers the changes of one commit; the first error stays.
type batch struct {
	j *Journal
	store.Batch
	ver int64 // of what was committed
	err error
}

func (b *batch) guard(k string, ver int64) {
	b.Guards = append(b.Guards, store.Guard{Key: k, Ver: ver})
}
func (b *batch) delete(k string) { b.Ops = append(b.Ops, store.Op{Key: k}) }
func (b *batch) put(k string, v any) {
	op, err := b.j.put(k, v)
	b.err = errors.Join(b.err, err)
	b.Ops = append(b.Ops, op)
}

func (b *batch) commit(ctx context.Context) error {
	if b.err != nil {
		return b.err
	}
	var err error
	b.ver, err = b.j.store.Commit(ctx, b.Batch)
	switch {
	case errors.Is(err, store.ErrConflict):
		return ErrChanged
	case errors.Is(err, store.ErrBatch):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}

// scan calls f for every record whose key begins with prefix, in pages, until f errs.
func (j *Journal) scan(ctx context.Context, prefix string, f func(store.Rec) error) error {
	const page = 256
	from, end := prefix, prefix[:len(prefix)-1]+string(prefix[len(prefix)-1]+1)
	for {
		recs, err := j.store.Scan(ctx, from, end, page)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			if err := f(rec); err != nil {
				return err
			}
		}
		if len(recs) < page {
			return nil
		}
		from = recs[len(recs)-1].Key + "\x00"
	}
}
