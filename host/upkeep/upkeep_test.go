package upkeep_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/host/store"
	"github.com/patchbay-dev/patchbay/host/upkeep"
	"github.com/patchbay-dev/patchbay/sdk"
)

const conn = "ats.lever"

// product makes a webhook if none of those that it is told of is its own, as a plugin's Prepare does.
type product struct {
	mu    sync.Mutex
	verbs map[sdk.Verb]sdk.Promise
	made  []string
	asked []sdk.Needs
	err   error
}

func (p *product) Verbs() map[sdk.Verb]sdk.Promise { return p.verbs }

func (p *product) Prepare(_ context.Context, n sdk.Needs) (sdk.Prepared, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, n)
	out := sdk.Prepared{Problems: []sdk.Problem{{Summary: "a template is missing"}}}
	if !slices.ContainsFunc(n.Hooks, func(id string) bool { return slices.Contains(p.made, id) }) {
		id := fmt.Sprintf("hook-%d", len(p.made)+1)
		p.made = append(p.made, id)
		out.Hooks = []sdk.Hook{{ID: id, Secret: "secret of " + id}, {ID: id + "b"}}
	}
	return out, p.err
}

// trust is what the door believes.
type trust map[string][]string

func keeper(t *testing.T, p *product) (*upkeep.Keeper, trust) {
	t.Helper()
	dir := t.TempDir()
	seal, err := journal.OpenSeal(filepath.Join(dir, "key"), false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.OpenBolt(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	door := trust{}
	return &upkeep.Keeper{
		Vault: journal.New(st, seal), Connections: map[string]upkeep.Connection{conn: p}, Signing: map[string][]string{conn: {"configured"}},
		Address: func(conn string) string { return "https://hooks.example.com/" + conn },
		Trust:   func(conn string, signing []string) { door[conn] = signing },
	}, door
}

// Webhooks are made once, however many prepare at once; what they are signed with is believed from then on.
func TestWebhooksAreMadeOnceAndBelieved(t *testing.T) {
	p := &product{verbs: map[sdk.Verb]sdk.Promise{sdk.VerbPrepare: {}}}
	k, door := keeper(t, p)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if problems, err := k.Prepare(t.Context(), conn); err != nil || len(problems) != 1 {
				t.Errorf("%v %v", problems, err)
			}
		})
	}
	all.Wait()
	if len(p.made) != 1 || p.asked[0].HookURL != "https://hooks.example.com/ats.lever" || len(p.asked[0].Hooks) != 0 {
		t.Errorf("made %v, asked %+v", p.made, p.asked[0])
	}
	if got := p.asked[4].Hooks; !slices.Equal(got, []string{"hook-1", "hook-1b"}) {
		t.Errorf("the plugin is told of %v", got)
	}
	if want := []string{"configured", "secret of hook-1"}; !slices.Equal(door[conn], want) {
		t.Errorf("believed: %v", door[conn])
	}
	if _, err := k.Vault.ChangeSecrets(t.Context(), conn, func(s *journal.Secrets) error {
		s.Keys = []journal.Key{{ID: "a", Secret: "key a"}, {ID: "b", Secret: "key b"}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := k.Renew(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if want := []string{"configured", "secret of hook-1", "key a", "key b"}; !slices.Equal(door[conn], want) {
		t.Errorf("believed: %v", door[conn])
	}
}

// What was made is kept also when the plugin then failed, and when whoever asked has left.
func TestWhatWasMadeBeforeAnErrorIsKept(t *testing.T) {
	broken := errors.New("500")
	p := &product{verbs: map[sdk.Verb]sdk.Promise{sdk.VerbPrepare: {}}, err: broken}
	k, door := keeper(t, p)
	if _, err := k.Prepare(t.Context(), conn); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	p.err = nil
	if _, err := k.Prepare(t.Context(), conn); err != nil || len(p.made) != 1 || len(door[conn]) != 2 {
		t.Errorf("made %v, %v", p.made, err)
	}
}

func TestAPluginThatDoesNotPrepare(t *testing.T) {
	p := &product{}
	k, _ := keeper(t, p)
	if problems, err := k.Prepare(t.Context(), conn); err != nil || problems != nil || len(p.asked) != 0 {
		t.Errorf("%v %v", problems, err)
	}
}
