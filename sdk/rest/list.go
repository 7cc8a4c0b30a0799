package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
)

// Pages walks a list that comes in pages. read gets the page that token names (empty: the first) and returns its items and the next page's
// token (empty: there is none). The sequence ends at the first error, and at a token that was handed out before, which would never end.
func Pages[T any](read func(token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{}
		for token := ""; ; {
			items, next, err := read(token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(none, fmt.Errorf("page %d names a page that was read before", len(seen)+1))
				return
			}
			seen[next] = true
			token = next
		}
	}
}

// Int is a whole number that a product may also write as a string or a float. null, "" and absent are 0.
type Int int64

// UnmarshalJSON accepts 12, "12", 12.0, 1.2e1, null and "".
func (n *Int) UnmarshalJSON(raw []byte) error {
	s := string(bytes.Trim(raw, `"`))
	if s == "null" || s == "" {
		*n = 0
		return nil
	}
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = Int(whole)
		return nil
	}
	var f float64
	if err := json.Unmarshal([]byte(s), &f); err != nil || f != float64(int64(f)) {
		return fmt.Errorf("not a whole number")
	}
	*n = Int(f)
	return nil
}
