package wire_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing/iotest"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

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
	got     []any
	call    string
	content []byte // of the file that was uploaded, or is to be downloaded
	broke   error  // after that
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
func (e *everything) Feedback(ctx context.Context, key sdk.Key, f sdk.Feedback) (string, error) {
	e.take(ctx, sdk.Write{Key: key, Feedback: &f})
	return "remote", nil
}
func (e *everything) Fields(ctx context.Context, key sdk.Key, f sdk.Fields) error {
	e.take(ctx, sdk.Write{Key: key, Fields: &f})
	return nil
}
func (e *everything) File(ctx context.Context, key sdk.Key, f sdk.File, content io.Reader) (string, error) {
	e.take(ctx, sdk.Write{Key: key, File: &f})
	e.content, e.broke = io.ReadAll(content)
	return "remote", e.broke
}
func (e *everything) Report(ctx context.Context, key sdk.Key, r sdk.Report) error {
	e.take(ctx, sdk.Write{Key: key, Report: &r})
	return nil
}
func (e *everything) Answer(ctx context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	e.take(ctx, q, a)
	return filled[sdk.Response](), nil
}
func (e *everything) Anonymize(ctx context.Context, key sdk.Key, a sdk.Anonymization) error {
	e.take(ctx, sdk.Write{Key: key, Anonymize: &a})
	return nil
}
func (e *everything) Alert(ctx context.Context, key sdk.Key, a sdk.Alert) error {
	e.take(ctx, sdk.Write{Key: key, Alert: &a})
	return nil
}
func (e *everything) Document(ctx context.Context, remote, role string) (sdk.Document, error) {
	e.take(ctx, remote, role)
	d := sdk.Document{Name: "name", Type: "type", Content: io.NopCloser(io.MultiReader(bytes.NewReader(e.content), iotest.ErrReader(e.broke)))}
	if e.broke == nil {
		d.Content = io.NopCloser(bytes.NewReader(e.content))
	}
	return d, nil
}
func (e *everything) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	e.take(ctx, n)
	return filled[sdk.Prepared](), nil
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
	p.Repeat, p.KeptFor = sdk.Keyed, 0
	for _, letter := range []byte(v) { // for each verb another time
		p.KeptFor = p.KeptFor*31 + time.Duration(letter)
	}
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
