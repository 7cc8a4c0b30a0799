package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync"
)

// Kinds of faults.
const (
	FaultStatus = "status" // answered with Status; the product is not asked
	FaultReset  = "reset"  // the connection is cut before the product reads the request
	FaultLost   = "lost"   // the product handles the request, then the connection is cut without an answer
	// The product handles the request after Delay, or, to no one's knowledge, as soon as the caller has left: no later, since a virtual
	// clock may then pass in an instant the time that callers leave a product to show what they did.
	FaultSlow = "slow"
)

// Fault is a failure of the network or the product that strikes matching requests.
type Fault struct {
	Method     string   `json:"method,omitempty"`      // empty: any
	Path       string   `json:"path,omitempty"`        // a regular expression, matched anywhere in the path; empty: any
	Kind       string   `json:"kind"`                  //
	Status     int      `json:"status,omitempty"`      // of FaultStatus
	RetryAfter int      `json:"retry_after,omitempty"` // of FaultStatus: the header's seconds; 0: no header
	Delay      Duration `json:"delay,omitempty"`       // of FaultSlow, in real time
	Count      int      `json:"count,omitempty"`       // strikes at most so often; 0: without end
	Rate       float64  `json:"rate,omitempty"`        // strikes this share of the matching requests; 0: all
	Seed       uint64   `json:"seed,omitempty"`        // of Rate
	Struck     int      `json:"struck"`                // how often it has
}

// Faults are the faults in force.
type Faults struct {
	mu   sync.Mutex
	list []*armed
}

type armed struct {
	Fault
	path   *regexp.Regexp
	random *rand.Rand
}

// Add puts faults in force, behind those that are. It adds all or none.
func (f *Faults) Add(faults ...Fault) error {
	var list []*armed
	for i, fault := range faults {
		path, err := regexp.Compile(fault.Path)
		if err != nil {
			return fmt.Errorf("fault %d: path: %w", i, err)
		}
		fault.Struck = 0
		switch {
		case fault.Kind != FaultStatus && fault.Kind != FaultReset && fault.Kind != FaultLost && fault.Kind != FaultSlow:
			return fmt.Errorf("fault %d: kind %q is none of status, reset, lost, slow", i, fault.Kind)
		case fault.Kind == FaultStatus && (fault.Status < 200 || fault.Status > 599):
			return fmt.Errorf("fault %d: kind status needs a status from 200 to 599, has %d", i, fault.Status)
		case fault.Kind == FaultSlow && fault.Delay <= 0:
			return fmt.Errorf("fault %d: kind slow needs a delay", i)
		case fault.Rate < 0 || fault.Rate > 1:
			return fmt.Errorf("fault %d: rate %g is not within 0 and 1", i, fault.Rate)
		}
		list = append(list, &armed{Fault: fault, path: path, random: rand.New(rand.NewPCG(fault.Seed, uint64(i)))})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, list...)
	return nil
}

// Clear ends all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// List tells the faults in force, and how often each has struck.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Fault{}
	for _, a := range f.list {
		list = append(list, a.Fault)
	}
	return list
}

// strike is the first fault that strikes the request; its Kind is empty when none does.
func (f *Faults) strike(r *http.Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.list {
		switch {
		case a.Method != "" && a.Method != r.Method:
		case a.Count > 0 && a.Struck >= a.Count:
		case !a.path.MatchString(r.URL.Path):
		case a.Rate > 0 && a.random.Float64() >= a.Rate:
		default:
			a.Struck++
			return a.Fault
		}
	}
	return Fault{}
}
