package sdktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// method calls one method with some arguments, on a connection that has it.
type method struct {
	name string
	has  func(c any) bool
	call func(ctx context.Context, c any) (verdict sdk.Verdict, err error) // the verdict is Find's
}

// methods are all that may call a product.
var methods = []method{
	on("Application", func(ctx context.Context, c sdk.ATS) error { return second(c.Application(ctx, "1")) }),
	on("Tag", func(ctx context.Context, c sdk.Tagger) error {
		return c.Tag(ctx, key, sdk.Tags{Application: "1", Add: []string{"new"}, Remove: []string{"old"}})
	}),
	on("Link", func(ctx context.Context, c sdk.Linker) error {
		return c.Link(ctx, key, sdk.Link{Application: "1", URL: "https://example.com/1", Title: "Report"})
	}),
	on("Note", func(ctx context.Context, c sdk.Noter) error { return second(c.Note(ctx, key, note)) }),
	on("Feedback", func(ctx context.Context, c sdk.FeedbackWriter) error {
		return second(c.Feedback(ctx, key, sdk.Feedback{Application: "1", Template: "Assessment", Score: &half, Rating: 2, Text: "Done."}))
	}),
	on("Fields", func(ctx context.Context, c sdk.FieldWriter) error {
		return c.Fields(ctx, key, sdk.Fields{Application: "1", Values: []sdk.Field{{Name: "Score", Number: &half}}})
	}),
	on("File", func(ctx context.Context, c sdk.FileWriter) error {
		file := sdk.File{Application: "1", Name: "report.pdf", Type: "application/pdf", Size: 5, Role: "report_pdf", Invitation: "1"}
		return second(c.File(ctx, key, file, strings.NewReader("%PDF-")))
	}),
	on("Report", func(ctx context.Context, c sdk.TestPartner) error {
		return c.Report(ctx, key, sdk.Report{Callbacks: []string{"https://example.com/1"}})
	}),
	on("Move", func(ctx context.Context, c sdk.Mover) error {
		return c.Move(ctx, key, sdk.Move{Application: "1", Stage: "2"})
	}),
	on("Tagged", func(ctx context.Context, c sdk.Searcher) error { return drain(c.Tagged(ctx, "new")) }),
	on("Changed", func(ctx context.Context, c sdk.Searcher) error { return drain(c.Changed(ctx, day)) }),
	on("Postings", func(ctx context.Context, c sdk.PostingLister) error { return drain(c.Postings(ctx)) }),
	on("Stages", func(ctx context.Context, c sdk.StageCatalog) error { return drain(c.Stages(ctx)) }),
	on("Invite", func(ctx context.Context, c sdk.Vendor) error { return second(c.Invite(ctx, invitation)) }),
	on("KeepPosting", func(ctx context.Context, c sdk.PostingKeeper) error {
		return second(c.KeepPosting(ctx, key, invitation.Posting))
	}),
	on("KeepOutcome", func(ctx context.Context, c sdk.OutcomeKeeper) error {
		return c.KeepOutcome(ctx, key, sdk.Outcome{Kind: sdk.KindHired, At: day, Person: "1", Invitations: []string{"1"}})
	}),
	on("Delete", func(ctx context.Context, c sdk.Deleter) error {
		return c.Delete(ctx, key, sdk.Deletion{Person: "1", Invitations: []string{"1"}, Everywhere: true})
	}),
	on("Anonymize", func(ctx context.Context, c sdk.Anonymizer) error {
		return c.Anonymize(ctx, key, sdk.Anonymization{Person: "1", Invitations: []string{"1"}})
	}),
	on("Alert", func(ctx context.Context, c sdk.Alerter) error {
		return c.Alert(ctx, key, sdk.Alert{Application: "1", Text: "Nobody was invited."})
	}),
	on("Document", func(ctx context.Context, c sdk.Library) error {
		d, err := c.Document(ctx, "1", "report_pdf")
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, d.Content)
		return cmp.Or(err, d.Content.Close())
	}),
	on("Assessments", func(ctx context.Context, c sdk.Catalog) error { return drain(c.Assessments(ctx)) }),
	on("Poll", func(ctx context.Context, c sdk.Poller) error { return second(c.Poll(ctx, "1")) }),
	finds(sdk.Write{Key: key, Invite: &invitation}),
	finds(sdk.Write{Key: key, Note: &note}),
	on("Prepare", func(ctx context.Context, c sdk.Preparer) error {
		prepared, err := c.Prepare(ctx, sdk.Needs{HookURL: "https://example.com/hooks"})
		if err == nil && len(prepared.Problems) > 0 {
			err = errors.New(prepared.Problems[0].Summary) // to say what could not be done is an answer too
		}
		return err
	}),
}

