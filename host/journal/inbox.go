package journal

import (
	"context"
	"errors"
	"time"

	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Subject is what waiting events are about: an application of an ATS's connection, or an invitation by its vendor's id.
type Subject struct {
	Conn string
	ID   string
}

// Arrival is an event that waits in the inbox.
type Arrival struct {
	Event    sdk.Event `json:"event"`
	Received time.Time `json:"received"`
	key      string
}

// subject is whom an event of conn is about.
func subject(conn string, ev sdk.Event) Subject {
	if ev.Application != "" {
		return Subject{conn, ev.Application}
	}
	return Subject{conn, ev.Invitation}
}

// perCommit keeps a request's events within one batch: two changes and two guards each.
const perCommit = 30

// Append accepts the events of one request durably and returns the subjects that have news. An event about a person is one for each of her
// applications that there is a case of. An event whose ID was accepted before changes nothing; a request of more than 30 events is accepted in several transactions, each of which a redelivery skips.
func (j *Journal) Append(ctx context.Context, conn string, events []sdk.Event, now time.Time) ([]Subject, error) {
	var news []Subject
	events, err := j.forEach(ctx, conn, events)
	if err != nil {
		return nil, err
	}
	for len(events) > 0 {
		n := min(len(events), perCommit)
		subjects, err := j.accept(ctx, conn, events[:n], now)
		if errors.Is(err, ErrChanged) {
			continue // a twin of this request was accepted meanwhile: look again
		}
		if err != nil {
			return news, err
		}
		news, events = append(news, subjects...), events[n:]
	}
	return news, nil
}

func (j *Journal) accept(ctx context.Context, conn string, events []sdk.Event, now time.Time) ([]Subject, error) {
	b := batch{j: j}
	var news []Subject
	fresh := map[string]bool{}
	for _, ev := range events {
		s, k := subject(conn, ev), key(seen, conn, sdk.ContentID(ev.ID))
		if s.ID == "" || fresh[k] {
			continue
		}
		if _, ok, err := j.store.Get(ctx, k); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		fresh[k] = true
		b.guard(k, 0)
		b.put(k, now.Unix())
		place := key(inbox, s.Conn, s.ID, j.next())
		b.guard(place, 0) // taken, if an earlier run's clock was ahead
		b.put(place, Arrival{Event: ev, Received: now})
		news = append(news, s)
	}
	if len(news) == 0 {
		return nil, nil
	}
	return news, b.commit(ctx)
}

// forEach makes an event that is about a person one for each application of hers that there is a case of.
func (j *Journal) forEach(ctx context.Context, conn string, events []sdk.Event) (out []sdk.Event, err error) {
	for _, ev := range events {
		if ev.Application != "" || ev.Invitation != "" || ev.Person == "" {
			out = append(out, ev)
			continue
		}
		applications, err := j.Applications(ctx, conn, ev.Person)
		if err != nil {
			return nil, err
		}
		for _, id := range applications {
			its := ev
			its.ID, its.Application = sdk.ContentID(ev.ID, id), id
			out = append(out, its)
		}
	}
	return out, nil
}

// Waiting returns the events that wait for a subject, in the order of their arrival: at most limit.
func (j *Journal) Waiting(ctx context.Context, s Subject, limit int) ([]Arrival, error) {
	prefix := key(inbox, s.Conn, s.ID) + "/"
	recs, err := j.store.Scan(ctx, prefix, prefix[:len(prefix)-1]+"0", limit) // "0" follows "/"
	if err != nil {
		return nil, err
	}
	out := make([]Arrival, len(recs))
	for i, rec := range recs {
		if err := j.unseal(rec, &out[i]); err != nil {
			return nil, err
		}
		out[i].key = rec.Key
	}
	return out, nil
}

// Drop takes events out of the inbox that lead to nothing, such as those of an application that is not there.
func (j *Journal) Drop(ctx context.Context, arrivals []Arrival) error {
	b := batch{j: j}
	for _, a := range arrivals {
		b.delete(a.key)
	}
	return b.commit(ctx)
}

// Subjects calls f once for every subject that has events waiting: what a start has to take up.
func (j *Journal) Subjects(ctx context.Context, f func(Subject)) error {
	var last Subject
	return j.scan(ctx, inbox+"/", func(rec store.Rec) error {
		p := parts(rec.Key)
		if s := (Subject{p[0], p[1]}); s != last {
			last = s
			f(s)
		}
		return nil
	})
}

// Forget drops what is older than before from the memory of accepted events. Senders stop retrying within a day; a month is ample.
func (j *Journal) Forget(ctx context.Context, before time.Time) error {
	b := batch{j: j}
	err := j.scan(ctx, seen+"/", func(rec store.Rec) error {
		var at int64
		if err := j.unseal(rec, &at); err != nil {
			return err
		}
		if at >= before.Unix() {
			return nil
		}
		if b.delete(rec.Key); len(b.Ops) < 64 {
			return nil
		}
		err := b.commit(ctx)
		b = batch{j: j}
		return err
	})
	if err != nil || len(b.Ops) == 0 {
		return err
	}
	return b.commit(ctx)
}
