package wire_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net"
	"reflect"
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

// fill sets every field below v to a value that no other field has: what the wire forgets or confuses then shows.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, int64(*n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + string(rune('A'+*n%26)) + strings.Repeat("'", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, n)
			fill(value, n)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("no way to fill a " + v.Type().String())
	}
}

func filled[T any]() T {
	var t T
	fill(reflect.ValueOf(&t).Elem(), new(int))
	return t
}

// arms are one filled Write for each arm there is. An invitation that was taken leaves an Invited behind, so Done is filled elsewhere.
func arms() []sdk.Write {
	var out []sdk.Write
	for i := range reflect.TypeFor[sdk.Write]().NumField() {
		w := sdk.Write{Key: "key"}
		arm := reflect.ValueOf(&w).Elem().Field(i)
		if arm.Kind() == reflect.Pointer {
			fill(arm, new(int))
			out = append(out, w)
		}
	}
	return out
}

// everything is a connection that can do all there is: it keeps what it was given and answers with filled values.
type everything struct {
	got  []any
	call string
}

func (e *everything) take(ctx context.Context, args ...any) {
	e.got, e.call = args, sdk.CallFrom(ctx)
}

func pair[T any]() []T { return filled[[]T]() }

func sequence[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (e *everything) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	e.take(ctx, r)
	return filled[sdk.Received](), nil
}
func (e *everything) Application(ctx context.Context, id string) (sdk.Application, error) {
	e.take(ctx, id)
	return filled[sdk.Application](), nil
}
func (e *everything) Tag(ctx context.Context, key sdk.Key, t sdk.Tags) error {
	e.take(ctx, sdk.Write{Key: key, Tags: &t})
	return nil
}
func (e *everything) Link(ctx context.Context, key sdk.Key, l sdk.Link) error {
	e.take(ctx, sdk.Write{Key: key, Link: &l})
	return nil
}
func (e *everything) Note(ctx context.Context, key sdk.Key, n sdk.Note) (string, error) {
	e.take(ctx, sdk.Write{Key: key, Note: &n})
	return "remote", nil
}
func (e *everything) Move(ctx context.Context, key sdk.Key, m sdk.Move) error {
	e.take(ctx, sdk.Write{Key: key, Move: &m})
	return nil
}
func (e *everything) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	e.take(ctx, sdk.Write{Key: "key", Invite: &inv})
	return filled[sdk.Invited](), nil
}
func (e *everything) KeepPosting(ctx context.Context, key sdk.Key, p sdk.Posting) (string, error) {
	e.take(ctx, sdk.Write{Key: key, Posting: &p})
	return "remote", nil
}
func (e *everything) KeepOutcome(ctx context.Context, key sdk.Key, o sdk.Outcome) error {
	e.take(ctx, sdk.Write{Key: key, Outcome: &o})
	return nil
}
func (e *everything) Delete(ctx context.Context, key sdk.Key, d sdk.Deletion) error {
	e.take(ctx, sdk.Write{Key: key, Delete: &d})
	return nil
}
func (e *everything) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	e.take(ctx, w)
	return filled[sdk.Finding](), nil
}
func (e *everything) Prepare(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	e.take(ctx, n)
	return pair[sdk.Problem](), nil
}
func (e *everything) Poll(ctx context.Context, remote string) ([]sdk.Event, error) {
	e.take(ctx, remote)
	return pair[sdk.Event](), nil
}
func (e *everything) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	e.take(ctx, tag)
	return sequence(pair[string]())
}
func (e *everything) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	e.take(ctx, since)
	return sequence(pair[string]())
}
func (e *everything) Postings(ctx context.Context) iter.Seq2[sdk.Posting, error] {
	e.take(ctx)
	return sequence(pair[sdk.Posting]())
}
func (e *everything) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	e.take(ctx)
	return sequence(pair[sdk.Stage]())
}
func (e *everything) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	e.take(ctx)
	return sequence(pair[sdk.Assessment]())
}
func (e *everything) Promise(v sdk.Verb) sdk.Promise {
	p := filled[sdk.Promise]()
	p.Repeat = sdk.Repeat(v)
	return p
}

