package journal

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Case is everything known of one application.
type Case struct {
	ATS         string                  `json:"ats"` // connection
	Application string                  `json:"application"`
	Last        Reading                 `json:"last"` // what the ATS said last
	Invitations []invitation.Invitation `json:"invitations,omitempty"`
	Effects     []Effect                `json:"effects,omitempty"`     // in the order they were decided
	Appearances map[string]Appearance   `json:"appearances,omitempty"` // by tag: those that rules look for
	Used        []string                `json:"used,omitempty"`        // trigger facts that were there before we were
	Shadowed    map[string][]string     `json:"shadowed,omitempty"`    // by pairing: trigger facts that it would have acted on
	Shown       map[string]Shown        `json:"shown,omitempty"`       // by pairing: our tags
	Verdicts    map[string]string       `json:"verdicts,omitempty"`    // by rule: the last refusal, told again only when it changes
	Moved       string                  `json:"moved,omitempty"`       // the stage into which we moved it, since Last was read
	Requests    map[string]Request      `json:"requests,omitempty"`    // by event id: what the ATS asked for
	Deleted     bool                    `json:"deleted,omitempty"`     // at the ATS: the case goes once its deletions are done
	Anonymized  bool                    `json:"anonymized,omitempty"`  // at the ATS: what names the person goes once the vendors have been told

	ver int64
	// What is on record elsewhere: the person, and the marks that lead here.
	person string
	told   []string
}

// marks is what else leads here: that there is work, what vendors call the invitations, what was requested, the tags that rules look for.
func (c *Case) marks() map[string]any {
	out := map[string]any{}
	if c.Open() {
		out[key(open, c.ATS, c.Application)] = true
	}
	for _, v := range c.Invitations {
		if v.Remote != "" {
			out[key(remotes, v.Vendor, v.Remote)] = Subject{c.ATS, c.Application}
			if !v.Ended() {
				out[key(live, v.Vendor, v.Remote)] = true
			}
		}
	}
	for id := range c.Requests {
		out[key(requests, c.ATS, id)] = Subject{c.ATS, c.Application}
	}
	for tag, a := range c.Appearances {
		if a.Present {
			out[key(tagged, c.ATS, sdk.ContentID(tag), c.Application)] = true
		}
	}
	return out
}

// Reading is the application as the ATS told it at a time.
type Reading struct {
	Application sdk.Application `json:"application"`
	At          time.Time       `json:"at"`
	Told        bool            `json:"told,omitempty"` // it is what an event told, because the ATS cannot be read
}

// Appearance counts how often a tag has come: each time is news, being there is not.
type Appearance struct {
	N       int  `json:"n"`
	Present bool `json:"present"`
}

// Shown is the tags of one pairing on the application: those surely there, and those that an attempt may have left there.
type Shown struct {
	Sure  []string `json:"sure,omitempty"`
	Maybe []string `json:"maybe,omitempty"`
}

// Swap is what to add and what to take away so that what is wanted is there. A tag that is there and not ours is left alone, in both
// directions.
func (s Shown) Swap(wanted, there []string) (add, remove []string) {
	ours := Union(s.Sure, s.Maybe)
	for _, t := range wanted {
		foreign := slices.Contains(there, t) && !slices.Contains(ours, t)
		if !foreign && !slices.Contains(s.Sure, t) {
			add = append(add, t)
		}
	}
	for _, t := range ours {
		if !slices.Contains(wanted, t) {
			remove = append(remove, t)
		}
	}
	return add, remove
}

// Swapped is what is shown after a swap.
func (s Shown) Swapped(t sdk.Tags) Shown {
	return Shown{Sure: Swapped(s.Sure, t), Maybe: Swapped(s.Maybe, t)}
}

// Swapped is a list of tags after a swap.
func Swapped(tags []string, t sdk.Tags) []string {
	return slices.DeleteFunc(Union(tags, t.Add), func(s string) bool { return slices.Contains(t.Remove, s) })
}

