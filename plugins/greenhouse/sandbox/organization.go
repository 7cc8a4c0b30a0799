package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// object is JSON as it is built for an answer or a webhook.
type object = map[string]any

// organization is one customer's Greenhouse.
type organization struct {
	world  *sandbox.World
	client *http.Client  // to the partner
	slots  chan struct{} // calls to the partner under way at once

	mu           sync.Mutex
	id           int
	name         string
	settings     settings
	partner      partner
	made         int // the last id; ids of all kinds come from one row, so that one kind is never taken for another
	users        []*user
	jobs         []*job
	candidates   []*candidate
	applications []*application
	interviews   []*interview // of all applications
	fields       []*field
	reasons      []*reason
	sources      []*source
	sends        []*send
	hooks        []*webhook
	oauth        *oauth.Server
	doors        http.Handler       // of oauth
	windows      map[string]*window // of the rate limit, by client
}

type user struct {
	id                   int
	first, last, email   string
	jobTitle, employeeID string
	siteAdmin            bool // sees and may do everything but what is private
	private              bool // sees private candidates and fields
	deactivated          bool
	service              bool // made for a client, has no address
	createdAt, updatedAt time.Time
}

func (u *user) name() string { return strings.TrimSpace(u.first + " " + u.last) }

type source struct {
	id   int
	name string
}

// reason is why somebody is rejected.
type reason struct {
	id, typeID     int
	name, typeName string
}

// job is open; all are of one department and one office.
type job struct {
	id, post, opening, department, office int
	name                                  string
	stages                                []*stage
	createdAt                             time.Time
}

// stage is one of a job's interview plan.
type stage struct {
	id        int
	name      string
	job       *job
	step      *step
	createdAt time.Time
}

// step is what is to be done in a stage, and is called like it. A take-home test's test is one of the partner's, chosen from its list.
type step struct {
	id   int
	kind string // none, needs_scheduling, take_home_test, offer
	test test
	auto bool // sent when a candidate enters the stage
}

const takeHome = "take_home_test"

// settings are the switches for what the sheet leaves open or describes as rare (sections 11 and 12).
type settings struct {
	MergeFields bool             `json:"merge_fields"` // custom_fields of an application are merged; else they replace the whole set
	ExpiresIn   bool             `json:"expires_in"`   // tokens say expires_in instead of expires_at
	RateLimit   int              `json:"rate_limit"`   // requests a window for each client; 0: no limit
	RateWindow  sandbox.Duration `json:"rate_window"`  //

	CallTimeout sandbox.Duration `json:"call_timeout"` // of a call to the partner, in real time
	StatusDelay sandbox.Duration `json:"status_delay"` // between the PATCH and test_status
	Polling     bool             `json:"polling"`      // hourly test_status for what is sent from now on, as for old integrations

	EventIDPerTry bool `json:"event_id_per_try"` // each try of a webhook has an id of its own
}

var usual = settings{
	RateLimit: 75, RateWindow: sandbox.Duration(30 * time.Second),
	CallTimeout: sandbox.Duration(10 * time.Second), StatusDelay: sandbox.Duration(time.Second),
}

func (o *organization) now() time.Time { return o.world.Clock.Now() }

func (o *organization) nextID() int {
	o.made++
	return o.made
}

// thing is what can be pointed at by its id or by its name.
type thing interface{ names() (id int, name string) }

func (u *user) names() (int, string)        { return u.id, u.email }
func (s *source) names() (int, string)      { return s.id, s.name }
func (r *reason) names() (int, string)      { return r.id, r.name }
func (j *job) names() (int, string)         { return j.id, j.name }
func (s *stage) names() (int, string)       { return s.id, s.name }
func (c *candidate) names() (int, string)   { return c.id, "" }
func (a *application) names() (int, string) { return a.id, "" }
func (f *field) names() (int, string)       { return f.id, f.key }
func (h *webhook) names() (int, string)     { return h.id, h.Name }
func (s *send) names() (int, string)        { return s.id, "" }

// ref points at a thing in an act: by its id, as a number or as digits, or by its name (a user: e-mail address; a field: key).
type ref string

// UnmarshalJSON takes a number too.
func (r *ref) UnmarshalJSON(b []byte) error {
	if n, err := strconv.Atoi(string(b)); err == nil {
		*r = ref(strconv.Itoa(n))
		return nil
	}
	return json.Unmarshal(b, (*string)(r))
}

// byID gives the thing with this id, as the API finds it.
func byID[T thing](things []T, want int) (found T, ok bool) {
	for _, t := range things {
		if id, _ := t.names(); id == want {
			return t, true
		}
	}
	return found, false
}

// find gives the thing with this id, or else with this name, as a person finds it.
func find[T thing](what string, things []T, want ref) (found T, err error) {
	if id, err := strconv.Atoi(string(want)); err == nil {
		if t, ok := byID(things, id); ok {
			return t, nil
		}
	}
	for _, t := range things {
		if _, name := t.names(); want != "" && name == string(want) {
			return t, nil
		}
	}
	return found, fmt.Errorf("%s %q: %w", what, string(want), sandbox.ErrNotFound)
}

// idOf is the id of what may be missing, as JSON has it.
func idOf[T any, P interface {
	*T
	thing
}](p P) any {
	if p == nil {
		return nil
	}
	id, _ := p.names()
	return id
}

// text is a string that Greenhouse shows as null when it is empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// emailAddress is what Greenhouse takes for a valid address.
var emailAddress = regexp.MustCompile(`^[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+$`)

// takeHome is the stage's test; nil when it has none.
func (s *stage) takeHome() *step {
	if s.step.kind != takeHome {
		return nil
	}
	return s.step
}

// at is a moment as webhooks write it; atMillis as Harvest does.
func at(t time.Time) string       { return t.UTC().Format("2006-01-02T15:04:05Z") }
func atMillis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// moment is a time that may be missing.
func moment(t *time.Time, write func(time.Time) string) any {
	if t == nil {
		return nil
	}
	return write(*t)
}

// plain is a copy in which nothing leads back into the organization.
func plain(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data of ours
	}
	return b
}
