// Package sandbox is an imitation of Alva's API, as its reference sheet says it behaves; run as "patchbay-alva sandbox".
//
// Alva publishes no API. This is the one that the sheet proposes (section 2.B) on the kernel that all proposed APIs share (0.4, 0.5), and
// beside it, under /greenhouse, the partner contract of Greenhouse that Alva does serve (0.3), with a key of its own. [New] builds it into a [kit.World], which brings clock, mail, webhooks and control plane. A position holds candidates; a candidate holds
// her invitation, whose status only the functions in life.go change; each change is told to the subscriptions. api.go is what programs see,
// act.go and page.go what people do.
//
// # Acts
//
// POST /_sandbox/acts/VERB; those about a candidate name her by one or more of candidate, application (external id), posting (external
// id) and email, and mean the newest. They answer with her state, as GET /_sandbox/state/candidates lists it.
//
//	open, start, pause, submit, remove, bounce {type, reason}, fail {reason}
//	score {score, tests, final, revision}     finishes what is open and tells a role fit; final unless false; revision: the next
//	evaluate {score}                          recalculates the role fit: the next revision
//	stored-result {email, score, completed_at, tests}    results from before; valid for 24 months
//	known-user {email}                        who can be a hiring manager
//	test-profile {name}
//	webhook {url, events, secret}             a subscription, as POST /webhooks makes, with a secret of your choice
//	revoke-key, restore-key
//	greenhouse-key {key}, revoke-greenhouse-key    the key that Greenhouse uses; from the start it is greenhouse- and the API key
//
// GET /_sandbox/state/ candidates, positions, users, results, webhooks, greenhouse or test-profiles; state alone is all of them.
//
// # Why
//
// One lock guards everything: nothing waits under it, since mail and webhooks are handed to the World. So every read agrees with every
// event that was sent, which is what the plugin is tested against.
package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

type product struct {
	*kit.World
	gate       *kernel.Gate
	hooks      *kernel.Hooks
	ids        *kernel.IDs
	greenhouse greenhouse

	mu            sync.Mutex // guards all the rest, hooks and ids as well
	profiles      []*profile
	users         map[string]bool // by lower-case e-mail address
	positions     map[string]*position
	byPosting     map[string]*position
	candidates    map[string]*candidate
	order         []*candidate // as they were added
	byApplication map[natural]*candidate
	people        map[string]*human // by the ATS's id of the person
	stored        map[string][]test // finished tests by lower-case e-mail address
}

// human is a person in all her positions.
type human struct {
	candidacies []*candidate
	addresses   map[string]bool // all she was ever mailed at
	erased      bool
}

// human is the person with the ATS's id; nil if she never was here.
func (p *product) human(c *candidate) *human { return p.people[c.external.CandidateID] }

// natural is what there is one candidate of.
type natural struct{ position, application string }

type profile struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// events are what a subscription may ask for: the first three mirror the toggles that Alva documents.
var events = []string{
	"candidate.created", "test_result.created", "role_fit.created",
	"invitation.sent", "invitation.bounced", "invitation.failed", "test.started", "candidate.removed",
}

// New builds the product. Unless the World is to be empty it has some test profiles and a known hiring manager.
func New(w *kit.World) kit.Product {
	p := &product{
		World: w, ids: kernel.NewIDs(w), users: map[string]bool{}, positions: map[string]*position{}, byPosting: map[string]*position{},
		candidates: map[string]*candidate{}, byApplication: map[natural]*candidate{}, people: map[string]*human{},
		stored: map[string][]test{},
	}
	p.gate, p.hooks = kernel.NewGate(w, &p.mu, kernel.Bearer, w.APIKey), kernel.NewHooks(w, &p.mu, p.ids, events...)
	p.greenhouse = greenhouse{kernel.NewPartner(w, &p.mu), map[string]*candidate{}}
	p.addProfile("Default profile")
	if !w.Empty {
		p.addProfile("Sales")
		p.addProfile("Software engineering")
		p.users["hiring.manager@example.test"] = true
	}
	return kit.Product{API: p.api(), Acts: p.acts(), State: kit.Parts(&p.mu, p.parts()), Page: p.page, Fault: kernel.Fault}
}

func (p *product) addProfile(name string) *profile {
	made := &profile{ID: p.ids.Next("tp"), Name: name, CreatedAt: p.Clock.Now()}
	p.profiles = append(p.profiles, made)
	return made
}

func (p *product) profile(id string) *profile {
	for _, known := range p.profiles {
		if known.ID == id {
			return known
		}
	}
	return nil
}

// keepPosting makes or updates the position of a posting. A hiring manager whom Alva does not know leaves the one there as she is.
func (p *product) keepPosting(posting string, in positionPut) (*position, error) {
	switch {
	case strings.TrimSpace(in.Name) == "":
		return nil, kernel.Malformed("name", "a job position needs a name")
	case in.TestProfileID != "" && p.profile(in.TestProfileID) == nil:
		return nil, kernel.Unprocessable("assessment_not_found", "no test profile has this id", "test_profile_id")
	}
	if err := checkTests(in.Tests); err != nil {
		return nil, err
	}
	now := p.Clock.Now()
	pos := p.byPosting[posting]
	if pos == nil {
		pos = &position{ID: p.ids.Next("pos"), ExternalID: posting, TestProfileID: p.profiles[0].ID, Tests: testKinds, CreatedAt: now}
		p.byPosting[posting], p.positions[pos.ID] = pos, pos
	}
	pos.Name, pos.Team, pos.UpdatedAt = in.Name, in.Team, now
	if pos.HiringManagerMatched = p.users[strings.ToLower(in.HiringManagerEmail)]; pos.HiringManagerMatched {
		pos.HiringManagerEmail = in.HiringManagerEmail
	}
	if in.TestProfileID != "" {
		pos.TestProfileID = in.TestProfileID
	}
	if len(in.Tests) > 0 {
		pos.Tests = in.Tests
	}
	return pos, nil
}

func illegal(c *candidate, verb string) error {
	message := fmt.Sprintf("%s is not possible while the invitation is %s", verb, c.Invitation.Status)
	return kernel.Refuse(http.StatusConflict, "invalid_transition", message, "")
}
