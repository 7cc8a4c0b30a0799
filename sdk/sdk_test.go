package sdk_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestSettings(t *testing.T) {
	type config struct {
		Key    string            `json:"api_key" setting:"api_key,required" auth:"bearer" doc:"made at Acme"`
		Hooks  []string          `json:"hooks" setting:"hooks" verify:"hook"`
		Base   string            `json:"base_url" setting:"base_url" default:"https://acme.example"`
		Pin    int               `json:"pin" setting:"pin,secret"`
		Ratio  float64           `json:"ratio" setting:"ratio"`
		Quiet  bool              `json:"quiet" setting:"quiet"`
		Stages map[string]string `json:"stages" setting:"stages"`
		Other  int               `json:"other"`
	}
	got, err := sdk.Settings(&config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sdk.Setting{
		{Name: "api_key", Type: sdk.TypeString, Required: true, Secret: true, Auth: "bearer", Doc: "made at Acme"},
		{Name: "hooks", Type: sdk.TypeStrings, Secret: true, Verify: true},
		{Name: "base_url", Type: sdk.TypeString, Default: "https://acme.example"},
		{Name: "pin", Type: sdk.TypeNumber, Secret: true},
		{Name: "ratio", Type: sdk.TypeNumber},
		{Name: "quiet", Type: sdk.TypeBool},
		{Name: "stages", Type: sdk.TypeMap},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if none, err := sdk.Settings(struct{}{}); err != nil || len(none) != 0 {
		t.Errorf("of an empty struct: %v, %v", none, err)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for says, config := range map[string]any{
		"is not a struct": "text",
		"unknown option": struct {
			A string `json:"a" setting:"a,requierd"`
		}{},
		`verify is "hmac"`: struct {
			A string `json:"a" setting:"a" verify:"hmac"`
		}{},
		"is no type of a": struct {
			A []int `json:"a" setting:"a"`
		}{},
		`is "b", not "a"`: struct {
			A string `json:"b" setting:"a"`
		}{},
		`name is "", not "a`: struct {
			A string `setting:"a"`
		}{},
	} {
		if _, err := sdk.Settings(config); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%T: %v, want one that says %q", config, err, says)
		}
	}
}

func TestKeysAndMarkers(t *testing.T) {
	a, b := sdk.NewKey("note", "ab", "c"), sdk.NewKey("note", "a", "bc")
	if a == b || a != sdk.NewKey("note", "ab", "c") {
		t.Errorf("keys %s and %s", a, b)
	}
	form := regexp.MustCompile(`^ref:([A-Z2-7]{4}-){3}[A-Z2-7]{4}$`)
	for _, k := range []sdk.Key{a, b, "", "of somebody else's making"} {
		if m := k.Marker(); !form.MatchString(m) || m != k.Marker() {
			t.Errorf("marker %q of key %q", m, k)
		}
	}
	if a.Marker() == b.Marker() {
		t.Error("two keys with one marker")
	}
}

// Each arm has its verb, and a Write without one has none.
func TestVerbOfAWrite(t *testing.T) {
	for verb, w := range map[sdk.Verb]sdk.Write{
		"": {}, sdk.VerbTags: {Tags: &sdk.Tags{}}, sdk.VerbLink: {Link: &sdk.Link{}}, sdk.VerbNote: {Note: &sdk.Note{}},
		sdk.VerbMove: {Move: &sdk.Move{}}, sdk.VerbInvite: {Invite: &sdk.Invitation{}}, sdk.VerbPosting: {Posting: &sdk.Posting{}},
		sdk.VerbOutcome: {Outcome: &sdk.Outcome{}}, sdk.VerbDelete: {Delete: &sdk.Deletion{}},
	} {
		if got := w.Verb(); got != verb {
			t.Errorf("%+v: verb %q, want %q", w, got, verb)
		}
	}
}

// What a plugin does not promise is never taken for safe where a person would get it twice.
func TestPromisesByDefault(t *testing.T) {
	for _, tt := range []struct {
		verb   sdk.Verb
		finder bool
		want   sdk.Repeat
	}{
		{sdk.VerbInvite, false, sdk.Never}, {sdk.VerbInvite, true, sdk.Look}, {sdk.VerbNote, false, sdk.Never}, {sdk.VerbNote, true, sdk.Look},
		{sdk.VerbTags, false, sdk.Safe}, {sdk.VerbLink, true, sdk.Safe}, {sdk.VerbMove, false, sdk.Safe},
	} {
		if got := sdk.DefaultPromise(tt.verb, tt.finder).Repeat; got != tt.want {
			t.Errorf("%s, finder %t: %s, want %s", tt.verb, tt.finder, got, tt.want)
		}
	}
}

func TestErrorsCanBeToldApart(t *testing.T) {
	var refusal *sdk.Refusal
	if err := sdk.Refuse("missing_email", "no address"); !errors.As(err, &refusal) || refusal.Reason != "missing_email" {
		t.Error(err)
	}
	var delay *sdk.Delay
	if err := sdk.Later(time.Minute, sdk.ErrNotFound); !errors.As(err, &delay) || delay.After != time.Minute || !errors.Is(err, sdk.ErrNotFound) {
		t.Error(err)
	}
}

// A secret that is sent instead of a signature: nothing but a live one counts, and an empty one never does.
func TestATokenIsOneOfTheLiveSecrets(t *testing.T) {
	for _, c := range []struct {
		secrets []string
		token   string
		want    bool
	}{
		{[]string{"old", "new"}, "new", true}, {[]string{"old", "new"}, "old", true}, {[]string{"old", "new"}, "ne", false},
		{[]string{"old"}, "", false}, {[]string{""}, "", false}, {nil, "", false}, {nil, "new", false},
	} {
		if got := (sdk.Request{Secrets: c.secrets}).Carries(c.token); got != c.want {
			t.Errorf("%q among %q: %t", c.token, c.secrets, got)
		}
	}
}

func TestAPluginTellsOfItsOwnSide(t *testing.T) {
	for _, role := range []sdk.Role{sdk.RoleATS, sdk.RoleVendor} {
		for _, of := range []sdk.Role{sdk.RoleATS, sdk.RoleVendor} {
			for _, kind := range of.Kinds() {
				if err := (sdk.About{Events: []sdk.Kind{kind}}).Check(role); (err == nil) != (role == of) {
					t.Errorf("a plugin of role %s tells of %s: %v", role, kind, err)
				}
			}
		}
		for _, kind := range []sdk.Kind{"", "hierd", sdk.KindFound} {
			if err := (sdk.About{Events: append(role.Kinds(), kind)}).Check(role); err == nil {
				t.Errorf("a plugin of role %s tells of %q", role, kind)
			}
		}
	}
}
