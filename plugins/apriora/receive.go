package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// message is the body of a webhook, as documented; Data is a session, for the events in kinds.
type message struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// session is what a webhook says of one candidate in one position. session.completed has the report as well.
type session struct {
	Time epoch `json:"time"`
	report
	trouble
}

// report is what Alex wrote about one interview, as documented.
type report struct {
	ReportID        string   `json:"reportId"`
	CandidateID     string   `json:"candidateId"`
	PositionID      string   `json:"positionId"`
	OverallScore    *float64 `json:"overallScore"` // percent
	OverallFeedback string   `json:"overallFeedback"`
	Skills          []struct {
		Name  string   `json:"name"`
		Score *float64 `json:"score"`
	} `json:"skills"`
	TimeCompleted epoch   `json:"timeCompleted"`
	PDFURL        *string `json:"pdfUrl"` // null: not ready
	extras
}

// epoch is a time in seconds since 1970, as everywhere at Apriora; 0 is none.
type epoch int64

// latest is the end of the year 9999: a later time cannot be told on.
const latest = 253402300799

func (e epoch) time() time.Time { return time.Unix(int64(e), 0).UTC() }

// Receive verifies a webhook by Standard Webhooks and translates it. What is signed and yet makes no sense is a [sdk.Refusal]: another
// delivery of it would make no more.
func (a *apriora) Receive(_ context.Context, r sdk.Request) (sdk.Received, error) {
	if !signed.Standard(r) {
		return sdk.Received{}, sdk.ErrUnauthorized
	}
	var m message
	if json.Unmarshal(r.Body, &m) != nil {
		return sdk.Received{}, sdk.Refuse("malformed", "a signed webhook of Apriora is no JSON of event and data")
	}
	kind, known := kinds[m.Event]
	if !known {
		return sdk.Received{}, nil
	}
	ev, err := m.translate(kind)
	if err != nil {
		return sdk.Received{}, sdk.Refuse("malformed", fmt.Sprintf("Apriora's webhook %s: %v", m.Event, err))
	}
	ev.ID = signed.StandardID(r)
	return sdk.Received{Events: []sdk.Event{ev}}, nil
}

// translate makes an event of the message. A completed session that brings nothing of its report is one that has ended: the rest is read.
func (m message) translate(kind sdk.Kind) (sdk.Event, error) {
	var s session
	if err := json.Unmarshal(m.Data, &s); err != nil {
		return sdk.Event{}, errors.New("its data is of an unexpected form")
	}
	at, err := newRemote(s.PositionID, s.CandidateID, s.Attempt)
	switch {
	case err != nil:
		return sdk.Event{}, err
	case s.Time <= 0 || s.Time > latest:
		return sdk.Event{}, errors.New("its time is none in epoch seconds")
	case kind == sdk.KindScored && s.blank():
		kind = sdk.KindSubmitted
	}
	return newEvent(kind, s.Time, at, s.trouble, s.report)
}

// blank tells whether nothing was found, or nothing of it said.
func (r report) blank() bool {
	return r.OverallScore == nil && r.OverallFeedback == "" && len(r.Skills) == 0
}

// newEvent is what a webhook and a poll have in common.
func newEvent(kind sdk.Kind, at epoch, of remote, why trouble, r report) (sdk.Event, error) {
	ev := sdk.Event{Kind: kind, At: at.time(), Invitation: of.String()}
	switch kind {
	case sdk.KindBounced:
		ev.Reason, ev.Detail = why.BounceType, why.Reason
	case sdk.KindFailed:
		ev.Reason, ev.Detail = "unknown", "no reason given"
		if why.Reason != "" {
			ev.Reason, ev.Detail = why.Reason, strings.ReplaceAll(why.Reason, "_", " ")
		}
	case sdk.KindScored:
		var err error
		if ev.Result, err = r.result(); err != nil {
			return sdk.Event{}, err
		}
	}
	return ev, nil
}

// result makes a Result. A report is final, and written once: its id is the revision.
func (r report) result() (*sdk.Result, error) {
	switch {
	case r.ReportID == "":
		return nil, errors.New("its report has no id")
	case r.OverallScore != nil && (*r.OverallScore < 0 || *r.OverallScore > 100):
		return nil, fmt.Errorf("score %v is not from 0 to 100", *r.OverallScore)
	}
	out := &sdk.Result{Revision: r.ReportID, Final: true, Score: r.OverallScore, Summary: strings.TrimSpace(r.OverallFeedback)}
	if to, err := url.Parse(r.ReportURL); err == nil && to.Host != "" && (to.Scheme == "https" || to.Scheme == "http") {
		out.URL = r.ReportURL
	}
	taken := map[string]bool{}
	for _, s := range r.Skills {
		out.Skills = append(out.Skills, sdk.Score{Name: unique(s.Name, taken), Score: s.Score})
	}
	return out, nil
}

// unique numbers a name that is taken: "Communication", "Communication (2)".
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[free] = true
	return free
}
