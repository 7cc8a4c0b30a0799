// Package kernel is what the proposed APIs of section 0.4 of the reference sheet share: credential, rate limit, idempotency keys, error
// envelope, pages, signed webhooks.
//
// A [Gate] makes an http.Handler of each endpoint of a sandbox: a [Handler], which answers with a value or a [Refusal]. [Page] cuts its
// lists. [Hooks] are the API's subscriptions: Emit tells them what happened. Both work under the sandbox's own lock: a Handler runs, and
// Emit must be called, while it is held.
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
	world   *sandbox.World
	lock    sync.Locker
	answers *answers
	revoked bool
}

// NewGate makes the gate of a world. Handlers run while lock is held.
func NewGate(w *sandbox.World, lock sync.Locker) *Gate {
	return &Gate{world: w, lock: lock, answers: newAnswers(w.Clock.Now)}
}

// Revoke revokes the API key, or restores it. The lock is held.
func (g *Gate) Revoke(revoked bool) { g.revoked = revoked }

const (
	maxBody           = 1 << 20
	idempotencyHeader = "Idempotency-Key"
	keysKeptFor       = 30 * 24 * time.Hour
)

// Endpoint lets a request through to h. Where keyed, it must carry an Idempotency-Key; elsewhere it may, unless it is a GET.
func (g *Gate) Endpoint(keyed bool, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, known := g.authenticate(r)
		quota := g.world.Limit.Take(key)
		announce(w, quota)
		switch {
		case !quota.OK:
			w.Header().Set("Retry-After", strconv.Itoa(max(1, seconds(quota.Reset))))
			g.refuse(w, Refusal{http.StatusTooManyRequests, "rate_limited", "too many requests", ""})
		case !known:
			g.refuse(w, Refusal{http.StatusUnauthorized, "unauthorized", "no such API key", ""})
		case r.Method == http.MethodGet, r.Header.Get(idempotencyHeader) == "" && !keyed:
			if body, ok := read(w, r); ok {
				status, answer := g.run(h, r, body)
				write(w, status, answer)
			}
		default:
			g.once(w, r, h)
		}
	})
}

// authenticate gives the credential to count the request against; all unknown ones count as one.
func (g *Gate) authenticate(r *http.Request) (key string, known bool) {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.lock.Lock()
	defer g.lock.Unlock()
	if !ok || g.revoked || subtle.ConstantTimeCompare([]byte(key), []byte(g.world.APIKey)) == 0 {
		return "", false
	}
	return key, true
}

func announce(w http.ResponseWriter, q sandbox.Quota) {
	h := w.Header()
	h.Set("RateLimit-Limit", strconv.Itoa(q.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(q.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(seconds(q.Reset)))
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
