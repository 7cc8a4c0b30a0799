package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// actPartner is what Greenhouse's staff do with a vendor's key and addresses. No key takes the partner away.
func (o *organization) actPartner(args partner) (names, error) {
	if args != (partner{}) {
		if err := args.check(); err != nil {
			return nil, err
		}
	}
	o.partner = args
	return names{"partner": args.Name}, nil
}

// actStageTest chooses the test of a stage from the drop-down. Auto sends it to whoever enters the stage.
func (o *organization) actStageTest(args struct {
	Job, Stage, Test ref
	Auto             bool
}) (any, error) {
	all, err := o.tests()
	if err != nil {
		return nil, err
	}
	want := string(args.Test)
	at := slices.IndexFunc(all, func(t test) bool { return t.ID == want || t.Name == want })
	if at < 0 {
		return nil, fmt.Errorf("test %q is not in the drop-down", want)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	j, err := find("job", o.jobs, args.Job)
	if err != nil {
		return nil, err
	}
	s, err := find("stage", j.stages, args.Stage)
	if err != nil {
		return nil, err
	}
	p := s.takeHome()
	if p == nil {
		return nil, fmt.Errorf("stage %q has no take-home test", s.name)
	}
	p.test, p.auto = all[at], args.Auto
	return names{"stage": strconv.Itoa(s.id), "test": p.test.ID}, nil
}

// actSendTest is Send Test for one application, again too; or in bulk, for those whose test is to be sent (guide 001). It answers each
// application's send by the application's id; of a single one also its callback.
func (o *organization) actSendTest(args struct {
	Application  ref   `json:"application"`
	Applications []ref `json:"applications"`
}) (names, error) {
	all, err := o.several(args.Application, args.Applications)
	if err != nil {
		return nil, err
	}
	answer, bulk := names{}, args.Application == ""
	for _, a := range all {
		err := o.sendable(a)
		switch {
		case err != nil && !bulk:
			return nil, err
		case err != nil || bulk && o.interview(a, a.stage().step).status != toBeSent:
			continue
		}
		s := o.sendTest(a, o.admin().email)
		answer[strconv.Itoa(a.id)] = strconv.Itoa(s.id)
		if !bulk {
			answer["send"], answer["callback"] = strconv.Itoa(s.id), o.callback(s)
		}
	}
	return answer, nil
}

// admin is who acts when nobody is named: the first user who is a person.
func (o *organization) admin() *user {
	for _, u := range o.users {
		if !u.service {
			return u
		}
	}
	return nil
}

// strict decodes onto what is there: what is absent stays, what is unknown is refused.
func strict(args []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(args))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// actWebhook creates a webhook, or changes the one that is named. It is pinged at once; a disabled one stays so unless it is enabled.
func (o *organization) actWebhook(args []byte) (any, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := &webhook{config: config{Attempts: usualTries, Active: true}}
	var form struct {
		Webhook ref `json:"webhook"`
		config
	}
	if err := strict(args, &form); err != nil {
		return nil, err
	}
	if form.Webhook != "" {
		if err := locate(&h, "webhook", o.hooks, form.Webhook); err != nil {
			return nil, err
		}
	}
	form.config = h.config
	err := strict(args, &form)
	form.Name = cmp.Or(form.Name, form.Event)
	if err = cmp.Or(err, form.check()); err != nil {
		return nil, err
	}
	h.config = form.config
	o.save(h)
	return names{"webhook": strconv.Itoa(h.id)}, nil
}

// actWebhookRemove takes a webhook away: what is on its way has no further try.
func (o *organization) actWebhookRemove(args struct{ Webhook ref }) (names, error) {
	h, err := find("webhook", o.hooks, args.Webhook)
	if err != nil {
		return nil, err
	}
	h.Active = false
	o.hooks = slices.DeleteFunc(o.hooks, func(x *webhook) bool { return x == h })
	return names{"webhook": string(args.Webhook)}, nil
}

// actSettings changes the switches that are given.
func (o *organization) actSettings(args []byte) (any, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := o.settings
	if err := strict(args, &next); err != nil {
		return nil, err
	}
	if next.CallTimeout <= 0 || next.RateWindow <= 0 {
		return nil, errors.New("the time-out and the window are positive")
	}
	o.settings = next
	o.oauth.Moment = !next.ExpiresIn
	return o.settings, nil
}
