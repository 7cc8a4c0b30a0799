// Package sandbox is an imitation of Alooba's API, as its reference sheet says it behaves; run as "patchbay-alooba sandbox".
//
// Alooba publishes no API of its own. What the sheet proposes (section 1.B) stands in api.go, on the kernel that all proposed APIs share
// (0.4, 0.5); what Alooba serves to Greenhouse (0.3) stands in greenhouse.go, behind a gate with a key of its own.
// [New] builds both into a [kit.World], which brings clock, mail, webhooks and control plane. A participant is one attempt of one person at
// one assessment; only the functions in life.go and result.go change where she stands, and each change is told to the subscriptions, and at
// the end to Greenhouse. act.go and page.go are what people do.
//
// The API key is [kit.DefaultAPIKey] unless --api-key says otherwise; every native request also names the organisation,
// [DefaultOrganisation]. Greenhouse's key is "greenhouse-" and the API key. Alooba mails to the account's owner, [DefaultOwner].
//
// # Acts
//
// POST /_sandbox/acts/VERB; those about a participant name her by one or more of participant, application (external id), assessment (id or
// name) and email, and mean the newest. They answer with her state, as GET /_sandbox/state/participants lists it.
//
//	open, start, expire, resend, decline, cancel {reason}, bounce {type, reason}
//	submit {score, tests}             she finishes; what needs a grader stays open, and the score is then a partial one
//	evaluate, evaluate-part {score, tests}    a grader's work, all of it or a part: the next revision
//	score {score, tests, final}       she finishes, if she has not, and all is graded; final: false leaves the grading open
//	extend {days}                     from now on; also after she expired
//	assessment {name, passing_score, days_to_complete, soft_expiration, manual, retake_allowed, status}    a new one
//	assessment-edit {assessment, …}   the same names; what is absent stays: renames, unpublishes, raises the passing score
//	assessment-duplicate {assessment} a newer one of the same name
//	account {organisation, owner, quota}    what is absent stays; quota: invitations left, negative: no limit
//	webhook {url, events, secret}     a subscription, as POST /webhooks makes, with a secret of your choice
//	greenhouse-key {key}              replaces Greenhouse's key; none: a random one
//	revoke-greenhouse-key
//	callback-host {host}              where the sandbox may call Greenhouse back: host:port of the URLs in send_test; elsewhere it does not
//	revoke-key, restore-key
//
// GET /_sandbox/state/ participants, assessments, account, alerts, refused-callbacks, response-errors or webhooks; state alone is all
// of them.
//
// # Why
//
// One lock guards everything: nothing waits under it, since mail, webhooks and callbacks are handed on. So every read agrees with every
// event that was sent, which is what the plugin is tested against.
//
// send_test takes any callback, and only a call to a host that nobody allowed is left out: a partner finds out no earlier.
package sandbox

import (
	"sync"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// What an account has from the start.
const (
	DefaultOrganisation  = "Example Analytics"
	DefaultOwner         = "owner@example.test"
	DefaultGreenhouseKey = "greenhouse-" + kit.DefaultAPIKey
)

type product struct {
	*kit.World
	gate  *kernel.Gate
	hooks *kernel.Hooks
	ids   *kernel.IDs

	mu           sync.Mutex // guards all the rest, hooks and ids as well
	account      account
	assessments  []*assessment
	participants map[string]*participant
	order        []*participant // as they were added
	newest       map[natural]*participant
	people       map[string]*human // by the ATS's id of the person
	alerts       []alert
	greenhouse   greenhouse
}

// account is what its owner sets.
type account struct {
	Organisation string `json:"organisation"`
	Owner        string `json:"owner"` // an e-mail address
	Quota        int    `json:"quota"` // invitations left; negative: no limit
}

// natural is what there is one live participant of.
type natural struct{ application, assessment string }

// human is a person in all her invitations.
type human struct {
	participants []*participant
	addresses    map[string]bool // all she was ever mailed at, in lower case
	erased       bool
}

// alert is what the owner was told through the API.
type alert struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	External external `json:"external"`
}

// events are what a subscription may ask for.
var events = []string{
	"participant.scheduled", "participant.invited", "participant.bounced", "participant.started", "participant.completed",
	"participant.evaluated", "participant.expired", "participant.extended", "participant.cancelled", "participant.anonymised",
}

// New builds the product. Unless the World is to be empty it has some assessments.
func New(w *kit.World) kit.Product {
	p := &product{
		World: w, ids: kernel.NewIDs(w), account: account{DefaultOrganisation, DefaultOwner, -1}, participants: map[string]*participant{},
		newest: map[natural]*participant{}, people: map[string]*human{}, alerts: []alert{},
		greenhouse: greenhouse{hosts: map[string]bool{}, sends: map[string]*participant{}, refused: []string{}},
	}
	p.greenhouse.Partner = kernel.NewPartner(w, &p.mu)
	p.gate, p.hooks = kernel.NewGate(w, &p.mu, kernel.Bearer, w.APIKey), kernel.NewHooks(w, &p.mu, p.ids, events...)
	if !w.Empty {
		p.newAssessment(settings{Name: "Data Analyst Assessment"})
		p.newAssessment(settings{Name: "SQL Essentials"})
		p.newAssessment(settings{Name: "Product Analytics", Manual: new(true)})
	}
	return kit.Product{API: p.api(), Acts: p.acts(), State: kit.Parts(&p.mu, p.parts()), Page: p.page, Fault: kernel.Fault}
}
