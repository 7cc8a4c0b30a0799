// Package rest is a small JSON-over-HTTP client for plugins: paging, Retry-After, errors sorted into now, later, never.
//
// A [Client] sends JSON and decodes JSON. Its paths are [Path] values, so that an id from outside stays one segment whatever it holds.
// [Pages] turns a list that comes in pages into a sequence; a [Cache] keeps what seldom changes; [Int] reads numbers that some products
// write as strings.
//
// What went wrong is sorted so that a plugin can mostly hand it on:
//
//	401              sdk.ErrDisconnected           the connection rests
//	404, 410         sdk.ErrNotFound               this record is not there, or not for us
//	429              sdk.Later                     surely nothing happened; come back
//	408, 5xx, cuts   a plain error                 a write's outcome is unknown
//	other            *StatusError                  the product refused this very request: a plugin may make it a sdk.Refuse
//
// # Why
//
// Nothing is tried again here: one layer retries, the host, and it can only do so safely if it sees every attempt. For the same reason the
// bodies of writes cannot be rewound, which keeps net/http from replaying them on a broken connection.
//
// Errors name method, path, status and the product's code, never its message, a query or a body: those may hold a candidate's data, and
// errors reach logs.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
)

// maxBody bounds an answer: a hundred of the largest records we know fit, and a runaway one cannot fill the memory.
const maxBody = 8 << 20

// Client calls one product's API. It may be used concurrently.
type Client struct {
	base    string
	http    *http.Client
	options []Option
}

// Option changes a request before it is sent.
type Option func(*http.Request)

// Header sets a header, on every request when given to [New], on one when given to a call.
func Header(name, value string) Option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// New makes a client for the API at base, such as https://api.example.com/v1. hc is the plugin's way out, [sdk.Conn].HTTP.
func New(base string, hc *http.Client, options ...Option) *Client {
	return &Client{base: strings.TrimRight(base, "/"), http: hc, options: options}
}

// Path names a resource by its segments, each escaped as a whole. A segment that is empty, "." or ".." names no record (it would reach
// another one) and gives [sdk.ErrNotFound]. Paths appear in errors: they carry ids, not people.
type Path []string

func (p Path) String() string {
	var b strings.Builder
	for _, segment := range p {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}

func (p Path) check() error {
	for _, segment := range p {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("%s: %q is no id: %w", p, segment, sdk.ErrNotFound)
		}
	}
	return nil
}

// Get reads path into out.
func (c *Client) Get(ctx context.Context, path Path, query url.Values, out any, options ...Option) error {
	return c.do(ctx, http.MethodGet, path, query, nil, out, options)
}

// Post sends in, unless nil, and reads the answer into out, unless nil or empty. So do Put, Patch and Delete.
func (c *Client) Post(ctx context.Context, path Path, query url.Values, in, out any, options ...Option) error {
	return c.do(ctx, http.MethodPost, path, query, in, out, options)
}

// Put is [Client.Post] with another method.
func (c *Client) Put(ctx context.Context, path Path, query url.Values, in, out any, options ...Option) error {
	return c.do(ctx, http.MethodPut, path, query, in, out, options)
}

// Patch is [Client.Post] with another method.
func (c *Client) Patch(ctx context.Context, path Path, query url.Values, in, out any, options ...Option) error {
	return c.do(ctx, http.MethodPatch, path, query, in, out, options)
}

// Delete is [Client.Post] with another method.
func (c *Client) Delete(ctx context.Context, path Path, query url.Values, in, out any, options ...Option) error {
	return c.do(ctx, http.MethodDelete, path, query, in, out, options)
}

func (c *Client) do(ctx context.Context, method string, path Path, query url.Values, in, out any, options []Option) error {
	what := method + " " + path.String()
	req, err := c.request(ctx, method, path, query, in, options)
	if err != nil {
		return err
	}
	if c.http == nil {
		return fmt.Errorf("%s: the connection has no HTTP client", what)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", what, withoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode/100 != 2:
		// What could be read of the body is enough: the status decides.
		return failure(what, resp, body)
	case err != nil:
		return fmt.Errorf("%s: reading the answer (%d): %w", what, resp.StatusCode, err)
	case len(body) > maxBody:
		return fmt.Errorf("%s: the answer (%d) is larger than %d bytes", what, resp.StatusCode, maxBody)
	case out == nil || len(bytes.TrimSpace(body)) == 0 && method != http.MethodGet:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s: the answer (%d) is not what was expected: %w", what, resp.StatusCode, withoutValue(err))
	}
	return nil
}

func (c *Client) request(ctx context.Context, method string, path Path, query url.Values, in any, options []Option) (*http.Request, error) {
	if err := path.check(); err != nil {
		return nil, err
	}
	target := c.base + path.String()
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encoding the body: %w", method, path, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, withoutURL(err))
	}
	req.GetBody = nil
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range c.options {
		o(req)
	}
	for _, o := range options {
		o(req)
	}
	return req, nil
}

// withoutURL drops the URL that net/http puts before its errors: a query may name a person.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// withoutValue keeps of a decoding error where it happened, not what stood there.
func withoutValue(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Errorf("field %q is not a %s", t.Field, t.Type)
	}
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Errorf("no JSON at byte %d", s.Offset)
	}
	return errors.New("a field has an unexpected form")
}
