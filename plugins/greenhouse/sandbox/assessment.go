package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// partner is the one assessment partner, as Greenhouse's staff registered it: four addresses and the organization's key (section 2.1).
type partner struct {
	Name          string `json:"name"`
	Key           string `json:"key"`
	ListTests     string `json:"list_tests"`
	SendTest      string `json:"send_test"`
	TestStatus    string `json:"test_status"`
	ResponseError string `json:"response_error"`
	AppURL        string `json:"app_url"` // what callbacks begin with; empty: the product's own
}

func (p partner) check() error {
	if p.Key == "" || len(p.Key) > 170 {
		return errors.New("a partner's key has 1 to 170 characters")
	}
	for _, address := range []string{p.ListTests, p.SendTest, p.TestStatus, p.ResponseError} {
		if !sandbox.Deliverable(address) {
			return fmt.Errorf("a partner has four https addresses; %q is none", address)
		}
	}
	return nil
}

// test is one of the partner's.
type test struct {
	ID   string `json:"partner_test_id"`
	Name string `json:"partner_test_name"`
}

// send is one press of Send Test, and what became of it.
type send struct {
	id          int
	application *application
	step        *step
	test        test
	by          string // e-mail address of who pressed; empty: a rule did
	partnerID   string // partner_interview_id; empty: not accepted
	status      string // partner_status
	score       json.Number
	url         string
	metadata    object
	at          time.Time
	problems    []string // of all calls, as they were told the partner
}

const complete = "complete"

// pollEvery and pollFor are the old integrations' polling (section 2.4).
const (
	pollEvery = time.Hour
	pollFor   = 8 * 7 * 24 * time.Hour
)

// sendable says why no test can be sent for an application now.
func (o *organization) sendable(a *application) error {
	s := a.stage()
	switch {
	case a.status != active || s == nil:
		return fmt.Errorf("application %d is not active in a stage", a.id)
	case s.takeHome() == nil:
		return fmt.Errorf("stage %q has no take-home test", s.name)
	case s.takeHome().test.ID == "":
		return fmt.Errorf("no test is chosen for stage %q", s.name)
	case !emailAddress.MatchString(a.candidate.email()):
		return fmt.Errorf("candidate %d has no valid e-mail address", a.candidate.id)
	case a.candidate.mute:
		return fmt.Errorf("candidate %d is not to be e-mailed", a.candidate.id)
	case o.partner.Key == "":
		return errors.New("no assessment partner is enabled")
	}
	return nil
}

// sendTest sends a test for an application that is sendable.
func (o *organization) sendTest(a *application, by string) *send {
	p := a.stage().takeHome()
	s := &send{id: o.nextID(), application: a, step: p, test: p.test, by: by, at: o.now()}
	o.sends = append(o.sends, s)
	o.interview(a, s.step).send = s
	o.touch(a)
	body := plain(o.sendBody(s))
	o.world.Clock.Go(func() { o.transmit(s, body) })
	return s
}

// sendBody is what send_test is called with (section 2.3).
func (o *organization) sendBody(s *send) object {
	c := s.application.candidate
	var phone, resume any
	if len(c.phones) > 0 {
		phone = c.phones[0].Value
	}
	if c.resume != "" {
		resume = resumeURL(c)
	}
	return object{
		"partner_test_id": s.test.ID,
		"candidate": object{
			"first_name": c.first, "last_name": c.last, "preferred_name": text(c.preferred), "resume_url": resume, "phone_number": phone,
			"email": c.email(), "greenhouse_profile_url": profileURL(s.application),
		},
		"sent_by": text(s.by), "url": o.callback(s),
	}
}

const callbackPath = "/integrations/testing_partners/take_home_tests/"

// callback is where the partner says that something happened to a send.
func (o *organization) callback(s *send) string {
	base := strings.TrimSuffix(o.partner.AppURL, "/")
	if base == "" {
		base = appURL
	}
	return base + callbackPath + strconv.Itoa(s.id)
}

// transmit calls send_test, once, and keeps what the partner calls the send.
func (o *organization) transmit(s *send, body []byte) {
	var answer struct {
		ID string `json:"partner_interview_id"`
	}
	raw, err := o.call("send_test", body)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if d.Decode(&answer) != nil || answer.ID == "" || d.More() {
			err = errors.New("the response is not exactly a partner_interview_id that is a string")
		}
	}
	if err != nil {
		o.complain("send_test", s, err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s.partnerID = answer.ID
	if i := o.interview(s.application, s.step); i != nil && i.send == s && s.status != complete {
		i.status = sent
	}
	if o.settings.Polling {
		o.poll(s)
	}
}

// poll asks hourly until there is a result, a hire, or too much time has passed.
func (o *organization) poll(s *send) {
	o.world.Clock.After(pollEvery, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if s.status == complete || s.application.status == hired || o.now().Sub(s.at) > pollFor {
			return
		}
		o.world.Clock.Go(func() { o.ask(s) })
		o.poll(s)
	})
}

