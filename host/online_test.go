package main_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCheckOnline asks real sandboxes: a product that does not answer is a finding at its connection, for people and for machines.
func TestCheckOnline(t *testing.T) {
	t.Parallel()
	lever, alva := startSandbox(t, "lever"), startSandbox(t, "alva")
	dir := configuration(t)
	file := filepath.Join(dir, "connections.hcl")
	atLever, atAlva := place{"PB503", file, lineOf(t, file, `ats "lever" {`)}, place{"PB503", file, lineOf(t, file, `vendor "alva" {`)}
	for _, tt := range []struct {
		what string
		env  []string
		code int
		want []place
	}{
		{"all is well", nil, 0, []place{}},
		{"a wrong key of Lever's", list("LEVER_API_KEY=wrong"), 3, []place{atLever}},
		{"a wrong key of Alva's", list("ALVA_API_KEY=wrong"), 3, []place{atAlva}},
		{"both are gone", list("LEVER_URL=http://127.0.0.1:1/v1", "ALVA_URL=http://127.0.0.1:1"), 3, []place{atLever, atAlva}},
		{"no URL", list("LEVER_URL=foo"), 3, []place{{"PB409", file, lineOf(t, file, "base_url = ")}}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			h := &host{env: append(list(
				"LEVER_URL="+lever.url+"/v1", "LEVER_API_KEY="+lever.key, "LEVER_SIGNING_TOKEN="+leverToken,
				"ALVA_URL="+alva.url, "ALVA_API_KEY="+alva.key, "ALVA_WEBHOOK_SECRET="+alvaSecret,
			), tt.env...)}
			stdout, stderr, code := h.command(t, "check", "--online", "--json", "--plugins", h.plugins(t), dir)
			var got []place
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != tt.code {
				t.Fatalf("exit %d, %v: %s%s", code, err, stdout, stderr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// place is a finding, as far as machines need it.
type place struct {
	Code, File string
	Line       int
}

// A host starts before the products have given the secrets of their webhooks: they ask for its address first. It believes no webhook then.
func TestAHostWithoutWebhookSecrets(t *testing.T) {
	t.Parallel()
	h := lonely(t)
	h.env = append(h.env, "LEVER_SIGNING_TOKEN=", "ALVA_WEBHOOK_SECRET=")
	h.start(t)
	if status := post(t, h.hookURL(t, "ats.lever"), nil, move("ann")); status != 401 {
		t.Errorf("a webhook is answered %d", status)
	}
	if code := h.proc.stop(t); code != 0 {
		t.Fatalf("the host ends with %d", code)
	}
	stdout, _, code := h.command(t, "check", "--plugins", h.plugins(t), h.config)
	if code != 0 || strings.Count(stdout, "PB410: No webhook secret") != 2 {
		t.Errorf("check: exit %d:\n%s", code, stdout)
	}
}
