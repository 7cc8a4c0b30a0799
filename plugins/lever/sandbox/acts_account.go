package sandbox

import (
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// postingArgs are what a posting is made or changed with; nil: as it is.
type postingArgs struct {
	Posting                                      string // which one, when it is changed
	Text, Team, Department, Location, Commitment *string
	Description, State, HiringManager, Owner     *string
	Tags, Channels                               *[]string
	Salary                                       *salary
	Confidential                                 *bool
}

// change checks the arguments and gives what they do to a posting.
func (args postingArgs) change(a *account) (func(*posting), error) {
	people := map[string]*user{}
	for _, email := range []*string{args.HiringManager, args.Owner} {
		if email != nil && *email != "" {
			u, err := find("user", a.users, *email)
			if err != nil {
				return nil, err
			}
			people[*email] = u
		}
	}
	states := []string{"published", "internal", "closed", "draft", "pending", "rejected"}
	if args.State != nil && !slices.Contains(states, *args.State) {
		return nil, fmt.Errorf("state %q is none of %v", *args.State, states)
	}
	return func(p *posting) {
		set(&p.text, args.Text)
		set(&p.team, args.Team)
		set(&p.department, args.Department)
		set(&p.location, args.Location)
		set(&p.commitment, args.Commitment)
		set(&p.description, args.Description)
		set(&p.state, args.State)
		set(&p.tags, args.Tags)
		set(&p.channels, args.Channels)
		set(&p.confidential, args.Confidential)
		if args.Salary != nil {
			p.salary = args.Salary
		}
		if args.HiringManager != nil {
			p.hiringManager = people[*args.HiringManager]
		}
		if args.Owner != nil && *args.Owner != "" { // a posting always has one
			p.owner = people[*args.Owner]
		}
	}, nil
}

func (a *account) actPosting(args postingArgs) (ids, error) {
	change, err := args.change(a)
	if err != nil {
		return nil, err
	}
	p := posting{owner: a.users[0]}
	if change(&p); p.text == "" || args.Posting != "" {
		return nil, fmt.Errorf("a new posting needs a text, and gets its id by itself")
	}
	return ids{"posting": a.addPosting(p).id}, nil
}

func (a *account) actPostingEdit(args postingArgs) (ids, error) {
	p, err := find("posting", a.postings, args.Posting)
	if err != nil {
		return nil, err
	}
	change, err := args.change(a)
	if err != nil {
		return nil, err
	}
	a.edit(p, change)
	return ids{"posting": p.id}, nil
}

type postingTagArgs struct {
	Posting string
	Tags    []string
}

func (a *account) actPostingTag(change func(list, texts []string) []string) func(postingTagArgs) (ids, error) {
	return func(args postingTagArgs) (ids, error) {
		p, err := find("posting", a.postings, args.Posting)
		if err != nil {
			return nil, err
		}
		a.edit(p, func(p *posting) { p.tags = change(p.tags, args.Tags) })
		return ids{"posting": p.id}, nil
	}
}

func (a *account) actStageRename(args struct{ Stage, Text string }) (ids, error) {
	s, err := find("stage", a.stages, args.Stage)
	if err != nil {
		return nil, err
	}
	i := slices.Index(a.stages, s)
	renamed := *s
	renamed.Text = args.Text
	a.stages = slices.Clone(a.stages)
	a.stages[i] = &renamed
	for _, o := range a.opportunities {
		if o.stage == s {
			o.stage = &renamed
		}
	}
	return ids{"stage": s.ID}, nil
}

func (a *account) actUser(args struct{ Name, Email, Role string }) (ids, error) {
	if _, ok := canonical(args.Email); !ok {
		return nil, fmt.Errorf("a user needs an e-mail address")
	}
	return ids{"user": a.addUser(args.Name, args.Email, args.Role).ID}, nil
}

func (a *account) actUserDeactivate(args struct{ User string }) (ids, error) {
	u, err := find("user", a.users, args.User)
	if err != nil {
		return nil, err
	}
	at := a.now()
	u.DeactivatedAt = &at
	return ids{"user": u.ID}, nil
}

// actWebhook is a webhook made by hand in Lever's settings page. Without a token its deliveries are not signed.
func (a *account) actWebhook(args struct {
	URL, Event, Token string
	Origins           []string
}) (ids, error) {
	h := &webhook{id: a.world.UUID(), token: args.Token, origins: origins, createdAt: a.now(), updatedAt: a.now()}
	body := webhookBody{URL: &args.URL, Event: &args.Event}
	body.Configuration.Conditions.Origins = args.Origins
	if err := body.configure(h); err != nil {
		return nil, err
	}
	a.hooks = append(slices.Clip(a.hooks), h)
	return ids{"webhook": h.id}, nil
}

func (a *account) hook(id string) (int, error) {
	i := slices.IndexFunc(a.hooks, func(h *webhook) bool { return h.id == id })
	if i < 0 {
		return i, fmt.Errorf("webhook %q: %w", id, sandbox.ErrNotFound)
	}
	return i, nil
}

// actWebhookToken gives a webhook a new token, which signs from the next try on.
func (a *account) actWebhookToken(args struct{ Webhook, Token string }) (ids, error) {
	i, err := a.hook(args.Webhook)
	if err != nil {
		return nil, err
	}
	h := *a.hooks[i]
	h.token = args.Token
	a.hooks = slices.Clone(a.hooks)
	a.hooks[i] = &h
	return ids{"webhook": h.id}, nil
}

func (a *account) actWebhookTest(args struct{ Webhook string }) (ids, error) {
	i, err := a.hook(args.Webhook)
	if err != nil {
		return nil, err
	}
	a.verify(a.hooks[i])
	return ids{"webhook": args.Webhook}, nil
}

func (a *account) actWebhookRemove(args struct{ Webhook string }) (ids, error) {
	i, err := a.hook(args.Webhook)
	if err != nil {
		return nil, err
	}
	a.hooks = slices.Delete(slices.Clone(a.hooks), i, i+1)
	return ids{"webhook": args.Webhook}, nil
}

// actKey makes an API key, or gives one that there is other rights.
func (a *account) actKey(args key) (ids, error) {
	if args.ID == "" {
		args.ID = a.world.Hex(16)
	}
	if k := a.keys[args.ID]; k != nil {
		*k = args
	} else {
		a.keys[args.ID] = &args
	}
	return ids{"key": args.ID}, nil
}

func (a *account) actKeyRemove(args struct{ Key string }) (ids, error) {
	if a.keys[args.Key] == nil {
		return nil, fmt.Errorf("key: %w", sandbox.ErrNotFound)
	}
	delete(a.keys, args.Key)
	return ids{"key": args.Key}, nil
}

// settingsArgs are the settings to change; nil: as it is.
type settingsArgs struct {
	BlankWrites *bool            `json:"blank_writes"`
	ReuseToken  *bool            `json:"reuse_token"`
	RetryAfter  *bool            `json:"retry_after"`
	Silent      *map[string]bool `json:"silent"`
}

func (a *account) actSettings(args settingsArgs) (settings, error) {
	set(&a.settings.BlankWrites, args.BlankWrites)
	set(&a.settings.ReuseToken, args.ReuseToken)
	set(&a.settings.RetryAfter, args.RetryAfter)
	set(&a.settings.Silent, args.Silent)
	return a.settings, nil
}
