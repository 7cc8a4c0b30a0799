package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// admission lets a request of Greenhouse's in, or refuses it. The lock is held.
type admission func(r *http.Request, body []byte) error

// partner is an endpoint for Greenhouse, which knows no idempotency keys. All its requests share one limit.
func (p *product) partner(admit admission, h kernel.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if quota := p.Limit.Take("greenhouse"); !quota.OK {
			w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(quota.Reset.Seconds())))))
			p.refuse(w, kernel.Refusal{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many requests"})
			return
		}
		body, err := readAll(w, r)
		if err != nil {
			p.refuse(w, kernel.Refusal{Status: http.StatusRequestEntityTooLarge, Code: "malformed", Message: "the body is too large"})
			return
		}
		status, answer, err := p.locked(admit, h, r, body)
		if err != nil {
			p.refuse(w, err)
			return
		}
		reply(w, status, answer)
	})
}

// locked runs an endpoint and words its answer under the lock.
func (p *product) locked(admit admission, h kernel.Handler, r *http.Request, body []byte) (int, []byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := admit(r, body); err != nil {
		return 0, nil, err
	}
	status, answer, err := h(r, body)
	if err != nil {
		return 0, nil, err
	}
	text, err := json.Marshal(answer)
	return status, text, err
}

// hasKey is Basic authentication: the key as the user's name, and no password.
func (p *product) hasKey(r *http.Request, _ []byte) error {
	user, password, ok := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(user), []byte(p.greenhouse.key)) == 1
	if !ok || !same || password != "" || user == "" {
		return kernel.Refuse(http.StatusUnauthorized, "unauthorized", "no such API key", "")
	}
	return nil
}

// isSigned checks a webhook: signed with the key, and sent by this organisation.
func (p *product) isSigned(r *http.Request, body []byte) error {
	mac := hmac.New(sha256.New, []byte(p.greenhouse.key))
	mac.Write(body)
	want := "sha256 " + hex.EncodeToString(mac.Sum(nil))
	if p.greenhouse.key == "" || !hmac.Equal([]byte(r.Header.Get("Signature")), []byte(want)) {
		return kernel.Refuse(http.StatusUnauthorized, "unauthorized", "not signed with the key", "")
	}
	if r.Header.Get("X-Organisation") != p.account.Organisation {
		return kernel.Refuse(http.StatusForbidden, "organisation_mismatch", "X-Organisation is not the name of this organisation", "")
	}
	return nil
}

const maxBody = 1 << 20

func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// refuse words an error for Greenhouse, which documents no form of one: it is the native API's.
func (p *product) refuse(w http.ResponseWriter, err error) {
	var no kernel.Refusal
	if !errors.As(err, &no) {
		no = kernel.Refusal{Status: http.StatusInternalServerError, Code: "internal", Message: err.Error()}
	}
	text, _ := json.Marshal(map[string]any{"error": map[string]string{ // strings can always be marshalled
		"code": no.Code, "message": no.Message, "field": no.Field, "request_id": p.UUID(),
	}})
	reply(w, no.Status, text)
}

func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body) // an error means that the caller has left
}
