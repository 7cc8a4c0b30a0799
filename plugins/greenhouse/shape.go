package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// The shapes of Greenhouse's JSON, as far as they are used. Everything may be absent or null, and one word has several forms (sections 7.6
// and 9): so what is not readable is left empty, and whoever needs it says that it is missing.

var idForm = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// id is a number that names a record; empty if there is none.
type id string

func (i *id) UnmarshalJSON(raw []byte) error {
	*i = ""
	if digits := bytes.Trim(raw, `"`); idForm.Match(digits) {
		*i = id(digits)
	}
	return nil
}

// moment is a time in one of the forms that occur; zero if there is none (trap 33).
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(raw []byte) error {
	m.Time = time.Time{}
	text := string(bytes.Trim(raw, `"`))
	for _, form := range []string{time.RFC3339, time.DateOnly, "01/02/2006"} {
		if at, err := time.Parse(form, text); err == nil {
			m.Time = at.UTC()
		}
	}
	return nil
}

// application is Harvest's, section 5.2. Its stage_id names this application's visit, not the stage: it is not read.
type application struct {
	ID          id           `json:"id"`
	CandidateID id           `json:"candidate_id"`
	JobID       id           `json:"job_id"` // none for a prospect
	StageID     id           `json:"job_interview_stage_id"`
	StageName   string       `json:"stage_name"`
	Status      string       `json:"status"`
	Prospect    bool         `json:"prospect"`
	CreatedAt   moment       `json:"created_at"`
	Fields      customFields `json:"custom_fields"`
}

// active: the object says in_process where filters and webhooks say active (trap 5).
func (a application) active() bool {
	return !a.Prospect && (a.Status == "in_process" || a.Status == "active")
}

// customFields are an application's values by name_key. Instead of an empty map null or [] may stand.
type customFields map[string]customField

type customField struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

func (f *customFields) UnmarshalJSON(raw []byte) error {
	*f = nil
	if raw[0] != '{' {
		return nil
	}
	var fields map[string]customField
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	*f = fields
	return nil
}

type candidate struct {
	ID        id       `json:"id"`
	FirstName string   `json:"first_name"`
	LastName  string   `json:"last_name"`
	Private   bool     `json:"private"`
	CanEmail  *bool    `json:"can_email"`
	Tags      []string `json:"tags"`
	Emails    []struct {
		Value string `json:"value"`
	} `json:"email_addresses"`
}

// email is where the candidate may be written to; empty if there is no address, or she is marked as not to be mailed.
func (c candidate) email() string {
	if c.CanEmail != nil && !*c.CanEmail {
		return ""
	}
	for _, e := range c.Emails {
		if address := strings.TrimSpace(e.Value); address != "" {
			return address
		}
	}
	return ""
}

func fullName(first, last string) string { return strings.TrimSpace(first + " " + last) }

type job struct {
	ID           id     `json:"id"`
	Name         string `json:"name"`
	Confidential bool   `json:"confidential"`
}

// jobStage is a stage of one job's plan: Order 0 is the first.
type jobStage struct {
	ID     id     `json:"id"`
	Name   string `json:"name"`
	Order  int    `json:"sort_order"`
	Active bool   `json:"active"`
}

// visit is an application's stay in a stage.
type visit struct {
	StageID   id     `json:"job_interview_stage_id"`
	EnteredAt moment `json:"entered_at"`
	Current   bool   `json:"current"`
}

type user struct {
	ID          id     `json:"id"`
	Email       string `json:"primary_email"`
	Deactivated bool   `json:"deactivated"`
	SiteAdmin   bool   `json:"site_admin"`
}

// definition is a custom field of all applications. Name is what people see and may change; Key never changes.
type definition struct {
	ID          id     `json:"id"`
	Name        string `json:"name"`
	Key         string `json:"name_key"`
	FieldType   string `json:"field_type"`
	ValueType   string `json:"value_type"`
	Active      bool   `json:"active"`
	Description string `json:"description"`
}

// registration is a webhook as Greenhouse lists it to those who may see it.
type registration struct {
	Endpoint    string `json:"endpoint_url"`
	Action      string `json:"event_action_type"`
	Deactivated bool   `json:"deactivated"`
}
