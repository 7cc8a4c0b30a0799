// Command rows reads `go test -json -run TestRows` and prints the table of rows: id, promise, and pass, fail or pending.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// event is the part of test2json's that matters here.
type event struct{ Action, Test, Key, Value, Output string }

var verdicts = map[string]string{"pass": "pass", "fail": "FAIL", "skip": "pending"}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rows:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var (
		rows    []string
		promise = map[string]string{}
		verdict = map[string]string{}
		said    = map[string]string{}
		count   = map[string]int{}
		broken  = ""
	)
	for dec := json.NewDecoder(in); ; {
		var ev event
		if err := dec.Decode(&ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		row, isRow := strings.CutPrefix(ev.Test, "TestRows/")
		row, _, _ = strings.Cut(row, "/")
		switch {
		case ev.Action == "output":
			said[row] += ev.Output
		case ev.Action == "fail" && !isRow:
			broken = ev.Test
		case ev.Action == "attr" && ev.Key == "promise":
			rows, promise[row] = append(rows, row), ev.Value
		case isRow && verdicts[ev.Action] != "" && ev.Test == "TestRows/"+row:
			verdict[row] = verdicts[ev.Action]
			count[verdict[row]]++
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\n", row, verdict[row], promise[row])
	}
	table.Flush()
	for _, row := range rows {
		if verdict[row] == "FAIL" {
			fmt.Fprintf(out, "\n%s", said[row])
		}
	}
	fmt.Fprintf(out, "\n%d pass, %d fail, %d pending\n", count["pass"], count["FAIL"], count["pending"])
	if len(rows) == 0 || broken != "" {
		return fmt.Errorf("the rows did not all pass: %s\n%s", broken, said[broken])
	}
	return nil
}
