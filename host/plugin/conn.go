package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// Conn is one connection of a plugin, which outlives the plugin's processes. Its methods are those of the sdk's interfaces, each under a
// deadline of its own besides ctx; they may be called concurrently. An [sdk.Delay] that says the plugin is not running did nothing;
// [wire.ErrLost] may have done something.
type Conn struct {
	process *Process
	opening wire.Opening

	turn   chan struct{} // holds a token while somebody looks at or changes what follows
	run    *run          // in which the connection is open; nil: not yet
	wire   *wire.Conn
	closed bool
}

// Connect opens a connection, called name, of a plugin. Settings are a JSON object without what the host keeps; egress is the path of the
// socket through which its HTTP leaves. A setting with which the plugin cannot work is an [sdk.SettingError].
func (p *Process) Connect(ctx context.Context, name string, settings json.RawMessage, egress string) (*Conn, error) {
	c := &Conn{process: p, opening: wire.Opening{Name: name, Settings: settings, Egress: egress}, turn: make(chan struct{}, 1)}
	if _, _, err := c.open(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// open waits for the process, and opens the connection if it is not open in this one.
func (c *Conn) open(ctx context.Context) (*run, *wire.Conn, error) {
	r, err := c.process.ready(ctx)
	if err != nil {
		return nil, nil, err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, nil, sdk.Later(0, fmt.Errorf("connection %s is not open yet: %w", c.opening.Name, ctx.Err()))
	}
	switch {
	case c.closed:
		return nil, nil, fmt.Errorf("connection %s is closed", c.opening.Name)
	case c.run == r:
		return r, c.wire, nil
	}
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	w, err := r.Open(limited, r.described.Role, c.opening)
	if err != nil {
		c.process.suspect(limited, r, err)
		return nil, nil, fmt.Errorf("open connection %s: %w", c.opening.Name, err)
	}
	c.run, c.wire = r, w
	return r, w, nil
}

// Verbs tells what the connection can do and how each verb repeats, as the plugin said when it was opened last. Callers do not change it.
func (c *Conn) Verbs() map[sdk.Verb]sdk.Promise {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.wire.Verbs()
}

// Close has the plugin forget the connection. Later calls fail; those that run go on.
func (c *Conn) Close(ctx context.Context) error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.closed = true; c.process.running() != c.run {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, receiveLimit)
	defer cancel()
	err := c.wire.Close(ctx)
	if errors.Is(err, wire.ErrLost) {
		return nil
	}
	return err
}

// call makes one call of the sdk's method under a limit.
func call[T any](
	ctx context.Context, c *Conn, method string, limit time.Duration, do func(context.Context, *wire.Conn) (T, error),
) (T, error) {
	r, w, err := c.open(ctx)
	if err != nil {
		var none T
		return none, notBegun(err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := do(ctx, w)
	c.process.suspect(ctx, r, err)
	return result, c.late(ctx, method, began, err)
}

// list makes one call of the sdk's method that yields a sequence.
func list[T any](
	ctx context.Context, c *Conn, method string, items func(context.Context, *wire.Conn) iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r, w, err := c.open(ctx)
		if err != nil {
			var none T
			yield(none, notBegun(err))
			return
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(ctx, listLimit)
		defer cancel()
		for item, err := range items(ctx, w) {
			c.process.suspect(ctx, r, err)
			if !yield(item, c.late(ctx, method, began, err)) {
				return
			}
		}
	}
}

// overrun is the error of a call that had not ended when its time was up. Whether it did anything is not known.
type overrun struct {
	plugin, method string
	within         time.Duration
}

func (o *overrun) Error() string {
	return fmt.Sprintf("%s did not finish %s within %v", o.plugin, o.method, o.within.Round(10*time.Millisecond))
}
func (o *overrun) Unwrap() error { return context.DeadlineExceeded }

// late makes an overrun of the error of a call that began then under ctx, if its time is up. A plugin's own, shorter deadline is none.
func (c *Conn) late(ctx context.Context, method string, began time.Time, err error) error {
	if end, limited := ctx.Deadline(); limited && errors.Is(err, context.DeadlineExceeded) && !time.Now().Before(end) {
		return &overrun{c.process.launch.name, method, end.Sub(began)}
	}
	return err
}

// notBegun marks the error of a call that could not begin: it surely did nothing.
func notBegun(err error) error {
	if delay := (*sdk.Delay)(nil); errors.As(err, &delay) {
		return err
	}
	return sdk.Later(0, err)
}

// limit is that of a write or a single read.
func (c *Conn) limit() time.Duration {
	if d := c.process.About().Timeout; d > 0 {
		return d
	}
	return writeLimit
}

// Receive hands a webhook over; within 5 s.
func (c *Conn) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	return call(ctx, c, "Receive", receiveLimit, func(ctx context.Context, w *wire.Conn) (sdk.Received, error) { return w.Receive(ctx, r) })
}

// Application reads an application; within [sdk.About].Timeout.
func (c *Conn) Application(ctx context.Context, id string) (sdk.Application, error) {
	return call(ctx, c, "Application", c.limit(), func(ctx context.Context, w *wire.Conn) (sdk.Application, error) {
		return w.Application(ctx, id)
	})
}

// Write does one change; within [sdk.About].Timeout.
func (c *Conn) Write(ctx context.Context, change sdk.Write) (sdk.Done, error) {
	return call(ctx, c, wire.Method(change.Verb()), c.limit(), func(ctx context.Context, w *wire.Conn) (sdk.Done, error) {
		return w.Write(ctx, change)
	})
}

// Find looks for an earlier attempt of a write; within 5 min, since it reads all pages.
func (c *Conn) Find(ctx context.Context, change sdk.Write) (sdk.Finding, error) {
	return call(ctx, c, "Find", listLimit, func(ctx context.Context, w *wire.Conn) (sdk.Finding, error) { return w.Find(ctx, change) })
}

// Poll reads one invitation; within [sdk.About].Timeout.
func (c *Conn) Poll(ctx context.Context, remote string) ([]sdk.Event, error) {
	return call(ctx, c, "Poll", c.limit(), func(ctx context.Context, w *wire.Conn) ([]sdk.Event, error) { return w.Poll(ctx, remote) })
}

// Upload does a change that carries a file; within 5 min.
func (c *Conn) Upload(ctx context.Context, change sdk.Write, content io.Reader) (sdk.Done, error) {
	return call(ctx, c, wire.Method(change.Verb()), listLimit, func(ctx context.Context, w *wire.Conn) (sdk.Done, error) {
		return w.Upload(ctx, change, content)
	})
}

// Document reads a vendor's document, of at most so many bytes, whole; within 5 min. [sdk.Document].Content of what it returns is not used.
func (c *Conn) Document(ctx context.Context, remote, role string, most int64) (d sdk.Document, content []byte, err error) {
	d, err = call(ctx, c, "Document", listLimit, func(ctx context.Context, w *wire.Conn) (sdk.Document, error) {
		d, err := w.Document(ctx, remote, role)
		if err != nil {
			return d, err
		}
		defer d.Content.Close()
		content, err = io.ReadAll(io.LimitReader(d.Content, most+1))
		if err == nil && int64(len(content)) > most {
			err = sdk.Refuse("too_large", fmt.Sprintf("the document is over %d bytes", most))
		}
		return d, err
	})
	return d, content, err
}

// Answer puts what the host knows into an ATS's words; within 5 s.
func (c *Conn) Answer(ctx context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	return call(ctx, c, "Answer", receiveLimit, func(ctx context.Context, w *wire.Conn) (sdk.Response, error) { return w.Answer(ctx, q, a) })
}

// Prepare makes at the product what the rules need; within 5 min.
func (c *Conn) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	return call(ctx, c, "Prepare", listLimit, func(ctx context.Context, w *wire.Conn) (sdk.Prepared, error) { return w.Prepare(ctx, n) })
}

// Tagged lists applications by tag; within 5 min, as all lists.
func (c *Conn) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return list(ctx, c, "Tagged", func(ctx context.Context, w *wire.Conn) iter.Seq2[string, error] { return w.Tagged(ctx, tag) })
}

// Changed lists applications by change.
func (c *Conn) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	return list(ctx, c, "Changed", func(ctx context.Context, w *wire.Conn) iter.Seq2[string, error] { return w.Changed(ctx, since) })
}

// Postings lists postings.
func (c *Conn) Postings(ctx context.Context) iter.Seq2[sdk.Posting, error] {
	return list(ctx, c, "Postings", func(ctx context.Context, w *wire.Conn) iter.Seq2[sdk.Posting, error] { return w.Postings(ctx) })
}

// Stages lists stages.
func (c *Conn) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return list(ctx, c, "Stages", func(ctx context.Context, w *wire.Conn) iter.Seq2[sdk.Stage, error] { return w.Stages(ctx) })
}

// Assessments lists assessments.
func (c *Conn) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return list(ctx, c, "Assessments", func(ctx context.Context, w *wire.Conn) iter.Seq2[sdk.Assessment, error] { return w.Assessments(ctx) })
}
