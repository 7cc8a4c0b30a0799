package wire_test

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// least is a vendor with nothing optional, whose every method does what fail says.
type least struct{ fail func() error }

func (l least) Receive(context.Context, sdk.Request) (sdk.Received, error) {
	return sdk.Received{}, l.fail()
}
func (l least) Invite(context.Context, sdk.Invitation) (sdk.Invited, error) {
	return sdk.Invited{URL: "https://example.com/1"}, l.fail()
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
	if !strings.HasPrefix(text, "first second? éé") || len(text) > 1100 || strings.ContainsAny(text, "\r\n") || !utf8.ValidString(text) {
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
	if err == nil || !strings.Contains(err.Error(), "Invite panicked: a string") || strings.Contains(err.Error(), "anna") {
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
		"promises to look for invite but has no Find":                                     {Repeat: sdk.Look},
		"promises that invite is keyed but not for how long":                              {Repeat: sdk.Keyed},
		`promises that invite repeats "often", which is none of safe, keyed, look, never`: {Repeat: "often"},
		`promises that invite repeats "", which is none of safe, keyed, look, never`:      {Settle: time.Second},
	} {
		client := dial(t, wire.Description{Role: sdk.RoleVendor}, func(wire.Opening) (any, func(), error) {
			return promiser{least{}, promise}, func() {}, nil
		})
		if _, err := client.Open(t.Context(), sdk.RoleVendor, wire.Opening{}); err == nil || err.Error() != want {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// finder finds whatever it is told to.
type finder struct {
	promiser
	finding sdk.Finding
}

func (f finder) Find(context.Context, sdk.Write) (sdk.Finding, error) { return f.finding, nil }

func TestALookWaitsEvenIfItDoesNotSayHowLong(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{0: sdk.DefaultSettle, time.Minute: time.Minute} {
		look := finder{promiser: promiser{promise: sdk.Promise{Repeat: sdk.Look, Settle: given}}}
		if got := connect(t, sdk.RoleVendor, look).Verbs()[sdk.VerbInvite].Settle; got != want {
			t.Errorf("settle %v became %v, want %v", given, got, want)
		}
	}
}

// The vendor's events name an invitation by its Remote: one without it was not taken, whatever the plugin says, and nobody knows what was
// done.
func TestAnInvitationWithoutRemoteIsNoSuccess(t *testing.T) {
	const broke = "the plugin broke: Invite returned no Remote"
	if err := invite(t, func() error { return nil }); err == nil || err.Error() != broke || meaning(err) != nil {
		t.Errorf("got %v, want %q", err, broke)
	}
	if err := invite(t, func() error { return sdk.ErrDisconnected }); err != sdk.ErrDisconnected {
		t.Errorf("an error of the author's: %v", err)
	}
	invitation, note := sdk.Write{Invite: &sdk.Invitation{}}, sdk.Write{Note: &sdk.Note{}}
	for _, c := range []struct {
		write   sdk.Write
		finding sdk.Finding
		ok      bool
	}{
		{invitation, sdk.Finding{Verdict: sdk.Present}, false},
		{invitation, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "1"}}, false},
		{invitation, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "1", Invited: &sdk.Invited{}}}, false},
		{invitation, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Invited: &sdk.Invited{Remote: "1"}}}, false},
		{invitation, sdk.Finding{Verdict: sdk.Present, Done: sdk.Done{Remote: "1", Invited: &sdk.Invited{Remote: "1"}}}, true},
		{invitation, sdk.Finding{Verdict: sdk.Absent}, true},
		{note, sdk.Finding{Verdict: sdk.Present}, true},
	} {
		_, err := connect(t, sdk.RoleVendor, finder{finding: c.finding}).Find(t.Context(), c.write)
		if c.ok && err != nil || !c.ok && (err == nil || err.Error() != "the plugin broke: Find returned no Remote" || meaning(err) != nil) {
			t.Errorf("%+v of a %s: %v", c.finding, c.write.Verb(), err)
		}
	}
}

// meaning is which of sdk's meanings err has; nil if none.
func meaning(err error) error {
	var refusal *sdk.Refusal
	var delay *sdk.Delay
	for _, sentinel := range []error{sdk.ErrUnauthorized, sdk.ErrDisconnected, sdk.ErrNotFound} {
		if errors.Is(err, sentinel) {
			return sentinel
		}
	}
	if errors.As(err, &refusal) || errors.As(err, &delay) {
		return err
	}
	return nil
}

// What was made is told although something else then failed: nobody would know it otherwise.
func TestWhatWasMadeBeforeAnErrorIsTold(t *testing.T) {
	got, err := connect(t, sdk.RoleVendor, halfway{least{nil}}).Prepare(t.Context(), sdk.Needs{})
	if diff := cmp.Diff(filled[sdk.Prepared](), got); diff != "" || !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("%v, (-made +told):\n%s", err, diff)
	}
}

// halfway fails when it has made something.
type halfway struct{ least }

func (halfway) Prepare(context.Context, sdk.Needs) (sdk.Prepared, error) {
	return filled[sdk.Prepared](), sdk.ErrDisconnected
}

// An author knows the methods of sdk, not the RPCs.
func TestAPanicNamesTheAuthorsMethod(t *testing.T) {
	conn := connect(t, sdk.RoleATS, clumsy{})
	_, write := conn.Write(t.Context(), sdk.Write{Note: &sdk.Note{}})
	_, read := conn.Application(t.Context(), "1")
	_, list := gather(conn.Stages(t.Context()))
	for want, err := range map[string]error{"Note": write, "Application": read, "Stages": list} {
		if err == nil || !strings.Contains(err.Error(), ": "+want+" panicked: a string") {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

// clumsy panics.
type clumsy struct{}

func (clumsy) Receive(context.Context, sdk.Request) (sdk.Received, error)   { panic("") }
func (clumsy) Application(context.Context, string) (sdk.Application, error) { panic("") }
func (clumsy) Note(context.Context, sdk.Key, sdk.Note) (string, error)      { panic("") }
func (clumsy) Stages(context.Context) iter.Seq2[sdk.Stage, error]           { panic("") }

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
	if _, err := conn.Receive(ctx, sdk.Request{}); err != context.DeadlineExceeded {
		t.Errorf("got %v, want no word of the transport's", err)
	}
	overdue(1)
	close(release)
	<-ended
	overdue(0)
}
