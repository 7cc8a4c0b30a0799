// Package reach spares the products: who no longer accepts a credential is left alone, and what is listed is kept for a while.
//
// [Rest] says before a call whether its connection may be asked, and learns from what came of it. A [Shelf] keeps what connections list.
//
// # Why
//
// Calls are the scarce good, and a product that refuses a credential may lock it for good if everybody who waits tries it. So one call a
// minute finds out when the credential is accepted again, however many wait.
package reach

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// restTime is how long a connection is left alone before one call tries it again.
const restTime = time.Minute

// Rest is the connections whose credential is no longer accepted: their work waits. Its methods may be called concurrently.
type Rest struct {
	Now func() time.Time
	Log *slog.Logger

	mu     sync.Mutex
	untils map[string]time.Time
}

// AtRest is why a call is not made, or what came of one: the credential is no longer accepted. It is an [sdk.ErrDisconnected].
type AtRest struct {
	Conn  string
	Until time.Time // when it may be tried again
}

func (r *AtRest) Error() string { return r.Conn + " rests: " + sdk.ErrDisconnected.Error() }
func (r *AtRest) Unwrap() error { return sdk.ErrDisconnected }

// Ask tells whether a connection may be called: [AtRest] if not. When its rest is over, who asks first tries it and the others rest on.
func (r *Rest) Ask(conn string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, rests := r.untils[conn]
	switch now := r.Now(); {
	case rests && now.Before(until):
		return &AtRest{conn, until}
	case rests:
		r.untils[conn] = now.Add(restTime)
	}
	return nil
}

// Has tells whether the last that was learnt of a connection is that its credential is not accepted.
func (r *Rest) Has(conn string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, rests := r.untils[conn]
	return rests
}

// Learn takes what came of a call, and returns it: [AtRest] if the credential is not accepted.
func (r *Rest) Learn(conn string, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, rests := r.untils[conn]
	switch {
	case err == nil && rests:
		delete(r.untils, conn)
		r.Log.Info("connected again: the credential is accepted", "connection", conn)
	case errors.Is(err, sdk.ErrDisconnected):
		if r.untils == nil {
			r.untils = map[string]time.Time{}
		}
		if !rests {
			r.Log.Error("disconnected: the credential is no longer accepted; its work waits", "connection", conn)
		}
		r.untils[conn] = r.Now().Add(restTime)
		return &AtRest{conn, r.untils[conn]}
	}
	return err
}
