package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// lever is a sandbox behind a real server, with names for the ids that a table needs.
type lever struct {
	*testing.T
	url   string
	world func() *sandbox.World
	ids   map[string]string
}

// start makes a sandbox and names its example postings {analyst}, {engineer}, its users {ada}, {mona}, {assessments}, its stages by the
// first word in lower case, its reasons {hired}, {underqualified}, {withdrew}.
func start(t *testing.T, o sandbox.Options) *lever {
	t.Helper()
	if o.Rate == 0 {
		o.Rate = -1
	}
	o.Seed = 1
	s := sandbox.New(o, New)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.Close() })
	l := &lever{t, h.URL, s.World, map[string]string{"none": "00000000-0000-4000-8000-000000000000"}}
	var state struct {
		Postings, Stages, Reasons []struct{ ID, Text string }
		Users                     []struct{ ID, Username string }
	}
	l.control("GET", "state", "", &state)
	for i, name := range []string{"analyst", "engineer"} {
		if i < len(state.Postings) {
			l.ids[name] = state.Postings[i].ID
		}
	}
	for _, s := range append(state.Stages, state.Reasons...) {
		word, _, _ := strings.Cut(strings.ToLower(s.Text), " ")
		l.ids[word] = s.ID
	}
	for _, u := range state.Users {
		l.ids[u.Username] = u.ID
	}
	return l
}

// fill replaces {name} by the id that has the name.
func (l *lever) fill(s string) string {
	for name, id := range l.ids {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

// call makes a request of the API as the default key and returns the answer.
func (l *lever) call(method, path, body string) (int, string, http.Header) {
	l.Helper()
	return l.as(sandbox.DefaultAPIKey, method, path, body)
}

func (l *lever) as(key, method, path, body string) (int, string, http.Header) {
	l.Helper()
	req, err := http.NewRequest(method, l.url+l.fill(path), strings.NewReader(l.fill(body)))
	if err != nil {
		l.Fatal(err)
	}
	if key != "" {
		req.SetBasicAuth(key, "")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// get reads the API and decodes data.
func (l *lever) get(path string, data any) (next string, more bool) {
	l.Helper()
	status, body, _ := l.call("GET", path, "")
	e := struct {
		Data    any
		Next    string
		HasNext bool
	}{Data: data}
	if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusOK {
		l.Fatalf("GET %s: %d %s %v", path, status, body, err)
	}
	return e.Next, e.HasNext
}

// control drives the control plane; act does an act and names the ids that it answers with, as {PREFIXopportunity} and so on.
func (l *lever) control(method, path, body string, v any) {
	l.Helper()
	req, _ := http.NewRequest(method, l.url+"/_sandbox/"+path, strings.NewReader(l.fill(body)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		l.Fatalf("%s %s %s: %d %s", method, path, l.fill(body), resp.StatusCode, b)
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			l.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
}

func (l *lever) act(verb, args string, prefix ...string) map[string]string {
	l.Helper()
	var made map[string]string
	l.control("POST", "acts/"+verb, args, &made)
	for name, id := range made {
		l.ids[strings.Join(prefix, "")+name] = id
	}
	return made
}

func (l *lever) state(id string) (s opportunityState) {
	l.Helper()
	l.control("GET", "state/opportunities/"+l.fill(id), "", &s)
	return s
}

func (l *lever) advance(by string) {
	l.Helper()
	l.control("POST", "clock/advance", `{"by":"`+by+`"}`, nil)
}

// rows are the lines of a text, with those that were broken made whole: eight blanks continue a line.
func rows(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\n        ", " "), "\n")
}

// follow makes the requests of a text and compares their answers; testdata/contract.txt says how it is written.
func (l *lever) follow(text string) {
	l.Helper()
	asked := regexp.MustCompile(`^(?:(\w+) = )?([A-Z]+) (\S+) ?((?s).*)$`)
	lines := rows(text)
	if len(lines)%2 != 0 {
		l.Fatalf("a request without an answer in\n%s", text)
	}
	for i := 0; i < len(lines); i += 2 {
		request := asked.FindStringSubmatch(lines[i])
		wanted, contained, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
		if request == nil {
			l.Fatalf("not a request: %s", lines[i])
		}
		status, body, _ := l.call(request[2], request[3], request[4])
		if fmt.Sprint(status) != wanted {
			l.Errorf("%s: %d %s, want %s", lines[i], status, body, wanted)
			continue
		}
		if contained != "" {
			if diff := l.lacks(body, contained); diff != "" {
				l.Errorf("%s: %s\nin %s", lines[i], diff, body)
			}
		}
		if name := request[1]; name != "" {
			var answer struct{ Data struct{ ID string } }
			if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.ID == "" {
				l.Fatalf("%s: no id in %s", lines[i], body)
			}
			l.ids[name] = answer.Data.ID
		}
	}
}

func (l *lever) lacks(got, want string) string {
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal([]byte(l.fill(want)), &w); err != nil {
		l.Fatalf("%v in the test's own %s", err, want)
	}
	return contains(g, w, "")
}

// contains says where got lacks something that want has.
func contains(got, want any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for name := range maps.Keys(want) {
			value, there := g[name]
			if want[name] == "-" {
				if there {
					return fmt.Sprintf("%s.%s is there", at, name)
				}
				continue
			}
			if !there {
				return fmt.Sprintf("%s.%s is missing", at, name)
			}
			if diff := contains(value, want[name], at+"."+name); diff != "" {
				return diff
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return fmt.Sprintf("%s is %v, want %v", at, got, want)
		}
		for i := range want {
			if diff := contains(g[i], want[i], fmt.Sprintf("%s[%d]", at, i)); diff != "" {
				return diff
			}
		}
		return ""
	}
	if want == "*" && got != nil || reflect.DeepEqual(got, want) {
		return ""
	}
	return fmt.Sprintf("%s is %v, want %v", at, got, want)
}
