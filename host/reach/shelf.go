package reach

import (
	"context"
	"sync"
	"time"
)

const (
	listAge  = 10 * time.Minute // how old a list may be
	missAge  = 10 * time.Second // how old one may be that lacks a name in use
	retryAge = time.Minute      // how long an old list does after one could not be read
)

// Shelf keeps what each connection lists. One caller at a time asks a product. Whoever finds a list that will do waits neither for it nor
// for a product that fails: an old list is better than none. Its methods may be called concurrently.
type Shelf[T any] struct {
	Now func() time.Time

	mu sync.Mutex
	of map[string]*list[T] // by connection
}

type list[T any] struct {
	turn   chan struct{} // held by who asks the product
	all    []T
	at     time.Time // zero: never read
	tried  time.Time // when it could not be read
	lacked bool      // a name in use: it will not do
}

func (s *Shelf[T]) list(conn string) *list[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]*list[T]{}
	}
	if s.of[conn] == nil {
		s.of[conn] = &list[T]{turn: make(chan struct{}, 1)}
	}
	return s.of[conn]
}

// see tells what is there, whether it will do, and whether it is also too young to be read again.
func (s *Shelf[T]) see(l *list[T]) (all []T, usable, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	usable = !l.at.IsZero() && !l.lacked
	return l.all, usable, usable && (now.Sub(l.at) < listAge || now.Sub(l.tried) < retryAge)
}

// Kept is what a connection listed when it was asked last.
func (s *Shelf[T]) Kept(conn string) []T {
	all, _, _ := s.see(s.list(conn))
	return all
}

// List is what a connection lists; read asks it. Callers do not change the list.
func (s *Shelf[T]) List(ctx context.Context, conn string, read func() ([]T, error)) ([]T, error) {
	l := s.list(conn)
	all, usable, fresh := s.see(l)
	if fresh {
		return all, nil
	}
	select {
	case l.turn <- struct{}{}:
	default:
		if usable {
			return all, nil
		}
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-l.turn }()
	if all, usable, fresh = s.see(l); fresh {
		return all, nil
	}
	began := s.Now()
	anew, err := read()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		l.all, l.at, l.lacked = anew, began, false
		return anew, nil
	case usable:
		l.tried = began
		return all, nil
	}
	return nil, err
}

// Lacks has a list that lacks a name in use read again before it is used, unless that was done only just. It tells whether it will be.
func (s *Shelf[T]) Lacks(conn string) bool {
	l := s.list(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	l.lacked = l.lacked || s.Now().Sub(l.at) >= missAge
	return l.lacked
}
