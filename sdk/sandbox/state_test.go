package sandbox

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
)

func TestParts(t *testing.T) {
	numbers := []int{1, 2}
	state := Parts(&sync.Mutex{}, map[string]func() any{
		"doubles": func() any { return Each(numbers, func(n int) int { return 2 * n }) },
		"none":    func() any { return Each(nil, func(n int) int { return n }) },
	})
	numbers = append(numbers, 3)
	for path, want := range map[string]string{
		"": `{"doubles":[2,4,6],"none":[]}`, "doubles": `[2,4,6]`, "none": `[]`,
	} {
		got, err := state(path)
		if text, _ := json.Marshal(got); err != nil || string(text) != want {
			t.Errorf("%q is %s, %v; want %s", path, text, err, want)
		}
	}
	if _, err := state("other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what is no part: %v", err)
	}
}
