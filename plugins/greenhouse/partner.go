package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// call is one of the four that Greenhouse makes to a partner (section 2).
type call struct {
	method string
	take   func(p *partner, r sdk.Request) (sdk.Received, error)
}

var calls = map[string]call{
	"list_tests":     {http.MethodGet, (*partner).listTests},
	"send_test":      {http.MethodPost, (*partner).sendTest},
	"test_status":    {http.MethodGet, (*partner).testStatus},
	"response_error": {http.MethodPost, (*partner).responseError},
}

// called takes a call that carries one of the live keys: as the user name of Basic authorization, with an empty password, and nowhere else.
func (p *partner) called(name string, r sdk.Request) (sdk.Received, error) {
	key, password, ok := (&http.Request{Header: r.Header}).BasicAuth()
	if !ok || len(r.Header.Values("Authorization")) != 1 || password != "" || !r.Carries(key) {
		return sdk.Received{}, fmt.Errorf("a partner call: %w", sdk.ErrUnauthorized)
	}
	c, ok := calls[name]
	switch {
	case !ok:
		return sdk.Received{Response: says(http.StatusNotFound, "there is no such call")}, nil
	case r.Method != c.method:
		return sdk.Received{Response: notAllowed(c.method)}, nil
	}
	return c.take(p, r)
}

func (p *partner) listTests(sdk.Request) (sdk.Received, error) {
	return sdk.Received{Question: &sdk.Question{About: sdk.AboutTests}}, nil
}

