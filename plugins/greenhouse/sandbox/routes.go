package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// route is one call of Harvest v3.
type route struct {
	pattern string // as [http.ServeMux] has it, below /v3
	scope   string // what the token needs, behind "harvest:"
	status  int
	handle  func(*organization, *request) (any, error)
}

var routes = []route{
	{"GET /users", "users:list", 200, list(userRows, userFilters)},
	{"POST /users", "users:create", 201, (*organization).createUser},
	{"GET /applications", "applications:list", 200, list(applicationRows, applicationFilters)},
	{"PATCH /applications/{id}", "applications:update", 200, (*organization).updateApplication},
	{"GET /application_stages", "application_stages:list", 200, list(visitRows, visitFilters)},
	{"GET /candidates", "candidates:list", 200, list(candidateRows, candidateFilters)},
	{"GET /jobs", "jobs:list", 200, list(jobRows, jobFilters)},
	{"GET /job_interview_stages", "job_interview_stages:list", 200, list(stageRows, stageFilters)},
	{"GET /custom_fields", "custom_fields:list", 200, list(fieldRows, fieldFilters)},
	{"POST /custom_fields", "custom_fields:create", 201, (*organization).createField},
}

// request is one call that has passed the door.
type request struct {
	*http.Request
	user   *user // who acts
	body   []byte
	header http.Header // of the answer
}

// problem is an answer that refuses (section 4).
type problem struct {
	status  int
	Message string `json:"message,omitempty"`
	Errors  []any  `json:"errors,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func refuse(status int, message string, errs ...any) *problem {
	return &problem{status: status, Message: message, Errors: errs}
}

func unprocessable(format string, args ...any) error {
	return refuse(http.StatusUnprocessableEntity, "Unprocessable Content", fmt.Sprintf(format, args...))
}

// handler is the three hosts in one.
func (o *organization) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		mux.Handle(method+" /v3"+path, o.serve(rt))
	}
	retired := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusGone, plain(refuse(http.StatusGone, "Resource not available")))
	}
	mux.HandleFunc("/v1/", retired)
	mux.HandleFunc("/v2/", retired)
	mux.HandleFunc("PATCH "+callbackPath+"{send}", o.patched)
	mux.HandleFunc("POST "+tokenPath, o.authorize)
	mux.HandleFunc(consentPath, o.authorize)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { // unknown, before anybody asks who is there (section 4)
		answer(w, http.StatusNotFound, plain(refuse(http.StatusNotFound, "Resource not found")))
	})
	return mux
}

func (o *organization) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			answer(w, http.StatusRequestEntityTooLarge, nil)
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		result, err := o.handle(rt, &request{Request: r, body: body, header: w.Header()})
		switch p := (*problem)(nil); {
		case errors.As(err, &p):
			answer(w, p.status, plain(p))
		case err != nil: // what the organization does not do
			answer(w, http.StatusUnprocessableEntity, plain(unprocessable("%s", err)))
		default:
			answer(w, rt.status, plain(result))
		}
	})
}

// handle lets a request through the door and has it done: token, limit, scope, the rights of who acts.
func (o *organization) handle(rt route, q *request) (any, error) {
	token, ok := o.oauth.Bearer(q.Request)
	if ok {
		if q.user = o.users[0]; token.User != "" {
			id, _ := strconv.Atoi(token.User)
			q.user, ok = byID(o.users, id)
		}
	}
	client := map[bool]string{true: clientID, false: ""}[ok]
	scope := "harvest:" + rt.scope
	switch {
	case !o.limit(q.header, client):
		return nil, refuse(http.StatusTooManyRequests, "Too many requests")
	case !ok || q.user.deactivated:
		return nil, refuse(http.StatusUnauthorized, "Unauthorized",
			"Token could not be decoded. Please ensure your token is from a trusted source.")
	case !token.Has(scope) || !slices.Contains(o.scopes(), scope):
		return nil, refuse(http.StatusForbidden, "Forbidden", "The token lacks the scope "+scope+".")
	case !q.user.siteAdmin:
		return nil, refuse(http.StatusForbidden, "Forbidden", "The acting user is not a Site Admin.")
	}
	return rt.handle(o, q)
}

// decode reads the body strictly: unknown keys are refused (section 4). Nothing at all counts as {}.
func (q *request) decode(v any) error {
	body := q.body
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return unprocessable("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return unprocessable("more than one JSON value")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body json.RawMessage) {
	if body != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the caller has left
}

// writeFault words what a fault of the sandbox answers.
func writeFault(w http.ResponseWriter, status int) {
	answer(w, status, plain(refuse(status, http.StatusText(status))))
}

// New builds a Greenhouse organization in a world.
func New(w *sandbox.World) sandbox.Product {
	o := newOrganization(w)
	return sandbox.Product{API: o.handler(), Acts: o.acts(), State: o.state, Page: o.page, Fault: writeFault}
}
