// Package kernel is what the proposed APIs of section 0.4 of the reference sheet share: credential, rate limit, idempotency keys, error
// envelope, pages, signed webhooks.
//
// A [Gate] makes an http.Handler of each endpoint of a sandbox: a [Handler], which answers with a value or a [Refusal]. [Page] cuts its
// lists. [Hooks] are the API's subscriptions: Emit tells them what happened. A [Partner] is a second gate, for Greenhouse, which is called
// back. All work under the sandbox's own lock: a Handler runs, and Emit must be called, while it is held.
package kernel

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// Handler is one endpoint: what it answers, or a [Refusal].
type Handler func(r *http.Request, body []byte) (status int, answer any, err error)

// Gate is what every request passes.
type Gate struct {
	Key string // that is let in; empty: revoked. Guarded by the lock

	world   *sandbox.World
	lock    sync.Locker
	shown   Credential
	first   string // key
	answers *answers
}

// NewGate makes a gate of a world, which lets in who shows the key. Handlers run while lock is held.
func NewGate(w *sandbox.World, lock sync.Locker, shown Credential, key string) *Gate {
	return &Gate{Key: key, world: w, lock: lock, shown: shown, first: key, answers: newAnswers(w.Clock.Now)}
}

// Revoke is the act of revoking the key.
func (g *Gate) Revoke(struct{}) (any, error) {
	g.Key = ""
	return struct{}{}, nil
}

// Restore is the act of taking the key that was from the start again.
func (g *Gate) Restore(struct{}) (any, error) {
	g.Key = g.first
	return struct{}{}, nil
}

// Credential is how requests show a key; empty: this one shows none.
type Credential func(*http.Request) string

// Bearer shows a key in Authorization, after that word.
func Bearer(r *http.Request) string {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return key
}

// BasicUser shows a key as the user's name of basic authentication, without a password.
func BasicUser(r *http.Request) string {
	key, password, _ := r.BasicAuth()
	if password != "" {
		return ""
	}
	return key
}

// Header shows a key in a header of its own.
func Header(name string) Credential {
	return func(r *http.Request) string { return r.Header.Get(name) }
}

const (
	maxBody           = 1 << 20
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// Endpoint lets a request through to h. Where keyed, it must carry an Idempotency-Key; elsewhere it may, unless it is a GET.
func (g *Gate) Endpoint(keyed bool, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := g.authenticate(r)
		switch {
		case !g.within(w, key):
		case key == "":
			g.refuse(w, Refusal{http.StatusUnauthorized, "unauthorized", "no such API key", ""})
		case r.Method == http.MethodGet, r.Header.Get(idempotencyHeader) == "" && !keyed:
			g.answer(w, r, h)
		default:
			g.once(w, r, h)
		}
	})
}

// Open lets every request through to h, which checks itself who asks: by a signature, say.
func (g *Gate) Open(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.within(w, "") {
			g.answer(w, r, h)
		}
	})
}

// authenticate gives the key that a request shows, if it is the right one.
func (g *Gate) authenticate(r *http.Request) string {
	key := g.shown(r)
	g.lock.Lock()
	defer g.lock.Unlock()
	if subtle.ConstantTimeCompare([]byte(key), []byte(g.Key)) == 0 {
		return ""
	}
	return key
}

// within counts a request against its key, all without one together, and refuses it if there were too many.
func (g *Gate) within(w http.ResponseWriter, key string) bool {
	q := g.world.Limit.Take(key)
	h := w.Header()
	h.Set("RateLimit-Limit", strconv.Itoa(q.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(q.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(seconds(q.Reset)))
	if !q.OK {
		h.Set("Retry-After", strconv.Itoa(max(1, seconds(q.Reset))))
		g.refuse(w, Refusal{http.StatusTooManyRequests, "rate_limited", "too many requests", ""})
	}
	return q.OK
}

func (g *Gate) answer(w http.ResponseWriter, r *http.Request, h Handler) {
	if body, ok := read(w, r); ok {
		status, answer := g.run(h, r, body)
		write(w, status, answer)
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// once runs the endpoint unless its key has been seen: then it gives the answer of the first time.
func (g *Gate) once(w http.ResponseWriter, r *http.Request, h Handler) {
	key := r.Header.Get(idempotencyHeader)
	switch {
	case key == "":
		g.refuse(w, Refusal{http.StatusBadRequest, "idempotency_key_required", "an invite needs an Idempotency-Key", ""})
		return
	case len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		g.refuse(w, Refusal{http.StatusBadRequest, "malformed", "Idempotency-Key is 1 to 255 visible ASCII characters", ""})
		return
	}
	// The key is taken before the body is read: a second request that comes meanwhile is told so.
	kept, mine := g.answers.take(key)
	if kept == nil {
		g.refuse(w, Refusal{http.StatusConflict, "idempotency_in_progress", "a request with this key is not answered yet", ""})
		return
	}
	body, ok := read(w, r)
	request := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + string(body)))
	switch {
	case !ok && mine:
		g.answers.forget(key)
	case !ok:
	case mine:
		kept.request = request
		kept.status, kept.body = g.run(h, r, body)
		g.answers.keep(kept)
		write(w, kept.status, kept.body)
	case kept.request != request:
		g.refuse(w, Refusal{http.StatusUnprocessableEntity, "idempotency_key_reused", "this key came with another request", ""})
	default:
		w.Header().Set("Idempotent-Replayed", "true")
		write(w, kept.status, kept.body)
	}
}

// run calls the endpoint under the lock and words its answer.
func (g *Gate) run(h Handler, r *http.Request, body []byte) (int, []byte) {
	g.lock.Lock()
	defer g.lock.Unlock()
	status, answer, err := h(r, body)
	if err != nil {
		return g.envelope(err)
	}
	if answer == nil {
		return status, nil
	}
	return status, encode(answer)
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data of ours
	}
	return raw
}

func read(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}
	return body, err == nil
}

func write(w http.ResponseWriter, status int, body []byte) {
	if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	w.Write(body) // an error means that the caller has left
}
