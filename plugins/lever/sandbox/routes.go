package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// route is one call of the API.
type route struct {
	pattern    string // as [http.ServeMux] has it, below /v1
	permission string // what the key needs: reading it for GET, else writing it
	actor      actor
	status     int
	handle     func(*account, *request) (any, error)
}

// actor is what a route makes of perform_as (sheet 1.3).
type actor int

const (
	unused actor = iota
	optional
	required
)

var routes = []route{
	{"GET /opportunities", "opportunities", unused, 200, (*account).listOpportunities},
	{"POST /opportunities", "opportunities", required, 201, (*account).createOpportunity},
	{"GET /opportunities/deleted", "opportunities", unused, 200, (*account).listDeleted},
	{"GET /opportunities/{id}", "opportunities", unused, 200, (*account).getOpportunity},
	{"PUT /opportunities/{id}/stage", "opportunities", optional, 200, (*account).putStage},
	{"PUT /opportunities/{id}/archived", "opportunities", optional, 200, (*account).putArchived},
	{"POST /opportunities/{id}/addTags", "opportunities", optional, 200, changes("tags", (*account).addTags, blank)},
	{"POST /opportunities/{id}/removeTags", "opportunities", optional, 200, changes("tags", (*account).removeTags, blank)},
	{"POST /opportunities/{id}/addSources", "opportunities", optional, 200, changes("sources", (*account).addSources, blank)},
	{"POST /opportunities/{id}/removeSources", "opportunities", optional, 200, changes("sources", (*account).removeSources, blank)},
	{"POST /opportunities/{id}/addLinks", "opportunities", optional, 200, changes("links", (*account).addLinks, whole)},
	{"POST /opportunities/{id}/removeLinks", "opportunities", optional, 200, changes("links", (*account).removeLinks, whole)},
	{"GET /opportunities/{id}/applications", "applications", unused, 200, (*account).listApplications},
	{"GET /opportunities/{id}/applications/{app}", "applications", unused, 200, (*account).getApplication},
	{"GET /opportunities/{id}/notes", "notes", unused, 200, (*account).listNotes},
	{"POST /opportunities/{id}/notes", "notes", optional, 201, (*account).createNote},
	{"GET /opportunities/{id}/notes/{note}", "notes", unused, 200, (*account).getNote},
	{"PUT /opportunities/{id}/notes/{note}", "notes", optional, 200, (*account).putNote},
	{"DELETE /opportunities/{id}/notes/{note}", "notes", optional, 204, (*account).deleteNote},
	{"GET /contacts/{id}", "contact", unused, 200, (*account).getContact},
	{"PUT /contacts/{id}", "contact", unused, 200, (*account).putContact},
	{"GET /postings", "postings", unused, 200, (*account).listPostings},
	{"GET /postings/{id}", "postings", unused, 200, (*account).getPosting},
	{"GET /postings/{id}/apply", "postings", unused, 200, (*account).getApply},
	{"POST /postings/{id}/apply", "postings", unused, 201, (*account).postApply},
	{"GET /stages", "stages", unused, 200, (*account).listStages},
	{"GET /stages/{id}", "stages", unused, 200, (*account).getStage},
	{"GET /archive_reasons", "archive_reasons", unused, 200, (*account).listReasons},
	{"GET /archive_reasons/{id}", "archive_reasons", unused, 200, (*account).getReason},
	{"GET /tags", "tags", unused, 200, (*account).listTags},
	{"GET /sources", "sources", unused, 200, (*account).listSources},
	{"GET /users", "users", unused, 200, (*account).listUsers},
	{"POST /users", "users", unused, 201, (*account).createUser},
	{"GET /users/{id}", "users", unused, 200, (*account).getUser},
	{"GET /webhooks", "webhooks", unused, 200, (*account).listWebhooks},
	{"POST /webhooks", "webhooks", unused, 201, (*account).createWebhook},
	{"PUT /webhooks", "webhooks", unused, 200, (*account).putWebhooks},
	{"DELETE /webhooks/{id}", "webhooks", unused, 204, (*account).deleteWebhook},
}

// request is one call that has passed the door.
type request struct {
	*http.Request
	key   *key
	actor *user // perform_as; nil: none
	body  []byte
}

// envelope is what every answer with content is wrapped in (sheet 0, 2.1).
type envelope struct {
	Deduped *bool  `json:"deduped,omitempty"`
	Data    any    `json:"data"`
	Next    string `json:"next,omitempty"`
	HasNext *bool  `json:"hasNext,omitempty"`
}