// Union is a and what b has beyond it.
func Union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Effect is one write, decided and on its way. Once it is done, what it wrote is dropped and its key stays.
type Effect struct {
	effect.Effect
	Pairing    string    `json:"pairing"`
	Conn       string    `json:"conn"` // the connection it writes to
	Verb       sdk.Verb  `json:"verb"`
	Slot       string    `json:"slot,omitempty"`
	Invitation sdk.Key   `json:"invitation,omitempty"` // that it follows from
	Write      sdk.Write `json:"write,omitzero"`
}

// New tells whether the case was never saved.
func (c *Case) New() bool { return c.ver == 0 }

// Effect finds an effect by its key; nil if it was never decided.
func (c *Case) Effect(k sdk.Key) *Effect {
	i := slices.IndexFunc(c.Effects, func(e Effect) bool { return e.Key == k })
	if i < 0 {
		return nil
	}
	return &c.Effects[i]
}

// Invitation finds an invitation by its key; nil if there is none.
func (c *Case) Invitation(k sdk.Key) *invitation.Invitation {
	i := slices.IndexFunc(c.Invitations, func(v invitation.Invitation) bool { return v.Key == k })
	if i < 0 {
		return nil
	}
	return &c.Invitations[i]
}

// With returns the invitations that vendor was or is to be asked for, oldest first.
func (c *Case) With(vendor string) []invitation.Invitation {
	var out []invitation.Invitation
	for _, v := range c.Invitations {
		if v.Vendor == vendor {
			out = append(out, v)
		}
	}
	return out
}

// Open tells whether effects are left to work, parked ones not counted.
func (c *Case) Open() bool {
	return slices.ContainsFunc(c.Effects, func(e Effect) bool { return e.Active() })
}

// Load reads a case, as an empty one if there is none yet.
func (j *Journal) Load(ctx context.Context, ats, application string) (*Case, error) {
	c := &Case{ATS: ats, Application: application}
	var err error
	c.ver, err = j.get(ctx, key(cases, ats, application), c)
	c.person, c.told = c.Last.Application.Person, slices.Collect(maps.Keys(c.marks()))
	return c, err
}

// Once is the guard against inviting a person twice to one assessment of one posting through two applications.
type Once struct {
	Application string  `json:"application"`
	Invitation  sdk.Key `json:"invitation"`
	key         string
	ver         int64
}

// Once reads the guard for an invitation.
func (j *Journal) Once(ctx context.Context, v invitation.Invitation) (o Once, err error) {
	k := key(once, string(sdk.NewKey(v.ATS, v.Vendor, v.Person, v.Posting, v.Assessment)))
	ver, err := j.get(ctx, k, &o)
	o.key, o.ver = k, ver
	return o, err
}

// Change is what one commit does besides writing the case.
type Change struct {
	Taken   []Arrival // leave the inbox
	Entries []Entry   // join the story
	Retold  bool      // the story so far is removed first
	Onces   []Once    // as read, with Application and Invitation set anew
}

// Save writes a case with all that comes with it, or nothing: ErrChanged when the case, or a Once, was written by another since it was read.
// The case may be saved again afterwards.
func (j *Journal) Save(ctx context.Context, c *Case, ch Change) error {
	if ch.Retold {
		if err := j.untell(ctx, c); err != nil {
			return err
		}
	}
	b := batch{j: j}
	k := key(cases, c.ATS, c.Application)
	b.guard(k, c.ver)
	b.put(k, c)
	if p := c.Last.Application.Person; p != "" && p != c.person {
		b.put(key(people, c.ATS, p, c.Application), true)
		if c.person != "" {
			b.delete(key(people, c.ATS, c.person, c.Application)) // people are merged
		}
	}
	now := c.marks()
	for k, v := range now {
		if !slices.Contains(c.told, k) {
			b.put(k, v)
		}
	}
	for _, k := range c.told {
		if now[k] == nil {
			b.delete(k)
		}
	}
	for _, o := range ch.Onces {
		b.guard(o.key, o.ver)
		b.put(o.key, o)
	}
	b.finish(c, ch)
	if err := b.commit(ctx); err != nil {
		return err
	}
	c.ver, c.person, c.told = b.ver, c.Last.Application.Person, slices.Collect(maps.Keys(now))
	return nil
}

