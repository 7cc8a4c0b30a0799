// Package demo plays candidates through sandboxes of the products and shows what the products show then.
//
// A [Stage] starts the sandboxes, tells them where the host is, and plays a cast: each candidate applies, then everybody acts in rounds
// until nothing is left to do. Show prints what the products show of each, and tells what is not as it should be.
//
// # Why
//
// What is printed is read from the products, never from the host: that is what a person would see. Only why somebody was left alone is the
// host's word, since nothing at a product tells it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// What is secret between the products and the host.
const (
	signingToken  = "00112233445566778899aabbccddeeff0011223344556677"
	webhookSecret = "whsec_cGF0Y2hiYXktZGVtby1zYW5kYm94LXNlY3JldC0wMQ=="
	key           = "sandbox-key"
	organisation  = "Example Analytics" // what Alooba and Greenhouse call their customer
)

// Host is what the demo needs of the Patchbay that runs between the products.
type Host interface {
	Hooks() map[string]string                                           // where the webhooks of each connection go
	Advance(ctx context.Context, by time.Duration) error                // moves the host's clock through everything that falls due
	Refusals(ctx context.Context, application string) ([]string, error) // why something was not done, the oldest first
}

// The products, by their plugins: ATSs, and vendors of assessments.
var (
	atss    = []string{"lever", "greenhouse"}
	vendors = []string{"alooba", "alva", "apriora", "hired"}
)

// Stage is the products that run, and the candidates on it.
type Stage struct {
	products map[string]*product
	host     Host
	cast     []*role
}

// Open starts the sandboxes of the plugins in a folder. They end with ctx or Close.
func Open(ctx context.Context, plugins string) (*Stage, error) {
	t := &Stage{products: map[string]*product{}, cast: cast()}
	for _, name := range slices.Concat(atss, vendors) {
		p, err := start(ctx, plugins, name)
		if err != nil {
			t.Close()
			return nil, err
		}
		t.products[name] = p
	}
	return t, nil
}

// Close ends the sandboxes.
func (t *Stage) Close() {
	for _, p := range t.products {
		p.end()
	}
}

