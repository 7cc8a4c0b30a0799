package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const controlPath = "/_sandbox/"

// Duration is a time.Duration that JSON writes as Go does: "1m30s".
type Duration time.Duration

func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *Duration) UnmarshalText(b []byte) error {
	parsed, err := time.ParseDuration(string(b))
	*d = Duration(parsed)
	return err
}

var errMalformed = errors.New("malformed request")

// operation is one operation of the control plane: the arguments are the request's JSON body.
type operation func(args []byte, r *http.Request) (any, error)

// controlPlane is every operation but reset, which replaces the World that this one belongs to.
func (w *World) controlPlane() http.Handler {
	mux := http.NewServeMux()
	for pattern, op := range map[string]operation{
		"GET clock":                  func([]byte, *http.Request) (any, error) { return w.now(), nil },
		"POST clock/advance":         w.advance,
		"POST clock/set":             w.set,
		"GET faults":                 func([]byte, *http.Request) (any, error) { return w.Faults.List(), nil },
		"POST faults":                w.addFaults,
		"DELETE faults":              func([]byte, *http.Request) (any, error) { w.Faults.Clear(); return w.Faults.List(), nil },
		"GET requests":               w.requests,
		"DELETE requests":            func([]byte, *http.Request) (any, error) { w.Log.Clear(); return struct{}{}, nil },
		"POST limit":                 w.setLimit,
		"GET acts":                   func([]byte, *http.Request) (any, error) { return w.verbs(), nil },
		"POST acts/{verb}":           w.act,
		"GET state":                  w.state,
		"GET state/{path...}":        w.state,
		"GET mailbox":                func(_ []byte, r *http.Request) (any, error) { return w.Mail.Of(r.FormValue("to")), nil },
		"GET deliveries":             func([]byte, *http.Request) (any, error) { return w.Outbox.List(), nil },
		"POST deliveries/options":    w.deliveryOptions,
		"POST deliveries/flush":      func([]byte, *http.Request) (any, error) { w.Outbox.Flush(); return w.Outbox.List(), nil },
		"POST deliveries/{id}/rerun": func(_ []byte, r *http.Request) (any, error) { return struct{}{}, w.Outbox.Rerun(r.PathValue("id")) },
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+controlPath+path, op)
	}
	mux.HandleFunc(controlPath, func(rw http.ResponseWriter, r *http.Request) {
		answer(rw, http.StatusNotFound, fault(notFound("control", r.Method+" "+r.URL.Path)))
	})
	return sameOrigin(mux)
}

// sameOrigin keeps web pages of other origins, open in the same browser, from driving a sandbox.
func sameOrigin(h http.Handler) http.Handler { return http.NewCrossOriginProtection().Handler(h) }

func (op operation) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	form := false
	result, err := func() (any, error) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errMalformed, err)
		}
		args := bytes.TrimSpace(body)
		if form = isForm(r, args); form {
			if args, err = formArguments(args); err != nil {
				return nil, err
			}
		}
		return op(args, r)
	}()
	switch {
	case err == nil && form:
		http.Redirect(rw, r, "/", http.StatusSeeOther) // back to the page
	case err == nil:
		answer(rw, http.StatusOK, result)
	case errors.Is(err, errMalformed):
		answer(rw, http.StatusBadRequest, fault(err))
	case errors.Is(err, ErrNotFound):
		answer(rw, http.StatusNotFound, fault(err))
	default:
		answer(rw, http.StatusUnprocessableEntity, fault(err))
	}
}

func fault(err error) any { return map[string]string{"error": err.Error()} }

const formType = "application/x-www-form-urlencoded"

// isForm tells whether a form of the page sent the body. What begins as JSON is JSON, whatever it is called: curl -d calls all it sends a
// form.
func isForm(r *http.Request, body []byte) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), formType) && !bytes.HasPrefix(body, []byte("{")) &&
		!bytes.HasPrefix(body, []byte("["))
}

// answer writes JSON.
func answer(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	out := json.NewEncoder(rw)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	out.Encode(v) // an error means that the caller has left
}

