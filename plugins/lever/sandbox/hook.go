package sandbox

import (
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/hook"
)

var origins = hook.Origins // how an opportunity can have come about

func (a *account) listWebhooks(q *request) (any, error) {
	views := []any{}
	for _, h := range a.hooks.All {
		if h.Owner == q.key.ID {
			views = append(views, h.View(false))
		}
	}
	return api.Envelope{Data: views}, nil
}

func (a *account) createWebhook(q *request) (any, error) {
	var body hook.Body
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	made, err := a.hooks.Make(body, q.key.ID, a.world.Hex(24))
	if err != nil {
		return nil, api.BadRequest("%s", err)
	}
	return api.Envelope{Data: made.View(true)}, nil
}

// ownHook is the place of a webhook that the caller's credential made.
func (a *account) ownHook(q *request, id string) (int, error) {
	at := a.hooks.Find(id)
	if at < 0 || a.hooks.All[at].Owner != q.key.ID {
		return 0, api.Unknown("webhooks", id)
	}
	return at, nil
}

// putWebhooks is PUT /webhooks, which changes several or none.
func (a *account) putWebhooks(q *request) (any, error) {
	var body struct {
		Data []hook.Body `json:"data"`
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.Data) == 0 {
		return nil, api.BadRequest("data is required")
	}
	before, views, tests := a.hooks.All, []any{}, []*hook.Hook{}
	for _, b := range body.Data {
		at, err := a.ownHook(q, b.ID)
		if err == nil {
			var changed *hook.Hook
			if changed, err = a.hooks.Change(at, b); err == nil {
				views = append(views, changed.View(false))
				if b.Configuration.VerifyConnection {
					tests = append(tests, changed)
				}
				continue
			}
			err = api.BadRequest("%s", err)
		}
		a.hooks.All = before
		return nil, err
	}
	for _, one := range tests {
		a.hooks.Test(one)
	}
	return api.Envelope{Data: views}, nil
}

func (a *account) deleteWebhook(q *request) (any, error) {
	at, err := a.ownHook(q, q.PathValue("id"))
	if err == nil {
		a.hooks.Remove(at)
	}
	return nil, err
}

// tell sends an event of an opportunity to whom it concerns (sheet 5.3): a confidential one too.
func (a *account) tell(event string, o *opportunity, more map[string]any) {
	data := map[string]any{"opportunityId": o.id, "contactId": o.contact.id, "candidateId": o.legacy}
	for k, v := range more {
		data[k] = v
	}
	a.hooks.Tell(event, o.origin, data)
}

func (a *account) tellContact(event string, c *contact) {
	a.hooks.Tell(event, "", map[string]any{"contactId": c.id})
}
