package sandbox

import (
	"bytes"
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"sync"
)

// Options are what the command line says of a sandbox. The zero value behaves like the product.
type Options struct {
	APIKey string  // the credential that the product knows from the start; empty: [DefaultAPIKey]
	Rate   float64 // requests a second for each credential; 0: 10; negative: no limit
	Burst  int     // 0: 20
	Seed   uint64  // of ids and tokens; 0: different at every start, so that a restarted sandbox does not reuse ids
	Empty  bool    // start without the seed postings, users and the like
	NoPage bool    // no page at /
}

// DefaultAPIKey is the credential of a sandbox that was given none.
const DefaultAPIKey = "sandbox-key"

// Product is what a sandbox's package builds. Only API is required.
type Product struct {
	API   http.Handler                            // the product's own API
	Acts  map[string]Act                          // what people do in the product, by verb
	State func(path string) (any, error)          // everything a test wants to see; path is what follows state/, or empty
	Page  func() Page                             // for a person, at /
	Fault func(w http.ResponseWriter, status int) // words the answer of a status fault; nil: no body
}

// Act is something that a person does in the product: JSON arguments in, what came of it out.
type Act func(args []byte) (any, error)

// Do makes an Act of a function. Arguments that A lacks are refused, with the names of those it has.
func Do[A any](f func(A) (any, error)) Act {
	return func(args []byte) (any, error) {
		var a A
		if err := decode(args, &a); err != nil {
			return nil, fmt.Errorf("%w; the arguments are %s", err, strings.Join(fieldNames(reflect.TypeFor[A]()), ", "))
		}
		return f(a)
	}
}

// fieldNames are the names of a struct's fields in JSON.
func fieldNames(t reflect.Type) (names []string) {
	if t.Kind() != reflect.Struct {
		return []string{"any"}
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "-" {
			names = append(names, cmp.Or(name, strings.ToLower(f.Name)))
		}
	}
	if names == nil {
		return []string{"none"}
	}
	return names
}

// ErrNotFound is wrapped by State and acts when there is no such thing; the control plane answers 404.
var ErrNotFound = errors.New("not found")

func notFound(what, id string) error { return fmt.Errorf("%s %q: %w", what, id, ErrNotFound) }

// World is everything around a product. Its parts may be used concurrently.
type World struct {
	Options
	Clock  *Clock
	Outbox *Outbox
	Mail   *Mailbox
	Limit  *Limit
	Faults *Faults
	Log    *Log

	product Product
	control http.Handler
	ctx     context.Context
	cancel  context.CancelFunc

	mu     sync.Mutex
	random *rand.ChaCha8
}

func newWorld(o Options, build func(*World) Product) *World {
	if o.APIKey == "" {
		o.APIKey = DefaultAPIKey
	}
	if o.Rate == 0 {
		o.Rate = 10
	}
	if o.Burst == 0 {
		o.Burst = 20
	}
	w := &World{Options: o, Clock: newClock(), Faults: &Faults{}, Log: &Log{}, random: newRandom(o.Seed)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.Outbox = newOutbox(w.ctx, w.Clock)
	w.Mail = &Mailbox{clock: w.Clock}
	w.Limit = &Limit{clock: w.Clock}
	w.Limit.Set(o.Rate, o.Burst)
	w.product = build(w)
	w.control = w.controlPlane()
	return w
}

func newRandom(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	if seed == 0 {
		crand.Read(key[:]) // never fails
	}
	binary.LittleEndian.PutUint64(key[:], seed^binary.LittleEndian.Uint64(key[:]))
	return rand.NewChaCha8(key)
}

// Hex is a random string of 2n lower-case hexadecimal digits.
func (w *World) Hex(n int) string {
	b := make([]byte, n)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.random.Read(b) // never fails
	return hex.EncodeToString(b)
}

// UUID is a random UUID, version 4.
func (w *World) UUID() string {
	d := []byte(w.Hex(16))
	d[12], d[16] = '4', "89ab"[d[16]&3]
	return fmt.Sprintf("%s-%s-%s-%s-%s", d[:8], d[8:12], d[12:16], d[16:20], d[20:])
}

// close ends timers and webhooks, and waits for them.
func (w *World) close() {
	w.cancel()
	w.Clock.close()
	w.Outbox.client.CloseIdleConnections()
}

// decode reads one JSON value strictly; nothing at all counts as {}.
func decode(b []byte, v any) error {
	if len(b) == 0 {
		b = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	if d.More() {
		return fmt.Errorf("%w: more than one JSON value", errMalformed)
	}
	return nil
}

// Act gives one of the product's acts, for tests in the same process; nil when there is no such verb.
func (w *World) Act(verb string) Act { return w.product.Acts[verb] }
