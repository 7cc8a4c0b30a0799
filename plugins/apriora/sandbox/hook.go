package sandbox

import (
	"encoding/json"
	"errors"
	"maps"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// events are all that the webhook hears of.
var events = []string{
	"invite.sent", "invite.bounced", "invite.failed", "session.scheduled", "session.missed", "session.started", "session.paused",
	"session.ended", "session.incomplete", "session.completed",
}

// hook is the one subscription, which the act webhook makes: Apriora has one setting for an address and no API. One that was answered 410
// is none. The documented bodies are no kernel's; their signatures are Standard Webhooks, as the sheet proposes.
func (p *product) hook() (one kernel.HookState, ok bool) {
	for _, one := range p.hooks.State() {
		if one.Active {
			return one, true
		}
	}
	return kernel.HookState{}, false
}

// hooking is the address and its secret; none: one is made.
type hooking struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

func (p *product) setHook(a hooking) (any, error) {
	before := p.hooks.State()
	made, err := p.hooks.Add(kernel.Subscription{URL: a.URL, Secret: a.Secret})
	if err != nil {
		return nil, err
	}
	for _, one := range before {
		p.hooks.Remove(one.ID)
	}
	return made, nil
}

// rotate replaces the secret. The one before signs beside the new one for a day.
func (p *product) rotate(a struct{ Secret string }) (any, error) {
	one, ok := p.hook()
	if !ok {
		return nil, errors.New("there is no webhook")
	}
	return p.hooks.Renew(one.ID, a.Secret)
}

// emit tells the webhook what happened to an invite just now; more is what this event says beyond what all say. Events of a session have
// the data that Apriora documents. What happens before there is one is no session's, and names the invite.
func (p *product) emit(event string, i *invite, more map[string]any) {
	data := map[string]any{
		"candidateId": i.CandidateID, "candidateEmail": p.candidate(i.CandidateID).Email, "positionId": i.PositionID, "time": p.now(),
	}
	if i.reportID != "" {
		data["reportId"] = i.reportID
	} else {
		data["inviteId"] = i.InviteID
	}
	if i.Attempt > 1 {
		data["attempt"] = i.Attempt
	}
	maps.Copy(data, more)
	body, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		panic(err) // plain data of ours
	}
	p.hooks.Send(event, body)
}
