package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Delivery is one webhook, or another call back, to one address.
type Delivery struct {
	Event  string // its name, for the log
	Method string // empty: POST
	URL    string
	// Request makes a try's headers and body, so that a product can sign each anew. Tries count from 1.
	Request func(try int, at time.Time) (http.Header, []byte)
	// Accepts tells which statuses count as delivered; nil: any 2xx. There is no further try after that.
	Accepts func(status int) bool
	// Answered, if not nil, hears each try, counted from 1, and its status, 0 when there was no answer; if it returns
	// false there is no further try.
	Answered func(try, status int) (again bool)
}

// Deliverable tells whether a product that sends over https alone would send to an address; a sandbox sends to its own machine as well.
func Deliverable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (d Delivery) accepts(status int) bool {
	if d.Accepts != nil {
		return d.Accepts(status)
	}
	return status >= 200 && status <= 299
}

// DeliveryOptions say how deliveries travel.
type DeliveryOptions struct {
	Copies  int        `json:"copies"`  // each webhook is sent so often; at least once
	Shuffle bool       `json:"shuffle"` // each copy waits a random part of a second, so that they overtake each other
	Seed    uint64     `json:"seed"`    // of Shuffle
	Hold    bool       `json:"hold"`    // nothing leaves but by a flush; setting it to false lets go what was held
	Gaps    []Duration `json:"gaps"`    // before each further try, on the sandbox's clock
	Timeout Duration   `json:"timeout"` // of a try, in real time
}

// Sent is what became of a Delivery: an entry of the log.
type Sent struct {
	ID     string      `json:"id"`
	Event  string      `json:"event"`
	URL    string      `json:"url"`
	State  string      `json:"state"` // waiting, held, sending, delivered, failed
	Due    time.Time   `json:"due"`   // of the next or the last try
	Tries  []Try       `json:"tries"`
	Header http.Header `json:"header,omitempty"` // of the last try
	Body   string      `json:"body,omitempty"`   // of the last try
}

// Try is one attempt and its answer.
type Try struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"` // 0: no answer
	Error  string    `json:"error,omitempty"`
}

// Outbox sends the product's deliveries: at once, again after each gap until a try is accepted. Redirects are answers, not followed.
type Outbox struct {
	clock  *Clock
	ctx    context.Context // ends with the World
	client *http.Client
	slots  chan struct{} // tries under way at once

	mu      sync.Mutex
	options DeliveryOptions
	random  *rand.Rand
	made    int
	parcels map[int]*parcel // the newest outboxKeeps, and all that are not done
	done    []int
}

type parcel struct {
	Delivery
	id   int
	run  int // tries since it was made or rerun
	stop func()
	sent Sent
}

const (
	waiting   = "waiting"
	held      = "held"
	sending   = "sending"
	delivered = "delivered"
	failed    = "failed"

	outboxKeeps   = 20_000
	shuffleWithin = time.Second
)

func newOutbox(ctx context.Context, clock *Clock) *Outbox {
	return &Outbox{
		clock: clock, ctx: ctx, slots: make(chan struct{}, 64), parcels: map[int]*parcel{},
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		options: DeliveryOptions{Copies: 1, Timeout: Duration(10 * time.Second)},
		random:  rand.New(rand.NewPCG(0, 0)),
	}
}

// Schedule is called by a product as it is built: how long a try may take, and the gaps before each further try.
func (o *Outbox) Schedule(timeout time.Duration, gaps ...time.Duration) {
	opts := o.Options()
	opts.Timeout, opts.Gaps = Duration(timeout), nil
	for _, g := range gaps {
		opts.Gaps = append(opts.Gaps, Duration(g))
	}
	o.SetOptions(opts)
}

// Options tells how deliveries travel.
func (o *Outbox) Options() DeliveryOptions {
	o.mu.Lock()
	defer o.mu.Unlock()
	opts := o.options
	opts.Gaps = slices.Clone(opts.Gaps)
	return opts
}

// SetOptions changes how deliveries travel from now on.
func (o *Outbox) SetOptions(opts DeliveryOptions) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.options = opts
	o.random = rand.New(rand.NewPCG(opts.Seed, 1))
	if opts.Hold {
		return
	}
	for _, p := range o.open(held) {
		o.schedule(p, 0)
	}
}

