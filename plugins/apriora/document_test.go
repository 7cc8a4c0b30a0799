package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// fetch reads the report to its end, as the host does.
func (r *rig) fetch(id, role string) (string, error) {
	r.Helper()
	d, err := r.plugin.Document(r.Context(), id, role)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(d.Content)
	if err := errors.Join(err, d.Content.Close()); err != nil {
		return "", err
	}
	r.expect("name and type", d.Name+" "+d.Type, "report.pdf application/pdf")
	return string(content), nil
}

func TestTheReport(t *testing.T) {
	for _, serve := range []string{"pdf", "moved"} {
		r := newRig(t)
		invited := r.invite(r.invitation())
		r.her("complete", object{"score": 82, "feedback": "Solid.", "serve": serve})
		content, err := r.fetch(invited.Remote, "report_pdf")
		whole := strings.HasPrefix(content, "%PDF-") && strings.HasSuffix(content, "%%EOF\n")
		if err != nil || !whole || !strings.Contains(content, "82 of 100") {
			t.Errorf("%s: %v %q", serve, err, content)
		}
		r.advance("3h") // the link of before has expired
		if again, err := r.fetch(invited.Remote, "report_pdf"); err != nil || again != content {
			t.Errorf("%s, later: %v", serve, err)
		}
	}
}

// TestTheReportComesLate is scenario 14 of the sheet.
func TestTheReportComesLate(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	for _, step := range []struct{ what, want string }{
		{"invited", "later (after 0s)"}, {"start", "later (after 0s)"}, {"end", "later (after 0s)"}, {"complete", "later (after 0s)"},
		{"5m", "later (after 0s)"}, {"1m", "fine"},
	} {
		switch step.what {
		case "invited":
		case "5m", "1m":
			r.advance(step.what)
		case "complete":
			r.her("complete", object{"report_delay": "6m"})
		default:
			r.her(step.what)
		}
		_, err := r.fetch(invited.Remote, "report_pdf")
		r.expect(step.what, sort(err), step.want)
	}
}

func TestReportsOfEachAttempt(t *testing.T) {
	r := newRig(t)
	r.act("retakes", object{"allowed": true})
	first := r.invite(r.invitation())
	r.her("complete", object{"score": 11})
	again := r.invitation()
	again.Attempt = 2
	second := r.invite(again)
	_, err := r.fetch(second.Remote, "report_pdf")
	r.expect("the second is not there yet", sort(err), "later (after 0s)")
	r.her("complete", object{"score": 99})
	for id, want := range map[string]string{first.Remote: "score 11 of 100", second.Remote: "score 99 of 100"} {
		if content, err := r.fetch(id, "report_pdf"); err != nil || !strings.Contains(content, want) {
			t.Errorf("%s: %v, want %s in %q", id, err, want, content)
		}
	}
}

func TestReportsThatFail(t *testing.T) {
	completed := func(serve string) func(*rig) {
		return func(r *rig) { r.her("complete", object{"serve": serve}) }
	}
	does := func(verb string) func(*rig) { return func(r *rig) { r.her(verb) } }
	fails := func(f object) func(*rig) {
		return func(r *rig) { r.her("complete"); r.fault(f) }
	}
	const never = "refused (no_report): the invite ended without a report: "
	for _, c := range []struct {
		name string
		do   func(*rig)
		want string
	}{
		{"HTML", completed("html"), "refused (not_pdf)"},
		{"HTML that calls itself a PDF", completed("disguised"), "refused (not_pdf)"},
		{"40 MB", completed("large"), "refused (too_large)"},
		{"40 MB, not announced", completed("unmeasured"), "refused (too_large)"},
		{"redirected to loopback", completed("loopback"), "refused (foreign_host): it lies at http://127.0.0.1:1, which"},
		{"redirected abroad", completed("foreign"), "refused (foreign_host): it lies at https://files.example.com, which"},
		{"redirected in a circle", completed("circle"), "refused (redirects)"},
		{"gone", completed("gone"), "refused (gone)"},
		{"no URL, ever", completed("never"), "later (after 0s)"},
		{"cancelled", does("cancel"), never + "CANCELLED"},
		{"never started", does("expire"), never + "INTERVIEW_INCOMPLETE"},
		{"bounced", does("bounce"), never + "BOUNCED"},
		{"failed", does("fail"), never + "INVITE_FAILED"},
		{"key revoked", func(r *rig) { r.act("revoke-key", nil) }, "disconnected"},
		{"invites broken", fails(object{"path": "/invites", "kind": "status", "status": 500}), "unknown"},
		{"reports broken", fails(object{"path": "/reports", "kind": "status", "status": 500}), "unknown"},
		{"the file: broken", fails(object{"path": "/files", "kind": "status", "status": 503}), "unknown"},
		{"the file: cut", fails(object{"path": "/files", "kind": "reset"}), "unknown"},
		{"the file: not there yet", fails(object{"path": "/files", "kind": "status", "status": 404}), "later (after 0s)"},
		{"the file: the link expired", fails(object{"path": "/files", "kind": "status", "status": 403}), "later (after 0s)"},
		{"the file: rate limited", fails(object{"path": "/files", "kind": "status", "status": 429}), "later (after 0s)"},
		{"the file: empty", fails(object{"path": "/files", "kind": "status", "status": 200}), "refused (not_pdf)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			invited := r.invite(r.invitation())
			c.do(r)
			_, err := r.fetch(invited.Remote, "report_pdf")
			if got := sort(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %v (%v), want %s", got, err, c.want)
			}
			for _, secret := range []string{"signature", "expires", "cy@b.test"} {
				if strings.Contains(fmt.Sprint(err), secret) {
					t.Errorf("the error tells %s: %v", secret, err)
				}
			}
		})
	}
	r := newRig(t)
	invited := r.invite(r.invitation())
	_, err := r.fetch(invited.Remote, "transcript")
	r.expect("another document", sort(err), `refused (unknown_document): Apriora has a report_pdf, and no "transcript"`)
	_, err = r.fetch("x", "report_pdf")
	r.expect("no invitation", strings.HasPrefix(sort(err), "refused (malformed)"), true)
	_, err = r.fetch("pos_9/cnd_9", "report_pdf")
	r.expect("unknown", strings.HasPrefix(sort(err), "refused (not_found)"), true)
}

