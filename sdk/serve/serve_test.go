package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

type settings struct {
	Name   string            `json:"name" setting:"name,required" doc:"who it is"`
	Key    string            `json:"key" setting:"key,required" auth:"bearer" doc:"from the settings page"`
	Size   int               `json:"size" setting:"size" default:"3"`
	Ratio  float64           `json:"ratio" setting:"ratio"`
	Loud   bool              `json:"loud" setting:"loud" default:"true"`
	Words  []string          `json:"words" setting:"words" default:"[\"a\", \"b\"]"`
	Labels map[string]string `json:"labels" setting:"labels"`
	Greet  string            `json:"greet" setting:"greet" default:"say \"hi\""`
}

func schema(t *testing.T) []sdk.Setting {
	t.Helper()
	s, err := sdk.Settings(settings{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettingsFillTheAuthorsStruct(t *testing.T) {
	defaults := settings{Size: 3, Loud: true, Words: []string{"a", "b"}, Greet: `say "hi"`}
	all := settings{Name: "n", Size: 7, Ratio: 0.5, Labels: map[string]string{"x": "y"}}
	for given, want := range map[string]settings{
		``:   defaults,
		`{}`: defaults,
		`{"name":"n","size":7,"ratio":0.5,"loud":false,"words":null,"labels":{"x":"y"},"greet":""}`: all,
	} {
		got, err := decode[settings]([]byte(given), schema(t))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", given, err, diff)
		}
	}
}

func TestWrongSettingsAreNamedAndTheirValuesAreNot(t *testing.T) {
	for given, want := range map[string]sdk.SettingError{
		`{"nmae":"secret"}`:           {Setting: "nmae", Detail: "there is no such setting"},
		`{"Name":"secret"}`:           {Setting: "Name", Detail: "there is no such setting"},
		`{"name":12345}`:              {Setting: "name", Detail: "must be a string"},
		`{"size":12345.5}`:            {Setting: "size", Detail: "must be a whole number"},
		`{"size":"secret"}`:           {Setting: "size", Detail: "must be a whole number"},
		`{"ratio":true}`:              {Setting: "ratio", Detail: "must be a number"},
		`{"words":["a",12345]}`:       {Setting: "words", Detail: "must be a list(string)"},
		`{"labels":{"x":["secret"]}}`: {Setting: "labels", Detail: "must be a map(string)"},
	} {
		_, err := decode[settings]([]byte(given), schema(t))
		var refused *sdk.SettingError
		if !errors.As(err, &refused) || *refused != want {
			t.Errorf("%s: got %v, want %v", given, err, &want)
		}
	}
	for _, given := range []string{`[]`, `{"name":"secret"} {}`, `{"name":"sec`} {
		if _, err := decode[settings]([]byte(given), schema(t)); err == nil || strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: got %v", given, err)
		}
	}
}

func TestLogLinesAreHclogs(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out).With("connection", "vendor.acme")
	log.Warn("slow down", "after", 3, slog.Group("g", "level", "own"), "time", "noon", "level", "high")
	line := map[string]any{}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	stamp, _ := line["@timestamp"].(string)
	if !strings.Contains(stamp, "T") {
		t.Errorf("timestamp %q", stamp)
	}
	delete(line, "@timestamp")
	want := map[string]any{
		"@level": "warn", "@message": "slow down", "connection": "vendor.acme", "after": 3.0, "g": map[string]any{"level": "own"},
		"time": "noon", "level": "high",
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRunByHandItSaysWhatItIs(t *testing.T) {
	var out, complaints bytes.Buffer
	acme := wire.Description{About: sdk.About{Name: "acme", Version: "1.2.3"}, Role: sdk.RoleVendor, Settings: schema(t)}
	if code := byHand(acme, nil, &out, &complaints); code != 0 {
		t.Errorf("exit code %d: %s", code, &complaints)
	}
	const want = `patchbay-acme 1.2.3: Patchbay's plugin for an assessment vendor.

It is run by patchbay, not by hand. Put it into the folder of plugins, as patchbay-acme, writable by its owner only, and connect it:

    vendor "acme" {
      name = …
      key = …
    }

Settings:
    name    string        required            who it is
    key     string        required, secret    from the settings page
    size    number        default 3
    ratio   number
    loud    bool          default true
    words   list(string)  default ["a", "b"]
    labels  map(string)
    greet   string        default say "hi"
`
	if diff := cmp.Diff(want, trimLines(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if code := byHand(acme, []string{"sandbox"}, &out, &complaints); code != 2 || !strings.Contains(complaints.String(), `no command "sandbox"`) {
		t.Errorf("exit code %d: %s", code, &complaints)
	}
}

func trimLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}