// problem is an answer that refuses (sheet 2.3).
type problem struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (p *problem) Error() string { return p.Message }

func badRequest(format string, args ...any) error {
	return &problem{http.StatusBadRequest, "BadRequestError", fmt.Sprintf(format, args...)}
}

func forbidden(message string) error {
	return &problem{http.StatusForbidden, "ForbiddenError", message}
}

func unknown(what, id string) error {
	return &problem{http.StatusNotFound, "ResourceNotFound", what + " " + id + " was not found"}
}

// handler is the API: the door, then the routes.
func (a *account) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		mux.Handle(method+" /v1"+path, a.serve(rt))
	}
	mux.Handle("/", a.serve(route{handle: func(_ *account, q *request) (any, error) {
		return nil, &problem{http.StatusNotFound, "ResourceNotFound", q.URL.Path + " does not exist"}
	}}))
	return mux
}

func (a *account) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := a.answer(rt, w.Header(), r)
		if p := (*problem)(nil); errors.As(err, &p) {
			write(w, p.status, p)
			return
		}
		write(w, rt.status, body)
	})
}

// answer lets a request through the door (sheet 1, 2.4) and has it handled; reading goes side by side.
func (a *account) answer(rt route, header http.Header, r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, badRequest("the body could not be read")
	}
	if r.Method == http.MethodGet {
		a.mu.RLock()
		defer a.mu.RUnlock()
	} else {
		a.mu.Lock()
		defer a.mu.Unlock()
	}
	id, password, ok := r.BasicAuth()
	k := a.keys[id]
	if !ok || password != "" || k == nil {
		return nil, &problem{http.StatusUnauthorized, "UnauthorizedError", "The request requires authentication."}
	}
	if quota := a.world.Limit.Take(id); !quota.OK {
		if a.settings.RetryAfter {
			header.Set("Retry-After", strconv.Itoa(int(quota.Reset.Seconds())+1))
		}
		return nil, &problem{http.StatusTooManyRequests, "TooManyRequests", "You have exceeded your request rate."}
	}
	if rt.permission != "" && !k.may(rt.permission, r.Method) {
		return nil, forbidden("The key lacks a permission for " + rt.permission + ".")
	}
	q := &request{Request: r, key: k, body: body}
	if q.actor, err = a.actor(rt.actor, r); err != nil {
		return nil, err
	}
	return rt.handle(a, q)
}

// may tells whether the key has a permission; who lacks reading lacks writing.
func (k *key) may(permission, method string) bool {
	for _, lacks := range k.Without {
		if lacks == permission+":read" || lacks == permission+":write" && method != http.MethodGet {
			return false
		}
	}
	return true
}

func (a *account) actor(rule actor, r *http.Request) (*user, error) {
	id := r.URL.Query().Get("perform_as")
	switch {
	case rule == unused:
		return nil, nil
	case id == "" && rule == required:
		return nil, badRequest("perform_as is required")
	case id == "":
		return nil, nil
	}
	u, ok := byID(a.users, id)
	if !ok || u.DeactivatedAt != nil {
		return nil, badRequest("perform_as %s is not an active user", id)
	}
	return u, nil
}

// decode reads the body as JSON; Lever overlooks fields that it does not know.
func (q *request) decode(v any) error {
	if err := json.Unmarshal(q.body, v); err != nil {
		return badRequest("The body is not the expected JSON.")
	}
	return nil
}

// values are the repeated values of a parameter, in either of the two forms (sheet 2.1).
func (q *request) values(name string) []string {
	query := q.URL.Query()
	return append(query[name], query[name+"[]"]...)
}

func write(w http.ResponseWriter, status int, body any) {
	header := w.Header()
	header.Set("Server", "lever-data-api")
	header.Set("X-Lever-Region", "global")
	if body == nil {
		w.WriteHeader(status)
		return
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // an error means that the caller has left
}

// writeFault words what a fault of the sandbox answers.
func writeFault(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	write(w, status, &problem{Code: strings.ReplaceAll(text, " ", ""), Message: text})
}

// New builds a Lever account in a world.
func New(w *sandbox.World) sandbox.Product {
	a := newAccount(w)
	return sandbox.Product{API: a.handler(), Acts: a.acts(), State: a.state, Page: a.page, Fault: writeFault}
}
