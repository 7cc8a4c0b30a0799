package sandbox_test

import (
	"strings"
	"testing"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// TestMagicAddresses: the local part of an address decides what becomes of its owner.
func TestMagicAddresses(t *testing.T) {
	for _, c := range []struct {
		address string
		heard   string // after a day
		status  string
		score   string
	}{
		{"bounce+1@b.test", "invitation.sent invitation.bounced", "bounced", ""},
		{"soft+1@b.test", "invitation.sent invitation.bounced", "bounced", ""},
		{"decline+1@b.test", "invitation.sent invitation.cancelled", "cancelled", ""},
		{"slow+1@b.test", "invitation.sent", "sent", ""},
		{"noshow+1@b.test", "invitation.sent", "sent", ""},
		{"bo@b.test", "invitation.sent", "sent", ""},
		{"score+1@b.test", "invitation.sent", "sent", ""},
		{"score-73+1@b.test", "invitation.sent test.started test.completed", "completed", "73"},
		{"manual-40-65+1@b.test", "invitation.sent test.started test.completed", "completed", "65"},
	} {
		t.Run(c.address, func(t *testing.T) {
			w, e := start(t, kit.Options{}), listen(t)
			w.act("webhook", object{"url": e.url})
			made := w.invite(c.address, 1)
			w.expect("at once", made.at("status"), "sent")
			w.advance("4s")
			w.expect("after 4 s", e.types(), "invitation.sent")
			w.advance("24h")
			w.expect("heard", e.types(), c.heard)
			now := w.api("GET", "/invitations/"+made.at("id"), nil)
			w.expect("status", now.at("status"), c.status)
			w.expect("score", now.at("result", "score"), c.score)
		})
	}
}

func TestMagicEndsWithItsAttempt(t *testing.T) {
	w := start(t, kit.Options{})
	w.invite("score-73+1@b.test", 1)
	w.advance("3s")
	w.act("bounce", object{"application": "opp_1"})
	path := "/invitations/" + w.invite("score-73+1@b.test", 1, object{"reinvite": true}).at("id")
	w.advance("3s")
	w.expect("3 s after the second", w.api("GET", path, nil).at("status"), "sent")
	w.advance("3s")
	w.expect("6 s after it", w.api("GET", path, nil).at("status"), "in_progress")
	w.invite("soft+1@b.test", 2)
	w.advance("6s")
	again := w.invite("soft+1@b.test", 2, object{"reinvite": true})
	w.advance("1h")
	w.expect("a soft bounce happens once", w.api("GET", "/invitations/"+again.at("id"), nil).at("status"), "sent")
}

func TestActs(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite("bo@b.test", 1).at("id")
	her := object{"application": "opp_1"}
	w.expect("open", w.act("open", her).at("opened"), true)
	w.expect("start", w.act("start", her).at("status"), "in_progress")
	done := w.act("submit", object{"email": "BO@b.test"})
	w.expect("submit", done.at("status")+" "+done.at("result", "score"), "completed 50")
	done = w.act("score", object{"invitation": id, "score": 99.5})
	w.expect("corrected", done.at("result", "finality")+" "+done.at("result", "revision"), "corrected 2")
	w.expect("revision", w.act("score", object{"invitation": id, "score": 1, "revision": 7}).at("result", "revision"), 7)
	for verb, args := range map[string]object{
		"start": her, "bounce": her, "expire": her, "decline": her, "cancel": her, "open": her, "submit": her,
		"extend": {"application": "opp_1", "days": 1}, "score": {"application": "opp_1", "score": 101},
	} {
		if got := w.send("", "POST", "/_sandbox/acts/"+verb, args); got.status/100 != 4 {
			t.Errorf("%s %v: %d, want a refusal", verb, args, got.status)
		}
	}
	for name, args := range map[string]object{"nobody": {}, "a stranger": {"application": "opp_9"}, "an unknown word": {"who": "x"}} {
		if got := w.send("", "POST", "/_sandbox/acts/start", args); got.status/100 != 4 {
			t.Errorf("%s: %d, want a refusal", name, got.status)
		}
	}
}

func TestThePageShowsWhatCanBePlayed(t *testing.T) {
	w := start(t, kit.Options{})
	id := w.invite("<b>bo@b.test", 1).at("id")
	page := w.send("", "GET", "/", nil)
	for _, want := range []string{"acts/start", "acts/submit", "General Programming", "&lt;b&gt;bo@b.test"} {
		if !strings.Contains(page.raw, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	got := w.send("", "POST", "/_sandbox/acts/submit", "invitation="+id+"&score=64", "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(got.raw, "64 of 100, final, revision 1") {
		t.Errorf("after the form: %d %s", got.status, got.raw)
	}
	w.act("expire", object{"invitation": w.invite("late@b.test", 2).at("id")})
	got = w.send("", "POST", "/_sandbox/acts/extend", "application=opp_2&days=3", "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(got.raw, "sent, attempt 1") {
		t.Errorf("after the form: %d %s", got.status, got.raw)
	}
	if led := w.send("", "GET", "/tests/"+id, nil); !strings.Contains(led.raw, "Invitations") {
		t.Errorf("the mail's link leads to %d %s", led.status, led.raw)
	}
}
