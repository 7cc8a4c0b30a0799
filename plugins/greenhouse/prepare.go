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

// Prepare names what a person must do in Greenhouse. Without Harvest nothing can be looked at, so it names all that the rules need, done or
// not.
func (p *partner) Prepare(_ context.Context, n sdk.Needs) (sdk.Prepared, error) {
	return sdk.Prepared{Problems: append(p.addresses(n), p.byHand(n, webhooksFor(n))...)}, nil
}

// addresses are what Greenhouse's staff must be told: customers cannot enter them, nor the key, and they cannot be looked up.
func (p *partner) addresses(n sdk.Needs) []sdk.Problem {
	if !slices.Contains(n.Events, sdk.KindRequested) && !slices.Contains(n.Verbs, sdk.VerbReport) {
		return nil
	}
	var urls []string
	for _, name := range []string{"list_tests", "send_test", "test_status", "response_error"} {
		urls = append(urls, name+" "+target(n)+"/partner/"+name)
	}
	return []sdk.Problem{{
		Summary: "Greenhouse calls us for tests only once its staff have entered our addresses and a key; whether they have cannot be looked up",
		Fix: fmt.Sprintf("Open a ticket with Greenhouse Support for an assessment integration and name these addresses: %s. Hand over the first "+
			"of partner_keys by the SendSafely link that Support sends, not in the ticket.", strings.Join(urls, ", ")),
	}}
}

func target(n sdk.Needs) string {
	if n.HookURL == "" {
		return "<this connection's webhook URL>"
	}
	return strings.TrimRight(n.HookURL, "/")
}

// webhooksFor are those that tell of the events in use.
func webhooksFor(n sdk.Needs) []webhook {
	return slices.DeleteFunc(slices.Clone(webhooks), func(w webhook) bool { return !slices.Contains(n.Events, w.kind) })
}

// byHand says how a person makes webhooks.
func (p *partner) byHand(n sdk.Needs, missing []webhook) []sdk.Problem {
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for _, w := range missing {
		name := w.action
		if w.title != "" {
			name = fmt.Sprintf("%q (%s)", w.title, w.action)
		}
		names = append(names, name)
	}
	header := ""
	if p.organisation != "" {
		header = fmt.Sprintf(", under Advanced settings the additional header X-Organisation: %s", p.organisation)
	}
	return []sdk.Problem{{
		Summary: fmt.Sprintf("Greenhouse shows us no webhook for %s", strings.Join(names, ", ")),
		Fix: fmt.Sprintf("In Greenhouse under Configure > Dev Center > Web Hooks, make one for each of these events, with the endpoint URL %s, "+
			"as secret key one of webhook_secrets or partner_keys%s, and somebody's address for errors. Patchbay must run while you save: each "+
			"is tried at once, and switched off if that fails. If that is done already and events arrive, Greenhouse just does not show its "+
			"webhooks to us.", target(n), header),
	}}
}

// Prepare checks what the rules need of the account: permissions, the user who acts, webhooks, custom fields. It makes the user, if one is
// named in integration_user and there is none. Custom fields that are missing are made with the first value, which tells their type.
func (h *harvest) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	all := h.addresses(n)
	for _, check := range []func(context.Context, sdk.Needs) ([]sdk.Problem, error){
		h.checkScopes, h.checkUser, h.checkHooks, h.checkFields,
	} {
		found, err := check(ctx, n)
		all = append(all, found...)
		if err != nil {
			return sdk.Prepared{Problems: all}, err
		}
	}
	return sdk.Prepared{Problems: all}, nil
}

// checkScopes reads one record of each list that the rules need. Whether something may be written shows only when it is.
func (h *harvest) checkScopes(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	var found []sdk.Problem
	for _, s := range scopes {
		always := len(s.Verbs) == 0 && len(s.Events) == 0
		_, resource, _ := strings.Cut(s.Name, ":")
		resource, lists := strings.CutSuffix(resource, ":list")
		if !lists || !always && !overlaps(s.Verbs, n.Verbs) && !overlaps(s.Events, n.Events) {
			continue
		}
		err := h.api.Get(ctx, rest.Path{resource}, url.Values{"per_page": {"1"}}, nil)
		if forbidden(err) {
			found = append(found, permission(s.Name))
			continue
		}
		if err != nil {
			return found, unlisted(resource, err)
		}
	}
	return found, nil
}

func overlaps[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}

func permission(scope string) sdk.Problem {
	return sdk.Problem{
		Summary: lacking(scope),
		Fix: fmt.Sprintf("As a Site Admin, in Greenhouse under Configure > Dev Center > API Credentials, tick %s for our credential; and under "+
			"Configure > Users make the user who acts for it Site Admin.", scope),
	}
}

