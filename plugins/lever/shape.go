package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/rest"
)

// The shapes of Lever's JSON, as far as they are used. Everything may be absent or null; documentation and live answers differ in places
// (trap 19), and both are read.

// answer is one of Lever's answers: {"data": …}, in some samples data within data, or the bare value.
type answer[T any] struct {
	Data T
	Next string // the token of the next page; empty at the end
}

func (a *answer[T]) UnmarshalJSON(raw []byte) error {
	var envelope struct {
		Data    json.RawMessage `json:"data"`
		HasNext *bool           `json:"hasNext"`
		Next    string          `json:"next"`
	}
	if raw[0] != '{' {
		return json.Unmarshal(raw, &a.Data)
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return err
	}
	if more := envelope.HasNext; more == nil || *more {
		a.Next = envelope.Next
		if more != nil && a.Next == "" {
			return errors.New("the page says that another follows, but not which")
		}
	}
	if envelope.Data == nil {
		envelope.Data = raw
	}
	var nested struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(envelope.Data, &nested) == nil && nested.Data != nil && string(nested.Data) != "null" {
		envelope.Data = nested.Data
	}
	return json.Unmarshal(envelope.Data, &a.Data)
}

// ref is a field that holds an id, or the object itself when the request expanded it.
type ref[T any] struct {
	ID    string
	Value T // zero unless expanded
}

func (r *ref[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, &r.ID)
	}
	var id struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &id); err != nil {
		return err
	}
	r.ID = id.ID
	return json.Unmarshal(raw, &r.Value)
}

// millis is a moment in milliseconds since 1970; null or 0 is none.
type millis struct{ rest.Int }

func (m millis) time() time.Time {
	if m.Int == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m.Int)).UTC()
}

type opportunity struct {
	ID              string             `json:"id"`
	Contact         ref[struct{}]      `json:"contact"`
	Name            string             `json:"name"`
	Emails          []string           `json:"emails"`
	Confidentiality string             `json:"confidentiality"`
	Stage           ref[stage]         `json:"stage"`
	StageChanges    []stageChange      `json:"stageChanges"` // oldest first
	Archived        *archived          `json:"archived"`
	Tags            []string           `json:"tags"`
	Origin          string             `json:"origin"`
	Applications    []ref[application] `json:"applications"` // at most one
	CreatedAt       millis             `json:"createdAt"`
	IsAnonymized    bool               `json:"isAnonymized"`
	URLs            struct {
		Show string `json:"show"`
	} `json:"urls"`
}

type stage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type stageChange struct {
	To string `json:"toStageId"`
	At millis `json:"updatedAt"`
}

// archived is null for a live candidacy; null within, as in old samples, says the same.
type archived struct {
	Reason string `json:"reason"`
	At     millis `json:"archivedAt"`
}

func (a *archived) holds() bool { return a != nil && (a.Reason != "" || a.At.Int != 0) }

type application struct {
	Posting   ref[posting] `json:"posting"`
	CreatedAt millis       `json:"createdAt"`
}

type posting struct {
	ID            string    `json:"id"`
	Text          string    `json:"text"`
	HiringManager ref[user] `json:"hiringManager"`
	Tags          []string  `json:"tags"`
	Categories    struct {
		Team       string `json:"team"`
		Department string `json:"department"`
		Location   string `json:"location"`
		Commitment string `json:"commitment"`
	} `json:"categories"`
}

type user struct {
	Email         string `json:"email"`
	DeactivatedAt millis `json:"deactivatedAt"`
}

type note struct {
	ID     string `json:"id"`
	NoteID string `json:"noteId"`
	Fields []struct {
		Value string `json:"value"`
	} `json:"fields"` // the thread
}

type webhook struct {
	Event string `json:"event"`
	URL   string `json:"url"`
}

type archiveReason struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Type string `json:"type"`
}
