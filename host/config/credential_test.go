package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// ways are the settings of products: one that gives a key or lets an app in, one that only lets an app in and calls us with a key of ours.
var ways = map[string][]sdk.Setting{
	"both": {
		{Name: "api_key", Type: sdk.TypeString, Secret: true, Auth: "basic"},
		{Name: "client_id", Type: sdk.TypeString},
		{Name: "client_secret", Type: sdk.TypeString, Secret: true, Auth: "oauth"},
	},
	"app": {
		{Name: "client_id", Type: sdk.TypeString},
		{Name: "client_secret", Type: sdk.TypeString, Secret: true, Auth: "oauth"},
		{Name: "partner_key", Type: sdk.TypeString, Secret: true, Auth: "basic", Verify: true},
	},
}

// A connection gets access in exactly one way; what is wrong is told at its line.
func TestOneWayOfGettingAccess(t *testing.T) {
	t.Setenv("ACME_SECRET", "s3cr3t")
	for _, tt := range []struct {
		name, settings, block string
		line                  int    // of the problem; 0: there is none
		says                  string // the problem, or auth and credential and key
	}{
		{"a key", "both", `api_key = env("ACME_SECRET")`, 0, "basic s3cr3t "},
		{"an app", "both", "client_id = \"a\"\nclient_secret = env(\"ACME_SECRET\")", 0, "oauth s3cr3t "},
		{"neither", "both", "", 1, "Missing setting: ats.acme needs api_key, or else client_id and client_secret."},
		{"a key that is not set here", "both", `api_key = env("ACME_NONE")`, 2, "Environment variable not set"},
		{"two", "both", "api_key = env(\"ACME_SECRET\")\nclient_id = \"a\"\nclient_secret = env(\"ACME_SECRET\")", 3,
			"Two credentials: ats.acme gets access by api_key, or by client_id and client_secret: say one of them."},
		{"a key and half an app", "both", "api_key = env(\"ACME_SECRET\")\nclient_secret = env(\"ACME_SECRET\")", 3, "Two credentials"},
		{"an app without its secret", "both", "client_id = \"a\"\nclient_secret = env(\"ACME_NONE\", null)", 2,
			"Missing setting: ats.acme needs client_id and client_secret together."},
		{"an app without its name", "both", `client_secret = env("ACME_SECRET")`, 2, "Missing setting"},
		{"what an app may be left out of", "app", "", 0, "  "},
		{"an app, and a key of ours", "app", "partner_key = env(\"ACME_SECRET\")\nclient_id = \"a\"\nclient_secret = env(\"ACME_SECRET\")", 0,
			"oauth s3cr3t s3cr3t"},
		{"a key of ours alone", "app", `partner_key = env("ACME_SECRET")`, 0, "basic s3cr3t s3cr3t"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte("ats \"acme\" {\n"+tt.block+"\n}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			f, diags := Read(dir)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, diags := f.Connections[0].Decode(ways[tt.settings])
			if tt.line == 0 {
				if now := strings.Join([]string{got.Auth, got.Credential, strings.Join(got.Keys, ",")}, " "); diags.HasErrors() || now != tt.says {
					t.Errorf("%q, want %q: %v", now, tt.says, diags)
				}
				var plugins map[string]string
				if err := json.Unmarshal(got.Values, &plugins); err != nil || plugins["client_secret"] != "" || plugins["partner_key"] != "" {
					t.Errorf("the plugin gets %s, %v", got.Values, err)
				}
				return
			}
			if len(diags) != 1 || diags[0].Subject.Start.Line != tt.line || !strings.Contains(diags[0].Summary+": "+diags[0].Detail, tt.says) {
				t.Errorf("%v, want at line %d: %s", diags, tt.line, tt.says)
			}
		})
	}
}
