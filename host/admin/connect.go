package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/sdk"
)

// named finds a connection by its name, or by the label alone where only one has it.
func (s *Server) named(ctx context.Context, name string) (Link, error) {
	links, err := s.links(ctx)
	if err != nil {
		return Link{}, err
	}
	var known []string
	var meant []Link
	for _, l := range links {
		if l.Name == name {
			return l, nil
		}
		if _, label, _ := strings.Cut(l.Name, "."); label == name {
			meant = append(meant, l)
		}
		known = append(known, l.Name)
	}
	switch len(meant) {
	case 1:
		return meant[0], nil
	case 0:
		return Link{}, fmt.Errorf("no connection is called %q in the configuration; there are: %s", name, strings.Join(known, ", "))
	}
	return Link{}, fmt.Errorf("%q may be %s or %s: say which", name, meant[0].Name, meant[1].Name)
}

// link is one connection, and what a person still has to do at its product. Its address can be known before the product answers.
func (s *Server) link(r *http.Request) (any, error) {
	l, err := s.named(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if l.Keys, err = key.List(r.Context(), s.Journal, l.Name); err != nil {
		return nil, err
	}
	if l.Access != nil && !l.Access.Connected && l.Access.Consents {
		return l, nil // nobody has to be asked what is missing
	}
	l.Problems, err = s.Prepare(r.Context(), l.Name)
	switch {
	case errors.Is(err, sdk.ErrDisconnected) && l.State == "disconnected": // it says so already
	case err != nil:
		l.Problems = append(l.Problems, sdk.Problem{Summary: "What else is missing could not be found out", Fix: err.Error()})
	}
	return l, nil
}

// begin begins a consent.
func (s *Server) begin(r *http.Request) (any, error) {
	l, err := s.named(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return s.Desk.Begin(l.Name)
}

// consent is what became of one.
func (s *Server) consent(r *http.Request) (any, error) {
	if s.Desk == nil {
		return nil, errOffline
	}
	return s.Desk.Consent(r.PathValue("id"))
}

func (s *Server) keys(r *http.Request) (any, error) {
	l, err := s.named(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return key.List(r.Context(), s.Journal, l.Name)
}

// makeKey makes a key, which the answer alone shows.
func (s *Server) makeKey(r *http.Request) (any, error) {
	l, err := s.named(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	made, err := key.Create(r.Context(), s.Journal, l.Name, s.Now())
	if err != nil {
		return nil, err
	}
	return made, s.Trust(r.Context(), l.Name)
}

func (s *Server) retireKey(r *http.Request) (any, error) {
	l, err := s.named(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if err := key.Retire(r.Context(), s.Journal, l.Name, r.PathValue("id")); err != nil {
		return nil, err
	}
	return struct{}{}, s.Trust(r.Context(), l.Name)
}
