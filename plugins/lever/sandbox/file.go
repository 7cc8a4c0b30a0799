package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/plugins/lever/sandbox/api"
)

// file is what is attached to an opportunity.
type file struct {
	api.Upload
	id  string
	sum string // SHA-256 of the content
	by  *user
	at  int64
}

func viewFile(o *opportunity, f *file) map[string]any {
	return map[string]any{
		"id": f.id, "downloadUrl": "https://hire.lever.co/candidates/" + o.id + "/files/" + f.id + "/download", "ext": f.Ext(), "name": f.Name,
		"uploadedAt": f.at, "status": f.Status(), "size": len(f.Content),
	}
}

func (a *account) createFile(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	up, err := q.Upload()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(up.Content)
	f := &file{up, a.world.UUID(), hex.EncodeToString(sum[:]), q.actor, a.now()}
	a.interact(o)
	o.files = append([]*file{f}, o.files...)
	return api.Envelope{Data: viewFile(o, f)}, nil
}

func (a *account) listFiles(q *request) (any, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, err
	}
	within, err := q.Within("uploaded_at")
	if err != nil {
		return nil, err
	}
	views := []any{}
	for _, f := range o.files {
		if within == nil || within(f.at) {
			views = append(views, viewFile(o, f))
		}
	}
	return api.Page(q.Request, views)
}

// file is the one that the path names.
func (a *account) file(q *request) (*opportunity, *file, error) {
	o, err := a.opportunity(q)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range o.files {
		if f.id == q.PathValue("file") {
			return o, f, nil
		}
	}
	return nil, nil, api.Unknown("files", q.PathValue("file"))
}

func (a *account) getFile(q *request) (any, error) {
	o, f, err := a.file(q)
	if err != nil {
		return nil, err
	}
	return api.Envelope{Data: viewFile(o, f)}, nil
}

func (a *account) downloadFile(q *request) (any, error) {
	_, f, err := a.file(q)
	if err != nil {
		return nil, err
	}
	return api.Download{Type: f.Type, Content: f.Content}, nil
}

func (a *account) deleteFile(q *request) (any, error) {
	o, f, err := a.file(q)
	if err == nil {
		o.files = slices.DeleteFunc(slices.Clone(o.files), func(other *file) bool { return other == f })
		a.touch(o)
	}
	return nil, err
}

// fileState is a file as a test wants to see it.
type fileState struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Size   int       `json:"size"` // bytes
	Type   string    `json:"type"` // as the uploader says
	SHA256 string    `json:"sha256"`
	Author string    `json:"author"` // e-mail
	At     time.Time `json:"at"`
}

func stateOfFile(f *file) fileState {
	return fileState{f.id, f.Name, len(f.Content), f.Type, f.sum, f.by.Email, moment(f.at)}
}