// patched answers the partner's PATCH, after which it is asked soon (section 2.5).
func (o *organization) patched(w http.ResponseWriter, r *http.Request) {
	n, err := r.Body.Read(make([]byte, 1))
	key, password, ok := r.BasicAuth()
	id, _ := strconv.Atoi(r.PathValue("send"))
	o.mu.Lock()
	defer o.mu.Unlock()
	s, known := byID(o.sends, id)
	status := http.StatusOK
	switch {
	case !ok || password != "" || key != o.partner.Key || key == "":
		status = http.StatusUnauthorized
	case !known:
		status = http.StatusNotFound
	case n > 0 || err != nil && err != io.EOF || r.URL.RawQuery != "":
		status = http.StatusBadRequest // it has no body and no parameters
	default:
		o.world.Clock.After(time.Duration(o.settings.StatusDelay), func() { o.world.Clock.Go(func() { o.ask(s) }) })
	}
	w.WriteHeader(status)
}

// progress is what test_status answers (section 2.4).
type progress struct {
	Status   string `json:"partner_status"`
	URL      string `json:"partner_profile_url"`
	Score    any    `json:"partner_score"` // a json.Number; nil: there is none
	Metadata object `json:"metadata"`
}

// parseProgress reads an answer as strictly as Greenhouse does.
func parseProgress(raw []byte) (p progress, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("the response is not the JSON expected: %w", err)
	}
	_, isNumber := p.Score.(json.Number)
	u, err := url.Parse(p.URL)
	switch {
	case p.Status == "":
		return p, errors.New("partner_status is missing")
	case p.Score != nil && !isNumber:
		return p, errors.New("partner_score is not a number")
	case p.URL == "" && p.Status == complete:
		return p, errors.New("partner_status is 'complete' but partner_profile url is missing")
	case err != nil || p.URL != "" && u.Host == "":
		return p, errors.New("partner_profile_url is no URL")
	}
	for label, v := range p.Metadata {
		switch v.(type) {
		case map[string]any, []any:
			return p, fmt.Errorf("metadata %q is not flat", label)
		}
	}
	return p, nil
}

// ask calls test_status and keeps what may be shown. Of who is rejected or hired nothing is.
func (o *organization) ask(s *send) {
	o.mu.Lock()
	id, skip := s.partnerID, s.partnerID == "" || s.application.status != active
	o.mu.Unlock()
	if skip {
		return
	}
	raw, err := o.call("test_status", nil, "partner_interview_id", id)
	var p progress
	if err == nil {
		p, err = parseProgress(raw)
	}
	if err != nil {
		o.complain("test_status", s, err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.application.status != active {
		return
	}
	if s.status, s.metadata = p.Status, p.Metadata; s.status != complete {
		return
	}
	s.url = p.URL
	s.score, _ = p.Score.(json.Number)
	if i := o.interview(s.application, s.step); i != nil && i.send == s {
		i.status = received
	}
	o.touch(s.application)
}

// tests asks the partner for its tests, as whoever edits a stage sees them (section 2.2).
func (o *organization) tests() ([]test, error) {
	var all []test
	raw, err := o.call("list_tests", nil)
	if err == nil {
		if err = json.Unmarshal(raw, &all); err != nil || all == nil {
			err = errors.New("the response is not an array of tests whose properties are strings")
		}
	}
	if err == nil && slices.ContainsFunc(all, func(t test) bool { return t.ID == "" || t.Name == "" }) {
		err = errors.New("a test lacks its partner_test_id or its partner_test_name")
	}
	if err != nil {
		o.complain("list_tests", nil, err)
		return nil, fmt.Errorf("list_tests: %w", err)
	}
	return all, nil
}

// complain tells the partner what was wrong with an answer, once; what it answers to that is nobody's concern (section 2.6).
func (o *organization) complain(call string, s *send, problem error) {
	report := object{"api_call": call, "errors": []string{problem.Error()}}
	o.mu.Lock()
	if s != nil {
		s.problems = append(s.problems, call+": "+problem.Error())
		report["partner_test_id"], report["partner_test_name"] = s.test.ID, s.test.Name
		report["candidate_email"] = s.application.candidate.email()
		if s.partnerID != "" {
			report["partner_interview_id"] = s.partnerID
		}
	}
	o.mu.Unlock()
	_, _ = o.call("response_error", plain(report))
}

// call makes one of the four calls: a POST when there is a body, else a GET with the query's names and values. The caller does not hold the
// lock.
func (o *organization) call(name string, body []byte, query ...string) ([]byte, error) {
	o.mu.Lock()
	p, timeout := o.partner, time.Duration(o.settings.CallTimeout)
	o.mu.Unlock()
	address, err := url.Parse(map[string]string{
		"list_tests": p.ListTests, "send_test": p.SendTest, "test_status": p.TestStatus, "response_error": p.ResponseError,
	}[name])
	if err != nil || address.Host == "" {
		return nil, errors.New("no assessment partner is enabled")
	}
	values := address.Query()
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	address.RawQuery = values.Encode()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(p.Key, "")
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	o.slots <- struct{}{}
	defer func() { <-o.slots }()
	resp, err := o.client.Do(req)
	if err != nil {
		return nil, errors.New("there was no response") // the error would name the address
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return nil, errors.New("the response broke off")
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, fmt.Errorf("the response status is %d", resp.StatusCode)
	}
	return raw, nil
}
