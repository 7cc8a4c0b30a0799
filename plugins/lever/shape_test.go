package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersInEveryShapeThatWasSeen(t *testing.T) {
	for _, c := range []struct {
		name, json string
		want       []string // names of stages
		next       string
		bad        bool
	}{
		{"a page", `{"data":[{"text":"A"},{"text":"B"}],"hasNext":true,"next":"%5B0%5D"}`, []string{"A", "B"}, "%5B0%5D", false},
		{"the last page", `{"data":[{"text":"A"}],"hasNext":false,"next":"stale"}`, []string{"A"}, "", false},
		{"without hasNext", `{"data":[{"text":"A"}]}`, []string{"A"}, "", false},
		{"data within data", ` { "data" : { "data" : [{"text":"A"}] } }`, []string{"A"}, "", false},
		{"bare", `[{"text":"A"}]`, []string{"A"}, "", false},
		{"null", `{"data":null}`, nil, "", false},
		{"a page that names no next", `{"data":[],"hasNext":true}`, nil, "", true},
		{"another type", `{"data":"x"}`, nil, "", true},
	} {
		var got answer[[]stage]
		if err := json.Unmarshal([]byte(c.json), &got); (err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var names []string
		for _, s := range got.Data {
			names = append(names, s.Text)
		}
		if diff := cmp.Diff(c.want, names); !c.bad && (diff != "" || got.Next != c.next) {
			t.Errorf("%s: next %q, %s", c.name, got.Next, diff)
		}
	}
	for name, text := range map[string]string{
		"wrapped":       `{"data":{"id":"s1","text":"A"}}`,
		"wrapped twice": `{"data":{"data":{"id":"s1","text":"A"}}}`,
		"bare":          `{"id":"s1","text":"A"}`,
	} {
		var got answer[stage]
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Data.ID != "s1" || got.Data.Text != "A" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// BenchmarkAnswer reads an opportunity as each event does.
func BenchmarkAnswer(b *testing.B) {
	raw := []byte(`{"data":` + opportunityJSON + `}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var got answer[opportunity]
		if err := json.Unmarshal(raw, &got); err != nil {
			b.Fatal(err)
		}
	}
}