// checkUser finds or makes the user of integration_user, or finds that of on_behalf_of, and checks that she acts and may.
func (h *harvest) checkUser(ctx context.Context, _ sdk.Needs) ([]sdk.Problem, error) {
	query := url.Values{"primary_email": {h.integration}}
	switch {
	case h.integration == "" && h.actor == "":
		return nil, nil // Greenhouse's own user for the credential acts
	case h.integration == "":
		query = url.Values{"ids": {h.actor}}
	}
	u, ok, err := first[user](ctx, h, "users", query)
	if refusal(err) != nil {
		return nil, nil // checkScopes has said so
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		var problems []sdk.Problem
		if u, problems, err = h.missingUser(ctx); err != nil || len(problems) > 0 {
			return problems, err
		}
	}
	return h.checkActor(u), nil
}

func (h *harvest) checkActor(u user) []sdk.Problem {
	var found []sdk.Problem
	if u.Deactivated {
		found = append(found, sdk.Problem{
			Summary: fmt.Sprintf("Greenhouse user %s, who is to act for us, is deactivated", u.ID),
			Fix:     "Activate that user in Greenhouse under Configure > Users.",
		})
	}
	if !u.SiteAdmin {
		found = append(found, sdk.Problem{
			Summary: fmt.Sprintf("Greenhouse user %s, who is to act for us, is not Site Admin: Harvest shows her nothing", u.ID),
			Fix: "In Greenhouse under Configure > Users, edit that user, choose Reassign permissions, assign Site Admin, and tick the rights to " +
				"private candidates, private fields and confidential jobs as far as your rules need them.",
		})
	}
	if h.actor != string(u.ID) {
		found = append(found, sdk.Problem{
			Summary: fmt.Sprintf("the integration user is Greenhouse user %s, but another acts for us", u.ID),
			Fix:     fmt.Sprintf("Set on_behalf_of = %q.", u.ID),
		})
	}
	return found
}

// missingUser makes the user of integration_user. A list without her may be one that shows nothing at all (trap 10): she may exist then.
func (h *harvest) missingUser(ctx context.Context) (user, []sdk.Problem, error) {
	if h.integration == "" {
		return user{}, []sdk.Problem{{
			Summary: fmt.Sprintf("on_behalf_of names user %s, whom Greenhouse does not show", h.actor),
			Fix:     "Set on_behalf_of to the id of an active Greenhouse user who is Site Admin, best one made for this.",
		}}, nil
	}
	_, anybody, err := first[user](ctx, h, "users", url.Values{"per_page": {"1"}})
	if err != nil {
		return user{}, nil, err
	}
	if !anybody {
		return user{}, []sdk.Problem{{
			Summary: "Greenhouse shows no users at all: the user who acts for our credential is not Site Admin",
			Fix:     "Make that user Site Admin in Greenhouse under Configure > Users.",
		}}, nil
	}
	var made user
	body := map[string]any{"first_name": "Patchbay", "last_name": "Integration", "primary_email": h.integration}
	err = final(h.api.Post(ctx, rest.Path{"users"}, nil, body, &made), "harvest:users:create")
	switch refused := refusal(err); {
	case refused == nil:
		return made, nil, err
	case refused.Reason == "permission":
		return made, []sdk.Problem{permission("harvest:users:create")}, nil
	default:
		return made, []sdk.Problem{{
			Summary: "Greenhouse did not make the user of integration_user: " + refused.Detail,
			Fix:     "Make a user with that e-mail address by hand in Greenhouse under Configure > Users.",
		}}, nil
	}
}

// refusal is err if it is one, else nil.
func refusal(err error) *sdk.Refusal {
	r, _ := errors.AsType[*sdk.Refusal](err)
	return r
}

// checkHooks looks for a webhook for each event in use. Greenhouse shows webhooks to few credentials: to the others, for whom the list may
// not even exist (section 5.8), all must be named.
func (h *harvest) checkHooks(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	missing := webhooksFor(n)
	if len(missing) == 0 {
		return nil, nil
	}
	there, err := collect[registration](ctx, h, "webhooks", url.Values{})
	if refusal(err) != nil || errors.Is(err, errNoList) {
		return h.byHand(n, missing), nil
	}
	if err != nil {
		return nil, err
	}
	missing = slices.DeleteFunc(missing, func(w webhook) bool {
		return slices.ContainsFunc(there, func(r registration) bool {
			return r.Action == w.action && !r.Deactivated && (n.HookURL == "" || strings.TrimRight(r.Endpoint, "/") == target(n))
		})
	})
	return h.byHand(n, missing), nil
}

// checkFields looks whether the fields that are there take what we write.
func (h *harvest) checkFields(ctx context.Context, n sdk.Needs) ([]sdk.Problem, error) {
	if len(n.Fields) == 0 {
		return nil, nil
	}
	all, err := h.readFields(ctx)
	if refusal(err) != nil {
		return nil, nil // checkScopes has said so
	}
	var found []sdk.Problem
	for _, name := range n.Fields {
		if d, ok := named(all, name); ok && !slices.Contains([]string{"number", "short_text", "long_text", "url"}, d.ValueType) {
			found = append(found, sdk.Problem{
				Summary: fmt.Sprintf("the custom field %q is a %s, which takes neither numbers nor texts", name, d.ValueType),
				Fix:     "Name another field in the rule, or rename that one in Greenhouse under Configure > Custom Options.",
			})
		}
	}
	return found, err
}
