// Package demo plays candidates through sandboxes of the products and shows what the products show then.
//
// A [Stage] starts the sandboxes, tells them where the host is, and plays a cast: each candidate applies, then everybody acts in rounds
// until nothing is left to do. What it prints is read from the products, never from the host: that is what a person would see.
package demo

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// What the sandboxes are given as secrets.
const (
	signingToken  = "00112233445566778899aabbccddeeff0011223344556677"
	webhookSecret = "whsec_cGF0Y2hiYXktZGVtby1zYW5kYm94LXNlY3JldC0wMQ=="
	key           = "sandbox-key"
)

// product is a sandbox that runs as a child.
type product struct {
	url   string
	child *exec.Cmd
	stdin io.Closer
}

func start(ctx context.Context, plugins, name string) (*product, error) {
	child := exec.CommandContext(ctx, filepath.Join(plugins, "patchbay-"+name), "sandbox", "--listen", "127.0.0.1:0", "--empty", "--api-key", key, "--until-stdin-closes")
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("the sandbox of %s: %w", name, err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the sandbox of %s ended before it said its URL: %w", name, child.Wait())
	}
	return &product{strings.TrimSpace(line), child, stdin}, nil
}

func (p *product) end() {
	_ = p.stdin.Close()
	_ = p.child.Wait()
}