// TestWhatIsAnnouncedAsTooLargeIsNotRead: the refusal comes before any content.
func TestWhatIsAnnouncedAsTooLargeIsNotRead(t *testing.T) {
	r := newRig(t)
	invited := r.invite(r.invitation())
	r.her("complete")
	for serve, want := range map[string]string{"large": "refused (too_large)", "unmeasured": "fine"} {
		r.her("report", object{"serve": serve})
		d, err := r.plugin.Document(t.Context(), invited.Remote, "report_pdf")
		if err == nil {
			_ = d.Content.Close() // what is left of it is not worth reading
		}
		if !strings.HasPrefix(sort(err), want) {
			t.Errorf("%s: %v, want %s", serve, err, want)
		}
	}
}

// TestWhereReportsMayLie: a link in a report is the vendor's word, and may be anybody's.
func TestWhereReportsMayLie(t *testing.T) {
	v, err := open(config{BaseURL: "http://127.0.0.1:8080"}, sdk.Conn{})
	if err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]bool{
		"http://127.0.0.1:8080/f.pdf":            true,
		"https://files.apriora.ai/f.pdf?sig=1":   true,
		"https://FILES.Apriora.AI/f.pdf":         true,
		"https://app.alex.com/f.pdf":             true,
		"http://127.0.0.1:8081/f.pdf":            false,
		"https://127.0.0.1:8080/f.pdf":           false,
		"http://localhost:8080/f.pdf":            false,
		"http://files.apriora.ai/f.pdf":          false,
		"https://files.apriora.ai:8443/f.pdf":    false,
		"https://apriora.ai/f.pdf":               false,
		"https://.apriora.ai/f.pdf":              false,
		"https://a.b.apriora.ai/f.pdf":           false,
		"https://files.apriora.ai.example.com/f": false,
		"https://user@files.apriora.ai/f.pdf":    false,
		"https://169.254.169.254/latest":         false,
		"file:///etc/passwd":                     false,
		"/f.pdf":                                 false,
	} {
		to, err := url.Parse(link)
		if err != nil || v.(*apriora).ours(to) != want {
			t.Errorf("%s: %v, want %v", link, err, want)
		}
	}
}

// TestAReportWithAForeignLink: without a redirect, too, nothing is asked of another host.
func TestAReportWithAForeignLink(t *testing.T) {
	r := newRig(t)
	asked := false
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer stranger.Close()
	for _, link := range []string{stranger.URL + "/report.pdf", "file:///etc/passwd", "http://%zz/", "//169.254.169.254/latest"} {
		product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if strings.HasSuffix(q.URL.Path, "/invites") {
				_, _ = io.WriteString(w, `[{"inviteId":"i","positionId":"p","candidateId":"c","status":"INTERVIEW_COMPLETE"}]`)
				return
			}
			_, _ = fmt.Fprintf(w, `[{"reportId":"r","positionId":"p","candidateId":"c","pdfUrl":%q}]`, link)
		}))
		_, err := newPlugin(t, product.URL).Document(t.Context(), "p/c", "report_pdf")
		product.Close()
		if got := sort(err); !strings.HasPrefix(got, "refused (foreign_host)") && !strings.HasPrefix(got, "refused (malformed)") {
			t.Errorf("%s: %v", link, err)
		}
	}
	r.expect("the stranger was asked", asked, false)
}
