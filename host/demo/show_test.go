package demo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// shown is what the products answer when they are asked for their state: Lever has one opportunity, Alva has invited her.
var shown = map[string]string{
	"lever": `[{"id": "o1", "stage": "Assessment", "own_tags": ["b", "a"], "links": ["https://alva.test/ann"],
		"notes": [{"text": "Alva role fit: 80 of 100\nref:AAAA-BBBB-CCCC-DDDD"}], "files": [{"name": "report ref:AAAA-BBBB-CCCC-DDDD.pdf"}],
		"feedback": [{"fields": {"Score": "55%", "Result": "Partial\n\nref:AAAA-BBBB-CCCC-DDDD"}}]}]`,
	"alva": `[{"external": {"opportunity_id": "o1"}, "invitation": {"status": "sent"}, "role_fit": null, "stage": "in_process", "mails": 1}]`,
}

// silent is a host that refused one thing.
type silent struct{}

func (silent) Hooks() map[string]string                     { return nil }
func (silent) Advance(context.Context, time.Duration) error { return nil }
func (silent) Refusals(context.Context, string) ([]string, error) {
	return []string{"alva-lever: guard"}, nil
}

func newStage(t *testing.T, r *role) *Stage {
	t.Helper()
	stage := &Stage{products: map[string]*product{}, host: silent{}, cast: []*role{r}}
	for _, name := range slices.Concat(atss, vendors) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := shown[name]
			if answer == "" {
				answer = "[]"
			}
			w.Write([]byte(answer))
		}))
		t.Cleanup(server.Close)
		stage.products[name] = &product{name: name, url: server.URL}
	}
	return stage
}

// Show believes the products alone: what differs from what should be seen is an error that says where.
func TestShow(t *testing.T) {
	ann := role{
		name: "Ann", id: "o1",
		atATS:     list("in Assessment", "tag a", "tag b", "link", "note Alva role fit: 80 of 100", "feedback Partial; 55%", "file report.pdf"),
		atVendors: list("alva: sent, stage in_process, mails 1"),
		why:       list("alva-lever: guard"),
	}
	for _, tt := range []struct {
		name   string
		change func(*role)
		says   string // empty: all is well
	}{
		{"as it should be", func(*role) {}, ""},
		{"another stage", func(r *role) { r.atATS = list("in Interview") }, `Ann: the ATS shows ["in Assessment"`},
		{"nobody was to be invited", func(r *role) { r.atVendors = nil }, `Ann: the vendors show ["alva: sent`},
		{"nothing was to be refused", func(r *role) { r.why = nil }, `Ann: the host refused by ["alva-lever: guard"], and it should be []`},
		{"nobody knows her", func(r *role) { r.id = "o2" }, `Ann: the ATS shows [], and it should be ["in Assessment"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ann
			tt.change(&r)
			var out strings.Builder
			err := newStage(t, &r).Show(t.Context(), &out)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			if !strings.Contains(out.String(), "Ann") {
				t.Errorf("the table lacks her:\n%s", out.String())
			}
		})
	}
}

func TestFold(t *testing.T) {
	got := fold(list("one two three four", "a-word-that-is-too-long-for-any-line", ""), 10)
	want := list("one two", " three", " four", "a-word-that-is-too-long-for-any-line", "")
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