// control asks the sandbox's control plane.
func (p *product) control(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+"/_sandbox/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("%s: %s %s", path, resp.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

type args = map[string]any

// Host is what the demo needs of the Patchbay that runs between the products.
type Host interface {
	Hooks() map[string]string                            // where the webhooks of each connection go
	Advance(ctx context.Context, by time.Duration) error // moves the host's clock through everything that falls due
}

// Stage is the products that run, and the candidates on it.
type Stage struct {
	lever, alva *product
	host        Host
	cast        []*role
}

// Open starts the sandboxes of the plugins in a folder. They end with ctx or Close.
func Open(ctx context.Context, plugins string) (*Stage, error) {
	lever, err := start(ctx, plugins, "lever")
	if err != nil {
		return nil, err
	}
	alva, err := start(ctx, plugins, "alva")
	if err != nil {
		lever.end()
		return nil, err
	}
	return &Stage{lever: lever, alva: alva}, nil
}

// Close ends the sandboxes.
func (t *Stage) Close() {
	t.lever.end()
	t.alva.end()
}

// Env is what the configuration reads to reach the sandboxes.
func (t *Stage) Env() map[string]string {
	return map[string]string{
		"LEVER_URL": t.lever.url + "/v1", "LEVER_API_KEY": key, "LEVER_SIGNING_TOKEN": signingToken,
		"ALVA_URL": t.alva.url, "ALVA_API_KEY": key, "ALVA_WEBHOOK_SECRET": webhookSecret,
	}
}

// URLs are where a person can play on: as the recruiter, and as the candidate.
func (t *Stage) URLs() (recruiter, candidate string) { return t.lever.url, t.alva.url }

// Play has the candidates apply and everybody act, round by round, until all is done.
func (t *Stage) Play(ctx context.Context, h Host) error {
	t.host = h
	if err := t.introduce(ctx); err != nil {
		return err
	}
	t.cast = cast()
	for _, r := range t.cast {
		if err := t.enter(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	for act := 0; ; act++ {
		if err := t.settle(ctx); err != nil {
			return err
		}
		acted := false
		for _, r := range t.cast {
			if act < len(r.acts) {
				acted = true
				if err := t.act(ctx, r, r.acts[act]); err != nil {
					return fmt.Errorf("%s: %s: %w", r.name, r.acts[act], err)
				}
			}
		}
		if !acted {
			return t.settle(ctx)
		}
	}
}

// introduce tells the products where the host is, as an operator would in their settings.
func (t *Stage) introduce(ctx context.Context) error {
	links := t.host.Hooks()
	for _, event := range []string{"applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted"} {
		hook := args{"event": event, "url": links["ats.lever"], "token": signingToken}
		if err := t.lever.control(ctx, http.MethodPost, "acts/webhook", hook, nil); err != nil {
			return err
		}
	}
	return t.alva.control(ctx, http.MethodPost, "acts/webhook", args{"url": links["vendor.alva"], "secret": webhookSecret}, nil)
}

func (t *Stage) enter(ctx context.Context, r *role) error {
	posting := args{"text": cmp.Or(map[string]string{"Alva: Screening": "Support engineer", "Alva: Skip Assessment": "Receptionist"}[r.posting], "Data engineer"), "team": "Engineering"}
	if r.posting != "" {
		posting["tags"] = []string{r.posting}
	}
	var made struct{ Posting, Opportunity string }
	if err := t.lever.control(ctx, http.MethodPost, "acts/posting", posting, &made); err != nil {
		return err
	}
	in := args{"posting": made.Posting, "name": r.name, "email": strings.ToLower(strings.Fields(r.name)[0]) + "@example.test", "origin": "applied"}
	for k, v := range r.apply {
		in[k] = v
	}
	if err := t.lever.control(ctx, http.MethodPost, "acts/apply", in, &made); err != nil {
		return err
	}
	r.id = made.Opportunity
	return nil
}

func (t *Stage) act(ctx context.Context, r *role, line string) error {
	verb, what, _ := strings.Cut(line, " ")
	lever := func(act string, in args) error {
		in["opportunity"] = r.id
		return t.lever.control(ctx, http.MethodPost, "acts/"+act, in, nil)
	}
	alva := func(act string, in args) error {
		in["application"] = r.id
		return t.alva.control(ctx, http.MethodPost, "acts/"+act, in, nil)
	}
	switch verb {
	case "move":
		return lever("move", args{"stage": what})
	case "tag":
		return lever("tag", args{"tags": []string{what}})
	case "email":
		return lever("edit", args{"email": what})
	case "hire":
		return lever("hire", args{})
	case "hour":
		return t.advance(ctx, time.Hour)
	case "score":
		var score float64
		if _, err := fmt.Sscan(what, &score); err != nil {
			return err
		}
		return alva("score", args{"score": score})
	}
	return alva(verb, args{})
}

// advance moves the time of all three together.
func (t *Stage) advance(ctx context.Context, by time.Duration) error {
	for _, p := range []*product{t.lever, t.alva} {
		if err := p.control(ctx, http.MethodPost, "clock/advance", args{"by": by.String()}, nil); err != nil {
			return err
		}
	}
	return t.host.Advance(ctx, by)
}

// settle has the webhooks delivered, and what they lead to done, until none is left.
func (t *Stage) settle(ctx context.Context) error {
	for range 4 {
		if err := t.advance(ctx, 0); err != nil {
			return err
		}
	}
	return nil
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

// opportunity is what Lever shows of one candidate.
type opportunity struct {
	ID, Stage string
	Tags      []string
	Links     []string
	Notes     []struct{ Text string }
}

// Show prints what Lever and Alva show now.
func (t *Stage) Show(ctx context.Context, out io.Writer) error {
	var opportunities []opportunity
	if err := t.lever.control(ctx, http.MethodGet, "state/opportunities", nil, &opportunities); err != nil {
		return err
	}
	var mails []struct{ To string }
	if err := t.alva.control(ctx, http.MethodGet, "mailbox", nil, &mails); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nCANDIDATE\tWHO\tMAILS\tSTAGE IN LEVER\tTAGS IN LEVER\tLINKS\tNOTES")
	for _, r := range t.cast {
		i := slices.IndexFunc(opportunities, func(o opportunity) bool { return o.ID == r.id })
		if i < 0 {
			fmt.Fprintf(w, "%s\t%s\t\tdeleted\t\t\t\n", r.name, r.about)
			continue
		}
		o, n := opportunities[i], 0
		for _, m := range mails {
			if strings.HasPrefix(m.To, strings.ToLower(strings.Fields(r.name)[0])+"@") {
				n++
			}
		}
		var tags []string
		for _, tag := range o.Tags {
			if own, ours := strings.CutPrefix(tag, "Alva: "); ours && tag != r.posting {
				tags = append(tags, own)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%d\n", r.name, r.about, n, o.Stage, strings.Join(tags, ", "), len(o.Links), len(o.Notes))
	}
	return w.Flush()
}
