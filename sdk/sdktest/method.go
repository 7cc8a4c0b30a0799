package sdktest

import (
	"context"
	"iter"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// method calls one method with some arguments, on a connection that has it.
type method struct {
	name string
	call func(ctx context.Context, c any)
}

// methods are all that may call a product.
var methods = []method{
	on("Application", func(ctx context.Context, c sdk.ATS) { c.Application(ctx, "1") }),
	on("Tag", func(ctx context.Context, c sdk.Tagger) {
		c.Tag(ctx, key, sdk.Tags{Application: "1", Add: []string{"new"}, Remove: []string{"old"}})
	}),
	on("Link", func(ctx context.Context, c sdk.Linker) {
		c.Link(ctx, key, sdk.Link{Application: "1", URL: "https://example.com/1", Title: "Report"})
	}),
	on("Note", func(ctx context.Context, c sdk.Noter) { c.Note(ctx, key, sdk.Note{Application: "1", Text: "Invited."}) }),
	on("Move", func(ctx context.Context, c sdk.Mover) { c.Move(ctx, key, sdk.Move{Application: "1", Stage: "2"}) }),
	on("Tagged", func(ctx context.Context, c sdk.Searcher) { drain(c.Tagged(ctx, "new")) }),
	on("Changed", func(ctx context.Context, c sdk.Searcher) { drain(c.Changed(ctx, day)) }),
	on("Postings", func(ctx context.Context, c sdk.PostingLister) { drain(c.Postings(ctx)) }),
	on("Stages", func(ctx context.Context, c sdk.StageCatalog) { drain(c.Stages(ctx)) }),
	on("Invite", func(ctx context.Context, c sdk.Vendor) { c.Invite(ctx, invitation) }),
	on("KeepPosting", func(ctx context.Context, c sdk.PostingKeeper) { c.KeepPosting(ctx, key, invitation.Posting) }),
	on("KeepOutcome", func(ctx context.Context, c sdk.OutcomeKeeper) {
		c.KeepOutcome(ctx, key, sdk.Outcome{Kind: sdk.KindHired, At: day, Person: "1", Invitations: []string{"1"}})
	}),
	on("Delete", func(ctx context.Context, c sdk.Deleter) {
		c.Delete(ctx, key, sdk.Deletion{Person: "1", Invitations: []string{"1"}, Everywhere: true})
	}),
	on("Assessments", func(ctx context.Context, c sdk.Catalog) { drain(c.Assessments(ctx)) }),
	on("Poll", func(ctx context.Context, c sdk.Poller) { c.Poll(ctx, "1") }),
	on("Find", func(ctx context.Context, c sdk.Finder) { c.Find(ctx, sdk.Write{Key: key, Invite: &invitation}) }),
	on("Prepare", func(ctx context.Context, c sdk.Preparer) {
		c.Prepare(ctx, sdk.Needs{HookURL: "https://example.com/hooks"})
	}),
}

var (
	key        = sdk.NewKey("sdktest")
	day        = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	invitation = sdk.Invitation{
		Key: key, Attempt: 1, Application: "1", Person: "1", Candidate: sdk.Candidate{Name: "Ada", Email: "ada@example.com"},
		Posting: sdk.Posting{ID: "1", Name: "Engineer"}, Assessment: "1",
	}
)

func on[I any](name string, call func(ctx context.Context, c I)) method {
	return method{name, func(ctx context.Context, c any) {
		if i, ok := c.(I); ok {
			call(ctx, i)
		}
	}}
}

// drain reads a sequence to its end.
func drain[T any](items iter.Seq2[T, error]) {
	for range items {
	}
}
