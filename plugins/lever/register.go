package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// prepareHooks sees to the webhooks that the events in use need. It makes those that are missing, or says how a person makes them, as the
// operator has it. Lever may list only the webhooks that this credential made, and does not tell whether an event group is switched off: so
// what a person is told is what to look at, not what surely is.
func (c *connection) prepareHooks(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	needed := neededHooks(n)
	if len(needed) == 0 && (!c.registers || len(n.Hooks) == 0) {
		return sdk.Prepared{}, nil
	}
	listed, err := c.listHooks(ctx)
	if forbidden(err) && len(needed) == 0 {
		return sdk.Prepared{}, nil
	}
	if forbidden(err) {
		return problem(byHand("what webhooks there are cannot be checked: "+c.us()+" may not read them", needed, n)), nil
	}
	if err != nil {
		return sdk.Prepared{}, err
	}
	if c.registers && n.HookURL != "" {
		return c.register(ctx, n, needed, listed)
	}
	var missing []string
	for _, event := range needed {
		there := func(w webhook) bool { return w.Event == event && (n.HookURL == "" || sameURL(w.URL, n.HookURL)) }
		if !slices.ContainsFunc(listed, there) {
			missing = append(missing, event)
		}
	}
	if len(missing) == 0 {
		return sdk.Prepared{}, nil
	}
	return problem(byHand("Lever lists no webhook of ours for "+strings.Join(missing, ", "), missing, n)), nil
}

// neededHooks are Lever's words for the events that n needs.
func neededHooks(n sdk.Needs) []string {
	var needed []string
	for _, h := range hooks {
		if slices.ContainsFunc(h.kinds, func(k sdk.Kind) bool { return slices.Contains(n.Events, k) }) {
			needed = append(needed, h.event)
		}
	}
	return needed
}

func (c *connection) listHooks(ctx context.Context) ([]webhook, error) {
	var all []webhook
	for w, err := range list[webhook](ctx, c, rest.Path{"webhooks"}, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// register makes the needed webhooks that are missing, then takes away what we made and no longer want: those of events or an address of
// before, and second copies. Ours are those whose ids n names and no others; a webhook that somebody else made for our address does not
// count, for its token is not known here.
func (c *connection) register(ctx context.Context, n sdk.Needs, needed []string, listed []webhook) (sdk.Prepared, error) {
	var done sdk.Prepared
	wanted := map[string]bool{} // ids
	for _, event := range needed {
		at := slices.IndexFunc(listed, func(w webhook) bool {
			return w.Event == event && sameURL(w.URL, n.HookURL) && slices.Contains(n.Hooks, w.ID)
		})
		if at >= 0 {
			wanted[listed[at].ID] = true
			continue
		}
		made, err := c.makeHook(ctx, event, n.HookURL, listed)
		if no, ok := errors.AsType[*rest.StatusError](err); ok {
			done.Problems = append(done.Problems, byHand(fmt.Sprintf("Lever refused to make the webhook for %s: %s", event, no), []string{event}, n))
			continue
		}
		if err != nil {
			return done, err
		}
		done.Hooks = append(done.Hooks, made)
	}
	for _, w := range listed {
		if wanted[w.ID] || !slices.Contains(n.Hooks, w.ID) {
			continue
		}
		if err := c.removeHook(ctx, w.ID); err != nil {
			return done, err
		}
	}
	return done, nil
}

// makeHook makes one webhook. Its token is in the answer and nowhere else: when the answer is lost, whatever has appeared for our address,
// whose secret nobody else knows, is taken away again, so that the next attempt makes it anew and not twice.
func (c *connection) makeHook(ctx context.Context, event, target string, before []webhook) (sdk.Hook, error) {
	var made answer[webhook]
	err := c.api.Post(ctx, rest.Path{"webhooks"}, nil, map[string]string{"url": target, "event": event}, &made)
	if err == nil && (made.Data.ID == "" || made.Data.Configuration.SignatureToken == "") {
		err = fmt.Errorf("the webhook for %s was made, but the answer lacks its id or its token", event)
	}
	if err == nil {
		return sdk.Hook{ID: made.Data.ID, Secret: made.Data.Configuration.SignatureToken}, nil
	}
	if _, surely := errors.AsType[*rest.StatusError](err); surely || errors.Is(err, sdk.ErrDisconnected) {
		return sdk.Hook{}, err
	}
	now, lookErr := c.listHooks(ctx)
	if lookErr != nil {
		return sdk.Hook{}, errors.Join(err, lookErr)
	}
	for _, w := range now {
		known := slices.ContainsFunc(before, func(b webhook) bool { return b.ID == w.ID })
		if !known && w.Event == event && sameURL(w.URL, target) {
			err = errors.Join(err, c.removeHook(ctx, w.ID))
		}
	}
	return sdk.Hook{}, err
}

// removeHook takes a webhook away; one that is gone already is fine.
func (c *connection) removeHook(ctx context.Context, id string) error {
	err := c.api.Delete(ctx, rest.Path{"webhooks", id}, nil, nil, nil)
	if errors.Is(err, sdk.ErrNotFound) {
		return nil
	}
	return err
}

// refused tells an answer with that status.
func refused(err error, status int) bool {
	no, ok := errors.AsType[*rest.StatusError](err)
	return ok && no.Status == status
}

// forbidden tells a right that we lack, for an endpoint or for one confidential record.
func forbidden(err error) bool { return refused(err, http.StatusForbidden) }

// sameURL compares addresses as far as Lever may have rewritten them.
func sameURL(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// byHand says how a person makes the webhooks for events.
func byHand(summary string, events []string, n sdk.Needs) sdk.Problem {
	var titles []string
	for _, h := range hooks {
		if slices.Contains(events, h.event) {
			titles = append(titles, h.title)
		}
	}
	target := n.HookURL
	if target == "" {
		target = "this connection's webhook URL"
	}
	return sdk.Problem{Summary: summary, Fix: fmt.Sprintf(
		"As a Super Admin, in Lever: Settings > Integrations and API > Webhooks. Under each of %s: switch the event on, add a webhook with the "+
			"URL %s, generate its signature token, and add the token to signing_tokens. If that is done already and events arrive, Lever just "+
			"does not show these webhooks to this connection.", strings.Join(titles, ", "), target)}
}
