package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
)

// This file is what is documented: the Greenhouse Assessment Partner API, as the reference sheet has it (Greenhouse, section 2). What is
// absent is sent as null, and new properties may appear at any time.

// call is one of the contract's four, by the name of its setting.
type call string

const (
	listTests     call = "list_tests"
	sendTest      call = "send_test"
	testStatus    call = "test_status"
	responseError call = "response_error"
)

// proofs are the statuses with which a vendor says that it did nothing. The contract names 401 and 404; the others are HTTP's own word.
var proofs = []int{400, 403, 404, 405, 409, 410, 413, 415, 422}

type test struct {
	ID   string `json:"partner_test_id"`
	Name string `json:"partner_test_name"`
}

type send struct {
	TestID    string    `json:"partner_test_id"`
	Candidate candidate `json:"candidate"`
	SentBy    *string   `json:"sent_by"`
	URL       string    `json:"url"` // its last segment names this one send
}

type candidate struct {
	FirstName     string  `json:"first_name"`
	LastName      string  `json:"last_name"`
	PreferredName *string `json:"preferred_name"`
	Email         string  `json:"email"`
	Phone         *string `json:"phone_number"`
	ResumeURL     *string `json:"resume_url"`
	ProfileURL    string  `json:"greenhouse_profile_url"`
}

// profileURL is the address of Greenhouse's candidate page. Nothing else in a send says who she is and for what she applies, so vendors
// read both ids out of it; whether it leads anywhere is of no interest to them.
func profileURL(inv sdk.Invitation) string {
	return "https://app.greenhouse.io/people/" + url.PathEscape(inv.Person) + "?application_id=" + url.QueryEscape(inv.Application)
}

type status struct {
	Status     string         `json:"partner_status"`      // complete; all other words are the vendor's own
	ProfileURL string         `json:"partner_profile_url"` // for whoever may log in there; required when complete
	Score      *float64       `json:"partner_score"`       // of no documented range
	Metadata   map[string]any `json:"metadata"`            // flat: labels and what they say
}

// summary is the metadata as lines, in the order of the labels. What is neither text, number nor yes or no is left out.
func (s status) summary() string {
	var lines []string
	for _, label := range slices.Sorted(maps.Keys(s.Metadata)) {
		switch v := s.Metadata[label].(type) {
		case string, bool:
			lines = append(lines, fmt.Sprintf("%s: %v", label, v))
		case float64:
			lines = append(lines, label+": "+strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	text := strings.Join(lines, "\n")
	return strings.ToValidUTF8(text[:min(len(text), 4000)], "") // more is not worth a person's time
}
