package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// organisation is what Alooba and Greenhouse call their customer.
const organisation = "Example Analytics"

// unlimitedHouse does to all connections what unlimited does to those of Lever and Alva.
var unlimitedHouse = slices.Concat(unlimited, eased(`vendor "alooba" {`, `vendor "apriora" {`, `vendor "hired" {`, `ats "greenhouse" {`))

func eased(blocks ...string) (change []string) {
	for _, b := range blocks {
		change = append(change, b, b+"\n  rate = 1000\n  timeout = \"2s\"\n  settle = \"1s\"")
	}
	return change
}

// newHouse starts all products and one host between them, with all five pairings, and leads the products' webhooks there. Change is what
// differs in the configuration: by default unlimitedHouse.
func newHouse(t testing.TB, clock string, change ...string) *rig {
	t.Helper()
	if change == nil {
		change = unlimitedHouse
	}
	r := &rig{hooks: map[string]string{}}
	for _, p := range []struct {
		name string
		at   **sandbox
	}{
		{"lever", &r.lever}, {"greenhouse", &r.greenhouse}, {"alooba", &r.alooba}, {"alva", &r.alva}, {"apriora", &r.apriora}, {"hired", &r.hired},
	} {
		*p.at = startSandbox(t, p.name)
		r.all = append(r.all, *p.at)
	}
	r.host = newHost(t, changed(t, change...), clock, []string{
		"LEVER_URL=" + r.lever.url + "/v1", "LEVER_API_KEY=" + r.lever.key, "LEVER_SIGNING_TOKEN=" + leverToken,
		"GREENHOUSE_URL=" + r.greenhouse.url + "/v3", "GREENHOUSE_PARTNER_KEY=" + partnerKey, "GREENHOUSE_ORGANISATION=" + organisation,
		"GREENHOUSE_WEBHOOK_SECRET=" + greenhouseSecret,
		"ALOOBA_URL=" + r.alooba.url, "ALOOBA_API_KEY=" + r.alooba.key, "ALOOBA_ORGANISATION=" + organisation, "ALOOBA_WEBHOOK_SECRET=" + vendorSecret,
		"ALVA_URL=" + r.alva.url, "ALVA_API_KEY=" + r.alva.key, "ALVA_WEBHOOK_SECRET=" + alvaSecret,
		"APRIORA_URL=" + r.apriora.url, "APRIORA_API_KEY=" + r.apriora.key, "APRIORA_WEBHOOK_SECRET=" + vendorSecret,
		"HIRED_URL=" + r.hired.url, "HIRED_API_KEY=" + r.hired.key, "HIRED_WEBHOOK_SECRET=" + vendorSecret,
		"LEVER_PERFORM_AS=" + author(t, r.lever),
	})
	r.start(t)
	for name, s := range map[string]*sandbox{"alooba": r.alooba, "apriora": r.apriora, "hired": r.hired} {
		s.act(t, "webhook", object{"url": r.host.hookURL(t, "vendor."+name), "secret": vendorSecret})
	}
	r.enlist(t, partnerKey)
	r.tellHost(t, greenhouseSecret, ours, mirrored...)
	return r
}

// What is secret between Greenhouse, the vendors and the host.
const (
	partnerKey       = "partner-key-of-the-house"
	greenhouseSecret = "greenhouse-webhook-secret"
	vendorSecret     = "whsec_YW5vdGhlci1zYW5kYm94LXNlY3JldC0wMDAyLTAwMDAhIQ=="
)

// author is the Lever user who is shown as the author of what the host writes.
func author(t testing.TB, lever *sandbox) string {
	t.Helper()
	status, body := lever.request(t, http.MethodGet, lever.url+"/v1/users?limit=1", nil)
	_, after, found := strings.Cut(string(body), `"id":"`)
	id, _, _ := strings.Cut(after, `"`)
	if status != http.StatusOK || !found {
		t.Fatalf("no user at Lever: %d %s", status, body)
	}
	return id
}

// TestHouse has one candidate come all the way through each pairing, in one host over one Lever account.
func TestHouse(t *testing.T) {
	s := &scene{T: t, row: "house", rig: newHouse(t, "virtual")}
	s.alooba.act(s, "assessment", object{"name": "House Basics", "passing_score": 60})
	p := s.posting("Alooba Assessment - House Basics", "Alex - On Application")
	c := s.apply(p)
	s.settle()
	s.move(c, "Phone Screen")
	s.settle()
	s.move(c, "Assessment")
	s.settle()
	mails := map[string]int{}
	for name, v := range map[string]*sandbox{"alooba": s.alooba, "alva": s.alva, "apriora": s.apriora, "hired": s.hired} {
		mails[name] = len(v.mail(s, c.email))
	}
	if got := fmt.Sprint(mails); got != "map[alooba:1 alva:1 apriora:1 hired:1]" {
		t.Errorf("mails %s\n%s", got, s.why(c))
	}
}