// Setenv has this process's environment lead the configuration to the sandboxes, and to no account that the operator has.
func (t *Stage) Setenv(ctx context.Context) error {
	var users []struct{ ID string }
	if err := t.products["lever"].state(ctx, "users", &users); err != nil {
		return err
	}
	if len(users) == 0 {
		return errors.New("lever: nobody is there who could be the author of what the host writes")
	}
	env := map[string]string{
		"LEVER_URL": t.products["lever"].url + "/v1", "LEVER_API_KEY": key, "LEVER_SIGNING_TOKEN": signingToken,
		"LEVER_PERFORM_AS": users[0].ID,
		"GREENHOUSE_URL":   t.products["greenhouse"].url + "/v3", "GREENHOUSE_PARTNER_KEY": key,
		"GREENHOUSE_WEBHOOK_SECRET": webhookSecret, "GREENHOUSE_ORGANISATION": organisation, "ALOOBA_ORGANISATION": organisation,
	}
	for _, name := range vendors {
		upper := strings.ToUpper(name)
		env[upper+"_URL"], env[upper+"_API_KEY"], env[upper+"_WEBHOOK_SECRET"] = t.products[name].url, key, webhookSecret
	}
	for _, set := range os.Environ() {
		name, _, _ := strings.Cut(set, "=")
		product, _, _ := strings.Cut(name, "_")
		if t.products[strings.ToLower(product)] != nil {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// Size is how many candidates there are.
func (t *Stage) Size() int { return len(t.cast) }

// Play has the candidates apply and everybody act, round by round, until all is done.
func (t *Stage) Play(ctx context.Context, h Host) error {
	t.host = h
	if err := t.introduce(ctx); err != nil {
		return err
	}
	for _, r := range t.cast {
		if err := t.enter(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	for round := 0; ; round++ {
		if err := t.settle(ctx); err != nil {
			return err
		}
		acted := false
		for _, r := range t.cast {
			if round < len(r.acts) {
				acted = true
				if err := t.act(ctx, r, r.acts[round]); err != nil {
					return fmt.Errorf("%s: %s: %w", r.name, r.acts[round].verb, err)
				}
			}
		}
		if !acted {
			return nil
		}
	}
}

// introduce tells the products where the host is, as an operator would in their settings, and has Greenhouse's recruiters choose a test.
func (t *Stage) introduce(ctx context.Context) error {
	links := t.host.Hooks()
	partner := links["ats.greenhouse"] + "partner/"
	for _, one := range []struct {
		product, verb string
		in            args
	}{
		{"lever", "key", args{"key": key, "confidential": true}}, // who may not see the confidential cannot fail to leave them alone
		{"lever", "webhook", args{"event": "applicationCreated", "url": links["ats.lever"], "token": signingToken}},
		{"lever", "webhook", args{"event": "candidateStageChange", "url": links["ats.lever"], "token": signingToken}},
		{"lever", "webhook", args{"event": "candidateHired", "url": links["ats.lever"], "token": signingToken}},
		{"lever", "webhook", args{"event": "candidateDeleted", "url": links["ats.lever"], "token": signingToken}},
		{"alooba", "webhook", args{"url": links["vendor.alooba"], "secret": webhookSecret}},
		{"alva", "webhook", args{"url": links["vendor.alva"], "secret": webhookSecret}},
		{"apriora", "webhook", args{"url": links["vendor.apriora"], "secret": webhookSecret}},
		{"hired", "webhook", args{"url": links["vendor.hired"], "secret": webhookSecret}},
		{"greenhouse", "webhook", args{
			"event": "candidate_anonymized", "url": links["ats.greenhouse"], "secret": webhookSecret, "headers": "X-Organisation: " + organisation,
		}},
		{"greenhouse", "partner", args{
			"name": "Patchbay", "key": key, "app_url": t.products["greenhouse"].url, "list_tests": partner + "list_tests",
			"send_test": partner + "send_test", "test_status": partner + "test_status", "response_error": partner + "response_error",
		}},
		{"greenhouse", "stage-test", args{"job": greenhouseJob, "stage": "Assessment", "test": assessment}},
	} {
		if err := t.products[one.product].act(ctx, one.verb, one.in, nil); err != nil {
			return err
		}
	}
	return nil
}

// enter has a candidate apply: at Lever for a posting of her own, at Greenhouse for the one job whose stage has a test.
func (t *Stage) enter(ctx context.Context, r *role) error {
	var made struct{ Posting, Opportunity, Application, Candidate string }
	first, last, _ := strings.Cut(r.name, " ")
	email := strings.ToLower(first) + "@example.test"
	if r.ats == "greenhouse" {
		in := args{"job": greenhouseJob, "first_name": first, "last_name": last, "email": email}
		err := t.products["greenhouse"].act(ctx, "apply", in, &made)
		r.id, r.person = made.Application, made.Candidate
		return err
	}
	lever := t.products["lever"]
	if err := lever.act(ctx, "posting", args{"text": "Data engineer", "team": "Engineering", "tags": r.posting}, &made); err != nil {
		return err
	}
	in := args{"posting": made.Posting, "name": r.name, "email": email, "origin": "applied"}
	for k, v := range r.apply {
		in[k] = v
	}
	err := lever.act(ctx, "apply", in, &made)
	r.id = made.Opportunity
	return err
}

// act does what one line of a role says.
func (t *Stage) act(ctx context.Context, r *role, a act) error {
	if a.after > 0 {
		return t.advance(ctx, a.after)
	}
	in := args{"application": r.id}
	if a.at == "lever" {
		in = args{"opportunity": r.id}
	}
	for k, v := range a.args {
		in[k] = v
	}
	if _, named := a.args["candidate"]; named {
		in["candidate"] = r.person
	}
	return t.products[a.at].act(ctx, a.verb, in, nil)
}

// advance moves the time of all together.
func (t *Stage) advance(ctx context.Context, by time.Duration) error {
	for _, p := range t.products {
		if err := p.advance(ctx, by); err != nil {
			return err
		}
	}
	return t.host.Advance(ctx, by)
}

// settle has the webhooks delivered, and what they lead to done, until the host asks nothing more of any product.
func (t *Stage) settle(ctx context.Context) error {
	before := -1
	for range 100 {
		if err := t.advance(ctx, time.Second); err != nil {
			return err
		}
		calls := 0
		for _, p := range t.products {
			n, err := p.called(ctx)
			if err != nil {
				return err
			}
			calls += n
		}
		if calls == before {
			return nil
		}
		before = calls
	}
	return errors.New("the host does not come to rest: it calls the products again and again")
}

// Follow lets the time pass by itself, for people who play on, until ctx ends.
func (t *Stage) Follow(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := t.host.Advance(ctx, time.Second); err != nil {
				return err
			}
		}
	}
}

// Invite says where a person can play on.
func (t *Stage) Invite(out io.Writer) {
	fmt.Fprintln(out, "Play on: be the recruiter at")
	for _, name := range atss {
		fmt.Fprintf(out, "  %-10s  %s\n", name, t.products[name].url)
	}
	fmt.Fprintln(out, "and the candidate at")
	for _, name := range vendors {
		fmt.Fprintf(out, "  %-10s  %s\n", name, t.products[name].url)
	}
}
