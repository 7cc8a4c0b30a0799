package plugin

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/sdk"
)

func TestManyConnectionsInOneProcess(t *testing.T) {
	h := open(t, Options{Dir: install(t, "toy")})
	p, err := h.Plugin("toy")
	if err != nil {
		t.Fatal(err)
	}
	if p.About().Version != "1.2.3" || p.Role() != sdk.RoleVendor || p.About().Hosts[0] != "toy.example" {
		t.Errorf("described as %+v", p.About())
	}
	want := []sdk.Setting{
		{Name: "greeting", Type: sdk.TypeString, Required: true, Doc: "what the toy says"},
		{Name: "volume", Type: sdk.TypeNumber, Default: "3"},
	}
	if diff := cmp.Diff(want, p.Settings()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	one, two := connect(t, p, "vendor.one", "hello"), connect(t, p, "vendor.two", "moin")
	for c, want := range map[*Conn]string{one: "vendor.one hello 3", two: "vendor.two moin 3"} {
		if got, err := say(t.Context(), c, ""); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	verbs := map[sdk.Verb]sdk.Promise{
		sdk.VerbInvite: {Repeat: sdk.Never}, sdk.VerbAssessments: {Repeat: sdk.Safe}, sdk.VerbPoll: {Repeat: sdk.Safe},
	}
	if diff := cmp.Diff(verbs, one.Verbs()); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := say(t.Context(), one, ""); err == nil || !strings.Contains(err.Error(), "vendor.one is closed") {
		t.Errorf("a closed connection answers %v", err)
	}
	if _, err := say(t.Context(), two, ""); err != nil {
		t.Errorf("the other connection answers %v", err)
	}
	if _, err := h.Plugin("lever"); err == nil || !strings.Contains(err.Error(), "there are: toy") {
		t.Errorf("a plugin that is not there: %v", err)
	}
}

func TestWhatThePluginMeansArrives(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy")}).Plugin("toy")
	c := connect(t, p, "vendor.toy", "hello")
	if _, err := say(t.Context(), c, "forge"); err != sdk.ErrUnauthorized {
		t.Errorf("a forged webhook: %v", err)
	}
	var refusal *sdk.Refusal
	if _, err := c.Write(t.Context(), sdk.Write{Invite: &sdk.Invitation{}}); !errors.As(err, &refusal) || refusal.Reason != "missing_email" {
		t.Errorf("a refusal: %v", err)
	}
	if _, err := say(t.Context(), c, "panic"); err == nil || !strings.Contains(err.Error(), "Receive panicked: a string") {
		t.Errorf("a panic: %v", err)
	}
	if s := p.Status(); s.Restarts != 0 || s.State != Ready {
		t.Errorf("none of these is the process's fault: %+v", s)
	}
}

func TestASettingIsRefusedByName(t *testing.T) {
	p, _ := open(t, Options{Dir: install(t, "toy")}).Plugin("toy")
	for settings, want := range map[string]sdk.SettingError{
		`{"greeting":"curse"}`: {Setting: "greeting", Detail: "must be polite"},
		`{"greeting":7}`:       {Setting: "greeting", Detail: "must be a string"},
		`{"volume":1.5}`:       {Setting: "volume", Detail: "must be a whole number"},
		`{"colour":"red"}`:     {Setting: "colour", Detail: "there is no such setting"},
	} {
		_, err := p.Connect(t.Context(), "vendor.toy", []byte(settings), "")
		var refused *sdk.SettingError
		if !errors.As(err, &refused) || *refused != want {
			t.Errorf("%s: got %v, want %v", settings, err, &want)
		}
	}
}

func TestTheHostsEnvironmentDoesNotLeak(t *testing.T) {
	t.Setenv("LEVER_API_KEY", "secret")
	t.Setenv("HTTPS_PROXY", "http://user:secret@proxy")
	p, _ := open(t, Options{Dir: install(t, "toy"), Env: []string{"GIVEN=yes"}}).Plugin("toy")
	var names []string
	for a, err := range connect(t, p, "vendor.toy", "hello").Assessments(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(a.ID, "=")
		if !strings.HasPrefix(name, "PLUGIN_") && !slices.Contains(passed, name) {
			names = append(names, name)
		}
	}
	if want := []string{"GIVEN", "GORACE", "PATCHBAY_PLUGIN"}; !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("the plugin sees %v besides %v, want %v", names, passed, want)
	}
}

func TestWhatDoesNotStart(t *testing.T) {
	for _, c := range []struct{ program, want string }{
		{"exits", `plugin exits does not start: it is no plugin, or ended too soon \(.*\): it began with ""; its last lines:\n\tno licence$`},
		{"silent", "plugin silent does not start: context deadline exceeded"},
		{"babbles", `plugin babbles does not start: it is no plugin, or ended too soon \(.*\): it began with "hello"`},
		{"future", "plugin future does not start: it was built for another version of Patchbay than this host, whose protocol is 1"},
		{"confused", `plugin confused does not start: .*\tpatchbay-confused: About.Events: "hired" is no kind of event that Receive of a plugin of ` +
			`role vendor may yield; there are: \[invited failed .* cancelled\]$`},
		{"parent", "plugin parent does not start"},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if c.program == "silent" {
				impatient, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = impatient
			}
			_, err := Open(ctx, Options{Dir: install(t, c.program), Log: slog.New(slog.DiscardHandler)})
			if matched := err != nil && match(c.want, err.Error()); !matched {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatIsNotTrusted(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string, o *Options)
		want   string
	}{
		{"no folder", func(t *testing.T, dir string, o *Options) { o.Dir = filepath.Join(dir, "none") }, "the folder of plugins: .*no such file"},
		{"no plugin", func(t *testing.T, dir string, o *Options) { o.Names = []string{"lever"} }, "plugin lever: .*no such file"},
		{"a path for a name", func(t *testing.T, dir string, o *Options) { o.Names = []string{"../toy"} }, `"../toy" is no name of a plugin`},
		{"a folder open to others", func(t *testing.T, dir string, o *Options) { chmod(t, dir, 0o777) }, "the folder of plugins: others .* may write"},
		{"a binary open to its group", func(t *testing.T, dir string, o *Options) { chmod(t, dir+"/patchbay-toy", 0o775) }, "plugin toy: others .* may write"},
		{"no program", func(t *testing.T, dir string, o *Options) { chmod(t, dir+"/patchbay-toy", 0o644) }, "patchbay-toy is not a program"},
		{"a link into a folder open to others", func(t *testing.T, dir string, o *Options) {
			elsewhere := install(t, "toy")
			chmod(t, elsewhere, 0o777)
			if err := os.Symlink(elsewhere+"/patchbay-toy", dir+"/patchbay-link"); err != nil {
				t.Fatal(err)
			}
			o.Names = []string{"link"}
		}, "the folder of plugin link: others .* may write"},
		{"another sum", func(t *testing.T, dir string, o *Options) {
			o.Sums = map[string]string{"toy": strings.Repeat("ab", 32)}
		},
			"plugin toy does not start: its SHA-256 is not abab"},
		{"no sum", func(t *testing.T, dir string, o *Options) { o.Sums = map[string]string{"toy": "abc"} }, `"abc" is no SHA-256 in hex`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			chmod(t, dir, 0o755)
			self, err := os.ReadFile(install(t, "toy") + "/patchbay-toy")
			if err = errors.Join(err, os.WriteFile(dir+"/patchbay-toy", self, 0o755)); err != nil {
				t.Fatal(err)
			}
			o := Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}
			c.change(t, dir, &o)
			if _, err := Open(t.Context(), o); err == nil || !match(c.want, err.Error()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLinesThatCrashGoPlugin(t *testing.T) {
	var log bytes.Buffer
	h, err := Open(t.Context(), Options{Dir: install(t, "crasher"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin("crasher")
	connect(t, p, "vendor.toy", "hello")
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "level=INFO msg=7 plugin=crasher") {
		t.Errorf("log:\n%s", log.String())
	}
}

// What a plugin prints may be shown by a terminal, which obeys control characters.
func TestNoControlCharacterGetsIntoTheLog(t *testing.T) {
	var log bytes.Buffer
	l := newLines(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	l.Write([]byte("a\x00b\x1b[2J\tc\r\n" + `{"@message":"m\u001b\n","k\u0007":["v\u009b\nw\tx",{"n\r":"o\r","p":7}]}` + "\nbegun\x07"))
	const want = `{"level":"INFO","msg":"a?b?[2J c"}` + "\n" +
		`{"level":"INFO","msg":"m??","k?":["v?\nw x",{"n ":"o ","p":7}]}` + "\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if quoted := l.quote(); !strings.HasPrefix(quoted, "; its last lines:\n\ta?b?[2J c\n\t{") || !strings.HasSuffix(quoted, "\n\tbegun?") {
		t.Errorf("quoted as %q", quoted)
	}
}

func TestAFloodOfLinesDrownsNobody(t *testing.T) {
	var log bytes.Buffer
	h, err := Open(t.Context(), Options{Dir: install(t, "flood"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin("flood")
	c := connect(t, p, "vendor.toy", "hello")
	for range 20 {
		if _, err := say(t.Context(), c, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(log.String()) {
		if len(line) > maxLine+200 {
			t.Fatalf("a line of %d bytes", len(line))
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func match(pattern, s string) bool { return regexp.MustCompile("(?s)" + pattern).MatchString(s) }