// Send puts a webhook on its way. It does not wait, so a product may call it under its lock.
func (o *Outbox) Send(d Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for range max(o.options.Copies, 1) {
		o.made++
		p := &parcel{Delivery: d, id: o.made, sent: Sent{ID: strconv.Itoa(o.made), Event: d.Event, URL: d.URL, Tries: []Try{}}}
		o.parcels[p.id] = p
		var wait time.Duration
		if o.options.Shuffle {
			wait = time.Duration(o.random.Int64N(int64(shuffleWithin)))
		}
		o.schedule(p, wait)
	}
}

// Rerun sends a delivery again, as a person can in the product's settings, with all its further tries.
func (o *Outbox) Rerun(id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, _ := strconv.Atoi(id)
	p := o.parcels[n]
	if p == nil {
		return notFound("delivery", id)
	}
	if p.sent.State == delivered || p.sent.State == failed {
		p.run = 0
		o.done = slices.DeleteFunc(o.done, func(id int) bool { return id == n })
		o.schedule(p, 0)
	}
	return nil
}

// Flush sends what waits or is held, one after another in the order it is due, and returns when all are answered.
func (o *Outbox) Flush() {
	o.mu.Lock()
	open := o.open(waiting, held)
	for _, p := range open {
		p.stop()
		p.sent.State = sending
	}
	o.mu.Unlock()
	for _, p := range open {
		o.try(p)
	}
}

// List gives the log, oldest first.
func (o *Outbox) List() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]Sent, 0, len(o.parcels))
	for _, p := range o.parcels {
		s := p.sent
		s.Tries = slices.Clone(s.Tries)
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Sent) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (o *Outbox) open(states ...string) (open []*parcel) {
	for _, p := range o.parcels {
		if slices.Contains(states, p.sent.State) {
			open = append(open, p)
		}
	}
	slices.SortFunc(open, func(a, b *parcel) int { return cmp.Or(a.sent.Due.Compare(b.sent.Due), cmp.Compare(a.id, b.id)) })
	return open
}

func (o *Outbox) schedule(p *parcel, wait time.Duration) {
	p.sent.State, p.sent.Due = waiting, o.clock.Now().Add(wait)
	p.stop = o.clock.After(wait, func() { o.start(p) })
}

func (o *Outbox) start(p *parcel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case p.sent.State != waiting: // flushed meanwhile
	case o.options.Hold:
		p.sent.State = held
	default:
		p.sent.State = sending
		o.clock.Go(func() { o.try(p) })
	}
}

// try makes one attempt at a parcel that is marked as sending, and settles what follows.
func (o *Outbox) try(p *parcel) {
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-o.ctx.Done():
		return
	}
	at := o.clock.Now()
	o.mu.Lock()
	number := len(p.sent.Tries) + 1
	timeout := time.Duration(o.options.Timeout)
	o.mu.Unlock()
	header, body := p.Request(number, at)
	t := Try{At: at}
	status, err := o.send(p.Delivery, header, body, timeout)
	if t.Status = status; err != nil {
		t.Error = err.Error()
	}
	accepted := p.accepts(status)
	again := !accepted
	if p.Answered != nil {
		again = p.Answered(number, status) && again
	}

	o.mu.Lock()
	defer o.mu.Unlock()
	p.run++
	p.sent.Tries = append(p.sent.Tries, t)
	p.sent.Header, p.sent.Body = header, string(body)
	switch {
	case accepted:
		p.sent.State = delivered
	case again && p.run <= len(o.options.Gaps):
		o.schedule(p, time.Duration(o.options.Gaps[p.run-1]))
		return
	default:
		p.sent.State = failed
	}
	if o.done = append(o.done, p.id); len(o.done) > outboxKeeps {
		delete(o.parcels, o.done[0])
		o.done = o.done[1:]
	}
}

func (o *Outbox) send(d Delivery, header http.Header, body []byte, timeout time.Duration) (status int, err error) {
	ctx, cancel := context.WithTimeout(o.ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, cmp.Or(d.Method, http.MethodPost), d.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = header
	resp, err := o.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
	return resp.StatusCode, nil
}
