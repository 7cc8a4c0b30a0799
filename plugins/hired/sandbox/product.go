// Package sandbox is an imitation of Hired Assessments' API, as its reference sheet says it behaves; run as "patchbay-hired sandbox".
//
// Hired publishes no API of its own. This is the one that the sheet proposes (section 4.B) on the kernel that all proposed APIs share (0.4,
// 0.5), and beside it, under /greenhouse, the partner contract of Greenhouse that Hired does serve (0.3), with a key of its own. [New]
// builds both into a [kit.World], which brings clock, mail, webhooks and control plane. There are tests and invitations to them; each
// attempt of a candidate is an invitation, whose status only the functions in life.go change, and each change is told to the subscriptions.
// api.go and greenhouse.go are what programs see, act.go and page.go what people do.
//
// # Acts
//
// POST /_sandbox/acts/VERB; those about an invitation name it by one or more of invitation, application (external id), test (its name) and
// email, and mean the newest. They answer with its state, as GET /_sandbox/state/invitations lists it.
//
//	open, start, cancel, decline, bounce {type, reason}
//	submit {score}                            finishes the test: what was answered amounts to 50 unless told
//	score {score, language, seconds, revision}    the same; of a test that is finished it corrects the result: the next revision
//	expire                                    its time is over now
//	extend {days}                             that many days from now; an expired one is open again
//	test {name, languages, minutes, max_score}
//	webhook {url, events, secret}             a subscription, as POST /webhooks makes, with a secret of your choice
//	revoke-key, restore-key
//	greenhouse-key {key}, revoke-greenhouse-key    the key that Greenhouse uses; from the start it is greenhouse- and the API key
//
// GET /_sandbox/state/ invitations, tests, webhooks, greenhouse (its key, errors it reported); state alone is all of them.
//
// # Why
//
// One lock guards everything: nothing waits under it, since mail and webhooks are handed to the World. So every read agrees with every
// event that was sent, which is what the plugin is tested against.
//
// Pass and fail are no words of this API: an employer's thresholds are configured at the integration.
package sandbox

import (
	"strings"
	"sync"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

type product struct {
	*kit.World
	gate  *kernel.Gate
	hooks *kernel.Hooks
	ids   *kernel.IDs

	mu          sync.Mutex // guards all the rest, hooks and ids as well
	tests       []*test
	invitations map[string]*invitation
	order       []*invitation              // as they were made
	newest      map[natural]*invitation    // of several attempts
	addresses   map[string]map[string]bool // by the ATS's id of a person: all she was ever mailed at
	erased      map[string]bool            // by the ATS's id of a person
	greenhouse  greenhouse
}

// natural is what there is one open invitation of.
type natural struct{ application, test string }

// test is one entry of the catalogue. Names need not be unique.
type test struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Languages []string  `json:"languages"` // of programming
	Minutes   int       `json:"time_limit_minutes"`
	MaxScore  float64   `json:"max_score"`
	CreatedAt time.Time `json:"created_at"`
}

// events are what a subscription may ask for.
var events = []string{
	"invitation.sent", "invitation.bounced", "test.started", "test.completed", "invitation.expired", "invitation.cancelled",
}

// New builds the product. Unless the World is to be empty it has some tests.
func New(w *kit.World) kit.Product {
	p := &product{
		World: w, ids: kernel.NewIDs(w), invitations: map[string]*invitation{}, newest: map[natural]*invitation{},
		addresses: map[string]map[string]bool{}, erased: map[string]bool{},
	}
	p.greenhouse = greenhouse{kernel.NewPartner(w, &p.mu), map[string]*invitation{}}
	p.gate, p.hooks = kernel.NewGate(w, &p.mu, kernel.BasicUser, w.APIKey), kernel.NewHooks(w, &p.mu, p.ids, events...)
	if !w.Empty {
		p.addTest(newTest{Name: "General Programming"})
		p.addTest(newTest{Name: "Backend Go", Languages: []string{"go"}})
		p.addTest(newTest{Name: "Frontend", Languages: []string{"javascript", "typescript"}, Minutes: 60, MaxScore: 60})
	}
	return kit.Product{API: p.api(), Acts: p.acts(), State: kit.Parts(&p.mu, p.parts()), Page: p.page, Fault: kernel.Fault}
}

// newTest is what a test is made of; what is left out is as usual.
type newTest struct {
	Name      string   `json:"name"`
	Languages []string `json:"languages"`
	Minutes   int      `json:"minutes"`
	MaxScore  float64  `json:"max_score"`
}

func (p *product) addTest(in newTest) *test {
	made := &test{
		ID: p.ids.Next("t"), Name: in.Name, Languages: in.Languages, Minutes: in.Minutes, MaxScore: in.MaxScore, CreatedAt: p.Clock.Now(),
	}
	if len(made.Languages) == 0 {
		made.Languages = []string{"go", "java", "javascript", "python"}
	}
	if made.Minutes <= 0 {
		made.Minutes = 90
	}
	if made.MaxScore <= 0 {
		made.MaxScore = 100
	}
	p.tests = append(p.tests, made)
	return made
}

// testOf finds a test by its id, or by its exact name, of which the newest counts.
func (p *product) testOf(id, name string) *test {
	for i := len(p.tests) - 1; i >= 0; i-- {
		if t := p.tests[i]; t.ID == id || id == "" && t.Name == strings.TrimSpace(name) {
			return t
		}
	}
	return nil
}
