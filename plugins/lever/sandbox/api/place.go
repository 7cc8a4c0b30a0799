package api

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
)

// Place is where an opportunity stands in the order of lists, and with its id the token of a page (sheet 2.1).
type Place struct {
	Rank     int
	Advanced int64
	ID       string
}

// Compare orders by stage, within a stage who advanced last comes first.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Rank, q.Rank), cmp.Compare(q.Advanced, p.Advanced), cmp.Compare(p.ID, q.ID))
}

// Token is percent-encoded JSON, as Lever's is.
func (p Place) Token() string {
	b, _ := json.Marshal([]any{p.Rank, p.Advanced, p.ID}) // numbers and a string: cannot fail
	return url.QueryEscape(string(b))
}

// ParsePlace reads a token that arrives encoded once or twice.
func ParsePlace(token string) (p Place, err error) {
	if strings.HasPrefix(token, "%") {
		if token, err = url.QueryUnescape(token); err != nil {
			return p, BadRequest("offset is not valid")
		}
	}
	parts := []any{&p.Rank, &p.Advanced, &p.ID}
	if json.Unmarshal([]byte(token), &parts) != nil || len(parts) != 3 {
		return p, BadRequest("offset is not valid")
	}
	return p, nil
}
