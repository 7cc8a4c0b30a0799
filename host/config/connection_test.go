package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// settings is what a plugin tells.
var settings = []sdk.Setting{
	{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "bearer", Doc: "made in Settings > API."},
	{Name: "tokens", Type: sdk.TypeStrings, Secret: true, Verify: true},
	{Name: "base_url", Type: sdk.TypeString, Default: "https://api.example.test"},
	{Name: "perform_as", Type: sdk.TypeString},
	{Name: "page", Type: sdk.TypeNumber, Default: "100"},
	{Name: "sandbox", Type: sdk.TypeBool},
	{Name: "reasons", Type: sdk.TypeStrings, Default: `["hired"]`},
	{Name: "names", Type: sdk.TypeMap},
}

func decode(t *testing.T, block string) (Decoded, hcl.Diagnostics, *Folder) {
	t.Helper()
	dir := folder(t, "ats \"lever\" {\n"+block+"\n}\n")
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("from-a-file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, diags := Read(dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	got, diags := f.Connections[0].Decode(settings)
	return got, diags, f
}

func TestDecode(t *testing.T) {
	t.Setenv("LEVER_KEY", "from-env")
	t.Setenv("LEVER_ONE", "one")
	t.Setenv("LEVER_EMPTY", "")
	for _, tt := range []struct {
		name, block string
		want        Decoded
	}{
		{
			"defaults, and secrets apart",
			`api_key = env("LEVER_KEY")`,
			Decoded{Values: []byte(`{"base_url":"https://api.example.test","page":100,"reasons":["hired"]}`), Auth: "bearer", Credential: "from-env"},
		}, {
			"a mounted secret, without the line break at its end, and two tokens of which one is not set",
			`api_key = file("secret")
			tokens   = [env("LEVER_ONE"), env("LEVER_NEXT", null), env("LEVER_EMPTY", "two")]
			base_url = "http://127.0.0.1:1"
			sandbox  = true
			page     = "20"
			names    = { a = "b", c = null }
			reasons  = []`,
			Decoded{
				Values:  []byte(`{"base_url":"http://127.0.0.1:1","names":{"a":"b"},"page":20,"reasons":["hired"],"sandbox":true}`),
				BaseURL: "http://127.0.0.1:1", Auth: "bearer", Credential: "from-a-file", Signing: []string{"one", "two"},
			},
		}, {
			"what comes to nothing is left out",
			`api_key = env("LEVER_KEY")
			base_url   = env("LEVER_URL", null)
			tokens     = [env("LEVER_NEXT", null)]
			perform_as = ""`,
			Decoded{Values: []byte(`{"base_url":"https://api.example.test","page":100,"reasons":["hired"]}`), Auth: "bearer", Credential: "from-env"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, diags, _ := decode(t, tt.block)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct {
		block string
		line  int
		want  string
	}{
		{``, 1, "PB402 Missing setting: ats.lever needs api_key. It is: made in Settings > API."},
		{`api_key = env("LEVER_NONE", "")`, 2, "PB402 Missing setting"},
		{`api_key = env("LEVER_NONE")`, 2,
			"PB403 Environment variable not set: The environment variable LEVER_NONE is not set. Set it: ats.lever needs api_key."},
		{"api_key = env(\"HOME\")\ntokens = [env(\"LEVER_NONE\")]", 3, `Set it, or say what stands for it: env("LEVER_NONE", null).`},
		{`api_key = "s3cr3t"`, 2, `PB404 Secret in the file: api_key is a secret. Let env("LEVER_API_KEY")`},
		{"api_key = env(\"HOME\")\ntokens = [\n  env(\"HOME\"),\n  \"s3cr3t\",\n]", 5, "PB404 Secret in the file: tokens"},
		{"api_key = env(\"HOME\")\nbase_url = \"foo\"", 3, "PB409 Invalid URL: base_url is an http or https URL"},
		{"api_key = env(\"HOME\")\nbase_url = \"https://me:s3cr3t@host\"", 3, "PB409 Invalid URL"},
		{`api_key = file("none")`, 2, "PB315 Error in function call"},
		{`api_key = env()`, 2, "PB313 Not enough function arguments"},
		{"api_key = env(\"HOME\")\napi_kye = 1", 3, `PB401 Unknown setting: The plugin "lever" has no setting "api_kye". Did you mean "api_key"?`},
		{"api_key = env(\"HOME\")\npage = \"many\"", 3, "PB309 Wrong type: page is a number."},
		{"api_key = env(\"HOME\")\ntokens = \"one\"", 3, "PB309 Wrong type: tokens is a list(string)."},
		{"api_key = env(\"HOME\")\nbase_url = local.url", 3, "Variables not allowed"},
	} {
		_, diags, _ := decode(t, tt.block)
		if len(diags.Errs()) == 0 {
			t.Errorf("%s: accepted", tt.block)
			continue
		}
		if d := diags[len(diags)-1]; !strings.Contains(said(d), tt.want) || d.Subject.Start.Line != tt.line {
			t.Errorf("%s: line %d: %s, want line %d: %s", tt.block, d.Subject.Start.Line, said(d), tt.line, tt.want)
		}
	}
}

// TestNoWebhookSecret: a connection may be opened before the product has told the secret of its webhooks, and says so.
func TestNoWebhookSecret(t *testing.T) {
	for block, want := range map[string]string{
		"api_key = env(\"HOME\")\ntokens = [env(\"LEVER_NONE\", null)]": "PB410 No webhook secret: ats.lever takes no webhook until tokens has",
		"api_key = env(\"HOME\")\ntokens = [env(\"HOME\")]":             "",
		`api_key = env("HOME")`:                                         "",
	} {
		_, diags, _ := decode(t, block)
		if diags.HasErrors() || (len(diags) > 0) != (want != "") || want != "" && !strings.Contains(said(diags[0]), want) {
			t.Errorf("%s: %v, want %q", block, diags, want)
		}
	}
}

// TestSecretsStayHidden writes secrets where they must not be, and looks for them in all that is printed.
func TestSecretsStayHidden(t *testing.T) {
	const secret = "s3cr3t"
	for _, block := range []string{
		`api_key = "s3cr3t"`,
		`api_key = ["s3cr3t"]`,
		`api_key = lowr("s3cr3t")`,
		"api_key = env(\"HOME\")\ntokens = [\"s3cr3t\", {}]",
		"api_key = env(\"HOME\")\nbase_url = \"http://me:s3cr3t@host\"",
	} {
		got, diags, f := decode(t, block)
		if len(diags) == 0 {
			t.Errorf("%s: nothing is said of a secret in the file", block)
		}
		diags = append(diags, f.Connections[0].Refuse(&sdk.SettingError{Setting: "api_key", Detail: "too short"})...)
		var printed bytes.Buffer
		Print(&printed, f, diags)
		fmt.Fprintf(&printed, "%v %+v %#v %s", got, got, got, &got)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("settings", "got", got)
		if strings.Contains(printed.String(), secret) {
			t.Errorf("%s: %s", block, &printed)
		}
	}
}

func TestVerify(t *testing.T) {
	f, diags := Read("../../configs")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	i := slices.IndexFunc(f.Pairings, func(p *rule.Pairing) bool { return p.Label == "alva-lever" })
	p := f.Pairings[i]
	all := []sdk.Verb{"tags", "link", "note", "move", "search", "stages", "postings"}
	vendor := []sdk.Verb{"posting", "outcome", "delete"}
	if diags := Verify(p, all, vendor); len(diags) > 0 {
		t.Errorf("refused: %v", diags)
	}
	for _, tt := range []struct {
		ats, vendor []sdk.Verb
		want        string
	}{
		{all[:3], vendor, `on completed needs "move", which ats.lever cannot do as it is connected now.`},
		{all[1:], vendor, `tags "status" needs "tags"`},
		{all, vendor[:2], `mirror needs "delete", which vendor.alva cannot do`},
	} {
		var all []string
		for _, d := range Verify(p, tt.ats, tt.vendor) {
			if d.Subject.Start.Line == 0 {
				t.Errorf("no place: %s", said(d))
			}
			all = append(all, said(d))
		}
		if !strings.Contains(strings.Join(all, "\n"), tt.want) {
			t.Errorf("%q is not among %q", tt.want, all)
		}
	}
	resting := Verify(p, all[1:], vendor, sdk.VerbTags)
	rests := `WARNING: PB504 Resting rule: tags "status" needs "tags", which ats.lever can do`
	if len(resting) != 2 || !strings.Contains(said(resting[0]), rests) {
		t.Errorf("two groups rest: %v", resting)
	}
	if diags := Verify(p, all, vendor[1:], sdk.VerbPosting); !diags.HasErrors() {
		t.Errorf("what the vendor lacks does not rest: %v", diags)
	}
	stages := []sdk.Stage{{ID: "1", Name: "Asessment"}, {ID: "2", Name: " Interview "}}
	got := VerifyStages(p, stages)
	if len(got) != 1 || !strings.Contains(said(got[0]), `PB502 Unknown stage: ats.lever has no stage "Assessment". Did you mean "Asessment"?`) {
		t.Errorf("stages: %v", got)
	}
}
