package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"unicode"

	"github.com/hashicorp/go-hclog"
)

// newLog is the host's log: hclog's lines, written through the standard library's interface, so that no package but this one depends on it.
func newLog(w io.Writer, level string, json bool) *slog.Logger {
	return slog.New(logHandler{hclog.New(&hclog.LoggerOptions{
		Name: "patchbay", Level: hclog.LevelFromString(level), Output: w, JSONFormat: json,
	})})
}

type logHandler struct{ log hclog.Logger }

var levels = map[slog.Level]hclog.Level{
	slog.LevelDebug: hclog.Debug, slog.LevelInfo: hclog.Info, slog.LevelWarn: hclog.Warn, slog.LevelError: hclog.Error,
}

func (h logHandler) Enabled(_ context.Context, l slog.Level) bool {
	return levels[l] >= h.log.GetLevel()
}

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	var args []any
	r.Attrs(func(a slog.Attr) bool {
		if v := a.Value.Resolve(); v.String() != "" {
			args = append(args, a.Key, v.Any())
		}
		return true
	})
	h.log.Log(levels[r.Level], visible(r.Message), args...) // a message may be a plugin's; hclog escapes values only
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var args []any
	for _, a := range attrs {
		args = append(args, a.Key, a.Value.Resolve().Any())
	}
	return logHandler{h.log.With(args...)}
}

func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.log.Named(name)} }

// visible has a blank for whatever would move a terminal's cursor, change its colour, or hide.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, s)
}
