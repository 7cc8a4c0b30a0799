package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/access"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
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
	{"GET /opportunities/{id}/feedback", "feedback", unused, 200, (*account).listFeedback},
	{"POST /opportunities/{id}/feedback", "feedback", required, 201, (*account).createFeedback},
	{"GET /opportunities/{id}/feedback/{feedback}", "feedback", unused, 200, (*account).getFeedback},
	{"PUT /opportunities/{id}/feedback/{feedback}", "feedback", required, 200, (*account).putFeedback},
	{"DELETE /opportunities/{id}/feedback/{feedback}", "feedback", required, 204, (*account).deleteFeedback},
	{"GET /opportunities/{id}/files", "files", unused, 200, (*account).listFiles},
	{"POST /opportunities/{id}/files", "files", required, 201, (*account).createFile},
	{"GET /opportunities/{id}/files/{file}", "files", unused, 200, (*account).getFile},
	{"GET /opportunities/{id}/files/{file}/download", "files", unused, 200, (*account).downloadFile},
	{"DELETE /opportunities/{id}/files/{file}", "files", required, 204, (*account).deleteFile},
	{"GET /feedback_templates", "feedback_templates", unused, 200, (*account).listTemplates},
	{"POST /feedback_templates", "feedback_templates", unused, 201, (*account).createTemplate},
	{"GET /feedback_templates/{id}", "feedback_templates", unused, 200, (*account).getTemplate},
	{"PUT /feedback_templates/{id}", "feedback_templates", unused, 200, (*account).putTemplate},
	{"DELETE /feedback_templates/{id}", "feedback_templates", unused, 204, (*account).deleteTemplate},
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
	{"PUT /users/{id}", "users", unused, 200, (*account).putUser},
	{"POST /users/{id}/deactivate", "users", unused, 200, (*account).deactivateUser},
	{"POST /users/{id}/reactivate", "users", unused, 200, (*account).reactivateUser},
	{"GET /webhooks", "webhooks", unused, 200, (*account).listWebhooks},
	{"POST /webhooks", "webhooks", unused, 201, (*account).createWebhook},
	{"PUT /webhooks", "webhooks", unused, 200, (*account).putWebhooks},
	{"DELETE /webhooks/{id}", "webhooks", unused, 204, (*account).deleteWebhook},
}

// request is one call that has passed the door.
type request struct {
	api.Request
	key   *access.Key
	actor *user // perform_as; nil: none
}

// handler is the API: the door, then the routes.
func (a *account) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		mux.Handle(method+" /v1"+path, a.serve(rt))
	}
	a.doors.OAuth.Mount(mux)
	mux.Handle("/", a.serve(route{handle: func(_ *account, q *request) (any, error) {
		return nil, &api.Problem{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: q.URL.Path + " does not exist"}
	}}))
	return mux
}

func (a *account) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := a.answer(rt, w.Header(), r)
		api.Write(w, rt.status, body, err)
	})
}

// answer lets a request through the door (sheet 1, 2.4) and has it handled; reading goes side by side.
func (a *account) answer(rt route, header http.Header, r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, api.MaxBody+1))
	if err != nil {
		return nil, api.BadRequest("the body could not be read")
	}
	k := a.doors.Authenticate(r)
	if r.Method == http.MethodGet {
		a.mu.RLock()
		defer a.mu.RUnlock()
	} else {
		a.mu.Lock()
		defer a.mu.Unlock()
	}
	if k == nil {
		return nil, &api.Problem{Status: http.StatusUnauthorized, Code: "UnauthorizedError", Message: "The request requires authentication."}
	}
	if quota := a.world.Limit.Take(k.ID); !quota.OK {
		if a.settings.RetryAfter {
			header.Set("Retry-After", strconv.Itoa(int(quota.Reset.Seconds())+1))
		}
		return nil, &api.Problem{Status: http.StatusTooManyRequests, Code: "TooManyRequests", Message: "You have exceeded your request rate."}
	}
	if rt.permission != "" && !k.May(rt.permission, r.Method) {
		return nil, api.Forbidden("The credential lacks a permission for " + rt.permission + ".")
	}
	q := &request{Request: api.Request{Request: r, Content: body}, key: k}
	if q.actor, err = a.actor(rt.actor, r); err != nil {
		return nil, err
	}
	return rt.handle(a, q)
}

func (a *account) actor(rule actor, r *http.Request) (*user, error) {
	id := r.URL.Query().Get("perform_as")
	switch {
	case rule == unused:
		return nil, nil
	case id == "" && rule == required:
		return nil, api.BadRequest("perform_as is required")
	case id == "":
		return nil, nil
	}
	u, ok := byID(a.users, id)
	if !ok || u.DeactivatedAt != nil {
		return nil, api.BadRequest("perform_as %s is not an active user", id)
	}
	return u, nil
}

// New builds a Lever account in a world.
func New(w *sandbox.World) sandbox.Product {
	a := newAccount(w)
	return sandbox.Product{API: a.handler(), Acts: a.acts(), State: a.state, Page: a.page, Fault: api.WriteFault}
}
