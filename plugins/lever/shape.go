package main

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
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

// twice begins an answer with data within data; nobody else's data begins with a field of that name.
var twice = regexp.MustCompile(`^\{\s*"data"\s*:\s*\{\s*"data"\s*:`)

func (a *answer[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, &a.Data)
	}
	if twice.Match(raw) {
		var outer struct{ Data struct{ Data *T } }
		outer.Data.Data = &a.Data
		return json.Unmarshal(raw, &outer)
	}
	var envelope struct {
		Data    *T     `json:"data"`
		HasNext *bool  `json:"hasNext"`
		Next    string `json:"next"`
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
	if envelope.Data == nil { // null, or the value came bare
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil || fields["data"] != nil {
			return err
		}
		return json.Unmarshal(raw, &a.Data)
	}
	a.Data = *envelope.Data
	return nil
}

// ref is a field that holds an id, or the object itself when the request expanded it.
type ref[T interface{ id() string }] struct {
	ID    string
	Value T // zero unless expanded
}

func (r *ref[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, &r.ID)
	}
	err := json.Unmarshal(raw, &r.Value)
	r.ID = r.Value.id()
	return err
}

// record is what everything has that a [ref] may lead to.
type record struct {
	ID string `json:"id"`
}

func (r record) id() string { return r.ID }

// millis is a moment in milliseconds since 1970; null or 0 is none.
type millis struct{ rest.Int }

func (m millis) time() time.Time {
	if m.Int == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m.Int)).UTC()
}

type opportunity struct {
	record
	Contact         ref[record]        `json:"contact"`
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
	record
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
	record
	Posting   ref[posting] `json:"posting"`
	CreatedAt millis       `json:"createdAt"`
}

type posting struct {
	record
	Text          string    `json:"text"`
	HiringManager ref[user] `json:"hiringManager"`
	Tags          []string  `json:"tags"`
	Categories    struct {
		Team       string `json:"team"`
		Department string `json:"department"`
		Location   string `json:"location"`
		Commitment string `json:"commitment"`
	} `json:"categories"`
	Content struct {
		Description     string `json:"description"`
		DescriptionHTML string `json:"descriptionHtml"`
		Lists           []struct {
			Text    string `json:"text"`
			Content string `json:"content"` // HTML
		} `json:"lists"`
		Closing     string `json:"closing"`
		ClosingHTML string `json:"closingHtml"`
	} `json:"content"`
	SalaryRange           *salaryRange `json:"salaryRange"`
	SalaryDescription     string       `json:"salaryDescription"`
	SalaryDescriptionHTML string       `json:"salaryDescriptionHtml"`
}

type salaryRange struct {
	Min      sum    `json:"min"`
	Max      sum    `json:"max"`
	Currency string `json:"currency"`
	Interval string `json:"interval"`
}

// sum is an amount of money; what is no number is 0, so that no odd salary keeps a posting from being read.
type sum float64

func (s *sum) UnmarshalJSON(raw []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || f != f || f > 1e15 {
		f = 0
	}
	*s = sum(f)
	return nil
}

type user struct {
	record
	Name          string `json:"name"`
	Email         string `json:"email"`
	DeactivatedAt millis `json:"deactivatedAt"`
}

// written is a note or a feedback, as far as it takes to know one of ours again.
type written struct {
	ID     string `json:"id"`
	NoteID string `json:"noteId"`
	Fields []struct {
		Value text `json:"value"`
	} `json:"fields"` // of a note: the thread
}

// text is a string; what holds anything else is empty.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		*t = ""
		return nil
	}
	return json.Unmarshal(raw, (*string)(t))
}

// template is a feedback template (section 4.5).
type template struct {
	ID     string  `json:"id"`
	Text   string  `json:"text"` // its name
	Fields []field `json:"fields"`
}

type field struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Text     string `json:"text"`
	Required bool   `json:"required"`
	Options  []struct {
		Text string `json:"text"`
	} `json:"options"`
}

type file struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type webhook struct {
	ID            string `json:"id"`
	Event         string `json:"event"`
	URL           string `json:"url"`
	Configuration struct {
		SignatureToken string `json:"signatureToken"` // only where it was just made
	} `json:"configuration"`
}

type archiveReason struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Type string `json:"type"`
}
