package plugin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/serve"
	"github.com/patchbay-dev/patchbay/sdk/wire"
)

// programs are what the test's binary is when it runs under the name patchbay-NAME: plugins good and bad, and a host to be killed.
var programs = map[string]func(){
	"toy": toy,
	"exits": func() {
		fmt.Fprintln(os.Stderr, "no licence")
		os.Exit(3)
	},
	"silent": func() { select {} },
	"babbles": func() {
		fmt.Println("hello")
		toy()
	},
	"crasher": func() {
		fmt.Fprintln(os.Stderr, `{"@message": 7, "@level": [], "@timestamp": {}}`)
		toy()
	},
	"flood": func() {
		go func() {
			for {
				fmt.Fprintln(os.Stderr, strings.Repeat("water ", 20_000))
			}
		}()
		toy()
	},
	"future": func() {
		half := wire.Plugins(wire.NewServer(wire.Description{}, nil, slog.New(slog.DiscardHandler)))[wire.Version]
		plugin.Serve(&plugin.ServeConfig{
			HandshakeConfig: wire.Handshake(), VersionedPlugins: map[int]plugin.PluginSet{9: half}, GRPCServer: plugin.DefaultGRPCServer,
		})
	},
	// Leaves a child that holds its standard error open: the pipe does not end with the process.
	"parent": func() {
		child := exec.Command("sleep", "1000")
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		os.Exit(4)
	},
	"confused": func() {
		serve.Vendor(sdk.About{Name: "confused", Events: []sdk.Kind{sdk.KindScored, sdk.KindHired}},
			func(toySettings, sdk.Conn) (sdk.Vendor, error) { return nil, nil })
	},
	"fickle": func() {
		if _, err := os.Stat(os.Getenv("FICKLE")); err == nil {
			os.Exit(5)
		}
		toy()
	},
	// Begins only after its host has died.
	"late": func() {
		host := os.Getppid()
		if err := os.WriteFile(os.Getenv("LATE"), fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
			panic(err)
		}
		for os.Getppid() == host {
			time.Sleep(time.Millisecond)
		}
		toy()
	},
	"host": func() {
		h, err := Open(context.Background(), Options{Dir: os.Args[1], Env: os.Args[2:], Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			panic(err)
		}
		fmt.Println(h.processes["toy"].Status().PID, h.sockets)
		select {}
	},
}

func TestMain(m *testing.M) {
	if program, ok := programs[strings.TrimPrefix(filepath.Base(os.Args[0]), prefix)]; ok {
		program()
		return
	}
	os.Exit(m.Run())
}

// toy is a plugin that does what its caller asks for.
func toy() {
	serve.Vendor(sdk.About{Name: "toy", Version: "1.2.3", Hosts: []string{"toy.example"}},
		func(s toySettings, c sdk.Conn) (sdk.Vendor, error) {
			if s.Greeting == "curse" {
				return nil, &sdk.SettingError{Setting: "greeting", Detail: "must be polite"}
			}
			return &toyVendor{s, c}, nil
		})
}

type toySettings struct {
	Greeting string `json:"greeting" setting:"greeting,required" doc:"what the toy says"`
	Volume   int    `json:"volume" setting:"volume" default:"3"`
}

type toyVendor struct {
	toySettings
	sdk.Conn
}

// Receive answers with the settings, or does what the body says.
func (v *toyVendor) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	switch string(r.Body) {
	case "hang":
		select {}
	case "panic":
		panic("candidate")
	case "exit":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
	case "forge":
		return sdk.Received{}, sdk.ErrUnauthorized
	case "redirect":
		_, err := v.HTTP.Get("http://toy.example/")
		return sdk.Received{}, err
	}
	return sdk.Received{Events: []sdk.Event{{ID: fmt.Sprint(v.Name, " ", v.Greeting, " ", v.Volume)}}}, nil
}

func (v *toyVendor) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if inv.Assessment == "hang" {
		select {}
	}
	return sdk.Invited{}, sdk.Refuse("missing_email", "no e-mail address")
}

// Assessments yields the environment, and then waits to be cancelled.
func (v *toyVendor) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return func(yield func(sdk.Assessment, error) bool) {
		for _, variable := range os.Environ() {
			if !yield(sdk.Assessment{ID: variable}, nil) {
				return
			}
		}
	}
}

// Poll lasts until it is cancelled.
func (v *toyVendor) Poll(ctx context.Context, remote string) ([]sdk.Event, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// install makes a folder of plugins of the named programs.
func install(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, prefix+name)
		if err := os.Link(self, path); err != nil {
			content, err := os.ReadFile(self)
			if err = errors.Join(err, os.WriteFile(path, content, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range append(names, "") {
		path := dir
		if f != "" {
			path = filepath.Join(dir, prefix+f)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// open runs plugins until the test ends.
func open(t *testing.T, o Options) *Host {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Env = append(o.Env, "GORACE=atexit_sleep_ms=0") // the race detector would hold each process's exit for a second
	h, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func connect(t *testing.T, p *Process, name, greeting string) *Conn {
	t.Helper()
	c, err := p.Connect(t.Context(), name, []byte(`{"greeting":"`+greeting+`"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say hands c a webhook and returns the one event's ID.
func say(ctx context.Context, c *Conn, body string) (string, error) {
	r, err := c.Receive(ctx, sdk.Request{Method: http.MethodPost, Body: []byte(body)})
	if err != nil || len(r.Events) == 0 {
		return "", err
	}
	return r.Events[0].ID, nil
}

// await waits until p's status is as wanted.
func await(t *testing.T, p *Process, want func(Status) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		p.mu.Lock()
		status, changed := p.status, p.changed
		p.mu.Unlock()
		if want(status) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("plugin is still %+v", status)
		}
	}
}

// eager is a clock that jumps to whatever somebody waits for.
type eager struct{ waits chan time.Duration }

func (e eager) Now() time.Time { return time.Time{} }
func (e eager) Until(ctx context.Context, at time.Time) error {
	if e.waits != nil {
		select {
		case e.waits <- at.Sub(e.Now()):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
