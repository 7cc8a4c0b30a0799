package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// opportunityState is an opportunity as a test wants to see it: names beside ids, nothing blank, nothing paged.
type opportunityState struct {
	ID           string          `json:"id"`
	Contact      string          `json:"contact"`
	Name         string          `json:"name"`
	Emails       []string        `json:"emails"`
	PostingID    string          `json:"posting_id"` // empty: no posting
	Posting      string          `json:"posting"`
	StageID      string          `json:"stage_id"`
	Stage        string          `json:"stage"`
	Moves        []string        `json:"moves"` // names of the stages it was moved to, oldest first
	Origin       string          `json:"origin"`
	Tags         []string        `json:"tags"`     // all
	OwnTags      []string        `json:"own_tags"` // without the posting's
	Sources      []string        `json:"sources"`
	Links        []string        `json:"links"`
	Notes        []noteState     `json:"notes"`    // oldest first, as the next two
	Feedback     []feedbackState `json:"feedback"` //
	Files        []fileState     `json:"files"`    //
	Archived     *archivedState  `json:"archived"` // null: active
	Confidential bool            `json:"confidential"`
	CreatedAt    time.Time       `json:"created_at"`
}

type noteState struct {
	ID     string    `json:"id"`
	Text   string    `json:"text"` // its comments, one below the other
	Score  *int      `json:"score"`
	Author string    `json:"author"` // e-mail; empty: none
	Secret bool      `json:"secret"`
	At     time.Time `json:"at"`
}

type archivedState struct {
	Reason string    `json:"reason"` // its text
	Hired  bool      `json:"hired"`
	At     time.Time `json:"at"`
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func (a *account) stateOf(o *opportunity) opportunityState {
	s := opportunityState{
		ID: o.id, Contact: o.contact.id, Name: o.contact.name, Emails: list(o.contact.emails), StageID: o.stage.ID, Stage: o.stage.Text,
		Moves: []string{}, Origin: o.origin, Tags: o.tagTexts(), OwnTags: []string{}, Sources: list(o.sources), Links: list(o.contact.links),
		Notes: []noteState{}, Feedback: []feedbackState{}, Files: []fileState{}, Confidential: o.confidential, CreatedAt: moment(o.createdAt),
	}
	if o.app != nil {
		s.PostingID, s.Posting = o.app.posting.id, o.app.posting.text
	}
	for _, c := range o.changes[1:] { // the first is its making
		to, _ := byID(a.stages, c.ToStageID)
		s.Moves = append(s.Moves, to.Text)
	}
	for _, t := range o.tags {
		if !t.inherited {
			s.OwnTags = append(s.OwnTags, t.text)
		}
	}
	for _, n := range slices.Backward(o.notes) {
		s.Notes = append(s.Notes, stateOfNote(n))
	}
	for _, f := range slices.Backward(o.feedback) {
		s.Feedback = append(s.Feedback, a.stateOfFeedback(f))
	}
	for _, f := range slices.Backward(o.files) {
		s.Files = append(s.Files, stateOfFile(f))
	}
	if o.archived != nil {
		why, _ := byID(a.reasons, o.archived.Reason)
		s.Archived = &archivedState{why.Text, why.Type == "hired", moment(o.archived.ArchivedAt)}
	}
	return s
}

func stateOfNote(n *note) noteState {
	var texts []string
	for _, c := range n.comments {
		texts = append(texts, c.Value)
	}
	s := noteState{ID: n.id, Text: strings.Join(texts, "\n"), Score: n.comments[0].Score, Secret: n.secret, At: moment(n.at)}
	if n.user != nil {
		s.Author = n.user.Email
	}
	return s
}

// state is what the control plane shows: opportunities, opportunities/ID, postings, stages, reasons, users, webhooks, templates, deleted,
// settings, oauth, and all of these but the opportunities at once.
func (a *account) state(path string) (any, error) {
	granted := a.doors.OAuth.State() // before the lock: see access.Doors
	a.mu.RLock()
	defer a.mu.RUnlock()
	lists := map[string]any{
		"stages": a.stages, "reasons": a.reasons, "users": values(a.users), "deleted": list(a.deleted),
		"templates": list(a.templates), "oauth": granted, "settings": a.allSettings(),
	}
	postings := []*postingView{}
	for _, p := range a.postings {
		postings = append(postings, viewPosting(p))
	}
	lists["postings"], lists["webhooks"] = postings, a.hooks.States()
	what, id, one := strings.Cut(path, "/")
	switch {
	case path == "":
		return lists, nil
	case path == "opportunities":
		all := []opportunityState{}
		for _, o := range a.sorted() {
			all = append(all, a.stateOf(o))
		}
		return all, nil
	case what == "opportunities" && one && a.opportunities[id] != nil:
		return a.stateOf(a.opportunities[id]), nil
	case lists[path] != nil:
		return lists[path], nil
	}
	return nil, fmt.Errorf("state %q: %w", path, sandbox.ErrNotFound)
}

// values are copies of what the pointers lead to.
func values[T any](pointers []*T) []T {
	all := make([]T, len(pointers))
	for i, p := range pointers {
		all[i] = *p
	}
	return all
}