var (
	key        = sdk.NewKey("sdktest")
	day        = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	half       = 50.0
	note       = sdk.Note{Application: "1", Text: "Invited."}
	invitation = sdk.Invitation{
		Key: key, Attempt: 1, Application: "1", Person: "1", Candidate: sdk.Candidate{Name: "Ada", Email: "ada@example.com"},
		Posting: sdk.Posting{ID: "1", Name: "Engineer"}, PostingAt: "1", Assessment: "1",
	}
)

func on[I any](name string, call func(ctx context.Context, c I) error) method {
	return method{
		name: name,
		has:  func(c any) bool { _, ok := c.(I); return ok },
		call: func(ctx context.Context, c any) (sdk.Verdict, error) { return "", call(ctx, c.(I)) },
	}
}

func finds(w sdk.Write) method {
	m := on[sdk.Finder]("Find", nil)
	m.call = func(ctx context.Context, c any) (sdk.Verdict, error) {
		f, err := c.(sdk.Finder).Find(ctx, w)
		return f.Verdict, err
	}
	return m
}

// second leaves out an answer of which only the error is of interest.
func second[T any](_ T, err error) error { return err }

// drain reads a sequence to its end or first error.
func drain[T any](items iter.Seq2[T, error]) error {
	for _, err := range items {
		if err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a method may take until it asks the product, and until it ends after the answer or when it is cancelled.
const patience = 2 * time.Second

// check calls a method of c whose product answers with the status, or, if it is 0, not at all until the call is cancelled.
func (m method) check(c any, p *product, status int) (wrong []error) {
	complain := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf(m.name+", "+when(status)+", "+format, args...))
	}
	id := m.name + " " + when(status)
	asked := p.begin(m.name, id, status)
	ctx, cancel := context.WithCancel(sdk.WithCall(context.Background(), id))
	defer cancel()
	var verdict sdk.Verdict
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		verdict, err = m.call(ctx, c)
	}()
	if status == 0 {
		await(asked, ended)
		cancel()
	}
	if !await(ended, nil) {
		complain("goes on although its call is over")
		return wrong
	}
	seen, writes := p.end()
	if m.name == "Invite" && writes > 1 {
		complain("writes %d times: only the host knows whether a repeat is safe", writes)
	}
	if seen == 0 {
		return wrong // nobody was asked
	}
	switch {
	case verdict == sdk.Cannot:
	case err == nil && verdict != "":
		complain("says %s, which it cannot know", verdict)
	case err == nil:
		complain("says that all is well")
	case claims(err):
		complain("says %q: an error that claims to know what was done, or what there is", err)
	}
	return wrong
}

func when(status int) string {
	if status == 0 {
		return "not answered"
	}
	return fmt.Sprintf("answered %d %s", status, http.StatusText(status))
}

// claims tells whether the host would take err for knowledge of what was done or what there is.
func claims(err error) bool {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	return errors.As(err, &refusal) || errors.As(err, &delay) || errors.Is(err, sdk.ErrNotFound) || errors.Is(err, sdk.ErrDisconnected)
}

// await waits for one of two events, but not for ever, and tells whether one came.
func await(one, other <-chan struct{}) bool {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-one:
	case <-other:
	case <-late.C:
		return false
	}
	return true
}
