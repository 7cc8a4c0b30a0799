package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filter is a parameter that keeps rows by the value of one of their fields.
type filter struct {
	field string
	parse func(asked string) (keeps func(v any) bool, err error)
}

type filters map[string]filter

// mostIDs is how many ids a filter takes, mostFields how many names fields does (section 4).
const mostIDs, mostFields, usualPage, mostPage = 50, 50, 100, 500

// ids keeps rows whose field is one of these ids, or has one of them in it.
func ids(field string) filter {
	return filter{field, func(asked string) (func(any) bool, error) {
		var wanted []int
		for part := range strings.SplitSeq(asked, ",") {
			id, err := strconv.Atoi(part)
			if err != nil {
				return nil, fmt.Errorf("`%s` is not a list of ids", asked)
			}
			wanted = append(wanted, id)
		}
		if len(wanted) > mostIDs {
			return nil, fmt.Errorf("more than %d ids", mostIDs)
		}
		return func(v any) bool {
			if several, ok := v.([]int); ok {
				return slices.ContainsFunc(several, func(id int) bool { return slices.Contains(wanted, id) })
			}
			id, ok := v.(int)
			return ok && slices.Contains(wanted, id)
		}, nil
	}}
}

func words(field string, fits func(v, asked string) bool) filter {
	return filter{field, func(asked string) (func(any) bool, error) {
		return func(v any) bool { s, ok := v.(string); return ok && fits(s, asked) }, nil
	}}
}

func exact(field string) filter {
	return words(field, func(v, asked string) bool { return v == asked })
}

func boolean(field string) filter {
	return filter{field, func(asked string) (func(any) bool, error) {
		if asked != "true" && asked != "false" {
			return nil, fmt.Errorf("`%s` is not a boolean", asked)
		}
		return func(v any) bool { return v == (asked == "true") }, nil
	}}
}

// comparisons are the operators of dates.
var comparisons = map[string]func(order int) bool{
	"gte": func(order int) bool { return order >= 0 }, "lte": func(order int) bool { return order <= 0 },
	"gt": func(order int) bool { return order > 0 }, "lt": func(order int) bool { return order < 0 },
}

// date keeps rows whose moment compares as asked: "gte|2026-01-01T00:00:00Z", or two such in one.
func date(field string) filter {
	return filter{field, func(asked string) (func(any) bool, error) {
		parts := strings.Split(asked, "|")
		if len(parts) != 2 && len(parts) != 4 {
			return nil, fmt.Errorf("`%s` is not an operator and a time", asked)
		}
		var all []func(time.Time) bool
		for pair := range slices.Chunk(parts, 2) {
			holds := comparisons[pair[0]]
			bound, err := time.Parse(time.RFC3339, pair[1])
			if holds == nil || err != nil {
				return nil, fmt.Errorf("`%s` is not an operator and a time", asked)
			}
			all = append(all, func(t time.Time) bool { return holds(t.Compare(bound)) })
		}
		return func(v any) bool {
			s, _ := v.(string)
			t, err := time.Parse(time.RFC3339, s)
			return err == nil && !slices.ContainsFunc(all, func(holds func(time.Time) bool) bool { return !holds(t) })
		}, nil
	}}
}

// cursor is where a walk goes on: what it asked for, and the id that it has come to.
type cursor struct {
	Path   string `json:"path"`
	Query  string `json:"query"`
	Before int    `json:"before"`
}

// query is what a request asks of a list: itself, or its cursor, which stands alone (section 4).
func (q *request) query() (asked url.Values, before int, err error) {
	asked = q.URL.Query()
	if !asked.Has("cursor") {
		return asked, 0, nil
	}
	if len(asked) > 1 {
		return nil, 0, unprocessable("When passing a cursor, do not include other query params.")
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(asked.Get("cursor"))
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Path != q.URL.Path {
		return nil, 0, unprocessable("The cursor is not valid.")
	}
	asked, err = url.ParseQuery(c.Query)
	return asked, c.Before, err
}

// list makes a route's handler of what gives its rows and of the filters that it has; others are refused.
func list(rows func(*organization, *request, url.Values) []object, known filters) func(*organization, *request) (any, error) {
	return func(o *organization, q *request) (any, error) {
		asked, before, err := q.query()
		if err != nil {
			return nil, err
		}
		keeps, err := conditions(asked, known)
		if err != nil {
			return nil, err
		}
		found := []object{}
		for _, row := range rows(o, q, asked) {
			if (before == 0 || row["id"].(int) < before) && !slices.ContainsFunc(keeps, func(keep func(object) bool) bool { return !keep(row) }) {
				found = append(found, row)
			}
		}
		slices.SortFunc(found, func(x, y object) int { return cmp.Compare(y["id"].(int), x["id"].(int)) })
		return firstPage(q, asked, found)
	}
}

// conditions are what the parameters demand of a row.
func conditions(asked url.Values, known filters) (all []func(object) bool, err error) {
	for name, values := range asked {
		f, ok := known[name]
		switch {
		case name == "per_page" || name == "fields":
			continue
		case !ok || len(values) > 1:
			return nil, unprocessable("`%s` is not a parameter", name)
		}
		keeps, err := f.parse(values[0])
		if err != nil {
			return nil, refuse(http.StatusUnprocessableEntity, "Unprocessable Content", object{name: err.Error()})
		}
		if f.field != "" { // else the rows themselves heed it
			all = append(all, func(row object) bool { return keeps(row[f.field]) })
		}
	}
	return all, nil
}

// firstPage is the first page of rows that are in order, with the Link to the next.
func firstPage(q *request, asked url.Values, rows []object) (any, error) {
	size, text := usualPage, asked.Get("per_page")
	if text != "" {
		n, err := strconv.Atoi(text)
		switch size = n; {
		case err != nil || n < 1:
			return nil, refuse(http.StatusUnprocessableEntity, "Unprocessable Content", object{"per_page": "`" + text + "` is no size"})
		case n > mostPage:
			return nil, refuse(http.StatusUnprocessableEntity, "Unprocessable Content",
				object{"per_page": fmt.Sprintf("`%d` number is greater than: %d", n, mostPage)})
		}
	}
	if len(rows) > size {
		rows = rows[:size]
		next := base64.RawURLEncoding.EncodeToString(plain(cursor{q.URL.Path, asked.Encode(), rows[size-1]["id"].(int)}))
		scheme := "http"
		if q.TLS != nil {
			scheme = "https"
		}
		q.header.Set("Link", fmt.Sprintf(`<%s://%s%s?cursor=%s>; rel="next"`, scheme, q.Host, q.URL.Path, next))
	}
	if asked.Get("fields") == "" {
		return rows, nil
	}
	names := strings.Split(asked.Get("fields"), ",")
	if len(names) > mostFields {
		return nil, unprocessable("more than %d fields", mostFields)
	}
	sparse := []object{}
	for _, row := range rows {
		lean := object{}
		for _, name := range names {
			v, ok := row[name]
			if !ok {
				return nil, unprocessable("`%s` is not a field", name)
			}
			lean[name] = v
		}
		sparse = append(sparse, lean)
	}
	return sparse, nil
}
