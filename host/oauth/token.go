package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what a token endpoint may say.
const maxAnswer = 1 << 18

// tokens is an answer that grants.
type tokens struct {
	Access    string      `json:"access_token"`
	Refresh   string      `json:"refresh_token"`
	Scope     string      `json:"scope"`
	Type      string      `json:"token_type"`
	ExpiresIn json.Number `json:"expires_in"`
	ExpiresAt string      `json:"expires_at"`
}

// assumedLife is how long a token lives of which nothing is said: as short as the shortest that we know.
const assumedLife = time.Hour

// expires is when the access token ends: products tell seconds, or a moment, or nothing.
func (t tokens) expires(now time.Time) time.Time {
	if seconds, err := t.ExpiresIn.Float64(); err == nil && seconds > 0 {
		return now.Add(time.Duration(min(seconds, 1e8) * float64(time.Second)))
	}
	if at, err := time.Parse(time.RFC3339, t.ExpiresAt); err == nil {
		return at
	}
	return now.Add(assumedLife)
}

// refusal is an answer that refuses. Its code is one of those that the standard has, or empty: nothing else of the answer is kept.
type refusal struct {
	status int
	code   string
}

func (r *refusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the token endpoint answered %d %s", r.status, r.code))
}

// final tells that asking again is of no use until a person has mended something.
func (r *refusal) final() bool {
	return r.status >= 400 && r.status < 500 && r.status != http.StatusRequestTimeout && r.status != http.StatusTooManyRequests
}

// codes are the errors of RFC 6749, section 5.2, and what Auth0 says for the second.
var codes = map[string]string{
	"invalid_request": "invalid_request", "invalid_client": "invalid_client", "invalid_grant": "invalid_grant",
	"unauthorized_client": "unauthorized_client", "unsupported_grant_type": "unsupported_grant_type", "invalid_scope": "invalid_scope",
	"access_denied": "invalid_client",
}

// request asks the token endpoint. The client's credentials go where the product wants them: in the body as most do, or in the header,
// which a 401 tells; it did nothing.
func (a *Access) request(ctx context.Context, ask map[string]string) (tokens, error) {
	for second := false; ; second = true {
		got, err := a.send(ctx, ask)
		var no *refusal
		if second || !errors.As(err, &no) || no.status != http.StatusUnauthorized {
			return got, err
		}
		a.inHead = !a.inHead
	}
}

// send makes one request. Its errors hold nothing of what was sent or came.
func (a *Access) send(ctx context.Context, ask map[string]string) (got tokens, err error) {
	form := url.Values{}
	for name, value := range ask {
		form.Set(name, value)
	}
	if !a.inHead {
		form.Set("client_id", a.ClientID)
		form.Set("client_secret", a.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return got, errors.New("the token URL is none")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if a.inHead {
		r.SetBasicAuth(url.QueryEscape(a.ClientID), url.QueryEscape(a.ClientSecret)) // RFC 6749, section 2.3.1
	}
	resp, err := a.HTTP.Do(r)
	if err != nil {
		var web *url.Error
		if errors.As(err, &web) {
			err = web.Err
		}
		return got, fmt.Errorf("the token endpoint did not answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return got, errors.New("the token endpoint's answer was cut short")
	case resp.StatusCode != http.StatusOK:
		return got, refused(resp.StatusCode, body)
	}
	if json.Unmarshal(body, &got) != nil || got.Access == "" || !printable(got.Access) || !printable(got.Refresh) {
		return tokens{}, errors.New("the token endpoint's answer holds no token")
	}
	if got.Type != "" && !strings.EqualFold(got.Type, "bearer") {
		return tokens{}, errors.New("the token endpoint gave a token that is not to be borne")
	}
	return got, nil
}

func refused(status int, body []byte) error {
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // whatever it is, the status says that it refuses
	return &refusal{status, codes[said.Error]}
}

// printable tells whether a token can stand in a header.
func printable(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}