// formArguments is a form as JSON. Its fields become strings, unless their names say otherwise: tags:list is split at commas,
// confidential:bool is true when it is there. An empty field is null: it sets nothing, and is refused all the same where there is none.
func formArguments(body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	args := map[string]any{}
	for field := range form {
		name, kind, _ := strings.Cut(field, ":")
		value := form.Get(field)
		switch {
		case !slices.Contains([]string{"", "bool", "list"}, kind):
			return nil, fmt.Errorf("%w: field %s: a field is a :list, a :bool or neither", errMalformed, field)
		case value == "":
			args[name] = nil
		case kind == "bool":
			args[name] = true
		case kind == "list":
			list := []string{}
			for part := range strings.SplitSeq(value, ",") {
				if part = strings.TrimSpace(part); part != "" {
					list = append(list, part)
				}
			}
			args[name] = list
		default:
			args[name] = value
		}
	}
	return json.Marshal(args)
}

func (w *World) now() any { return map[string]time.Time{"now": w.Clock.Now()} }

func (w *World) advance(args []byte, _ *http.Request) (any, error) {
	var a struct{ By Duration }
	if err := decode(args, &a); err != nil {
		return nil, err
	}
	if a.By < 0 {
		return nil, fmt.Errorf("%w: the clock advances by a positive duration, not %v", errMalformed, time.Duration(a.By))
	}
	w.Clock.Advance(time.Duration(a.By))
	return w.now(), nil
}

func (w *World) set(args []byte, _ *http.Request) (any, error) {
	var a struct{ At time.Time }
	if err := decode(args, &a); err != nil {
		return nil, err
	}
	if a.At.IsZero() {
		return nil, fmt.Errorf("%w: at is missing", errMalformed)
	}
	w.Clock.Set(a.At)
	return w.now(), nil
}

func (w *World) addFaults(args []byte, _ *http.Request) (any, error) {
	var faults []Fault
	if err := decode(args, &faults); err != nil {
		return nil, err
	}
	if err := w.Faults.Add(faults...); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return w.Faults.List(), nil
}

func (w *World) requests(_ []byte, r *http.Request) (any, error) {
	since := 0
	if s := r.FormValue("since"); s != "" {
		var err error
		if since, err = strconv.Atoi(s); err != nil {
			return nil, fmt.Errorf("%w: since: %w", errMalformed, err)
		}
	}
	path, err := regexp.Compile(r.FormValue("path"))
	if err != nil {
		return nil, fmt.Errorf("%w: path: %w", errMalformed, err)
	}
	method := r.FormValue("method")
	entries, last, forgotten := w.Log.Since(since)
	found := []Entry{}
	for _, e := range entries {
		if (method == "" || method == e.Method) && path.MatchString(e.Path) {
			found = append(found, e)
		}
	}
	return map[string]any{"requests": found, "last": last, "forgotten": forgotten}, nil
}

func (w *World) setLimit(args []byte, _ *http.Request) (any, error) {
	var a struct {
		PerSecond float64 `json:"per_second"`
		Burst     int     `json:"burst"`
	}
	if err := decode(args, &a); err != nil {
		return nil, err
	}
	w.Limit.Set(a.PerSecond, a.Burst)
	return struct{}{}, nil
}

func (w *World) verbs() []string { return slices.Sorted(maps.Keys(w.product.Acts)) }

func (w *World) act(args []byte, r *http.Request) (any, error) {
	act, ok := w.product.Acts[r.PathValue("verb")]
	if !ok {
		return nil, fmt.Errorf("%w; the acts are %s", notFound("act", r.PathValue("verb")), strings.Join(w.verbs(), ", "))
	}
	return act(args)
}

func (w *World) state(_ []byte, r *http.Request) (any, error) {
	if w.product.State == nil {
		return nil, notFound("state", r.PathValue("path"))
	}
	return w.product.State(r.PathValue("path"))
}

func (w *World) deliveryOptions(args []byte, _ *http.Request) (any, error) {
	opts := w.Outbox.Options()
	if err := decode(args, &opts); err != nil {
		return nil, err
	}
	if opts.Copies < 1 || opts.Timeout <= 0 {
		return nil, fmt.Errorf("%w: copies and timeout must be positive", errMalformed)
	}
	w.Outbox.SetOptions(opts)
	return w.Outbox.Options(), nil
}