// gather ends at the first error.
func gather[T any](items iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for item, err := range items {
		if err != nil {
			return out, err
		}
		out = append(out, item)
	}
	return out, nil
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
			needs, pair[sdk.Problem](), false},
	}
	for _, w := range arms() {
		role, done := sdk.RoleATS, sdk.Done{}
		switch w.Verb() {
		case sdk.VerbNote, sdk.VerbPosting:
			done.Remote = "remote"
		case sdk.VerbInvite:
			invited := filled[sdk.Invited]()
			role, done = sdk.RoleVendor, sdk.Done{Remote: invited.Remote, Invited: &invited}
		}
		calls = append(calls,
			call{"write " + string(w.Verb()), role, func(ctx context.Context, c *wire.Conn) (any, error) { return c.Write(ctx, w) }, w, done, false},
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
		sdk.VerbTags, sdk.VerbLink, sdk.VerbNote, sdk.VerbMove, sdk.VerbInvite, sdk.VerbPosting, sdk.VerbOutcome, sdk.VerbDelete,
		sdk.VerbSearch, sdk.VerbPostings, sdk.VerbStages, sdk.VerbAssessments, sdk.VerbPoll, sdk.VerbFind, sdk.VerbPrepare,
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

// least is a vendor with nothing optional, whose every method does what fail says.
type least struct{ fail func() error }

func (l least) Receive(context.Context, sdk.Request) (sdk.Received, error) {
	return sdk.Received{}, l.fail()
}
func (l least) Invite(context.Context, sdk.Invitation) (sdk.Invited, error) {
	return sdk.Invited{}, l.fail()
}

func invite(t *testing.T, fail func() error) error {
	_, err := connect(t, sdk.RoleVendor, least{fail}).Write(t.Context(), sdk.Write{Invite: &sdk.Invitation{}})
	return err
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	for _, sentinel := range []error{sdk.ErrUnauthorized, sdk.ErrDisconnected, sdk.ErrNotFound} {
		if err := invite(t, func() error { return sentinel }); err != sentinel {
			t.Errorf("%v arrived as %v", sentinel, err)
		}
		wrapped := errors.Join(errors.New("candidate 7"), sentinel)
		err := invite(t, func() error { return wrapped })
		if !errors.Is(err, sentinel) || err.Error() != "candidate 7 "+sentinel.Error() {
			t.Errorf("%v, wrapped, arrived as %v", sentinel, err)
		}
	}
	for _, sent := range []error{filled[*sdk.Refusal](), filled[*sdk.SettingError](), sdk.Later(3*time.Second, errors.New("maintenance"))} {
		err := invite(t, func() error { return sent })
		if diff := cmp.Diff(sent, err, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
			t.Errorf("(-left +arrived):\n%s", diff)
		}
		if reflect.TypeOf(err) != reflect.TypeOf(sent) {
			t.Errorf("%T arrived as %T", sent, err)
		}
	}
	var refusal *sdk.Refusal
	err := invite(t, func() error { return errors.Join(sdk.Refuse("missing_email", "no e-mail address")) })
	if !errors.As(err, &refusal) || *refusal != (sdk.Refusal{Reason: "missing_email", Detail: "no e-mail address"}) {
		t.Errorf("refusal arrived as %#v", err)
	}
}

func TestAccidentsAreOneBoundedLine(t *testing.T) {
	err := invite(t, func() error { return errors.New("first\r\nsecond\xff " + strings.Repeat("é", 5000)) })
	text := err.Error()
	if !strings.HasPrefix(text, "first second? éé") || len(text) > 1100 || strings.ContainsAny(text, "\r\n\xff") {
		t.Errorf("arrived as %q", text)
	}
	for _, meant := range []error{sdk.ErrUnauthorized, sdk.ErrDisconnected, sdk.ErrNotFound, wire.ErrLost, context.DeadlineExceeded} {
		if errors.Is(err, meant) {
			t.Errorf("an accident means %v", meant)
		}
	}
}

func TestAPanicEndsTheCallOnly(t *testing.T) {
	conn := connect(t, sdk.RoleVendor, least{func() error { return []error{}[5:][0] }})
	_, err := conn.Receive(t.Context(), sdk.Request{})
	if err == nil || !strings.Contains(err.Error(), "Receive panicked: runtime error: slice bounds out of range") {
		t.Errorf("panic arrived as %v", err)
	}
	err = invite(t, func() error { panic("anna@example.com") })
	if err == nil || !strings.Contains(err.Error(), "Write panicked: a string") || strings.Contains(err.Error(), "anna") {
		t.Errorf("a panic's text is not for others: %v", err)
	}
	if _, err = conn.Receive(t.Context(), sdk.Request{}); errors.Is(err, wire.ErrLost) {
		t.Error("the process is gone")
	}
}

// A host sees what a connection lacks, and whose mistake it is.
func TestWhatAConnectionLacks(t *testing.T) {
	conn := connect(t, sdk.RoleVendor, least{func() error { return nil }})
	if diff := cmp.Diff(map[sdk.Verb]sdk.Promise{sdk.VerbInvite: {Repeat: sdk.Never}}, conn.Verbs()); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
	_, unknown := conn.Write(t.Context(), sdk.Write{Tags: &sdk.Tags{}})
	_, empty := conn.Write(t.Context(), sdk.Write{})
	_, find := conn.Find(t.Context(), sdk.Write{})
	_, list := gather(conn.Assessments(t.Context()))
	_, side := conn.Application(t.Context(), "id")
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	_, closed := conn.Receive(t.Context(), sdk.Request{})
	for want, err := range map[string]error{
		`cannot write "tags"`: unknown, `cannot write ""`: empty, "is no Finder": find, "is no Catalog": list,
		"unknown service patchbay.v1.ATSService": side, "not open": closed,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// promiser promises the same of every verb.
type promiser struct {
	least
	promise sdk.Promise
}

func (p promiser) Promise(sdk.Verb) sdk.Promise { return p.promise }

func TestAPromiseThatCannotBeKept(t *testing.T) {
	for want, promise := range map[string]sdk.Promise{
		"promises to look for invite but has no Find":        {Repeat: sdk.Look},
		"promises that invite is keyed but not for how long": {Repeat: sdk.Keyed},
	} {
		client := dial(t, wire.Description{Role: sdk.RoleVendor}, func(wire.Opening) (any, func(), error) {
			return promiser{least{}, promise}, func() {}, nil
		})
		if _, err := client.Open(t.Context(), sdk.RoleVendor, wire.Opening{}); err == nil || err.Error() != want {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// endless is a catalogue that ends only when it is told to.
type endless struct {
	least
	stopped chan error
}

func (e endless) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return func(yield func(sdk.Assessment, error) bool) {
		for yield(sdk.Assessment{ID: "a"}, nil) {
		}
		e.stopped <- ctx.Err()
	}
}

func TestAListEndsWhenTheHostHasHeardEnough(t *testing.T) {
	plugin := endless{stopped: make(chan error, 1)}
	n := 0
	for _, err := range connect(t, sdk.RoleVendor, plugin).Assessments(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if err := <-plugin.stopped; err == nil {
		t.Error("the plugin's context has not ended")
	}
}

func TestADeadlineEndsTheCallAndIsCounted(t *testing.T) {
	release, ended := make(chan struct{}), make(chan struct{})
	stuck := least{func() error { <-release; close(ended); return nil }}
	client := dial(t, wire.Description{Role: sdk.RoleVendor}, func(wire.Opening) (any, func(), error) { return stuck, func() {}, nil })
	conn, err := client.Open(t.Context(), sdk.RoleVendor, wire.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	overdue := func(want int) {
		t.Helper()
		for got, err := client.Probe(t.Context()); got != want; got, err = client.Probe(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	overdue(0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := conn.Receive(ctx, sdk.Request{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	overdue(1)
	close(release)
	<-ended
	overdue(0)
}
