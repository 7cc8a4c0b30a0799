package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/sdk"
)

// product is one of the two as one host reaches it: until that host dies.
type product struct {
	*world
	name string
	host int // which one, from 1
	died <-chan struct{}
}

const (
	lever = "ats.lever"
	alva  = "vendor.alva"
)

var verbs = map[string][]sdk.Verb{
	lever: {
		sdk.VerbTags, sdk.VerbLink, sdk.VerbNote, sdk.VerbFeedback, sdk.VerbFields, sdk.VerbFile, sdk.VerbReport, sdk.VerbMove, sdk.VerbStages,
		sdk.VerbFind, sdk.VerbSearch,
	},
	alva: {
		sdk.VerbInvite, sdk.VerbPosting, sdk.VerbOutcome, sdk.VerbDelete, sdk.VerbAnonymize, sdk.VerbAlert, sdk.VerbAssessments,
		sdk.VerbDocuments, sdk.VerbFind,
	},
}

func (p *product) Verbs() map[sdk.Verb]sdk.Promise {
	out := map[sdk.Verb]sdk.Promise{}
	for _, v := range verbs[p.name] {
		out[v] = sdk.Promise{Repeat: sdk.Safe}
		if promise, ok := p.promises[v]; ok {
			out[v] = promise
		}
	}
	return out
}

func (p *product) Timeout() time.Duration { return time.Minute }
func (p *product) Settle() time.Duration  { return 0 }

// read is one call that reads. It takes a moment, in which others act.
func (p *product) read(ctx context.Context, what string) error {
	if p.dead() {
		<-ctx.Done()
		return ctx.Err()
	}
	time.Sleep(20 * time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[p.name+" "+what]++
	if p.unread != nil {
		return p.unread(p.name, what)
	}
	return nil
}

func (p *product) dead() bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

func (p *product) Application(ctx context.Context, id string) (sdk.Application, error) {
	if err := p.read(ctx, "application"); err != nil {
		return sdk.Application{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.apps[id]
	if a == nil {
		return sdk.Application{}, sdk.ErrNotFound
	}
	out := *a
	out.Tags = slices.Clone(a.Tags)
	return out, nil
}

func (p *product) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return listOf(p, ctx, "stages", func() []sdk.Stage { return p.stages })
}

func (p *product) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return listOf(p, ctx, "assessments", func() []sdk.Assessment { return p.tests })
}

func listOf[T any](p *product, ctx context.Context, what string, all func() []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := p.read(ctx, what); err != nil {
			yield(none, err)
			return
		}
		p.mu.Lock()
		list := slices.Clone(all())
		p.mu.Unlock()
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (p *product) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	if err := p.read(ctx, "find"); err != nil {
		return sdk.Finding{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found := 0
	done := sdk.Done{}
	switch {
	case w.Note != nil:
		for _, n := range p.notes[w.Note.Application] {
			if n.key == w.Key {
				found++
			}
		}
	case w.Invite != nil:
		for _, s := range p.sent {
			if s.Key == w.Key {
				found++
				done = invitedAs(s.remote)
			}
		}
	case w.Feedback != nil, w.File != nil, w.Alert != nil:
		for _, l := range p.left {
			if l.key == w.Key {
				found++
			}
		}
	default:
		return sdk.Finding{Verdict: sdk.Cannot}, nil
	}
	if found == 0 {
		return sdk.Finding{Verdict: sdk.Absent}, nil
	}
	return sdk.Finding{Verdict: sdk.Present, Done: done, More: found - 1}, nil
}

func (p *product) Document(ctx context.Context, _, role string, most int64) (sdk.Document, []byte, error) {
	if err := p.read(ctx, "document"); err != nil {
		return sdk.Document{}, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.document == nil {
		return sdk.Document{}, nil, sdk.Later(0, errors.New("it is being made"))
	}
	if int64(len(p.document)) > most {
		return sdk.Document{}, nil, sdk.Refuse("too_large", role)
	}
	return sdk.Document{Name: "hostile/../name", Type: "application/pdf"}, p.document, nil
}

func invitedAs(remote string) sdk.Done {
	return sdk.Done{Remote: remote, Invited: &sdk.Invited{Remote: remote, URL: "https://alva.test/" + remote}}
}

// turn counts itself: at the end of a scenario every turn was taken or given back.
type turn struct {
	*world
	over sync.Once
}

func (t *turn) Release() {
	t.over.Do(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.turns--
	})
}

func (p *product) TryAdmit() (Turn, bool) {
	if p.dead() {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns++
	return &turn{world: p.world}, true
}

func (p *product) Admit(ctx context.Context, _ egress.Priority) (Turn, error) {
	if t, ok := p.TryAdmit(); ok {
		return t, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// Write makes one call. It reaches the product after a moment and is answered after another; a host that dies in between hears nothing.
func (p *product) Write(ctx context.Context, turn Turn, w sdk.Write, file io.Reader) (sdk.Done, egress.Ledger, error) {
	turn.Release()
	if w.File != nil {
		if content, err := io.ReadAll(file); err != nil || int64(len(content)) != w.File.Size {
			p.Errorf("a file of %d bytes has %d: %v", w.File.Size, len(content), err)
		}
	}
	if p.dead() {
		<-ctx.Done()
		return sdk.Done{}, egress.Ledger{}, ctx.Err()
	}
	lane, f := p.depart(w)
	defer p.land(lane)
	time.Sleep(30 * time.Millisecond)
	var done sdk.Done
	switch {
	case f.panics:
		panic("a fault of the test")
	case f.late > 0:
		p.flying.Go(func() {
			time.Sleep(f.late)
			p.carryOut(w)
		})
	case f.reaches:
		done = p.carryOut(w)
	}
	select {
	case <-time.After(30*time.Millisecond + f.slow):
	case <-ctx.Done():
		f.err, f.status = ctx.Err(), 0
	}
	if f.err != nil {
		done = sdk.Done{}
	}
	return done, egress.Ledger{Entries: []egress.Entry{{Method: "POST", Status: f.status, Wrote: !f.unsent}}}, f.err
}

// depart counts a call in, and tells what becomes of it. One lane never makes two at once.
func (p *product) depart(w sdk.Write) (lane string, f fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[p.name+" "+string(w.Verb())]++
	p.tried[w.Key]++
	if app := applicationOf(w); app != "" {
		lane = fmt.Sprint(p.host, app)
	}
	if p.lanes[lane]++; p.lanes[lane] > 1 && lane != "" {
		p.Errorf("application %s: two calls of one lane are in flight at once, one of them %s", applicationOf(w), w.Verb())
	}
	if p.fate == nil {
		return lane, well
	}
	return lane, p.fate(write{p.name, w, p.tried[w.Key]})
}

func (p *product) land(lane string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lanes[lane]--
}

func applicationOf(w sdk.Write) string {
	switch {
	case w.Tags != nil:
		return w.Tags.Application
	case w.Link != nil:
		return w.Link.Application
	case w.Note != nil:
		return w.Note.Application
	case w.Move != nil:
		return w.Move.Application
	case w.Feedback != nil:
		return w.Feedback.Application
	case w.Fields != nil:
		return w.Fields.Application
	case w.File != nil:
		return w.File.Application
	case w.Invite != nil:
		return w.Invite.Application
	}
	return ""
}
