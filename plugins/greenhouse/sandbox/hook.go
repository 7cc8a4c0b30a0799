package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// events are those that a webhook can be for, and what the form calls them (section 7.5).
var events = map[string]string{
	"new_candidate_application": "Candidate has submitted application", "new_prospect_application": "Prospect created",
	"application_updated": "Application updated", "delete_application": "Application deleted",
	"candidate_stage_change": "Candidate has changed stage", "hire_candidate": "Candidate has been hired",
	"unhire_candidate": "Candidate has been unhired", "reject_candidate": "Candidate or Prospect rejected",
	"unreject_candidate": "Candidate or Prospect unrejected", "update_candidate": "Candidate or Prospect updated",
	"delete_candidate": "Candidate or Prospect deleted", "merge_candidate": "Candidate merged", "candidate_anonymized": "Candidate anonymized",
	"offer_created": "Offer created", "offer_approved": "Offer approved", "offer_updated": "Offer updated", "offer_deleted": "Offer deleted",
	"job_created": "Job created", "job_updated": "Job updated", "job_approved": "Job approved", "job_deleted": "Job deleted",
	"job_interview_stage_deleted": "Job interview stage deleted", "job_post_created": "Job Post Created",
	"job_post_updated": "Job Post Updated", "job_post_deleted": "Job Post Deleted", "interview_deleted": "Interview deleted",
	"scorecard_deleted": "Scorecard deleted", "department_deleted": "Department deleted", "office_deleted": "Office deleted",
}

// patience is how long a try may take. Gaps are the waits before the further tries (section 7.4); behind the seventh, which only an
// old-fashioned webhook reaches, they stay as they are.
const patience = 10 * time.Second

const usualTries, mostTries = 7, 25

func gaps() []time.Duration {
	all := []time.Duration{time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour}
	for len(all) < mostTries-1 {
		all = append(all, 8*time.Hour)
	}
	return all
}

// webhook is one event's way to one address.
type webhook struct {
	config
	id                   int
	createdAt, updatedAt time.Time
}

// config is what a webhook's form has (section 7.1).
type config struct {
	Name      string `json:"name"`
	Event     string `json:"event"`
	URL       string `json:"url"`
	Secret    string `json:"secret"`
	Headers   string `json:"headers"` // pasted, one a line, such as "X-Organisation: Acme"
	User      string `json:"user"`    // of basic authentication; empty: there is none
	Password  string `json:"password"`
	Recipient string `json:"recipient"` // hears when all tries have failed
	Attempts  int    `json:"attempts"`
	Active    bool   `json:"active"`
}

// ours are the headers that nobody may choose (section 7.1).
var ours = []string{"Content-Type", "Content-Length", "Greenhouse-Event-Id", "Authorization", "User-Agent", "Signature"}

// parseHeaders reads pasted headers, one a line.
func parseHeaders(pasted string) (http.Header, error) {
	header := http.Header{}
	for line := range strings.Lines(pasted) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || name == "" || strings.ContainsAny(name, " \t") || slices.Contains(ours, name) {
			return nil, fmt.Errorf("additional header %q cannot be sent", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// check says what is wrong with a form.
func (h *config) check() error {
	_, err := parseHeaders(h.Headers)
	switch _, known := events[h.Event]; {
	case err != nil:
		return err
	case !known:
		return fmt.Errorf("event %q is not one of the %d", h.Event, len(events))
	case h.Secret == "":
		return errors.New("a webhook needs a secret key")
	case h.Attempts < 1 || h.Attempts > mostTries:
		return fmt.Errorf("a webhook is tried 1 to %d times", mostTries)
	case !sandbox.Deliverable(h.URL):
		return errors.New("a webhook's endpoint is an https address")
	}
	return nil
}

// save keeps a new or changed webhook and pings it: it stays enabled if the answer is 200 (section 7.4).
func (o *organization) save(h *webhook) {
	h.updatedAt = o.now()
	if h.id == 0 {
		h.id, h.createdAt = o.nextID(), o.now()
		o.hooks = append(o.hooks, h)
	}
	body := plain(object{"action": "ping", "payload": object{
		"web_hook_id": h.id, "endpoint_url": h.URL, "created_at": at(h.createdAt), "updated_at": at(h.updatedAt), "name": h.Name,
		"event": events[h.Event], "active": h.Active, "content-type": "application/json",
	}})
	o.post(h, "ping", body, func(_, status int) bool {
		h.Active = h.Active && accepts(status)
		return false
	})
}

// emit tells the webhooks for an event what happened just now.
func (o *organization) emit(event string, payload object) {
	body := plain(object{"action": event, "payload": payload, "organization_id": o.id, "organization_name": o.name}) // section 7.2
	for _, h := range o.hooks {
		if h.Event == event && h.Active {
			o.deliver(h, event, body)
		}
	}
}

// deliver sends a message as often as the webhook's form says, and tells its recipient if that was in vain.
func (o *organization) deliver(h *webhook, event string, body []byte) {
	o.post(h, event, body, func(try, status int) bool {
		if accepts(status) || !h.Active {
			return false
		}
		if try >= h.Attempts && h.Recipient != "" {
			o.world.Mail.Send(sandbox.Mail{To: h.Recipient, Subject: "Greenhouse web hook failed: " + event, Link: h.URL})
		}
		return try < h.Attempts
	})
}

// accepts is what Greenhouse takes for delivered: only 200 counts (trap 3).
func accepts(status int) bool { return status == http.StatusOK }

// post puts a message on its way. Each try's status is heard under the lock; heard tells whether to try again.
func (o *organization) post(h *webhook, event string, body []byte, heard func(try, status int) (again bool)) {
	o.world.Outbox.Send(sandbox.Delivery{
		Event: event, URL: h.URL, Request: o.letter(h, body), Accepts: accepts,
		Answered: func(try, status int) bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return heard(try, status)
		},
	})
}

// letter makes the headers of each try: signed, named by an id, with what was pasted.
func (o *organization) letter(h *webhook, body []byte) func(int, time.Time) (http.Header, []byte) {
	id := o.world.UUID()
	return func(try int, _ time.Time) (http.Header, []byte) {
		o.mu.Lock()
		defer o.mu.Unlock()
		header, err := parseHeaders(h.Headers)
		if err != nil {
			panic(err) // checked when it was saved
		}
		if o.settings.EventIDPerTry && try > 1 {
			id = o.world.UUID()
		}
		header.Set("Content-Type", "application/json")
		header.Set("User-Agent", "Greenhouse")
		header.Set("Greenhouse-Event-Id", id)
		header.Set("Signature", sign(h.Secret, body))
		if h.User != "" {
			header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(h.User+":"+h.Password)))
		}
		return header, body
	}
}

// sign is the header over a body as it is sent (section 7.3).
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256 " + hex.EncodeToString(mac.Sum(nil))
}
