// Package api is how an imitated Lever words requests and answers: envelopes, refusals, parameters, pages, uploads (sheet 2).
//
// A [Request] reads a call's parameters and body. A handler answers an [Envelope], a [Page], a [Download] or nothing, or refuses with a
// [Problem]; [Write] puts each on the wire.
package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Envelope is what every answer with content is wrapped in (sheet 0, 2.1).
type Envelope struct {
	Deduped *bool  `json:"deduped,omitempty"`
	Data    any    `json:"data"`
	Next    string `json:"next,omitempty"`
	HasNext *bool  `json:"hasNext,omitempty"`
}

// Download is an answer that is no JSON.
type Download struct {
	Type    string
	Content []byte
}

// Problem is an answer that refuses (sheet 2.3).
type Problem struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (p *Problem) Error() string { return p.Message }

// BadRequest refuses what is asked for.
func BadRequest(format string, args ...any) error {
	return &Problem{http.StatusBadRequest, "BadRequestError", fmt.Sprintf(format, args...)}
}

// Forbidden refuses who asks.
func Forbidden(message string) error {
	return &Problem{http.StatusForbidden, "ForbiddenError", message}
}

// Unknown says that there is no such thing.
func Unknown(what, id string) error {
	return &Problem{http.StatusNotFound, "ResourceNotFound", what + " " + id + " was not found"}
}

// TooLarge refuses an upload.
func TooLarge() error {
	return &Problem{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "A file has at most 30 MB."}
}

// Write answers with what a handler gave: err, if it refused, or else body with that status.
func Write(w http.ResponseWriter, status int, body any, err error) {
	if p := (*Problem)(nil); errors.As(err, &p) {
		status, body = p.Status, p
	}
	header := w.Header()
	header.Set("Server", "lever-data-api")
	header.Set("X-Lever-Region", "global")
	switch body := body.(type) {
	case nil:
		w.WriteHeader(status)
	case Download:
		header.Set("Content-Type", cmp.Or(body.Type, "application/octet-stream"))
		w.WriteHeader(status)
		_, _ = w.Write(body.Content) // an error means that the caller has left
	default:
		header.Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // as above
	}
}

// WriteFault words what a fault of the sandbox answers.
func WriteFault(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	Write(w, status, nil, &Problem{status, strings.ReplaceAll(text, " ", ""), text})
}

// Request is one call.
type Request struct {
	*http.Request
	Content []byte // its body
}

// Decode reads the body as JSON; Lever overlooks fields that it does not know.
func (r Request) Decode(v any) error {
	if err := json.Unmarshal(r.Content, v); err != nil {
		return BadRequest("The body is not the expected JSON.")
	}
	return nil
}

// Values are the repeated values of a parameter, in either of the two forms (sheet 2.1).
func (r Request) Values(name string) []string {
	query := r.URL.Query()
	return append(query[name], query[name+"[]"]...)
}

// Within is the condition that NAME_start and NAME_end make, both inclusive; nil when neither is there.
func (r Request) Within(name string) (func(at int64) bool, error) {
	bound := func(end string, open int64) (int64, bool, error) {
		s := r.URL.Query().Get(name + end)
		if s == "" {
			return open, false, nil
		}
		at, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, false, BadRequest("%s must be a timestamp in milliseconds", name+end)
		}
		return at, true, nil
	}
	from, given, err := bound("_start", 0)
	if err != nil {
		return nil, err
	}
	to, also, err := bound("_end", 1<<62)
	if err != nil || !given && !also {
		return nil, err
	}
	return func(at int64) bool { return from <= at && at <= to }, nil
}

// Limit is the size of a page.
func (r Request) Limit() (int, error) {
	s := r.URL.Query().Get("limit")
	if s == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 0, BadRequest("limit must be from 1 to 100")
	}
	return n, nil
}

// Page is one page of a list; its token is the place in the list, in a form that invites nobody to build one.
func Page[T any](r Request, all []T) (any, error) {
	limit, err := r.Limit()
	if err != nil {
		return nil, err
	}
	from := 0
	if token := r.URL.Query().Get("offset"); token != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(token, "0."), 36, 32)
		if err != nil || n < 0 || !strings.HasPrefix(token, "0.") {
			return nil, BadRequest("offset is not valid")
		}
		from = min(int(n), len(all))
	}
	to := min(from+limit, len(all))
	more := to < len(all)
	e := Envelope{Data: append([]T{}, all[from:to]...), HasNext: &more}
	if more {
		e.Next = "0." + strconv.FormatInt(int64(to), 36)
	}
	return e, nil
}

// address is what Lever takes for an e-mail address.
var address = regexp.MustCompile(`^[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+$`)

// Canonical is the form in which Lever compares addresses; valid is false for what is no address.
func Canonical(email string) (form string, valid bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	return email, address.MatchString(email)
}

// CheckExpand refuses what a table of expandable fields lacks.
func CheckExpand[F any](r Request, table map[string]F) error {
	for _, field := range r.Values("expand") {
		if _, ok := table[field]; !ok {
			return BadRequest("%s is not expandable", field)
		}
	}
	return nil
}

// Included keeps only the fields of v that include names, and those that were expanded; all when there is no include.
func (r Request) Included(v any, expand []string) any {
	include := r.Values("include")
	if len(include) == 0 {
		return v
	}
	var fields map[string]any
	b, _ := json.Marshal(v)        // plain data: cannot fail
	_ = json.Unmarshal(b, &fields) // what Marshal has just made
	for name := range fields {
		if !slices.Contains(include, name) && !slices.Contains(expand, name) {
			delete(fields, name)
		}
	}
	return fields
}
