package sandbox

import (
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/access"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/form"
	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/hook"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// postingArgs are what a posting is made or changed with; nil: as it is.
type postingArgs struct {
	Posting                                      string // which one, when it is changed
	Text, Team, Department, Location, Commitment *string
	Description, Closing, SalaryText             *string
	State, HiringManager, Owner                  *string
	Tags, Channels                               *[]string
	Lists                                        *[]section
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
		set(&p.closing, args.Closing)
		set(&p.lists, args.Lists)
		set(&p.salaryText, args.SalaryText)
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
	if _, ok := api.Canonical(args.Email); !ok {
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
	body := hook.Body{URL: &args.URL, Event: &args.Event}
	body.Configuration.Conditions.Origins = args.Origins
	made, err := a.hooks.Make(body, "", args.Token)
	if err != nil {
		return nil, err
	}
	return ids{"webhook": made.ID}, nil
}

// onWebhook finds the webhook of an act and does it.
func (a *account) onWebhook(id string, do func(at int)) (ids, error) {
	at := a.hooks.Find(id)
	if at < 0 {
		return nil, fmt.Errorf("webhook %q: %w", id, sandbox.ErrNotFound)
	}
	do(at)
	return ids{"webhook": id}, nil
}

func (a *account) actWebhookToken(args struct{ Webhook, Token string }) (ids, error) {
	return a.onWebhook(args.Webhook, func(at int) { a.hooks.Retoken(at, args.Token) })
}

func (a *account) actWebhookTest(args struct{ Webhook string }) (ids, error) {
	return a.onWebhook(args.Webhook, func(at int) { a.hooks.Test(a.hooks.All[at]) })
}

func (a *account) actWebhookRemove(args struct{ Webhook string }) (ids, error) {
	return a.onWebhook(args.Webhook, a.hooks.Remove)
}

// templateArgs are what a person does to a feedback template in Lever's pages; fields are given whole.
type templateArgs struct {
	Template     string // which one, when it is changed
	Text         string
	Instructions string
	Fields       []form.Field
}

func (a *account) actTemplate(args templateArgs) (ids, error) {
	t, err := a.addTemplate(form.Body{Text: args.Text, Instructions: args.Instructions, Fields: args.Fields}, false)
	if err != nil {
		return nil, err
	}
	return ids{"template": t.ID}, nil
}

func (a *account) actTemplateEdit(args templateArgs) (ids, error) {
	t, err := find("template", a.templates, args.Template)
	if err == nil {
		t, err = a.changeTemplate(t, form.Body{Text: args.Text, Instructions: args.Instructions, Fields: args.Fields})
	}
	if err != nil {
		return nil, err
	}
	return ids{"template": t.ID}, nil
}

func (a *account) actTemplateRemove(args struct{ Template string }) (ids, error) {
	t, err := find("template", a.templates, args.Template)
	if err != nil {
		return nil, err
	}
	a.removeTemplate(t)
	return ids{"template": t.ID}, nil
}

// actKey makes an API key, or gives one that there is other rights.
func (a *account) actKey(args access.Key) (ids, error) {
	if args.ID == "" {
		args.ID = a.world.Hex(16)
	}
	a.doors.Put(args)
	return ids{"key": args.ID}, nil
}

func (a *account) actKeyRemove(args struct{ Key string }) (ids, error) {
	if !a.doors.Remove(args.Key) {
		return nil, fmt.Errorf("key: %w", sandbox.ErrNotFound)
	}
	return ids{"key": args.Key}, nil
}

// settingsArgs are the settings to change; nil: as it is.
type settingsArgs struct {
	BlankWrites *bool            `json:"blank_writes"`
	ReuseToken  *bool            `json:"reuse_token"`
	RetryAfter  *bool            `json:"retry_after"`
	Silent      *map[string]bool `json:"silent"`
	Ratings     *[]string        `json:"ratings"` // texts of the score-system in templates made from now on, the best first
}

func (a *account) actSettings(args settingsArgs) (any, error) {
	set(&a.settings.BlankWrites, args.BlankWrites)
	set(&a.settings.RetryAfter, args.RetryAfter)
	set(&a.scale.Options, args.Ratings)
	set(&a.hooks.Settings.ReuseToken, args.ReuseToken)
	set(&a.hooks.Settings.Silent, args.Silent)
	return a.allSettings(), nil
}

// allSettings are the account's and those of its webhooks.
func (a *account) allSettings() any {
	return struct {
		settings
		hook.Settings
	}{a.settings, a.hooks.Settings}
}
