package main_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadme holds the vendor in README.md to the example that is compiled, and to the length that is promised; and the event to the file.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../sdk/serve/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(readme), "```go\n")
	code, _, _ = strings.Cut(code, "```\n")
	want := strings.NewReplacer("package serve_test", "package main", "func Example()", "func main()").Replace(string(example))
	if code != want {
		t.Errorf("README.md shows another vendor than sdk/serve/example_test.go:\n%s", code)
	}
	if event, err := os.ReadFile("../configs/moved.json"); err != nil || !strings.Contains(string(readme), "```json\n"+string(event)+"```\n") {
		t.Errorf("%v: README.md shows another event than configs/moved.json", err)
	}
	_, body, _ := strings.Cut(code, "\n)\n\n") // behind the imports
	if n := strings.Count(body, "\n"); n == 0 || n >= 40 {
		t.Errorf("the vendor takes %d lines, and should take less than 40", n)
	}
}
