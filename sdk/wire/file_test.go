package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

// big is more than crosses at a time, and no multiple of it.
var big = bytes.Repeat([]byte("0123456789"), 20_001)

// A question and its answer cross whole; nothing can leave meanwhile.
func TestQuestionsAndAnswersCross(t *testing.T) {
	plugin := &everything{}
	q, a := filled[sdk.Question](), filled[sdk.Answer]()
	got, err := connect(t, sdk.RoleATS, plugin).Answer(sdk.WithCall(t.Context(), "call id"), q, a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filled[sdk.Response](), got) + cmp.Diff([]any{q, a}, plugin.got); diff != "" || plugin.call != "" {
		t.Errorf("call id %q; (-left +arrived):\n%s", plugin.call, diff)
	}
}

// A file arrives whole, or as what breaks off: never as a part that looks whole.
func TestFilesCrossWholeOrNotAtAll(t *testing.T) {
	broken := errors.New("the vendor hung up")
	for name, c := range map[string]struct {
		content io.Reader
		want    []byte
		err     error // that the host gets
	}{
		"empty":                {bytes.NewReader(nil), nil, nil},
		"small":                {bytes.NewReader(big[:7]), big[:7], nil},
		"big":                  {bytes.NewReader(big), big, nil},
		"byte by byte":         {iotest.OneByteReader(bytes.NewReader(big[:100])), big[:100], nil},
		"the end comes along":  {iotest.DataErrReader(bytes.NewReader(big)), big, nil},
		"breaks off":           {io.MultiReader(bytes.NewReader(big[:70_000]), iotest.ErrReader(broken)), nil, broken},
		"breaks off like this": {io.MultiReader(bytes.NewReader(big), iotest.ErrReader(io.ErrUnexpectedEOF)), nil, io.ErrUnexpectedEOF},
	} {
		t.Run("upload "+name, func(t *testing.T) {
			plugin := &everything{}
			w := sdk.Write{Key: "key", File: &sdk.File{Application: "1", Name: "report.pdf"}}
			ended := make(chan struct{})
			conn := connect(t, sdk.RoleATS, &slowEnd{plugin, ended})
			_, err := conn.Upload(t.Context(), w, c.content)
			<-ended
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("the host got %v, want %v", err, c.err)
			}
			if c.err != nil && plugin.broke == nil {
				t.Errorf("the plugin took %d bytes for a whole file", len(plugin.content))
			}
			if c.err == nil && !bytes.Equal(plugin.content, c.want) {
				t.Errorf("%d of %d bytes arrived", len(plugin.content), len(c.want))
			}
		})
	}
	for name, broke := range map[string]error{"whole": nil, "breaks off": broken} {
		t.Run("download "+name, func(t *testing.T) {
			plugin := &everything{content: big, broke: broke}
			d, err := connect(t, sdk.RoleVendor, plugin).Document(t.Context(), "remote", "role")
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(d.Content)
			if (err != nil) != (broke != nil) || err == nil && !bytes.Equal(got, big) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if err := d.Content.Close(); err != nil || d.Name != "name" || d.Type != "type" {
				t.Errorf("%q of type %q, closed: %v", d.Name, d.Type, err)
			}
		})
	}
}

// slowEnd tells when File has returned: the host may be gone by then.
type slowEnd struct {
	*everything
	ended chan struct{}
}

func (s *slowEnd) File(ctx context.Context, key sdk.Key, f sdk.File, content io.Reader) (string, error) {
	defer close(s.ended)
	return s.everything.File(ctx, key, f, content)
}
