package journal

import (
	"context"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Request is an invitation that an ATS asked for on somebody's behalf, and what came of it.
type Request struct {
	Invitation sdk.Key `json:"invitation,omitempty"` // empty: refused
	Callback   string  `json:"callback,omitempty"`   // where the ATS wants to be told that it should ask again
	Reason     string  `json:"reason,omitempty"`     // why it was refused: one word
	Detail     string  `json:"detail,omitempty"`     // for a person
}

// Requested finds what came of a request by the id of its event; ok is false while it has not been decided, or if there was none.
func (j *Journal) Requested(ctx context.Context, ats, id string) (c *Case, r Request, ok bool, err error) {
	var s Subject
	ver, err := j.get(ctx, key(requests, ats, id), &s)
	if err != nil || ver == 0 {
		return nil, r, false, err
	}
	if c, err = j.Load(ctx, s.Conn, s.ID); err != nil {
		return nil, r, false, err
	}
	r, ok = c.Requests[id]
	return c, r, ok, nil
}
