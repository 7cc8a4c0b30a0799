package kernel

import (
	"errors"
	"net/http"
)

// Refusal is an error that the API words by its envelope.
type Refusal struct {
	Status               int
	Code, Message, Field string
}

func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// Refuse makes a Refusal.
func Refuse(status int, code, message, field string) error {
	return Refusal{status, code, message, field}
}

// Malformed refuses a field whose form is wrong.
func Malformed(field, message string) error {
	return Refuse(http.StatusBadRequest, "malformed", message, field)
}

// Unprocessable refuses what is well-formed and cannot be done.
func Unprocessable(code, message, field string) error {
	return Refuse(http.StatusUnprocessableEntity, code, message, field)
}

// NotFound says that there is no such thing.
func NotFound(what string) error {
	return Refuse(http.StatusNotFound, "not_found", "there is no such "+what, "")
}

// envelope words an error.
func (g *Gate) envelope(err error) (int, []byte) {
	var no Refusal
	if !errors.As(err, &no) {
		no = Refusal{http.StatusInternalServerError, "internal", err.Error(), ""}
	}
	return no.Status, words(no, g.world.UUID())
}

func words(no Refusal, request string) []byte {
	return encode(map[string]any{"error": struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		Field     string `json:"field,omitempty"`
		RequestID string `json:"request_id"`
	}{no.Code, no.Message, no.Field, request}})
}

func (g *Gate) refuse(w http.ResponseWriter, no Refusal) {
	status, body := g.envelope(no)
	write(w, status, body)
}

// Fault words the answer of a failure that a test ordered.
func Fault(w http.ResponseWriter, status int) {
	codes := map[int]string{
		401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 410: "candidate_erased", 429: "rate_limited",
	}
	code := codes[status]
	if code == "" {
		code = "unavailable"
	}
	write(w, status, words(Refusal{status, code, "this answer was ordered", ""}, "ordered"))
}