// finish takes events out of the inbox and adds to the story.
func (b *batch) finish(c *Case, ch Change) {
	for _, a := range ch.Taken {
		b.delete(a.key)
	}
	if len(ch.Entries) > 0 {
		b.put(key(story, c.ATS, c.Application, b.j.next()), ch.Entries)
	}
}

// Whose tells whose invitation a vendor means; ok is false while we have no record of it.
func (j *Journal) Whose(ctx context.Context, vendor, remote string) (s Subject, ok bool, err error) {
	ver, err := j.get(ctx, key(remotes, vendor, remote), &s)
	return s, ver != 0, err
}

// Unfinished calls f for every case that has effects to work: what a start has to take up.
func (j *Journal) Unfinished(ctx context.Context, f func(Subject)) error {
	return j.scan(ctx, open+"/", func(rec store.Rec) error {
		p := parts(rec.Key)
		f(Subject{p[0], p[1]})
		return nil
	})
}

// Cases calls f for every case, in no order that means anything.
func (j *Journal) Cases(ctx context.Context, f func(*Case) error) error {
	return j.scan(ctx, cases+"/", func(rec store.Rec) error {
		c := &Case{ver: rec.Ver}
		if err := j.unseal(rec, c); err != nil {
			return err
		}
		return f(c)
	})
}

// untell removes the story of a case.
func (j *Journal) untell(ctx context.Context, c *Case) error {
	b := batch{j: j}
	err := j.scan(ctx, key(story, c.ATS, c.Application)+"/", func(rec store.Rec) error {
		if b.delete(rec.Key); len(b.Ops) < 64 {
			return nil
		}
		err := b.commit(ctx)
		b = batch{j: j}
		return err
	})
	if err != nil || len(b.Ops) == 0 {
		return err
	}
	return b.commit(ctx)
}

// Erase removes a case and its story, and leaves a mark that says only that the application is gone, for webhooks that come late.
func (j *Journal) Erase(ctx context.Context, c *Case, taken []Arrival) error {
	if err := j.untell(ctx, c); err != nil {
		return err
	}
	b := batch{j: j}
	k := key(cases, c.ATS, c.Application)
	b.guard(k, c.ver)
	b.delete(k)
	b.put(key(gone, c.ATS, c.Application), true)
	b.delete(key(people, c.ATS, c.person, c.Application))
	for _, r := range c.told {
		b.delete(r)
	}
	b.finish(c, Change{Taken: taken})
	return b.commit(ctx)
}

// Applications returns the applications of a person that there are cases of.
func (j *Journal) Applications(ctx context.Context, ats, person string) ([]string, error) {
	return j.last(ctx, key(people, ats, person))
}

// Tagged returns the applications whose cases show a tag that rules look for.
func (j *Journal) Tagged(ctx context.Context, ats, tag string) ([]string, error) {
	return j.last(ctx, key(tagged, ats, sdk.ContentID(tag)))
}

// Live returns what vendor calls the invitations that have not ended.
func (j *Journal) Live(ctx context.Context, vendor string) ([]string, error) {
	return j.last(ctx, key(live, vendor))
}

// last collects the last parts of the keys under a prefix.
func (j *Journal) last(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	err := j.scan(ctx, prefix+"/", func(rec store.Rec) error {
		p := parts(rec.Key)
		out = append(out, p[len(p)-1])
		return nil
	})
	return out, err
}

// Gone tells whether an application was deleted.
func (j *Journal) Gone(ctx context.Context, ats, application string) (bool, error) {
	_, ok, err := j.store.Get(ctx, key(gone, ats, application))
	return ok, err
}
