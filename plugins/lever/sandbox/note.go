package sandbox

import (
	"slices"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// note is a thread of comments about an opportunity (sheet 4.4).
type note struct {
	id       string
	comments []comment
	user     *user
	secret   bool
	at       int64
	byAPI    bool // only such a note can be changed or deleted by the API
}

type comment struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Value     string `json:"value"`
	CreatedAt int64  `json:"createdAt"`
	User      any    `json:"user"`
	Score     *int   `json:"score"`
	Stage     string `json:"stage"`
}

const maxNote = 100_000 // bytes; the sheet knows no limit below

func viewNote(n *note) map[string]any {
	return map[string]any{
		"id": n.id, "text": "Note", "fields": n.comments, "user": n.user.id(), "secret": n.secret, "completedAt": n.at, "createdAt": n.at,
		"deletedAt": nil,
	}
}

// newComment is the body of POST …/notes, and one of the values of PUT.
type newComment struct {
	Value     string `json:"value"`
	Secret    bool   `json:"secret"`
	Score     *int   `json:"score"`
	CreatedAt int64  `json:"createdAt"`
}

func (a *account) comment(o *opportunity, n newComment, by *user) (comment, error) {
	now := a.now()
	switch {
	case n.Value == "":
		return comment{}, api.BadRequest("value is required")
	case len(n.Value) > maxNote:
		return comment{}, api.BadRequest("value is too long")
	case n.Score != nil && (*n.Score < 1 || *n.Score > 4):
		return comment{}, api.BadRequest("score must be from 1 to 4")
	case n.CreatedAt > now:
		return comment{}, api.BadRequest("createdAt must not be in the future")
	case n.CreatedAt == 0:
		n.CreatedAt = now
	}
	return comment{"note", "Comment", n.Value, n.CreatedAt, by.id(), n.Score, o.stage.ID}, nil
}

// write puts a note, or a comment on one, before an opportunity's others.
func (a *account) write(o *opportunity, n newComment, thread string, by *user, byAPI bool) (*note, error) {
	c, err := a.comment(o, n, by)
	if err != nil {
		return nil, err
	}
	if thread != "" {
		i := slices.IndexFunc(o.notes, func(n *note) bool { return n.id == thread })
		if i < 0 {
			return nil, api.Unknown("notes", thread)
		}
		a.interact(o)
		o.notes[i].comments = append(slices.Clip(o.notes[i].comments), c)
		return o.notes[i], nil
	}
	a.interact(o)
	made := &note{id: a.world.UUID(), comments: []comment{c}, user: by, secret: n.Secret, at: c.CreatedAt, byAPI: byAPI}
	o.notes = append([]*note{made}, o.notes...)
	return made, nil
}

func (a *account) createNote(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	var body newComment
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	n, err := a.write(o, body, q.URL.Query().Get("note_id"), q.actor, true)
	if err != nil {
		return nil, err
	}
	v := viewNote(n)
	v["noteId"] = n.id
	return api.Envelope{Data: v}, nil
}

func (a *account) listNotes(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	views := []any{}
	for _, n := range o.notes {
		views = append(views, viewNote(n))
	}
	return api.Page(q.Request, views)
}

// note is the one that the path names.
func (a *account) note(q *request) (*opportunity, *note, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range o.notes {
		if n.id == q.PathValue("note") {
			return o, n, nil
		}
	}
	return nil, nil, api.Unknown("notes", q.PathValue("note"))
}

func (a *account) getNote(q *request) (any, error) {
	_, n, err := a.note(q)
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: viewNote(n)}, nil
}

// ownNote is the one that the path names, if the API made it.
func (a *account) ownNote(q *request) (*opportunity, *note, error) {
	o, n, err := a.note(q)
	if err == nil && !n.byAPI {
		err = api.Forbidden("Only notes that were made through the API can be changed through it.")
	}
	return o, n, err
}

func (a *account) putNote(q *request) (any, error) {
	o, n, err := a.ownNote(q)
	if err != nil {
		return nil, err
	}
	var body struct {
		Values []newComment `json:"values"`
	}
	if err := q.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.Values) == 0 {
		return nil, api.BadRequest("values is required")
	}
	var comments []comment
	for _, v := range body.Values {
		c, err := a.comment(o, v, q.actor)
		if err != nil {
			return nil, err
		}
		comments = append(comments, c)
	}
	n.comments = comments
	a.interact(o)
	return api.Envelope{Data: map[string]string{"noteId": n.id}}, nil
}

func (a *account) deleteNote(q *request) (any, error) {
	o, n, err := a.ownNote(q)
	if err != nil {
		return nil, err
	}
	o.notes = slices.DeleteFunc(slices.Clone(o.notes), func(other *note) bool { return other == n })
	a.touch(o)
	return nil, nil
}
