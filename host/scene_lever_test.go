package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// profile is what a recruiter sees of a candidate at Lever.
type profile struct {
	Stage string   // by name
	Tags  []string `json:"own_tags"` // without those it has from its posting
	Links []string
	Notes []struct {
		Text  string
		Score *int
	}
	Files []struct {
		Name, Type, SHA256 string
		Size               int
	}
}

func (s *scene) profile(c candidate) (p profile) {
	s.Helper()
	s.lever.control(s, http.MethodGet, "state/opportunities/"+c.id, nil, &p)
	return p
}

// tagsFrom are the candidate's own tags that begin with a vendor's words, sorted, without that beginning.
func (p profile) tagsFrom(vendor string) (tags []string) {
	for _, tag := range p.Tags {
		if ours, ok := strings.CutPrefix(tag, vendor); ok {
			tags = append(tags, ours)
		}
	}
	slices.Sort(tags)
	return tags
}

// firstLines are those of the notes.
func (p profile) firstLines() (lines []string) {
	for _, n := range p.Notes {
		first, _, _ := strings.Cut(n.Text, "\n")
		lines = append(lines, first)
	}
	return lines
}

// mailed counts the mails with a subject that a vendor has sent to a candidate.
func (s *scene) mailed(vendor *sandbox, c candidate, subject string) (n int) {
	s.Helper()
	for _, m := range vendor.mail(s, "") {
		if m.To == c.email && m.Subject == subject {
			n++
		}
	}
	return n
}

// byConsent has the host reach Lever by an OAuth app, which nobody has consented to yet.
var byConsent = list(`api_key = env("LEVER_API_KEY")`, `client_id = env("LEVER_CLIENT_ID")
  client_secret = env("LEVER_CLIENT_SECRET")
  authorize_url = env("LEVER_AUTHORIZE_URL")
  token_url = env("LEVER_TOKEN_URL")
`)

// newLeverPair starts Lever, one vendor and a host that has their pairing alone; change is what differs in its configuration, besides its
// limits. The vendor's webhooks lead to the host, Lever has none yet.
func newLeverPair(t testing.TB, vendor string, change ...string) *rig {
	t.Helper()
	r := &rig{lever: startSandbox(t, "lever"), hooks: map[string]string{}}
	v := startSandbox(t, vendor)
	r.all = []*sandbox{r.lever, v}
	*map[string]**sandbox{"alooba": &r.alooba, "alva": &r.alva, "apriora": &r.apriora, "hired": &r.hired}[vendor] = v
	change = append(slices.Concat(eased(`ats "lever" {`, fmt.Sprintf("vendor %q {", vendor))), change...)
	name := strings.ToUpper(vendor)
	r.host = newHost(t, pairingOnly(t, vendor+"-lever", change...), "virtual", []string{
		"LEVER_URL=" + r.lever.url + "/v1", "LEVER_API_KEY=" + r.lever.key, "LEVER_SIGNING_TOKEN=" + leverToken,
		"LEVER_CLIENT_ID=" + oauth.DefaultClientID, "LEVER_CLIENT_SECRET=" + oauth.DefaultClientSecret,
		"LEVER_AUTHORIZE_URL=" + r.lever.url + "/authorize", "LEVER_TOKEN_URL=" + r.lever.url + "/oauth/token",
		"LEVER_PERFORM_AS=" + author(t, r.lever),
		name + "_URL=" + v.url, name + "_API_KEY=" + v.key, name + "_WEBHOOK_SECRET=" + vendorSecret,
		"ALOOBA_ORGANISATION=" + organisation,
	})
	r.lever.act(t, "key", object{"key": r.lever.key, "confidential": true})
	r.host.start(t)
	v.act(t, "webhook", object{"url": r.host.hookURL(t, "vendor."+vendor), "secret": vendorSecret})
	return r
}

// hookByHand has an admin of Lever make webhooks that lead to the host.
func (s *scene) hookByHand(events ...string) {
	s.Helper()
	for _, event := range events {
		s.lever.act(s, "webhook", object{"event": event, "url": s.host.hookURL(s, "ats.lever"), "token": leverToken})
	}
}