// send is what send_test says (section 2.3). Harvest's ids are not in its documentation; some senders have been seen to give them.
type send struct {
	Test      string `json:"partner_test_id"` // a number here is malformed: Greenhouse got a string from us
	Callback  string `json:"url"`
	Candidate struct {
		ID        id     `json:"id"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Email     string `json:"email"`
		Profile   string `json:"greenhouse_profile_url"`
	} `json:"candidate"`
	Application struct {
		ID id `json:"id"`
	} `json:"application"`
}

// The most that is taken of what a send says, in bytes.
const (
	longestTest  = 255
	longestName  = 300
	longestEmail = 320
)

// sendTest makes the event requested of a send. The callback is the one thing that differs between two sends and stays the same when one
// comes twice, so it makes the event's ID, which is also what we call the test towards Greenhouse. A candidate without a usable address is
// not refused here: the host does that, by the name that its other refusals have.
func (p *partner) sendTest(r sdk.Request) (sdk.Received, error) {
	var s send
	if err := json.Unmarshal(r.Body, &s); err != nil {
		return sdk.Received{}, sdk.Refuse("malformed", "send_test is not of the form that Greenhouse documents")
	}
	application, person := s.ids()
	name := fullName(s.Candidate.FirstName, s.Candidate.LastName)
	switch {
	case s.Test == "" || len(s.Test) > longestTest || strings.ContainsFunc(s.Test, unicode.IsControl):
		return sdk.Received{}, sdk.Refuse("malformed", "partner_test_id of send_test is none of ours")
	case p.trusted(s.Callback) == nil:
		return sdk.Received{}, sdk.Refuse("foreign_callback", "url of send_test does not lead to a host of Greenhouse's")
	case application == "":
		return sdk.Received{}, sdk.Refuse("malformed", "greenhouse_profile_url of send_test names no application")
	case len(name) > longestName || len(s.Candidate.Email) > longestEmail:
		return sdk.Received{}, sdk.Refuse("malformed", "name or email of send_test is too long")
	}
	e := sdk.Event{
		ID:          sdk.ContentID("send_test", s.Callback),
		Kind:        sdk.KindRequested,
		At:          p.now().UTC(),
		Application: string(application),
		Person:      string(person),
		Assessment:  s.Test,
		Snapshot: &sdk.Snapshot{
			Candidate: sdk.Candidate{Name: name, Email: strings.TrimSpace(s.Candidate.Email)},
			Callback:  s.Callback,
		},
	}
	if p.trusted(s.Candidate.Profile) != nil {
		e.Snapshot.URL = s.Candidate.Profile
	}
	return sdk.Received{
		Events:   []sdk.Event{e},
		Response: answers(http.StatusOK, map[string]string{"partner_interview_id": e.ID}),
	}, nil
}

// ids are who is to be tested: …/people/<candidate>?application_id=<application>.
func (s send) ids() (application, person id) {
	application, person = s.Application.ID, s.Candidate.ID
	profile, err := url.Parse(s.Candidate.Profile)
	if err != nil {
		return application, person
	}
	if named := strings.TrimSpace(profile.Query().Get("application_id")); application == "" && idForm.MatchString(named) {
		application = id(named)
	}
	_, named, _ := strings.Cut(profile.Path, "/people/")
	if named = strings.TrimRight(named, "/"); person == "" && idForm.MatchString(named) {
		person = id(named)
	}
	return application, person
}

// ours is what the ID of a requested event looks like.
var ours = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (p *partner) testStatus(r sdk.Request) (sdk.Received, error) {
	asked := r.Query["partner_interview_id"]
	if len(asked) != 1 || !ours.MatchString(asked[0]) {
		return sdk.Received{Response: unknownTest()}, nil
	}
	return sdk.Received{Question: &sdk.Question{About: sdk.AboutStatus, ID: asked[0]}}, nil
}

// Of what Greenhouse complains of, only so much is told, and no addresses.
const (
	mostComplaints   = 10
	longestComplaint = 300
)

var address = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)

// responseError tells the operator which of our answers Greenhouse could not use. It is never answered with an error, or the complaint
// might come for ever (section 2.6).
func (p *partner) responseError(r sdk.Request) (sdk.Received, error) {
	var said struct {
		Call   string   `json:"api_call"`
		Errors []string `json:"errors"`
		Test   string   `json:"partner_test_id"`
		Send   string   `json:"partner_interview_id"`
	}
	_ = json.Unmarshal(r.Body, &said) // what is of another type is left empty; the others are still read
	received := sdk.Received{Response: answers(http.StatusOK, map[string]int{"status": http.StatusOK})}
	if len(said.Errors) == 0 {
		said.Errors = []string{"it does not say why"}
	}
	for _, complaint := range said.Errors[:min(len(said.Errors), mostComplaints)] {
		notice := fmt.Sprintf("Greenhouse could not use our answer to %s: %s", cmp.Or(tellable(said.Call), "a call"), tellable(complaint))
		if about := tellable(strings.TrimSpace(said.Test + " " + said.Send)); about != "" {
			notice += " (about " + about + ")"
		}
		received.Notices = append(received.Notices, notice)
	}
	return received, nil
}

func tellable(text string) string {
	text = address.ReplaceAllString(strings.ToValidUTF8(text, "?"), "[address]")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > longestComplaint {
		return string(runes[:longestComplaint]) + "…"
	}
	return text
}

// Answer puts what the host knows into the words of sections 2.2 and 2.4. A refused request is answered with a status that is no success,
// at which Greenhouse leaves the test to be sent; a 401 would mean the key.
func (p *partner) Answer(_ context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	switch q.About {
	case sdk.AboutTests:
		tests := make([]map[string]string, 0, len(a.Tests))
		for _, t := range a.Tests {
			tests = append(tests, map[string]string{"partner_test_id": t.ID, "partner_test_name": t.Name})
		}
		return answers(http.StatusOK, tests), nil
	case sdk.AboutStatus:
		return p.status(q.ID, a.Status), nil
	case sdk.AboutRequest:
		if a.Refused == nil {
			return sdk.Response{}, errors.New("the answer to a refused request does not say why")
		}
		status := http.StatusUnprocessableEntity
		if a.Refused.Reason == "unknown_assessment" {
			status = http.StatusNotFound
		}
		return says(status, a.Refused.Error()), nil
	}
	return sdk.Response{}, fmt.Errorf("nothing is known to answer about %q", q.About)
}

// status answers test_status. A complete test without a link is malformed to Greenhouse: it is not told as complete, and the log says so.
func (p *partner) status(id string, s *sdk.TestStatus) sdk.Response {
	if s == nil {
		return unknownTest()
	}
	body := map[string]any{"partner_status": "in_progress"}
	link, err := url.Parse(s.URL)
	linked := err == nil && (link.Scheme == "https" || link.Scheme == "http") && link.Host != ""
	switch {
	case s.Complete && linked:
		body["partner_status"], body["partner_profile_url"] = "complete", s.URL
		if s.Score != nil && !math.IsNaN(*s.Score) && !math.IsInf(*s.Score, 0) {
			body["partner_score"] = *s.Score
		}
	case s.Complete:
		p.log.Error("a complete test cannot be shown in Greenhouse: its report has no link", "partner_interview_id", id)
	}
	return answers(http.StatusOK, body)
}

// Report has Greenhouse come and ask, at each callback. To tell it twice only makes it ask twice. A callback that Greenhouse no longer
// knows is that of a send which is over: it takes nothing from the others.
//
// The partner key is the credential here, not Harvest's token: Basic without a value tells the host so.
func (p *partner) Report(ctx context.Context, _ sdk.Key, r sdk.Report) error {
	var again, refused error
	told := 0
	for _, callback := range r.Callbacks {
		err := p.nudge(ctx, callback)
		switch final := refusal(err) != nil; {
		case err == nil:
			told++
		case final:
			refused = err
		default:
			again = err
		}
	}
	if again != nil || told > 0 {
		return again
	}
	return refused
}

func (p *partner) nudge(ctx context.Context, callback string) error {
	u := p.trusted(callback)
	if u == nil {
		return sdk.Refuse("foreign_callback", "a callback does not lead to a host of Greenhouse's")
	}
	client := rest.New(u.Scheme+"://"+u.Host, p.http, rest.Header("Authorization", "Basic"))
	err := client.Patch(ctx, strings.Split(strings.Trim(u.Path, "/"), "/"), u.Query(), nil, nil)
	other, refused := errors.AsType[*rest.StatusError](err)
	switch {
	case errors.Is(err, sdk.ErrDisconnected), refused && other.Status == http.StatusForbidden:
		return sdk.Refuse("key_refused", "Greenhouse does not take the first of partner_keys: it may still have another, or none")
	case errors.Is(err, sdk.ErrNotFound):
		return sdk.Refuse("not_found", "Greenhouse no longer knows the send that was to be reported")
	case refused:
		return sdk.Refuse("refused", fmt.Sprintf("Greenhouse refused to be told of a test: %s", other))
	}
	return err
}

func unknownTest() sdk.Response { return says(http.StatusNotFound, "no such test was requested") }

func notAllowed(method string) sdk.Response {
	return sdk.Response{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {method}}}
}

// says is an answer for whoever reads Greenhouse's log of us.
func says(status int, message string) sdk.Response {
	return answers(status, map[string]string{"message": message})
}

func answers(status int, body any) sdk.Response {
	raw, _ := json.Marshal(body) // of texts and finite numbers, which always can be
	return sdk.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: raw}
}
