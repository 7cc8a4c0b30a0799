package wire_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// dial serves value as the one kind of connection of a plugin and returns the host's half.
func dial(t *testing.T, about wire.Description, open wire.Opener) *wire.Client {
	t.Helper()
	server := wire.NewServer(about, open, slog.New(slog.DiscardHandler))
	g := grpc.NewServer(server.Options()...)
	half := wire.Plugins(server)[wire.Version][wire.Service].(interface {
		GRPCServer(*plugin.GRPCBroker, *grpc.Server) error
	})
	if err := half.GRPCServer(nil, g); err != nil {
		t.Fatal(err)
	}
	pipe := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- g.Serve(pipe) }()
	conn, err := grpc.NewClient("passthrough:pipe", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return pipe.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		g.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return wire.NewClient(t.Context(), conn)
}

// connect opens value, as a connection of that role.
func connect(t *testing.T, role sdk.Role, value any) *wire.Conn {
	t.Helper()
	client := dial(t, wire.Description{Role: role}, func(wire.Opening) (any, func(), error) { return value, func() {}, nil })
	conn, err := client.Open(t.Context(), role, wire.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Every value that crosses arrives as it left, in both directions, with every field of sdk filled. A field that sdk gains and the wire does
// not carry fails here.
func TestEveryFieldCrosses(t *testing.T) {
	type call struct {
		name       string
		role       sdk.Role
		do         func(ctx context.Context, c *wire.Conn) (any, error)
		gave, gets any
		silent     bool // has no call id
	}
	request, needs, since := filled[sdk.Request](), filled[sdk.Needs](), time.Unix(1_700_000_000, 7).UTC()
	receive := func(ctx context.Context, c *wire.Conn) (any, error) { return c.Receive(ctx, request) }
	calls := []call{
		{"an ATS receives", sdk.RoleATS, receive, request, filled[sdk.Received](), true},
		{"a vendor receives", sdk.RoleVendor, receive, request, filled[sdk.Received](), true},
		{"application", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return c.Application(ctx, "id") },
			"id", filled[sdk.Application](), false},
		{"tagged", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Tagged(ctx, "tag")) },
			"tag", pair[string](), false},
		{"changed", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Changed(ctx, since)) },
			since, pair[string](), false},
		{"changed, ever", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Changed(ctx, time.Time{})) },
			time.Time{}, pair[string](), false},
		{"postings", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Postings(ctx)) },
			nil, pair[sdk.Posting](), false},
		{"stages", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Stages(ctx)) },
			nil, pair[sdk.Stage](), false},
		{"assessments", sdk.RoleVendor, func(ctx context.Context, c *wire.Conn) (any, error) { return gather(c.Assessments(ctx)) },
			nil, pair[sdk.Assessment](), false},
		{"poll", sdk.RoleVendor, func(ctx context.Context, c *wire.Conn) (any, error) { return c.Poll(ctx, "remote") },
			"remote", pair[sdk.Event](), false},
		{"prepare", sdk.RoleATS, func(ctx context.Context, c *wire.Conn) (any, error) { return c.Prepare(ctx, needs) },
			needs, filled[sdk.Prepared](), false},
	}
	for _, w := range arms() {
		role, done := sdk.RoleATS, sdk.Done{}
		write := func(ctx context.Context, c *wire.Conn) (any, error) { return c.Write(ctx, w) }
		switch w.Verb() {
		case sdk.VerbNote, sdk.VerbPosting, sdk.VerbFeedback:
			done.Remote = "remote"
		case sdk.VerbFile:
			done.Remote = "remote"
			write = func(ctx context.Context, c *wire.Conn) (any, error) {
				return c.Upload(ctx, w, strings.NewReader("content"))
			}
		case sdk.VerbInvite:
			invited := filled[sdk.Invited]()
			role, done = sdk.RoleVendor, sdk.Done{Remote: invited.Remote, Invited: &invited}
		}
		calls = append(calls,
			call{"write " + string(w.Verb()), role, write, w, done, false},
			call{"find " + string(w.Verb()), role, func(ctx context.Context, c *wire.Conn) (any, error) { return c.Find(ctx, w) },
				w, filled[sdk.Finding](), false})
	}
	for _, call := range calls {
		t.Run(call.name, func(t *testing.T) {
			plugin := &everything{}
			conn := connect(t, call.role, plugin)
			got, err := call.do(sdk.WithCall(t.Context(), "call id"), conn)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(call.gets, got); diff != "" {
				t.Errorf("the host got (-left +arrived):\n%s", diff)
			}
			var gave []any
			if call.gave != nil {
				gave = []any{call.gave}
			}
			if diff := cmp.Diff(gave, plugin.got); diff != "" {
				t.Errorf("the plugin got (-left +arrived):\n%s", diff)
			}
			if want := map[bool]string{false: "call id"}[call.silent]; plugin.call != want {
				t.Errorf("the plugin got call id %q, want %q", plugin.call, want)
			}
		})
	}
}

func TestDescribeAndOpen(t *testing.T) {
	about, opening := filled[wire.Description](), filled[wire.Opening]()
	about.Role = sdk.RoleATS
	var opened wire.Opening
	client := dial(t, about, func(o wire.Opening) (any, func(), error) {
		opened = o
		return &everything{}, func() {}, nil
	})
	described, err := client.Describe(t.Context())
	if diff := cmp.Diff(about, described); err != nil || diff != "" {
		t.Errorf("described (-left +arrived): %v\n%s", err, diff)
	}
	conn, err := client.Open(t.Context(), sdk.RoleATS, opening)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(opening, opened); diff != "" {
		t.Errorf("opened with (-left +arrived):\n%s", diff)
	}
	for _, verb := range []sdk.Verb{
		sdk.VerbTags, sdk.VerbLink, sdk.VerbNote, sdk.VerbFeedback, sdk.VerbFields, sdk.VerbFile, sdk.VerbReport, sdk.VerbMove,
		sdk.VerbInvite, sdk.VerbPosting, sdk.VerbOutcome, sdk.VerbDelete, sdk.VerbAnonymize, sdk.VerbAlert, sdk.VerbSearch,
		sdk.VerbPostings, sdk.VerbStages, sdk.VerbAssessments, sdk.VerbPoll, sdk.VerbDocuments, sdk.VerbFind, sdk.VerbPrepare,
	} {
		if diff := cmp.Diff((&everything{}).Promise(verb), conn.Verbs()[verb]); diff != "" {
			t.Errorf("promise of %s (-left +arrived):\n%s", verb, diff)
		}
	}
}

// A webhook is made by a stranger. What is not UTF-8 in it crosses all the same.
func TestAnyBytesCross(t *testing.T) {
	plugin := &everything{}
	r := sdk.Request{
		Method: "POST", Path: "/\xff", Query: map[string][]string{"\xfe": {"\xfd", ""}, "&=": {"%"}},
		Header: map[string][]string{"X-Name": {"Bj\xf6rn"}}, Body: []byte{0, 0xff},
	}
	if _, err := connect(t, sdk.RoleVendor, plugin).Receive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{r}, plugin.got); diff != "" {
		t.Errorf("(-left +arrived):\n%s", diff)
	}
}
