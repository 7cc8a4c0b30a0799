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

// Prepare sees to what the rules need of the Lever account: rights, the user that writes are shown as, feedback templates, webhooks, the
// hired reasons. It makes templates, and webhooks if the operator has it so; whatever else is missing comes with the words that mend it.
func (c *connection) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	var all sdk.Prepared
	for _, prepare := range []func(context.Context, sdk.Needs) (sdk.Prepared, error){
		c.checkRights, c.checkUser, c.prepareTemplates, c.prepareHooks, c.checkReasons,
	} {
		one, err := prepare(ctx, n)
		all.Hooks = append(all.Hooks, one.Hooks...)
		all.Problems = append(all.Problems, one.Problems...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func problem(p sdk.Problem) sdk.Prepared { return sdk.Prepared{Problems: []sdk.Problem{p}} }

// checkRights reads one record of each kind that Application needs.
func (c *connection) checkRights(ctx context.Context, _ sdk.Needs) (found sdk.Prepared, err error) {
	for _, what := range []string{"opportunities", "postings", "stages"} {
		err := c.api.Get(ctx, rest.Path{what}, url.Values{"limit": {"1"}}, nil)
		if forbidden(err) {
			found.Problems = append(found.Problems, c.lacks("read "+what, what+":read:admin", "no application can be read, so nothing is decided"))
			continue
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// checkUser looks whether writes have an author: feedback and files must have one (section 1.3), and a deactivated one breaks all writes.
func (c *connection) checkUser(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	const mend = "Set perform_as to the id of an active Lever user, best one made for it; until then Lever may refuse every write."
	id, needed := c.as.Get("perform_as"), slices.Contains(n.Verbs, sdk.VerbFeedback) || slices.Contains(n.Verbs, sdk.VerbFile)
	if id == "" && needed {
		const missing = "perform_as is not set: Lever takes neither feedback nor files without an author"
		return problem(sdk.Problem{Summary: missing, Fix: mend + c.someUsers(ctx)}), nil
	}
	if id == "" {
		return sdk.Prepared{}, nil
	}
	var got answer[user]
	err := c.api.Get(ctx, rest.Path{"users", id}, nil, &got)
	switch {
	case forbidden(err):
		return problem(c.lacks("read users", "users:read:admin", "whether the user in perform_as is active cannot be checked")), nil
	case errors.Is(err, sdk.ErrNotFound):
		return problem(sdk.Problem{Summary: fmt.Sprintf("perform_as names user %s, whom Lever does not know", id), Fix: mend}), nil
	case err != nil:
		return sdk.Prepared{}, err
	case got.Data.DeactivatedAt.Int != 0:
		return problem(sdk.Problem{Summary: fmt.Sprintf("perform_as names user %s, who is deactivated", id), Fix: mend}), nil
	}
	return sdk.Prepared{}, nil
}

// someUsers names users to choose from, for Lever's pages do not show their ids; nothing when they cannot be read.
func (c *connection) someUsers(ctx context.Context) string {
	var got answer[[]user]
	if err := c.api.Get(ctx, rest.Path{"users"}, url.Values{"limit": {"10"}}, &got); err != nil || len(got.Data) == 0 {
		return ""
	}
	var users []string
	for _, u := range got.Data {
		users = append(users, fmt.Sprintf("%q is %s", u.ID, u.Name))
	}
	return " The newest are: " + strings.Join(users, ", ") + "."
}

// prepareTemplates makes the feedback templates that are missing, and tells of those that can no longer be filled in.
func (c *connection) prepareTemplates(ctx context.Context, n sdk.Needs) (found sdk.Prepared, err error) {
	if len(n.Templates) == 0 {
		return found, nil
	}
	all, err := c.freshTemplates(ctx)
	if forbidden(err) {
		return problem(c.lacks("read feedback templates", "feedback_templates:write:admin", "no feedback can be written")), nil
	}
	if err != nil {
		return found, err
	}
	for _, name := range n.Templates {
		t, ok := named(all, name)
		if ok {
			score := 0.0
			if _, err := t.fill("", sdk.Feedback{Score: &score, Rating: 1, Text: "x"}); err != nil {
				found.Problems = append(found.Problems, unfitTemplate(name, err))
			}
			continue
		}
		err := c.api.Post(ctx, rest.Path{"feedback_templates"}, nil, newTemplate(name), nil)
		if no, ok := errors.AsType[*rest.StatusError](err); ok {
			why := fmt.Sprintf("Lever has no feedback template %q and refused to make it: %s", name, no)
			found.Problems = append(found.Problems, templateByHand(why, name))
			continue
		}
		if err != nil {
			return found, err
		}
		c.log.Info("made the feedback template that was missing", "template", name)
	}
	return found, nil
}

// newTemplate is a template that [template.fill] can fill in; Lever adds the options of the score-system (section 4.5).
func newTemplate(name string) any {
	made := func(kind, text string) map[string]any {
		return map[string]any{"type": kind, "text": text, "description": "", "required": false}
	}
	return map[string]any{
		"text": name, "instructions": "Filled in by Patchbay. Its name and its fields must stay as they are.",
		"fields": []any{made("score-system", "Rating"), made("text", "Score"), made("textarea", "Result")},
	}
}

func templateByHand(summary, name string) sdk.Problem {
	return sdk.Problem{Summary: summary, Fix: fmt.Sprintf(
		"As a Super Admin, in Lever: Settings > Feedback and forms > Feedback forms. Add a form with the name %q, exactly so, and three fields, "+
			"none of them required: a Score system named Rating, a Short text named Score, a Paragraph named Result.", name)}
}

func unfitTemplate(name string, err error) sdk.Problem {
	p := templateByHand(err.Error(), name)
	if no, ok := errors.AsType[*sdk.Refusal](err); ok {
		p.Summary = no.Detail
	}
	p.Fix = "Undo what was changed in the form, or rename it and make it anew. " + p.Fix
	return p
}

// checkReasons compares hired_reasons with Lever's, when rejections matter.
func (c *connection) checkReasons(ctx context.Context, n sdk.Needs) (found sdk.Prepared, err error) {
	if !slices.ContainsFunc(archiveKinds, func(k sdk.Kind) bool { return slices.Contains(n.Events, k) }) {
		return found, nil
	}
	var ids, missing []string
	for r, err := range list[archiveReason](ctx, c, rest.Path{"archive_reasons"}, url.Values{"type": {"hired"}}) {
		if forbidden(err) {
			return problem(c.lacks("read archive reasons", "archive_reasons:read:admin", "hired_reasons cannot be checked")), nil
		}
		if err != nil {
			return found, err
		}
		ids = append(ids, fmt.Sprintf("%q", r.ID))
		if !slices.Contains(c.hired, r.ID) {
			missing = append(missing, r.Text)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	so := "their archiving would pass for a rejection"
	if len(c.hired) == 0 {
		so = "until it is set, archiving is told neither as rejected nor as unrejected"
	}
	return problem(sdk.Problem{
		Summary: fmt.Sprintf("hired_reasons lacks %s: %s", strings.Join(missing, ", "), so),
		Fix:     fmt.Sprintf("Set hired_reasons = [%s]", strings.Join(ids, ", ")),
	}), nil
}

// lacks says what to do about a missing right: keys are given rights in Lever, an OAuth app asks for its scopes when somebody connects.
func (c *connection) lacks(right, scope, so string) sdk.Problem {
	fix := fmt.Sprintf("As a Super Admin, in Lever under Settings > Integrations and API > API Credentials, let the key %s.", right)
	if c.oauth {
		fix = fmt.Sprintf("See that the OAuth app has the scope %s, and have a Super Admin of Lever connect again.", scope)
	}
	return sdk.Problem{Summary: fmt.Sprintf("%s may not %s: %s", c.us(), right, so), Fix: fix}
}
