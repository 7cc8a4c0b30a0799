package kernel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Decode reads a body.
func Decode(body []byte, into any) error {
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(into); err != nil {
		return Malformed("", "the body is not the JSON expected")
	}
	return nil
}

// CheckEmail refuses a candidate whose address, trimmed, is none.
func CheckEmail(address string) error {
	switch {
	case address == "":
		return Unprocessable("missing_email", "candidate has no email", "candidate.email")
	case !validEmail(address):
		return Unprocessable("invalid_email", "candidate's email is not valid", "candidate.email")
	}
	return nil
}

func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && len(local) <= 64 && len(s) <= 254 && !strings.Contains(domain, "@") && strings.Contains(domain, ".") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa1 })
}

// Page answers one page of a list: limit 1 to 100, 25 by default; the cursor hides the id of the last item given.
func Page[T any](r *http.Request, items []T, id func(T) string) (int, any, error) {
	limit := 25
	if text := r.FormValue("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			return 0, nil, Malformed("limit", "limit is 1 to 100")
		}
	}
	if text := r.FormValue("cursor"); text != "" {
		last, err := base64.RawURLEncoding.DecodeString(text)
		at := slices.IndexFunc(items, func(item T) bool { return id(item) == string(last) })
		if err != nil || at < 0 {
			return 0, nil, Malformed("cursor", "no such cursor")
		}
		items = items[at+1:]
	}
	page := struct {
		Data []T     `json:"data"`
		Next *string `json:"next_cursor"`
	}{Data: items}
	if len(items) > limit {
		page.Data = items[:limit]
		next := base64.RawURLEncoding.EncodeToString([]byte(id(items[limit-1])))
		page.Next = &next
	}
	if page.Data == nil {
		page.Data = []T{}
	}
	return http.StatusOK, page, nil
}
