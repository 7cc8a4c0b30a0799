package hook

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// What a product complains of is kept for the operator: each once, the newest few, and no more of each than a person reads.
func TestNotices(t *testing.T) {
	n := 0
	s := newStreet(t, script(func(context.Context, sdk.Request) (sdk.Received, error) {
		n++
		return sdk.Received{Notices: []string{"always", fmt.Sprint("number ", n), strings.Repeat("ü", 1000)}}, nil
	}))
	for range 30 {
		if answer := s.post(t, "{}"); answer.StatusCode != 200 {
			t.Fatalf("answered %d", answer.StatusCode)
		}
	}
	got := s.Notices("ats.toy")
	for _, want := range []string{"always", "number 30", "number 29", strings.Repeat("ü", longestNotice/2)} {
		if got[want].IsZero() {
			t.Errorf("%q is not kept", want)
		}
	}
	if len(got) != mostNotices || len(s.Notices("nobody")) != 0 {
		t.Errorf("kept are %d: %v", len(got), got)
	}
}
