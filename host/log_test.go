package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// Whatever a plugin or a stranger says, it is one line of the log, and a terminal that shows it obeys nothing of it.
func TestALogLineIsALine(t *testing.T) {
	const hostile = "one\x1b[31m\r\ntwo\u009b\u202e\x00"
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		newLog(&out, "info", asJSON).Info(hostile, "plugin", "toy", "said", strings.ReplaceAll(hostile, "\n", ""))
		said := out.String()
		if strings.Count(said, "\n") != 1 || strings.ContainsAny(said, "\x1b\r\x00") || !strings.Contains(said, "two") {
			t.Errorf("JSON %v: %q", asJSON, said)
		}
		if asJSON != json.Valid(out.Bytes()) {
			t.Errorf("JSON %v: %q", asJSON, said)
		}
	}
}
