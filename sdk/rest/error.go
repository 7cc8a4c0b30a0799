package rest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// longestDelay bounds what a product may ask for: more is a mistake of its, and a day later asking again costs one call.
const longestDelay = 24 * time.Hour

// StatusError is the product's refusal of one request: a status that is neither success nor sorted elsewhere, such as 400, 403 or 422.
type StatusError struct {
	Request string // method and path
	Status  int
	Code    string // the product's word for it, if the body has one that looks like a word
	Message string // the product's sentence: may name a candidate, so it is no part of Error
	Body    []byte // as it came
}

func (e *StatusError) Error() string { return describe(e.Request, e.Status, e.Code) }

// Refused makes of a product's refusal of a request what the host can act on; any other error is left as it is. Busy is the product's code of
// a 409 while an earlier request with the same key is not answered yet, which asks to come back. Reasons are its codes that have another name
// in the host's vocabulary; any other code is its own reason.
func Refused(err error, busy string, reasons map[string]string) error {
	var said *StatusError
	switch {
	case !errors.As(err, &said):
		return err
	case busy != "" && said.Status == http.StatusConflict && said.Code == busy:
		return sdk.Later(time.Second, err)
	}
	return sdk.Refuse(cmp.Or(reasons[said.Code], said.Code, "refused"), said.Message)
}

func describe(what string, status int, code string) string {
	if code != "" {
		return fmt.Sprintf("%s: %d %s", what, status, code)
	}
	return fmt.Sprintf("%s: %d %s", what, status, http.StatusText(status))
}

// failure sorts an answer that is no success.
func failure(what string, resp *http.Response, body []byte) error {
	code, message := words(body)
	said := describe(what, resp.StatusCode, code)
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized:
		return fmt.Errorf("%s: %w", said, sdk.ErrDisconnected)
	case status == http.StatusNotFound || status == http.StatusGone:
		return fmt.Errorf("%s: %w", said, sdk.ErrNotFound)
	case status == http.StatusTooManyRequests:
		return sdk.Later(retryAfter(resp.Header), fmt.Errorf("%s", said))
	case status == http.StatusRequestTimeout || status >= 500:
		return fmt.Errorf("%s", said)
	}
	return &StatusError{Request: what, Status: resp.StatusCode, Code: code, Message: message, Body: body}
}

// retryAfter reads Retry-After, in seconds or as a date against the answer's own clock. 0 if absent, past or unreadable.
func retryAfter(h http.Header) time.Duration {
	said := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(said, 64); err == nil {
		return time.Duration(max(0, min(seconds, longestDelay.Seconds())) * float64(time.Second))
	}
	at, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, min(at.Sub(now), longestDelay))
}

// words finds code and message in the error bodies that are common: flat, under "error" or first of "errors", or a problem document.
func words(body []byte) (code, message string) {
	var flat map[string]any
	if json.Unmarshal(body, &flat) != nil {
		return "", ""
	}
	inner := flat
	switch e := flat["error"].(type) {
	case map[string]any:
		inner = e
	case string:
		code = word(e)
	}
	if list, ok := flat["errors"].([]any); ok && len(list) > 0 {
		if e, ok := list[0].(map[string]any); ok {
			inner = e
		}
	}
	if c, ok := inner["code"].(string); ok {
		code = word(c)
	}
	for _, name := range []string{"message", "detail", "error_description", "title"} {
		if m, ok := inner[name].(string); ok {
			return code, bounded(m, 500)
		}
	}
	return code, ""
}

// word is s if it can only be a code: short, and of the letters codes are made of.
func word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.'
	}
	if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return ""
	}
	return s
}

func bounded(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
