package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/time/rate"
)

const (
	maxLine     = 8 << 10 // bytes of a line; the rest of it is left out
	keptLines   = 20
	linesPerSec = 100 // of one plugin into the log, and ten times as many at once
)

// lines reads what a plugin prints, line by line, into the log, and keeps the last ones to quote. It believes nothing: a line may be of any
// length, in any form, and there may be any number of them. No control character gets through: a terminal may be what shows the log.
type lines struct {
	log   *slog.Logger
	limit *rate.Limiter

	mu      sync.Mutex
	begun   []byte // a line without its end
	last    []string
	dropped int
}

func newLines(log *slog.Logger) *lines {
	return &lines{log: log, limit: rate.NewLimiter(linesPerSec, 10*linesPerSec)}
}

// Write never fails.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := b; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte{'\n'})
		l.begun = append(l.begun, part[:min(len(part), maxLine-len(l.begun))]...)
		if ended {
			l.take(printable(string(l.begun)))
			l.begun = l.begun[:0]
		}
		rest = after
	}
	return len(b), nil
}

func (l *lines) take(line string) {
	if line = strings.TrimSpace(line); line == "" {
		return
	}
	if l.last = append(l.last, line); len(l.last) > keptLines {
		l.last = slices.Delete(l.last, 0, 1)
	}
	if !l.limit.Allow() {
		l.dropped++
		return
	}
	if l.dropped > 0 {
		l.log.Warn("plugin prints too much", "lines_left_out", l.dropped)
		l.dropped = 0
	}
	level, message, attrs := parse(line)
	l.log.Log(context.Background(), level, message, attrs...)
}

// levels are hclog's words.
var levels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// parse reads a line as hclog writes it; any other is a message itself.
func parse(line string) (slog.Level, string, []any) {
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil || fields["@message"] == nil {
		return slog.LevelInfo, line, nil
	}
	level, ok := levels[fmt.Sprint(fields["@level"])]
	if !ok {
		level = slog.LevelInfo
	}
	message := printable(fmt.Sprint(fields["@message"]))
	for _, own := range []string{"@message", "@level", "@timestamp"} {
		delete(fields, own)
	}
	var attrs []any
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		attrs = append(attrs, slog.Any(printable(name), clean(fields[name])))
	}
	return level, message, attrs
}

// printable is s with each control character, and what is not UTF-8, as a question mark; tab and return as a blank.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// clean makes what JSON decoded to printable. The lines of a text stay lines, as those of a stack.
func clean(v any) any {
	switch v := v.(type) {
	case string:
		parts := strings.Split(v, "\n")
		for i := range parts {
			parts[i] = printable(parts[i])
		}
		return strings.Join(parts, "\n")
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case map[string]any:
		for _, name := range slices.Collect(maps.Keys(v)) {
			value := clean(v[name])
			delete(v, name)
			v[printable(name)] = value
		}
	}
	return v
}

// quote is the last lines, to be joined to an error; empty if there are none.
func (l *lines) quote() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.last
	if len(l.begun) > 0 {
		last = append(slices.Clip(last), printable(string(l.begun)))
	}
	if len(last) == 0 {
		return ""
	}
	return "; its last lines:\n\t" + strings.Join(last, "\n\t")
}
