package wire

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/patchbay-dev/patchbay/sdk"
)

// ability is one verb: how to see that a connection has it, and, if it is an arm of [sdk.Write], how to do it.
type ability struct {
	verb sdk.Verb
	has  func(connection any) bool
	do   func(ctx context.Context, connection any, w sdk.Write) (sdk.Done, error) // nil: a verb that reads
}

// abilities is every verb there is. A new one is a new line here.
var abilities = []ability{
	writes(sdk.VerbTags, func(ctx context.Context, c sdk.Tagger, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Tag(ctx, w.Key, *w.Tags)
	}),
	writes(sdk.VerbLink, func(ctx context.Context, c sdk.Linker, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Link(ctx, w.Key, *w.Link)
	}),
	writes(sdk.VerbNote, func(ctx context.Context, c sdk.Noter, w sdk.Write) (sdk.Done, error) {
		remote, err := c.Note(ctx, w.Key, *w.Note)
		return sdk.Done{Remote: remote}, err
	}),
	writes(sdk.VerbMove, func(ctx context.Context, c sdk.Mover, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Move(ctx, w.Key, *w.Move)
	}),
	writes(sdk.VerbInvite, func(ctx context.Context, c sdk.Vendor, w sdk.Write) (sdk.Done, error) {
		invited, err := c.Invite(ctx, *w.Invite)
		return sdk.Done{Remote: invited.Remote, Invited: &invited}, err
	}),
	writes(sdk.VerbPosting, func(ctx context.Context, c sdk.PostingKeeper, w sdk.Write) (sdk.Done, error) {
		remote, err := c.KeepPosting(ctx, w.Key, *w.Posting)
		return sdk.Done{Remote: remote}, err
	}),
	writes(sdk.VerbOutcome, func(ctx context.Context, c sdk.OutcomeKeeper, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.KeepOutcome(ctx, w.Key, *w.Outcome)
	}),
	writes(sdk.VerbDelete, func(ctx context.Context, c sdk.Deleter, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Delete(ctx, w.Key, *w.Delete)
	}),
	reads[sdk.Searcher](sdk.VerbSearch),
	reads[sdk.PostingLister](sdk.VerbPostings),
	reads[sdk.StageCatalog](sdk.VerbStages),
	reads[sdk.Catalog](sdk.VerbAssessments),
	reads[sdk.Poller](sdk.VerbPoll),
	reads[sdk.Finder](sdk.VerbFind),
	reads[sdk.Preparer](sdk.VerbPrepare),
}

func writes[I any](v sdk.Verb, do func(ctx context.Context, c I, w sdk.Write) (sdk.Done, error)) ability {
	a := reads[I](v)
	a.do = func(ctx context.Context, c any, w sdk.Write) (sdk.Done, error) { return do(ctx, c.(I), w) }
	return a
}

func reads[I any](v sdk.Verb) ability {
	return ability{verb: v, has: func(c any) bool { _, ok := c.(I); return ok }}
}

// write does w with the one ability that it asks for.
func write(ctx context.Context, c any, w sdk.Write) (sdk.Done, error) {
	verb := w.Verb()
	for _, a := range abilities {
		if a.verb == verb && a.do != nil && a.has(c) {
			return a.do(ctx, c, w)
		}
	}
	return sdk.Done{}, status.Errorf(codes.Unimplemented, "this connection cannot write %q", verb)
}

// promises tells what a connection can do and how each verb repeats. A promise that cannot be kept is the author's mistake.
func promises(c any) (map[sdk.Verb]sdk.Promise, error) {
	_, finder := c.(sdk.Finder)
	promiser, _ := c.(sdk.Promiser)
	out := make(map[sdk.Verb]sdk.Promise)
	for _, a := range abilities {
		if !a.has(c) {
			continue
		}
		var p sdk.Promise
		if promiser != nil {
			p = promiser.Promise(a.verb)
		}
		if p == (sdk.Promise{}) {
			p = sdk.DefaultPromise(a.verb, finder)
		}
		switch {
		case p.Repeat == sdk.Look && !finder:
			return nil, fmt.Errorf("promises to look for %s but has no Find", a.verb)
		case p.Repeat == sdk.Keyed && p.KeptFor <= 0:
			return nil, fmt.Errorf("promises that %s is keyed but not for how long", a.verb)
		}
		out[a.verb] = p
	}
	return out, nil
}
