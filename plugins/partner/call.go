package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// Assessments yields what list_tests answers, which has no pages.
func (p *partner) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return rest.Pages(func(string) ([]sdk.Assessment, string, error) {
		var tests []test
		if err := p.api.Get(ctx, p.paths[listTests], nil, &tests); err != nil {
			return nil, "", refused(err)
		}
		found := make([]sdk.Assessment, len(tests))
		for i, t := range tests {
			if t.ID == "" || t.Name == "" {
				return nil, "", fmt.Errorf("list_tests: test %d of %d lacks its id or its name", i+1, len(tests))
			}
			found[i] = sdk.Assessment{ID: t.ID, Name: t.Name}
		}
		return found, "", nil
	})
}

// Invite sends a test; the vendor mails the candidate. An answer without an id is told to the vendor, as Greenhouse does, and leaves the
// outcome unknown: she may have been mailed.
func (p *partner) Invite(ctx context.Context, inv sdk.Invitation) (sdk.Invited, error) {
	if err := check(inv); err != nil {
		return sdk.Invited{}, err
	}
	first, last := names(inv.Candidate.Name)
	var answer struct {
		ID any `json:"partner_interview_id"`
	}
	err := p.api.Post(ctx, p.paths[sendTest], nil, send{
		TestID:    inv.Assessment,
		Candidate: candidate{FirstName: first, LastName: last, Email: inv.Candidate.Email, ProfileURL: profileURL(inv)},
		URL:       strings.TrimRight(p.CallbackURL, "/") + "/" + string(inv.Key),
	}, &answer)
	id, _ := answer.ID.(string)
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		return sdk.Invited{}, sdk.Refuse("unknown_assessment", "the vendor answered 404: it has no such test")
	case err != nil:
		return sdk.Invited{}, refused(err)
	case id == "":
		const wrong = "partner_interview_id is no string in the answer"
		complaint := map[string]any{"api_call": sendTest, "errors": []string{wrong}, "partner_test_id": inv.Assessment}
		told := p.api.Post(ctx, p.paths[responseError], nil, complaint, nil)
		return sdk.Invited{}, fmt.Errorf("send_test: %s (response_error: %v)", wrong, told) // told says nothing of the send: not wrapped
	}
	return sdk.Invited{Remote: id}, nil
}

// check refuses whom Greenhouse would not send a test: the contract has no word for it.
func check(inv sdk.Invitation) error {
	email := inv.Candidate.Email
	parsed, err := mail.ParseAddress(email)
	switch {
	case email == "":
		return sdk.Refuse("missing_email", "the candidate has no email address")
	case err != nil || parsed.Address != email:
		return sdk.Refuse("invalid_email", "the candidate's email address is not valid")
	case inv.Assessment == "":
		return sdk.Refuse("unknown_assessment", "the vendor sends tests by name, and none is named")
	}
	return nil
}

// names splits a name at its first blank. Both parts are required: who has one name has it twice.
func names(name string) (first, last string) {
	first, last, _ = strings.Cut(strings.TrimSpace(name), " ")
	return first, cmp.Or(strings.TrimSpace(last), first)
}

// Poll asks how a test stands. Only a complete one is news: with a score, or without one if the vendor gives none.
func (p *partner) Poll(ctx context.Context, remote string) ([]sdk.Event, error) {
	var now status
	if err := p.api.Get(ctx, p.paths[testStatus], url.Values{"partner_interview_id": {remote}}, &now); err != nil {
		return nil, refused(err)
	}
	if now.Status != "complete" {
		return nil, nil
	}
	result := &sdk.Result{Final: true, URL: now.ProfileURL, Summary: now.summary()}
	said := "none"
	if now.Score != nil {
		said = fmt.Sprint(*now.Score)
		percent := 100 * *now.Score / p.MaxScore
		if percent < 0 || percent > 100 {
			return nil, sdk.Refuse("malformed", fmt.Sprintf("test_status: score %s is not from 0 to max_score, which is %v", said, p.MaxScore))
		}
		result.Score, result.Points, result.Max = &percent, now.Score, &p.MaxScore
	}
	if !absolute(result.URL) {
		return nil, sdk.Refuse("malformed", "test_status: complete without a partner_profile_url")
	}
	return []sdk.Event{{
		ID: sdk.ContentID("partner", remote, said, result.URL, result.Summary), Kind: sdk.KindScored, At: time.Now().UTC(),
		Invitation: remote, Result: result,
	}}, nil
}

// refused makes a [sdk.Refusal] of a status that says that nothing was done; any other error is left as it is.
func refused(err error) error {
	var said *rest.StatusError
	if !errors.As(err, &said) || said.Status < http.StatusBadRequest || said.Status >= http.StatusInternalServerError {
		return err
	}
	return sdk.Refuse(cmp.Or(said.Code, "refused"), fmt.Sprintf("the vendor answered %d", said.Status))
}
