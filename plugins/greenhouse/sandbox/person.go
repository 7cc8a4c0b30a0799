package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// candidate is a person; what she applied for is in her applications.
type candidate struct {
	id                           int
	first, last, preferred       string
	title, company               string
	private, mute                bool // mute: do not email
	emails, phones               []contact
	tags                         []string
	resume                       string // file name
	values                       values
	createdAt, updatedAt, active time.Time
}

// contact is one address of a kind: e-mail, phone, and so on.
type contact struct {
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

func (c *candidate) email() string {
	if len(c.emails) == 0 {
		return ""
	}
	return c.emails[0].Value
}

func (o *organization) applicationsOf(c *candidate) (all []*application) {
	for _, a := range o.applications {
		if a.candidate == c {
			all = append(all, a)
		}
	}
	return all
}

// personal is what is typed in about a candidate; nil is left as it was.
type personal struct {
	First     *string   `json:"first_name"`
	Last      *string   `json:"last_name"`
	Preferred *string   `json:"preferred_name"`
	Email     *string   `json:"email"` // empty: she has none any more
	Phone     *string   `json:"phone"`
	Title     *string   `json:"title"`
	Company   *string   `json:"company"`
	Resume    *string   `json:"resume"` // a file's name
	Tags      *[]string `json:"tags"`
	Private   *bool     `json:"private"`
	Mute      *bool     `json:"do_not_email"`
}

// set changes what is to be changed.
func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

func (p personal) apply(c *candidate) {
	set(&c.first, p.First)
	set(&c.last, p.Last)
	set(&c.preferred, p.Preferred)
	set(&c.title, p.Title)
	set(&c.company, p.Company)
	set(&c.resume, p.Resume)
	set(&c.private, p.Private)
	set(&c.tags, p.Tags)
	set(&c.mute, p.Mute)
	for list, given := range map[*[]contact]*string{&c.emails: p.Email, &c.phones: p.Phone} {
		if given == nil {
			continue
		}
		if *list = nil; *given != "" {
			*list = []contact{{*given, "other"}}
		}
	}
}

func (o *organization) addCandidate(p personal) (*candidate, error) {
	c := &candidate{id: o.nextID(), values: values{}, createdAt: o.now(), updatedAt: o.now(), active: o.now()}
	if p.apply(c); c.first == "" || c.last == "" {
		return nil, fmt.Errorf("a candidate needs a first_name and a last_name")
	}
	o.candidates = append(o.candidates, c)
	return c, nil
}

// changed tells who listens that a person's data are others.
func (o *organization) changed(c *candidate) {
	c.updatedAt, c.active = o.now(), o.now()
	o.emit("update_candidate", object{"candidate": o.candidatePayload(c, "is_private", "can_email")})
}

// anonymizable are the data that can be taken from a person (section 7.7); what stands in no table here is gone all the same.
const anonymizable = "activity_items addresses all_offer_versions application_questions attachments candidate_stage_data coordinator " +
	"credited_to custom_application_fields custom_candidate_fields custom_rejection_question_fields current_company current_title education " +
	"email_addresses employment emails follow_up_reminders full_name headline inmails innotes location notes offers phone_numbers " +
	"prospect_jobs prospect_offices prospect_offices_and_departments prospect_owner prospect_pool_and_stage recruiter referral_questions " +
	"rejection_notes rejection_reasons scorecards_and_interviews social_media_links source tags third_party_integrations touchpoints websites"

// anonymizers take data from a person, appliers from each of her applications.
var (
	anonymizers = map[string]func(c *candidate){
		"full_name":               func(c *candidate) { c.first, c.last, c.preferred = "Anonymized", strconv.Itoa(c.id), "" },
		"email_addresses":         func(c *candidate) { c.emails = nil },
		"phone_numbers":           func(c *candidate) { c.phones = nil },
		"current_title":           func(c *candidate) { c.title = "" },
		"current_company":         func(c *candidate) { c.company = "" },
		"tags":                    func(c *candidate) { c.tags = nil },
		"attachments":             func(c *candidate) { c.resume = "" },
		"custom_candidate_fields": func(c *candidate) { c.values = values{} },
	}
	appliers = map[string]func(o *organization, a *application){
		"custom_application_fields": func(_ *organization, a *application) { a.values = values{} },
		"source":                    func(_ *organization, a *application) { a.source = nil },
		"candidate_stage_data": func(o *organization, a *application) {
			if a.job != nil && a.status == active {
				a.visits = nil
				o.enter(a, a.job.stages[0])
			}
		},
	}
)

// anonymize takes the named data, or the usual ones, from a person and says so.
func (o *organization) anonymize(c *candidate, fields []string) error {
	if len(fields) == 0 {
		fields = []string{"full_name", "email_addresses", "phone_numbers", "attachments", "notes", "custom_candidate_fields",
			"custom_application_fields", "current_title", "current_company", "addresses", "social_media_links", "websites"}
	}
	for _, f := range fields {
		if !slices.Contains(strings.Fields(anonymizable), f) {
			return fmt.Errorf("field %q cannot be anonymized", f)
		}
	}
	for _, f := range fields {
		if take := anonymizers[f]; take != nil {
			take(c)
		}
		for _, a := range o.applicationsOf(c) {
			if take := appliers[f]; take != nil {
				take(o, a)
			}
		}
	}
	c.updatedAt = o.now()
	o.emit("candidate_anonymized", object{"candidate_id": c.id, "anonymized_fields": fields})
	return nil
}

// deleteCandidate takes a person away with all that is hers; of her applications no event tells (section 7.6).
func (o *organization) deleteCandidate(c *candidate) {
	gone := []int{}
	for _, a := range o.applicationsOf(c) {
		gone = append(gone, a.id)
		o.forget(a)
	}
	o.removeCandidate(c)
	o.emit("delete_candidate", object{"person": o.personPayload(c, object{"deleted_application_ids": gone})})
}

func (o *organization) removeCandidate(c *candidate) {
	o.candidates = slices.DeleteFunc(o.candidates, func(x *candidate) bool { return x == c })
}

// merge moves a person's applications to another's and takes her away. Of two applications for one job the moved one ends. Who has no
// webhook for merges hears of a deletion, which names no application (trap 23).
func (o *organization) merge(from, into *candidate) error {
	if from == into {
		return fmt.Errorf("a candidate cannot be merged with herself")
	}
	kept := o.applicationsOf(into)
	for _, a := range o.applicationsOf(from) {
		a.candidate = into
		if a.job != nil && slices.ContainsFunc(kept, func(k *application) bool { return k.job == a.job }) {
			o.deleteApplication(a)
		}
	}
	for _, e := range from.emails {
		if !slices.Contains(into.emails, e) {
			into.emails = append(into.emails, e)
		}
	}
	into.updatedAt = o.now()
	o.removeCandidate(from)
	if slices.ContainsFunc(o.hooks, func(h *webhook) bool { return h.Event == "merge_candidate" && h.Active }) {
		o.emit("merge_candidate", object{"person": o.personPayload(from, object{"new_candidate_id": into.id})})
		return nil
	}
	o.emit("delete_candidate", object{"person": o.personPayload(from, object{"deleted_application_ids": []int{}})})
	return nil
}
