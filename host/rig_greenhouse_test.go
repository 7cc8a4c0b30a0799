package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// mirrored are the webhooks of Greenhouse's that the pairing with Alooba lives on.
var mirrored = list("hire_candidate", "unhire_candidate", "reject_candidate", "unreject_candidate", "candidate_anonymized", "delete_candidate")

// enlist is what Greenhouse's staff do: they enter our addresses and a key.
func (r *rig) enlist(t testing.TB, key string) {
	t.Helper()
	at := strings.TrimRight(r.host.hookURL(t, "ats.greenhouse"), "/") + "/partner/"
	args := object{"name": "Alooba", "key": key, "app_url": r.greenhouse.url}
	for _, call := range list("list_tests", "send_test", "test_status", "response_error") {
		args[call] = at + call
	}
	r.greenhouse.act(t, "partner", args)
}

// tellHost makes Greenhouse's webhooks, which lead to the host and say whose they are.
func (r *rig) tellHost(t testing.TB, secret, headers string, events ...string) {
	t.Helper()
	for _, event := range events {
		r.greenhouse.act(t, "webhook", object{
			"event": event, "url": r.host.hookURL(t, "ats.greenhouse"), "secret": secret, "headers": headers,
		})
	}
}

const ours = "X-Organisation: " + organisation

// newPair starts Greenhouse, Alooba and a host between them that has their pairing alone. Greenhouse knows the host as its partner and, if
// there are events, tells it of these. Env is more of what the configuration reads; change is how it differs, besides its limits.
func newPair(t testing.TB, clock string, env, events []string, change ...string) *rig {
	t.Helper()
	r := &rig{greenhouse: startSandbox(t, "greenhouse"), alooba: startSandbox(t, "alooba")}
	r.all = []*sandbox{r.greenhouse, r.alooba}
	dir := pairingOnly(t, "alooba-greenhouse", append(eased(`vendor "alooba" {`, `ats "greenhouse" {`), change...)...)
	r.host = newHost(t, dir, clock, append(pairEnv(r), env...))
	r.host.start(t)
	r.alooba.act(t, "webhook", object{"url": r.host.hookURL(t, "vendor.alooba"), "secret": vendorSecret})
	r.enlist(t, partnerKey)
	r.tellHost(t, greenhouseSecret, ours, events...)
	return r
}

// pairingOnly is a copy of what configs/ has of one pairing, changed by pairs of an old text, which must be there, and a new one.
func pairingOnly(t testing.TB, pairing string, change ...string) string {
	t.Helper()
	dir := changed(t, change...)
	files, err := filepath.Glob(filepath.Join(dir, "*-*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == pairing+".hcl" {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "connections.hcl")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = connectionBlock.ReplaceAllFunc(text, func(block []byte) []byte {
		if slices.Contains(strings.Split(pairing, "-"), string(connectionBlock.FindSubmatch(block)[1])) {
			return block
		}
		return nil
	})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

var connectionBlock = regexp.MustCompile(`(?ms)^\w+ "(\w+)" \{.*?^\}\n`)

func pairEnv(r *rig) []string {
	return list(
		"GREENHOUSE_URL="+r.greenhouse.url+"/v3", "GREENHOUSE_PARTNER_KEY="+partnerKey, "GREENHOUSE_ORGANISATION="+organisation,
		"GREENHOUSE_WEBHOOK_SECRET="+greenhouseSecret, "GREENHOUSE_TOKEN_URL="+r.greenhouse.url+"/token",
		"ALOOBA_URL="+r.alooba.url, "ALOOBA_API_KEY="+r.alooba.key, "ALOOBA_ORGANISATION="+organisation, "ALOOBA_WEBHOOK_SECRET="+vendorSecret,
	)
}

// harvest is what connects Harvest: a credential of the customer's own.
var harvest = list("GREENHOUSE_CLIENT_ID=sandbox-client-1", "GREENHOUSE_CLIENT_SECRET="+oauth.DefaultClientSecret)

// opened is all that a state has, unsealed, as somebody reads it who has the file and its key. The host must have ended.
func (h *host) opened(t testing.TB) string {
	t.Helper()
	seal, err := journal.OpenSeal(h.state+".key", true)
	if err != nil {
		t.Fatal(err)
	}
	state, err := store.OpenBolt(h.state)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	var all strings.Builder
	for from := ""; ; {
		recs, err := state.Scan(t.Context(), from, "\xff", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range recs {
			text, err := seal.Open(rec.Key, rec.Val)
			if err != nil {
				t.Fatalf("%s: %v", rec.Key, err)
			}
			fmt.Fprintf(&all, "%s %s\n", rec.Key, text)
			from = rec.Key + "\x00"
		}
		if len(recs) == 0 {
			return all.String()
		}
	}
}

// logged is all that the host has logged.
func (h *host) logged() string {
	l := h.proc.stderr
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
