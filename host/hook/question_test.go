package hook

import (
	"context"
	"errors"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// oracle knows what an ATS may ask; err is why it does not answer.
type oracle struct {
	refused *sdk.Refusal
	err     error
}

func (o oracle) Answer(_ context.Context, _ string, q sdk.Question) (sdk.Answer, error) {
	return sdk.Answer{Tests: make([]sdk.Test, 2)}, o.err
}

func (o oracle) Decided(context.Context, string, string) (*sdk.Refusal, error) {
	return o.refused, o.err
}

// An ATS that calls for tests is answered with what the host knows, in the plugin's words; a request only once it is durable and decided.
func TestQuestionsAndRequests(t *testing.T) {
	question := func(context.Context, sdk.Request) (sdk.Received, error) {
		return sdk.Received{Question: &sdk.Question{About: sdk.AboutTests, ID: "q"}, Response: sdk.Response{Body: []byte("not this")}}, nil
	}
	request := func(context.Context, sdk.Request) (sdk.Received, error) {
		ev := sdk.Event{ID: "r", Kind: sdk.KindRequested, Application: "ann"}
		return sdk.Received{Events: []sdk.Event{ev}, Response: sdk.Response{Body: []byte("taken as r")}}, nil
	}
	for name, c := range map[string]struct {
		plugin  script
		knows   oracle
		fates   string
		status  int
		body    string
		outcome Outcome
		stored  int
	}{
		"a question":                {question, oracle{}, "", 200, "tests q: 2 tests", Answered, 0},
		"one that takes too long":   {question, oracle{err: errors.New("late")}, "", 503, "not ready", Failed, 0},
		"a request":                 {request, oracle{}, "", 200, "taken as r", Accepted, 1},
		"one that is refused":       {request, oracle{refused: &sdk.Refusal{Reason: "unknown_assessment"}}, "", 422, "unknown_assessment", Accepted, 1},
		"one that is not decided":   {request, oracle{err: errors.New("late")}, "", 503, "not ready", Failed, 1},
		"one that cannot be stored": {request, oracle{}, "-", 503, "not stored", Failed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStreet(t, c.plugin)
			s.Answers, s.disk.fates = c.knows, c.fates
			answer := s.post(t, "{}")
			if body := text(t, answer); answer.StatusCode != c.status || body != c.body {
				t.Errorf("answered %d %q, want %d %q", answer.StatusCode, body, c.status, c.body)
			}
			if n := len(s.stored(t)); n != c.stored || s.Counts()[c.outcome] != 1 {
				t.Errorf("%d events are stored; counts %v", n, s.Counts())
			}
		})
	}
}
