package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/patchbay-dev/patchbay/sdk"
)

// ability is one verb: how to see that a connection has it, and, if it is an arm of [sdk.Write], how to do it.
type ability struct {
	verb   sdk.Verb
	method string // as sdk calls what does it; empty: a verb that reads
	has    func(connection any) bool
	do     func(ctx context.Context, connection any, w sdk.Write) (sdk.Done, error) // nil: a verb that reads
}

// abilities is every verb there is. A new one is a new line here.
var abilities = []ability{
	writes(sdk.VerbTags, "Tag", func(ctx context.Context, c sdk.Tagger, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Tag(ctx, w.Key, *w.Tags)
	}),
	writes(sdk.VerbLink, "Link", func(ctx context.Context, c sdk.Linker, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Link(ctx, w.Key, *w.Link)
	}),
	writes(sdk.VerbNote, "Note", func(ctx context.Context, c sdk.Noter, w sdk.Write) (sdk.Done, error) {
		remote, err := c.Note(ctx, w.Key, *w.Note)
		return sdk.Done{Remote: remote}, err
	}),
	writes(sdk.VerbMove, "Move", func(ctx context.Context, c sdk.Mover, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Move(ctx, w.Key, *w.Move)
	}),
	writes(sdk.VerbInvite, "Invite", func(ctx context.Context, c sdk.Vendor, w sdk.Write) (sdk.Done, error) {
		invited, err := c.Invite(ctx, *w.Invite)
		if err == nil && invited.Remote == "" {
			err = errNoRemote("Invite")
		}
		return sdk.Done{Remote: invited.Remote, Invited: &invited}, err
	}),
	writes(sdk.VerbPosting, "KeepPosting", func(ctx context.Context, c sdk.PostingKeeper, w sdk.Write) (sdk.Done, error) {
		remote, err := c.KeepPosting(ctx, w.Key, *w.Posting)
		return sdk.Done{Remote: remote}, err
	}),
	writes(sdk.VerbOutcome, "KeepOutcome", func(ctx context.Context, c sdk.OutcomeKeeper, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.KeepOutcome(ctx, w.Key, *w.Outcome)
	}),
	writes(sdk.VerbDelete, "Delete", func(ctx context.Context, c sdk.Deleter, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Delete(ctx, w.Key, *w.Delete)
	}),
	writes(sdk.VerbFeedback, "Feedback", func(ctx context.Context, c sdk.FeedbackWriter, w sdk.Write) (sdk.Done, error) {
		remote, err := c.Feedback(ctx, w.Key, *w.Feedback)
		return sdk.Done{Remote: remote}, err
	}),
	writes(sdk.VerbFields, "Fields", func(ctx context.Context, c sdk.FieldWriter, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Fields(ctx, w.Key, *w.Fields)
	}),
	reads[sdk.FileWriter](sdk.VerbFile), // written by Upload, which has the content
	writes(sdk.VerbReport, "Report", func(ctx context.Context, c sdk.TestPartner, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Report(ctx, w.Key, *w.Report)
	}),
	writes(sdk.VerbAnonymize, "Anonymize", func(ctx context.Context, c sdk.Anonymizer, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Anonymize(ctx, w.Key, *w.Anonymize)
	}),
	writes(sdk.VerbAlert, "Alert", func(ctx context.Context, c sdk.Alerter, w sdk.Write) (sdk.Done, error) {
		return sdk.Done{}, c.Alert(ctx, w.Key, *w.Alert)
	}),
	reads[sdk.Searcher](sdk.VerbSearch),
	reads[sdk.Library](sdk.VerbDocuments),
	reads[sdk.PostingLister](sdk.VerbPostings),
	reads[sdk.StageCatalog](sdk.VerbStages),
	reads[sdk.Catalog](sdk.VerbAssessments),
	reads[sdk.Poller](sdk.VerbPoll),
	reads[sdk.Finder](sdk.VerbFind),
	reads[sdk.Preparer](sdk.VerbPrepare),
}

// errNoRemote is the error of an invitation that was taken, it is said, but as what is not: the vendor's events about it would be nobody's.
// It has no meaning that crosses, so the outcome is unknown.
func errNoRemote(method string) error {
	return errors.New("the plugin broke: " + method + " returned no Remote")
}

func writes[I any](v sdk.Verb, method string, do func(ctx context.Context, c I, w sdk.Write) (sdk.Done, error)) ability {
	a := reads[I](v)
	a.method = method
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

// Method is the name of the sdk's method that does a write of that verb; the verb itself if there is none.
func Method(v sdk.Verb) string {
	i := slices.IndexFunc(abilities, func(a ability) bool { return a.verb == v && a.method != "" })
	if i < 0 {
		return string(v)
	}
	return abilities[i].method
}

// find looks for w, and holds what is found of an invitation to what Invite owes.
func find(ctx context.Context, c sdk.Finder, w sdk.Write) (sdk.Finding, error) {
	f, err := c.Find(ctx, w)
	if i := f.Done.Invited; err == nil && f.Verdict == sdk.Present && w.Invite != nil && (f.Done.Remote == "" || i == nil || i.Remote == "") {
		err = errNoRemote("Find")
	}
	return f, err
}

// Promises tells what a connection can do and how each verb repeats. A promise that cannot be kept is the author's mistake.
func Promises(c any) (map[sdk.Verb]sdk.Promise, error) {
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
		case !slices.Contains([]sdk.Repeat{sdk.Safe, sdk.Keyed, sdk.Look, sdk.Never}, p.Repeat):
			return nil, fmt.Errorf("promises that %s repeats %q, which is none of safe, keyed, look, never", a.verb, p.Repeat)
		case p.Repeat == sdk.Look && !finder:
			return nil, fmt.Errorf("promises to look for %s but has no Find", a.verb)
		case p.Repeat == sdk.Keyed && p.KeptFor <= 0:
			return nil, fmt.Errorf("promises that %s is keyed but not for how long", a.verb)
		case p.Repeat == sdk.Look && p.Settle == 0:
			p.Settle = sdk.DefaultSettle
		}
		out[a.verb] = p
	}
	return out, nil
}
