package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Prepare checks what the rules need of the Lever account: rights, webhooks, the user that writes are shown as, the hired reasons. It makes
// nothing, so that it can run as often as anybody likes; whatever is missing comes with the words that mend it.
func (c *connection) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	var all []sdk.Problem
	for _, check := range []func(context.Context, sdk.Needs) ([]sdk.Problem, error){
		c.checkRights, c.checkUser, c.checkHooks, c.checkReasons,
	} {
		found, err := check(ctx, n)
		all = append(all, found...)
		if err != nil {
			return sdk.Prepared{Problems: all}, err
		}
	}
	return sdk.Prepared{Problems: all}, nil
}

// checkRights reads one record of each kind that Application needs.
func (c *connection) checkRights(ctx context.Context, _ sdk.Needs) ([]sdk.Problem, error) {
	var found []sdk.Problem
	for _, what := range []string{"opportunities", "postings", "stages"} {
		err := c.api.Get(ctx, rest.Path{what}, url.Values{"limit": {"1"}}, nil)
		if forbidden(err) {
			found = append(found, lacks("read "+what, "no application can be read, so nothing is decided"))
			continue
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func (c *connection) checkUser(ctx context.Context, _ sdk.Needs) ([]sdk.Problem, error) {
	id := c.as.Get("perform_as")
	if id == "" {
		return nil, nil
	}
	var got answer[user]
	err := c.api.Get(ctx, rest.Path{"users", id}, nil, &got)
	const mend = "Set perform_as to the id of an active Lever user, best one made for it; until then Lever may refuse every write."
	switch {
	case forbidden(err):
		return []sdk.Problem{lacks("read users", "whether the user in perform_as is active cannot be checked")}, nil
	case errors.Is(err, sdk.ErrNotFound):
		return []sdk.Problem{{Summary: fmt.Sprintf("perform_as names user %s, whom Lever does not know", id), Fix: mend}}, nil
	case err != nil:
		return nil, err
	case got.Data.DeactivatedAt.Int != 0:
		return []sdk.Problem{{Summary: fmt.Sprintf("perform_as names user %s, who is deactivated", id), Fix: mend}}, nil
	}
	return nil, nil
}

// checkHooks looks for a webhook for each event in use. Lever may list only the webhooks that this key made, and does not tell whether an
// event group is switched off: so what it says is what to look at, not what surely is.
func (c *connection) checkHooks(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	var needed []string
	for _, h := range hooks {
		if slices.ContainsFunc(h.kinds, func(k sdk.Kind) bool { return slices.Contains(n.Events, k) }) {
			needed = append(needed, h.event)
		}
	}
	if len(needed) == 0 {
		return nil, nil
	}
	var missing []string
	have := map[string]bool{}
	for w, err := range list[webhook](ctx, c, rest.Path{"webhooks"}, nil) {
		if forbidden(err) {
			return []sdk.Problem{byHand("what webhooks there are cannot be checked: the API key may not read them", needed, n)}, nil
		}
		if err != nil {
			return nil, err
		}
		have[w.Event] = have[w.Event] || n.HookURL == "" || sameURL(w.URL, n.HookURL)
	}
	for _, event := range needed {
		if !have[event] {
			missing = append(missing, event)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	return []sdk.Problem{byHand(fmt.Sprintf("Lever lists no webhook of ours for %s", strings.Join(missing, ", ")), missing, n)}, nil
}

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
			"does not show these webhooks to this API key.", strings.Join(titles, ", "), target)}
}

// checkReasons compares hired_reasons with Lever's, when rejections matter.
func (c *connection) checkReasons(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	archive := hooks[slices.IndexFunc(hooks, func(h hook) bool { return h.event == archiveChange })]
	if !slices.ContainsFunc(archive.kinds, func(k sdk.Kind) bool { return slices.Contains(n.Events, k) }) {
		return nil, nil
	}
	var ids, missing []string
	for r, err := range list[archiveReason](ctx, c, rest.Path{"archive_reasons"}, url.Values{"type": {"hired"}}) {
		if forbidden(err) {
			return []sdk.Problem{lacks("read archive reasons", "hired_reasons cannot be checked")}, nil
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, fmt.Sprintf("%q", r.ID))
		if !slices.Contains(c.hired, r.ID) {
			missing = append(missing, r.Text)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	so := "their archiving would pass for a rejection"
	if len(c.hired) == 0 {
		so = "until it is set, archiving is told neither as rejected nor as unrejected"
	}
	return []sdk.Problem{{
		Summary: fmt.Sprintf("hired_reasons lacks %s: %s", strings.Join(missing, ", "), so),
		Fix:     fmt.Sprintf("Set hired_reasons = [%s]", strings.Join(ids, ", ")),
	}}, nil
}

func lacks(right, so string) sdk.Problem {
	return sdk.Problem{
		Summary: fmt.Sprintf("the API key may not %s: %s", right, so),
		Fix:     fmt.Sprintf("As a Super Admin, in Lever under Settings > Integrations and API > API Credentials, let the key %s.", right),
	}
}
