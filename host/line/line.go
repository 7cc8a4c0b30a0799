// Package line is one open connection: a plugin's calls, each with its turn and an id of its own on the way out.
//
// A [Line] joins a plugin's connection to its gate in the egress. Whoever needs something of a connection (engine, schedule, hook) declares
// the few methods in an interface of its own, and main gives it the Line.
package line

import (
	"cmp"
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/egress"
	"github.com/patchbay-dev/patchbay/host/engine"
	"github.com/patchbay-dev/patchbay/host/plugin"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Line is one open connection. Each call waits its turn and has an id of its own, which is dead when it returns.
type Line struct {
	conn    *plugin.Conn
	gate    *egress.Conn
	Plugin  string        // the process that runs its plugin
	Secret  string        // in the path of its webhooks
	Signing []string      // every live secret of its webhooks
	timeout time.Duration // of a read or write
	settle  time.Duration
}

// New makes a line of a plugin's connection and its gate.
func New(name string, about sdk.About, conn *plugin.Conn, gate *egress.Conn, signing []string, settle time.Duration) *Line {
	return &Line{conn: conn, gate: gate, Plugin: name, timeout: cmp.Or(about.Timeout, writeTime), Signing: signing, settle: settle}
}

const (
	writeTime = 60 * time.Second
	listTime  = 5 * time.Minute
)

func (l *Line) Verbs() map[sdk.Verb]sdk.Promise { return l.conn.Verbs() }

// Can is what the connection can do, in the order of the alphabet.
func (l *Line) Can() []sdk.Verb { return slices.Sorted(maps.Keys(l.Verbs())) }

func (l *Line) Timeout() time.Duration { return l.timeout }
func (l *Line) Settle() time.Duration  { return l.settle }

// Receive needs no way out: a handler of webhooks makes no calls.
func (l *Line) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	return l.conn.Receive(ctx, r)
}

func (l *Line) Application(ctx context.Context, id string) (app sdk.Application, err error) {
	err = l.read(ctx, egress.Person, "application", func(ctx context.Context) error {
		app, err = l.conn.Application(ctx, id)
		return err
	})
	return app, err
}

func (l *Line) Find(ctx context.Context, w sdk.Write) (found sdk.Finding, err error) {
	err = l.read(ctx, egress.WriteBack, sdk.VerbFind, func(ctx context.Context) error {
		found, err = l.conn.Find(ctx, w)
		return err
	})
	return found, err
}

func (l *Line) read(ctx context.Context, p egress.Priority, v sdk.Verb, do func(context.Context) error) error {
	return l.do(ctx, p, v, egress.Reading, do)
}

func (l *Line) do(ctx context.Context, p egress.Priority, v sdk.Verb, m egress.Mode, do func(context.Context) error) error {
	ticket, err := l.gate.Admit(ctx, p)
	if err != nil {
		return err
	}
	call := ticket.Begin(v, m, time.Now().Add(l.timeout))
	defer call.End()
	return do(call.Context(ctx))
}

func (l *Line) Admit(ctx context.Context, p egress.Priority) (engine.Turn, error) {
	ticket, err := l.gate.Admit(ctx, p)
	if err != nil {
		return nil, err
	}
	return ticket, nil
}

func (l *Line) TryAdmit() (engine.Turn, bool) {
	ticket, ok := l.gate.TryAdmit()
	return ticket, ok
}

func (l *Line) Write(ctx context.Context, turn engine.Turn, w sdk.Write, file io.Reader) (done sdk.Done, _ egress.Ledger, err error) {
	call := turn.(*egress.Ticket).Begin(w.Verb(), egress.Writing, time.Now().Add(l.timeout))
	if file != nil {
		done, err = l.conn.Upload(call.Context(ctx), w, file)
	} else {
		done, err = l.conn.Write(call.Context(ctx), w)
	}
	return done, call.End(), err
}

func (l *Line) Document(ctx context.Context, remote, role string, most int64) (d sdk.Document, content []byte, err error) {
	err = l.read(ctx, egress.WriteBack, sdk.VerbDocuments, func(ctx context.Context) error {
		d, content, err = l.conn.Document(ctx, remote, role, most)
		return err
	})
	return d, content, err
}

// Answer needs no way out either.
func (l *Line) Answer(ctx context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	return l.conn.Answer(ctx, q, a)
}

// KeepPosting is for the nightly sync: a safe verb, so it needs no effect.
func (l *Line) KeepPosting(ctx context.Context, key sdk.Key, p sdk.Posting) (string, error) {
	turn, err := l.gate.Admit(ctx, egress.Sync)
	if err != nil {
		return "", err
	}
	done, _, err := l.Write(ctx, turn, sdk.Write{Key: key, Posting: &p}, nil)
	return done.Remote, err
}

func (l *Line) Poll(ctx context.Context, remote string) (events []sdk.Event, err error) {
	err = l.read(ctx, egress.Sync, sdk.VerbPoll, func(ctx context.Context) error {
		events, err = l.conn.Poll(ctx, remote)
		return err
	})
	return events, err
}

func (l *Line) Prepare(ctx context.Context, n sdk.Needs) (prepared sdk.Prepared, err error) {
	err = l.do(ctx, egress.Sync, sdk.VerbPrepare, egress.Writing, func(ctx context.Context) error {
		prepared, err = l.conn.Prepare(ctx, n)
		return err
	})
	return prepared, err
}

func (l *Line) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return list(ctx, l, egress.WriteBack, sdk.VerbStages, l.conn.Stages)
}

func (l *Line) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return list(ctx, l, egress.Person, sdk.VerbAssessments, l.conn.Assessments)
}

func (l *Line) Postings(ctx context.Context) iter.Seq2[sdk.Posting, error] {
	return list(ctx, l, egress.Sync, sdk.VerbPostings, l.conn.Postings)
}

func (l *Line) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return list(ctx, l, egress.Sync, sdk.VerbSearch, func(ctx context.Context) iter.Seq2[string, error] { return l.conn.Tagged(ctx, tag) })
}

func (l *Line) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	return list(ctx, l, egress.Sync, sdk.VerbSearch, func(ctx context.Context) iter.Seq2[string, error] { return l.conn.Changed(ctx, since) })
}

// list makes one call of what a plugin yields bit by bit.
func list[T any](ctx context.Context, l *Line, p egress.Priority, v sdk.Verb, seq func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ticket, err := l.gate.Admit(ctx, p)
		if err != nil {
			yield(*new(T), err)
			return
		}
		call := ticket.Begin(v, egress.Reading, time.Now().Add(listTime))
		defer call.End()
		seq(call.Context(ctx))(yield)
	}
}
