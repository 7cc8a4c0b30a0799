// Command barest is the barest program that keeps the promise through go-plugin: make bench holds the host against it.
//
// It verifies a webhook, makes it durable, answers, reads opportunity and posting, asks one guard in HCL, invites, tags and links. Each of
// these five calls is made after a crossing to a plugin's process and back, and noted durably. What was not done is taken up at the next
// start. It has no rules, no rates, no retries, no cases and no secrets to keep, so nobody could use it; a host that does all that can at
// best come near to it.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

const (
	workers = 256
	waiting = 1 << 16
)

// program reads its settings from the environment: PRODUCTS is the URL of Lever and Alva, TOKEN signs, STATE is a file.
type program struct {
	products, token string
	notes           *notes
	plugin          *echo
	guard           hcl.Expression
	work            chan lifecycle
	client          *http.Client
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "plugin" {
		servePlugin()
		return
	}
	guard, diags := hclsyntax.ParseExpression([]byte(`stage == "Assessment" && !contains(tags, "Alva: Skip Assessment")`), "guard", hcl.InitialPos)
	if diags.HasErrors() {
		log.Fatal(diags)
	}
	p := &program{
		products: os.Getenv("PRODUCTS"), token: os.Getenv("TOKEN"), guard: guard, work: make(chan lifecycle, waiting),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}},
	}
	var err error
	if p.plugin, err = startPlugin(); err != nil {
		log.Fatal(err)
	}
	var left []lifecycle
	if p.notes, left, err = openNotes(os.Getenv("STATE")); err != nil {
		log.Fatal(err)
	}
	for range workers {
		go func() {
			for l := range p.work {
				if err := p.live(context.Background(), l.id, l.noted); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
	for _, l := range left {
		p.work <- l
	}
	http.HandleFunc("POST /hook", p.hook)
	http.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"syncs":%d}`, p.notes.syncs.Load()) })
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}

// hook answers a webhook of Lever's once it is durable. One that came before changes nothing.
func (p *program) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var got struct {
		Token, Signature string
		TriggeredAt      json.Number
		Data             struct{ OpportunityID string }
	}
	if err != nil || json.Unmarshal(body, &got) != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	mac := hmac.New(sha256.New, []byte(p.token))
	mac.Write([]byte(got.Token + got.TriggeredAt.String()))
	if signature, _ := hex.DecodeString(got.Signature); !hmac.Equal(mac.Sum(nil), signature) {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	news, err := p.notes.write(got.Data.OpportunityID, body, true)
	switch {
	case err != nil:
		http.Error(w, "not stored", http.StatusServiceUnavailable)
	case news:
		p.work <- lifecycle{id: got.Data.OpportunityID}
	}
}

// live plays one lifecycle: read twice, guard, invite, tag, link. Each step is noted; a write that was noted is not made again.
func (p *program) live(ctx context.Context, id string, noted int) error {
	var got struct {
		Data struct {
			Name   string
			Emails []string
			Tags   []string
			Stage  struct{ Text string }

			Applications []struct{ Posting string }
		}
	}
	if err := p.call(ctx, http.MethodGet, "/v1/opportunities/"+id+"?expand=applications&expand=stage", nil, &got); err != nil {
		return err
	}
	if _, err := p.notes.write(id, step(1), false); err != nil {
		return err
	}
	var posting struct{ Data struct{ Tags []string } }
	if err := p.call(ctx, http.MethodGet, "/v1/postings/"+got.Data.Applications[0].Posting, nil, &posting); err != nil {
		return err
	}
	if _, err := p.notes.write(id, step(2), false); err != nil {
		return err
	}
	invited, err := p.allows(got.Data.Stage.Text, posting.Data.Tags)
	if err != nil || !invited {
		return err
	}
	person := map[string]any{"first_name": got.Data.Name, "email": got.Data.Emails[0]}
	for i, write := range []struct {
		path string
		body any
	}{
		{"/api/v1/job-positions/position/candidates", map[string]any{
			"candidate": person, "external": map[string]string{"opportunity_id": id}, "send_invitation": true,
		}},
		{"/v1/opportunities/" + id + "/addTags", map[string][]string{"tags": {"Alva: Invitation Sent"}}},
		{"/v1/opportunities/" + id + "/addLinks", map[string][]string{"links": {"https://alva.test/" + id}}},
	} {
		if noted >= 3+i {
			continue
		}
		if err := p.call(ctx, http.MethodPost, write.path, write.body, &struct{ ID string }{}); err != nil {
			return err
		}
		if _, err := p.notes.write(id, step(3+i), false); err != nil {
			return err
		}
	}
	return nil
}

// allows asks the guard.
func (p *program) allows(stage string, tags []string) (bool, error) {
	shown := []cty.Value{cty.StringVal("")} // a list has no type without an element
	for _, t := range tags {
		shown = append(shown, cty.StringVal(t))
	}
	v, diags := p.guard.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{"stage": cty.StringVal(stage), "tags": cty.ListVal(shown)},
		Functions: map[string]function.Function{"contains": stdlib.ContainsFunc},
	})
	if diags.HasErrors() {
		return false, diags
	}
	return v.True(), nil
}

// call crosses to the plugin and back, then calls a product.
func (p *program) call(ctx context.Context, method, path string, in, out any) error {
	if err := p.plugin.cross(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.products+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth("key", "")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}
